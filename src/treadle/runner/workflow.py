"""A workflow written in Python: functions and commands that need each other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from treadle.errors import WorkflowError
from treadle.runner.callwords import CallWords, CommandWords, as_in_a_file
from treadle.runner.declaring import Command, Functions, Need, Needs, Wish
from treadle.runner.worker import PREPARING
from treadle.workflow.declaration import Declaration
from treadle.workflow.fresh import plan_of
from treadle.workflow.model import Defaults
from treadle.workflow.origin import Mistakes, Origin
from treadle.workflow.source import label_of
from treadle.workflow.tables import CacheTable, StoreTable
from treadle.workflow.words import StructT, take

if TYPE_CHECKING:
    from treadle.runner.keeping import Place
    from treadle.runner.result import RunResult
    from treadle.workflow.plan import Plan

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class Workflow(Declaration):
    """Functions and commands that need each other.

    ::

        workflow = Workflow("etl", queues={"net": 2})

        @workflow.job(queue="net", retries=2)
        def fetch() -> bytes: ...

        @workflow.job(needs=[fetch])
        def parse(fetch: bytes) -> dict[str, int]: ...

        workflow.command("pack", ["tar", "cf", "out.tar", "data"], needs=[parse])
        result = workflow.run(tokens=4)

    Args:
        name: what it is called.
        queues: the tokens of each queue, by name.
        defaults: words that hold for all jobs that do not say otherwise.
        env: environment of all commands, and of functions in processes of their own.
        store: what is kept of runs: `keep_runs`. Where is said to `run`.
        cache: how outputs are kept, to be put back: `size`, `folder`; `{}` keeps them as the
            defaults say, None not at all.

    Raises:
        WorkflowError: a word of `defaults`, `store` or `cache` is unknown or has a wrong value.
    """

    def __init__(
        self,
        name: str = "",
        *,
        queues: Mapping[str, int | str] | None = None,
        defaults: Mapping[str, Any] | Defaults | None = None,
        env: Mapping[str, str | int | float] | None = None,
        store: Mapping[str, Any] | StoreTable | None = None,
        cache: Mapping[str, Any] | CacheTable | None = None,
    ) -> None:
        self._file = sys._getframe(1).f_code.co_filename  # noqa: SLF001 -- messages name the caller
        origin = Origin(label_of(Path(self._file)))
        if store is not None and not isinstance(store, Mapping | StoreTable):
            raise WorkflowError(
                f"{origin.label}: store is {store!r}; here it says what is kept, as in "
                "{'keep_runs': 30}; where that is, is said to run(store=…)"
            )
        super().__init__(
            name=name,
            queues=dict(queues or {}),
            defaults=_table(Defaults, defaults, "defaults", origin) or Defaults(),
            env=dict(env or {}),
            store=_table(StoreTable, store, "store", origin) or StoreTable(),
            cache=_table(CacheTable, cache, "cache", origin),
            origin=origin,
        )
        self._functions = Functions()

    # -- declaring -----------------------------------------------------------------------

    @overload
    def job(self, function: FunctionT, /) -> FunctionT: ...

    @overload
    def job(
        self,
        function: None = None,
        /,
        *,
        name: str | None = None,
        needs: Needs = (),
        process: bool = False,
        constants: Mapping[str, Any] | None = None,
        **words: Unpack[CallWords],
    ) -> Callable[[FunctionT], FunctionT]: ...

    def job(
        self,
        function: FunctionT | None = None,
        /,
        *,
        name: str | None = None,
        needs: Needs = (),
        process: bool = False,
        constants: Mapping[str, Any] | None = None,
        **words: Any,
    ) -> FunctionT | Callable[[FunctionT], FunctionT]:
        """Make a function a job; it stays what it is.

        A parameter that is named after a need takes what that returned. One named after
        the family of a matrix takes a dictionary of values by name. Other parameters need
        a default or an entry in `constants`.

        Args:
            function: what is called; a coroutine function runs on an event loop.
            name: of the job; by default that of the function.
            needs: names, functions or commands that must have succeeded before.
            process: call it in another process, which can be stopped and limited.
            constants: further arguments, by name.
            words: those of a job in a file, and exceptions in `retry_on`.

        Raises:
            WorkflowError: a word, a need or a parameter is wrong; names the place.
        """
        frame = sys._getframe(1)  # noqa: SLF001 -- messages name the line of the caller
        line, place = self._place(frame)

        def declare(function: FunctionT) -> FunctionT:
            said = name or getattr(function, "__name__", "") or type(function).__name__
            wish = Wish(said, place, needs, process, constants or {}, words)
            call, plain = self._functions.bind(function, wish)
            self.declare(said, plain, line)
            self.calls[said] = call
            self._functions.add(function, said)
            return function

        return declare if function is None else declare(function)

    def command(
        self,
        name: str,
        run: Sequence[str] | str,
        *,
        needs: Needs = (),
        **words: Unpack[CommandWords],
    ) -> Command:
        """Add a command.

        Args:
            name: of the job.
            run: the program and its arguments; a text is a command line.
            needs: names, functions or commands that must have succeeded before.
            words: those of a job in a file.

        Returns:
            What `needs` of other jobs may name.

        Raises:
            WorkflowError: a word or a need is wrong; names the place.
        """
        line, place = self._place(sys._getframe(1))  # noqa: SLF001 -- messages name the caller
        said: dict[str, Any] = {**as_in_a_file(words), "run": _listed(run)}
        if named := self._functions.needs(needs, f"{place}: job {name!r} needs"):
            said["needs"] = named
        self.declare(name, said, line)
        self._functions.types.give_nothing(name)
        return Command(name)

    def _place(self, frame: FrameType) -> tuple[int, str]:
        file, line = frame.f_code.co_filename, frame.f_lineno
        # Messages about single words name the file of the workflow: a line of another is of no use.
        return line if file == self._file else 0, f"{label_of(Path(file))}:{line}"

    # -- running -------------------------------------------------------------------------

    def plan(self) -> Plan:
        """Return all jobs, checked; relative paths start from the working directory.

        Raises:
            WorkflowError: with every mistake that is found.
        """
        return plan_of(self, Path.cwd())

    def run(
        self,
        *,
        targets: Sequence[Need] = (),
        store: Place = None,
        resume: str | bool | None = None,
        always: bool = False,
        **options: Any,
    ) -> RunResult:
        """Run the jobs, and return when nothing of them is left.

        What a function raises is told in the result and not raised. An interrupt
        (Ctrl-C, SIGTERM) ends the run early, which `signum` of the result says.

        Args:
            targets: the jobs to run, with all they need; all by default.
            store: where the run is kept: True for `.treadle/state.db` in the working
                directory, the path of a store, or a `treadle.Store`. With one, jobs that
                declare `inputs` or `outputs` run only when something has changed; what an
                unchanged function returned is taken from the store if it was kept, which
                is so for what JSON can hold exactly, up to 1 MiB of it.
            resume: go on with a run: its name, or True for the last one if that was cut
                short, and else begin a new one.
            always: every job runs, whatever is known of it.
            options: see `treadle.runner.run`: `tokens`, `keep_going`, `views` …

        Raises:
            WorkflowError: the workflow has mistakes, or a target or a run is unknown.
            StoreBusyError: another run writes the store; nothing was started.
            StoreError: the store cannot be used; nothing was started.
        """
        from treadle.runner import run  # noqa: PLC0415 -- it imports what imports this

        if hasattr(sys, PREPARING):
            raise WorkflowError(
                f"{self.origin.label}: the workflow is run while a worker process imports the "
                "file; write `if __name__ == '__main__':` before what runs it"
            )
        return run(
            self.plan(),
            targets=self._targets(targets),
            store=store,
            resume=resume,
            always=always,
            **options,
        )

    async def run_async(self, *, targets: Sequence[Need] = (), **options: Any) -> RunResult:
        """Run the jobs from a coroutine: functions in threads, coroutine functions on this loop.

        Cancelling the task that awaits this stops the run, and waits for it.

        Args:
            targets: the jobs to run, with all they need; all by default.
            options: see `run`, also for `store`, `resume` and `always`.

        Raises:
            WorkflowError: the workflow has mistakes, or a target or a run is unknown.
            StoreError: the store cannot be used; nothing was started.
        """
        from treadle.runner.eventloop import run_async  # noqa: PLC0415 -- loads asyncio

        return await run_async(self.plan(), targets=self._targets(targets), **options)

    def _targets(self, targets: Sequence[Need]) -> list[str]:
        return [
            self._functions.name_of(target, f"{self.origin.label}: target") for target in targets
        ]


def _table(
    kind: type[StructT], said: Mapping[str, Any] | StructT | None, name: str, origin: Origin
) -> StructT | None:
    if said is None or isinstance(said, kind):
        return said
    mistakes = Mistakes(origin)
    table = take(kind, said, f"[{name}]", (name,), mistakes)
    mistakes.stop()
    return table


def _listed(run: Sequence[str] | str) -> list[str] | str:
    return run if isinstance(run, str) else [str(word) for word in run]
