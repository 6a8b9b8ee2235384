"""After any edit exactly those jobs run that have to: an oracle that keeps everything says which.

Never stale: all files are those of a build from scratch. Never more: what runs for nothing is
as wrong as what does not run. `TREADLE_EDITS` says how many edits there are in the proof.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest

import editworlds
from treadle import Workflow
from treadle.store import Store

EDITS = int(os.environ.get("TREADLE_EDITS") or 10_000)
SEED = os.environ.get("TREADLE_SEED") or str(SystemRandom().randrange(10**6))
STEPS = 50
SUPPORT = Path(editworlds.__file__).parent


@pytest.mark.slow
def test_after_some_edits_what_runs_is_what_the_oracle_says() -> None:
    for world in range(3):
        editworlds.play(f"fast {world}", 12)


@pytest.mark.slow
def test_some_edits_with_programs_among_the_jobs() -> None:
    editworlds.play("programs", 6, commands=True)


@pytest.mark.proof
@pytest.mark.timeout(120 + EDITS // 10)
def test_after_10_000_edits_what_runs_is_what_the_oracle_says() -> None:
    worlds, parts = EDITS // STEPS, (os.cpu_count() or 1)
    bounds = [worlds * part // parts for part in range(parts + 1)]

    def played(first: int, last: int) -> str:
        words = (SEED, str(first), str(last), str(STEPS))
        paths = os.pathsep.join((str(SUPPORT.parents[1] / "src"), str(SUPPORT)))
        program = subprocess.run(
            [sys.executable, str(SUPPORT / "editworlds.py"), *words],
            env={**os.environ, "PYTHONPATH": paths},
            capture_output=True,
            text=True,
            check=False,
        )
        return program.stderr[-6000:] if program.returncode else ""

    with ThreadPoolExecutor(parts) as pool:
        wrong = "".join(pool.map(played, bounds[:-1], bounds[1:]))
    assert not wrong, f"TREADLE_SEED={SEED}: {wrong}"


# -- what the oracle has found -------------------------------------------------------------


def constant(source: str) -> str:
    Path("out").write_text("the same")
    return Path(source).read_text()


def taking(constant: str) -> None:
    Path("taken").write_text(constant)


def in_bytes(source: str) -> bytes:
    Path("out").write_text("the same")
    return Path(source).read_bytes()


def taking_bytes(in_bytes: bytes) -> None:
    Path("taken").write_bytes(in_bytes)


@pytest.mark.parametrize(
    ("giver", "taker", "stays"), [(constant, taking, True), (in_bytes, taking_bytes, False)]
)
def test_a_value_that_changed_counts_though_the_outputs_of_its_job_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, giver: Any, taker: Any, stays: bool
) -> None:
    monkeypatch.chdir(tmp_path)

    def play(text: str) -> tuple[str, ...]:
        Path("in").write_text(text)
        workflow = Workflow()
        workflow.job(inputs=["in"], outputs=["out"], constants={"source": "in"})(giver)
        workflow.job(needs=[giver], outputs=["taken"])(taker)
        result = workflow.run(store=Store(tmp_path / ".treadle/state.db"))
        assert Path("taken").read_text() == text
        return result.good

    both = (giver.__name__, taker.__name__)
    assert play("1") == both
    assert play("2") == both
    # What JSON cannot keep has to be made again; what takes it need not.
    assert play("2") == (() if stays else (giver.__name__,))


def spread(source: str) -> None:
    folder = Path("folder")
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        if old.name != "theirs":
            old.unlink()
    for name in Path(source).read_text():
        (folder / name).touch()


def test_a_folder_that_is_put_back_has_the_files_of_that_state_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    def play(text: str) -> tuple[str, ...]:
        Path("in").write_text(text)
        workflow = Workflow(cache={})
        workflow.job(inputs=["in"], outputs=["folder/"], constants={"source": "in"})(spread)
        return workflow.run(store=Store(tmp_path / ".treadle/state.db")).good

    def there() -> str:
        return " ".join(sorted(path.name for path in Path("folder").iterdir()))

    assert (play("a"), there()) == (("spread",), "a")
    assert (play("abc"), there()) == (("spread",), "a b c")
    assert (play("a"), there()) == ((), "a")
    assert play("abc") == ()
    Path("folder/theirs").touch()
    # Somebody's file is not removed: the job runs, and has to see to it.
    assert (play("a"), there()) == (("spread",), "a theirs")
