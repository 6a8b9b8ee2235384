"""Mistakes are told with the file and the place that they are in, in the order of reading."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pytest

from treadle.errors import WorkflowError
from treadle.workflow.limits import MAX_NOTED, MAX_SHOWN
from treadle.workflow.locate import Place, locate
from treadle.workflow.origin import Mistakes, Origin
from treadle.workflow.words import Path

MAIN = "[include]\nlib = 'lib.toml'\n[job.a]\nneeds = ['lib:x', 'b']\n"
LIB = "[job.x]\nrun = 'x'\n[job.y]\n  run = 3\n"


def a_file(label: str, text: str) -> Origin:
    return Origin(label, partial(locate, text))


def told(mistakes: Mistakes) -> list[str]:
    with pytest.raises(WorkflowError) as caught:
        mistakes.stop()
    return caught.value.messages


def test_a_mistake_without_a_known_place_has_the_place_around_it_or_the_file_alone() -> None:
    origin = a_file("w.toml", MAIN)

    assert str(origin.place_of(("job", "a", "needs", 1))) == "w.toml:4:19"
    assert str(origin.place_of(("job", "a", "run"))) == "w.toml:3:1"
    assert str(origin.place_of(("colour",))) == "w.toml"
    assert str(Origin("w.py", lines={("job", "a"): 7}).place_of(("job", "a", "run"))) == "w.py:7"


def test_mistakes_of_several_files_are_told_by_file_then_by_place() -> None:
    main, lib, other = a_file("w.toml", MAIN), a_file("lib.toml", LIB), a_file("o.toml", LIB)
    main.adopt(("include", "o"), other, ())
    main.adopt(("include", "lib"), lib, ())
    mistakes = Mistakes(main)
    for path in (
        ("include", "lib", "job", "y", "run"),
        ("include", "o", "job", "y"),
        ("job", "a", "needs", 1),
        ("include", "lib", "job", "x"),
        ("include", "colour"),
    ):
        mistakes(path, "no")

    assert told(mistakes) == [
        "w.toml:1:1: no",
        "w.toml:4:19: no",
        "o.toml:3:1: no",
        "lib.toml:1:1: no",
        "lib.toml:4:3: no",
    ]


def test_a_table_of_one_file_may_hold_jobs_of_another() -> None:
    main, lib, deep = a_file("w.toml", MAIN), a_file("lib.toml", LIB), a_file("d.toml", LIB)
    deep.prefix = ("job",)
    lib.adopt(("job", "z"), deep, ("x",))
    for name in "xyz":
        main.adopt(("job", f"lib:{name}"), lib, ("job", name))

    assert str(main.place_of(("job", "lib:y", "run"))) == "lib.toml:4:3"
    assert str(main.place_of(("job", "lib:z", "run"))) == "d.toml:2:1"
    assert str(main.place_of(("job", "a"))) == "w.toml:3:1"


def test_each_file_is_read_through_once_however_many_mistakes_there_are() -> None:
    reads: list[int] = []

    def find(wanted: Iterable[Path]) -> dict[Path, Place]:
        reads.append(len(list(wanted)))
        return {}

    mistakes = Mistakes(Origin("w.toml", find))
    assert reads == []
    for number in range(10):
        mistakes(("job", f"j{number}"), f"no {number}")

    assert len(told(mistakes)) == 10
    assert reads == [10]


def test_a_flood_of_mistakes_ends_the_search() -> None:
    mistakes = Mistakes(Origin("w.toml"))
    for number in range(MAX_NOTED):
        mistakes(("job", f"j{number}"), f"no {number}")
    with pytest.raises(WorkflowError) as caught:
        mistakes(("job", "last"), "no")

    assert len(caught.value.messages) == MAX_SHOWN + 1
    assert caught.value.messages[-1] == "w.toml: … and more mistakes: the search ended there"
