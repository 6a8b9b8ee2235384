"""What the code of treadle itself never does, read off its syntax trees."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import treadle

SOURCE = Path(treadle.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))

# Running the program that the user names is what these two are for.
MAY_EXEC = {"e3.py", "workflow/read.py"}

# The rule is about files that somebody else can edit. These two speak through a socket that
# only a program and the worker process which it has started hold.
MAY_UNPICKLE = {"runner/pickles.py", "runner/worker.py"}


def _calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def _name(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_only_the_clock_asks_the_machine_for_the_time(path: Path) -> None:
    asked = {"time.time", "time.monotonic", "time.perf_counter", "datetime.now", "datetime.utcnow"}
    found = [name for name, _ in _calls(path) if name in asked]

    assert found == [] or _name(path) == "clock.py"


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_I08_nothing_is_unpickled_evaluated_or_given_to_a_shell(path: Path) -> None:
    for name, call in _calls(path):
        assert name not in {"eval", "pickle.load", "os.system", "os.popen"}
        assert name != "pickle.loads" or _name(path) in MAY_UNPICKLE
        assert name != "exec" or _name(path) in MAY_EXEC
        assert not [word for word in call.keywords if word.arg == "shell"]


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_public_name_that_a_module_announces_is_there(path: Path) -> None:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    if parts[-1] == "__main__":
        return
    module = importlib.import_module(".".join(["treadle", *[p for p in parts if p != "__init__"]]))
    announced = getattr(module, "__all__", [])

    assert [name for name in announced if not hasattr(module, name)] == []
    assert sorted(announced, key=str.lower) == sorted(set(announced), key=str.lower)


def test_the_lazy_names_of_the_package_are_those_it_announces() -> None:
    assert sorted([*treadle._HOME, "__version__"]) == sorted(treadle.__all__)
    for name in treadle._HOME:
        assert getattr(treadle, name).__name__ == name
    with pytest.raises(AttributeError, match="module 'treadle' has no attribute 'Schduler'"):
        treadle.__getattr__("Schduler")
