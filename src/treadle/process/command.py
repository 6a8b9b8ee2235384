"""What a program and its environment may be, checked before anything is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from treadle.errors import ProcessError

_ENCODING = sys.getfilesystemencoding()
_ERRORS = sys.getfilesystemencodeerrors()


def encoded(text: str) -> bytes:
    """What `os.fsencode` gives for a text, in a third of the time."""
    return text.encode(_ENCODING, _ERRORS)


def checked_command(cmds: Sequence[str]) -> list[str]:
    """The program and its arguments as texts.

    Raises:
        ProcessError: they are not what a command is.
    """
    if isinstance(cmds, str | bytes) or not isinstance(cmds, Sequence):
        raise ProcessError(f"a command is a list of strings, not {cmds!r}")
    if not cmds:
        raise ProcessError("the command is empty")
    found = []
    for part in cmds:
        try:
            found.append(part if part.__class__ is str else os.fsdecode(part))
        except TypeError:
            raise ProcessError(
                f"a command is a list of strings; {part!r} in {cmds!r} is not one"
            ) from None
    return found


def checked_variables(env: Mapping[str, str] | None) -> dict[bytes, bytes]:
    """Variables as the kernel takes them.

    Raises:
        ProcessError: one is not a pair of texts.
    """
    found = {}
    for name, value in (env or {}).items():
        try:
            if name.__class__ is str and value.__class__ is str:
                found[encoded(name)] = encoded(value)
            else:
                found[os.fsencode(name)] = os.fsencode(value)
        except TypeError:
            raise ProcessError(
                f"the environment has {name!r} = {value!r}; both must be strings"
            ) from None
    return found
