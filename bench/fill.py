"""Put the figures of bench/results/*.json into the tables of docs/benchmarks.md and README.md.

A table stands between a comment `% table: NAME` and a comment `% end`, in the README
between `<!-- table: NAME -->` and `<!-- end -->`; what is between them is made here, all
the rest is written by people.

    python bench/fill.py
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import _common
import _left
from _drawing import load, names_of
from _left import markdown

ROOT = _common.HERE.parent
PAGES = [ROOT / "docs" / "benchmarks.md", ROOT / "README.md"]
NONE = "-"
BLOCK = re.compile(r"(?ms)^(% table: |<!-- table: )(\S+)( -->)?\n.*?^(% end|<!-- end -->)$")

Results = list[dict[str, Any]]


def figures(value: float) -> str:
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def decide() -> str:
    facts = load("decide")
    results: Results = facts["results"]
    sizes = names_of(results, "n")
    rows = []
    for shape in names_of(results, "shape"):
        mine = [r for r in results if r["shape"] == shape]
        rates = [f"{r['jobs/s'] / 1e3:,.0f}k" for r in mine]
        most = max(r["bytes"] for r in mine)
        rows.append([shape, *rates, f"{facts['growth'][shape]:.2f}", f"{most:,.0f}"])
    header = ["jobs/s", *(f"{n:,} jobs" for n in sizes), "growth k", "bytes/job, at most"]
    return markdown(header, rows)


def overhead(name: str) -> str:
    facts = load(name)
    threads = facts["results"]
    sizes = names_of(threads, "n")
    rows = []
    for shape in names_of(threads, "shape"):
        for peer in names_of(threads, "name"):
            mine = {r["n"]: r for r in threads if (r["shape"], r["name"]) == (shape, peer)}
            cells = [cell(mine[n]) for n in sizes]
            k = facts["growth"][shape].get(peer)
            rows.append([f"{shape}: {peer}", *cells, f"{k:.2f}" if k else NONE])
    header = ["µs per job (treadle's time / this one's)", *(f"{n:,}" for n in sizes), "growth k"]
    return markdown(header, rows) + "\n\n" + not_run(threads)


def cell(r: dict[str, Any]) -> str:
    if "not run" in r:
        return NONE
    time = f"{r['µs']:.1f}"
    return time if r["name"] == "treadle" else f"{time} ({figures(r['treadle/peer']['median'])})"


def not_run(results: Results) -> str:
    """Each reason once, with the sizes it is for."""
    why: dict[tuple[str, str], list[str]] = {}
    for r in results:
        if "not run" in r:
            sizes = why.setdefault((r["name"], r["not run"]), [])
            if f"{r['n']:,}" not in sizes:
                sizes.append(f"{r['n']:,}")
    said = [f"{name} with {' and '.join(sizes)} ({w})" for (name, w), sizes in why.items()]
    return f"Not run: {'; '.join(said)}." if said else ""


def spawn(shape: str) -> str:
    results: Results = [r for r in load("spawn")["results"] if r["shape"] == shape]
    sizes = names_of(results, "n")
    rows = []
    for name in names_of(results, "name"):
        mine = {r["n"]: r for r in results if r["name"] == name}
        ran = [r for r in mine.values() if "not run" not in r]
        if ran:
            last = ran[-1]
            over = f"{last['cpu µs over limit']:,.0f}" if "cpu µs over limit" in last else NONE
            rates = [rate(mine[n]) for n in sizes]
            rows.append([name, *rates, over, f"{last['bytes'] / 1e6:.1f}"])
    header = [
        f"{shape}: jobs/s (share of the limit's)",
        *(f"{n:,}" for n in sizes),
        "CPU over the limit's, µs/job",
        "MB",
    ]
    return markdown(header, rows) + "\n\n" + not_run(results)


def rate(r: dict[str, Any]) -> str:
    if "not run" in r:
        return NONE
    share = f" ({r['of limit']['median']:.2f})" if "of limit" in r else ""
    return f"{r['jobs/s']:,.0f}{share}"


def spawn_shares() -> str:
    """Rates of treadle as shares of others', median and span."""
    facts = load("spawn")
    results: Results = facts["results"]
    bases = ["limit", "make", "ninja"]
    rows = [
        [f"{r['name']}, {r['n']:,}, {r['shape']}", *(share(r.get(f"of {base}")) for base in bases)]
        for name in ("treadle", "treadle run")
        for r in results
        if r["name"] == name
    ]
    shares = markdown(["its rate / that of", "the limit", "make", "ninja"], rows)
    return f"{shares}\n\nRounds: {facts['rounds']}."


def share(found: dict[str, float] | None) -> str:
    if found is None:
        return NONE
    return f"{found['median']:.2f} ({found['least']:.2f}-{found['greatest']:.2f})"


def spawn_large() -> str:
    facts = load("spawn")
    rows = [
        [r["name"], figures(r["small jobs/s"]), figures(r["jobs/s"]), share(r["of small"])]
        for r in facts["large"]
        if "not run" not in r
    ]
    header = ["jobs/s", "from a small program", f"from one of {facts['gib']:g} GiB", "kept"]
    return markdown(header, rows)


