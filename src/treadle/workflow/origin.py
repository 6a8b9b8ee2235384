"""Where a workflow comes from, and the mistakes found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from treadle.errors import WorkflowError
from treadle.workflow.limits import MAX_MESSAGE, MAX_NOTED, MAX_SHOWN
from treadle.workflow.locate import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from treadle.workflow.words import Path

_NOWHERE = Place(0, 0)


class Spot(NamedTuple):
    """A place in one of the files of a workflow; spots sort as a reader meets them."""

    file: int
    line: int
    column: int
    label: str

    def __str__(self) -> str:
        """Return ``file:line:column``, without what is not known."""
        known = (part for part in (self.line, self.column) if part)
        return ":".join([self.label, *map(str, known)])


@dataclass(slots=True)
class Origin:
    """The name of a file, and the places in it; for Python the lines of its calls.

    `find_places` looks for paths in the text of a file, and is called only
    when there are mistakes: a file without them never pays for it.
    """

    label: str = "<workflow>"
    find_places: Callable[[Iterable[Path]], Mapping[Path, Place]] | None = None
    prefix: Path = ()
    lines: dict[Path, int] = field(default_factory=dict)
    adopted: dict[Path, tuple[Origin, Path]] = field(default_factory=dict)

    def adopt(self, path: Path, child: Origin, child_path: Path) -> None:
        """Say that what stands at `path`, and all in it, comes from `child_path` of another file.

        The innermost adopted path counts. Files are told apart by their
        origins: a file has one, however many of its tables are adopted.
        """
        self.adopted[path] = (child, child_path)

    def place_of(self, path: Path) -> Spot:
        """Return the innermost known place around `path`."""
        return self.places_of([path])[path]

    def places_of(self, paths: Iterable[Path]) -> dict[Path, Spot]:
        """Return the innermost known place around each path; every file is read through once."""
        inside: dict[int, dict[Path, Path]] = {}
        for path in paths:
            home, inner = self._home(path)
            inside.setdefault(id(home), {})[path] = inner
        found: dict[Path, Spot] = {}
        for number, file in enumerate(self._files()):
            inner_paths = inside.get(id(file), {})
            places = file._own_places(inner_paths.values())  # noqa: SLF001 -- of the same class
            for path, inner in inner_paths.items():
                found[path] = Spot(number, *places[inner], file.label)
        return found

    def _home(self, path: Path) -> tuple[Origin, Path]:
        for length in range(len(path), -1, -1) if self.adopted else ():
            if path[:length] in self.adopted:
                child, inner = self.adopted[path[:length]]
                return child._home((*inner, *path[length:]))  # noqa: SLF001 -- of the same class
        return self, path

    def _files(self) -> Iterator[Origin]:
        """Yield this file and all that it adopts, each once, in the order of adoption."""
        seen: set[int] = set()
        left = [self]
        while left:
            file = left.pop()
            if id(file) not in seen:
                seen.add(id(file))
                yield file
                left += [child for child, _ in reversed(file.adopted.values())]

    def _own_places(self, paths: Iterable[Path]) -> dict[Path, Place]:
        whole = {path: (*self.prefix, *path) for path in paths}
        known: dict[Path, Place] = {path: Place(line, 0) for path, line in self.lines.items()}
        if whole and self.find_places is not None:
            known.update(self.find_places(whole.values()))
        return {path: _innermost(inner, known) for path, inner in whole.items()}


def _innermost(path: Path, known: Mapping[Path, Place]) -> Place:
    around = (path[:length] for length in range(len(path), 0, -1))
    return next((known[path] for path in around if path in known), _NOWHERE)


class Mistakes:
    """Collects mistakes and raises them all at once, in the order of their places."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.found: dict[tuple[Path, str], None] = {}
        self._paths: set[Path] = set()

    def __call__(self, path: Path, message: str) -> None:
        """Note one mistake.

        Raises:
            WorkflowError: there are so many that the search for more ends.
        """
        self.found[path, message] = None
        self._paths.update(path[:length] for length in range(1, len(path) + 1))
        if len(self.found) > MAX_NOTED:
            self.stop()

    def touch(self, path: Path) -> bool:
        """Tell whether something in `path` is wrong, so that a consequence need not be told."""
        return path in self._paths

    def stop(self) -> None:
        """Raise what was found, if anything was.

        Raises:
            WorkflowError: with one message for each mistake.
        """
        if not self.found:
            return
        places = self.origin.places_of(path for path, _ in self.found)
        told = dict.fromkeys((places[path], text) for path, text in self.found)
        inorder = sorted(told, key=lambda spot_and_text: spot_and_text[0])
        messages = [f"{spot}: {_shortened(text)}" for spot, text in inorder[:MAX_SHOWN]]
        if len(self.found) > MAX_NOTED:
            messages.append(f"{self.origin.label}: … and more mistakes: the search ended there")
        elif len(inorder) > MAX_SHOWN:
            messages.append(f"{self.origin.label}: … and {len(inorder) - MAX_SHOWN} more mistakes")
        raise WorkflowError(*messages)


def _shortened(text: str) -> str:
    if len(text) <= MAX_MESSAGE:
        return text
    return f"{text[: MAX_MESSAGE - 200]} … {text[-200:]}"
