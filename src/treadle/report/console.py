"""A run on the terminal: one line for each end, the output of what failed, and the sum."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.report import logs
from treadle.report.feed import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    RunEnded,
    RunStarted,
)
from treadle.report.text import number, safe, seconds

if TYPE_CHECKING:
    from treadle.report.live import Live
    from treadle.report.terminal import Output

_MAX_FAILURES = 20
_MAX_SKIPS = 5


class Console:
    """Prints facts as they come.

    Args:
        out: takes the lines.
        live: shows what is running.
        verbose: show starts and all output, not only of what failed.
        quiet: show only what failed, and the sum if something did.
    """

    def __init__(
        self, out: Output, live: Live, *, verbose: bool = False, quiet: bool = False
    ) -> None:
        self.out = out
        self.live = live
        self.verbose = verbose
        self.quiet = quiet
        self.failed: list[JobEnded] = []
        self.skipped: list[JobSkipped] = []
        self.good = 0
        self.jobs = 0
        self.logs: Path | None = None
        self.last: Fact | None = None
        self.holder = ""
        self.kept: list[Fact] = []

    def take(self, fact: Fact) -> None:
        """Show one fact; while a job holds the terminal, keep it until that has ended."""
        if not self.holder and not (isinstance(fact, JobStarted) and fact.terminal):
            self._show(fact)
            return
        self.kept.append(fact)
        if self.holder and not _gives_back(fact, self.holder):
            return
        self.holder = ""
        self.live.release()
        kept, self.kept = self.kept, []
        for one in kept:
            self._show(one)
        if isinstance(fact, JobStarted) and fact.terminal:
            self.holder = fact.name
            self.live.hold()

    def _show(self, fact: Fact) -> None:
        self.live.take(fact)
        with self.live.aside():
            match fact:
                case RunStarted():
                    self.jobs, self.logs = fact.jobs, fact.logs
                case JobStarted():
                    self._started(fact)
                case JobRetried():
                    self._retried(fact)
                case JobEnded():
                    self._ended(fact)
                case JobSkipped():
                    self._skip(fact)
                case RunEnded():
                    self._sum_up(fact)

    def _started(self, fact: JobStarted) -> None:
        if self.verbose:
            self.out.line(self._line("start", "", fact.name, style="dim"))

    def _retried(self, fact: JobRetried) -> None:
        if not self.quiet:
            took = seconds(fact.duration)
            self.out.line(self._line("again", took, fact.name, fact.detail, style="yellow"))

    def _ended(self, fact: JobEnded) -> None:
        self.last = fact
        took = seconds(fact.duration)
        if fact.good:
            self.good += 1
            if not self.quiet:
                line = self._line("ok", took, fact.name, style="green")
                self.out.line(line + self._aside(fact.leaked))
        else:
            self.failed.append(fact)
            word = "stopped" if fact.outcome == "interrupted" else "FAILED"
            self.out.line(self._line(word, took, fact.name, fact.detail, style="red"))
        if self.verbose or not fact.good:
            self._show_log(fact, whole=self.verbose)

    def _aside(self, leaked: int) -> str:
        if not leaked:
            return ""
        what = f"(killed {number(leaked, 'process', 'processes')} it left behind)"
        return f"  {self.out.paint(what, 'dim')}"

    def _skip(self, fact: JobSkipped) -> None:
        self.skipped.append(fact)
        if not self.quiet:
            self.out.line(self._line("skipped", "", fact.name, because(fact), style="yellow"))

    def _sum_up(self, fact: RunEnded) -> None:
        failures = [ended for ended in self.failed if ended.outcome != "interrupted"]
        if failures and not (len(failures) == 1 and self.last is failures[0]):
            self._repeat(failures)
        if self.quiet and not self.failed and not fact.signum:
            return
        self._last_line(fact, len(failures))

    def _repeat(self, failures: list[JobEnded]) -> None:
        """Show again what failed: its first showing has scrolled away."""
        self.out.line()
        self.out.line(self.out.paint(f"{number(len(failures), 'job')} failed:", "bold"))
        for ended in failures[:_MAX_FAILURES]:
            self.out.line(f"  {self.out.paint(safe(ended.name), 'red')}: {safe(ended.detail)}")
            self._show_log(ended)
        if len(failures) > _MAX_FAILURES:
            self.out.line(f"… and {len(failures) - _MAX_FAILURES} more")

    def _last_line(self, fact: RunEnded, failures: int) -> None:
        stopped = len(self.failed) - failures
        parts = [f"{failures} failed"] if failures else []
        parts += [f"{stopped} stopped"] if stopped else []
        parts += [f"{len(self.skipped)} skipped"] if self.skipped else []
        parts += [f"{fact.left} not started"] if fact.left else []
        parts += [f"{self.good} ok of {number(self.jobs, 'job')}"] if parts else []
        parts = parts or [f"{number(self.jobs, 'job')}"]
        word, style = self._verdict(fact, failures)
        where = f"; logs in {safe(_short(self.logs))}" if self.logs else ""
        self.out.line(
            f"{self.out.paint(word, style, 'bold')}: {', '.join(parts)} "
            f"in {seconds(fact.duration)}{where}"
        )
        if fact.left and not fact.signum:
            self.out.line("nothing more was started after a failure; 'treadle run -k 0' goes on")

    def _verdict(self, fact: RunEnded, failures: int) -> tuple[str, str]:
        if fact.signum:
            return f"interrupted by {signal.Signals(fact.signum).name}", "red"
        return ("failed", "red") if failures else ("done", "green")

    def _line(self, word: str, took: str, name: str, detail: str = "", *, style: str) -> str:
        done = self.good + len(self.failed) + len(self.skipped)
        counter = f"[{done:{len(str(self.jobs))}}/{self.jobs}]"
        text = f"{self.out.paint(counter, 'dim')} {self.out.paint(f'{word:7}', style)} {took:>6}"
        return f"{text}  {safe(name)}" + (f": {safe(detail)}" if detail else "")

    def _show_log(self, fact: JobEnded, *, whole: bool = False) -> None:
        if fact.log is None or (fact.outcome == "spawn_failed" and not os.path.exists(fact.log)):
            return
        log = Path(fact.log)
        try:
            if whole:
                for text in logs.whole(log):
                    self._output(text)
            else:
                self._tail(log)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            self._output(f"not readable: {safe(_short(log))}: {why}", "dim")

    def _tail(self, log: Path) -> None:
        lines, more = logs.tail(log)
        if more:
            self._output(f"… the last {len(lines)} lines of {safe(_short(log))}:", "dim")
        for text in lines:
            self._output(text)

    def _output(self, text: str, *styles: str) -> None:
        self.out.line(f"    {self.out.paint('|', 'dim')} {self.out.paint(text, *styles)}")


def _gives_back(fact: Fact, holder: str) -> bool:
    """Whether the job that holds the terminal is over with this fact."""
    ended = isinstance(fact, JobEnded | JobRetried) and fact.name == holder
    return ended or isinstance(fact, RunEnded)


def because(fact: JobSkipped) -> str:
    """Say why a job was skipped, with the job where the trouble began."""
    if fact.need == fact.origin:
        return f"needs '{fact.need}', which failed"
    return f"needs '{fact.need}', which was skipped because '{fact.origin}' failed"


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
