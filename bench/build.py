"""How long does it take to build a checked graph, and how much memory does it hold?

Every vertex has three random predecessors among those before it. Each
measurement is a fresh process: ids (strings) and lists of predecessor ids are
made first, the collector is on, then the graph is built until it is known to be
acyclic. Memory is the growth of the resident set from before building to after
it, with ids and lists alive throughout, so it includes what is native but not
the ids. The candidates take turns, `--repeat` times; medians are reported.

    python bench/build.py [--quick] [--repeat N] [--sizes N,N,...]
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import _common

Ids = list[str]
Before = list[list[str]]
Build = Callable[[Ids, Before], object]


def treadle_add(ids: Ids, before: Before) -> object:
    """Checked at each insertion."""
    from treadle.dag import DAG

    dag = DAG()
    for vertex, predecessors in zip(ids, before, strict=True):
        dag.add_vertex(vertex, None, predecessors)
    dag.check()
    return dag


def treadle_shuffled(ids: Ids, before: Before) -> object:
    """Unchecked, in reverse order, and checked at the end: nothing is known beforehand."""
    from treadle.dag import DAG

    dag = DAG()
    for vertex, predecessors in zip(reversed(ids), reversed(before), strict=True):
        dag.update_vertex(vertex, None, predecessors, enable_checks=False)
    dag.check()
    return dag


def e3_add(ids: Ids, before: Before) -> object:
    from e3.collection.dag import DAG

    dag = DAG()
    for vertex, predecessors in zip(ids, before, strict=True):
        dag.add_vertex(vertex, None, predecessors)
    dag.check()
    return dag


def e3_check(ids: Ids, before: Before) -> object:
    """Unchecked, and checked at the end, as its authors advise."""
    from e3.collection.dag import DAG

    dag = DAG()
    for vertex, predecessors in zip(ids, before, strict=True):
        dag.update_vertex(vertex, None, predecessors, enable_checks=False)
    dag.check()
    return dag


def graphlib(ids: Ids, before: Before) -> object:
    from graphlib import TopologicalSorter

    sorter: Any = TopologicalSorter()
    for vertex, predecessors in zip(ids, before, strict=True):
        sorter.add(vertex, *predecessors)
    sorter.prepare()
    return sorter


def networkx(ids: Ids, before: Before) -> object:
    import networkx as nx

    graph = nx.DiGraph()
    for vertex, predecessors in zip(ids, before, strict=True):
        graph.add_node(vertex)
        for predecessor in predecessors:
            graph.add_edge(predecessor, vertex)
    assert nx.is_directed_acyclic_graph(graph)
    return graph


def rustworkx_end(ids: Ids, before: Before) -> object:
    """Ids are mapped to indexes as a user has to; one check at the end."""
    import rustworkx as rx

    graph = rx.PyDiGraph(multigraph=False)
    index = dict(zip(ids, graph.add_nodes_from(ids), strict=True))
    graph.add_edges_from_no_data(
        [(index[p], index[v]) for v, ps in zip(ids, before, strict=True) for p in ps]
    )
    assert rx.is_directed_acyclic_graph(graph)
    return graph, index


def rustworkx_each(ids: Ids, before: Before) -> object:
    """Each edge is checked as it is added."""
    import rustworkx as rx

    graph = rx.PyDiGraph(check_cycle=True, multigraph=False)
    index: dict[str, int] = {}
    for vertex, predecessors in zip(ids, before, strict=True):
        index[vertex] = graph.add_node(vertex)
        for predecessor in predecessors:
            graph.add_edge(index[predecessor], index[vertex], None)
    return graph, index


class Candidate(NamedTuple):
    """How to build, the largest size it can do, and why it can do no more."""

    build: Build
    limit: int
    why: str = ""


NEVER = 10**9
CANDIDATES = {
    "treadle, each insertion checked": Candidate(treadle_add, NEVER),
    "treadle, backwards, checked at the end": Candidate(treadle_shuffled, NEVER),
    "e3, each insertion checked": Candidate(
        e3_add, 1_000, "nearly cubic (p01 of the contract); by extrapolation half an hour at 10,000"
    ),
    "e3, checked at the end": Candidate(
        e3_check, 10_000, "over quadratic; by extrapolation ten minutes at 100,000"
    ),
    "graphlib, prepare()": Candidate(graphlib, NEVER),
    "networkx, checked at the end": Candidate(networkx, NEVER),
    "rustworkx, checked at the end": Candidate(rustworkx_end, NEVER),
    "rustworkx, each edge checked": Candidate(rustworkx_each, NEVER),
}
REFERENCE = "treadle, each insertion checked"
PACKAGES = ["e3-core", "networkx", "rustworkx"]


def inputs(n: int) -> tuple[Ids, Before]:
    draw = random.Random(1).randrange
    ids = [f"job-{i}" for i in range(n)]
    return ids, [list({ids[draw(i)] for _ in range(3)}) if i else [] for i in range(n)]


def measure(name: str, n: int) -> dict[str, float]:
    """In this process: seconds, and bytes per vertex."""
    build = CANDIDATES[name].build
    build(*inputs(10))  # imports and first-call costs are not what is asked
    ids, before = inputs(n)
    gc.collect()
    start_size, start = _common.resident(), time.perf_counter()
    graph = build(ids, before)
    seconds = time.perf_counter() - start
    size = _common.resident() - start_size
    del graph
    return {"seconds": seconds, "bytes": size / n}


def in_fresh_process(name: str, n: int) -> dict[str, float]:
    return _common.fresh(__file__, "--one", name, n)


def rounds(sizes: list[int], repeat: int) -> list[dict[str, Any]]:
    """All results, one for each size and candidate."""
    results: list[dict[str, Any]] = []
    for n in sizes:
        able = [name for name, candidate in CANDIDATES.items() if n <= candidate.limit]
        samples: dict[str, list[dict[str, float]]] = {name: [] for name in able}
        for _ in range(repeat):
            for name in able:
                samples[name].append(in_fresh_process(name, n))
        results += [summary(name, n, samples.get(name)) for name in CANDIDATES]
        base = next(r for r in results if r["name"] == REFERENCE and r["n"] == n)
        for result in results:
            if result["n"] == n and "seconds" in result:
                result["ratio"] = result["seconds"] / base["seconds"]
        print(report([r for r in results if r["n"] == n]), end="\n\n", flush=True)
    return results


def summary(name: str, n: int, samples: list[dict[str, float]] | None) -> dict[str, Any]:
    if not samples:
        return {"name": name, "n": n, "not run": CANDIDATES[name].why}
    return {
        "name": name,
        "n": n,
        "seconds": _common.median(s["seconds"] for s in samples),
        "bytes": _common.median(s["bytes"] for s in samples),
        "samples": samples,
    }


def report(results: list[dict[str, Any]]) -> str:
    header = [f"{results[0]['n']:,} vertices", "µs/vertex", "bytes/vertex", "time/treadle"]
    rows = []
    for r in results:
        if "seconds" in r:
            figures = [f"{r['seconds'] / r['n'] * 1e6:.2f}", f"{r['bytes']:.0f}"]
            rows.append([r["name"], *figures, f"{r['ratio']:.2f}"])
        else:
            rows.append([r["name"], "not run", "", ""])
    notes = [f"not run: {r['name']}: {r['not run']}" for r in results if "not run" in r]
    return "\n".join([_common.table(header, rows), *notes])


def growths(results: list[dict[str, Any]]) -> dict[str, float]:
    found = {}
    for name in CANDIDATES:
        ran = [r for r in results if r["name"] == name and "seconds" in r]
        if len(ran) > 1:
            found[name] = _common.growth([r["n"] for r in ran], [r["seconds"] for r in ran])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="small sizes, once; writes nothing")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "N"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], int(options.one[1]))))
        return
    sizes = [200, 1_000] if options.quick else [int(n) for n in options.sizes.split(",")]
    results = rounds(sizes, 1 if options.quick else options.repeat)
    if not options.quick:
        exponents = growths(results)
        print(_common.table(["growth", "k"], [[n, f"{k:.2f}"] for n, k in exponents.items()]))
        _common.write("build", {"results": results, "growth": exponents}, PACKAGES)


if __name__ == "__main__":
    main()
