"""What is kept of runs: the rows, as whoever writes or reads them sees them.

Instants (`at`, `began_at`, `ended_at`) are wall time, seconds since 1970: they are shown and
never subtracted. Durations are seconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias

_NONE: Mapping[str, Any] = MappingProxyType({})

Kind: TypeAlias = Literal[
    "good", "failed", "allowed", "retried", "skipped", "unwanted", "gathered", "unchanged"
]
"""What came of a job, or of an attempt of it.

``good``, ``failed``, ``allowed`` (failed, and may): the last attempt of a job ended so.
``retried``: an attempt failed, and another one follows. ``skipped``: something that it needs
failed. ``unwanted``: by `when`, or because nothing failed that it follows. ``gathered``: it has
nothing to run. ``unchanged``: what it makes is there already.
"""

SETTLED: frozenset[Kind] = frozenset(
    ("good", "failed", "allowed", "skipped", "unwanted", "gathered", "unchanged")
)
"""The kinds that say the last of a job in its run."""

Parts: TypeAlias = Mapping[str, str]
"""What a fingerprint is made of: a digest by the name of each part, as in ``input a.c``."""


class Start(NamedTuple):
    """An attempt begins.

    Attributes:
        job: its name.
        attempt: the number, from 1.
        at: when.
        waited: seconds between being ready and this.
        slot: the number of its place among the active ones.
        fingerprint: of the job as it is now, 32 hexadecimal digits; empty if there is none.
        why: why it runs, in short texts for people; empty for a job that always runs.
        theirs: its declared outputs that were there and that no run of treadle made.
    """

    job: str
    attempt: int
    at: float
    waited: float = 0.0
    slot: int = 0
    fingerprint: str = ""
    why: Sequence[str] = ()
    theirs: Sequence[str] = ()


class End(NamedTuple):
    """An attempt is over, or a job without one.

    Attributes:
        job: its name.
        attempt: the number of the attempt, 0 if there was none.
        kind: what came of it.
        at: when.
        duration: seconds that the attempt took.
        outcome: how it ended: ``exited``, ``signalled`` …; empty if there was none.
        code: its exit code; negative is a signal.
        detail: why it failed, was skipped or is unwanted.
        user: seconds of the processor in the program, None if not known.
        system: seconds of the processor in the kernel.
        max_rss: bytes of memory at most.
        leaked: processes that it left behind, and that were killed.
        need: for a skipped job, which of its needs is bad.
        origin: for a skipped job, where the trouble began.
        delay: for a retried one, seconds until the next attempt.
        counted: whether a retried attempt counts against `retries`; lost ones do not.
        fingerprint: of the job, 32 hexadecimal digits; empty if there is none.
    """

    job: str
    attempt: int
    kind: Kind
    at: float
    duration: float = 0.0
    outcome: str = ""
    code: int | None = None
    detail: str = ""
    user: float | None = None
    system: float | None = None
    max_rss: int | None = None
    leaked: int = 0
    need: str = ""
    origin: str = ""
    delay: float = 0.0
    counted: bool = True
    fingerprint: str = ""


class Product(NamedTuple):
    """What the last good attempt of a job was made of, and what it made.

    Attributes:
        job: its name.
        fingerprint: of all parts, 32 hexadecimal digits.
        parts: what it is made of.
        outputs: the digest of each file that it made, by its path.
        values: what it left for other jobs; secrets are not among them.
        run: in which run.
        at: when.
    """

    job: str
    fingerprint: str
    parts: Parts
    outputs: Mapping[str, str] = _NONE
    values: Mapping[str, str] = _NONE
    run: str = ""
    at: float = 0.0


class FileEntry(NamedTuple):
    """The digest of a file, and how to see that it is still that file.

    Attributes:
        path: absolute, or relative to the folder of the workflow.
        size: bytes.
        mtime: nanoseconds since 1970.
        ctime: nanoseconds since 1970.
        inode: its number.
        device: where that number counts.
        mode: its type and permissions.
        digest: of its content.
    """

    path: str
    size: int
    mtime: int
    ctime: int
    inode: int
    device: int
    mode: int
    digest: str


class SessionEnd(NamedTuple):
    """A process has ended its work on a run.

    Attributes:
        at: when.
        duration: seconds that it took.
        counts: jobs by `Kind` in the whole run so far, and ``left``.
        signum: the signal that ended it early, 0 if none did.
        cause: why else it ended early: ``deadline``, ``stalled``, ``store``.
        detail: says the cause in words.
    """

    at: float
    duration: float
    counts: Mapping[str, int]
    signum: int = 0
    cause: str = ""
    detail: str = ""


class Session(NamedTuple):
    """A process has worked on a run: the first one, or one that resumed it.

    Attributes:
        number: from 1.
        began_at: when.
        host: the name of the machine.
        pid: of the process.
        version: of treadle.
        about: what else was said of it, as JSON has it: `label`, `targets`, `queues`, `seed`.
        end: None while it is under way, and for ever if it was killed.
    """

    number: int
    began_at: float
    host: str
    pid: int
    version: str
    about: Mapping[str, Any]
    end: SessionEnd | None = None


class RunRecord(NamedTuple):
    """A run.

    Attributes:
        name: of the run; also that of the folder of its logs.
        sessions: the processes that worked on it, the first one first.
    """

    name: str
    sessions: Sequence[Session]

    @property
    def last(self) -> Session:
        """The process that worked on it last."""
        return self.sessions[-1]

    @property
    def is_cut_short(self) -> bool:
        """Whether it ended before its time: it was killed or interrupted, or jobs are left."""
        end = self.last.end
        return end is None or bool(end.signum or end.cause or end.counts.get("left"))


class AttemptRecord(NamedTuple):
    """One attempt of a job, with what is known of its run.

    Attributes:
        run: the name of the run.
        host: where it ran.
        start: its beginning.
        end: its end; None while it runs, and for ever if that was never recorded.
    """

    run: str
    host: str
    start: Start
    end: End | None
