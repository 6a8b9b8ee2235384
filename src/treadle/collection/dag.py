"""`treadle.dag` under the seed's name."""

from treadle.dag import DAG, DAGError, DAGIterator, VertexID

__all__ = ["DAG", "DAGError", "DAGIterator", "VertexID"]
