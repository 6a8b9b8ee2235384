"""The page: inert whatever a workflow file says, whole without its script, from nowhere else."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import plan_of, planned
from treadle.report.graph import render
from treadle.report.graph.model import Graph, graph_of
from treadle.report.text import safe
from treadle.workflow import PlannedJob
from treadle.workflow.conditions import Condition

_BREAKS = ("{}", '"{}', "'{}", ">{}", '">{}', "'>{}", "-->{}", "]]>{}", "</title>{}", "</style>{}",
           "</script>{}", "</pre>{}", "</svg>{}", "</text>{}", "\0{}", "&quot;>{}", "\u202e{}",
           "\ud800{}", "%22%3E{}", "{{{}}}")  # fmt: skip
_ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    " onmouseover=alert(1) x=",
    "<foreignObject><body onload=alert(1)>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<style>@import '//evil.example'</style>",
    "javascript:alert(1)",
)
PAYLOADS = [outer.format(attack) for outer in _BREAKS for attack in _ATTACKS]


class Reader(HTMLParser):
    """Keeps tags with their attributes, and the text of scripts, styles and all else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "": []}
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.texts[self._inside].append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def _graph(*jobs: PlannedJob, label: str = "treadle.toml", families: bool = False) -> Graph:
    plan = plan_of(*jobs, label=label)
    return graph_of(plan, list(plan.jobs), families=families, reduce=True)


def _hostile(text: str) -> Graph:
    return _graph(
        planned(
            text,
            argv=("run", text),
            description=text,
            queue=text,
            further={text: 1},
            tags=(text,),
            outputs=(text,),
            when=Condition(env={text: (text,)}, exists=(text,), missing=(text,)),
        ),
        planned("after", [text], on={text: "failure"}, script=f"#!/bin/sh\n{text}\n"),
        planned("m[1]", ["after"], family=f"m{text}"),
        planned("m[2]", ["after"], family=f"m{text}"),
        label=text,
        families=True,
    )


def _shape(page: str) -> list[tuple[str, list[str]]]:
    """Tags with the names of their attributes: what a browser would act on."""
    return [(tag, sorted(attributes)) for tag, attributes in read(page).tags]


HARMLESS = _shape(render(_hostile("Harmless"), "html"))


def _without_lengths(shape: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    fitted = {"lengthadjust", "textlength"}
    return [(tag, [name for name in names if name not in fitted]) for tag, names in shape]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_I04_whatever_a_file_says_stays_text(payload: str) -> None:
    page = render(_hostile(payload), "html")
    assert _without_lengths(_shape(page)) == _without_lengths(HARMLESS)
    texts = "".join(read(page).texts[""])
    assert safe(payload) in texts


@given(st.text(min_size=1))
@settings(deadline=None, max_examples=60)
def test_I04_no_text_changes_what_a_page_is_made_of(text: str) -> None:
    page = render(_hostile(text), "html")
    assert _without_lengths(_shape(page)) == _without_lengths(HARMLESS)


def test_I04_links_lead_nowhere_but_to_the_page_itself() -> None:
    page = render(_hostile("javascript:alert(1)"), "html")
    for _, attributes in read(page).tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "srcdoc", "style", "xlink:href")
            assert name != "href" or re.fullmatch(r"#job-\d+", value or "")
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_I04_the_policy_admits_one_style_and_one_script_by_their_hashes() -> None:
    reader = read(render(_graph(planned("a")), "html"))
    policies = [a["content"] for tag, a in reader.tags if tag == "meta" and "http-equiv" in a]
    script, style = "".join(reader.texts["script"]), "".join(reader.texts["style"])
    assert [tag for tag, _ in reader.tags].count("script") == 1
    assert [tag for tag, _ in reader.tags].count("style") == 1
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert policies == [policy]


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def test_style_and_script_are_the_same_in_every_encoding() -> None:
    reader = read(render(_graph(planned("a")), "html"))
    assert "".join([*reader.texts["script"], *reader.texts["style"]]).isascii()


def test_without_its_script_a_page_shows_the_picture_and_tells_of_each_job() -> None:
    graph = _graph(
        planned("a", argv=("make", "x y")), planned("b", ["a"]), planned("c", ["b", "a"])
    )
    reader = read(render(graph, "html"))
    ids = [a["id"] for tag, a in reader.tags if tag == "article"]
    linked = [a["href"] for tag, a in reader.tags if tag == "a" and "data-job" in a]
    assert linked == [f"#{one}" for one in ids] == ["#job-0", "#job-1", "#job-2"]
    assert "make 'x y'" in reader.texts[""]
    hidden = [tag for tag, attributes in reader.tags if "hidden" in attributes]
    assert hidden == ["div", "p"]  # the tools, and what is said of them: they need the script


def test_needs_that_the_picture_leaves_out_are_told() -> None:
    page = render(_graph(planned("a"), planned("b", ["a"]), planned("c", ["b", "a"])), "html")
    edges = [a for tag, a in read(page).tags if "data-before" in a]
    assert [(a["data-before"], a["data-after"]) for a in edges] == [("0", "1"), ("1", "2")]
    told = page.split('<article id="job-2"')[1]
    assert '<a href="#job-1">b</a>, <a href="#job-0">a</a>' in told


def test_settings_are_told_in_words() -> None:
    job = planned(
        "a",
        queue="net",
        tokens=2,
        further={"disk": 1},
        tags=("web", "slow"),
        always=True,
        allow_failure=(3, 4),
        outputs=("x.tar",),
        when=Condition(os=("linux", "macos"), env={"CI": True, "X": ("1", "2")}, missing=("y",)),
    )
    texts = read(render(_graph(job), "html")).texts[""]
    for text in (
        "net (2 tokens), disk (1 token)",
        "on linux or macos, CI is set, X is 1 or 2, 'y' does not exist",
        "runs whatever happens",
        "the run goes on with 3, 4",
        "web, slow",
        "x.tar",
    ):
        assert text in texts


def test_a_matrix_tells_which_jobs_it_has() -> None:
    jobs = [planned(f"m[{i}]", family="m", argv=("do", str(i))) for i in range(3)]
    texts = read(render(_graph(*jobs, families=True), "html")).texts[""]
    assert {"m[0]", "m[1]", "m[2]", "Command of the first", "do 0"} <= set(texts)
