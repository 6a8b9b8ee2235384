"""Directed acyclic graphs, and iterators that hand out vertices in dependency order."""

from __future__ import annotations

from treadle.dag.edges import VertexID
from treadle.dag.graph import DAG
from treadle.dag.iterator import DAGIterator
from treadle.errors import DAGError

__all__ = ["DAG", "DAGError", "DAGIterator", "VertexID"]
