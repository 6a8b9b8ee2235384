"""An output that must not be there yet is made by its job, and by nobody else."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from treadle.process.output import Fresh, Streams
from treadle.process.warden import wire
from treadle.process.warden.attempt import Unstartable
from treadle.process.warden.spawn import _open, take_back


def test_I01_what_is_there_is_not_opened_not_even_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("file", "link"):
        with pytest.raises(Unstartable) as caught:
            _open(bytes(tmp_path / name), 1, wire.FRESH)
        assert caught.value.number == errno.EEXIST
        with pytest.raises(FileExistsError):
            Streams(Fresh(tmp_path / name), None, None)
    assert (tmp_path / "file").read_text() == "old"
    assert not (tmp_path / "elsewhere").exists()


def test_B09_a_start_that_is_tried_again_finds_its_output_as_before(tmp_path: Path) -> None:
    for name in ("log", "appended"):
        (tmp_path / name).touch()
    streams = (wire.NULL, wire.FRESH, wire.APPEND)
    paths = [b"", bytes(tmp_path / "log"), bytes(tmp_path / "appended")]
    take_back(wire.Spawn([b"true"], [], 0, b"/", streams, paths, {}))

    assert [path.name for path in tmp_path.iterdir()] == ["appended"]
