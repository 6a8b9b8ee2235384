"""The last runs, as a table and as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from treadle.report.columns import Column
from treadle.report.runs import RunState, result_of
from treadle.report.runwords import COLOURS, ago, counted, label_of, targets_of
from treadle.report.text import number, safe, seconds

if TYPE_CHECKING:
    from treadle.report.columns import Cell
    from treadle.store.records import RunRecord

RUNS = (
    Column("run"), Column("began"), Column("took", right=True), Column("result"),
    Column("jobs", gives=True), Column("of"), Column("asked for", gives=True),
)  # fmt: skip


def run_row(
    record: RunRecord, state: RunState | None, now: float, *, labelled: bool = False
) -> Sequence[Cell]:
    """Return what is shown of a run in one line.

    Args:
        record: the run.
        state: what is recorded of its jobs; None where its end says enough.
        now: seconds since 1970.
        labelled: the workflow file is told, too.
    """
    result = result_of(record, alive=state is not None and state.alive)
    counts, jobs = counts_of(record, state)
    more = len(record.sessions) - 1
    word = f"{result} ({number(more, 'resume')})" if more else result
    took = seconds_of(record)
    return (
        safe(record.name),
        ago(record.sessions[0].began_at, now),
        seconds(took) if took is not None else "",
        (word, COLOURS.get(result, "red")),
        counted(counts, jobs),
        label_of(record) if labelled else "",
        targets_of(record),
    )


def counts_of(record: RunRecord, state: RunState | None) -> tuple[dict[str, int], int]:
    """Return how many jobs of a run came to what, and how many it has."""
    if state is not None:
        return state.counts(), state.jobs
    end = record.last.end
    said = dict(end.counts) if end is not None else {}
    words = {"good": "ok", "unwanted": "not wanted", "left": "not started"}
    counts = {words.get(kind, kind): count for kind, count in said.items() if count}
    return counts, sum(counts.values())


def seconds_of(record: RunRecord) -> float | None:
    """Return how long the processes of a run took; None if one was killed, or goes on."""
    ends = [session.end for session in record.sessions]
    return None if None in ends else sum(end.duration for end in ends if end is not None)


def run_fields(record: RunRecord, state: RunState | None) -> dict[str, Any]:
    """Return what is known of a run, for programs."""
    counts, jobs = counts_of(record, state)
    return {
        "run": record.name,
        "result": result_of(record, alive=state is not None and state.alive),
        "label": label_of(record),
        "began_at": record.sessions[0].began_at,
        "duration": seconds_of(record),
        "jobs": jobs,
        "counts": counts,
        "targets": list(record.sessions[0].about.get("targets") or ()),
        "sessions": [
            {
                "began_at": one.began_at,
                "ended_at": one.end.at if one.end is not None else None,
                "duration": one.end.duration if one.end is not None else None,
                "signum": one.end.signum if one.end is not None else 0,
                "cause": one.end.cause if one.end is not None else "",
                "host": one.host,
                "pid": one.pid,
                "version": one.version,
            }
            for one in record.sessions
        ],
    }
