"""Ctrl-C on a real terminal, at any moment, once or many times."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from .arena import PATH, SEED, count, dice, in_namespace, refusal, side_by_side
from .zoo.trial import Press, Pressed

REFUSAL = refusal()
TRIALS = count("TREADLE_TRIALS", 500)
pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(bool(REFUSAL), reason=REFUSAL),
    pytest.mark.timeout(120 + TRIALS),
]

SPREAD = 0.6  # seconds over which the presses are spread
FOR_EVER = 1000
WHILE = 0.4  # seconds; a run of jobs that end takes a little longer

POLITE = ("SIGINT from a process\n", "SIGTERM from a process\n")

WORKFLOW = """
[defaults]
grace = {grace}
[job]
quick.run = ["true"]
second = {{ run = ["true"], needs = ["quick"] }}
third = {{ run = ["true"], needs = ["second"] }}
short.run = ["sleep", "0.05"]
later = {{ run = ["sleep", "0.1"], needs = ["short"] }}
noisy.run = "seq 2000"
left.run = "setsid sleep 1000 &"
long.run = ["sleep", "{long}"]
tree.run = "sleep 1000 & sleep {long}"
daemon.run = "setsid sleep 1000 & sleep {long}"
bare.run = "env -i setsid sleep 1000 & sleep {long}"
deaf.run = "trap '' TERM INT; sleep {long}; true"
"""


def _on_terminal(folder: Path, press: Press, workflow: str) -> Pressed:
    (folder / "treadle.toml").write_text(workflow)
    said = {"press": press._asdict(), "folder": str(folder), "path": PATH}
    return Pressed(**in_namespace("zoo.terminal", said))


def _judge(folder: Path, presses: Iterable[Press]) -> None:
    def play(press: Press) -> Pressed:
        long = WHILE if press.finishes else FOR_EVER
        workflow = WORKFLOW.format(grace=press.grace, long=long)
        with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as empty:
            return _on_terminal(Path(empty), press, workflow)

    presses = list(presses)
    verdicts = side_by_side(play, presses)
    bad = [_told(*pair) for pair in zip(presses, verdicts, strict=True) if pair[1].problems]
    assert not bad, f"TREADLE_SEED={SEED}: {len(bad)} of {len(presses)}:{''.join(bad[:20])}"


def _told(press: Press, verdict: Pressed) -> str:
    problems = "".join(f"\n    {problem}" for problem in verdict.problems)
    return f"\n{press}, {verdict.presses} pressed:{problems}\n    the screen: {verdict.text!r}"


def _moment(random: Random) -> float:
    """Anywhere, or where most is under way at once: the first jobs start, the last ones end."""
    spans = [(0, SPREAD), (0, SPREAD), (0, 0.03), (WHILE, WHILE + 0.1)]
    return random.uniform(*random.choice(spans))


def _finishes(random: Random) -> bool:
    return random.random() < 0.25


def test_C01_one_ctrl_c_at_any_moment_ends_all_within_the_grace(tmp_path: Path) -> None:
    random = dice("one")

    def press() -> Press:
        return Press((_moment(random),), 0.3, _finishes(random))

    _judge(tmp_path, (press() for _ in range(TRIALS * 4 // 10)))


def test_C02_a_second_ctrl_c_ends_all_within_a_second(tmp_path: Path) -> None:
    random = dice("two")

    def press() -> Press:
        first = _moment(random)
        return Press((first, first + random.uniform(0.1, 1.0)), 20.0, _finishes(random))

    _judge(tmp_path, (press() for _ in range(TRIALS * 3 // 10)))


def test_C03_a_ctrl_c_that_is_held_down_is_as_good_as_two(tmp_path: Path) -> None:
    random = dice("many")

    def press() -> Press:
        offsets = sorted(_moment(random) for _ in range(random.randint(3, 20)))
        return Press(tuple(offsets), 20.0, _finishes(random))

    _judge(tmp_path, (press() for _ in range(TRIALS * 3 // 10)))


def test_C05_ctrl_c_reaches_a_job_once_and_from_treadle_only(tmp_path: Path) -> None:
    witness = f"{sys.executable} -S -s -c 'import zoo.programs.witness' hang"
    workflow = f'[job.witness]\nrun = "{witness}"\ngrace = 0.3\n'
    verdict = _on_terminal(tmp_path, Press((0.05,), grace=0.3, ready=True), workflow)

    assert not verdict.problems, _told(Press((0.05,), 0.3), verdict)
    assert (tmp_path / "signals").read_text() in POLITE
