"""The graphs that benchmarks run: ids from 0, each with the ids it needs."""

from __future__ import annotations

WIDTH = 100

Graph = list[tuple[int, list[int]]]


def chain(n: int) -> Graph:
    """Each job needs the one before it."""
    return [(i, [i - 1] if i else []) for i in range(n)]


def wide(n: int) -> Graph:
    """No job needs another."""
    return [(i, []) for i in range(n)]


def layers(n: int) -> Graph:
    """Layers of 100 jobs, each of which needs three of the layer before."""
    return [(i, _above(i) if i >= WIDTH else []) for i in range(n)]


def tree(n: int) -> Graph:
    """A binary tree from the root down: each job sets two free."""
    return [(i, [(i - 1) // 2] if i else []) for i in range(n)]


def _above(i: int) -> list[int]:
    first = (i // WIDTH - 1) * WIDTH
    return [first + (i * 7 + j * 13) % WIDTH for j in range(3)]


SHAPES = {"wide": wide, "layers": layers, "tree": tree, "chain": chain}
