"""Which changes of a Python function count: it runs again for what may change its result."""

from __future__ import annotations

import functools
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from treadle.runner.incremental.canonical import IncomparableError, encoded
from treadle.runner.incremental.code import code_of


def made(source: str, name: str = "work") -> bytes:
    """Return the code of a function of a module with this text."""
    module = ModuleType("flow")
    sys.modules["flow"] = module
    try:
        exec(compile(source, "flow.py", "exec", dont_inherit=True), vars(module))
        return code_of(vars(module)[name])
    finally:
        del sys.modules["flow"]


BASE = """
import functools
LIMIT = 3
TABLE = {"a": [1, 2]}

def helper(x):
    return deep(x) + 1

def deep(x):
    return x * LIMIT

def other(x):
    return x

class Shape:
    sides = 4
    def area(self, a):
        return a * helper(a)

def decorate(f):
    @functools.wraps(f)
    def around(*args):
        return f(*args)
    return around

@decorate
def decorated(x):
    return x + 7

@functools.lru_cache
def cached(x):
    return x + 8

def work(a, b=2):
    total = helper(a)
    local = [n + total for n in range(b)]
    return local, TABLE["a"], Shape().area(a), decorated(a), cached(a)
"""

SAME = {
    "a comment": ("    total = helper(a)", "    # why\n\n    total = helper(a)"),
    "a line break": ("    total = helper(a)", "    total = helper(\n        a,\n    )"),
    "a docstring": ("    total = helper(a)", "    'Text.'\n    total = helper(a)"),
    "a docstring of a helper": ("    return deep(x) + 1", "    'Text.'\n    return deep(x) + 1"),
    "a docstring of a class": ("    sides = 4", "    'Text.'\n    sides = 4"),
    "the name of a local": ("total", "sum_of_all"),
    "an annotation": ("def work(a, b=2)", "def work(a: int, b: 'int' = 2)"),
    "a function that it does not name": ("def other(x):\n    return x", "def other(x):\n    1"),
    "lines before it": ("import functools", "import functools\n\n\n\nimport os"),
    "its place": ("LIMIT = 3\n", "\ndef first():\n    pass\nLIMIT = 3\n"),
}
CHANGED = {
    "a constant": ("range(b)", "range(b + 1)"),
    "an operator": ("n + total", "n - total"),
    "a default": ("b=2", "b=3"),
    "the name of a parameter": ("def work(a, b=2)", "def work(c, b=2):\n    a = c\ndef work_(a)"),
    "a helper": ("return deep(x) + 1", "return deep(x) + 2"),
    "a helper of a helper": ("return x * LIMIT", "return x + LIMIT"),
    "a global that a helper uses": ("LIMIT = 3", "LIMIT = 4"),
    "data of the module": ("[1, 2]", "[1, 3]"),
    "the order of a table": ('{"a": [1, 2]}', '{"b": 1, "a": [1, 2]}'),
    "a method": ("return a * helper(a)", "return a + helper(a)"),
    "an attribute of a class": ("sides = 4", "sides = 5"),
    "what is called in a decorated one": ("return x + 7", "return x + 70"),
    "what is called in a cached one": ("return x + 8", "return x + 80"),
    "a decorator": ("return f(*args)", "return f(*args) or 1"),
    "which helper is called": ("total = helper(a)", "total = other(a)"),
}


@pytest.mark.parametrize("edit", SAME.values(), ids=SAME.keys())
def test_what_does_not_change_the_result_does_not_count(edit: tuple[str, str]) -> None:
    assert BASE.replace(*edit) != BASE
    assert made(BASE.replace(*edit)) == made(BASE)


@pytest.mark.parametrize("edit", CHANGED.values(), ids=CHANGED.keys())
def test_what_may_change_the_result_counts(edit: tuple[str, str]) -> None:
    assert made(BASE.replace(*edit)) != made(BASE)


def test_it_counts_the_same_after_it_was_called() -> None:
    space: dict[str, Any] = {"__name__": "flow"}
    exec(BASE, space)
    before = code_of(space["work"])
    for _ in range(200):  # the interpreter makes code faster that runs often
        space["work"](1)

    assert code_of(space["work"]) == before


@pytest.mark.slow
def test_it_counts_the_same_in_another_process() -> None:
    source = (
        f"import hashlib, sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from tests.runner.test_definition_code import BASE, made\n"
        'text = BASE + \'NAMES = {"a", "b", "c"}\\ndef last():\\n    return NAMES\\n\'\n'
        "print(hashlib.sha256(made(BASE) + made(text, 'last')).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", source],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(found) == 1


