"""Ask the command line in this process, of runs that were recorded by hand."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from treadle.cli.main import guarded
from treadle.store import Store
from treadle.store.records import End, Kind, Product, SessionEnd, Start
from treadle.store.writer import Writer


class Asked(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


def ask(*arguments: str) -> Asked:
    """Run a command in this process, in the working directory."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    before, sys.argv = sys.argv, ["treadle", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = guarded()
    except SystemExit as exit_:  # as click ends a completion
        code = int(exit_.code or 0)
    finally:
        sys.argv = before
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return Asked(int(code), *texts)


def store_in(folder: Path) -> Store:
    """Return the store of a folder."""
    return Store(folder / ".treadle" / "state.db")


class Took(NamedTuple):
    """An attempt of a job, as it is to be recorded."""

    job: str
    duration: float = 1.0
    kind: Kind = "good"
    attempt: int = 1
    why: tuple[str, ...] = ()
    detail: str = ""
    fingerprint: str = ""
    waited: float = 0.0
    outcome: str = "exited"
    user: float | None = None
    log: bytes | None = None


class Passed(NamedTuple):
    """A job that had no attempt."""

    job: str
    kind: Kind = "unchanged"
    need: str = ""
    origin: str = ""


class Recorder:
    """Records runs, one minute after the other.

    Args:
        folder: that of the workflow file.
        now: seconds since 1970 when the first one begins.
    """

    def __init__(self, folder: Path, now: float = 1_700_000_000.0) -> None:
        self.folder = folder
        self.now = now

    def run(
        self,
        name: str,
        facts: Iterable[Took | Passed],
        *,
        jobs: int | None = None,
        end: SessionEnd | None = None,
        targets: tuple[str, ...] = (),
        open_: tuple[str, ...] = (),
    ) -> None:
        """Record a whole run; the jobs in `open_` began and have no end."""
        these = list(facts)
        with store_in(self.folder).write() as writer:
            self.begin(writer, name, these, len(these) if jobs is None else jobs, targets)
            for job in open_:
                writer.started(Start(job, 1, self.now))
            writer.finish(end or self._end(these)) if end or not open_ else writer.flush()
        self.now += 60

    def begin(
        self,
        writer: Writer,
        name: str,
        facts: Iterable[Took | Passed],
        jobs: int,
        targets: tuple[str, ...] = (),
        queues: Mapping[str, int] | None = None,
    ) -> None:
        """Begin a run and record facts of it."""
        about = {"targets": list(targets), "jobs": jobs, "queues": dict(queues or {"default": 2})}
        writer.begin(name, about)
        for fact in facts:
            self.add(writer, name, fact)
        writer.flush()

    def add(self, writer: Writer, run: str, fact: Took | Passed) -> None:
        """Record one fact."""
        self.now += 1
        if isinstance(fact, Passed):
            writer.ended(End(fact.job, 0, fact.kind, self.now, need=fact.need, origin=fact.origin))
            return
        job, attempt = fact.job, fact.attempt
        writer.started(
            Start(job, attempt, self.now, fact.waited, 0, fact.fingerprint, fact.why)
        )  # fmt: skip
        code = 0 if fact.kind == "good" else 1
        writer.ended(End(
            job, attempt, fact.kind, self.now, fact.duration, fact.outcome, code, fact.detail,
            fact.user, None if fact.user is None else 0.0, 1 << 20, fingerprint=fact.fingerprint,
        ))  # fmt: skip
        if fact.log is not None:
            logs = self.folder / ".treadle" / "logs" / run
            logs.mkdir(parents=True, exist_ok=True)
            (logs / f"{job}.{attempt}.log").write_bytes(fact.log)

    def _end(self, facts: Iterable[Took | Passed]) -> SessionEnd:
        last: dict[str, str] = {fact.job: fact.kind for fact in facts}
        counts = {kind: list(last.values()).count(kind) for kind in set(last.values())}
        return SessionEnd(self.now, 12.5, counts)


def product(job: str, outputs: Mapping[str, str], run: str = "r") -> Product:
    """Return what a job made."""
    return Product(job, "0" * 32, {}, outputs, run=run)
