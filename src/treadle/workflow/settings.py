"""The words that `[defaults]` may give: what they come to for one job."""

from __future__ import annotations

import math
import re
import signal
import warnings
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from treadle.workflow.model import Defaults, JobSpec, Settings
from treadle.workflow.plan import (
    CAUSES,
    DEFAULT_OUTPUT_LIMIT,
    DEFAULT_QUEUE,
    TERMINAL_QUEUE,
    Retry,
)
from treadle.workflow.sizes import bytes_of
from treadle.workflow.tables import Backoff, Limits, OutputCause
from treadle.workflow.words import nearest

DEFAULT_GRACE = 5.0

_NOTHING = Defaults()
_ADDED = ("env_file", "secret")
_QUEUE_WORDS = ("queue", "tokens", "queues")


def merged(own: Settings, defaults: Settings) -> Settings:
    """Return own words, those of `[defaults]` where there are none; some are added up."""
    if defaults == _NOTHING:
        return own
    said: dict[str, Any] = {}
    for name in Settings.__struct_fields__:
        mine, common = getattr(own, name), getattr(defaults, name)
        if name in _ADDED:
            said[name] = [*listed(common), *listed(mine)] or None
        elif name == "env" and mine and common:
            said[name] = common | mine
        else:
            said[name] = common if mine is None else mine
    if own.queue is not None or own.queues is not None:
        # Which queues are one decision: part of it by default is none at all.
        said |= {name: getattr(own, name) for name in _QUEUE_WORDS}
    return Settings(**said)


def listed(value: str | Sequence[str] | None) -> list[str]:
    """Return what may be one text, several or none as a list."""
    return [value] if isinstance(value, str) else list(value or ())


def planned(said: Settings, own: JobSpec, defaults: Defaults) -> dict[str, Any]:
    """Return the fields of a `PlannedJob` that come from these words; they may be shared.

    Args:
        said: the words of the job, with those of `[defaults]`.
        own: those of the job alone.
        defaults: those of `[defaults]` alone.
    """
    words = (*_WORDS(said), own.limits, defaults.limits)
    try:
        return _known(words)
    except TypeError:  # lists and tables cannot be looked up
        return _planned(words)


_FIELDS = (
    *("priority", "timeout", "total_timeout", "grace", "signals", "retries", "backoff", "jitter"),
    *("retry_on", "secret", "shell", "nice", "umask", "leak", "queue", "tokens", "queues"),
    *("terminal", "output_limit", "tty", "idle_timeout", "partial_outputs"),
)
_WORDS = attrgetter(*_FIELDS)


def _planned(words: tuple[Any, ...]) -> dict[str, Any]:
    said = Settings(**dict(zip(_FIELDS, words, strict=False)))
    return {
        "priority": _first(said.priority, 0.0),
        "timeout": _first(said.timeout, math.inf),
        "total_timeout": finite(said.total_timeout),
        "grace": _first(said.grace, DEFAULT_GRACE),
        "signals": tuple(number for name in said.signals or () if (number := signal_of(name))),
        "retry": _retry(said),
        "secret": tuple(said.secret or ()),
        "shell": said.shell or "sh",
        "limits": _limits(words[-1], words[-2]),
        "nice": said.nice,
        "umask": None if said.umask is None else int(said.umask, 8),
        "leak": said.leak or "kill",
        "partial_outputs": said.partial_outputs or "remove",
        **_queues(said),
        **_output_and_terminal(said),
    }


_known = lru_cache(1024)(_planned)
"""Jobs are much alike: what their words come to is worked out once."""


def finite(seconds: float | None) -> float | None:
    """Return None for what is no limit."""
    return None if seconds == math.inf else seconds


def tokens_of(count: int | str) -> int:
    """Return a number of tokens; a size counts in MiB."""
    return count if isinstance(count, int) else bytes_of(count) >> 20


def signal_of(name: str) -> int:
    """Return the number of a signal, with or without SIG in front; 0 if there is none."""
    found = getattr(signal, name if name.startswith("SIG") else f"SIG{name}", None)
    return int(found) if isinstance(found, signal.Signals) else 0


def cause_mistake(cause: int | str | OutputCause) -> str:
    """Say what is wrong with an entry of `retry_on`; nothing if it is right."""
    if isinstance(cause, OutputCause):
        try:
            with warnings.catch_warnings(action="ignore"):  # of what it may mean one day
                re.compile(cause.output.encode())
        except (re.error, OverflowError, RecursionError) as error:
            return f"{cause.output!r} is no regular expression: {error}"
    if isinstance(cause, str) and cause not in CAUSES and not signal_of(cause):
        hint = nearest(cause, [*CAUSES, *signal.Signals.__members__])
        return f"{cause!r} is no cause of a failure{hint or '; there is ' + ', '.join(CAUSES)}"
    return ""


def _queues(said: Settings) -> dict[str, Any]:
    if not said.queues:
        return {"queue": said.queue or DEFAULT_QUEUE, "tokens": said.tokens or 1}
    (queue, tokens), *more = said.queues.items()
    return {
        "queue": queue,
        "tokens": tokens_of(tokens),
        "further": {name: tokens_of(count) for name, count in more},
    }


def _output_and_terminal(said: Settings) -> dict[str, Any]:
    if said.terminal:
        return {"terminal": True, "queue": TERMINAL_QUEUE, "tokens": 1, "further": {}}
    most = said.output_limit or DEFAULT_OUTPUT_LIMIT
    return {
        "tty": bool(said.tty),
        "idle_timeout": finite(said.idle_timeout),
        "output_limit": None if most == "none" else bytes_of(most),
    }


_ONCE = Retry()


def _retry(said: Settings) -> Retry:
    if not said.retries:
        return _ONCE
    pauses = said.backoff
    if not isinstance(pauses, Backoff):
        pauses = Backoff(delay=pauses or 0.0)
    causes = said.retry_on or ()
    return Retry(
        retries=said.retries,
        delay=pauses.delay,
        factor=pauses.factor,
        most=pauses.most,
        jitter=said.jitter or 0.0,
        causes=tuple(cause for cause in causes if not isinstance(cause, OutputCause)),
        patterns=tuple(cause.output for cause in causes if isinstance(cause, OutputCause)),
    )


def _limits(*tables: Limits | None) -> dict[str, int]:
    """Return the limits in bytes and numbers, those of later tables before those of earlier."""
    found: dict[str, int] = {}
    for table in filter(None, tables):
        said = ((name, getattr(table, name)) for name in Limits.__struct_fields__)
        found |= {name: bytes_of(value) for name, value in said if value is not None}
    return found


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)
