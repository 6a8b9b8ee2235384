"""What is wrong with a job as a whole, though each of its words may be right."""

from __future__ import annotations

from treadle.workflow.family import Family
from treadle.workflow.limits import MAX_NAME
from treadle.workflow.plan import DEFAULT_QUEUE, TERMINAL_QUEUE
from treadle.workflow.settings import cause_mistake, signal_of, tokens_of
from treadle.workflow.words import nearest

_NOT_WITH_TERMINAL = ("queue", "tokens", "queues", "tty", "idle_timeout", "output_limit")
_ONLY_WITH_RETRIES = ("backoff", "jitter", "retry_on")


def check(family: Family, queues: dict[str, int | str]) -> None:
    """Note what is wrong with a job; single words were checked before.

    Args:
        family: the job.
        queues: the tokens of all queues.
    """
    _check_name(family)
    _check_program(family)
    _check_stops(family)
    _check_tags(family)
    if family.said.terminal:
        _check_terminal(family)
    else:
        _check_queues(family, queues)


def _check_name(family: Family) -> None:
    base, note = family.base, family.unit.note
    if not base.strip():
        note(family.path, f"the name of a job is empty: {base!r}")
    if len(family.name) > MAX_NAME:
        note(family.path, f"a name of {len(family.name)} characters; the limit is {MAX_NAME}")


def _check_program(family: Family) -> None:
    spec, name = family.spec, family.name
    nothing = (spec.run, spec.script, family.call) == (None, None, None)
    if nothing and not spec.needs and not family.unit.touch(family.path):
        family.unit.note(family.path, f"job {name!r} has neither 'run', 'script' nor 'needs'")
    if spec.run is not None and spec.script is not None:
        family.note("script", f"job {name!r} has 'run' and 'script'; leave one of them out")
    if spec.run is not None and _is_empty(spec.run):
        family.note("run", f"'run' of job {name!r} names no program")
    if spec.script is not None and not spec.script.strip():
        family.note("script", f"'script' of job {name!r} is empty")
    if spec.partial_outputs is not None and not spec.outputs:
        what = "has 'partial_outputs' without 'outputs'; say what it makes"
        family.note("partial_outputs", f"job {name!r} {what}")
    if spec.matrix is not None and not spec.matrix:
        family.note("matrix", f"'matrix' of job {name!r} has no values")
    if spec.shell is not None and not isinstance(spec.run, str):
        what = "its 'run', which is a list" if spec.run is not None else "a 'run' of it"
        advice = "write 'run' as a text, or leave 'shell' out"
        family.note("shell", f"job {name!r} has 'shell', but no shell sees {what}; {advice}")


def _check_stops(family: Family) -> None:
    spec, name = family.spec, family.name
    for index, signal in enumerate(spec.signals or ()):
        if not signal_of(signal):
            family.unit.note(
                (*family.path, "signals", index),
                f"'signals' of job {name!r} has {signal!r}, which is no signal here",
            )
    for index, cause in enumerate(spec.retry_on or ()):
        if what := cause_mistake(cause):
            family.unit.note(
                (*family.path, "retry_on", index), f"'retry_on' of job {name!r}: {what}"
            )
    for word in _ONLY_WITH_RETRIES if not family.said.retries else ():
        if getattr(spec, word) is not None:
            family.note(word, f"job {name!r} has {word!r} without 'retries'; say how often")


def _check_tags(family: Family) -> None:
    for index, tag in enumerate(family.spec.tags or ()):
        if not tag.isprintable() or len(tag) > MAX_NAME or "*" in tag or "?" in tag:
            what = f"job {family.name!r} has tag {tag!r}; a tag is a short name without * and ?"
            family.unit.note((*family.path, "tags", index), what)


def _check_terminal(family: Family) -> None:
    for word in _NOT_WITH_TERMINAL:
        if getattr(family.spec, word) is not None:
            family.note(
                word,
                f"job {family.name!r} has 'terminal' and {word!r}; who holds the terminal "
                f"has no {word!r}: leave one of them out",
            )


def _check_queues(family: Family, queues: dict[str, int | str]) -> None:
    said, spec = family.said, family.spec
    if spec.queues is not None:
        for word in ("queue", "tokens"):
            if getattr(spec, word) is not None:
                family.note(word, f"job {family.name!r} has 'queues' and {word!r}; use 'queues'")
        if not spec.queues:
            family.note("queues", f"'queues' of job {family.name!r} is empty")
    asked = said.queues or {said.queue or DEFAULT_QUEUE: said.tokens or 1}
    for queue, tokens in asked.items():
        _check_queue(family, queue, tokens, queues)


def _check_queue(
    family: Family, queue: str, tokens: int | str, queues: dict[str, int | str]
) -> None:
    word = "queues" if family.said.queues else "queue"
    if (queue == DEFAULT_QUEUE and queue not in queues) or family.unit.touch(("queues", queue)):
        return
    if queue == TERMINAL_QUEUE:
        family.note(
            word,
            f"job {family.name!r} waits in queue {queue!r}, which is for jobs with "
            "'terminal = true'; say that instead",
        )
    elif queue not in queues:
        known = nearest(queue, [*queues, DEFAULT_QUEUE])
        what = f"job {family.name!r} waits in queue {queue!r}, which is not in [queues]{known}"
        family.note(word, what)
    elif (size := queues[queue]) not in ("cpus", "memory"):
        _check_tokens(family, queue, tokens_of(tokens), tokens_of(size))


def _check_tokens(family: Family, queue: str, tokens: int, size: int) -> None:
    if tokens > size:
        family.note(
            "queues" if family.said.queues else "tokens",
            f"job {family.name!r} asks for {tokens} tokens of queue {queue!r}, which has {size}",
        )


def _is_empty(run: str | list[str]) -> bool:
    return not run.strip() if isinstance(run, str) else not run or not run[0]
