"""A Ctrl-C in the middle of a commit is heard after it, and harms nothing."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from treadle.store import Store
from treadle.store.records import End, SessionEnd, Start
from treadle.store.uninterrupted import uninterrupted


def test_C02_a_ctrl_c_during_a_commit_is_raised_when_that_is_done() -> None:
    done = []

    def commit() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("all")

    with pytest.raises(KeyboardInterrupt):
        commit()
    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_C02_what_was_committed_then_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "state.db")
    with store.write() as writer:
        writer.begin("r", {})
        writer.started(Start("a", 1, 0.0))
        writer.ended(End("a", 1, "good", 0.0))
        clear = writer._changes.clear

        def interrupted() -> None:
            signal.raise_signal(signal.SIGINT)
            clear()

        monkeypatch.setattr(writer._changes, "clear", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.flush()
        monkeypatch.undo()
        writer.finish(SessionEnd(0.0, 0.0, {}))
    with store.read() as reader:
        assert [end.job for end in reader.ends("r")] == ["a"]
