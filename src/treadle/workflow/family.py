"""One `[job.NAME]`: the job that it means, or one for each row of its matrix."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from treadle.process.commandline import argv_of
from treadle.workflow import matrix
from treadle.workflow.model import MAX_NAME, Defaults, JobSpec, Limits, Settings, Workflow
from treadle.workflow.plan import DEFAULT_OUTPUT_LIMIT, DEFAULT_QUEUE, TERMINAL_QUEUE, PlannedJob
from treadle.workflow.sizes import bytes_of
from treadle.workflow.words import Path, nearest

if TYPE_CHECKING:
    from pathlib import Path as Folder

    from treadle.workflow.origin import Mistakes

DEFAULT_GRACE = 5.0

_NOTHING = Defaults()
_NOT_WITH_TERMINAL = ("queue", "tokens", "tty", "idle_timeout", "output_limit")


class Family:
    """The words of one job, those of `[defaults]` where it has none of its own.

    Args:
        base: its name.
        spec: what is said of it.
        workflow: what is said of all jobs.
        folder: the folder that relative paths start from.
        note: takes the mistakes.
    """

    def __init__(
        self, base: str, spec: JobSpec, workflow: Workflow, folder: Folder, note: Mistakes
    ) -> None:
        self.base = base
        self.spec = spec
        self.queues = workflow.queues
        self.folder = folder
        self.note = note
        self.path: Path = ("job", base)
        self.said = _merged(spec, workflow.defaults)
        self.env = {**workflow.env, **(self.said.env or {})}
        # What all its jobs have in common.
        self.common: dict[str, Any] = {
            "family": base,
            "queue": self.said.queue or DEFAULT_QUEUE,
            "tokens": self.said.tokens or 1,
            "priority": _first(self.said.priority, 0.0),
            "timeout": _first(self.said.timeout, math.inf),
            "grace": _first(self.said.grace, DEFAULT_GRACE),
            "limits": _limits(workflow.defaults.limits, spec.limits),
            "nice": self.said.nice,
            "umask": None if self.said.umask is None else int(self.said.umask, 8),
            "leak": self.said.leak or "kill",
            **self._output_and_terminal(),
        }

    def _output_and_terminal(self) -> dict[str, Any]:
        said = self.said
        if said.terminal:
            return {"terminal": True, "queue": TERMINAL_QUEUE, "tokens": 1}
        idle, most = said.idle_timeout, said.output_limit or DEFAULT_OUTPUT_LIMIT
        return {
            "tty": bool(said.tty),
            "idle_timeout": None if idle == math.inf else idle,
            "output_limit": None if most == "none" else bytes_of(most),
        }

    def check(self) -> None:
        """Note what is wrong with the job as a whole; single words were checked before."""
        base, spec, path = self.base, self.spec, self.path
        if not base.strip():
            self.note(path, f"the name of a job is empty: {base!r}")
        if len(base) > MAX_NAME:
            self.note(path, f"a name of {len(base)} characters; the limit is {MAX_NAME}")
        if spec.run is None and not spec.needs and not self.note.touch(path):
            self.note(path, f"job {base!r} has neither 'run' nor 'needs'")
        if spec.run is not None and _is_empty(spec.run):
            self.note((*path, "run"), f"'run' of job {base!r} names no program")
        if spec.matrix is not None and not spec.matrix:
            self.note((*path, "matrix"), f"'matrix' of job {base!r} has no values")
        if spec.shell is not None and isinstance(spec.run, list):
            self.note(
                (*path, "shell"),
                f"job {base!r} has 'shell', but no shell sees its 'run', which is a list; "
                "write 'run' as a text, or leave 'shell' out",
            )
        if self.said.terminal:
            self._check_terminal()
        else:
            self._check_queue(self.common["queue"], self.common["tokens"])

    def _check_terminal(self) -> None:
        for word in _NOT_WITH_TERMINAL:
            if getattr(self.spec, word) is not None:
                self.note(
                    (*self.path, word),
                    f"job {self.base!r} has 'terminal' and {word!r}; who holds the terminal "
                    f"has no {word!r}: leave one of them out",
                )

    def _check_queue(self, queue: str, tokens: int) -> None:
        if queue == DEFAULT_QUEUE and queue not in self.queues:
            return
        if self.note.touch(("queues", queue)):
            return
        if queue == TERMINAL_QUEUE:
            self.note(
                (*self.path, "queue"),
                f"job {self.base!r} waits in queue {queue!r}, which is for jobs with "
                "'terminal = true'; say that instead",
            )
        elif queue not in self.queues:
            known = nearest(queue, [*self.queues, DEFAULT_QUEUE])
            self.note(
                (*self.path, "queue"),
                f"job {self.base!r} waits in queue {queue!r}, which is not in [queues]{known}",
            )
        elif tokens > self.queues[queue]:
            self.note(
                (*self.path, "tokens"),
                f"job {self.base!r} asks for {tokens} tokens of queue {queue!r}, "
                f"which has {self.queues[queue]}",
            )

    def job(self, row: matrix.Row) -> PlannedJob:
        """Return the job for a row of the matrix; without a matrix there is one, empty row."""
        spec = self.spec
        return PlannedJob(
            name=matrix.job_name(self.base, row) if row else self.base,
            argv=self._argv(row),
            needs=tuple(self._fill("needs", need, row) for need in spec.needs or ()),
            env={key: self._fill("env", str(value), row) for key, value in self.env.items()},
            cwd=self.folder / self._fill("cwd", self.said.cwd or ".", row),
            description=self._fill("description", spec.description or "", row),
            **self.common,
        )

    def _fill(self, key: str, text: str, row: matrix.Row, *, quoted: bool = False) -> str:
        def complain(what: str) -> None:
            self.note((*self.path, key), f"job {self.base!r} {what}")

        return matrix.fill(text, row, complain, quoted=quoted)

    def _argv(self, row: matrix.Row) -> tuple[str, ...]:
        run = self.spec.run
        if run is None:
            return ()
        if isinstance(run, str):
            return self._words(self._fill("run", run, row, quoted=True))
        return tuple(self._fill("run", argument, row) for argument in run)

    def _words(self, text: str) -> tuple[str, ...]:
        try:
            return tuple(argv_of(text, self.said.shell or "sh"))
        except ValueError:
            # It holds a NUL character, which was told when the texts were looked at.
            return ()


def _merged(own: Settings, defaults: Settings) -> Settings:
    """Return own words, those of `[defaults]` where there are none; both of a table."""
    if defaults == _NOTHING:
        return own
    said: dict[str, Any] = {}
    for name in Settings.__struct_fields__:
        mine, common = getattr(own, name), getattr(defaults, name)
        if isinstance(mine, dict) and isinstance(common, dict):
            said[name] = common | mine
        else:
            said[name] = common if mine is None else mine
    return Settings(**said)


def _limits(*tables: Limits | None) -> dict[str, int]:
    """Return the limits in bytes and numbers, those of later tables before those of earlier."""
    found: dict[str, int] = {}
    for table in filter(None, tables):
        said = ((name, getattr(table, name)) for name in Limits.__struct_fields__)
        found |= {name: bytes_of(value) for name, value in said if value is not None}
    return found


def _is_empty(run: str | list[str]) -> bool:
    return not run.strip() if isinstance(run, str) else not run or not run[0]


def _first(*values: float | None) -> float:
    return next(value for value in values if value is not None)
