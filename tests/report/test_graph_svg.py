"""The picture: valid whatever the names, told apart without colours, and small."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import plan_of, planned
from treadle.report.graph.model import Graph, graph_of
from treadle.report.graph.style import COLOURS, NEUTRAL, PATTERNS, rules
from treadle.report.graph.svg import ROOMY, as_svg
from treadle.workflow import Plan, PlannedJob
from treadle.workflow.conditions import Condition

SVG = "{http://www.w3.org/2000/svg}"


def _graph(
    *jobs: PlannedJob, families: bool = False, queues: dict[str, int] | None = None
) -> Graph:
    plan: Plan = plan_of(*jobs, queues=queues)
    return graph_of(plan, list(plan.jobs), families=families, reduce=True)


def _parsed(graph: Graph) -> ET.Element:
    return ET.fromstring(as_svg(graph))


def _texts(root: ET.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


@given(st.lists(st.text(), min_size=1, max_size=6, unique=True), st.text())
@settings(deadline=None, max_examples=60)
def test_I04_a_picture_is_valid_xml_whatever_the_names(names: list[str], text: str) -> None:
    jobs = [
        planned(name, names[:i][-2:], description=text, queue=text or "q", tags=(text,))
        for i, name in enumerate(names)
    ]
    root = _parsed(_graph(*jobs))
    kinds = [group.get("class", "") for group in root.iter(f"{SVG}g")]
    assert sum(kind.startswith("job ") for kind in kinds) == len(names)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "g", "rect", "path", "circle", "text"),
    }


def test_a_picture_has_a_title_and_says_what_it_shows() -> None:
    root = _parsed(_graph(planned("a"), planned("b", ["a"])))
    assert root.get("role") == "img"
    said = {element.get("id"): element.text for element in root if element.get("id")}
    assert [said[name] for name in (root.get("aria-labelledby") or "").split()] == [
        "Jobs of treadle.toml",
        "2 jobs, 1 arrow. Arrows lead from a job to those that need it.",
    ]


def test_a_plain_picture_needs_no_legend() -> None:
    assert 'class="legend"' not in as_svg(_graph(planned("a"), planned("b", ["a"])))


def test_the_legend_explains_what_occurs() -> None:
    graph = _graph(
        planned("get", queue="net"),
        planned("a[1]", ["get"], family="a"),
        planned("a[2]", ["get"], family="a"),
        planned("mail", ["get"], on={"get": "failure"}, allow_failure=True),
        planned("note", ["mail"], on={"mail": "end"}, when=Condition(os=("linux",))),
        planned("clean", ["note"], always=True),
        families=True,
        queues={"net": 2},
    )
    texts = [text for text in _texts(_parsed(graph)) if text != "?"]
    assert texts[-7:] == [
        "queue net, 2 tokens",
        "a matrix of jobs",
        "runs whatever happens",
        "may fail",
        "has a condition",
        "runs after a failure",
        "runs after success or failure",
    ]
    assert "\N{MULTIPLICATION SIGN} 2" in texts
    assert {"failure", "end"} <= set(texts)


def test_descriptions_are_shown_where_there_is_room() -> None:
    few = [planned(f"j{i}", description="Do it") for i in range(ROOMY)]
    assert _texts(_parsed(_graph(*few))).count("Do it") == ROOMY
    assert "Do it" not in _texts(_parsed(_graph(*few, planned("one-more"))))


def test_a_long_name_is_cut_and_whole_in_its_title() -> None:
    name = "a-very-long-name" * 20
    root = _parsed(_graph(planned(name, description="It")))
    assert all(len(text) < 60 for text in _texts(root))
    assert f"{name}: It" in [title.text for title in root.iter(f"{SVG}title")]


def test_texts_are_as_wide_as_they_were_taken_for() -> None:
    root = _parsed(_graph(planned("compile-everything")))
    (text,) = list(root.iter(f"{SVG}text"))
    box = next(rect for rect in root.iter(f"{SVG}rect") if "front" in rect.get("class", ""))
    assert float(text.get("textLength", "0")) < float(box.get("width", "0"))


def test_everything_is_inside_of_the_view() -> None:
    graph = _graph(*(planned(f"j{i}", [f"j{i // 3}"] if i else []) for i in range(60)))
    root = _parsed(graph)
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    for rect in root.iter(f"{SVG}rect"):
        assert 0 <= float(rect.get("x", "0")) <= width - float(rect.get("width", "0"))
        assert 0 <= float(rect.get("y", "0")) <= height - float(rect.get("height", "0"))


def test_queues_are_told_apart_without_colour_too() -> None:
    style = rules(4)
    dashes = re.findall(r"\.q(\d) \.bar\{stroke-dasharray:([^}]+)\}", style)
    assert [pattern for _, pattern in dashes] == [pattern for pattern in PATTERNS if pattern]
    assert "prefers-color-scheme:dark" in style
    assert "var(" not in style


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", [NEUTRAL, *COLOURS])
def test_colours_have_the_contrast_that_wcag_asks_for(colour: tuple[str, str, str, str]) -> None:
    fill, line, dark_fill, dark_line = colour
    # Texts 4.5, also the small grey ones; lines that carry a meaning 3.
    assert min(_contrast("#1f2328", fill), _contrast("#59636e", fill)) >= 4.5
    assert min(_contrast("#e6edf3", dark_fill), _contrast("#9da7b3", dark_fill)) >= 4.5
    assert min(_contrast(line, fill), _contrast(line, "#ffffff")) >= 3
    assert min(_contrast(dark_line, dark_fill), _contrast(dark_line, "#0d1117")) >= 3


def test_edges_have_the_contrast_that_wcag_asks_for() -> None:
    light, dark = rules(0).split("@media")
    for text, paper in ((light, "#ffffff"), (dark, "#0d1117")):
        colours = re.findall(r"edge[^{]*\{stroke:(#[0-9a-f]+)\}", text)
        assert len(colours) == 3
        assert all(_contrast(colour, paper) >= 3 for colour in colours)
