"""Files with the environment of jobs: lines `NAME=value`, as many tools write and read them."""

from __future__ import annotations

import re
from pathlib import Path

from treadle.errors import WorkflowError
from treadle.workflow import source
from treadle.workflow.limits import MAX_ENV_FILE

_NAME = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=")
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)\"""")
_REST = re.compile(r"[ \t]*(?:#.*)?")
_BEFORE_ASIDE = re.compile(r"[ \t]#")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"n": "\n", "t": "\t", "r": "\r"}


def read(path: Path, label: str) -> dict[str, str]:
    r"""Return the variables of a file.

    A value may stand in single quotes, where everything means itself, or in double quotes,
    where ``\n``, ``\t``, ``\r``, ``\"`` and ``\\`` are known. Nothing is put in for `$`. Empty
    lines are left out, and what follows a `#` at the beginning or after a space.

    Raises:
        WorkflowError: it cannot be read, or a line is none of these.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(source.read_text(path, label, MAX_ENV_FILE).splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name = _NAME.match(text)
        value = None if name is None else _value(text[name.end() :])
        if name is None or value is None:
            raise WorkflowError(f"{label}:{number}: is not a line such as NAME=value")
        found[name[1]] = value
    return found


def _value(said: str) -> str | None:
    """Return what stands behind a `=`; None if it is no value."""
    text = said.lstrip(" \t")
    if not text.startswith(("'", '"')):
        return _BEFORE_ASIDE.split(said, 1)[0].strip()
    quoted = _QUOTED.match(text)
    if quoted is None or not _REST.fullmatch(text, quoted.end()):
        return None
    if quoted[1] is not None:
        return quoted[1]
    return _ESCAPE.sub(lambda m: _MEANT.get(m[1], m[1]), quoted[2])
