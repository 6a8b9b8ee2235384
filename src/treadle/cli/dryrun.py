"""`treadle run -n`: what would run, in order, and why."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from treadle.report.prospects import Forecast
    from treadle.workflow import Plan


def show_order(plan: Plan, chosen: Sequence[str], *, always: bool) -> None:
    """Show what a run of the chosen jobs would do; nothing is started.

    Args:
        plan: all jobs.
        chosen: those that would be looked at.
        always: they run, whatever is known of them.
    """
    from treadle.report.describe import headline_of
    from treadle.report.terminal import Output
    from treadle.report.text import number, safe
    from treadle.workflow.graph import in_order

    out = Output(sys.stdout)
    forecasts = {} if always else _forecasts(plan, chosen)
    order = in_order({name: plan.jobs[name].needs for name in chosen})
    same = {name for name, found in forecasts.items() if found.prospect == "unchanged"}
    left = [name for name in order if name not in same]
    for position, name in enumerate(left, 1):
        run = headline_of(plan.jobs[name])
        place = f"[{position:{len(str(len(left)))}}/{len(left)}]"
        aside = _aside(forecasts[name]) if name in forecasts else ""
        line = f"{place} {safe(name)}" + (f": {safe(run)}" if run else "")
        out.line(f"{line}  ({safe(aside)})" if aside else line)
    unchanged = f", {number(len(same), 'other')} unchanged" if same else ""
    out.line(f"dry run: {number(len(left), 'job')}{unchanged}, nothing was started")


def _forecasts(plan: Plan, chosen: Sequence[str]) -> Mapping[str, Forecast]:
    jobs = (plan.jobs[name] for name in chosen)
    if not any(job.inputs or job.outputs or job.when is not None for job in jobs):
        return {}
    from treadle.runner.incremental.forecast import Outlook
    from treadle.runner.kept import store_of

    with store_of(plan).read() as store:
        return Outlook(plan, chosen, store.products(), store.files(), os.environ).forecasts


def _aside(forecast: Forecast) -> str:
    """Say in a few words why a job would run, if it need not always; or why it would not."""
    why = ", ".join(forecast.why[:2]) + (" …" if len(forecast.why) > 2 else "")
    texts = {
        "runs": why,
        "perhaps": f"if {', '.join(forecast.after[:3])} makes something else",
        "unwanted": f"not now: {why}",
        "cannot": f"would fail: {why}",
    }
    return texts.get(forecast.prospect, "")
