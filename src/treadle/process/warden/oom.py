"""Whether the kernel's memory controller has killed something here."""

from __future__ import annotations

import os

_FILES = ("memory.events", "memory.oom_control")
_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/memory")


class OomCount:
    """How often, in the control group of this process."""

    def __init__(self) -> None:
        self._path = _find()
        self._seen = self._count()

    def rose(self) -> bool:
        """Whether there were more since this was last asked."""
        if self._path is None:
            return False
        before, self._seen = self._seen, self._count()
        return self._seen > before

    def _count(self) -> int:
        if self._path is None:
            return 0
        try:
            with open(self._path, "rb") as file:
                words = file.read().split()
        except OSError:
            return 0
        pairs = dict(zip(words[::2], words[1::2], strict=False))
        return int(pairs.get(b"oom_kill", b"0"))


def _find() -> str | None:
    try:
        with open("/proc/self/cgroup", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        for root in _ROOTS:
            for name in _FILES:
                found = f"{root}{path}/{name}"
                if os.access(found, os.R_OK):
                    return found
    return None
