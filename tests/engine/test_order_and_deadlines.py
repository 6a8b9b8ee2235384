from __future__ import annotations

from collections.abc import Hashable

from hypothesis import given
from hypothesis import strategies as st

from treadle.engine import NEVER, JobSpec, longest_remaining_path
from treadle.engine.deadlines import Deadlines
from treadle.engine.order import Line
from treadle.engine.readiness import Node
from treadle.testing.dags import Edges, predecessors


@given(st.lists(st.one_of(st.integers(-2, 2), st.none())))
def test_a_line_serves_by_key_and_then_by_arrival(steps: list[int | None]) -> None:
    """Compared with sorting a plain list; None takes one."""
    line, plain = Line(), list[tuple[int, int]]()
    for number, key in enumerate(steps):
        if key is not None:
            node = Node(number)
            node.spec = JobSpec()
            line.push(key, node)
            plain.append((key, number))
        head = line.head()
        plain.sort()
        assert (head.uid if head else None) == (plain[0][1] if plain else None)
        if key is None and head is not None:
            assert line.pop() is head
            plain.pop(0)
        assert [node.uid for node in line] == [number for _, number in plain]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.0, 3.0, NEVER]))))
def test_deadlines_are_those_set_last(changes: list[tuple[int, float]]) -> None:
    """Compared with a dictionary."""
    deadlines, items, plain = Deadlines(), [Node(n) for n in range(4)], dict[int, float]()
    for uid, at in changes:
        deadlines.set(items[uid], at)
        plain[uid] = at
        assert deadlines.next() == min((x for x in plain.values() if x != NEVER), default=None)
    due = [item.uid for item in deadlines.due(2.0) if isinstance(item, Node)]
    assert sorted(map(str, due)) == sorted(str(uid) for uid, at in plain.items() if at <= 2.0)


@given(predecessors())
def test_the_rank_is_the_number_of_jobs_on_the_longest_way_to_an_end(edges: Edges) -> None:
    ranks = longest_remaining_path(edges.items())

    for uid in edges:
        after = [ranks[other] for other, needs in edges.items() if uid in needs]
        assert ranks[uid] == 1 + max(after, default=0)


def test_ranks_may_be_weighted() -> None:
    weights: dict[Hashable, float] = {"a": 1.0, "b": 10.0, "c": 5.0}
    ranks = longest_remaining_path({"a": (), "b": ("a",), "c": ("a",)}.items(), weights.__getitem__)

    assert ranks == {"a": 11.0, "b": 10.0, "c": 5.0}
