from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from treadle.dag import DAG
from treadle.errors import TreadleError

Build = Callable[[str], DAG]


def test_lines_name_each_vertex_and_its_predecessors(build: Build) -> None:
    assert str(build("a c b:c,a")) == "a -> (none)\nc -> (none)\nb -> a, c"
    assert str(DAG()) == ""


def test_dot_has_the_seeds_shape(build: Build) -> None:
    text = 'digraph G {\nrankdir="LR";\n"a"\n"b"\n"b" -> "a"\n"b" -> "ghost"\n}'
    assert build("a b:ghost,a").as_dot() == text
    assert DAG().as_dot() == 'digraph G {\nrankdir="LR";\n}'


def test_dot_names_are_escaped() -> None:
    dag = DAG()
    dag.add_vertex('say "hi"\\\n')
    assert dag.as_dot().splitlines()[2] == r'"say \"hi\"\\\n"'


def test_mermaid_arrows_lead_from_predecessors(build: Build) -> None:
    assert build("a b:a").as_mermaid() == ('flowchart LR\n    n0["a"]\n    n1["b"]\n    n0 --> n1')
    assert DAG().as_mermaid() == "flowchart LR"


def test_mermaid_draws_a_missing_predecessor_once(build: Build) -> None:
    lines = [line.strip() for line in build("a:g b:g").as_mermaid().splitlines()]
    assert lines[1:] == ['n0["a"]', 'n1["b"]', 'n2["g"]', "n2 --> n0", "n2 --> n1"]


def test_mermaid_labels_are_escaped() -> None:
    dag = DAG()
    dag.add_vertex('a"]; <b>#1&`\nend')
    assert dag.as_mermaid().splitlines()[1] == (
        '    n0["a#34;]#59; #60;b#62;#35;1#38;#96;<br/>end"]'
    )


def test_a_tree_has_sorted_branches(build: Build) -> None:
    assert build("r z:r x:r y:x w:y").as_tree() == ("r\n├── x\n│   └── y\n│       └── w\n└── z")
    assert DAG().as_tree() == ""


def test_d24_all_roots_are_shown(build: Build) -> None:
    assert build("root2 root1 x:root1").as_tree() == "root2\nroot1\n└── x"


def test_d24_what_is_below_a_shared_vertex_is_drawn_once(build: Build) -> None:
    assert build("a b:a c:a d:b,c").as_tree() == "a\n├── b\n│   └── d\n└── c\n    └── d"
    assert build("a b:a c:a d:b,c e:d").as_tree() == (
        "a\n├── b\n│   └── d\n│       └── e\n└── c\n    └── d …"
    )


def test_d24_as_tree_is_not_exponential() -> None:
    dag = DAG()
    dag.add_vertex("n0")
    for i in range(200):
        dag.add_vertex(f"l{i}", predecessors=[f"n{i}"])
        dag.add_vertex(f"r{i}", predecessors=[f"n{i}"])
        dag.add_vertex(f"n{i + 1}", predecessors=[f"l{i}", f"r{i}"])
    assert dag.as_tree().count("\n") == 4 * 200


def test_a_tree_of_a_cycle_ends_and_shows_every_vertex(build: Build) -> None:
    assert build("a:b b:a").as_tree() == "a\n└── b\n    └── a …"
    assert build("r x:x y:x,r").as_tree() == "r\n└── y\nx\n├── x …\n└── y"


def test_a_tree_below_a_missing_predecessor_is_shown(build: Build) -> None:
    assert build("a:ghost b:a").as_tree() == "a\n└── b"


def test_vertices_that_do_not_compare_are_in_order_of_insertion() -> None:
    dag = DAG()
    dag.add_vertex(1)
    for vertex in (10, "s", 9):
        dag.add_vertex(vertex, predecessors=[1])
    assert dag.as_tree() == "1\n├── 10\n├── s\n└── 9"


def test_a_tree_can_show_an_item_of_the_data() -> None:
    dag = DAG()
    dag.add_vertex("r", {"name": "R", "n": None})
    dag.add_vertex("a", {"name": "Z"}, ["r"])
    dag.add_vertex("b", {"name": "Y"}, ["r"])
    assert dag.as_tree("name") == "R\n├── Z\n└── Y"
    with pytest.raises(AssertionError, match="the data of vertex 'a' has no 'n'"):
        dag.as_tree(name_key="n")


def test_networkx_gets_data_and_edges_from_predecessor_to_vertex(build: Build) -> None:
    graph: Any = build("a b:a c:b,a").to_networkx()
    assert dict(graph.nodes(data="data")) == {"a": "A", "b": "B", "c": "C"}
    assert list(graph.edges) == [("a", "b"), ("a", "c"), ("b", "c")]


def test_a_missing_networkx_says_how_to_install_it(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(ImportError, match=r"pip install treadle\[networkx\]") as caught:
        build("a").to_networkx()
    assert isinstance(caught.value, TreadleError)
