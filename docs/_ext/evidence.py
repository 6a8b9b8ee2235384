"""Names of tests in the pages: the role `{test}` checks them, `tests-by-fault` lists them."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes  # type: ignore[import-untyped]  # has no types
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.typing import ExtensionMetadata

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]

_TEST = re.compile(r"^ *(?:async )?def (test_\w+)\(", re.MULTILINE)
_FAULT = re.compile(r"test_([a-j]\d\d)(?=_)", re.IGNORECASE)
# In these folders d01, c03 and so on are defects of the seed, not faults of the matrix.
_DEFECTS = ("tests/seed/", "tests/dag/")


@cache
def tests() -> dict[str, str]:
    """The file of each test by the test's name."""
    found: dict[str, str] = {}
    for file in sorted((ROOT / "tests").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        found |= dict.fromkeys(_TEST.findall(text), file.relative_to(ROOT).as_posix())
    return found


class TestRole(SphinxRole):
    """`` {test}`test_name` ``; a build with warnings as errors fails when there is no such test."""

    __test__ = False

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        file = tests().get(self.text)
        if file is None:
            message = self.inliner.reporter.warning(
                f"there is no test {self.text!r} in tests/", line=self.lineno
            )
            return [], [message]
        node = nodes.literal(self.rawtext, "", *_breakable(self.text), classes=["test"])
        return [nodes.abbreviation("", "", node, explanation=file)], []


def _breakable(name: str) -> list[nodes.Node]:
    """The words of a long name, between which a line may end."""
    words = re.findall(r"[^_]*_|[^_]+", name)
    breaks: list[nodes.Node] = [nodes.raw("", "<wbr>", format="html") for _ in words]
    texts: list[nodes.Node] = [nodes.Text(word) for word in words]
    return [node for pair in zip(texts, breaks, strict=True) for node in pair][:-1]


class TestsByFault(SphinxDirective):
    """A list of the tests whose names begin with an id of the fault matrix."""

    __test__ = False

    def run(self) -> list[nodes.Node]:
        by_fault: dict[str, list[str]] = defaultdict(list)
        for name, file in tests().items():
            match = _FAULT.match(name)
            if match and (not file.startswith(_DEFECTS) or match[1][0].isupper()):
                by_fault[match[1].upper()].append(f"{{test}}`{name}`")
        rows = [f"| {fault} | {', '.join(by_fault[fault])} |" for fault in sorted(by_fault)]
        return self.parse_text_to_nodes("\n".join(["| id | tests |", "| --- | --- |", *rows]))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Called by Sphinx."""
    app.add_role("test", TestRole())
    app.add_directive("tests-by-fault", TestsByFault)
    app.connect("builder-inited", _forget)
    return {"parallel_read_safe": True}


def _forget(_: Any) -> None:
    tests.cache_clear()
