"""A03, A04, A13: with damaged state every command tells the truth, or says that it cannot."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from stores import scratch

from .arena import AT_ONCE, SEED, count, dice
from .crash import SMALL, Story
from .crashcommand import Command, Ended, cleared, said

TRIALS = count("TREADLE_DAMAGES", 100)
PAGE = 4096
RIGHT = {0, 2, 4}
QUESTIONS = (("status",), ("history",), ("history", "takes"), ("explain", "takes"))
pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="processes are found in /proc"),
    pytest.mark.timeout(120 + 2 * TRIALS),
]


@pytest.fixture(scope="module", params=["ended", "killed"])
def whole(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder with a run that ended, or with one that was killed and has a log of the store."""
    with scratch() as top:
        folder = top / "whole"
        folder.mkdir()
        (top / "copies").mkdir()
        Story(folder, top / "copies", SMALL)
        text = (folder / "treadle.toml").read_text()
        (folder / "treadle.toml").write_text(f"[cache]\n{text}")
        if request.param == "killed":
            with (folder / "treadle.toml").open("a") as file:
                file.write("waits = { run = ': > begun; read go < go', needs = ['end'] }\n")
            os.mkfifo(folder / "go")
            command = Command(folder, "run", "-q")
            while not (folder / "begun").exists():
                assert command.process.poll() is None
            command.process.kill()
            command.end()
            (folder / "go").unlink()
            (folder / "go").write_text("go\n")
        else:
            assert said(folder, "run", "-q").code == 0
        cleared(folder)
        yield folder


def _damaged(path: Path, random: Random) -> str:
    """Damage one file of the state; say how."""
    data = bytearray(path.read_bytes())
    how = random.choice(("flip", "flip", "flips", "page", "cut", "empty", "zeros"))
    if not data or how == "empty":
        del data[:]
    elif how == "page":
        del data[random.randrange(0, len(data) + 1, PAGE) :]
    elif how == "cut":
        del data[random.randrange(len(data)) :]
    elif how == "zeros":
        at = random.randrange(0, len(data), PAGE)
        data[at : at + PAGE] = bytes(len(data[at : at + PAGE]))
    else:
        for _ in range(1 if how == "flip" else 20):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    path.chmod(0o600)
    path.write_bytes(data)
    return f"{how} of {path.name}"


def _trial(whole: Path, number: int) -> tuple[str, list[str]]:
    random = dice(f"damage {whole} {number}")
    folder = whole.with_name(f"{number}")
    shutil.copytree(whole, folder)
    files = sorted(
        path for path in (folder / ".treadle").rglob("*")
        if path.is_file() and path.parent.name != "logs" and "logs" not in path.parts
    )  # fmt: skip
    stores = [path for path in files if path.name.startswith("state.db")]
    how = _damaged(random.choice(stores if random.random() < 0.7 else files), random)
    problems = []
    before = (folder / "witness").read_text()
    for question in random.sample(QUESTIONS, 2):
        problems += _judged(said(folder, *question), question)
    word = random.choice(("run", "resume"))
    done = said(folder, word, "-q")
    problems += _judged(done, (word,))
    for _ in range(2):
        # Who reads moves nothing; the first who would write moves it aside, the next one works.
        if done.code:
            done = said(folder, "run", "-q")
    if done.code and "move it away" not in done.err:  # it could be anybody's file by now
        problems += [f"no run works after {word}: {done}"]
    number_of = (folder / "witness").read_text().split()[-1]
    if done.code == 0 and (folder / "taken").read_text() not in {"of 1\n", f"of {number_of}\n"}:
        problems.append("an output is wrong")
    if not (folder / "witness").read_text().startswith(before):
        problems.append("the witness is not what it was")
    shutil.rmtree(folder)
    return how.split()[0], [f"{how}: {problem}" for problem in problems]


def _judged(ended: Ended, words: tuple[str, ...]) -> list[str]:
    told = ended.out + ended.err
    if ended.code not in RIGHT or "Traceback" in told or "bug in treadle" in told:
        return [f"{' '.join(words)}: {ended}"]
    return []


def test_A03_A04_with_damaged_state_no_command_lies_or_breaks(whole: Path) -> None:
    def play(number: int) -> tuple[str, list[str]]:
        return _trial(whole, number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(play, range(TRIALS // 2)))
    print(dict(Counter(how for how, _ in results)))  # noqa: T201 -- for the page
    problems = [problem for _, some in results for problem in some]
    listed = "\n".join(problems[:10])
    assert not problems, f"TREADLE_SEED={SEED}: {len(problems)} problems:\n{listed}"
