"""`when`: whether a job is wanted at all, here and now."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

SYSTEMS = {"linux": "linux", "macos": "darwin", "windows": "win32"}
"""Names of systems, and what Python calls them."""


class Condition(Struct, frozen=True, kw_only=True):
    """All of it must hold; what is empty holds.

    Attributes:
        os: names of systems, of which one is this one.
        env: variables and what they must be: one of the texts; True for set and not
            empty, False for not set or empty.
        exists: files or folders that are there.
        missing: files or folders that are not there.
    """

    os: tuple[str, ...] = ()
    env: dict[str, bool | tuple[str, ...]] = {}
    exists: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def unmet(self, env: Mapping[str, str], folder: Path) -> str:
        """Say what does not hold; nothing if all does.

        Args:
            env: the environment of the job.
            folder: where its relative paths start.
        """
        if self.os and sys.platform not in {SYSTEMS[name] for name in self.os}:
            return f"only on {' or '.join(self.os)}"
        for name, wanted in self.env.items():
            if unmet := _unmet(name, wanted, env.get(name, "")):
                return unmet
        for path in self.exists:
            if not (folder / path).exists():
                return f"only when '{path}' exists"
        for path in self.missing:
            if (folder / path).exists():
                return f"only when '{path}' does not exist"
        return ""


def _unmet(name: str, wanted: bool | tuple[str, ...], value: str) -> str:
    if isinstance(wanted, bool):
        return "" if bool(value) is wanted else f"only when {name} is {'not ' * (not wanted)}set"
    return "" if value in wanted else f"only when {name} is {' or '.join(wanted)}"
