"""What an attempt that was cut short has left of its outputs.

Half a file looks like a whole one to every program but the one that wrote it. So what such an
attempt wrote is removed, unless the job says `partial_outputs = "keep"`. Three kinds of files
are never removed: what it did not change; what was there before, and was not made by treadle
(a job may append to somebody's file); and what the job also reads (it changes it in place).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from treadle.report.text import cut
from treadle.store.fingerprint import MISSING

if TYPE_CHECKING:
    from treadle.store.files import Files
    from treadle.store.records import Product
    from treadle.workflow import PlannedJob

_MAX_TEXT = 300


def present(job: PlannedJob, files: Files, patterns: Iterable[str]) -> dict[str, str]:
    """Return the digests of the files of a job that are there; nothing of what cannot be read."""
    found: dict[str, str] = {}
    for pattern in patterns:
        with contextlib.suppress(OSError):
            found |= files.state(str(job.cwd), (pattern,))
    return {path: digest for path, digest in found.items() if digest != MISSING}


def not_ours(there: Mapping[str, str], product: Product | None) -> list[str]:
    """Return of the outputs that are there those that no good attempt of the job made."""
    made = product.outputs if product is not None else {}
    return [path for path, digest in there.items() if made.get(path) != digest]


def clear(job: PlannedJob, files: Files, product: Product | None, theirs: Iterable[str]) -> str:
    """Deal with what an attempt left that was cut short; return what to say of it, or nothing.

    Args:
        job: whose attempt it was.
        files: knows the digests of files.
        product: what the last good attempt made.
        theirs: the outputs that were there before and that no run made.
    """
    changed = not_ours(present(job, files, job.outputs), product)
    if not changed:
        return ""
    kept = {*theirs, *present(job, files, job.inputs)}
    if job.partial_outputs == "keep":
        kept |= set(changed)
    removed = [path for path in changed if path not in kept and _remove(job.cwd / path)]
    return _said(job.name, {
        "removed": removed,
        "kept": [path for path in changed if path not in removed],
    })  # fmt: skip


def _remove(path: Path) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True


def _said(name: str, what: Mapping[str, list[str]]) -> str:
    parts = [f"{word} {', '.join(map(repr, paths))}" for word, paths in what.items() if paths]
    return cut(f"'{name}' was cut short: of its outputs, {'; '.join(parts)}", _MAX_TEXT)
