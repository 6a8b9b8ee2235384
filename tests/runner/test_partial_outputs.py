"""What becomes of outputs that an attempt wrote which was cut short."""

from __future__ import annotations

from pathlib import Path

from plans import job
from treadle.runner.incremental.partial import clear, not_ours, present
from treadle.store.files import Files
from treadle.store.records import Product
from treadle.workflow import PlannedJob


def made(files: Files, planned: PlannedJob) -> Product:
    return Product(planned.name, "", {}, files.state(str(planned.cwd), planned.outputs))


def test_E08_what_it_wrote_is_removed_and_listed(folder: Path) -> None:
    planned, files = job("a", "true", outputs=("out", "also", "never")), Files()
    (folder / "out").write_text("half")
    (folder / "also").write_text("half")
    said = clear(planned, files, None, ())
    assert said == "'a' was cut short: of its outputs, removed 'out', 'also'"
    assert list(folder.iterdir()) == []


def test_E08_what_it_did_not_change_stays(folder: Path) -> None:
    planned, files = job("a", "true", outputs=("old", "new")), Files()
    (folder / "old").write_text("whole")
    (folder / "new").write_text("whole")
    product = made(files, planned)
    (folder / "new").write_text("half!")
    assert "removed 'new'" in clear(planned, files, product, ())
    assert [path.name for path in folder.iterdir()] == ["old"]
    assert clear(planned, files, product, ()) == ""


def test_E08_what_others_made_before_is_never_removed(folder: Path) -> None:
    planned, files = job("a", "true", outputs=("data",)), Files()
    (folder / "data").write_text("rows of last year")
    theirs = not_ours(present(planned, files, planned.outputs), None)
    (folder / "data").write_text("rows of last year, and half a row")
    assert clear(planned, files, None, theirs).endswith("kept 'data'")
    assert (folder / "data").exists()


def test_E08_a_job_that_changes_its_input_in_place_does_not_lose_it(folder: Path) -> None:
    planned = job("format", "true", inputs=("src",), outputs=("src/*.py",))
    (folder / "src").mkdir()
    (folder / "src/a.py").write_text("x=1")
    files = Files()
    product = made(files, planned)
    (folder / "src/a.py").write_text("x =")
    assert clear(planned, files, product, ()).endswith("kept 'src/a.py'")


def test_E08_keep_keeps_and_says_so(folder: Path) -> None:
    planned = job("a", "true", outputs=("out",), partial_outputs="keep")
    (folder / "out").write_text("half")
    assert clear(planned, Files(), None, ()).endswith("kept 'out'")
    assert (folder / "out").exists()