def _closure(value: object) -> Callable[[], object]:
    return lambda: value


def test_what_is_taken_from_the_function_around_it_counts() -> None:
    assert code_of(_closure(1)) == code_of(_closure(1))
    assert code_of(_closure(1)) != code_of(_closure(2))
    assert code_of(_closure(_closure(1))) != code_of(_closure(_closure(2)))


def test_lambdas_partials_and_bound_methods_count_with_what_they_hold() -> None:
    class Adder:
        def __init__(self, number: int) -> None:
            self.number = number

        def add(self, other: int) -> int:
            return self.number + other

        def __call__(self, other: int) -> int:
            return self.add(other)

    def power(a: int, b: int) -> int:
        return int(a**b)

    kinds: list[Callable[[int], object]] = [
        lambda number: functools.partial(power, number),
        lambda number: functools.partial(power, b=number),
        lambda number: Adder(number).add,
        Adder,
        lambda number: Path(str(number)).exists,
    ]
    for kind in kinds:
        assert code_of(kind(1)) == code_of(kind(1))
        assert code_of(kind(1)) != code_of(kind(2))
    assert code_of(lambda x: x + 1) != code_of(lambda x: x + 2)


def test_builtins_count_by_their_names() -> None:
    assert code_of(math.sqrt) != code_of(math.floor)
    assert code_of("a".join) == code_of("a".join)
    assert code_of("a".join) != code_of("b".join)
    assert code_of(str.upper) != code_of(str.lower)
    assert code_of(int) != code_of(float)


@pytest.mark.parametrize(
    "function", [_closure(object()), functools.partial(print, object()), object().__str__]
)
def test_what_cannot_be_compared_is_told_with_its_type(function: object) -> None:
    with pytest.raises(IncomparableError) as caught:
        code_of(function)

    assert caught.value.kind == "builtins.object"


def test_other_objects_of_a_module_count_by_their_type() -> None:
    text = "import logging\nlog = logging.getLogger('{}')\ndef work():\n    log.info('x')\n"

    assert made(text.format("a")) == made(text.format("b"))
    assert made(text.format("a")) != made(
        text.replace("logging.getLogger('{}')", "logging.Formatter()")
    )


def test_functions_that_call_each_other_and_objects_that_hold_each_other_have_an_end() -> None:
    circle = "def a(n):\n    return b(n)\ndef b(n):\n    return a(n) {}\ndef work():\n    a(1)\n"
    assert made(circle.format("+ 1")) != made(circle.format("+ 2"))

    chain = "".join(f"def f{i}(x):\n    return f{i + 1}(x)\n" for i in range(3000))
    assert made(f"{chain}def work():\n    f0(1)\n")

    def around() -> Callable[[], object]:
        def inner() -> object:
            return inner

        return inner

    assert code_of(around()) == code_of(around())


def test_a_class_within_a_function_counts_without_its_line() -> None:
    text = "def work():\n    class A:\n        x = {}\n    return A.x\n"

    assert made(text.format(1)) == made("\n\n\n" + text.format(1))
    assert made(text.format(1)) != made(text.format(2))


def test_dataclasses_of_the_module_count_with_their_defaults() -> None:
    text = (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = {}\n"
        "def work():\n    return A().x\n"
    )

    assert made(text.format(1)) == made(text.format(1))
    assert made(text.format(1)) != made(text.format(2))


def test_data_that_holds_itself_cannot_be_compared() -> None:
    circle: list[object] = []
    circle.append(circle)

    with pytest.raises(IncomparableError, match="nested too deeply"):
        encoded(circle)


def test_no_two_values_are_written_alike() -> None:
    values: list[object] = [
        None, False, True, 0, 1, -1, 0.0, -0.0, 1.0, 1 + 0j, "", "1", b"", b"1", bytearray(b"1"),
        [], (), [[]], [()], ["a", "b"], ["ab"], ("a", "b"), {}, {"a": 1, "b": 2}, {"b": 2, "a": 1},
        set(), frozenset(), {1}, frozenset({1}), {"a": None}, range(3), range(4), ..., Path("a"),
        "a", float("nan"), float("inf"),
    ]  # fmt: skip

    assert len({encoded(value) for value in values}) == len(values)
