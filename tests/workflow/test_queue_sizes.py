"""How many jobs run at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from treadle.workflow import load_plan, queues

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.workflow import Plan


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "treadle.toml").write_text(
        "[queues]\ndisk = 3\n[job.a]\nrun = 'x'\ntokens = 5\nmatrix.i = [1, 2]\n"
        "[job.b]\nrun = 'x'\nqueue = 'disk'\n"
    )
    return load_plan(tmp_path / "treadle.toml")


def test_the_default_queue_has_the_processors_unless_somebody_says_otherwise(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queues, "usable_cpus", lambda: 6)
    chosen = list(plan.jobs)
    assert queues.queue_sizes(plan, chosen, None) == {"default": 6, "disk": 3}
    assert queues.queue_sizes(plan, chosen, 2) == {"default": 2, "disk": 3}
    plan.queues["default"] = 4
    assert queues.queue_sizes(plan, chosen, None) == {"default": 4, "disk": 3}
    assert queues.queue_sizes(plan, chosen, 9) == {"default": 9, "disk": 3}


def test_no_limit_is_enough_for_all_selected_jobs(plan: Plan) -> None:
    assert queues.queue_sizes(plan, ["a[1]", "a[2]", "b"], 0)["default"] == 10
    assert queues.queue_sizes(plan, ["b"], 0)["default"] == 1


def test_the_terminal_is_one_token_if_a_selected_job_needs_it(tmp_path: Path) -> None:
    (tmp_path / "treadle.toml").write_text(
        "[job.a]\nrun = 'x'\nterminal = true\n[job.b]\nrun = 'x'\n"
    )
    plan = load_plan(tmp_path / "treadle.toml")
    assert queues.queue_sizes(plan, ["a", "b"], 0) == {"default": 1, "terminal": 1}
    assert queues.queue_sizes(plan, ["b"], 2) == {"default": 2}


@pytest.mark.parametrize(
    ("limit", "cpus"), [("max 100000", 8), ("150000 100000", 2), ("1000 100000", 1), ("junk", 8)]
)
def test_the_quota_of_the_control_group_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, cpus: int
) -> None:
    (tmp_path / "cpu.max").write_text(limit)
    monkeypatch.setattr(queues, "_CGROUP_LIMIT", tmp_path / "cpu.max")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(8), raising=False)
    assert queues.usable_cpus() == cpus
