"""Options that are more than a value: what they take, and what they make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Callable

TARGETS = """\
JOB is a name, the name of a matrix or a tag for all its jobs, or a pattern with * and ?.
JOB+ means with all that need it, too."""

_ALONE = {
    "-k": "--keep-going=0",
    "--keep-going": "--keep-going=0",
    "--shuffle": "--shuffle=random",
    "--until-failure": "--until-failure=1000000000",
}
# These may be followed by a value of their own; for the others it takes a `=`.
_TAKES_NUMBER = ("-k", "--keep-going")


class WithOptionalValues(click.Command):
    """A command with options whose value may be left out: `-k`, `--shuffle`.

    What stands behind `-k` is its value only if it is a number, so that
    `treadle run -k test` runs `test`.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write out the values that were left out."""
        end = args.index("--") if "--" in args else len(args)
        given, rest = args[:end], args[end:]
        for index, arg in enumerate(given):
            after = given[index + 1] if index + 1 < len(given) else ""
            has_number = arg in _TAKES_NUMBER and after.lstrip("-").isdecimal()
            if arg in _ALONE and not has_number:
                given[index] = _ALONE[arg]
        return super().parse_args(ctx, [*given, *rest])


def jobs_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `-j`; the command gets the number as `tokens`, or None."""
    return click.option(
        "-j",
        "--jobs",
        "tokens",
        metavar="N",
        envvar="TREADLE_JOBS",
        callback=_tokens,
        help="Jobs at a time, over all queues, and tokens of the default queue. 4, auto, 50%, +1, "
        "-1 (of the processors); 0 is no limit.  [default: the file's, or one for each processor]",
    )(function)


def _tokens(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    from treadle.workflow.queues import jobs_at_a_time

    number = None if value is None else jobs_at_a_time(value.strip())
    if value is not None and number is None:
        raise click.BadParameter(
            f"{value!r} is no number of jobs; give 4, 0 (no limit), auto, 50%, +1 or -1", ctx, param
        )
    return number


def seed_option(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Return the seed that was given, or one that nobody could guess."""
    if value is None:
        return None
    if value == "random":
        from secrets import randbelow

        return randbelow(1 << 32)
    if not (value.isascii() and value.isdigit()) or len(value) > 18:
        raise click.BadParameter(f"{value!r} is no seed; give a whole number", ctx, param)
    return int(value)


def complete_jobs(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the names that may follow, for the shell; a file with mistakes has none."""
    del param
    from treadle.cli.options import find_plan
    from treadle.errors import TreadleError

    try:
        plan = find_plan(ctx.params.get("file"))
    except (TreadleError, OSError):
        return []
    if plan is None:
        return []
    help_of = {name: job.description for name, job in plan.jobs.items()}
    names = plan.names().known()
    return [CompletionItem(n, help=help_of.get(n)) for n in names if n.startswith(incomplete)]
