"""Where a workflow comes from, and the mistakes found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from treadle.errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Callable

    from treadle.workflow.words import Path

_MAX_SHOWN = 50


@dataclass(slots=True)
class Origin:
    """A name to show, and the lines on which things stand.

    `find_lines` reads the lines of a file the first time they are asked for:
    a file without mistakes never pays for them.
    """

    label: str = "<workflow>"
    find_lines: Callable[[], dict[Path, int]] | None = None
    prefix: Path = ()
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of the innermost known place around `path`; 0 if none is known."""
        if self.find_lines is not None:
            self.lines.update(self.find_lines())
            self.find_lines = None
        whole = (*self.prefix, *path)
        for length in range(len(whole), 0, -1):
            if found := self.lines.get(whole[:length]):
                return found
        return 0

    def place(self, line: int) -> str:
        """Return ``file:line``, or the file alone when the line is not known."""
        return f"{self.label}:{line}" if line else self.label


class Mistakes:
    """Collects mistakes and raises them all at once, in the order of the lines."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.found: dict[tuple[int, str], None] = {}
        self._paths: set[Path] = set()

    def __call__(self, path: Path, message: str) -> None:
        """Note one mistake."""
        self.found[self.origin.line(path), message] = None
        self._paths.update(path[:length] for length in range(1, len(path) + 1))

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
        inorder = sorted(self.found, key=lambda place_and_text: place_and_text[0])
        messages = [f"{self.origin.place(line)}: {text}" for line, text in inorder[:_MAX_SHOWN]]
        if len(inorder) > _MAX_SHOWN:
            messages.append(f"{self.origin.label}: … and {len(inorder) - _MAX_SHOWN} more mistakes")
        raise WorkflowError(*messages)
