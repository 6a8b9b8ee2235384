"""Which modules the generated reference shows: the public ones, each thing once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sphinx.util.typing import ExtensionMetadata

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PUBLIC = {
    "treadle.clock",
    "treadle.dag",
    "treadle.e3",
    "treadle.engine",
    "treadle.errors",
    "treadle.executors",
    "treadle.job",
    "treadle.job.scheduler",
    "treadle.job.walk",
    "treadle.process",
    "treadle.runner",
    "treadle.runner.workflow",
    "treadle.status",
    "treadle.store",
    "treadle.testing",
    "treadle.testing.dags",
    "treadle.workflow",
}
# Type variables, which are nothing to use.
PRIVATE = {"treadle.clock.T", "treadle.runner.workflow.FunctionT"}
# Classes whose base is not public itself: what they inherit is shown with them.
WITH_INHERITED = ("treadle.job.scheduler.Scheduler.", "treadle.dag.DAG.")


def skip(_: Any, kind: str, name: str, obj: Any, skipped: bool, __: Any) -> bool | None:
    """Say what is left out; None leaves it to autoapi."""
    if kind in ("module", "package"):
        return name not in PUBLIC
    if obj.inherited:
        return skipped or not name.startswith(WITH_INHERITED)
    owner = name.rpartition(".")[0]
    if obj.imported:
        # A package shows what is in it; a module shows what is its own.
        home = str(obj.obj["original_path"]).rpartition(".")[0]
        return home in PUBLIC or not home.startswith(f"{owner}.")
    return skipped or name in PRIVATE or None


def mend(_: Any, what: str, ___: str, ____: Any, _____: Any, lines: list[str]) -> None:
    """Write for reStructuredText and napoleon what reads well in the source."""
    # A plural may follow a name in backquotes.
    lines[:] = [re.sub(r"(?<=\w`)s\b", r"\\ s", line) for line in lines]
    if what in ("attribute", "data", "property"):
        # An empty comment first: else what stands before a colon is taken for a type.
        lines[:0] = ["..", ""]


_VARIABLE = re.compile(r"^:ivar (\w+): (.*(?:\n[ ]+\S.*)*)\n?", re.MULTILINE)


def hand_out(owner: Any) -> str:
    """Put what a class says of its attributes where they are shown; return the rest of it."""
    bare = {child.short_name: child for child in owner.children if not child.docstring.strip()}

    def move(match: re.Match[str]) -> str:
        child = bare.get(match[1])
        if child is None:
            return match[0]
        child.docstring = f"{match[2][:1].upper()}{match[2][1:]}"
        return ""

    return _VARIABLE.sub(move, str(owner.docstring))


class Filters:
    """Makes `hand_out` known to the templates; an object, since functions cannot be cached."""

    def __call__(self, environment: Any) -> None:
        """Called by autoapi."""
        environment.filters["hand_out"] = hand_out


def _use_filters(_: Any, config: Any) -> None:
    config.autoapi_prepare_jinja_env = Filters()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Called by Sphinx."""
    app.connect("config-inited", _use_filters)
    app.connect("autoapi-skip-member", skip)
    app.connect("autodoc-process-docstring", mend, priority=400)
    return {"parallel_read_safe": True}
