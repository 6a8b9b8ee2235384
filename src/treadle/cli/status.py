"""`treadle status`: how a run stands, or how it ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from treadle.cli.options import file_options
from treadle.cli.records import complete_runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from treadle.cli.records import Place
    from treadle.report.runs import RunState

_HELP = """\
Say how a run stands: by default the last one.

While it is under way: what runs, for how long, and what waits. Afterwards: what failed and why,
what was skipped, and what was left. The exit code is 0 whatever came of the run.

\b
  treadle status
  treadle status 20261122-205142
  watch treadle status
"""


@click.command("status", help=_HELP, short_help="Say how a run stands, or how it ended.")
@file_options
@click.option("--json", "as_json", is_flag=True, help="The same for programs.")
@click.argument("run", metavar="[RUN]", default="", shell_complete=complete_runs)
def command(file: Path | None, run: str, *, as_json: bool) -> None:
    """Do what the help says."""
    from treadle.cli.records import place_of, read_state
    from treadle.clock import SYSTEM
    from treadle.report.columns import show_parts, standard_output
    from treadle.report.runnames import find_run
    from treadle.report.status import status_fields, status_parts

    out = standard_output()
    place = place_of(file)
    with place.store.read() as reader:
        record = find_run(reader, run)
        if record is None:
            out.line("null" if as_json else "no run is recorded here yet; make one: treadle run")
            return
        state = read_state(reader, record)
        expected = reader.durations() if state.alive else {}
    selected = _selected(place, state)
    if as_json:
        out.line(json.dumps(status_fields(state, place.folder, expected, selected), indent=2))
    else:
        now = SYSTEM.stamp()
        show_parts(out, status_parts(state, place.folder, now, expected, selected))


def _selected(place: Place, state: RunState) -> Sequence[str]:
    """Return the jobs of the run, as the file has them now; none if all are over."""
    from treadle.errors import TreadleError

    if len(state.ends) >= state.jobs:
        return ()
    targets = [str(one) for one in state.record.sessions[0].about.get("targets") or ()]
    plan = place.plan()
    if plan is None:
        return ()
    try:
        return plan.select(targets)
    except TreadleError:
        return ()
