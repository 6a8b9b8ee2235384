"""Run programs that were written for e3-core's scheduler on treadle, unmodified.

From a shell, in the place of `python SCRIPT` or `python -m MODULE`::

    python -m treadle.e3 SCRIPT [ARGUMENT...]
    python -m treadle.e3 -m MODULE [ARGUMENT...]

or first thing in a program, before anything of e3 is imported::

    import treadle.e3
    treadle.e3.install()

From then on `e3.job`, `e3.job.scheduler`, `e3.job.walk`, `e3.collection.dag` and
`e3.anod.status` are treadle's, for every module that imports them; the rest of
e3-core is what it was, and need not be there.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pkgutil import get_importer
from types import ModuleType
from typing import Any

from treadle.errors import DAGError, TreadleError

# A status is compared by identity, so it is replaced with the rest or not at all.
_REPLACED = {
    "e3.anod.status": "treadle.anod.status",
    "e3.collection.dag": "treadle.collection.dag",
    "e3.job": "treadle.job",
    "e3.job.scheduler": "treadle.job.scheduler",
    "e3.job.walk": "treadle.job.walk",
}
_PARENTS = ("e3", "e3.anod", "e3.collection")

_USAGE = """\
usage: python -m treadle.e3 SCRIPT [ARGUMENT...]
       python -m treadle.e3 -m MODULE [ARGUMENT...]

Run a program with treadle in the place of e3.job, e3.job.scheduler, e3.job.walk,
e3.collection.dag and e3.anod.status. Processes it starts are not affected.
"""


def install() -> None:
    """Put treadle's modules in the place of e3-core's; calling it again changes nothing.

    With e3-core installed, `DAGError` is made an `e3.error.E3Error` as well.

    Raises:
        TreadleError: one of the modules was imported already, so that some code
            works with e3-core's classes; nothing has changed then.
    """
    ours = {name: import_module(home) for name, home in _REPLACED.items()}
    early = [name for name, module in ours.items() if sys.modules.get(name, module) is not module]
    if early:
        raise TreadleError(
            f"{', '.join(early)} was imported before treadle.e3.install(); "
            "call install() first, before anything of e3 is imported"
        )
    for name in _PARENTS:
        _parent(name)
    for name, module in ours.items():
        _place(name, module)
    _adopt_errors()


def _parent(name: str) -> None:
    if name not in sys.modules:
        if find_spec(name) is None:
            stub = ModuleType(name, "Made by treadle.e3: e3-core is not installed.")
            stub.__path__ = []
            _place(name, stub)
        else:
            import_module(name)


def _place(name: str, module: ModuleType) -> None:
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _adopt_errors() -> None:
    """Let `except E3Error` catch what graphs raise."""
    if find_spec("e3.error") is None:
        return
    seed_error = import_module("e3.error").E3Error
    if not issubclass(DAGError, seed_error):
        # Behind the bases it has: what an error says remains treadle's.
        DAGError.__bases__ = (*DAGError.__bases__, seed_error)


def main(arguments: Sequence[str]) -> None:
    """Install, then run a script or a module as `python` would.

    Args:
        arguments: the script, or `-m` and the module; then its own arguments.

    Raises:
        SystemExit: with 2 if there is no such program, else what the program raises.
    """
    if not arguments or arguments[0] in ("-h", "--help"):
        _leave(_USAGE, 0 if arguments else 2)
    first, *rest = arguments
    if first == "-m":
        if not rest:
            _leave(f"treadle.e3: -m needs the name of a module\n{_USAGE}", 2)
        _run_module(rest[0], rest[1:])
    elif first.startswith("-"):
        _leave(f"treadle.e3: unknown option {first!r}\n{_USAGE}", 2)
    else:
        _run_script(first, rest)


def _leave(text: str, code: int) -> None:
    print(text.rstrip(), file=sys.stderr if code else sys.stdout)
    raise SystemExit(code)


def _run_script(path: str, arguments: list[str]) -> None:
    if not os.path.exists(path):
        _leave(f"treadle.e3: no such script: {path!r}", 2)
    install()
    sys.argv[:] = [path, *arguments]
    if _is_package(path):
        # A directory or an archive with a __main__ in it; runpy puts it on the path.
        del sys.path[: not sys.flags.safe_path]
        runpy.run_path(path, run_name="__main__")
        return
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    with open(path, "rb") as file:
        source = file.read()
    # Not runpy.run_path: that takes the main module away again at the end of the
    # script, when threads and exit handlers of the program may still look for it.
    program = ModuleType("__main__")
    names: dict[str, Any] = program.__dict__
    names.update(__file__=os.path.abspath(path), __builtins__=__builtins__, __cached__=None)
    sys.modules["__main__"] = program
    exec(compile(source, path, "exec", dont_inherit=True), names)  # noqa: S102 -- what is asked for


def _is_package(path: str) -> bool:
    importer = get_importer(path)
    return importer is not None and importer.find_spec("__main__") is not None


def _run_module(name: str, arguments: list[str]) -> None:
    install()
    sys.argv[:] = [name, *arguments]
    try:
        known = find_spec(name) is not None
    except ModuleNotFoundError:
        known = False
    if not known:
        _leave(f"treadle.e3: no module named {name!r}", 2)
    runpy.run_module(name, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
