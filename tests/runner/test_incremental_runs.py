"""Jobs with declared files run when something changed, and only then."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from plans import Facts, job, plan
from treadle.report import JobEnded, JobStarted, JobsUnchanged, Remark
from treadle.runner import RunResult, run
from treadle.store import Store
from treadle.workflow import Plan, PlannedJob
from treadle.workflow.plan import CacheSettings


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder / ".treadle/state.db")


class Runs:
    """Runs a plan again and again; says what ran."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.facts = Facts()
        self.result: RunResult | None = None

    def __call__(self, of: Plan, **options: Any) -> list[str]:
        self.facts = Facts()
        self.result = run(of, views=[self.facts], store=self.store, **options)
        return [fact.name for fact in self.facts.of(JobStarted)]

    def why(self, name: str) -> list[str]:
        (start,) = [fact for fact in self.facts.of(JobStarted) if fact.name == name]
        return list(start.why)

    @property
    def unchanged(self) -> list[str]:
        return [name for fact in self.facts.of(JobsUnchanged) for name in fact.names]


@pytest.fixture
def runs(store: Store) -> Runs:
    return Runs(store)


def copies(name: str, source: str, target: str, **words: Any) -> PlannedJob:
    return job(name, f"cat {source} > {target}", inputs=(source,), outputs=(target,), **words)


@pytest.fixture
def chain(folder: Path) -> Plan:
    (folder / "a").write_text("one\n")
    return plan(copies("b", "a", "b"), copies("c", "b", "c", needs=("b",)))


def test_nothing_runs_when_nothing_changed(runs: Runs, chain: Plan) -> None:
    assert runs(chain) == ["b", "c"]
    assert runs.why("b") == ["no earlier run has done it"]
    assert runs(chain) == []
    assert runs.unchanged == ["b", "c"]
    assert runs.result is not None
    assert runs.result.success
    assert runs.result.unchanged == ("b", "c")


def test_a_changed_input_runs_what_depends_on_it(runs: Runs, chain: Plan, folder: Path) -> None:
    runs(chain)
    (folder / "a").write_text("two\n")
    assert runs(chain) == ["b", "c"]
    assert runs.why("b") == ["input a changed"]
    assert runs.why("c") == ["input b changed", "job b changed"]
    assert (folder / "c").read_text() == "two\n"


def test_a_job_that_makes_the_same_as_before_changes_nothing_behind_it(
    runs: Runs, folder: Path
) -> None:
    (folder / "a").write_text("one\n")
    jobs = plan(
        job("upper", "tr a-z A-Z < a > b", inputs=("a",), outputs=("b",)),
        copies("c", "b", "c", needs=("upper",)),
    )
    runs(jobs)
    (folder / "a").write_text("One\n")
    assert runs(jobs) == ["upper"]
    assert runs.unchanged == ["c"]


@pytest.mark.parametrize("harm", ["missing", "altered"])
def test_an_output_that_is_not_as_it_was_made_is_made_again(
    runs: Runs, chain: Plan, folder: Path, harm: str
) -> None:
    runs(chain)
    if harm == "missing":
        (folder / "b").unlink()
    else:
        (folder / "b").write_text("by hand\n")
    assert runs(chain) == ["b"]
    assert runs.why("b") == ["output b is gone" if harm == "missing" else "output b changed"]
    assert (folder / "b").read_text() == "one\n"


