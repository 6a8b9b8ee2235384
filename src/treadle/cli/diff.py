"""`treadle diff`: two runs side by side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options
from treadle.cli.records import complete_runs

if TYPE_CHECKING:
    from pathlib import Path

    from treadle.store.reader import Reader
    from treadle.store.records import RunRecord

_MOST = 10
_HELP = """\
Compare two runs: by default the last two; with one, that and the last one.

Says what went bad or good, what became slower or faster (by more than a fifth, and by more than
half a second; the greatest loss first), what ran in only one of them, and why jobs ran.

\b
  treadle diff
  treadle diff 20261121-090000
  treadle diff 20261121-090000 20261122-205142
"""


@click.command("diff", help=_HELP, short_help="Compare two runs.")
@file_options
@click.option("-a", "--all", "everything", is_flag=True, help=f"All lines, not {_MOST} of a kind.")
@click.option("--json", "as_json", is_flag=True, help="The same for programs.")
@click.argument("before", metavar="[RUN1]", default="", shell_complete=complete_runs)
@click.argument("after", metavar="[RUN2]", default="", shell_complete=complete_runs)
def command(file: Path | None, before: str, after: str, *, everything: bool, as_json: bool) -> None:
    """Do what the help says."""
    from treadle.cli.records import place_of, read_state
    from treadle.clock import SYSTEM
    from treadle.report.columns import show_parts, show_table, standard_output
    from treadle.report.rundiff import RUNS, diff_fields, diff_parts, diff_rows, difference

    out = standard_output()
    with place_of(file).store.read() as reader:
        pair = _pair(reader, before, after)
        if pair is None:
            out.line("null" if as_json else "there are no two runs yet that could be compared")
            return
        first, second = (read_state(reader, record) for record in pair)
    found = difference(first, second)
    if as_json:
        out.line(json.dumps(diff_fields(found), indent=2))
        return
    show_table(out, RUNS, diff_rows([first, second], SYSTEM.stamp()))
    parts = [part for part in diff_parts(found, len(first.ends) + len(second.ends) if everything
                                         else _MOST) if part[1]]  # fmt: skip
    out.line()
    show_parts(out, parts, 14)
    if not parts:
        out.line("nothing else is different")


def _pair(reader: Reader, before: str, after: str) -> tuple[RunRecord, RunRecord] | None:
    from treadle.report.runnames import find_run

    last = reader.runs(2)
    second = find_run(reader, after)
    first = find_run(reader, before) if before else next(iter(last[1:]), None)
    if first is None or second is None:
        return None
    if first.name == second.name:
        raise click.UsageError(f"{first.name!r} is one run; name two")
    return first, second
