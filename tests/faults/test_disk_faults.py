"""A05, A06, A07, A09: whatever the disk says to which call of the store, nothing is lost.

The nth call fails, for every n, once and from there on, as SQLite is tested. A run ends with 0
or with 4 and a message that names a file, soon; and on a healthy disk it is gone on with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from stores import scratch

from .arena import AT_ONCE, count
from .crash import SMALL, Story
from .crashcommand import IMPATIENT, Command, Ended, cleared, gone, said, traced

pytestmark = [
    pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc"),
    pytest.mark.timeout(900),
]
needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace")
needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare"), reason="a file system needs root to be made"
)

NIGHTLY = count("TREADLE_CRASHES", 1000) >= 10_000
WRITES = ("pwrite64", "fdatasync", "fsync", "rename")
CALLS = (*WRITES, "ftruncate", "unlink")
# To SQLite the last one is another word for the first: outside of the nightly run it is sampled.
ERRORS = {"ENOSPC": (WRITES, 1), "EIO": (CALLS, 1), "EDQUOT": (WRITES, 1 if NIGHTLY else 7)}
HERE = Path(__file__).parent
RIGHT = (0, 4)
WORDS = ("run", "--json", "-j2")


class Trial(NamedTuple):
    """A session in whose way something is.

    Attributes:
        name: what that is.
        before: the command that makes it.
        env: variables that make it.
    """

    name: str
    before: Sequence[str] = ()
    env: tuple[tuple[str, str], ...] = ()


class Disk:
    """Plays trials, some at a time, and counts how they ended."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.problems: list[str] = []
        self.codes: Counter[tuple[str, int]] = Counter()
        for part in ("stories", "copies"):
            (top / part).mkdir()

    def story(self) -> Story:
        folder = Path(tempfile.mkdtemp(dir=self.top / "stories"))
        return Story(folder, self.top / "copies", SMALL)

    def play(self, trials: Iterable[Trial]) -> None:
        with ThreadPoolExecutor(2 * AT_ONCE) as pool:
            for _ in pool.map(self._play, trials):
                pass
        listed = "\n".join(self.problems[:10])
        print(f"{sum(self.codes.values())} trials: {dict(self.codes)}")  # noqa: T201 -- for the page
        assert not self.problems, f"{len(self.problems)} problems:\n{listed}"

    def _play(self, trial: Trial) -> None:
        story = self.story()
        try:
            ended = said(
                story.folder, *WORDS, before=trial.before, treadle=IMPATIENT, **dict(trial.env)
            )
        except AssertionError as error:
            story.problems.append(str(error))
        else:
            self.judge(story, ended)
            self.codes[trial.name.split()[0], ended.code] += 1
        self.problems += [f"{trial.name}: {problem}" for problem in story.problems]
        cleared(story.folder)
        shutil.rmtree(story.folder)

    def judge(self, story: Story, ended: Ended) -> None:
        """Look at what a session has left, and go on with it on a healthy disk."""
        told = ended.out + ended.err
        if ended.code not in RIGHT or "Traceback" in told or "bug in treadle" in told:
            story.problems.append(f"exit {ended.code}: {ended.err[-300:]}")
        elif ended.code == 4 and not any(f"/.treadle/{name}" in told for name in FILES):
            story.problems.append(f"the message names no file: {ended.err[-300:]}")
        # After it has said that nothing is recorded any more, ends are told all the same.
        story.see(ended.out if ended.code == 0 else "")
        if ended.code:
            self._go_on(story)
        story.see_end()
        if not gone(story.folder):
            story.problems.append("processes are left")

    def _go_on(self, story: Story) -> None:
        after = said(story.folder, "resume" if story.run else "run", "--json", "-j2")
        story.see(after.out)
        if after.code:
            story.problems.append(f"resume: exit {after.code}: {after.err[-300:]}")


FILES = ("state.db", "lock", "logs")


@pytest.fixture(scope="module")
def made() -> Iterator[Counter[str]]:
    """How often a session makes each call."""
    with scratch() as top:
        disk = Disk(top)
        story, trace = disk.story(), top / "trace"
        assert said(disk.story().folder, *WORDS).code == 0  # modules are compiled now
        looked = traced(trace, "-e", f"trace={','.join(CALLS)}")
        done = said(story.folder, *WORDS, before=looked)
        assert done.code == 0, done
        yield Counter(line.partition("(")[0] for line in trace.read_text().splitlines())