def test_a_changed_command_or_variable_runs_the_job(runs: Runs, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    runs(plan(copies("b", "a", "b", env={"MODE": "fast"})))
    assert runs(plan(copies("b", "a", "b", env={"MODE": "slow"}))) == ["b"]
    assert runs.why("b") == ["env MODE changed"]
    assert runs(plan(job("b", "cp a b", inputs=("a",), outputs=("b",)))) == ["b"]
    assert runs.why("b")[0] == "command changed"


def test_a_job_that_declares_no_files_always_runs(runs: Runs, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    jobs = plan(job("setup", "true"), copies("b", "a", "b", needs=("setup",)))
    runs(jobs)
    assert runs(jobs) == ["setup"]
    assert runs.unchanged == ["b"]


def test_a_job_that_failed_runs_again(runs: Runs, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    jobs = plan(job("b", "cat a > b; test -e fixed", inputs=("a",), outputs=("b",)))
    runs(jobs)
    assert runs(jobs) == ["b"]
    (folder / "fixed").touch()
    assert runs(jobs) == ["b"]
    assert runs(jobs) == []


def test_always_runs_every_job(runs: Runs, chain: Plan) -> None:
    runs(chain)
    assert runs(chain, always=True) == ["b", "c"]
    assert runs.why("c") == ["every job was asked for"]
    assert runs(chain) == []


def test_an_input_that_is_not_there_fails_the_job_before_it_starts(runs: Runs) -> None:
    runs(plan(copies("b", "a", "b", retry=())))
    (ended,) = runs.facts.of(JobEnded)
    assert (ended.outcome, ended.detail) == ("spawn_failed", "its input 'a' does not exist")


def test_an_output_that_was_not_made_fails_the_job(runs: Runs) -> None:
    runs(plan(job("b", "true", outputs=("b", "c*"))))
    (ended,) = runs.facts.of(JobEnded)
    assert (ended.good, ended.detail) == (False, "did not make its output 'b'")


def test_E08_what_a_stopped_job_half_wrote_is_removed_and_told(runs: Runs, folder: Path) -> None:
    runs(plan(job("b", "echo half > b; sleep 600", outputs=("b",), timeout=0.3, grace=0.0)))
    said = [fact.text for fact in runs.facts.of(Remark)]
    assert said == ["'b' was cut short: of its outputs, removed 'b'"]
    assert not (folder / "b").exists()


def test_an_output_folder_may_hold_what_another_job_makes(runs: Runs, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    jobs = plan(
        job("site", "mkdir -p out; cp a out/page", inputs=("a",), outputs=("out",)),
        job("index", "ls out/page > out/index", outputs=("out/index",), needs=("site",)),
    )
    assert runs(jobs) == ["site", "index"]
    assert runs(jobs) == []
    (folder / "out/index").write_text("by hand\n")
    assert runs(jobs) == ["index"]


def test_an_output_inside_an_input_folder_is_no_input(runs: Runs, folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "docs/page").write_text("one\n")
    build = "mkdir -p docs/_build; date +%N > docs/_build/stamp"
    jobs = plan(job("docs", build, inputs=("docs",), outputs=("docs/_build",)))
    assert runs(jobs) == ["docs"]
    assert runs(jobs) == []
    (folder / "docs/page").write_text("two\n")
    assert runs(jobs) == ["docs"]


def test_a_job_that_changes_its_inputs_in_place_is_soon_at_rest(runs: Runs, folder: Path) -> None:
    (folder / "src").mkdir()
    (folder / "src/a.py").write_text("x=1\n")
    jobs = plan(job("format", "sed -i s/=/-/ src/*.py", inputs=("src",), outputs=("src",)))
    runs(jobs)
    runs(jobs)
    assert runs(jobs) == []
    (folder / "src/a.py").write_text("x=2\n")
    assert runs(jobs) == ["format"]


def test_an_earlier_state_comes_back_from_the_cache(runs: Runs, chain: Plan, folder: Path) -> None:
    cached = plan(*chain.jobs.values(), cache=CacheSettings(size=1 << 20))
    runs(cached)
    (folder / "a").write_text("two\n")
    assert runs(cached) == ["b", "c"]
    (folder / "a").write_text("one\n")
    assert runs(cached) == []
    assert [fact.restored for fact in runs.facts.of(JobsUnchanged)] == [True, True]
    assert (folder / "c").read_text() == "one\n"
    assert runs(cached) == []


def test_a_same_second_edit_of_the_same_size_is_seen(runs: Runs, chain: Plan, folder: Path) -> None:
    for number in range(5):
        (folder / "a").write_text(f"{number}\n")
        times = os.stat(folder / "a")
        os.utime(folder / "a", ns=(times.st_atime_ns, 10**18))
        assert runs(chain) == ["b", "c"]
        assert (folder / "c").read_text() == f"{number}\n"
