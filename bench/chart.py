"""Draw what the benchmarks found: bench/results/*.json into docs/_static/bench/*.svg.

python bench/chart.py
"""

from __future__ import annotations

import matplotlib as mpl
from _drawing import (
    COLOURS,
    MARKERS,
    OURS,
    STYLE,
    TEXT,
    curve,
    figure,
    legend,
    load,
    logarithmic,
    logarithmic_x,
    looks,
    names_of,
    save,
)
from matplotlib.figure import Figure


def decide() -> None:
    results = load("decide")["results"]
    drawing, (time, memory) = figure(2, 9, 3.6)
    for name, colour in zip(names_of(results, "shape"), [OURS, *COLOURS], strict=False):
        of_shape = [r for r in results if r["shape"] == name]
        marker = MARKERS[names_of(results, "shape").index(name)]
        time.plot(*curve(of_shape, lambda r: r["µs"]), color=colour, label=name, marker=marker)
        memory.plot(*curve(of_shape, lambda r: r["bytes"]), color=colour, marker=marker)
    sizes = names_of(results, "n")
    for ax, title, limit, said in (
        (time, "µs per job", 4, "target: 250,000 jobs/s"),
        (memory, "peak bytes per job", 1024, "target: 1 KiB"),
    ):
        logarithmic_x(ax, map(float, sizes))
        ax.axhline(limit, color=TEXT, linewidth=1, linestyle=":")
        ax.annotate(
            said,
            (1, limit),
            (0, -4),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=9,
        )
        ax.set_ylim(0)
        ax.set_title(title, loc="left")
        ax.set_xlabel("jobs")
    legend(drawing, time, 4)
    save(drawing, "decide")


def overhead(name: str) -> None:
    results = load(name)["results"]
    drawing, axes = figure(3, 9.6, 4.2)
    style = looks(names_of(results, "name"))
    for ax, shape in zip(axes, names_of(results, "shape"), strict=True):
        for peer, look in style.items():
            mine = [r for r in results if (r["shape"], r["name"]) == (shape, peer)]
            ax.plot(*curve(mine, lambda r: r["µs"]), label=peer, **look)
        logarithmic(ax, map(float, names_of(results, "n")))
        ax.set_yticks([5, 10, 20, 50, 100, 200, 500, 1000])
        ax.sharey(axes[0])
        ax.set_title(shape, loc="left")
        ax.set_xlabel("jobs")
    axes[0].set_ylabel("µs per job")
    legend(drawing, axes[0], 3)
    save(drawing, name)


def bars(names: list[str], values: list[float], said: list[str], axis: str) -> Figure:
    drawing, (ax,) = figure(1, 8, 0.8 + 0.42 * len(names))
    ours = [name.startswith(("treadle", "import treadle", "10 ")) for name in names]
    colours = [OURS if mine else TEXT for mine in ours]
    ax.barh(names, values, color=colours, height=0.62, alpha=0.9)
    for i, (value, text) in enumerate(zip(values, said, strict=True)):
        ax.annotate(text, (value, i), (5, 0), textcoords="offset points", va="center", fontsize=9)
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set_xlim(0, max(values) * 1.16)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(axis)
    return drawing


def spawn() -> None:
    """At the size that all of them ran."""
    ran = [r for r in load("spawn")["results"] if r["shape"] == "independent" and "jobs/s" in r]
    least = [r for r in ran if r["n"] == min(r["n"] for r in ran)]
    shown = sorted(least, key=lambda r: -r["jobs/s"])
    rates = [r["jobs/s"] for r in shown]
    said = [f"{rate:,.0f}" for rate in rates]
    save(bars([r["name"] for r in shown], rates, said, "processes per second"), "spawn")


def startup() -> None:
    results = load("startup")["results"]
    times = [r["ms"] for r in results]
    names = [r["name"] for r in results]
    save(bars(names, times, [f"{t:.0f}" for t in times], "ms, whole process"), "startup")


def client() -> None:
    facts = load("client")
    results = facts["results"]
    drawing, (ax,) = figure(1, 7, 4)
    style = looks(["treadle", "e3"])
    seconds = [r["seconds"][name] for r in results for name in style]
    least, most = min(seconds), max(seconds)
    for name, look in style.items():
        label = f"{name}, time ~ n^{facts['growth'][name]:.2f}"
        sizes = [r["n"] for r in results]
        ax.plot(sizes, [r["seconds"][name] for r in results], label=label, **look)
    for r in results:
        where = r["n"], r["seconds"]["e3"]
        ax.annotate(
            f"{r['e3/treadle']['median']:.1f} times",
            where,
            (-8, 4),
            textcoords="offset points",
            ha="right",
            fontsize=9,
        )
    logarithmic(ax, [r["n"] for r in results])
    ax.set_yticks([0.5, 1, 2, 5, 10, 20, 50, 100])
    ax.margins(x=0.14)
    ax.set_ylim(least * 0.7, most * 1.5)
    ax.set_xlabel("tests")
    ax.set_ylabel("seconds, whole process")
    ax.legend(loc="upper left")
    save(drawing, "client")


def build() -> None:
    results = load("build")["results"]
    drawing, (ax,) = figure(1, 9, 4.4)
    for name, look in looks(names_of(results, "name")).items():
        mine = [r for r in results if r["name"] == name]
        ax.plot(*curve(mine, lambda r: r["seconds"] / r["n"] * 1e6), label=name, **look)
    logarithmic(ax, map(float, names_of(results, "n")))
    ax.set_xlabel("vertices")
    ax.set_ylabel("µs per vertex")
    legend(drawing, ax, 2)
    save(drawing, "build")


def main() -> None:
    mpl.rcParams.update(STYLE)
    decide()
    overhead("overhead")
    overhead("overhead-pinned")
    spawn()
    startup()
    client()
    build()


if __name__ == "__main__":
    main()
