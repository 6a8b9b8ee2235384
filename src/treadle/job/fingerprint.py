"""Fingerprints for programs: what an action is made of, kept in a folder between walks."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from treadle.job.walk import Walk
from treadle.store.digest import digest_of
from treadle.store.files import Files
from treadle.store.fingerprint import changes, fingerprint_of

if TYPE_CHECKING:
    from treadle.dag import DAG
    from treadle.engine import VertexID

logger = logging.getLogger("treadle.job.walk")

_MOST = 64 << 20  # bytes


class Fingerprint:
    """What an action is made of, and what it made; equal if all of that is.

    Args:
        parts: digests by what they are of; as `add` and the others make them.
        files: knows the digests of files; to be shared by the fingerprints of a program.

    Attributes:
        parts: those, and what was added since.
    """

    def __init__(self, parts: Mapping[str, str] | None = None, files: Files | None = None) -> None:
        self.parts = dict(parts or {})
        self._files = Files() if files is None else files

    def add(self, name: str, value: Any) -> Self:
        """Add something that counts: a version, a command, an option.

        Args:
            name: what it is, one word: `changes` says it.
            value: anything that JSON can hold.

        Raises:
            TypeError: the value is something else.
        """
        text = json.dumps(value, sort_keys=True)
        self.parts[name] = digest_of(text.encode())
        return self

    def add_file(self, path: str | os.PathLike[str]) -> Self:
        """Add the content of a file, of all files of a folder, or of those that a glob matches.

        Raises:
            OSError: it is there and cannot be read.
        """
        return self._add_state("input", path)

    def add_output(self, path: str | os.PathLike[str]) -> Self:
        """Add what the action makes: if that is not there any more, or is altered, it runs again.

        Raises:
            OSError: it is there and cannot be read.
        """
        return self._add_state("output", path)

    @property
    def digest(self) -> str:
        """All parts in one: 32 hexadecimal digits."""
        return fingerprint_of(self.parts)

    @property
    def made(self) -> str:
        """What others see of it: the outputs in one; without any, all parts."""
        outputs = {name: part for name, part in self.parts.items() if name.startswith("output ")}
        return fingerprint_of(outputs or self.parts)

    def changes(self, before: Fingerprint) -> list[str]:
        """Say in words what is different from an earlier one: ``input a.c changed``."""
        return changes(before.parts, self.parts)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON, at once.

        Raises:
            OSError: it cannot be written.
        """
        made = f"{os.fspath(path)}.{os.getpid()}.new"
        try:
            with open(made, "w", encoding="utf-8") as file:
                json.dump({"digest": self.digest, "parts": self.parts}, file)
            os.replace(made, path)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(made)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self | None:
        """Read what `save` wrote; None if it is not there, damaged, or of another version."""
        try:
            with open(path, encoding="utf-8") as file:
                saved = json.loads(file.read(_MOST))
            found = cls(saved["parts"])
            return found if found.digest == saved["digest"] else None
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self.parts == other.parts

    __hash__ = None  # type: ignore[assignment]  # it may still grow

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.digest})"

    def _add_state(self, kind: str, path: str | os.PathLike[str]) -> Self:
        for name, digest in self._files.state("", [os.fspath(path)]).items():
            self.parts[f"{kind} {name}"] = digest
        return self


class FingerprintWalk(Walk):
    """A walk that keeps fingerprints itself: an action runs if what it is made of changed.

    A derived class defines `create_job` and `describe`. What the actions before have made counts,
    too: an action whose outputs are what they were leaves those that follow alone.

    Args:
        actions: the graph.
        folder: for the fingerprints; made if it is not there.
    """

    def __init__(self, actions: DAG, folder: str | os.PathLike[str]) -> None:
        self.folder = os.fspath(folder)
        self.files = Files()
        os.makedirs(self.folder, exist_ok=True)
        super().__init__(actions)

    def describe(self, uid: VertexID, data: Any, fingerprint: Fingerprint) -> None:
        """Add what an action is made of to its fingerprint, and what it makes.

        It is asked before an action runs, and after.
        """

    def compute_fingerprint(
        self, uid: VertexID, data: Any, is_prediction: bool = False
    ) -> Fingerprint | None:
        """The fingerprint of an action; None if one that it needs has none."""
        del is_prediction
        fingerprint = Fingerprint(files=self.files)
        self.describe(uid, data, fingerprint)
        for before in self.actions.get_predecessors(uid):
            known = self.new_fingerprints.get(before)
            if known is None:
                return None
            fingerprint.parts[f"job {before}"] = known.made
        return fingerprint

    def save_fingerprint(self, uid: VertexID, fingerprint: Fingerprint | None) -> None:
        """Keep the fingerprint in the folder.

        Raises:
            OSError: the one before cannot be removed, and would be believed.
        """
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(uid))
        if fingerprint is not None:
            try:
                fingerprint.save(self._path(uid))
            except OSError as error:
                logger.warning("the fingerprint of '%s' is not kept: %s", uid, error)

    def load_previous_fingerprint(self, uid: VertexID) -> Fingerprint | None:
        """The fingerprint in the folder."""
        return Fingerprint.load(self._path(uid))

    def _path(self, uid: VertexID) -> str:
        # Names of actions are data: they never become names of files.
        name = f"{type(uid).__name__} {uid}".encode("utf-8", "surrogatepass")
        return os.path.join(self.folder, f"{digest_of(name)}.json")
