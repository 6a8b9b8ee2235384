"""Nothing is left of the nastiest jobs, whatever ends them: every program, every action."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import partial
from pathlib import Path

import pytest

from .arena import PATH, SEED, count, dice, in_namespace, refusal, side_by_side
from .zoo.catalogue import FOLDER, Program, programs
from .zoo.trial import (
    ACTIONS,
    BEGUN,
    CTRL_C,
    KILL_BOTH,
    KILL_GUARD,
    KILL_SCHEDULER,
    KILL_WARDEN,
    READY,
    STOPS,
    Trial,
    Verdict,
)

REFUSAL = refusal()
TRIALS = count("TREADLE_TRIALS", 100)
pytestmark = [pytest.mark.proof, pytest.mark.skipif(bool(REFUSAL), reason=REFUSAL)]

Judge = Callable[[Iterable[Trial]], None]


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> list[Program]:
    return programs(tmp_path_factory.mktemp("binaries"))


def _play(folder: Path, trial: Trial) -> Verdict:
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as empty:
        said = {"trial": trial._asdict(), "folder": empty, "path": PATH}
        return Verdict.of(in_namespace("zoo.judge", said))


def _told(trial: Trial, verdict: Verdict) -> str:
    when = f"{trial.offset:.3f} s after it was {trial.moment}"
    problems = "".join(f"\n    {problem}" for problem in verdict.problems)
    return f"\n{trial.program}: {trial.action}, {when}:{problems}\n    it said: {verdict.output!r}"


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    def call(trials: Iterable[Trial]) -> None:
        trials = list(trials)
        verdicts = side_by_side(partial(_play, tmp_path), trials)
        bad = [_told(*pair) for pair in zip(trials, verdicts, strict=True) if pair[1].problems]
        listed = "".join(bad[:20])
        assert not bad, f"TREADLE_SEED={SEED}: {len(bad)} of {len(trials)} trials:{listed}"

    return call


def _each(zoo: list[Program], actions: Collection[str], fault: str = "B") -> list[Trial]:
    chosen = [program for program in zoo if program.fault.startswith(fault)]
    if not chosen:
        pytest.skip(f"no program of {fault}: there is no C compiler")
    random = dice(f"{fault} {actions}")

    def trial(program: Program, action: str) -> Trial:
        offset, gap = random.uniform(0, 0.05), random.uniform(0.1, 0.3)
        return Trial(*program, action, READY, offset, gap, random.random() < 0.5)

    return [trial(program, action) for program in chosen for action in actions]


# -- the job ends, or treadle stops it ---------------------------------------------------


def test_B01_grandchildren_go_when_their_job_goes(zoo: list[Program], judge: Judge) -> None:
    judge(_each(zoo, STOPS, "B01"))


def test_B02_daemons_go_when_their_job_goes(zoo: list[Program], judge: Judge) -> None:
    judge(_each(zoo, STOPS, "B02"))


def test_B03_a_tree_that_ignores_every_polite_signal_is_killed(
    zoo: list[Program], judge: Judge
) -> None:
    judge(_each(zoo, STOPS, "B03"))


def test_B04_a_tree_that_is_stopped_or_traced_is_killed(zoo: list[Program], judge: Judge) -> None:
    judge(_each(zoo, STOPS, "B04"))


def test_B05_a_fork_storm_is_over_in_two_seconds(zoo: list[Program], judge: Judge) -> None:
    judge(_each(zoo, STOPS, "B05"))


def test_B06_who_holds_the_output_holds_up_nothing(zoo: list[Program], judge: Judge) -> None:
    judge(_each(zoo, STOPS, "B06"))


def test_B12_whoever_a_process_becomes_it_goes_with_its_job(
    zoo: list[Program], judge: Judge
) -> None:
    judge(_each(zoo, STOPS, "B12"))


def test_B13_a_job_that_never_waits_leaves_no_zombie(zoo: list[Program], judge: Judge) -> None:
    judge(_each(zoo, STOPS, "B13"))


def test_B14_a_job_has_ended_when_its_last_thread_has(zoo: list[Program], judge: Judge) -> None:
    judge(_each(zoo, STOPS, "B14"))


# -- treadle itself is killed ------------------------------------------------------------


def test_B_zoo_nothing_is_left_when_the_scheduler_is_killed(
    zoo: list[Program], judge: Judge
) -> None:
    judge(_each(zoo, [KILL_SCHEDULER]))


def test_A19_a_killed_warden_takes_its_jobs_along_and_they_run_again(
    zoo: list[Program], judge: Judge
) -> None:
    judge(_each(zoo, [KILL_WARDEN]))


def test_B_zoo_nothing_is_left_when_the_guard_was_killed(zoo: list[Program], judge: Judge) -> None:
    judge(_each(zoo, [KILL_GUARD]))


def test_B_zoo_nothing_is_left_when_scheduler_and_warden_are_killed_together(
    zoo: list[Program], judge: Judge
) -> None:
    judge(_each(zoo, [KILL_BOTH]))


# -- at any moment -----------------------------------------------------------------------


@pytest.mark.timeout(120 + TRIALS)
def test_B_zoo_nothing_is_left_whatever_happens_to_which_job_and_when(
    zoo: list[Program], judge: Judge
) -> None:
    """`TREADLE_TRIALS` says how many trials."""
    random = dice("any")

    def trial() -> Trial:
        moment = random.choice([READY, BEGUN])
        offset = random.uniform(0, 0.05 if moment == READY else 0.3)
        action, gap = random.choice(ACTIONS), random.uniform(0.1, 1.0)
        program, warden_first = random.choice(zoo), random.random() < 0.5
        return Trial(*program, action, moment, offset, gap, warden_first)

    judge(trial() for _ in range(TRIALS))


# -- the judge on trial ------------------------------------------------------------------


def test_the_judge_sees_what_is_left_of_every_program(zoo: list[Program], tmp_path: Path) -> None:
    trials = [trial._replace(careless=True) for trial in _each(zoo, [KILL_SCHEDULER])]
    verdicts = side_by_side(partial(_play, tmp_path), trials)

    for trial, verdict in zip(trials, verdicts, strict=True):
        # The leader, and as many more as the program says, or there would be one more problem.
        assert len(verdict.problems) == 1, _told(trial, verdict)
        assert verdict.survivors, _told(trial, verdict)


def test_the_judge_sees_tracebacks_wrong_codes_and_helpers_that_are_not_there(
    zoo: list[Program], tmp_path: Path
) -> None:
    first = Trial(*zoo[0], CTRL_C, careless=True)
    trials = [first, first._replace(action=KILL_WARDEN)]
    interrupted, killed = side_by_side(partial(_play, tmp_path), trials)

    assert "treadle showed a traceback" in interrupted.problems
    assert "no process is named treadle-warden" in killed.problems
    assert interrupted.survivors
    assert killed.survivors


def test_every_program_of_the_zoo_says_its_trick(zoo: list[Program]) -> None:
    scripts = [path for path in FOLDER.glob("b*") if path.suffix in (".py", ".sh", ".c")]
    said = {path.stem: path.read_text().splitlines()[0] for path in scripts}

    assert len(said) >= 24
    for name, line in said.items():
        assert line.strip('"/*# ').startswith(f"{name[:3].upper()}: "), name
    assert not [name for name, times in Counter(said.values()).items() if times > 1]
