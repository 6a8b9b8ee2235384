"""`treadle init`: a first workflow file."""

from __future__ import annotations

import os
import sys
from importlib.resources import files
from pathlib import Path

import click

from treadle.errors import WorkflowError


@click.command("init", short_help="Write a first treadle.toml, which runs as it is.")
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def command(folder: Path) -> None:
    """Write a first treadle.toml into FOLDER, or here: a few jobs, with what they show.

    It runs as it is. A file that is there already is never touched.
    """
    from treadle.report.terminal import Output
    from treadle.report.text import safe
    from treadle.workflow.source import FILE_NAME, label_of

    path = folder / FILE_NAME
    text = files("treadle.cli").joinpath("first.toml").read_text("utf-8")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Nobody's file is written over, nor what somebody's link points to.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    except FileExistsError:
        what = f"{label_of(path)}: is there already; run it: treadle run"
        raise WorkflowError(what) from None
    except OSError as error:
        raise WorkflowError(f"{label_of(path)}: cannot be made: {error.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    go = "" if folder == Path() else f" -C {folder}"
    Output(sys.stdout).line(f"{safe(label_of(path))} is written; run it: treadle run{safe(go)}")
