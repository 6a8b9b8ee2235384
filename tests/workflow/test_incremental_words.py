"""`version`, `partial_outputs`, `[store]`, `[cache]`: what decides what is kept and run again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from treadle import Workflow
from treadle.errors import WorkflowError
from treadle.workflow import Plan
from treadle.workflow.plan import CacheSettings

Load = Callable[..., Plan]
Mistakes = Callable[..., list[str]]

_JOB = "[job.a]\nrun = 'x'\noutputs = ['o']\n"


def test_a_job_has_a_version_which_may_hold_what_is_known(load: Load) -> None:
    plan = load(
        "[job.a]\nrun = 'x'\nversion = 3\n[job.b]\nrun = 'x'\nversion = 'v${{ matrix.n }}'\n"
        "matrix.n = [1]\n[job.c]\nrun = 'x'\n"
    )

    assert [job.version for job in plan.jobs.values()] == ["3", "v1", ""]


def test_partial_outputs_are_removed_unless_somebody_says_keep(load: Load) -> None:
    said = [
        load(f"{defaults}{_JOB}{own}").jobs["a"].partial_outputs
        for defaults in ("", "[defaults]\npartial_outputs = 'keep'\n")
        for own in ("", "partial_outputs = 'remove'\n", "partial_outputs = 'keep'\n")
    ]

    assert said == ["remove", "remove", "keep", "keep", "remove", "keep"]


def test_nothing_is_cached_and_thirty_runs_are_kept_unless_the_file_says_so(load: Load) -> None:
    plan = load(_JOB)

    assert (plan.keep_runs, plan.cache) == (30, None)


def test_an_empty_table_turns_the_cache_on(load: Load) -> None:
    assert load(f"[cache]\n{_JOB}").cache == CacheSettings(size=1 << 30, folder=None)


def test_the_folder_of_the_cache_is_relative_to_the_file(load: Load, tmp_path: Path) -> None:
    plan = load(f"[store]\nkeep_runs = 7\n[cache]\nsize = '2G'\nfolder = '../c'\n{_JOB}")

    assert plan.keep_runs == 7
    assert plan.cache == CacheSettings(size=2 << 30, folder=tmp_path / "../c")


def test_the_tables_of_an_included_file_do_not_count_as_that_of_run_does_not(load: Load) -> None:
    tables = "[store]\nkeep_runs = 7\n[cache]\n"

    plan = load(f"[include]\nlib = 'lib.toml'\n{_JOB}", lib=f"{tables}[job.b]\nrun = 'x'\n")

    assert (plan.keep_runs, plan.cache) == (30, None)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("[store]\nkeep_runs = 0\n", "2:1: 'keep_runs' of [store] is 0; it must be a whole number"),
        ("[store]\nkeep_runs = 10001\n", "2:1: 'keep_runs' of [store] is 10001; it must be"),
        ("[store]\nkeep = 1\n", "2:1: [store] has an unknown word 'keep'; did you mean 'keep_r"),
        ("store = 1\n", "1:1: [store] is 1; it must be a table"),
        ("[cache]\nsize = '1K'\n", "2:1: 'size' of [cache] is text ('1K'); it must be a number"),
        ("[cache]\nsize = 'none'\n", "2:1: 'size' of [cache] is text ('none'); it must be"),
        ("[cache]\nfolder = ''\n", "2:1: 'folder' of [cache] is text (''); it must be the path"),
        ("[cahce]\n", "1:1: unknown table 'cahce'; did you mean 'cache'?"),
        ("[job.a]\nrun = 'x'\nversion = ''\n", "3:1: 'version' of job 'a' is text (''); it must"),
        ("[job.a]\nrun = 'x'\nversion = true\n", "3:1: 'version' of job 'a' is true; it must be"),
        ("[job.a]\nrun = 'x'\nversoin = 1\n", "has an unknown word 'versoin'; did you mean 'ver"),
        (
            "[job.a]\nrun = 'x'\nversion = '${{ b.v }}'\n",
            "'version' of job 'a' uses a value of job 'b', which is known only when that has run",
        ),
        (
            "[job.a]\nrun = 'x'\noutputs = ['o']\npartial_outputs = 'leave'\n",
            "4:1: 'partial_outputs' of job 'a' is text ('leave'); it must be 'remove' or 'keep'",
        ),
        (
            "[job.a]\nrun = 'x'\npartial_outputs = 'keep'\n",
            "3:1: job 'a' has 'partial_outputs' without 'outputs'; say what it makes",
        ),
    ],
)
def test_what_does_not_fit_in_these_words_is_told(
    mistakes: Mistakes, text: str, mistake: str
) -> None:
    assert mistake in "\n".join(mistakes(text))


def test_a_workflow_in_python_says_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    workflow = Workflow(store={"keep_runs": 3}, cache={"size": 1 << 20, "folder": "c"})
    workflow.command("make", ["x"], outputs=["o"], partial_outputs="keep", version=2)

    @workflow.job(outputs=["p"], version="b", partial_outputs="keep")
    def draw() -> None: ...

    plan = workflow.plan()
    assert (plan.keep_runs, plan.cache) == (3, CacheSettings(size=1 << 20, folder=tmp_path / "c"))
    assert {(job.version, job.partial_outputs) for job in plan.jobs.values()} == {
        ("2", "keep"),
        ("b", "keep"),
    }
    assert Workflow(cache={}).plan().cache == CacheSettings()
    assert Workflow().plan().cache is None


def test_a_workflow_in_python_is_told_what_does_not_fit() -> None:
    with pytest.raises(WorkflowError, match=r"test_incremental_words.py.*'keep_runs' of \[store\]"):
        Workflow(store={"keep_runs": 0})
    with pytest.raises(WorkflowError, match=r"\[cache\] has an unknown word 'siez'; did you mean"):
        Workflow(cache={"siez": 1})
