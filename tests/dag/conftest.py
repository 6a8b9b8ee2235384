from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from treadle.dag import DAG

if TYPE_CHECKING:
    from collections.abc import Callable


def _build(text: str) -> DAG:
    dag = DAG()
    for word in text.split():
        vertex, _, before = word.partition(":")
        predecessors = before.split(",") if before else None
        dag.update_vertex(vertex, vertex.upper(), predecessors, enable_checks=False)
    return dag


@pytest.fixture(scope="session")
def build() -> Callable[[str], DAG]:
    """A DAG from words like `c:a,b`: vertex c, data C, predecessors a and b; unchecked."""
    return _build
