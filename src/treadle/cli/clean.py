"""`treadle clean`: make room, or start afresh."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options, open_plan
from treadle.cli.records import cache_of, complete_recorded, place_of

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.cli.records import Place
    from treadle.report.terminal import Output

_NAMED = 20
_MARKS = (".gitignore", "CACHEDIR.TAG")
_HELP = """\
Remove what treadle keeps: old runs with their logs; or what the options say.

Without options, runs beyond `keep_runs` of the file, and logs of runs that are not recorded.
What treadle did not make is never removed, nor what was changed since.

\b
  treadle clean --keep 5           all runs but the last five
  treadle clean --outputs          the declared outputs of all jobs
  treadle clean --outputs compile  those of one job
  treadle clean --cache            the cache of outputs
  treadle clean --all              the whole folder .treadle: history, logs, cache
"""


@click.command(
    "clean", help=_HELP, short_help="Remove old runs, outputs, the cache, or all that is kept."
)
@file_options
@click.option("--keep", metavar="N", type=click.IntRange(min=1), help="Keep the last N runs.")
@click.option(
    "--outputs", is_flag=True, help="Remove the declared outputs of JOBs, or of all jobs."
)
@click.option("--cache", is_flag=True, help="Remove the cache of outputs.")
@click.option("--all", "everything", is_flag=True, help="Remove all that treadle keeps here.")
@click.option(
    "-n", "--dry-run", is_flag=True, help="Say what would be removed, and remove nothing."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask; --all asks on a terminal.")
@click.argument("jobs", metavar="[JOB]...", nargs=-1, shell_complete=complete_recorded)
def command(
    file: Path | None,
    jobs: tuple[str, ...],
    keep: int | None,
    *,
    outputs: bool,
    cache: bool,
    everything: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Do what the help says."""
    from treadle.report.columns import standard_output

    if jobs and not outputs:
        raise click.UsageError("names of jobs go with --outputs; 'treadle forget' runs them again")
    place, out = place_of(file), standard_output()
    if everything and not (yes or dry_run):
        _ask(place)
    if outputs:
        from treadle.cli.removing import clean_outputs

        clean_outputs(out, place, jobs, dry_run=dry_run)
    if everything:
        _clean_all(out, place, dry_run=dry_run)
        return
    if cache:
        _clean_cache(out, place, dry_run=dry_run)
    if keep is not None or not (outputs or cache):
        _clean_runs(out, place, keep or open_plan(place.file).keep_runs, dry_run=dry_run)


def _ask(place: Place) -> None:
    from treadle.report.terminal import is_terminal
    from treadle.report.text import safe

    if not is_terminal(sys.stdin):
        raise click.UsageError("--all removes the history and the logs: say --yes, too")
    click.confirm(
        f"Remove all runs, logs and cached outputs of {safe(str(place.folder))}?", abort=True
    )


def _said(*, dry_run: bool) -> str:
    return "would remove" if dry_run else "removed"


# -- runs --------------------------------------------------------------------------------


def _clean_runs(out: Output, place: Place, keep: int, *, dry_run: bool) -> None:
    from treadle.report.logs import remove_logs, run_folder
    from treadle.report.text import number, safe, size

    with place.store.read() as reader:
        runs = [run.name for run in reader.runs()]
    gone = runs[keep:]
    strays = [name for name in _logged(place) if name not in runs]
    freed = sum(_size(run_folder(place.folder, name)) for name in [*gone, *strays])
    if (gone or strays) and not dry_run:
        with place.store.write() as writer:
            # Asked again: this is the one who may remove them.
            gone = writer.prune(keep)
            known = {run.name for run in writer.runs()}
            for name in [*gone, *(one for one in strays if one not in known)]:
                remove_logs(place.folder, name)
    if not gone and not strays:
        out.line(f"nothing to remove: {number(len(runs), 'run')}, of {keep} that may be kept")
        return
    logs = f" and {number(len(strays), 'folder')} of logs without a run" if strays else ""
    what = f"{number(len(gone), 'run')}{logs}"
    out.line(f"{_said(dry_run=dry_run)} {what}, {size(freed)} of logs")
    for name in sorted([*gone, *strays])[:_NAMED]:
        out.line(f"  {safe(name)}")
    if len(gone) + len(strays) > _NAMED:
        out.line(f"  … and {len(gone) + len(strays) - _NAMED} more")


def _logged(place: Place) -> list[str]:
    from treadle.report.logs import run_folder

    logs = run_folder(place.folder, "")
    try:
        return [entry.name for entry in os.scandir(logs) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _size(folder: str | os.PathLike[str]) -> int:
    """Return the bytes of the files beneath a folder; links are not followed."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size
            except OSError:
                continue
    return total


# -- everything --------------------------------------------------------------------------


def _clean_all(out: Output, place: Place, *, dry_run: bool) -> None:
    """Remove the content of the folder. The lock stays: who waits for it must find the same one."""
    import shutil

    from treadle.report.text import safe, size
    from treadle.store.folder import check_owner
    from treadle.store.lock import Lock

    state, store = place.store.path.parent, place.store
    try:
        check_owner(state)
        found = [one for one in os.scandir(state) if one.name not in (*_MARKS, store.lock.name)]
    except FileNotFoundError:
        found = []
    except OSError as error:
        raise click.UsageError(f"{str(state)!r} {error.strerror}; it is left alone") from None
    if not found:
        out.line("nothing to remove: treadle keeps nothing here")
        return
    freed = _size(state)
    if not dry_run:
        lock = Lock(store.lock, store.folder)
        try:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        os.unlink(entry.path)
        finally:
            lock.release()
    out.line(f"{_said(dry_run=dry_run)} all that is kept in {safe(str(state))}, {size(freed)}")


# -- the cache ---------------------------------------------------------------------------


def _clean_cache(out: Output, place: Place, *, dry_run: bool) -> None:
    from treadle.report.text import safe, size
    from treadle.store.cache import Cache
    from treadle.store.files import Files

    folder = cache_of(place)
    if folder is None:
        out.line("nothing to remove: there is no cache")
        return
    freed = _size(folder) if dry_run else Cache(folder, 0, Files()).trim()
    out.line(f"{_said(dry_run=dry_run)} {size(freed)} of the cache in {safe(str(folder))}")
