"""When a job that failed is run again, and how long that waits."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from treadle.report.reasons import Ending
    from treadle.workflow.plan import Retry

SEARCHED = 1 << 20
"""Bytes at the end of a log that patterns are searched in."""

SEARCH_LIMIT = 5.0
"""Seconds that a search may take; after that the pattern counts as not found."""

_WORDS = {
    "timed_out": "timeout",
    "over_limit": "output-limit",
    "spawn_failed": "spawn",
    "lost": "lost",
    "exited": "exit",
    "signalled": "signal",
}
_REPEATS = frozenset("*+?{(")
_SEARCH = f"""\
import re, resource, sys
# Also when treadle itself was killed meanwhile.
resource.setrlimit(resource.RLIMIT_CPU, ({SEARCH_LIMIT:.0f}, {SEARCH_LIMIT:.0f}))
data = sys.stdin.buffer.read()
sys.exit(not any(re.search(text.encode(), data, re.MULTILINE) for text in sys.argv[1:]))
"""


def pause(retry: Retry, number: int, random: Callable[[], Random]) -> float:
    """Return the seconds before a retry: exponential backoff with jitter.

    Args:
        retry: what the job says.
        number: which retry it is, from 1.
        random: gives the numbers for the jitter; called only where there is some.
    """
    if not retry.delay:
        return 0.0
    try:
        seconds = min(retry.delay * retry.factor ** (number - 1), retry.most)
    except OverflowError:
        seconds = retry.most
    return seconds + (random().uniform(0, retry.jitter * seconds) if retry.jitter else 0.0)


def applies(retry: Retry, ending: Ending, output: Callable[[], bytes]) -> bool:
    """Tell whether an attempt failed in a way that is worth another one.

    Args:
        retry: what the job says.
        ending: how the attempt ended.
        output: gives the end of what it wrote; called only where that matters.
    """
    if not (retry.causes or retry.patterns):
        return True
    return not words_for(ending).isdisjoint(retry.causes) or (
        bool(retry.patterns) and is_found(retry.patterns, output())
    )


def words_for(ending: Ending) -> set[int | str]:
    """Return everything in `retry_on` that stands for an ending.

    A program that was stopped, at its timeout for instance, did not choose how it ended: its
    exit code and signal stand for nothing.
    """
    words: set[int | str] = {_WORDS.get(ending.outcome, ending.outcome)}
    if ending.outcome in ("exited", "signalled") and ending.code is not None:
        words |= _signal(-ending.code) if ending.code < 0 else {ending.code}
        if ending.oom:
            words.add("oom")
    return words


def _signal(number: int) -> set[int | str]:
    try:
        name = signal.Signals(number).name
    except ValueError:
        return set()
    return {name, name.removeprefix("SIG")}


def is_found(patterns: Sequence[str], data: bytes) -> bool:
    r"""Tell whether one of the patterns is in the data; ``^`` and ``$`` match at each line.

    The problem: a search with backtracking can take longer than the universe lasts, for
    patterns that look harmless (``(a+)+$``), and Python can neither bound nor stop it: it
    keeps every other thread waiting. Shorter lines do not help, 40 characters are enough.
    What is done: a pattern without repeats is searched for here; all others in another
    process, which can be killed. That takes some 20 ms, for a failed attempt only.
    """
    simple = [text for text in patterns if not _REPEATS.intersection(text)]
    if any(re.search(text.encode(), data, re.MULTILINE) for text in simple):
        return True
    others = [text for text in patterns if _REPEATS.intersection(text)]
    return bool(others) and _found_elsewhere(others, data)


def _found_elsewhere(patterns: Sequence[str], data: bytes) -> bool:
    # -S and -I: nothing of the folder or of the user is loaded.
    command = [sys.executable, "-S", "-I", "-c", _SEARCH, *patterns]
    try:
        done = subprocess.run(
            command, input=data, timeout=SEARCH_LIMIT, check=False, capture_output=True
        )
    except (subprocess.TimeoutExpired, OSError):
        return False
    return done.returncode == 0
