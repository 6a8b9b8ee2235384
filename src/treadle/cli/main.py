"""The command `treadle`: finds its sub-commands when they are asked for."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from threading import Timer
from typing import NoReturn

import click

from treadle.cli.exitcodes import ExitCode
from treadle.errors import StoreError, TreadleError, WorkflowError, lacking
from treadle.report.terminal import Output
from treadle.report.text import safe

GROUPS = {
    "Run": ("run", "resume"),
    "Ask": ("status", "logs", "explain", "history", "diff", "flaky"),
    "Look at the file": ("list", "check", "graph"),
    "Start afresh": ("forget", "clean"),
    "Set up": ("init", "schema", "completion", "doctor"),
}
"""The commands, as the help groups them."""

COMMANDS = tuple(name for names in GROUPS.values() for name in names)
_WIDEST = max(map(len, COMMANDS))

_HELP = """\
Run interdependent jobs in parallel, in the right order, within the resources there are.

\b
  treadle                     list the jobs of treadle.toml
  treadle run                 run all jobs
  treadle run test 'doc*'     run these, with all they need
  treadle run -j4 -k          4 at a time; go on after failures
  treadle resume              go on where a run was cut short
  treadle status              how it stands; what failed, and why
  treadle explain test        why it ran, waits, was skipped; whether it would run
  treadle history test        how long it took, how often it failed
  treadle init                write a first treadle.toml

Without a command, the jobs are listed.
"""


class LazyGroup(click.Group):
    """A group whose commands are modules of this package, imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- as click calls it
        """Return the names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 -- as click calls it
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"treadle.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does, in groups."""
        for title, names in GROUPS.items():
            found = ((name, self.get_command(ctx, name)) for name in names)
            rows = [(f"{n:{_WIDEST}}", c.get_short_help_str(80)) for n, c in found if c is not None]
            with formatter.section(title):
                formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from treadle.workflow.words import nearest

            hint = nearest(args[0], COMMANDS) or f"; there is {', '.join(COMMANDS)}"
            ctx.fail(f"unknown command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--version", is_flag=True, help="Say the version.")
@click.pass_context
def command(ctx: click.Context, *, version: bool) -> None:
    """Do what stands for no command at all; the help text is above."""
    if ctx.invoked_subcommand is not None:
        return
    if version:
        from treadle import __version__

        click.echo(f"treadle {__version__}")
        return
    from treadle.cli.list import list_or_help

    ctx.exit(list_or_help(ctx))


def main() -> NoReturn:
    """Run the command line; never shows a traceback unless TREADLE_DEBUG is set."""
    # What a command loads stays until it exits: looking for garbage in it is in vain.
    gc.disable()
    sys.unraisablehook = _come_again
    code: int = ExitCode.INTERRUPTED
    try:  # noqa: SIM105 -- one more Ctrl-C in the exit of a `suppress` would show a traceback
        code = guarded()
    except KeyboardInterrupt:
        pass
    _leave(code)


def _come_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Let a Ctrl-C come again that Python had to drop, with a traceback, where it came.

    The import of a module runs callbacks of weak references: nothing can be raised in them.
    """
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        # Not from here: in this function, too, an exception would be dropped.
        Timer(0.001, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(unraisable)


def _leave(code: int) -> NoReturn:
    """Exit, without the interpreter's farewell: a Ctrl-C in that shows a traceback."""
    while True:
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            break
        except KeyboardInterrupt:
            # The code is known: a key that is held down does not change it.
            continue
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(code)


def guarded() -> int:
    """Run the command line and return the exit code."""
    err = Output(sys.stderr)
    # What the library logs about a job, the reports say better.
    logging.getLogger("treadle").addHandler(logging.NullHandler())
    try:
        code = command.main(prog_name="treadle", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        err.line()
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 -- the last resort: whatever is left is a bug
        return _explain(error, err)
    return code if isinstance(code, int) else ExitCode.OK


def _explain(error: Exception, err: Output) -> int:
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.ClickException():
            return _usage(error, err)
        case TreadleError():
            for text in str(error).splitlines():
                err.line(safe(text))
            if isinstance(error, StoreError):
                return ExitCode.STORE
            # What else treadle raises, a run that had begun has raised.
            return ExitCode.USAGE if isinstance(error, WorkflowError) else ExitCode.FAILED
        case ModuleNotFoundError() if not (error.name or "treadle").startswith("treadle"):
            err.line(safe(lacking(error)))
            return ExitCode.USAGE
    return _bug(error, err)


def _usage(error: click.ClickException, err: Output) -> int:
    context = getattr(error, "ctx", None)
    text = error.format_message()
    err.line(f"treadle: {safe(text[:1].lower() + text[1:].rstrip('.'))}")
    if context is not None:
        err.line(f"see '{context.command_path} --help'")
    return ExitCode.USAGE


def _bug(error: Exception, err: Output) -> int:
    if os.environ.get("TREADLE_DEBUG"):
        import traceback

        traceback.print_exception(error)
    err.line(safe(f"treadle: bug in treadle: {type(error).__name__}: {error}; please report it"))
    err.line("with TREADLE_DEBUG=1 in the environment the traceback is shown")
    return ExitCode.INTERNAL
