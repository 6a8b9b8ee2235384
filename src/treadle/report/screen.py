r"""A terminal on which lines scroll above an area that is drawn again and again.

The problem: whoever redraws has to know where the area begins. Counting its rows upwards from
its end goes wrong when the window gets narrower (some terminals wrap what is there, others do
not), when somebody else writes, and when a character is wider than was thought.

What is done: the cursor waits at the *beginning* of the area. To take the area away is then
the same everywhere: erase from the cursor to the end of the screen. While the area is drawn,
the terminal is told not to wrap lines, so its rows are as many as were written. Lines that
scroll are kept for a tenth of a second and written together with the next area, in one piece:
nothing flickers, and a thousand lines a second cost no more than ten.

Not covered: what somebody else writes without a warning. It begins where the area begins,
stays, and the rest of the row that it did not fill stays with it.
"""

from __future__ import annotations

import os
import stat
import threading
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.report.terminal import Output

ERASE = "\r\x1b[J"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_MANY = 1_000


class Screen:
    """Writes lines, and the area under them.

    Args:
        out: takes the lines.
        err: takes the area.
        area: whether there is one.
    """

    def __init__(self, out: Output, err: Output, *, area: bool = False) -> None:
        self.out = out
        self.err = err
        self.lock = threading.RLock()
        self._area = area
        self._shown = False
        self._busy = False
        self._lines: deque[str] = deque()
        one = area and out.device() is not None and out.device() == err.device()
        self._whole = err if one else None
        self._is_pipe = area and not one and _is_pipe(out)

    def line(self, text: str) -> None:
        """Write a line; with an area, soon."""
        if self._area:
            # Without the lock: who has stopped the terminal with Ctrl-S has not stopped the run.
            self._lines.append(text)
            if len(self._lines) > _MANY:
                self.draw(())
        else:
            with self.lock:
                self.out.line(text)

    def draw(self, rows: Sequence[str]) -> None:
        """Write the lines that wait, and an area in the place of the one that is there.

        Args:
            rows: of the area; none takes it away. They must fit into the width.
        """
        with self.lock:
            if self._busy:
                return  # in a handler of a signal that came in the midst of this
            self._busy = True
            try:
                self._draw(rows)
            finally:
                self._busy = False

    def _draw(self, rows: Sequence[str]) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if lines and self._is_pipe:
            # Who reads them writes to this terminal, perhaps, and has not done so yet.
            rows = ()
        begin = ERASE if self._shown else ""
        text = "".join(f"{line}\n" for line in lines)
        if self._whole is not None:
            _write(self.err, begin + text + _area(rows))
        else:
            _write(self.err, begin)
            _write(self.out, text)
            _write(self.err, _area(rows))
        self._shown = bool(rows)

    def close(self) -> None:
        """Take the area away; lines are written at once from here on."""
        with self.lock:
            self.draw(())
            self._area = False


def _write(output: Output, text: str) -> None:
    if text:
        output.write(text)


def _area(rows: Sequence[str]) -> str:
    if not rows:
        return ""
    up = f"\x1b[{len(rows) - 1}A" if len(rows) > 1 else ""
    return _NO_WRAP + "\r\n".join(rows) + f"\r{up}{_WRAP}"


def _is_pipe(out: Output) -> bool:
    try:
        return out.stream is not None and stat.S_ISFIFO(os.fstat(out.stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False
