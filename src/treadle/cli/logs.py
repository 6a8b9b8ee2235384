"""`treadle logs`: what a job has written."""

from __future__ import annotations

import sys
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import click

from treadle.cli.exitcodes import ExitCode
from treadle.cli.options import long_file_options
from treadle.cli.records import attempts_by_job, complete_recorded, complete_runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from treadle.cli.records import Place
    from treadle.report.terminal import Output
    from treadle.store.reader import Reader
    from treadle.store.records import AttemptRecord

_LOOK_EACH = 0.1
_ASK_EACH = 0.2  # seconds between two questions to the store
_NAMED = 10
_LOOKED_AT = 50  # attempts
_PAUSE = Event()  # never set

_HELP = """\
Print what a job has written: by default in its last attempt.

JOB is a name, the name of a matrix or a tag for all its jobs, or a pattern with * and ?; of
several jobs each log has a line above it. Into a pipe the bytes go as they are; on a terminal
control characters are written out.

\b
  treadle logs compile
  treadle logs -f compile              go on until the attempt is over
  treadle logs compile --attempt 1     before it was run again
  treadle logs compile --run 20261122-205142 | less
"""


class Wanted(NamedTuple):
    """An attempt whose log is wanted."""

    job: str
    run: str
    attempt: int
    over: bool


@click.command("logs", help=_HELP, short_help="Print what a job has written.")
@long_file_options
@click.option(
    "--attempt", metavar="N", type=click.IntRange(min=1), help="That of attempt N, not the last."
)
@click.option(
    "--run", metavar="RUN", default="", shell_complete=complete_runs,
    help="Of this run, not of the last one in which the job ran.",
)  # fmt: skip
@click.option("-f", "--follow", is_flag=True, help="Go on until the attempt is over.")
@click.argument("jobs", metavar="JOB...", nargs=-1, required=True, shell_complete=complete_recorded)
def command(
    file: Path | None, jobs: tuple[str, ...], attempt: int | None, run: str, *, follow: bool
) -> int:
    """Do what the help says."""
    from treadle.cli.records import find_jobs, place_of
    from treadle.report.columns import standard_output
    from treadle.report.runnames import find_run
    from treadle.report.terminal import Output

    out, err = standard_output(), Output(sys.stderr)
    place = place_of(file)
    with place.store.read() as reader:
        name = record.name if run and (record := find_run(reader, run)) else run
        found = find_jobs(reader, place, jobs)
        if follow:
            name = _await(reader, err, found, name)
        wanted = _wanted(reader, found, name, attempt)
        show = _follow if follow else _show
        code = show(reader, place, out, err, wanted)
    there = {one.job for one in wanted}
    # Of those that a pattern stands for, some may never have run.
    missing = [job for job in found if job not in there and (job in jobs or not wanted)]
    for job in missing[:_NAMED]:
        err.line(_missing(job, name, attempt))
    return ExitCode.FAILED if missing else code


def _wanted(reader: Reader, jobs: Sequence[str], run: str, attempt: int | None) -> list[Wanted]:
    """Return the attempts whose logs are wanted."""
    found = []
    recorded = _in_run(reader, jobs, run) if run else attempts_by_job(reader, jobs, _LOOKED_AT)
    attempts = {
        job: [(one.run, one.start.attempt, one.end is not None) for one in these]
        for job, these in recorded.items()
    }
    for job, known in attempts.items():
        these = [one for one in known if attempt in (None, one[1])]
        if these:
            found.append(Wanted(job, *these[0]))
        elif known and len(jobs) == 1:
            raise _no_attempt(job, attempt, known)
    return found


def _in_run(reader: Reader, jobs: Sequence[str], run: str) -> dict[str, list[AttemptRecord]]:
    """Return the attempts of jobs in one run, the newest first."""
    found: dict[str, list[AttemptRecord]] = {job: [] for job in jobs}
    for one in reader.attempts_of(run):
        if one.start.job in found:
            found[one.start.job].insert(0, one)
    return found


def _no_attempt(
    job: str, attempt: int | None, known: Sequence[tuple[str, int, bool]]
) -> click.UsageError:
    last = known[0][0]
    numbers = sorted(number for run, number, _ in known if run == last)
    return click.UsageError(
        f"job {job!r} has no attempt {attempt}; in run {last} it has {', '.join(map(str, numbers))}"
    )


