"""`treadle schema`: the JSON Schema of workflow files, for editors."""

from __future__ import annotations

import json
import sys

import click

_HELP = """\
Print the JSON Schema of workflow files, made of the words that this version knows.

Editors complete and check with it: put `#:schema ./treadle.schema.json` in front of
treadle.toml after

\b
  treadle schema > treadle.schema.json
"""


@click.command("schema", help=_HELP, short_help="Print the JSON Schema of workflow files.")
@click.option("--events", is_flag=True, help="That of the lines of `treadle run --json` instead.")
def command(*, events: bool) -> None:
    """Do what the help says."""
    from treadle.report.terminal import Output

    if events:
        from treadle.report.events import events_schema

        schema = events_schema()
    else:
        from treadle.workflow.schema import workflow_schema

        schema = workflow_schema()
    Output(sys.stdout).line(json.dumps(schema, indent=2, ensure_ascii=False))
