"""What `explain` says of the next run is what that run then does."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from treadle import runner
from treadle.report.prospects import Forecast
from treadle.runner.incremental.forecast import Outlook
from treadle.store import Store
from treadle.workflow import Plan, load_plan

_JOBS = 8
_EDITS = 4


def written(rng: random.Random) -> str:
    """Return a file: some jobs copy what others made, some only come behind, some lose content."""
    lines = []
    for number in range(_JOBS):
        needs = sorted(rng.sample(range(number), min(number, rng.randrange(3))))
        kind = rng.choice(("copy", "copy", "first", "plain"))
        reads = [f"{need}.out" for need in needs] + [f"{number}.in"]
        # The first line alone: an edit of another one changes nothing behind it.
        program = "head -qn1" if kind == "first" else "cat"
        lines += [f"[job.j{number}]", f"needs = {[f'j{need}' for need in needs]}"]
        if kind == "plain":
            lines += ["run = 'true'"]
        else:
            lines += [
                f"inputs = {reads if kind == 'first' else [f'{number}.in']}",
                f"outputs = ['{number}.out']",
                f"run = '{program} {number}.in > {number}.out'",
            ]
    return "\n".join(lines)


def forecasts(plan: Plan, store: Store) -> dict[str, Forecast]:
    with store.read() as reader:
        return Outlook(
            plan, plan.jobs, reader.products(), reader.files(), os.environ
        ).forecasts  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_forecast_is_never_wrong(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    (tmp_path / "treadle.toml").write_text(written(rng))
    for number in range(_JOBS):
        (tmp_path / f"{number}.in").write_text("first\n")
        # For those that read what a job without outputs does not make.
        (tmp_path / f"{number}.out").write_text("")
    plan, store = load_plan(tmp_path / "treadle.toml"), Store(tmp_path / ".treadle" / "state.db")
    for edit in range(_EDITS):
        said = forecasts(plan, store)
        result = runner.run(plan, tokens=4, store=store)
        assert result.success
        for name, forecast in said.items():
            if forecast.prospect == "unchanged":
                assert name in result.unchanged, (edit, name)
            elif forecast.prospect in ("runs", "always"):
                assert name not in result.unchanged, (edit, name, forecast)
        with open(tmp_path / f"{rng.randrange(_JOBS)}.in", "a") as file:
            file.write("more\n")
        if rng.random() < 0.5:
            (tmp_path / f"{rng.randrange(_JOBS)}.out").write_text("edited\n")
        made = [path for job in plan.jobs.values() for path in job.outputs]
        if rng.random() < 0.3 and made:
            (tmp_path / rng.choice(made)).unlink(missing_ok=True)
