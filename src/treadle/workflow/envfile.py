"""Files with the environment of jobs: lines `NAME=value`, as many tools write and read them."""

from __future__ import annotations

import re
from pathlib import Path

from treadle.errors import WorkflowError
from treadle.workflow import source
from treadle.workflow.limits import MAX_ENV_FILE

_LINE = re.compile(
    r"""(?:export[ \t]+)?
        (?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*
        (?: '(?P<plain>[^']*)' | "(?P<double>(?:[^"\\]|\\.)*)" | (?P<bare>[^'"][^\n]*?)? )
        [ \t]*(?:(?:(?<=[ \t])|(?<=['"]))\#.*)?""",
    re.VERBOSE,
)
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
        match = _LINE.fullmatch(text)
        if match is None:
            raise WorkflowError(f"{label}:{number}: is not a line such as NAME=value")
        found[match["name"]] = _value(match)
    return found


def _value(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return _ESCAPE.sub(lambda m: _MEANT.get(m[1], m[1]), match["double"])
    return match["plain"] or match["bare"] or ""
