"""What the logs of a service that builds understand: blocks that fold, and failures.

GitHub takes any line of the output that begins with ``::``, or holds ``##[``, for a command.
What a job writes must not be one: each line that is not ours is changed so that it is none.
GitLab looks for escape sequences, which a job cannot write: they are made visible.

Sources: "Workflow commands for GitHub Actions", docs.github.com, and ``ActionCommand.cs`` in
github.com/actions/runner; "Custom collapsible sections", docs.gitlab.com.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count

from treadle.clock import SYSTEM
from treadle.report.feed import JobEnded

_AT_START = re.compile(r"\W*::")


class Marks:
    """Marks nothing: a terminal, or a file."""

    def plain(self, text: str) -> str:
        """Return a line so that it is taken for no command."""
        return text

    def begin(self, title: str) -> str:  # noqa: ARG002 -- others use it
        """Return what stands before a block of output."""
        return ""

    def end(self) -> str:
        """Return what stands behind it."""
        return ""

    def failure(self, fact: JobEnded) -> str:  # noqa: ARG002 -- others use it
        """Return what tells of a failure."""
        return ""


class GitHub(Marks):
    """Workflow commands."""

    def plain(self, text: str) -> str:
        """Return a line so that it is taken for no command."""
        if "::" not in text and "##[" not in text:
            return text
        text = text.replace("##[", "## [")
        return f"| {text}" if _AT_START.match(text) else text

    def begin(self, title: str) -> str:
        """Return the command that opens a group."""
        return f"::group::{_data(title)}"

    def end(self) -> str:
        """Return the command that closes it."""
        return "::endgroup::"

    def failure(self, fact: JobEnded) -> str:
        """Return an annotation."""
        kind = "warning" if fact.allowed else "error"
        text = f"job '{fact.name}' failed: {fact.detail or fact.outcome}"
        return f"::{kind} title={_property(fact.name)}::{_data(text)}"


class GitLab(Marks):
    """Sections, folded until somebody opens them."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._name = ""

    def begin(self, title: str) -> str:
        """Return the mark that opens a section."""
        self._name = f"treadle_{next(self._numbers)}"
        start = f"section_start:{int(SYSTEM.stamp())}:{self._name}[collapsed=true]"
        return f"\x1b[0K{start}\r\x1b[0K{title}"

    def end(self) -> str:
        """Return the mark that closes it."""
        return f"\x1b[0Ksection_end:{int(SYSTEM.stamp())}:{self._name}\r\x1b[0K"


def marks_for(env: Mapping[str, str]) -> Marks:
    """Return what the service understands that runs this, if there is one."""
    if env.get("GITHUB_ACTIONS") == "true":
        return GitHub()
    return GitLab() if env.get("GITLAB_CI") == "true" else Marks()


def _data(text: str) -> str:
    # A lone surrogate, as in a name that is not UTF-8, cannot be written.
    text = text.encode("utf-8", "backslashreplace").decode()
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
