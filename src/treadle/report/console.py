"""A run as lines: one for each end, the output that is wanted, and the sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.report import summary
from treadle.report.feed import (
    Fact,
    JobEnded,
    JobRetried,
    JobSkipped,
    JobStarted,
    JobsUnchanged,
    Remark,
    RunEnded,
    RunStarted,
)
from treadle.report.live import Live
from treadle.report.marks import Marks
from treadle.report.outputs import Outputs, Wanted, short
from treadle.report.summary import Record
from treadle.report.text import number, safe, seconds

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.report.redact import Redactor
    from treadle.report.terminal import Output

_MAX_FAILURES = 20
_TITLE = 15
_IN_A_FILE = 160


class Console:
    """Prints facts as they come.

    Args:
        out: takes the lines.
        live: shows what is running.
        verbose: show starts and all output, not only of what failed.
        quiet: show only what failed, and the sum if something did.
        output: which output of jobs is shown, and when.
        marks: for the service that builds.
        redactor: hides secrets.
    """

    def __init__(
        self,
        out: Output,
        live: Live,
        *,
        verbose: bool = False,
        quiet: bool = False,
        output: Wanted = "failed",
        marks: Marks | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self.out = out
        self.live = live
        live.attach(out)
        self.verbose = verbose
        self.quiet = quiet
        self.record = Record()
        self._marks = marks or Marks()
        self._redactor = redactor
        self._outputs = Outputs(out, live, self._marks, redactor, wanted=output, all_=verbose)
        self._logs: Path | None = None
        self._last: Fact | None = None
        self._holder = ""
        self._kept: list[Fact] = []

    def take(self, fact: Fact) -> None:
        """Show one fact; while a job holds the terminal, keep it until that has ended."""
        if not self._holder and not (isinstance(fact, JobStarted) and fact.terminal):
            self._show(fact)
            return
        self._kept.append(fact)
        if self._holder and not _gives_back(fact, self._holder):
            return
        self._holder = ""
        self.live.release()
        kept, self._kept = self._kept, []
        for one in kept:
            self._show(one)
        if isinstance(fact, JobStarted) and fact.terminal:
            self._holder = fact.name
            self.live.hold()

    def _show(self, fact: Fact) -> None:
        self.live.take(fact)
        self.record.take(fact)
        match fact:
            case JobStarted():
                self._started(fact)
            case JobEnded():
                self._ended(fact)
            case JobRetried():
                self._retried(fact)
            case JobSkipped():
                self._skip(fact)
            case JobsUnchanged() if self.verbose or fact.restored:
                self._unchanged(fact)
            case RunStarted():
                self._logs = fact.logs
            case Remark() if not self.quiet:
                self._say(f"{self.out.paint('note', 'cyan')}: {self._safe(fact.text)}")
            case RunEnded():
                self._sum_up(fact)

    def _started(self, fact: JobStarted) -> None:
        if self.verbose:
            self._tell("start", "", fact.name, style="dim")
        self._outputs.start(fact)

    def _retried(self, fact: JobRetried) -> None:
        self._outputs.finish(fact)
        if not self.quiet:
            pause = f"; again in {seconds(fact.delay)}" if fact.delay else ""
            self._tell("again", seconds(fact.duration), fact.name, fact.detail, pause)
        self._outputs.show(fact)

    def _ended(self, fact: JobEnded) -> None:
        self._last = fact
        self._outputs.finish(fact)
        took = seconds(fact.duration)
        if fact.good:
            if not self.quiet:
                self._tell("ok", took, fact.name, style="green", aside=_left(fact.leaked))
        elif fact.allowed:
            self._tell("failed", took, fact.name, fact.detail, ", allowed")
        else:
            word = "stopped" if fact.outcome == "interrupted" else "FAILED"
            self._tell(word, took, fact.name, fact.detail, style="red")
        self._outputs.show(fact)
        if not fact.good and fact.outcome != "interrupted":
            self._annotate(fact)

    def _skip(self, fact: JobSkipped) -> None:
        if not self.quiet:
            style = "yellow" if fact.origin else "dim"
            self._tell("skipped", "", fact.name, because(fact), style=style)

    def _unchanged(self, fact: JobsUnchanged) -> None:
        aside = "(from the cache)" if fact.restored else ""
        for name in () if self.quiet else fact.names:
            self._tell("same", "", name, style="dim", aside=aside)

    def _sum_up(self, fact: RunEnded) -> None:
        if self.quiet and not self.record.failed and not fact.signum and not fact.cause:
            return
        if not self.quiet:
            self._figures(fact)
        failures = self.record.failures()
        if failures and not (len(failures) == 1 and self._last is failures[0]):
            self._repeat(failures)
        self._last_line(fact)

    def _figures(self, fact: RunEnded) -> None:
        pairs = [("flaky", text) for text in summary.flaky(self.record)]
        if self.record.is_worth_more(fact):
            pairs += summary.figures(self.record, fact, self._columns())
        if pairs:
            self._say("")
        for title, text in pairs:
            style = "yellow" if title == "flaky" else "cyan"
            gap = " " * (_TITLE - len(title))
            self._say(f"{self.out.paint(title, style)}{gap}{self._hide(text)}")

    def _columns(self) -> int:
        """Return how wide a figure may be; in a file it may be wider than on most terminals."""
        columns = self.out.columns() if self.out.device() is not None else _IN_A_FILE
        return columns - _TITLE

    def _repeat(self, failures: list[JobEnded]) -> None:
        """Show again what failed: its first showing has scrolled away."""
        self._say("")
        self._say(self.out.paint(f"{number(len(failures), 'job')} failed:", "bold"))
        for ended in failures[:_MAX_FAILURES]:
            name = self.out.paint(self._safe(ended.name), "red")
            self._say(f"  {name}: {self._safe(ended.detail)}")
            self._outputs.tail(ended)
        if len(failures) > _MAX_FAILURES:
            self._say(f"… and {len(failures) - _MAX_FAILURES} more")

    def _last_line(self, fact: RunEnded) -> None:
        if fact.detail:
            self._say(self.out.paint(self._safe(fact.detail), "red"))
        word, style = summary.verdict(self.record, fact)
        where = f"; logs in {self._safe(short(self._logs))}" if self._logs else ""
        self._say(
            f"{self.out.paint(word, style, 'bold')}: {summary.counts(self.record, fact)} "
            f"in {seconds(fact.duration)}{where}"
        )
        if fact.left and not fact.signum and not fact.cause:
            self._say("nothing more was started after a failure; 'treadle run -k 0' goes on")

    def _tell(
        self,
        word: str,
        took: str,
        name: str,
        detail: str = "",
        more: str = "",
        *,
        style: str = "yellow",
        aside: str = "",
    ) -> None:
        record, out = self.record, self.out
        counter = out.paint(f"[{record.done:{len(str(record.jobs))}}/{record.jobs}]", "dim")
        text = f"{counter} {out.paint(f'{word:7}', style)} {took:>6}  {self._safe(name)}"
        if detail or more:
            text = f"{text}: {self._safe(detail)}{more}"
        self._say(f"{text}  {out.paint(aside, 'dim')}" if aside else text)

    def _say(self, text: str) -> None:
        self.live.screen.line(self._marks.plain(text))

    def _safe(self, text: str) -> str:
        return safe(self._hide(text))

    def _hide(self, text: str) -> str:
        return self._redactor.text(text) if self._redactor else text

    def _annotate(self, fact: JobEnded) -> None:
        shown = fact._replace(name=self._safe(fact.name), detail=self._safe(fact.detail))
        if line := self._marks.failure(shown):
            self.live.screen.line(line)


def _left(leaked: int) -> str:
    if not leaked:
        return ""
    return f"(killed {number(leaked, 'process', 'processes')} it left behind)"


def _gives_back(fact: Fact, holder: str) -> bool:
    """Whether the job that holds the terminal is over with this fact."""
    ended = isinstance(fact, JobEnded | JobRetried) and fact.name == holder
    return ended or isinstance(fact, RunEnded)


def because(fact: JobSkipped) -> str:
    """Say why a job was skipped, with the job where the trouble began."""
    if not fact.origin:
        return f"not wanted: {fact.why}" if fact.why else "not wanted"
    if fact.need == fact.origin:
        return f"needs '{fact.need}', which failed"
    return f"needs '{fact.need}', which was skipped because '{fact.origin}' failed"
