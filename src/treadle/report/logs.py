"""The folder of a run, where the output of its jobs is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from treadle.store.folder import STATE, make_state_folder, names_of_runs

if TYPE_CHECKING:
    from pathlib import Path


def make_run_folder(folder: Path, resumed: str | None = None) -> tuple[str, Path]:
    """Make the folder for the logs of a run.

    Args:
        folder: where the workflow file stands.
        resumed: the name of a run that is continued; its folder may be there.

    Returns:
        The name of the run, for a new one made of the time, and its folder.

    Raises:
        OSError: it cannot be made, or would lie where somebody else's link points to.
    """
    logs = make_state_folder(folder) / "logs"
    logs.mkdir(mode=0o700, exist_ok=True)
    if resumed is not None:
        (logs / resumed).mkdir(mode=0o700, exist_ok=True)
        return resumed, logs / resumed
    for run in names_of_runs():
        try:
            (logs / run).mkdir(mode=0o700)
        except FileExistsError:
            continue
        return run, logs / run
    raise AssertionError("bug in treadle: numbers have an end; please report it")


def run_folder(folder: Path, run: str) -> Path:
    """Return the folder for the logs of a run, which may be gone."""
    return folder / STATE / "logs" / run


def remove_logs(folder: Path, run: str) -> None:
    """Remove the logs of a run; what cannot be removed stays."""
    from shutil import rmtree  # noqa: PLC0415 -- it loads what reads archives, too

    rmtree(run_folder(folder, run), ignore_errors=True)
