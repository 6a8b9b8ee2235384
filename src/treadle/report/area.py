"""The area that shows a run while it goes on, drawn with rich.

This module is loaded when an area is first drawn: rich takes 50 ms to load, longer than many
a run.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.text import Text

from treadle.report.feed import JobStarted
from treadle.report.output import last_line
from treadle.report.text import clock, number, safe

if TYPE_CHECKING:
    from treadle.report.redact import Redactor
    from treadle.report.standing import Standing

_BAR = 24
_READ_AGAIN = 0.3
DEFAULT = "default"


class Area:
    """Draws how a run stands.

    Args:
        standing: what is drawn.
        colour: use colours.
        ascii_only: use no characters beyond ASCII.
        redactor: hides secrets.
    """

    def __init__(
        self,
        standing: Standing,
        *,
        colour: bool = False,
        ascii_only: bool = False,
        redactor: Redactor | None = None,
    ) -> None:
        self._standing = standing
        self._redactor = redactor
        self._ascii = ascii_only
        self._console = RichConsole(
            file=io.StringIO(),
            force_terminal=True,
            color_system="standard" if colour else None,
            no_color=not colour,
            legacy_windows=False,
            highlight=False,
            width=1 << 16,
        )
        self._said: dict[str, str] = {}
        self._read_at = float("-inf")

    def draw(self, columns: int, height: int, now: float) -> list[str]:
        """Return the rows, none wider than the terminal."""
        rows = [self._status(columns, now), *self._jobs(columns, max(1, height // 3), now)]
        if set(self._standing.queues) - {DEFAULT}:
            rows.append(self._queues())
        # More than the terminal has would scroll away what is above.
        del rows[max(1, height - 1) :]
        for row in rows:
            # The last column stays free: some terminals wrap when it is written.
            row.truncate(max(1, columns - 1), overflow="ellipsis")
        with self._console.capture() as capture:
            self._console.print(Text("\n").join(rows), overflow="ignore", crop=False, end="")
        drawn = capture.get()
        if self._ascii:
            drawn = drawn.replace("…", "~").replace("━", "#").replace("─", "-")
        return drawn.split("\n")

    def _status(self, columns: int, now: float) -> Text:
        """Draw how far it is: as many of the pieces as fit, the bar last."""
        standing = self._standing
        row = Text().append(f"{standing.done}/{standing.jobs}", style="bold")
        pieces = [Text(clock(now - standing.began))]
        if standing.failed:
            pieces.insert(0, Text(f"{standing.failed} failed", style="red"))
        left = standing.left(now)
        if left is not None:
            pieces.append(Text(f"~{clock(left + 0.5)} left", style="cyan"))
        for piece in pieces:
            if row.cell_len + 2 + piece.cell_len < columns:
                row.append("  ").append_text(piece)
        room = columns - row.cell_len - 2
        return self._bar(min(_BAR, room)).append_text(row) if room >= _BAR // 2 else row

    def _bar(self, cells: int) -> Text:
        standing = self._standing
        filled = cells * standing.done // max(1, standing.jobs)
        style = "red" if standing.failed else "green"
        return Text.assemble(("━" * filled, style), ("─" * (cells - filled), "dim"), " ")

    def _jobs(self, columns: int, rows: int, now: float) -> Iterator[Text]:
        """Draw what runs, the longest first; the last row says how much there is more."""
        count = len(self._standing.running)
        shown = rows if count <= rows else max(1, rows - 1)
        facts = list(islice(list(self._standing.running.values()), shown))
        self._read(facts, now)
        times = [self._time(fact, now, columns) for fact in facts]
        queues = [_queue(fact) if columns >= 60 else "" for fact in facts]
        names = [safe(self._hide(fact.name)) for fact in facts]
        width = min(max(map(cell_len, names), default=0), max(8, columns * 2 // 5))
        for fact, name, time, queue in zip(facts, names, times, queues, strict=True):
            row = Text("  " if columns >= 40 else "")
            row.append_text(_cell(name, width)).append("  ")
            row.append(time.rjust(max(map(len, times))), style="yellow")
            if any(queues):
                row.append("  ").append_text(_cell(queue, max(map(cell_len, queues)), "cyan"))
            if said := self._said.get(fact.name):
                row.append(f"  {said}", style="dim")
            yield row
        if count > len(facts) and rows > 1:
            yield Text(f"  … and {count - len(facts)} more", style="dim")

    def _time(self, fact: JobStarted, now: float, columns: int) -> str:
        expected = self._standing.expected.get(fact.name)
        text = clock(now - fact.at)
        return text if expected is None or columns < 50 else f"{text} of ~{clock(expected + 0.5)}"

    def _queues(self) -> Text:
        used = self._standing.used()
        row = Text("  ")
        queues = sorted(self._standing.queues.items(), key=lambda item: item[0] != DEFAULT)
        for queue, tokens in queues:
            full = used[queue] >= tokens
            row.append(f"{safe(queue)} {used[queue]:g}/{tokens:g}  ", style="" if full else "dim")
        return row.append(f"{number(self._standing.waiting(), 'job')} waiting", style="dim")

    def _hide(self, text: str) -> str:
        return self._redactor.text(text) if self._redactor else text

    def _read(self, facts: list[JobStarted], now: float) -> None:
        """Look what the jobs said last, a few times a second."""
        if now - self._read_at < _READ_AGAIN:
            return
        self._read_at = now
        self._said = {f.name: last_line(f.log, self._redactor) for f in facts if f.log}


def _queue(fact: JobStarted) -> str:
    return "+".join(safe(queue) for queue in fact.queues if queue != DEFAULT)


def _cell(text: str, width: int, style: str = "") -> Text:
    cell = Text(text, style=style)
    cell.truncate(width, overflow="ellipsis", pad=True)
    return cell
