"""Pid 1 of one trial of the zoo: starts treadle, does the deed, sees what is left.

It waits for events (the tree stands, treadle has ended, nothing runs any more), each with
a limit that is far above what is promised, and then compares what it took with the promise.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from .pid1 import Namespace, Process, listing, shows_traceback
from .setting import GRACE, LIMIT, command, environment, workflow
from .trial import (
    BEGUN,
    CTRL_C,
    CTRL_C_TWICE,
    ENDS,
    KILL_BOTH,
    KILL_GUARD,
    KILL_SCHEDULER,
    KILL_WARDEN,
    READY,
    TERM,
    TIMEOUT,
    Trial,
    Verdict,
)

WARDEN = "treadle-warden"
GUARD = "treadle-guard"

RETURNS_WITHIN = 1.0  # seconds, beyond the grace
EMPTY_WITHIN = 2.0  # seconds; the promise is for a storm of 200 forks a second
_PATIENCE = 4.0  # seconds beyond a promise, to tell late from never
_READY_WITHIN = 10.0
_SETTLES = 0.5  # seconds in which a new attempt may begin, where none has to


class Judge:
    """One trial.

    Args:
        trial: what to do.
        folder: an empty folder.
        path: where Python finds treadle and the zoo.
    """

    def __init__(self, trial: Trial, folder: str, path: str) -> None:
        self.trial = trial
        self.path = path
        self.space = Namespace()
        self.problems: list[str] = []
        self.ready: list[int] = []
        self.told = self.tree = 0
        self.at = time.monotonic()
        self.exit_after: float | None = None
        self.empty_after: float | None = None
        self.survivors: list[str] = []
        os.chdir(folder)
        self.scheduler = self._start()

    def play(self) -> Verdict:
        """Do what the trial says."""
        if self._arrive():
            _DEEDS[self.trial.action](self)
            self._await_empty()
        return self._verdict()

    # -- the beginning ---------------------------------------------------------------

    def _start(self) -> int:
        os.mkfifo("ready")
        # Open for both: no writer waits for a reader, and the reader sees no end.
        self.fifo = os.open("ready", os.O_RDWR | os.O_NONBLOCK)
        with open("treadle.toml", "w", encoding="utf-8") as file:
            file.write(workflow(self.trial))
        env = environment(self.path) | {"ZOO_READY": os.path.abspath("ready")}
        return self.space.start(command(self.trial), env, "output")

    def _arrive(self) -> bool:
        """Wait for the moment of the action."""
        came = {READY: self._is_ready, BEGUN: self._has_begun}[self.trial.moment]
        inputs = [self.fifo] if self.trial.moment == READY else []
        self._wait(lambda: came() or self._has_ended(), _READY_WITHIN, *inputs, every=0.002)
        waited = self.trial.action in (ENDS, TIMEOUT)
        if not waited and (self._has_ended() or not came()):
            self.problems.append(f"it never was {self.trial.moment}")
            return False
        if not waited:
            self._wait(self._has_ended, self.trial.offset)
        self.tree = len(self._jobs())
        if self.tree < self.told and not waited:
            self.problems.append(f"the tree had {self.tree} processes, not {self.told}")
        self.at = time.monotonic()
        return True

    def _has_begun(self) -> bool:
        if self.trial.action == KILL_SCHEDULER:
            return True
        if self.trial.action in (KILL_WARDEN, KILL_GUARD, KILL_BOTH):
            return bool(self.space.named(WARDEN))
        return bool(os.path.isdir(".treadle/logs"))

    def _is_ready(self) -> bool:
        """Whether a program has told that its tree stands; `ready` has the attempts."""
        try:
            text = os.read(self.fifo, 4096)
        except BlockingIOError:
            text = b""
        for line in text.splitlines():
            attempt, processes = line.split()
            self.ready.append(int(attempt))
            self.told = int(processes)
        return bool(self.ready)

    # -- the action --------------------------------------------------------------------

    def ends(self) -> None:
        self._returns(0, EMPTY_WITHIN)

    def timeout(self) -> None:
        self._returns(1, LIMIT + GRACE + RETURNS_WITHIN)

    def ctrl_c(self) -> None:
        self._signal(signal.SIGINT)
        self._returns(130, GRACE + RETURNS_WITHIN)

    def ctrl_c_twice(self) -> None:
        self._signal(signal.SIGINT)
        self._wait(self._has_ended, self.trial.gap)
        self.at = time.monotonic()
        self._signal(signal.SIGINT)
        self._returns(130, RETURNS_WITHIN)

    def term(self) -> None:
        self._signal(signal.SIGTERM)
        self._returns(143, GRACE + RETURNS_WITHIN)

    def kill_scheduler(self) -> None:
        self._signal(signal.SIGKILL)
        self._wait(self._has_ended, _PATIENCE)

    def kill_both(self) -> None:
        if warden := self._helper(WARDEN):
            both = [warden, self.scheduler] if self.trial.warden_first else [self.scheduler, warden]
            os.kill(both[0], signal.SIGKILL)
            self._wait(lambda: False, self.trial.gap / 50)
            with suppress(ProcessLookupError):
                os.kill(both[1], signal.SIGKILL)
        self._wait(self._has_ended, _PATIENCE)

    def kill_warden(self) -> None:
        """The attempt is lost and runs again; nothing of the first one may be left by then."""
        if warden := self._helper(WARDEN):
            first = {process.pid for process in self._jobs()}
            os.kill(warden, signal.SIGKILL)
            if not self._runs_again(_PATIENCE) and not self._has_ended():
                self.problems.append("the lost attempt did not run again")
            if self.ready[-1:] > [1]:
                both = [one for one in self._jobs() if one.pid in first]
                self._complain("of the first attempt when the second was ready", both)
        self.at = time.monotonic()
        self.ctrl_c()

    def kill_guard(self) -> None:
        """Whether the attempt goes on or runs again is not promised; that all goes is."""
        if guard := self._helper(GUARD):
            os.kill(guard, signal.SIGKILL)
            self._runs_again(_SETTLES)
        self.at = time.monotonic()
        self.ctrl_c()

    def _runs_again(self, seconds: float) -> bool:
        self.ready.clear()
        self._wait(lambda: self._is_ready() or self._has_ended(), seconds, self.fifo)
        return bool(self.ready)

    def _helper(self, name: str) -> int | None:
        pid = self.space.named(name)
        if pid is None:
            self.problems.append(f"no process is named {name}")
        return pid

    def _signal(self, signum: int) -> None:
        if not self._has_ended():
            os.kill(self.scheduler, signum)

    # -- what follows --------------------------------------------------------------------

    def _returns(self, code: int, limit: float) -> None:
        """Treadle ends in time, with this code, and no job is left when it does."""
        self._wait(self._has_ended, limit + _PATIENCE)
        self.exit_after = time.monotonic() - self.at
        left = self._jobs()
        if not self._has_ended():
            self.problems.append(f"treadle had not ended {self.exit_after:.1f} s later")
            self._complain("then", left)
            os.kill(self.scheduler, signal.SIGABRT)  # faulthandler shows where it was
            self._wait(self._has_ended, _PATIENCE)
            return
        if self.exit_after > limit:
            self.problems.append(f"treadle ended {self.exit_after:.2f} s later, not {limit:.2f}")
        if self.space.ended[self.scheduler] != code:
            self.problems.append(f"exit code {self.space.ended[self.scheduler]}, not {code}")
        self._complain("when treadle returned", left)

    def _await_empty(self) -> None:
        """Nothing is left, the helpers included; `at` is when that was due at the earliest."""
        # What is careless leaves all of it behind, and the judge knows that soon enough.
        limit = 0.1 if self.trial.careless else EMPTY_WITHIN
        self.survivors = self.space.survivors(limit)
        after = time.monotonic() - self.at
        if self.survivors:
            self.problems.append(f"survivors {after:.2f} s later:{listing(self.survivors)}")
        else:
            self.empty_after = after

    def _complain(self, when: str, left: list[Process]) -> None:
        if left:
            self.problems.append(f"still there {when}:{listing(map(str, left))}")

    def _wait(
        self, until: Callable[[], bool], seconds: float, *inputs: int, every: float = 0.05
    ) -> bool:
        return self.space.wait(until, seconds, *inputs, every=every)

    def _has_ended(self) -> bool:
        return self.scheduler in self.space.ended

    def _jobs(self) -> list[Process]:
        ours = (WARDEN, GUARD)
        found = self.space.running()
        return [one for one in found if one.pid != self.scheduler and one.name not in ours]

    def _verdict(self) -> Verdict:
        with open("output", encoding="utf-8", errors="replace") as file:
            output = file.read()
        if shows_traceback(output):
            self.problems.append("treadle showed a traceback")
        return Verdict(
            problems=self.problems,
            tree=self.tree,
            code=self.space.ended.get(self.scheduler),
            exit_after=self.exit_after,
            empty_after=self.empty_after,
            survivors=self.survivors,
            output=output,
        )


_DEEDS: dict[str, Callable[[Judge], None]] = {
    ENDS: Judge.ends,
    TIMEOUT: Judge.timeout,
    CTRL_C: Judge.ctrl_c,
    CTRL_C_TWICE: Judge.ctrl_c_twice,
    TERM: Judge.term,
    KILL_SCHEDULER: Judge.kill_scheduler,
    KILL_WARDEN: Judge.kill_warden,
    KILL_GUARD: Judge.kill_guard,
    KILL_BOTH: Judge.kill_both,
}


def main() -> None:
    """Read the trial, write the verdict."""
    said = json.loads(sys.argv[1])
    judge = Judge(Trial(**said["trial"]), said["folder"], said["path"])
    sys.stdout.write(json.dumps(judge.play()._asdict()))


if __name__ == "__main__":
    main()