def callables() -> str:
    results: Results = load("callables")["results"]
    sizes = names_of(results, "n")
    rows = []
    for shape in names_of(results, "shape"):
        for name in names_of(results, "name"):
            mine = {r["n"]: r for r in results if (r["shape"], r["name"]) == (shape, name)}
            rows.append([f"{shape}: {name}", *(call(mine[n]) for n in sizes)])
    header = ["µs per job (Workflow's time / this one's)", *(f"{n:,}" for n in sizes)]
    return markdown(header, rows)


def call(r: dict[str, Any]) -> str:
    if "not run" in r:
        return NONE
    time = f"{r['µs']:.1f}"
    return time if r["name"] == "Workflow" else f"{time} ({figures(r['workflow/peer']['median'])})"


def plan() -> str:
    results: Results = load("plan")["results"]
    sizes = names_of(results, "n")
    rows = []
    for name in names_of(results, "name"):
        mine = {r["n"]: r for r in results if r["name"] == name}
        rows.append([name, *(figures(mine[n]["seconds"]) for n in sizes)])
    return markdown(["seconds", *(f"{n:,} jobs" for n in sizes)], rows)


def incremental() -> str:
    facts = load("incremental")
    rows = []
    for r in facts["results"]:
        ratio = figures(r["of ninja"]["median"])
        rows.append([f"{r['question']}, {r['name']}", figures(r["ms"]), ratio])
    made = [[m["name"], figures(m["build ms"]), figures(m["first look ms"])]
            for m in facts["builds"]]  # fmt: skip
    header = [f"{facts['jobs']:,} jobs", "ms", "of ninja"]
    first = markdown(["from nothing", "build, ms", "again at once, ms"], made)
    return markdown(header, rows) + "\n\n" + first


def store() -> str:
    rows = []
    for r in load("store")["results"]:
        cells = (r["without, µs"], r["with, µs"], r["cpu, µs more"], r["with/without"]["median"])
        rows.append([f"{r['shape']}, {r['n']:,}", *map(figures, cells)])
    return markdown(["a job of `/bin/true`", "without, µs", "with, µs", "processor, µs more",
                     "with / without"], rows)  # fmt: skip


def resume() -> str:
    r = load("store")["resumed"]
    asked = [figures(r["commands, ms"][name]) for name in ("history", "status")]
    cells = [figures(r["seconds"]), figures(r["cpu"]), figures(r["peak, MB"])]
    header = ["jobs", "to the first start, s", "processor, s", "peak, MB", "history, ms",
              "status, ms"]  # fmt: skip
    return markdown(header, [[f"{r['n']:,}", *cells, *asked]])


def startup() -> str:
    rows = [
        [f"`{r['name']}`", *(figures(r[key]) for key in ("ms", "least ms", "ms over pass"))]
        for r in load("startup")["results"]
    ]
    return markdown(["whole process", "ms", "least", "over `python -c pass`"], rows)


def client() -> str:
    facts = load("client")
    rows = []
    for r in facts["results"]:
        same = "identical" if r["identical"] else "different"
        times = [figures(r["seconds"][name]) for name in ("e3", "treadle")]
        rows.append([f"{r['n']:,}", *times, figures(r["e3/treadle"]["median"]), same])
    growth = [f"{facts['growth'][name]:.2f}" for name in ("e3", "treadle")]
    rows.append(["growth k", *growth, "", ""])
    return markdown(["tests", "on e3, s", "on treadle, s", "e3 / treadle", "statuses"], rows)


def build() -> str:
    results: Results = load("build")["results"]
    sizes = names_of(results, "n")
    rows = []
    for name in names_of(results, "name"):
        mine = [r for r in results if r["name"] == name]
        cells = [figures(r["seconds"] / r["n"] * 1e6) if "seconds" in r else NONE for r in mine]
        ran = [r for r in mine if "bytes" in r]
        held = f"{ran[-1]['bytes']:,.0f} (of {ran[-1]['n']:,})"
        rows.append([name, *cells, held])
    header = ["µs per vertex", *(f"{n:,}" for n in sizes), "bytes per vertex"]
    return markdown(header, rows) + "\n\n" + not_run(results)


def conditions() -> str:
    """When each was measured, with what, and what else the machine had to do."""
    rows = []
    for path in sorted(_common.RESULTS.glob("*.json")):
        facts = load(path.stem)
        used = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
        load_average = f"{facts['load']:.1f}" if "load" in facts else NONE
        rows.append([f"`{path.stem}`", facts["date"], load_average, used])
    return markdown(["results", "date", "load at the end", "versions"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "decide": decide,
    "overhead": lambda: overhead("overhead"),
    "overhead-pinned": lambda: overhead("overhead-pinned"),
    "spawn-independent": lambda: spawn("independent"),
    "spawn-layers": lambda: spawn("layers"),
    "spawn-shares": spawn_shares,
    "spawn-large": spawn_large,
    "survivors": _left.full,
    "survivors-short": _left.short,
    "startup": startup,
    "plan": plan,
    "incremental": incremental,
    "store": store,
    "resume": resume,
    "callables": callables,
    "client": client,
    "build": build,
    "conditions": conditions,
}


def main() -> None:
    def block(found: re.Match[str]) -> str:
        begin, name, close, end = found.groups("")
        return f"{begin}{name}{close}\n\n{TABLES[name]()}\n\n{end}"

    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        page.write_text(BLOCK.sub(block, text), encoding="utf-8")


if __name__ == "__main__":
    main()
