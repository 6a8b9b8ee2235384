"""The same script on treadle and on the installed e3-core, each in its own process."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("e3") is None, reason="e3-core is not installed"
)

PRELUDE = """
def show(label, action):
    try:
        print(label, repr(action()))
    except BaseException as error:
        print(label, type(error).__name__, repr(str(error)),
              getattr(error, "origin", None), getattr(error, "messages", None))

def build(text):
    dag = DAG()
    for word in text.split():
        vertex, _, before = word.partition(":")
        dag.update_vertex(vertex, vertex.upper(), before.split(",") if before else None, False)
    return dag

def lines(text):
    return sorted(text.splitlines())
"""

SAME = {
    "building": """
d = DAG(); d.add_vertex("a", 1)
show("duplicate", lambda: d.add_vertex("a"))
show("missing", lambda: d.add_vertex("b", predecessors=["x"]))
show("after", lambda: ("b" in d, d.get_predecessors("b"), len(d)))
show("self", lambda: d.add_vertex("s", predecessors=["s"]))
show("self of existing", lambda: d.update_vertex("a", predecessors=["a"]))
show("after", lambda: (d.get_predecessors("a"), d["a"]))
show("item", lambda: d["zz"])
show("unknown", lambda: (d.get_predecessors("zz"), d.get_successors("zz"), d.get_closure("zz")))
show("tag", lambda: (d.get_tag("zz"), d.get_context("zz")))
show("none keeps", lambda: (d.update_vertex("a", None), d["a"]))
show("adds", lambda: (d.add_vertex("c"), d.update_vertex("a", predecessors=["c"]), d["a"]))
show("falsy", lambda: (d.update_vertex("a", 0), d["a"]))
show("generator", lambda: d.add_vertex("g", predecessors=(x for x in ("a", "c"))))
show("str", lambda: (d.add_vertex("h", predecessors="ac"), sorted(d.get_predecessors("h"))))
show("copy", lambda: (d.vertex_predecessors is d.vertex_predecessors))
show("unhashable", lambda: d.add_vertex([]))
show("unhashable predecessor", lambda: d.add_vertex("n", None, [[]]))
show("no iterable", lambda: d.add_vertex("n", None, 5))
show("None predecessor", lambda: d.add_vertex("n", None, [None]))
d = build("a b:a c:b")
show("cycle", lambda: d.update_vertex("a", "DATA", ["c"]))
show("missing first", lambda: d.update_vertex("a", "DATA", ["b", "c", "zz"]))
show("after", lambda: (d["a"], str(d)))
show("keys", lambda: (list(d.vertex_data), d.tags, len(d), bool(DAG()), d == build("a")))
""",
    "checking": """
show("empty", lambda: (DAG().check(), list(DAG()), str(DAG()), DAG().as_dot(), DAG().as_tree()))
show("self loop", lambda: build("a:a").check())
show("missing", lambda: build("a:g b:a").check())
show("missing before cycle", lambda: build("a:g1 b:c c:b").check())
show("invalid before", lambda: build("x:gh").update_vertex("y", 1))
show("closure of a cycle", lambda: sorted(build("a:b b:a").get_closure("a")))
show("closure of missing", lambda: build("a:g").get_closure("a"))
show("union cycle", lambda: build("a b:a") | build("b a:b"))
show("union missing", lambda: build("a:g") | build("b"))
show("unchecked reverse", lambda: len(build("a:b b:a").reverse_graph(enable_checks=False)))
""",
    "paths and graphs": """
d = build("a b:a c:b d:a,c e:d")
show("path", lambda: (d.shortest_path("a", "e"), d.shortest_path("e", "a")))
show("unknown target", lambda: d.shortest_path("a", "zz"))
show("unknown source", lambda: d.shortest_path("zz", "a"))
show("cycle", lambda: build("a:c b:a c:b").shortest_path("a", "a"))
show("in cycle", lambda: build("a:c b:a c:b").shortest_path("c", "b"))
show("no cycle", lambda: d.shortest_path("a", "a"))
r = build("b a c:a,b").reverse_graph()
show("reverse", lambda: (list(r.vertex_data.items()), r.vertex_predecessors, str(r)))
r = build("a:g").reverse_graph(False)
show("reverse of missing", lambda: (r.vertex_data, r.vertex_predecessors))
x = build("a b:a") | build("c a:c")
show("union", lambda: (x.vertex_data, str(x)))
q = DAG(); q.add_vertex("a", "L"); r = DAG(); r.add_vertex("a", "R"); z = DAG(); z.add_vertex("a")
show("union data", lambda: ((q | r)["a"], (q | z)["a"]))
p = build("a b:a c:b d:c,a")
show("prune", lambda: str(p.prune(lambda g, n: n in "bc")))
p.tags = {"a": 1, "c": 2}
show("prune tags", lambda: p.prune(lambda g, n: n == "b").tags)
show("prune tagged", lambda: p.prune(lambda g, n: n == "c"))
show("prune context", lambda: p.prune(lambda g, n: n == "c", preserve_context=False).tags)
""",
    "context": """
