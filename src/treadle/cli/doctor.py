"""`treadle doctor`: what this machine offers."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from treadle.report.machine import Finding
    from treadle.report.terminal import Output

_SIGNS = {True: ("ok", "green"), False: ("missing", "yellow"), None: ("-", "dim")}


@click.command("doctor", short_help="Say what this machine offers.")
@click.option("--json", "as_json", is_flag=True, help="The same for programs.")
def command(*, as_json: bool) -> None:
    """Say what this machine offers to treadle, and what it does without the rest.

    Looks at the kernel, control groups, processors, memory, terminal, and at the programs
    that other engines need. Changes nothing.
    """
    from treadle.report.machine import examine
    from treadle.report.terminal import Output, wants_colour

    findings = list(examine(os.environ))
    out = Output(sys.stdout, colour=wants_colour("auto", sys.stdout, os.environ))
    if as_json:
        out.line(json.dumps([finding._asdict() for finding in findings], indent=2))
        return
    for finding in findings:
        out.line(_line(out, finding))


def _line(out: Output, finding: Finding) -> str:
    from treadle.report.text import safe

    sign, style = _SIGNS[finding.there]
    text = f"{out.paint(f'{sign:8}', style)} {finding.what:16} {safe(finding.detail)}"
    return f"{text}\n{'':26}{out.paint(safe(finding.advice), 'dim')}" if finding.advice else text
