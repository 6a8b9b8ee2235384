"""Which modules the generated reference shows: the public ones, each thing once."""

from __future__ import annotations

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
    "treadle.status",
    "treadle.testing",
    "treadle.testing.dags",
    "treadle.workflow",
}
# Classes whose base is not public itself: what they inherit is shown with them.
WITH_INHERITED = ("treadle.job.scheduler.Scheduler.", "treadle.dag.DAG.")


def skip(_: Any, kind: str, name: str, obj: Any, skipped: bool, __: Any) -> bool | None:
    """Say what is left out; None leaves it to autoapi."""
    if kind in ("module", "package"):
        # The parents have to be there for what is in them.
        return not (name in PUBLIC or any(public.startswith(f"{name}.") for public in PUBLIC))
    if obj.inherited:
        return skipped or not name.startswith(WITH_INHERITED)
    owner, _, short = name.rpartition(".")
    home, _, _ = str(obj.obj.get("full_name", name)).rpartition(".")
    if home != owner and home in PUBLIC:
        return True
    if owner == "treadle" or short in ("logger", "T", "SYSTEM"):
        return owner != "treadle.job.scheduler"
    return skipped or None


def setup(app: Sphinx) -> ExtensionMetadata:
    """Called by Sphinx."""
    app.connect("autoapi-skip-member", skip)
    return {"parallel_read_safe": True}