d = build("a b:a c:b d:b e:c,d f:e"); d.tags = {"a": "ta", "c": "tc"}
for v in "abcdef":
    for k in ({}, {"max_distance": 0}, {"max_distance": 1}, {"max_distance": 2},
              {"max_element": 0}, {"max_element": 1}, {"reverse_order": True}):
        show((v, k), lambda: d.get_context(v, **k))
d = build("a b:a c:b"); d.tags = {"a": 0, "b": None, "nope": 1}
show("falsy", lambda: (d.get_context("c"), d.get_context("nope"), d.get_tag("b")))
""",
    "drawing": """
for text in ("a b:a c:a d:b e:c", "a b:a c:b", "r x:r y:x w:y z:r", "a", "a b:a c:a d:b,c",
             "root z:root y:root x:z w:z v:y"):
    print(build(text).as_tree())
    print(lines(build(text).as_dot()), build(text).as_dot().splitlines()[:5])
d = DAG(); d.add_vertex(1); d.add_vertex(10, predecessors=[1]); d.add_vertex(9, predecessors=[1])
print(d.as_tree())
d = DAG(); d.add_vertex(("x", 1)); d.add_vertex(3, predecessors=[("x", 1)])
print(d.as_tree(), d.as_dot(), d)
d = DAG(); d.update_vertex("r", {"name": "R"}); d.update_vertex("a", {"name": "Z"}, ["r"])
print(d.as_tree("name"), d.as_tree(name_key="name"))
d.update_vertex("c", {}, ["a"])
try:
    d.as_tree("name")
except AssertionError:
    print("AssertionError")
show("no container", lambda: build("a").as_tree("A") and DAG().as_tree("x"))
print(build("a:ghost b:a").as_dot())
""",
    "iterating": """
i = DAGIterator(build("a b:a c:b"), enable_busy_state=True)
def state():
    return [sorted(x) for x in (i.states.items(), i.non_visited, i.pred_number.items())]
show("new", state)
show("first", lambda: (i.next_element(), state()))
show("none", lambda: (next(i), i.next_element()))
show("left", lambda: (i.leave("a"), state()))
show("unknown", lambda: i.leave("zz"))
show("second", lambda: (next(i), i.leave("b"), i.next_element()))
show("end", lambda: next(i))
show("end again", lambda: i.next_element())
show("last", lambda: (i.leave("c"), state()))
for v in "ab":
    try:
        i.leave(v)
    except AssertionError:
        print("AssertionError")
i = DAGIterator(build("a b:a"))
show("idle", lambda: (next(i), state(), i.next_element(), iter(i) is i))
show("constants", lambda: (i.NOT_VISITED, i.BUSY, i.VISITED))
show("dag", lambda: (list(build("b:a a")), type(iter(DAG())).__name__))
""",
    "signatures": """
import inspect
for cls, names in ((DAG, ["add_vertex", "update_vertex", "set_predecessors", "get_predecessors",
        "get_successors", "get_closure", "add_tag", "get_tag", "get_context", "shortest_path",
        "check", "reset_caches", "reverse_graph", "as_dot", "as_tree", "prune",
        "vertex_predecessors_items"]), (DAGIterator, ["__init__", "next_element", "leave"])):
    for name in names:
        parameters = inspect.signature(getattr(cls, name)).parameters.values()
        print(cls.__name__, name, [(p.name, p.default) for p in parameters])
""",
}


def run(module: str, script: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from {module} import DAG, DAGError, DAGIterator\n{PRELUDE}\n{script}",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "0"},
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("topic", SAME)
def test_treadle_answers_as_the_seed(topic: str) -> None:
    assert run("treadle.dag", SAME[topic]) == run("e3.collection.dag", SAME[topic])
