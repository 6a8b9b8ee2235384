"""Where things stand in a picture: clear of each other, in reading order, always the same."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.report.graph.coordinates import fitted
from treadle.report.graph.crossings import count_crossings, reduce_crossings
from treadle.report.graph.layers import MAX_HEIGHT, components, layers_of, linked
from treadle.report.graph.layout import Box, Layout, layout
from treadle.report.graph.routes import MAX_CELLS, Link, routed
from treadle.report.graph.widths import fitting, text_width

Sizes = list[tuple[float, float]]


@st.composite
def graphs(draw: st.DrawFn, most: int = 25) -> tuple[Sizes, list[Link]]:
    count = draw(st.integers(1, most))
    size = st.tuples(st.floats(20, 300), st.floats(20, 60))
    sizes = draw(st.lists(size, min_size=count, max_size=count))
    number = st.integers(0, count - 1)
    kind = st.sampled_from(["success", "success", "failure", "end"])
    # Any numbering is fine, not only one in which needs come first.
    order = draw(st.permutations(range(count)))
    drawn = draw(st.lists(st.tuples(number, number, kind), max_size=3 * count))
    links = [(order[min(a, b)], order[max(a, b)], on) for a, b, on in drawn if a != b]
    return sizes, list(dict.fromkeys(links))


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width - 0.01
        and other.x < one.x + one.width - 0.01
        and one.y < other.y + other.height - 0.01
        and other.y < one.y + one.height - 0.01
    )


def _overlapping(drawn: Layout) -> list[tuple[Box, Box]]:
    # Sorted by their left sides, only few come into question for each.
    boxes = sorted(drawn.boxes)
    return [
        (one, other)
        for i, one in enumerate(boxes)
        for other in boxes[i + 1 :]
        if other.x < one.x + one.width and _overlap(one, other)
    ]


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_no_two_nodes_overlap(graph: tuple[Sizes, list[Link]]) -> None:
    drawn = layout(*graph)
    assert not _overlapping(drawn)
    for (width, height), box in zip(graph[0], drawn.boxes, strict=True):
        assert box.width >= width - 1e-6
        assert box.height >= height - 1e-6


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_edges_lead_forwards_from_the_right_side_to_the_left(
    graph: tuple[Sizes, list[Link]],
) -> None:
    drawn = layout(*graph)
    for (first, second, _), way in zip(graph[1], drawn.ways, strict=True):
        begin, end = drawn.boxes[first], drawn.boxes[second]
        assert begin.x + begin.width < end.x
        assert way[0] == pytest.approx((begin.x + begin.width, begin.y + begin.height / 2))
        assert way[-1] == pytest.approx((end.x, end.y + end.height / 2))
        assert len(way) % 2 == 0
        assert all(one.x <= other.x for one, other in pairwise(way))


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_an_edge_passes_no_node_on_its_way(graph: tuple[Sizes, list[Link]]) -> None:
    drawn = layout(*graph)
    for way in drawn.ways:
        for line in zip(way[1:-1:2], way[2:-1:2], strict=True):
            (left, y), (right, level) = line
            assert y == level
            through = Box(left, y - 1, right - left, 2)
            assert not [box for box in drawn.boxes if _overlap(box, through)]


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_everything_is_inside(graph: tuple[Sizes, list[Link]]) -> None:
    drawn = layout(*graph)
    for box in drawn.boxes:
        assert -0.01 <= box.x <= box.x + box.width <= drawn.width + 0.01
        assert -0.01 <= box.y <= box.y + box.height <= drawn.height + 0.01
    for point in (point for way in drawn.ways for point in way):
        assert -0.01 <= point.x <= drawn.width + 0.01
        assert -0.01 <= point.y <= drawn.height + 0.01


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_the_same_graph_gives_the_same_picture(graph: tuple[Sizes, list[Link]]) -> None:
    assert layout(*graph) == layout(*graph)


@given(graphs())
@settings(deadline=None, max_examples=40)
def test_crossings_never_become_more(graph: tuple[Sizes, list[Link]]) -> None:
    sizes, links = graph
    before, after = linked(len(sizes), [(a, b) for a, b, _ in links])
    cells = routed(layers_of(before, after), links)
    members = [sorted(layer) for layer in cells.layers]
    reduce_crossings(cells)
    left = count_crossings(cells)
    assert [sorted(layer) for layer in cells.layers] == members
    again = routed(layers_of(before, after), links)
    again.layers = [list(layer) for layer in cells.layers]
    assert count_crossings(again) == left


def test_crossings_are_counted_and_taken_away() -> None:
    # Two parallel edges, told crosswise.
    cells = routed([0, 0, 1, 1], [(0, 3, "success"), (1, 2, "success")])
    assert count_crossings(cells) == 1
    reduce_crossings(cells)
    assert count_crossings(cells) == 0


def test_a_chain_is_a_straight_line() -> None:
    drawn = layout([(80.0, 30.0)] * 50, [(i, i + 1, "success") for i in range(49)])
    assert {round(box.y, 3) for box in drawn.boxes} == {0.0}
    assert drawn.height == 30


def test_a_job_in_the_middle_stands_in_the_middle() -> None:
    links = [(0, i, "success") for i in range(1, 6)] + [(i, 6, "success") for i in range(1, 6)]
    drawn = layout([(80.0, 30.0)] * 7, links)
    assert drawn.boxes[0].y == pytest.approx(drawn.boxes[3].y, abs=0.5)
    assert drawn.boxes[6].y == pytest.approx(drawn.boxes[3].y, abs=0.5)


def test_a_start_stands_next_to_what_needs_it() -> None:
    before, after = linked(5, [(0, 1), (1, 2), (2, 3), (4, 3)])
    assert layers_of(before, after) == [0, 1, 2, 3, 2]


def test_a_fan_is_cut_into_columns() -> None:
    drawn = layout([(80.0, 30.0)] * 201, [(0, i, "success") for i in range(1, 201)])
    columns: dict[float, int] = {}
    for box in drawn.boxes:
        columns[box.x] = columns.get(box.x, 0) + 1
    assert max(columns.values()) <= MAX_HEIGHT
    assert drawn.height < drawn.width < 3 * drawn.height


def test_a_line_through_a_fan_is_straight() -> None:
    drawn = layout([(80.0, 30.0)] * 201, [(0, i, "success") for i in range(1, 201)])
    longest = max(drawn.ways, key=len)
    levels = [point.y for point in longest[1:-1]]
    assert max(levels) - min(levels) < 2


def test_jobs_alone_stand_in_a_grid() -> None:
    drawn = layout([(80.0, 30.0)] * 100, [])
    assert not _overlapping(drawn)
    assert 1 < drawn.width / drawn.height < 4


def test_parts_that_do_not_hang_together_stand_apart() -> None:
    before, after = linked(5, [(0, 3), (4, 1)])
    assert components(before, after) == [[0, 3], [1, 4], [2]]


def test_a_cycle_is_refused() -> None:
    with pytest.raises(ValueError, match="cycle"):
        layout([(1.0, 1.0)] * 2, [(0, 1, "success"), (1, 0, "success")])


def test_nothing_is_laid_out_as_nothing() -> None:
    assert layout([], []) == Layout([], [], 0.0, 0.0)


@pytest.mark.proof
def test_a_large_graph_needs_few_cells() -> None:
    chance = random.Random(7)
    links = [(chance.randrange(i), i, "success") for i in range(1, 3_000) for _ in range(3)]
    links = list(dict.fromkeys(links))
    before, after = linked(3_000, [(a, b) for a, b, _ in links])
    cells = routed(layers_of(before, after), links)
    assert len(cells.before) <= 3_000 + MAX_CELLS
    drawn = layout([(80.0, 30.0)] * 3_000, links)
    assert not _overlapping(drawn)


@given(
    st.lists(
        st.tuples(st.floats(-1e3, 1e3), st.floats(0.1, 100), st.floats(0, 50)),
        min_size=1,
        max_size=30,
    )
)
def test_fitted_places_keep_their_distances(wanted: list[tuple[float, float, float]]) -> None:
    wishes = [wish for wish, _, _ in wanted]
    gaps = [gap for _, _, gap in wanted][1:]
    places = fitted(wishes, [weight for _, weight, _ in wanted], gaps)
    for (one, other), gap in zip(pairwise(places), gaps, strict=True):
        assert other - one >= gap - 1e-6


def test_wishes_that_can_be_met_are_met() -> None:
    assert fitted([0, 10, 20], [1, 1, 1], [5, 5]) == [0, 10, 20]
    assert fitted([10, 10], [1, 1], [4]) == [8, 12]
    assert fitted([10, 10], [1, 3], [4]) == [7, 11]


@given(st.text(), st.floats(12, 300), st.booleans())
def test_a_fitting_text_fits(text: str, room: float, bold: bool) -> None:
    cut = fitting(text, room, 12, bold=bold)
    assert text_width(cut, 12, bold=bold) <= room + 1e-6
    assert cut == text or cut.endswith("…")
