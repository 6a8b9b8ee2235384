"""Inputs that are not what they were, times that lie, and a run that is killed at a bad moment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from plans import job, plan
from stores import scratch
from treadle.runner import RunResult, run
from treadle.store import Store
from treadle.store.records import End

ALL = "for f in in/* in; do [ -f $f ] && read line < $f && echo $line; done > out; :"


@pytest.fixture
def store(folder: Path) -> Store:
    return Store(folder / ".treadle/state.db")


def played(store: Store) -> RunResult:
    return run(plan(job("copy", ALL, inputs=("in",), outputs=("out",))), store=store)


def test_an_input_may_become_a_folder_a_link_and_a_file_again(folder: Path, store: Store) -> None:
    source, out = folder / "in", folder / "out"
    source.write_text("1\n")
    assert played(store).good == ("copy",)
    source.unlink()
    source.mkdir()
    (source / "a").write_text("1\n")
    assert played(store).good == ("copy",)
    assert out.read_text() == "1\n"
    (source / "a").rename(folder / "elsewhere")
    source.rmdir()
    source.symlink_to("elsewhere")
    assert played(store).good == ("copy",)
    assert played(store).good == ()
    (folder / "elsewhere").write_text("2\n")
    assert played(store).good == ("copy",)
    assert out.read_text() == "2\n"
    source.unlink()
    source.write_text("2\n")
    assert played(store).good == ()


def test_an_edit_in_a_past_that_the_clock_was_set_back_to_is_seen(
    folder: Path, store: Store
) -> None:
    source = folder / "in"
    source.write_text("1\n")
    assert played(store).good == ("copy",)
    for text, when in (("2\n", 1e9), ("3\n", 1e9), ("4\n", 4e9), ("5\n", 4e9)):
        source.write_text(text)
        os.utime(source, (when, when))
        assert played(store).good == ("copy",)
        assert (folder / "out").read_text() == text
        assert played(store).good == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_input_that_may_not_be_read_fails_its_job_and_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with scratch() as folder:
        monkeypatch.chdir(folder)
        (folder / "in").write_text("private\n")
        (folder / "in").chmod(0o600)
        os.chown(folder, 12345, -1)
        os.seteuid(12345)
        try:
            result = played(Store(folder / ".treadle/state.db"))
        finally:
            os.seteuid(0)
            monkeypatch.undo()

    assert result.failed == ("copy",)
    why = f"its input '{folder}/in' cannot be read: permission denied"
    assert result.statuses["copy"].detail == why


def test_a_run_killed_between_the_end_of_a_job_and_its_product_runs_it_again(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a job and its product are one transaction: there is no state between them."""
    (folder / "in").write_text("1\n")
    played(store)
    (folder / "in").write_text("2\n")
    with store.write() as writer:
        writer.begin("killed", {})
        # The job has made its output; nothing of that was recorded.
        (folder / "out").write_text("2\n")
        writer.ended(End("copy", 1, "good", 1.0, fingerprint="f" * 32))
        assert list(writer.ends("killed")) == []
        writer._changes.clear()
    assert played(store).good == ("copy",)
    assert (folder / "out").read_text() == "2\n"


@pytest.mark.proof
def test_a_job_with_100000_inputs_is_unchanged_until_one_of_them_changes(
    folder: Path, store: Store
) -> None:
    (folder / "in").mkdir()
    for number in range(100_000):
        (folder / f"in/{number}").write_text("x\n")

    def played() -> tuple[str, ...]:
        return run(
            plan(job("count", "ls in | wc -l > out", inputs=("in/",), outputs=("out",))),
            store=store,
        ).good

    assert played() == ("count",)
    assert played() == ()
    (folder / "in/77777").write_text("y\n")
    assert played() == ("count",)
    (folder / "in/55555").unlink()
    assert played() == ("count",)
    assert (folder / "out").read_text().strip() == "99999"
    assert played() == ()
