"""Which output of jobs is shown, and when: of failures, in blocks, or as it comes."""

from __future__ import annotations

import os
from itertools import cycle
from typing import TYPE_CHECKING, Literal, TypeAlias

from treadle.report import output
from treadle.report.feed import JobEnded, JobRetried, JobStarted
from treadle.report.follow import Follower
from treadle.report.live import Live
from treadle.report.marks import Marks
from treadle.report.text import safe

if TYPE_CHECKING:
    from treadle.report.redact import Redactor
    from treadle.report.terminal import Output

Wanted: TypeAlias = Literal["failed", "group", "stream", "prefix"]
"""The end of the output of failed jobs; all of each job at its end; lines as they come;
the same with the name of the job."""

_COLOURS = ("cyan", "magenta", "yellow", "blue", "green")


class Outputs:
    """Shows output of jobs.

    Args:
        out: says which colours there are.
        live: where the lines go; its thread looks for new ones.
        marks: for the service that builds.
        redactor: hides secrets.
        wanted: what is shown.
        all_: with ``failed``: the whole output of all jobs.
    """

    def __init__(
        self,
        out: Output,
        live: Live,
        marks: Marks,
        redactor: Redactor | None,
        *,
        wanted: Wanted,
        all_: bool,
    ) -> None:
        self._out = out
        self._live = live
        self._marks = marks
        self._redactor = redactor
        self._whole = wanted == "group" or all_
        self._follower: Follower | None = None
        self._colours = cycle(_COLOURS)
        self._prefixes: dict[str, str] = {}
        if wanted in ("stream", "prefix"):
            show = self._raw if wanted == "stream" else self._prefixed
            self._follower = Follower(show, redactor)
            live.ticks.append(self._follower.poll)

    def start(self, fact: JobStarted) -> None:
        """An attempt begins: follow its output, if it is to be shown as it comes."""
        if self._follower is not None and fact.log is not None:
            self._follower.start(fact.name, fact.log)

    def finish(self, fact: JobEnded | JobRetried) -> None:
        """An attempt is over: show the rest of its output, if that was followed."""
        if self._follower is None:
            return
        if not self._follower.finish(fact.name) and fact.log is not None:
            self._follower.start(fact.name, fact.log)
            self._follower.finish(fact.name)
        self._prefixes.pop(fact.name, None)

    def show(self, fact: JobEnded | JobRetried) -> None:
        """The end of an attempt was told: show its output, as far as it is wanted then."""
        if self._follower is not None or not _has_log(fact):
            return
        failed = isinstance(fact, JobEnded) and not fact.good
        if self._whole or failed:
            self._block(fact, tail=not self._whole)

    def tail(self, fact: JobEnded) -> None:
        """Show the end of the output of a job that failed, once more."""
        if _has_log(fact):
            self._lines(fact.log or "", tail=True)

    def _block(self, fact: JobEnded | JobRetried, *, tail: bool) -> None:
        if type(self._marks) is Marks or not _says_anything(fact.log or ""):
            self._lines(fact.log or "", tail=tail)
            return
        name = self._redactor.text(fact.name) if self._redactor else fact.name
        self._live.screen.line(self._marks.begin(safe(name)))
        self._lines(fact.log or "", tail=tail)
        self._live.screen.line(self._marks.end())

    def _lines(self, log: str, *, tail: bool) -> None:
        try:
            if tail:
                self._tail(log)
            else:
                for text in output.whole(log, self._redactor):
                    self._line(text)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            self._line(f"not readable: {safe(short(log))}: {why}", "dim")

    def _tail(self, log: str) -> None:
        lines, more = output.tail(log, redactor=self._redactor)
        if more:
            self._line(f"… the last {len(lines)} lines of {safe(short(log))}:", "dim")
        for text in lines:
            self._line(text)

    def _line(self, text: str, *styles: str) -> None:
        bar = self._out.paint("|", "dim")
        self._live.screen.line(self._marks.plain(f"    {bar} {self._out.paint(text, *styles)}"))

    def _raw(self, name: str, text: str) -> None:
        del name
        self._live.screen.line(self._marks.plain(text))

    def _prefixed(self, name: str, text: str) -> None:
        prefix = self._prefixes.get(name)
        if prefix is None:
            shown = self._redactor.text(name) if self._redactor else name
            prefix = self._out.paint(f"{safe(shown)} |", next(self._colours))
            self._prefixes[name] = prefix
        self._live.screen.line(self._marks.plain(f"{prefix} {text}"))


def _has_log(fact: JobEnded | JobRetried) -> bool:
    if fact.log is None:
        return False
    return fact.outcome != "spawn_failed" or os.path.exists(fact.log)


def _says_anything(log: str) -> bool:
    try:
        return os.path.getsize(log) > 0
    except OSError:
        return True


def short(path: str | os.PathLike[str]) -> str:
    """Return a path as it is shorter: from here, or from the root."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
