"""Which words a function may have, and which a command may."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

_ANYWHERE = {
    "queue", "tokens", "queues", "priority", "timeout", "total_timeout", "grace", "retries",
    "backoff", "jitter", "retry_on", "tags", "matrix", "when", "always", "allow_failure",
    "inputs", "outputs", "partial_outputs", "version", "description",
}  # fmt: skip
_PROCESSES = {"env", "env_file", "secret", "cwd", "limits", "nice", "umask", "leak", "signals"}
_COMMANDS = {"run", "script", "shell", "tty", "terminal", "idle_timeout", "output_limit"}


class CallWords(TypedDict, total=False):
    """Words of `Workflow.job`; what each means is said of those of a workflow file."""

    queue: str
    tokens: int
    queues: Mapping[str, int | str]
    priority: float
    timeout: float
    total_timeout: float
    grace: float
    retries: int
    backoff: float | Mapping[str, float]
    jitter: float
    retry_on: Sequence[int | str | Mapping[str, str] | type[BaseException]]
    tags: Sequence[str]
    matrix: Mapping[str, Any]
    when: Mapping[str, Any]
    always: bool
    allow_failure: bool | Sequence[int]
    inputs: Sequence[str]
    outputs: Sequence[str]
    partial_outputs: str
    version: str | int
    description: str
    # With process=True.
    env: Mapping[str, str | int | float]
    env_file: str | Sequence[str]
    secret: Sequence[str]
    cwd: str
    limits: Mapping[str, int | str]
    nice: int
    umask: str
    leak: str
    signals: Sequence[str]


class CommandWords(CallWords, total=False):
    """Words of `Workflow.command`."""

    shell: str
    tty: bool
    terminal: bool
    idle_timeout: float
    output_limit: int | str


def refusal(words: Iterable[str], process: bool, is_async: bool) -> str:
    """Say which word makes no sense for a function, and what to do; nothing if all do."""
    if process and is_async:
        return (
            "is a coroutine function and cannot have process=True; call asyncio.run in a function"
        )
    for word in words:
        if word in _COMMANDS:
            return f"is a function and cannot have {word!r}, which is for commands"
        if word in _PROCESSES and not process:
            return (
                f"has {word!r}, but shares the process of the program, which {word!r} would "
                "change as a whole; say process=True"
            )
    return ""


def as_in_a_file(words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words as a file would have them: lists for sequences."""
    return {name: _plain(value) for name, value in words.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple | set | frozenset | range):
        return [_plain(item) for item in value]
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def split_causes(
    words: Mapping[str, Any],
) -> tuple[dict[str, Any], tuple[type[BaseException], ...]]:
    """Return the words without the exceptions in `retry_on`, and these."""
    said = words.get("retry_on")
    if said is None:
        return as_in_a_file(words), ()
    causes = [said] if isinstance(said, str | int | type) else list(said)
    exceptions = tuple(
        cause for cause in causes if isinstance(cause, type) and issubclass(cause, BaseException)
    )
    rest = [cause for cause in causes if cause not in exceptions]
    if exceptions:
        # Raising is one way to end by itself; which exceptions count is looked at then.
        exceptions = () if "exit" in rest else exceptions
        rest = [*dict.fromkeys(["exit", *rest])] if "exit" not in rest else rest
    plain = {name: value for name, value in words.items() if name != "retry_on"}
    return as_in_a_file(plain | ({"retry_on": rest} if rest else {})), exceptions
