"""What has to run after an edit, decided as naively as can be: by keeping everything.

A world has files and jobs. The oracle has them in memory, in dictionaries: it compares texts
with texts, never digests or times, and knows nothing of how treadle decides.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeAlias

WITNESS = "witness"
Disk: TypeAlias = dict[str, tuple[str, bool]]
"""The text of each file, and whether it is a program, by path; links are followed."""


@dataclass(frozen=True)
class Spec:
    """A job: it writes to its outputs a number that is made of all that it reads.

    Attributes:
        name: of the job.
        needs: what has to be over before.
        inputs: names of files, folders (ending in a slash) and patterns.
        outputs: names of files, and of folders, ending in a slash.
        recipe: what is done with it.
        most: there are so many different numbers: few make that outputs stay the same.
        takes: the job whose value it takes.
        is_command: it is a program and no function.
    """

    name: str
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    recipe: str = "0"
    most: int = 1 << 30
    takes: str = ""
    is_command: bool = False


def number_of(recipe: str, most: int, read: Mapping[str, tuple[str, bool]], value: str) -> int:
    """What a job makes of what it reads."""
    return zlib.crc32(repr((recipe, sorted(read.items()), value)).encode()) % most


def made_by(outputs: Sequence[str], number: int) -> Disk:
    """The files that a job writes."""
    made: Disk = {}
    for path in outputs:
        names = [f"{path}{n}" for n in range(1 + number % 3)] if path.endswith("/") else [path]
        made |= dict.fromkeys(names, (f"{number}\n", False))
    return made


def read_disk(patterns: Sequence[str], disk: Mapping[str, tuple[str, bool]]) -> Disk:
    """What some names, folders and patterns stand for."""
    found: Disk = {}
    for pattern in patterns:
        for path, content in disk.items():
            beneath = pattern.endswith("/") and path.startswith(pattern)
            if beneath or path == pattern or ("*" in pattern and fnmatchcase(path, pattern)):
                found[path] = content
    return found


def whole_disk() -> Disk:
    """All files beneath the working directory but those of treadle."""
    disk: Disk = {}
    for folder, folders, names in os.walk("."):
        folders[:] = [name for name in folders if name != ".treadle"]
        for name in names:
            path = os.path.normpath(os.path.join(folder, name))
            with open(path) as file:
                disk[path] = file.read(), bool(os.stat(path).st_mode & 0o100)
    disk.pop(WITNESS, None)
    return disk


def work(name: str, words: dict[str, Any], value: str = "") -> str:
    """Do what a job does, for real; return the number, as a text."""
    with open(WITNESS, "a") as witness:
        witness.write(f"{name}\n")
    if os.path.exists(f"fails/{name}"):
        raise RuntimeError("it was to fail")
    number = number_of(
        words["recipe"], words["most"], read_disk(words["inputs"], whole_disk()), value
    )
    for path in words["outputs"]:
        if path.endswith("/"):
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink(missing_ok=True)
    for path, (text, _) in made_by(words["outputs"], number).items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        Path(path).write_text(text)
    return str(number)


@dataclass
class Good:
    """The last good attempt of a job: what it was made of, what it made, what it returned."""

    snapshot: Any
    outputs: Disk
    value: str


@dataclass
class Told:
    """What is expected of a run.

    Attributes:
        ran: the jobs that run.
        good: those of them that are good.
        failed: jobs that fail.
        disk: all files after it.
    """

    ran: set[str] = field(default_factory=set)
    good: dict[str, Good] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    disk: Disk = field(default_factory=dict)


class Oracle:
    """Knows every good attempt; tells what a run will do.

    Args:
        has_cache: outputs of earlier states are put back.
    """

    def __init__(self, *, has_cache: bool) -> None:
        self.good: dict[str, Good] = {}
        self._has_cache = has_cache
        self._ever: dict[str, list[Good]] = {}

    def keep(self, name: str, good: Good) -> None:
        """Note a good attempt."""
        self.good[name] = good
        self._ever.setdefault(name, []).append(good)

    def tell(
        self,
        specs: Mapping[str, Spec],
        chosen: Sequence[str],
        disk: Disk,
        *,
        always: bool = False,
        standing: Mapping[str, Good] = {},
    ) -> Told:
        """Play a run in memory.

        Args:
            specs: the jobs, each after those that it needs.
            chosen: the names of those that are to run, in that order.
            disk: all files.
            always: every job runs.
            standing: what was good in the run that is resumed.
        """
        told = Told(disk=dict(disk))
        snapshots: dict[str, Any] = {}
        values: dict[str, str] = {}
        bad: set[str] = set()
        for name in chosen:
            spec = specs[name]
            if bad.intersection(spec.needs):
                bad.add(name)
                continue
            read = read_disk(spec.inputs, told.disk)
            missing = any(path[-1] != "/" and "*" not in path and path not in read
                          for path in spec.inputs)  # fmt: skip
            snapshot = self._snapshot(spec, specs, told.disk, read, snapshots, values)
            snapshots[name] = snapshot
            known = None if missing else self._known(spec, snapshot, told.disk, always, standing)
            if known is not None:
                self._put(spec, known.outputs, told.disk)
                values[name] = known.value
                if known is not self.good.get(name):
                    self.keep(name, known)
                continue
            if not missing:
                told.ran.add(name)
            if missing or f"fails/{name}" in disk:
                bad.add(name)
                told.failed.add(name)
                continue
            number = number_of(spec.recipe, spec.most, read, values.get(spec.takes, ""))
            made = made_by(spec.outputs, number)
            self._put(spec, made, told.disk)
            values[name] = str(number)
            told.good[name] = Good(snapshot, made, str(number))
        return told

    def _snapshot(
        self,
        spec: Spec,
        specs: Mapping[str, Spec],
        disk: Disk,
        read: Disk,
        snapshots: Mapping[str, Any],
        values: Mapping[str, str],
    ) -> Any:
        taken = {
            need: read_disk(specs[need].outputs, disk) if specs[need].outputs else snapshots[need]
            for need in spec.needs
        }
        return replace(spec, needs=()), read, taken, values.get(spec.takes)

    def _known(
        self, spec: Spec, snapshot: Any, disk: Disk, always: bool, standing: Mapping[str, Good]
    ) -> Good | None:
        """What is known of the job as it is, if it need not run."""
        stands = standing.get(spec.name)
        there = read_disk(spec.outputs, disk)
        last = self.good.get(spec.name)
        if stands and stands.snapshot == snapshot and (not last or last.outputs == there):
            return stands
        if always or not (spec.inputs or spec.outputs):
            return None
        if last and last.snapshot == snapshot and last.outputs == there:
            return last
        earlier = self._ever.get(spec.name, ()) if self._has_cache and spec.outputs else ()
        return next((good for good in earlier if good.snapshot == snapshot), None)

    def _put(self, spec: Spec, made: Disk, disk: Disk) -> None:
        for path in read_disk(spec.outputs, disk):
            del disk[path]
        disk |= made


def in_order(specs: Mapping[str, Spec], targets: Sequence[str]) -> list[str]:
    """Return the targets and all that they need, each after what it needs."""

    def needed(name: str) -> Iterator[str]:
        for need in specs[name].needs:
            yield from needed(need)
        yield name

    wanted = {name for target in targets for name in needed(target)}
    return [name for name in specs if name in wanted]
