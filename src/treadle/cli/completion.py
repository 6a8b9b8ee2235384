"""`treadle completion`: completion for a shell."""

from __future__ import annotations

import sys

import click
from click.shell_completion import get_completion_class

_HELP = """\
Print what makes a shell complete commands, options and names of jobs.

\b
  bash:  treadle completion bash >> ~/.bashrc
  zsh:   treadle completion zsh >> ~/.zshrc
  fish:  treadle completion fish > ~/.config/fish/completions/treadle.fish
"""


@click.command("completion", help=_HELP, short_help="Print completion for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Do what the help says."""
    from treadle.cli.main import command as whole
    from treadle.report.terminal import Output

    made = get_completion_class(shell)
    assert made is not None, shell
    Output(sys.stdout).line(made(whole, {}, "treadle", "_TREADLE_COMPLETE").source().strip())
