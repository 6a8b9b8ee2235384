"""The graph as text: what Graphviz, Mermaid and other programs read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphs import plan_of, planned
from treadle.report.describe import command_of
from treadle.report.graph import FORMATS, SUFFIXES, render
from treadle.report.graph.model import Graph, graph_of
from treadle.report.redact import Redactor
from treadle.workflow import Plan, PlannedJob, load_plan
from treadle.workflow.conditions import Condition
from treadle.workflow.plan import Call


def _graph(*jobs: PlannedJob, families: bool = False) -> Graph:
    plan = plan_of(*jobs)
    return graph_of(plan, list(plan.jobs), families=families, reduce=False)


SPECIAL = (
    planned("a[1]", family="a"),
    planned("a[2]", family="a"),
    planned("b", ["a[1]"], on={"a[1]": "failure"}, allow_failure=True),
    planned("c", ["a[1]", "b"], on={"b": "end"}, always=True),
)


def test_dot_is_what_a_dag_gives_and_more_only_where_there_is_more() -> None:
    from treadle.workflow.graph import build_dag

    plain = {"a": [], "b": ["a"], "c": ["a", "b"]}
    graph = _graph(*(planned(name, needs) for name, needs in plain.items()))
    assert render(graph, "dot") == build_dag(plain).as_dot()
    assert render(graph, "mermaid") == build_dag(plain).as_mermaid()


def test_dot_has_styles_for_what_is_special() -> None:
    assert render(_graph(*SPECIAL, families=True), "dot").splitlines() == [
        "digraph G {",
        'rankdir="LR";',
        '"a" [shape=box3d, label="a (2)"]',
        '"b" [style=dashed]',
        '"c" [peripheries=2]',
        '"b" -> "a" [style=dashed, label="failure"]',
        '"c" -> "a"',
        '"c" -> "b" [style=dashed, label="end"]',
        "}",
    ]


def test_mermaid_has_styles_for_what_is_special() -> None:
    assert render(_graph(*SPECIAL, families=True), "mermaid").splitlines() == [
        "flowchart LR",
        '    n0[["a (2)"]]',
        '    n1["b"]',
        '    n2["c"]',
        "    n0 -.->|failure| n1",
        "    n0 --> n2",
        "    n1 -.->|end| n2",
        "    classDef always stroke-width:3px",
        "    class n2 always",
        "    classDef mayfail stroke-dasharray:5 3",
        "    class n1 mayfail",
    ]


@pytest.mark.parametrize(
    ("name", "dot", "mermaid"),
    [
        ('a"]; b', r'"a\"]; b"', 'n0["a#34;]#59; b"]'),
        ("a\\", '"a\\\\"', 'n0["a#92;"]'),
        ("a\nb", r'"a\\nb"', 'n0["a#92;nb"]'),
        ("<b>`x`</b>", '"<b>`x`</b>"', 'n0["#60;b#62;#96;x#96;#60;/b#62;"]'),
        ("\u202etxt", r'"\\u202etxt"', 'n0["#92;u202etxt"]'),
    ],
)
def test_I04_names_cannot_leave_their_quotes(name: str, dot: str, mermaid: str) -> None:
    graph = _graph(planned(name))
    assert render(graph, "dot").splitlines()[2] == dot
    assert render(graph, "mermaid").splitlines()[1].strip() == mermaid


def test_json_tells_everything_under_names_that_stay() -> None:
    condition = Condition(os=("linux",), env={"CI": False})
    graph = _graph(
        planned("get", queue="net", tokens=2, further={"disk": 1}, tags=("web",), when=condition),
        planned(
            "put",
            ["get"],
            on={"get": "failure"},
            argv=("cp", "a b", "c"),
            description="Put it",
            allow_failure=(3, 4),
            always=True,
            outputs=("c",),
        ),
    )
    document = json.loads(render(graph, "json"))
    assert list(document) == ["schema", "nodes", "edges"]
    assert document["schema"] == 1
    assert document["edges"] == [{"from": "get", "to": "put", "on": "failure"}]
    first, second = document["nodes"]
    assert (first["queue"], first["tokens"], first["further"]) == ("net", 2, {"disk": 1})
    assert first["when"] == {"os": ["linux"], "env": {"CI": False}}
    assert second == {
        "name": "put",
        "family": "put",
        "jobs": ["put"],
        "needs": [{"job": "get", "on": "failure"}],
        "queue": "default",
        "tokens": 1,
        "further": {},
        "tags": [],
        "description": "Put it",
        "command": "cp 'a b' c",
        "always": True,
        "when": None,
        "allow_failure": [3, 4],
        "outputs": ["c"],
    }


def test_json_keeps_names_as_they_are() -> None:
    name = 'a"\n\ud800'
    assert json.loads(render(_graph(planned(name)), "json"))["nodes"][0]["name"] == name


def _plan(folder: Path, text: str) -> Plan:
    file = folder / "treadle.toml"
    file.write_text(text)
    return load_plan(file)


def test_commands_stand_as_people_write_them(tmp_path: Path) -> None:
    plan = _plan(
        tmp_path,
        """
        [job.list]
        run = ["echo", "a b"]
        [job.line]
        run = "echo a | cat"
        [job.script]
        script = "echo 1\\necho 2"
        [job.gather]
        needs = ["list"]
        [job.late]
        needs = ["list"]
        run = "echo ${{ list.x }} now"
        [job.elements]
        needs = ["list"]
        run = ["echo", "${{ list.x }}", "a b"]
        """,
    )
    assert {name: command_of(job) for name, job in plan.jobs.items()} == {
        "list": "echo 'a b'",
        "line": "echo a | cat",
        "script": "echo 1\necho 2",
        "gather": "",
        "late": "echo ${{ list.x }} now",
        "elements": "echo ${{ list.x }} 'a b'",
    }


def test_a_function_is_named() -> None:
    job = planned("call", call=Call(function=json.dumps))
    assert command_of(job) == "json.dumps()"


@pytest.mark.parametrize("form", ["json", "html", "svg"])
def test_secrets_are_not_drawn(form: str) -> None:
    plan = plan_of(planned("a", argv=("login", "hunter22"), description="with hunter22"))
    hidden = Redactor(["hunter22"])
    graph = graph_of(plan, ["a"], families=False, reduce=True, redactor=hidden)
    text = render(graph, form)
    assert "hunter22" not in text
    assert "********" in text


def test_each_suffix_is_that_of_a_format() -> None:
    assert set(SUFFIXES.values()) == set(FORMATS)