def _missing(job: str, run: str, attempt: int | None) -> str:
    from treadle.report.text import safe

    where = f"in run {run}" if run else "in the runs that are recorded"
    what = f"has no attempt {attempt}" if attempt else "did not run"
    return safe(f"job {job!r} {what} {where}: there is no log")


def _show(reader: Reader, place: Place, out: Output, err: Output, wanted: Sequence[Wanted]) -> int:
    del reader
    from treadle.report.joblog import show_log
    from treadle.report.status import log_of
    from treadle.report.text import safe

    code = ExitCode.OK
    for one in wanted:
        if len(wanted) > 1:
            title = f"== {safe(one.job)}, attempt {one.attempt} of run {safe(one.run)}"
            out.line(out.paint(title, "bold"))
        try:
            show_log(out, log_of(place.folder, one.run, one.job, one.attempt))
        except OSError as error:
            err.line(safe(_unreadable(one, error)))
            code = ExitCode.FAILED
    return code


def _unreadable(one: Wanted, error: OSError) -> str:
    which = f"the log of job {one.job!r} (attempt {one.attempt} of run {one.run})"
    if isinstance(error, FileNotFoundError):
        return (
            f"{which} is not there: it was removed, or there never was one, as for a job that has "
            "the terminal, or that is a function within treadle's own process"
        )
    return f"{which} cannot be read: {(error.strerror or str(error)).lower()}"


# -- while it is written -----------------------------------------------------------------


def _await(reader: Reader, err: Output, jobs: Sequence[str], run: str) -> str:
    """Wait until one of the jobs has begun in the run that is under way, or that is over.

    Returns:
        The run whose attempts are wanted; empty for the last one that has any.
    """
    from treadle.cli.records import read_state
    from treadle.report.runnames import find_run
    from treadle.report.text import safe

    said = False
    while record := find_run(reader, run):
        state = read_state(reader, record)
        begun = any(job in state.starts or job in state.ends for job in jobs)
        if begun or not state.alive:
            return record.name if begun or said else run
        if not said:
            names = f"job {jobs[0]!r}" if len(jobs) == 1 else f"one of {len(jobs)} jobs"
            err.line(safe(f"waiting for {names} to begin in run {record.name}"))
            said = True
        _PAUSE.wait(_ASK_EACH)
    return run


def _follow(
    reader: Reader, place: Place, out: Output, err: Output, wanted: Sequence[Wanted]
) -> int:
    from treadle.clock import SYSTEM
    from treadle.report.joblog import Following
    from treadle.report.status import log_of
    from treadle.report.text import safe

    logs = {
        one: Following(
            out,
            log_of(place.folder, one.run, one.job, one.attempt),
            f"{safe(one.job)} | " if len(wanted) > 1 else "",
        )
        for one in wanted
    }
    asked = 0.0
    while logs:
        news = [log.poll() for log in logs.values()]
        now = SYSTEM.monotonic()
        if now - asked >= _ASK_EACH:
            asked = now
            for one in _over(reader, list(logs)):
                logs.pop(one).finish()
        elif not any(news):
            _PAUSE.wait(_LOOK_EACH)
    open_ = [one for one in wanted if not one.over]
    if lost := [one.job for one in open_ if one not in _ended(reader, open_)]:
        err.line(safe(f"the run was killed: nobody saw the end of {', '.join(map(repr, lost))}"))
    return ExitCode.OK


def _over(reader: Reader, open_: Sequence[Wanted]) -> Sequence[Wanted]:
    """Return the attempts that are over: their ends are recorded, or nobody is there to do it."""
    running = [one for one in open_ if not one.over]
    if not running or reader.holder() is None:
        return open_
    ended = _ended(reader, running)
    return [one for one in open_ if one.over or one in ended]


def _ended(reader: Reader, wanted: Sequence[Wanted]) -> set[Wanted]:
    """Return the attempts whose ends are recorded by now."""
    known = attempts_by_job(reader, [one.job for one in wanted], _LOOKED_AT) if wanted else {}
    over = {(a.start.job, a.run, a.start.attempt) for all_ in known.values() for a in all_ if a.end}
    return {one for one in wanted if (one.job, one.run, one.attempt) in over}
