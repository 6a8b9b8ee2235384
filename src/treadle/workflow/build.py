"""From the tables of a file to what it says, with every mistake noted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from treadle.errors import WorkflowError
from treadle.workflow import source
from treadle.workflow.declaration import Declaration
from treadle.workflow.limits import MAX_INCLUDE_DEPTH, MAX_INCLUDED_FILES
from treadle.workflow.looks import note_link
from treadle.workflow.model import Defaults, Document, JobSpec
from treadle.workflow.origin import Mistakes, Origin
from treadle.workflow.read import read
from treadle.workflow.tables import CacheTable, RunTable, StoreTable
from treadle.workflow.words import Note, known_words, nearest, show, take
from treadle.workflow.words import Path as Place

_TABLES = ("job", "queues", "defaults", "env", "run", "store", "cache", "include")
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


class Builder:
    """Makes declarations of tables, and reads the files that they include.

    Args:
        mistakes: takes what is wrong.
    """

    def __init__(self, mistakes: Mistakes) -> None:
        self.mistakes = mistakes
        self.files = 0

    def build(
        self, tree: dict[str, Any], origin: Origin, chain: tuple[Path, ...], place: Place = ()
    ) -> Declaration:
        """Make a declaration of the tables of a file.

        Args:
            tree: the tables.
            origin: where they come from.
            chain: the file, and those that include it, the outermost first; may be empty.
            place: where it is included.
        """

        def note(path: Place, message: str) -> None:
            self.mistakes((*place, *path), message)

        fit = _check_strings(tree, note)
        for key in tree:
            if key not in known_words(Document):
                hint = nearest(key, known_words(Document)) or f"; there is {_tables()}"
                note((key,), f"unknown table {key!r}{hint}")
        said = _declaration(tree, origin, note)
        if not fit:  # what follows asks the system for files of these names
            self.mistakes.stop()
        for prefix, file in _entries(tree, "include", note).items():
            if not chain:
                note(("include", prefix), "only a file can include files")
            elif child := self._include(chain, file, (*place, "include", prefix), origin, prefix):
                said.included[prefix] = child
        said.folder = chain[-1].parent if chain else None
        return said

    def _include(
        self, chain: tuple[Path, ...], file: str, place: Place, origin: Origin, prefix: str
    ) -> Declaration | None:
        path = Path(os.path.realpath(chain[-1].parent / file))
        note_link(chain[-1].parent / file, path)
        if what := self._refusal(chain, path):
            self.mistakes(place, what)
            return None
        self.files += 1
        try:
            tree, child = read(path, source.label_of(path))
        except WorkflowError as error:
            for text in error.messages:
                self.mistakes(place, f"includes '{file}': {text}")
            return None
        origin.adopt(("include", prefix), child, ())
        return self.build(tree, child, (*chain, path), place)

    def _refusal(self, chain: tuple[Path, ...], path: Path) -> str:
        if path in chain:
            circle = [source.label_of(file) for file in (*chain[chain.index(path) :], path)]
            return f"files include each other in a circle: {' -> '.join(map(repr, circle))}"
        if len(chain) > MAX_INCLUDE_DEPTH:
            return f"files include each other over {MAX_INCLUDE_DEPTH} deep; that is the limit"
        if self.files >= MAX_INCLUDED_FILES:
            return f"includes more than {MAX_INCLUDED_FILES} files; that is the limit"
        if path.suffix == ".py":
            return f"'{path.name}' is a Python file; only .toml and .json can be included"
        return ""


def _declaration(tree: dict[str, Any], origin: Origin, note: Note) -> Declaration:
    defaults = take(Defaults, tree.get("defaults", {}), "[defaults]", ("defaults",), note)
    run = take(RunTable, tree.get("run", {}), "[run]", ("run",), note)
    store = take(StoreTable, tree.get("store", {}), "[store]", ("store",), note)
    cache = (
        take(CacheTable, tree["cache"], "[cache]", ("cache",), note) if "cache" in tree else None
    )
    name = tree.get("name")
    for key in ("name", "description", "$schema"):
        if not isinstance(tree.get(key, ""), str):
            note((key,), f"{key!r} is {show(tree[key])}; it must be text")
    return Declaration(
        name=name if isinstance(name, str) else "",
        jobs=_jobs(tree.get("job", {}), note),
        queues=_entries(tree, "queues", note),
        defaults=defaults or Defaults(),
        env=_entries(tree, "env", note),
        settings=run or RunTable(),
        store=store or StoreTable(),
        cache=cache,
        origin=origin,
    )


def _tables() -> str:
    return ", ".join(f"[{key}]" for key in _TABLES)


def _jobs(table: object, note: Note) -> dict[str, JobSpec]:
    if not isinstance(table, dict):
        note(("job",), f"'job' is {show(table)}; jobs are tables such as [job.build]")
        return {}
    specs = {
        name: take(JobSpec, words, f"job {name!r}", ("job", name), note)
        for name, words in table.items()
    }
    return {name: spec for name, spec in specs.items() if spec is not None}


def _entries(tree: dict[str, Any], key: str, note: Note) -> dict[str, Any]:
    """Check each entry of a table by itself, so that each mistake has its place."""
    table = tree.get(key, {})
    if not isinstance(table, dict):
        note((key,), f"[{key}] is {show(table)}; it must be a table")
        return {}
    found: dict[str, Any] = {}
    for name, value in table.items():
        good = take(Document, {key: {name: value}}, "the workflow", (), note)
        found |= getattr(good, key)
    return found


def _check_strings(tree: dict[str, Any], note: Note) -> bool:
    """Note texts that the system cannot be given; False if there are any."""
    if all(_is_fit(text) for text in _texts(tree)):
        return True
    for path, text in _strings(tree):
        if "\0" in text:
            note(path, "a text holds a NUL character, which no program can be given")
        elif not _is_fit(text):
            note(path, "a text holds half a surrogate pair, which is no character")
    return False


def _is_fit(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not _HALF_A_PAIR.search(text))


def _texts(tree: object) -> Iterator[str]:
    """Yield every text, and not where it stands, which takes longer to say."""
    left: list[object] = [tree]
    while left:
        value = left.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value
            left += value.values()
        elif isinstance(value, list):
            left += value


def _strings(tree: object) -> Iterator[tuple[Place, str]]:
    left: list[tuple[Place, object]] = [((), tree)]
    while left:
        path, value = left.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            left += [((*path, key), item) for key, item in value.items()]
            left += [((*path, key), key) for key in value]
        elif isinstance(value, list):
            left += [((*path, index), item) for index, item in enumerate(value)]
