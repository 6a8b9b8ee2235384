"""The files that a workflow is made of, each with the prefix that its jobs get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as Folder

from treadle.workflow import envfile, source
from treadle.workflow.declaration import Declaration
from treadle.workflow.origin import Mistakes
from treadle.workflow.words import Path


@dataclass(frozen=True, slots=True)
class Unit:
    """One file of a workflow.

    Attributes:
        said: what it says.
        prefix: what the names of its jobs begin with; empty for the main file.
        folder: where its relative paths start.
        place: where it is included.
        outer_env: environment that the files around it give to all jobs.
        mistakes: takes what is wrong.
        env: what all its jobs have; one dictionary for all that add nothing to it.
        plain: no value of `env` has an expression.
        files: the variables of each file that some job names, read once.
    """

    said: Declaration
    prefix: str
    folder: Folder
    place: Path
    outer_env: dict[str, str | int | float]
    mistakes: Mistakes
    env: dict[str, str] = field(init=False)
    plain: bool = field(init=False)
    files: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Work out what is the same for all jobs."""
        both = {**self.outer_env, **self.said.env}
        object.__setattr__(self, "env", {name: str(value) for name, value in both.items()})
        object.__setattr__(self, "plain", not any("${{" in value for value in self.env.values()))

    def variables(self, name: str) -> dict[str, str]:
        """Return what is in a file of variables.

        Raises:
            WorkflowError: it cannot be read, or is no such file.
        """
        if name not in self.files:
            path = self.folder / name
            self.files[name] = envfile.read(path, source.label_of(path))
        return self.files[name]

    def note(self, path: Path, message: str) -> None:
        """Note one mistake; the path is that in this file."""
        self.mistakes((*self.place, *path), message)

    def touch(self, path: Path) -> bool:
        """Tell whether something in `path` is wrong already."""
        return self.mistakes.touch((*self.place, *path))


def units(said: Declaration, folder: Folder, mistakes: Mistakes) -> Iterator[Unit]:
    """Yield a workflow's files, the main one first, each before those that it includes."""
    yield from _below(Unit(said, "", folder, (), {}, mistakes))


def _below(unit: Unit) -> Iterator[Unit]:
    yield unit
    for prefix, said in unit.said.included.items():
        yield from _below(
            Unit(
                said,
                f"{unit.prefix}{prefix}:",
                said.folder or unit.folder,
                (*unit.place, "include", prefix),
                dict(unit.env),
                unit.mistakes,
            )
        )
