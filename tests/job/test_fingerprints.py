"""Walks that keep their fingerprints themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from treadle.dag import DAG
from treadle.job import FunctionJob, Job, ReturnValue
from treadle.job.fingerprint import Fingerprint, FingerprintWalk

R = ReturnValue


class Made(FingerprintWalk):
    """Each action joins its input and what the actions before have made into its output."""

    fails: frozenset[str] = frozenset()

    def __init__(self, actions: DAG, work: Path, folder: Path) -> None:
        self.work, self.ran = work, list[str]()
        super().__init__(actions, folder)

    def describe(self, uid: Any, data: Any, fingerprint: Fingerprint) -> None:
        fingerprint.add("command", data).add_file(self.work / f"{uid}.in")
        fingerprint.add_output(self.work / f"{uid}.out")

    def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
        self.ran.append(uid)
        return Action(uid, data, notify_end, self)


class Action(Job):
    def __init__(self, uid: Any, data: Any, notify_end: Any, walk: Made) -> None:
        super().__init__(uid, data, notify_end)
        self.walk = walk

    def run(self) -> None:
        (self.walk.work / f"{self.uid}.out").write_bytes(
            (self.walk.work / f"{self.uid}.in").read_bytes().upper()
        )

    @property
    def status(self) -> ReturnValue:
        return R.failure if self.uid in self.walk.fails else R.success


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / f"{name}.in").write_bytes(name.encode())
    return tmp_path


def _ran(work: Path, data: str = "join", kind: type[Made] = Made) -> list[str]:
    actions = DAG()
    for name, before in (("a", []), ("b", ["a"]), ("c", ["b"])):
        actions.add_vertex(name, data, predecessors=before)
    return kind(actions, work, work / "fingerprints").ran


def test_only_what_changed_runs(work: Path) -> None:
    assert _ran(work) == ["a", "b", "c"]
    assert _ran(work) == []

    (work / "b.in").write_bytes(b"other")
    assert _ran(work) == ["b", "c"]
    assert _ran(work, data="another command") == ["a", "b", "c"]
    assert _ran(work, data="another command") == []


def test_an_output_with_the_same_content_leaves_those_that_follow_alone(work: Path) -> None:
    _ran(work)
    (work / "a.in").write_bytes(b"A")

    assert _ran(work) == ["a"]


def test_an_output_that_is_altered_or_missing_is_made_again(work: Path) -> None:
    _ran(work)
    (work / "b.out").unlink()
    assert _ran(work) == ["b"]

    (work / "c.out").write_bytes(b"mine")
    assert _ran(work) == ["c"]


def test_what_failed_runs_again(work: Path) -> None:
    class Fails(Made):
        fails = frozenset("b")

    assert _ran(work, kind=Fails) == ["a", "b"]
    assert _ran(work) == ["b", "c"]


def test_names_of_actions_never_become_names_of_files(tmp_path: Path) -> None:
    actions = DAG()
    for name in ("../x", "/x", ".", "x\0", "a\nb", "\ud800", "\u00e9", "e\u0301", "1", 1):
        actions.add_vertex(name)

    class Named(FingerprintWalk):
        def create_job(self, uid: Any, data: Any, predecessors: Any, notify_end: Any) -> Job:
            return FunctionJob(uid, lambda: None, notify_end)

    Named(actions, tmp_path / "here")
    assert len(os.listdir(tmp_path / "here")) == 10
    assert os.listdir(tmp_path) == ["here"]


def test_a_fingerprint_says_what_changed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    before = Fingerprint().add("command", ["cc", "-c"]).add_file(tmp_path / "a")
    assert before == Fingerprint().add_file(tmp_path / "a").add("command", ["cc", "-c"])

    (tmp_path / "a").write_bytes(b"2")
    after = Fingerprint().add("command", ["cc", "-g"]).add_file(tmp_path / "a")
    assert before != after
    assert after.changes(before) == ["command changed", f"input {tmp_path}/a changed"]
    assert before != before.parts
    with pytest.raises(TypeError):
        before.add("command", object())
    with pytest.raises(TypeError):
        hash(before)


def test_a_fingerprint_is_saved_and_loaded(tmp_path: Path) -> None:
    fingerprint = Fingerprint().add("name", {"b": 1, "a": [None, 2.5]}).add("no\udcfftext", "é")
    fingerprint.save(tmp_path / "one")

    assert Fingerprint.load(tmp_path / "one") == fingerprint
    assert os.listdir(tmp_path) == ["one"]
    assert repr(fingerprint) == f"Fingerprint({fingerprint.digest})"
    with pytest.raises(OSError, match="No such file"):
        fingerprint.save(tmp_path / "none/one")


def test_A04_a_fingerprint_that_is_damaged_in_any_way_is_none(tmp_path: Path) -> None:
    path = tmp_path / "one"
    fingerprint = Fingerprint().add("name", "value")
    fingerprint.save(path)
    data = path.read_bytes()
    damaged = [data[:length] for length in range(0, len(data), 3)]
    damaged += [data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :] for at in range(0, len(data), 3)]
    for torn in [*damaged, b"[]", b"[" * 100_000, b'{"parts": [1]}', b'{"parts": {"a": 1}}']:
        path.write_bytes(torn)
        assert Fingerprint.load(path) is None


def test_a_full_disk_costs_another_run_and_no_more(
    work: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(self: Fingerprint, path: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Fingerprint, "save", full)
        assert _ran(work) == ["a", "b", "c"]
    assert "the fingerprint of 'a' is not kept: [Errno 28] No space left" in caplog.text
    assert _ran(work) == ["a", "b", "c"]
    assert _ran(work) == []
