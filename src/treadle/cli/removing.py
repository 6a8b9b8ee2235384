"""How `treadle clean --outputs` removes what jobs made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from treadle.cli.options import open_plan
from treadle.cli.records import find_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treadle.cli.records import Place
    from treadle.report.terminal import Output
    from treadle.runner.incremental.removal import Removal
    from treadle.store.reader import Reader


def clean_outputs(out: Output, place: Place, jobs: Sequence[str], *, dry_run: bool) -> None:
    """Remove the outputs of jobs, or of all jobs, and tell each; what may not go is told, too."""
    from treadle.report.text import number
    from treadle.runner.incremental.removal import remove

    removed = kept = 0
    opened = place.store.read() if dry_run or not place.store.path.exists() else place.store.write()
    with opened as reader:
        for removal in _removals(reader, place, jobs):
            paths = [(p, None) for p in removal.paths] if dry_run else remove(removal)
            for path, error in paths:
                _tell(out, removal, path, "" if error is None else _why(error))
                removed, kept = removed + (error is None), kept + (error is not None)
            for path, why in removal.kept.items():
                _tell(out, removal, path, why)
                kept += 1
    left = f", kept {kept}" if kept else ""
    out.line(f"{'would remove' if dry_run else 'removed'} {number(removed, 'output')}{left}")


def _why(error: OSError) -> str:
    return f"cannot be removed: {(error.strerror or str(error)).lower()}"


def _tell(out: Output, removal: Removal, path: str, why: str) -> None:
    from treadle.report.text import safe

    where = os.path.relpath(removal.job.cwd / path)
    kept = f"  {out.paint(f'kept: it {why}', 'yellow')}" if why else ""
    out.line(f"  {safe(where)}{kept}")


def _removals(reader: Reader, place: Place, jobs: Sequence[str]) -> Iterator[Removal]:
    from treadle.runner.incremental.removal import removal_of
    from treadle.store.files import Files

    plan = open_plan(place.file)
    wanted = find_jobs(reader, place, jobs) if jobs else None
    files = Files(reader.files())
    for name, product in reader.products(wanted).items():
        job = plan.jobs.get(name)
        if job is not None and product.outputs:
            theirs = {path for one in reader.attempts(name) for path in one.start.theirs}
            yield removal_of(job, product, theirs, files)
