"""Runs and what came of their jobs, in words that are safe to show."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from treadle.report.runs import result_of
from treadle.report.text import cut, number, safe, seconds

if TYPE_CHECKING:
    from treadle.store.records import End, RunRecord

COLOURS: Mapping[str, str] = {
    "running": "cyan",
    "done": "green",
    "ok": "green",
    "unchanged": "green",
    "retried": "yellow",
    "allowed": "yellow",
    "skipped": "yellow",
}
"""The colours of results; those of others are red."""

_DAY = 86_400
_MAX_TARGETS = 200
_ORDER = ("failed", "allowed", "interrupted", "cut short", "skipped", "not wanted", "unchanged",
          "running", "waiting", "not started")  # fmt: skip
_SAID = {"allowed": "failed and allowed to", "interrupted": "stopped"}


def counted(counts: Mapping[str, int], jobs: int) -> str:
    """Return how many jobs came to what, as the end of a run says it."""
    parts = [f"{counts[word]} {_SAID.get(word, word)}" for word in _ORDER if counts.get(word)]
    whole = number(jobs, "job")
    if not parts:
        return f"{whole} ok" if jobs else whole
    if counts.get("ok"):
        parts.append(f"{counts['ok']} ok")
    return f"{', '.join(parts)} of {whole}"


def ended(record: RunRecord) -> str:
    """Say how a run ended that is over."""
    end = record.last.end
    if end is None:
        return "killed before it ended"
    if end.signum:
        return f"interrupted by {signal_name(end.signum)}"
    causes = {"deadline": "stopped at its deadline", "stalled": "stalled",
              "store": "stopped: nothing more could be recorded"}  # fmt: skip
    if end.cause:
        return causes.get(end.cause, safe(end.cause))
    return result_of(record, alive=False)


def signal_name(signum: int) -> str:
    """Return the name of a signal."""
    try:
        return signal.Signals(signum).name
    except ValueError:
        return f"signal {signum}"


def label_of(record: RunRecord) -> str:
    """Return what was run, as messages name it."""
    return safe(str(record.last.about.get("label", "")))


def targets_of(record: RunRecord) -> str:
    """Return what was asked for, as it was said; nothing for all jobs."""
    said = record.sessions[0].about.get("targets")
    texts = [safe(str(one)) for one in said] if isinstance(said, list | tuple) else []
    return cut(" ".join(texts), _MAX_TARGETS)


def ago(at: float, now: float) -> str:
    """Return an instant as people say it: ``12s ago``, ``3h ago``, and from a day on the date."""
    past = max(0.0, now - at)
    if past < 60:
        return f"{int(past)}s ago"
    if past < 3600:
        return f"{int(past // 60)}m ago"
    if past < _DAY:
        return f"{int(past // 3600)}h ago"
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def outcome_of(end: End | None, *, running: bool = False) -> str:
    """Return in words what came of an attempt, or of a job without one."""
    if end is None:
        return "running" if running else "not seen to end"
    if end.kind in ("good", "gathered"):
        return "ok"
    if end.kind in ("failed", "retried", "allowed"):
        why = safe(end.detail or end.outcome or "failed")
        return f"{why} (allowed)" if end.kind == "allowed" else why
    return "not wanted" if end.kind == "unwanted" else end.kind


def typical(duration: float | None) -> str:
    """Say how long something is expected to take; nothing if that is not known."""
    return "" if duration is None else f" of about {seconds(duration)}"
