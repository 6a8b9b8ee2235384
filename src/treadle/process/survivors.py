"""Processes of a run whose scheduler and warden are both gone: found by their environment."""

from __future__ import annotations

import contextlib
import os


def with_variable(name: str, beginning: str) -> list[int]:
    """Return the processes in whose environment a variable has a value that begins so.

    Args:
        name: of the variable, as it was when a process was started.
        beginning: of its value.

    Returns:
        Their ids, without our own; nothing where there is no /proc.
    """
    wanted = b"\0" + os.fsencode(f"{name}={beginning}")
    found: list[int] = []
    try:
        entries = os.listdir("/proc")
    except OSError:
        return found
    for entry in entries:
        if entry.isdecimal() and int(entry) != os.getpid():
            # It may end at any moment, or be somebody else's.
            with contextlib.suppress(OSError), open(f"/proc/{entry}/environ", "rb") as file:
                if wanted in b"\0" + file.read():
                    found.append(int(entry))
    return sorted(found)
