"""Edges of graphs where there is one right answer, and the texts of the errors."""

# A program as a client of e3-core writes it: prints, no annotations.
# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, PLW0108, T201

from e3.collection.dag import DAG, DAGError, DAGIterator


def show(label, work):
    try:
        print(f"{label}: {work()!r}")
    except (AssertionError, DAGError, KeyError, StopIteration) as error:
        text = repr(str(error)) if isinstance(error, DAGError) else ""
        print(f"{label}: {type(error).__name__} {text}")


d = DAG()
d.add_vertex("a", 1)
show("duplicate", lambda: d.add_vertex("a"))
show("missing", lambda: d.add_vertex("b", predecessors=["a", "x"]))
show("after that", lambda: ("b" in d, d.get_predecessors("b"), len(d)))
show("to itself", lambda: d.update_vertex("a", predecessors=["a"]))
show("item", lambda: d["nothing"])
show(
    "unknown",
    lambda: (d.get_successors("z"), d.get_closure("z"), d.get_tag("z"), d.get_context("z")),
)
show("path", lambda: d.shortest_path("z", "a"))
show("no path", lambda: d.shortest_path("a", "a"))
d.add_vertex("c", 2, ["a"])
d.update_vertex("c", None, ["a"])
show("kept", lambda: (d["c"], d.get_predecessors("c")))
d.update_vertex("c", 0)
show("falsy data", lambda: d["c"])
show("dot", lambda: d.as_dot())
show("str", lambda: str(d))
show("list", lambda: list(d))
show("reverse", lambda: list(d.reverse_graph()))
show("tree", lambda: d.as_tree())
d.add_tag("a", "tag")
show("context", lambda: d.get_context("c"))
show("prune", lambda: d.prune(lambda graph, vertex: vertex == "a"))
cyclic = DAG()
cyclic.add_vertex("a")
cyclic.add_vertex("b", predecessors=["a"])
cyclic.update_vertex("a", predecessors=["b"], enable_checks=False)
show("cycle", lambda: cyclic.check())
show("closure", lambda: sorted(cyclic.get_closure("a")))
missing = DAG()
missing.update_vertex("a", predecessors=["ghost"], enable_checks=False)
show("missing vertex", lambda: missing.check())
iterator = DAGIterator(d, enable_busy_state=True)
print(next(iterator), next(iterator), iterator.next_element(), iterator.states)
iterator.leave("a")
print(iterator.next_element())
show("all handed out", lambda: next(iterator))
show("left twice", lambda: iterator.leave("a"))
