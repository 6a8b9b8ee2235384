"""Stores for tests: facts as a run records them, and all that a store answers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from treadle.store import Store
from treadle.store.reader import Reader
from treadle.store.records import End, FileEntry, Product, SessionEnd, Start
from treadle.store.writer import Writer

_MEMORY = Path("/dev/shm")  # a sync costs nothing there
DONE = SessionEnd(1795380100.5, 12.25, {"good": 2, "left": 0})


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder in memory, if the machine has that."""
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="treadle-test-", dir=memory))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def store_in(folder: Path) -> Store:
    return Store(folder / ".treadle" / "state.db")


def good(writer: Writer, job: str, attempt: int = 1, took: float = 0.5, **more: Any) -> None:
    """Note an attempt that is good."""
    writer.started(Start(job, attempt, 1795380000.125, 0.25, 3))
    writer.ended(End(job, attempt, "good", 1795380001.0, took, "exited", 0), **more)


def product(job: str, fingerprint: str = "f" * 32) -> Product:
    parts = {"command": "c" * 32, "input a.c": "a" * 32}
    return Product(job, fingerprint, parts, {"a.o": "b" * 32}, {"v": "1"}, "r1", 1795380001.0)


def entry(path: str, digest: str = "d" * 32) -> FileEntry:
    return FileEntry(path, 7, 1795380000123456789, 1795380000123456790, 42, 64769, 0o100644, digest)


def fill(writer: Writer) -> Iterator[None]:
    """Record some of everything; hand over after each transaction."""
    writer.begin("r1", {"targets": ["all"], "seed": 3})
    yield
    good(writer, "compile", took=1.5, values={"v": "1"}, product=product("compile"))
    writer.started(
        Start("odd \ud800\0\n", 1, 5.5, 0.0, 1, "e" * 32, ("input a.c changed",), ("o",))
    )
    writer.flush()
    yield
    writer.ended(End("odd \ud800\0\n", 1, "retried", 6.0, 0.5, "signalled", -9, delay=2.0))
    writer.started(Start("odd \ud800\0\n", 2, 8.0))
    writer.ended(End("odd \ud800\0\n", 2, "failed", 9.0, 1.0, "exited", 3, "exit 3", 0.1, 0.2, 9))
    writer.ended(End("link", 0, "skipped", 9.0, need="odd", origin="odd"))
    writer.flush()
    yield
    writer.keep_files([entry("a.c"), entry("b.c")])
    yield
    writer.finish(DONE)
    yield


def everything(reader: Reader) -> dict[str, Any]:
    """Return all that a store answers."""
    runs = reader.runs()
    names = [run.name for run in runs]
    starts = {name: list(reader.starts(name)) for name in names}
    jobs = sorted({start.job for found in starts.values() for start in found})
    return {
        "runs": runs,
        "starts": starts,
        "ends": {name: list(reader.ends(name)) for name in names},
        "values": {name: reader.values(name) for name in names},
        "attempts of": {name: list(reader.attempts_of(name)) for name in names},
        "attempts": {job: reader.attempts(job) for job in jobs},
        "durations": reader.durations(),
        "bad": reader.bad(),
        "products": reader.products(),
        "files": reader.files(),
    }
