"""What a Python function does, as bytes: equal as long as its code means the same.

They are made of the compiled code, not of the source: comments, docstrings, line breaks
and the names of local variables do not count. What counts, beside the code itself and the
functions in it:

- defaults of parameters, what it takes from the function around it, what a partial or a bound
  method holds. What of this is no plain data cannot be compared (`IncomparableError`);
- functions and classes of its own module that it names, and what these name, and so on;
- plain data of its own module that it names. Other objects there count by their type;
- the version of Python, 3.11 or 3.12: each compiles in its own way.

What is not seen: the code of other modules, which count by the names that are used of them,
and what is found by name at run time, as by `getattr` or `importlib`. Files with such code can
be declared as `inputs` of the job.

Of a decorated function what is called counts: the function that the decorator made, and the
one inside.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from opcode import hasconst, opmap
from types import (
    BuiltinMethodType,
    CodeType,
    FunctionType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

from treadle.runner.incremental.canonical import encoded, name_of, refuse

_MADE_OF: dict[type | tuple[type, ...], tuple[str, ...]] = {
    MethodType: ("__func__", "__self__"),
    partial: ("func", "args", "keywords"),
    (BuiltinMethodType, MethodWrapperType): ("__module__", "__qualname__", "__self__"),
    (WrapperDescriptorType, MethodDescriptorType): ("__objclass__", "__name__"),
    (staticmethod, classmethod): ("__func__",),
    property: ("fget", "fset", "fdel"),
}
"""What objects that do something are made of."""

_CONSTANTS = frozenset(hasconst)
_EXTENDED = opmap["EXTENDED_ARG"]
_STORE = opmap["STORE_NAME"]
_MODULE = frozenset(vars(ModuleType("x"))) | {"__builtins__", "__cached__", "__file__", "__path__"}
"""What every module has: where it is, and who loaded it."""
# Generators, coroutines and what takes any arguments; the others say where it stands.
_FLAGS = 0x3AC
# What the interpreter and decorators of classes add: nothing that somebody wrote there.
_MADE = {
    *("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__"),
    *("__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl"),
    *("__annotate__", "__annotate_func__", "__annotations_cache__", "__type_params__"),
}


def code_of(value: object) -> bytes:
    """Return what a function does, or plain data with functions in it, as bytes.

    Raises:
        IncomparableError: it holds a value that is no plain data.
    """
    return _Reader().read(value)


class _Reader:
    """Reads one function, with all of its module that it names."""

    def __init__(self) -> None:
        # By id and strictness; the objects are kept, so that no id is used twice.
        self._seen: dict[tuple[int, bool], int] = {}
        self._kept: list[object] = []
        self._named: list[tuple[str, Mapping[str, Any]]] = []
        self._known: set[tuple[int, str]] = set()
        self._is_strict = True
        self._owners: set[int] = set()

    def read(self, function: object) -> bytes:
        # One after the other, not one in the other: a module may have very many.
        pieces = [str(sys.implementation.cache_tag).encode(), encoded(function, self._other)]
        self._is_strict = False
        for name, space in self._named:  # it grows meanwhile
            pieces += [encoded(name), self._global(space[name], space)]
        return b"".join(pieces)

    def _global(self, value: object, space: Mapping[str, Any]) -> bytes:
        is_elsewhere = isinstance(value, FunctionType | type) and not _belongs(value, space)
        return b"n" + encoded(name_of(value)) if is_elsewhere else encoded(value, self._other)

    # -- objects -------------------------------------------------------------------------

    def _other(self, value: Any) -> bytes:
        if isinstance(value, CodeType):
            return self._code(value)
        if isinstance(value, ModuleType):
            return b"m" + encoded(value.__name__)
        number = self._seen.setdefault((id(value), self._is_strict), len(self._kept))
        if number < len(self._kept):
            return b"#%d;" % number
        self._kept.append(value)
        return self._object(value)

    def _object(self, value: Any) -> bytes:
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, MethodType):
            self._owners.add(id(value.__self__))
        for kinds, attributes in _MADE_OF.items():
            if isinstance(value, kinds):
                held = [getattr(value, attribute, None) for attribute in attributes]
                return b"W" + self._encoded(name_of(type(value)), *held)
        return self._instance(value)

    def _instance(self, value: Any) -> bytes:
        kind = type(value)
        if (inner := getattr(value, "__wrapped__", None)) is not None:
            return b"W" + self._encoded(name_of(kind), inner)
        is_called = any(isinstance(vars(one).get("__call__"), FunctionType) for one in kind.__mro__)
        if hasattr(value, "__dict__") and (is_called or id(value) in self._owners):
            return b"O" + self._encoded(kind, vars(value))
        return refuse(value) if self._is_strict else b"?" + encoded(name_of(kind))

    def _class(self, kind: type) -> bytes:
        module = sys.modules.get(kind.__module__)
        if module is None or module is builtins:
            return b"n" + encoded(name_of(kind))
        before, self._is_strict = self._is_strict, False
        try:
            bases = [
                base if base.__module__ == kind.__module__ else name_of(base)
                for base in kind.__bases__
            ]
            own = {
                name: self._global(value, vars(module))
                for name, value in vars(kind).items()
                if name not in _MADE
            }
            return b"C" + self._encoded(bases, own)
        finally:
            self._is_strict = before

    def _encoded(self, *values: object) -> bytes:
        return encoded(values, self._other)

    # -- functions -----------------------------------------------------------------------

    def _function(self, function: FunctionType) -> bytes:
        held = [_content(cell) for cell in function.__closure__ or ()]
        data = self._encoded(function.__code__, function.__defaults__, function.__kwdefaults__)
        space = function.__globals__
        for name in _names(function.__code__):
            if name in space and name not in _MODULE and (id(space), name) not in self._known:
                self._known.add((id(space), name))
                self._named.append((name, space))
        return b"L" + data + self._encoded(held)

    def _code(self, code: CodeType) -> bytes:
        parameters = code.co_argcount + code.co_kwonlyargcount
        parameters += bool(code.co_flags & 4) + bool(code.co_flags & 8)
        return b"K" + self._encoded(
            list(self._instructions(code)),
            code.co_names,
            code.co_varnames[:parameters],
            (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
            code.co_flags & _FLAGS,
            code.co_exceptiontable,
        )

    def _instructions(self, code: CodeType) -> Iterator[Any]:
        """Yield the instructions, with constants themselves where numbers of them are.

        A docstring is a constant: with or without it, others have other numbers.
        """
        found: list[Any] = []
        data, more = code.co_code, 0
        for operation, argument in zip(data[::2], data[1::2], strict=True):
            number = more << 8 | argument
            more = number if operation == _EXTENDED else 0
            if operation == _EXTENDED:
                continue
            if operation == _STORE and code.co_names[number] == "__firstlineno__":
                found.pop()  # the line of a class within a function
            is_constant = operation in _CONSTANTS
            found.append((operation, code.co_consts[number] if is_constant else number))
        return iter(found)


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that code and the functions in it use, of globals and of attributes."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _belongs(value: Any, space: Mapping[str, Any]) -> bool:
    """Tell whether a function or class is of a module, or was made of a function of it."""
    if getattr(value, "__globals__", None) is space:
        return True
    if value.__module__ == space.get("__name__"):
        return True
    cells = getattr(value, "__closure__", None) or ()
    return any(getattr(_content(cell), "__globals__", None) is space for cell in cells)


def _content(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return None
