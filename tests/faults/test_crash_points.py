"""A01, A02, A17, A19: `kill -9` anywhere loses nothing that was recorded, and repeats nothing.

A run is killed, gone on with, killed again, and so on, some times; then it is let go on
to its end. The judge believes the witness of the jobs, and what a store holds after each death.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from stores import scratch

from .arena import AT_ONCE, SEED, count, dice
from .crash import Story
from .crashcommand import CALLS, Command, Ended, cleared, gone, said, traced, warden_of

KILLS = count("TREADLE_CRASHES", 1000)
KILLS_OF_ONE = 3
SPREAD = 0.15  # seconds; a session takes about as long
pytestmark = [
    pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc"),
    pytest.mark.timeout(120 + KILLS),
]


class Point(NamedTuple):
    """The nth call of a kind that the scheduler makes: instead of it, it is killed."""

    call: str
    number: int

    def session(self, folder: Path, *arguments: str) -> Ended:
        inject = f"inject={self.call}:signal=SIGKILL:when={self.number}"
        trace = ("-e", f"trace={self.call}", "-e", inject)
        return said(folder, *arguments, before=traced("/dev/null", *trace))


class Moment(NamedTuple):
    """Seconds after a session began, and who is killed then."""

    seconds: float
    whom: str

    def session(self, folder: Path, *arguments: str) -> Ended:
        command = Command(folder, *arguments)
        _await_session(folder, command)
        time.sleep(self.seconds)  # the moment is what is tried
        scheduler = command.process.pid
        warden = warden_of(scheduler)
        victims = {"scheduler": [scheduler], "warden": [warden], "both": [warden, scheduler],
                   "both, it first": [scheduler, warden]}[self.whom]  # fmt: skip
        for pid in filter(None, victims):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return command.end()


def _await_session(folder: Path, command: Command) -> None:
    lock = folder / ".treadle" / "lock"
    while command.process.poll() is None:
        with suppress(OSError):
            if b'"run": "2' in lock.read_bytes():
                return
        time.sleep(0.002)


class Trials:
    """Stories until there were enough kills, some stories at a time."""

    def __init__(self, top: Path, kills: Iterator[Point | Moment], random: Random) -> None:
        self._top = top
        self._kills = kills
        self._random = random
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []

    def play(self, kills: int, at_once: int = AT_ONCE) -> None:
        def worker() -> None:
            while self._killed < kills and not self.problems:
                self._story()

        with ThreadPoolExecutor(at_once) as pool:
            for future in [pool.submit(worker) for _ in range(at_once)]:
                future.result()

    @property
    def _killed(self) -> int:
        return self.counts["kills"]

    def _story(self) -> None:
        folder = Path(tempfile.mkdtemp(dir=self._top / "stories"))
        story = Story(folder, self._top / "copies")
        with self._lock:
            kills = [kill for kill, _ in zip(self._kills, range(KILLS_OF_ONE), strict=False)]
            waits = [self._random.random() < 0.3 for _ in kills]
        for kill, wait in zip(kills, waits, strict=True):
            if not self._session(story, kill) or (wait and not gone(folder)):
                break
        self._finish(story)
        with self._lock:
            self.counts["stories"] += 1
            self.problems += [f"{kills}: {problem}" for problem in story.problems]
        cleared(folder)
        shutil.rmtree(folder)

    def _session(self, story: Story, kill: Point | Moment) -> bool:
        """Play one session that is killed; tell whether the story goes on."""
        ended = kill.session(story.folder, *_words(story))
        story.see(ended.out)
        with self._lock:
            self.counts["kills"] += ended.was_killed or "warden" in kill
            self.counts["sessions"] += 1
            self.counts["points"] += ended.was_killed and isinstance(kill, Point)
        if not ended.was_killed and ended.code:
            story.problems.append(f"exit {ended.code}: {ended.err[-2000:]}")
        return not story.problems

    def _finish(self, story: Story) -> None:
        if story.problems:
            return
        ended = said(story.folder, *_words(story))
        story.see(ended.out)
        if ended.code:
            story.problems.append(f"the last session: exit {ended.code}: {ended.err[-2000:]}")
            return
        story.see_end()
        if not gone(story.folder):
            story.problems.append("processes are left")


def _words(story: Story) -> tuple[str, ...]:
    return ("resume" if story.run else "run", "--json", "-j4")


def _points(folder: Path) -> list[Point]:
    """All calls that a session makes: they are counted, without any harm."""
    story = Story(folder / "stories", folder / "copies")
    trace = folder / "trace"
    assert said(story.folder, "run", "-q").code == 0  # modules are compiled now
    shutil.rmtree(story.folder / ".treadle")
    done = said(story.folder, "run", "-q", "-j4", before=traced(trace, "-e", f"trace={_ALL}"))
    assert done.code == 0, done
    made = Counter(line.partition("(")[0] for line in trace.read_text().splitlines())
    return [Point(call, number) for call in CALLS for number in range(1, made[call] + 1)]


_ALL = ",".join(CALLS)


def _any(points: list[Point], random: Random) -> Iterator[Point | Moment]:
    """Kills of every kind, for ever, early ones most often: a session that goes on is short."""
    whom = ("scheduler", "scheduler", "warden", "both", "both, it first")
    while True:
        if random.random() < 0.5:
            call, number = random.choice(points)
            yield Point(call, random.randint(1, 1 + number // 4))
        else:
            yield Moment(SPREAD * random.random() ** 3, random.choice(whom))


def _mixed(points: list[Point], random: Random) -> Iterator[Point | Moment]:
    """Each point once as the first of a story; all else is random."""
    rest = _any(points, random)
    for point in random.sample(points, len(points)):
        yield point
        for _ in range(KILLS_OF_ONE - 1):
            yield next(rest)
    yield from rest


def _tried(kills: int, name: str) -> Trials:
    random = dice(name)
    with scratch() as top:
        for part in ("stories", "copies"):
            (top / part).mkdir()
        points = _points(top)
        trials = Trials(top, _mixed(points, random), random)
        trials.play(kills)
    print(f"{dict(trials.counts)}, {len(points)} points")  # noqa: T201 -- the numbers of the page
    listed = "\n".join(trials.problems[:20])
    assert not trials.problems, f"TREADLE_SEED={SEED}: {dict(trials.counts)}:\n{listed}"
    return trials


needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace")


@needs_strace
@pytest.mark.proof
def test_A01_killed_anywhere_no_recorded_end_is_lost_and_no_recorded_job_runs_again() -> None:
    trials = _tried(KILLS, "crash points")

    assert trials.counts["kills"] >= KILLS
    assert trials.counts["points"] >= KILLS // 4


@pytest.mark.proof
@needs_strace
def test_A01_a_run_that_is_killed_twice_goes_on_where_it_was() -> None:
    with scratch() as top:
        for part in ("stories", "copies"):
            (top / part).mkdir()
        kills: list[Point | Moment] = [Point("fdatasync", 10), Moment(0.01, "both")]
        trials = Trials(top, iter(kills), dice("twice"))
        trials.play(1, at_once=1)

    assert not trials.problems
    assert trials.counts["points"] == 1
