r"""Text that is safe to show: nothing that a job or a file says can steer the terminal."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from treadle.report.redact import Redactor

MAX_LINE = 2_000

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m|\x1b\(B")
_SHORT = {"\t": "    "}


def safe(text: str) -> str:
    r"""Return a text in which whatever is not printable is written out, as ``\x1b``.

    That covers control characters, marks that reverse the direction of writing,
    line separators and half surrogate pairs.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _SHORT.get(c) or _escape(c) for c in text)


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return {"\n": "\\n", "\r": "\\r", "\0": "\\0"}.get(char, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe_line(raw: bytes, redactor: Redactor | None = None, beyond: int = 0) -> str:
    """Return one line of a job's output: colours removed, the rest made safe, not too long.

    Args:
        raw: what the job wrote.
        redactor: hides secrets.
        beyond: bytes of the line that follow, and are not there.
    """
    if redactor:
        raw = redactor.data(raw)
    text = _COLOUR.sub("", raw.decode("utf-8", "backslashreplace").rstrip("\r\n"))
    text = safe(redactor.text(text) if redactor else text)
    beyond += max(0, len(text) - MAX_LINE)
    return f"{text[:MAX_LINE]}… (+{beyond})" if beyond else text


def width(text: str) -> int:
    """Return the columns that a safe text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """Return a safe text cut to a number of columns, with ``…`` at its end if it was."""
    if width(text) <= columns:
        return text
    kept, used = "", 0
    for char in text:
        used += _columns(char)
        if used > columns - 1:
            break
        kept += char
    return f"{kept}…" if columns > 0 else ""


def seconds(duration: float) -> str:
    """Return a duration as people read it: ``0.12s``, ``12.3s``, ``2m03s``, ``1h02m``."""
    if duration < 9.995:
        return f"{duration:.2f}s"
    if duration < 59.95:
        return f"{duration:.1f}s"
    minutes, rest = divmod(round(duration), 60)
    if minutes < 60:
        return f"{minutes}m{rest:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"


def clock(duration: float) -> str:
    """Return a duration in whole seconds, for what goes on: ``7s``, ``2m03s``, ``1h02m``."""
    whole = max(0, int(duration))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"


_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def size(count: int) -> str:
    """Return a number of bytes as people read it: ``512 B``, ``64 MiB``, ``1.5 GiB``."""
    power = min(max(0, count.bit_length() - 1) // 10, len(_UNITS) - 1)
    return f"{count / (1 << 10 * power):.4g} {_UNITS[power]}"


def number(count: int, one: str, many: str = "") -> str:
    """Return ``1 job``, ``2 jobs``."""
    return f"{count} {one if count == 1 else many or one + 's'}"