def _failing(made: Counter[str], error: str) -> Iterator[Trial]:
    calls, step = ERRORS[error]
    for call in calls:
        for number in range(1, made[call] + 1, step):
            for when in (f"{number}", f"{number}+"):
                how = ("-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}")
                yield Trial(f"{error} {call} {when}", traced("/dev/null", *how))


@needs_strace
@pytest.mark.proof
@pytest.mark.parametrize("error", ERRORS)
def test_A05_A06_any_call_of_the_store_may_fail_once_or_for_ever(
    made: Counter[str], error: str
) -> None:
    with scratch() as top:
        Disk(top).play(_failing(made, error))


# -- writes that are cut short -------------------------------------------------------------


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A library that makes writes of the store go as POSIX allows them to."""
    made = str(tmp_path_factory.mktemp("shim") / "crashshim.so")
    command = ["gcc", "-shared", "-fPIC", "-O1", "-o", made, str(HERE / "crashshim.c"), "-ldl"]
    if not shutil.which("gcc") or subprocess.run(command, check=False).returncode:
        pytest.skip("there is no C compiler")
    return made


def _cut_short(made: Counter[str], shim: str) -> Iterator[Trial]:
    for how in ("short", "torn", "intr"):
        for number in range(1, made["pwrite64"] + 1, 1 if NIGHTLY else 3):
            for when in (f"{number}", f"{number}+"):
                env = {"LD_PRELOAD": shim, "SHIM": f"{how} {when}"}
                yield Trial(f"{how} write {when}", (), tuple(env.items()))


@needs_strace
@pytest.mark.proof
def test_A07_A05_a_write_may_be_short_torn_or_interrupted(made: Counter[str], shim: str) -> None:
    with scratch() as top:
        disk = Disk(top)
        disk.play(_cut_short(made, shim))
        # What is short or interrupted is completed; only a disk that is full is told of.
        assert {how for how, code in disk.codes if code} <= {"torn"}
        assert disk.codes["torn", 4]


# -- limits, and file systems that are too small -------------------------------------------


@pytest.mark.proof
def test_A09_files_may_have_any_limit(made: Counter[str]) -> None:
    sizes = range(4096, 160_000, 2048 if NIGHTLY else 8192)
    with scratch() as top:
        limits = [Trial("limit", ("prlimit", f"--fsize={size}", "--")) for size in sizes]
        disk = Disk(top)
        disk.play(limits)
        assert disk.codes.keys() >= {("limit", 0), ("limit", 4)}


# The store alone is on the small disk; what it held is kept when that goes away.
_SMALL_DISK = """
set -e
mkdir .treadle
mount -t tmpfs -o size="$0"k,mode=700 small .treadle
mkdir .treadle/logs
mount -t tmpfs logs .treadle/logs
code=0
"$@" || code=$?
cp -a .treadle kept
umount .treadle/logs .treadle
rmdir .treadle
mv kept .treadle
exit $code
"""


@needs_mounts
@pytest.mark.proof
def test_A05_the_disk_of_the_store_may_have_any_size() -> None:
    sizes = range(4, 300, 4 if NIGHTLY else 16)
    with scratch() as top:
        disk = Disk(top)
        shell = ("unshare", "--mount", "sh", "-c", _SMALL_DISK)
        disk.play(Trial("disk", (*shell, str(size))) for size in sizes)
        assert disk.codes.keys() >= {("disk", 0), ("disk", 4)}


_FILLS = "head -c 1000000 /dev/zero > .treadle/filler; :"
_FULL_DISK = """
set -e
mount -t tmpfs -o size=300k,mode=700 small .treadle
mkdir .treadle/logs
mount -t tmpfs logs .treadle/logs
exec "$@"
"""


@pytest.mark.proof
@needs_mounts
def test_A05_a_run_on_a_full_disk_goes_on_when_there_is_room() -> None:
    with scratch() as folder:
        (folder / ".treadle").mkdir()
        then = 'run = "echo then >> done", needs = ["fills"]'
        text = f"[job]\nfills.run = {_FILLS!r}\nthen = {{ {then} }}\n"
        (folder / "treadle.toml").write_text(text)
        shell = ("unshare", "--mount", "sh", "-c", _FULL_DISK, "sh")
        command = Command(folder, "run", "--json", before=shell)
        command.await_text("nothing more is started until there is room")
        assert not (folder / "done").exists()
        os.unlink(f"/proc/{command.process.pid}/root{folder}/.treadle/filler")
        ended = command.end()

        assert ended.code == 0, ended
        assert (folder / "done").read_text() == "then\n"
        assert gone(folder)
