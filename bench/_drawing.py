"""How the charts look.

The background is transparent and the text mid-grey, so that one picture is
readable in light and in dark pages. Text stays text, in the reader's own font.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import _common
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

TARGET = _common.HERE.parent / "docs" / "_static" / "bench"
TEXT, LINES = "#7a828e", "#8a919c55"
OURS, OURS_TOO = "#12917a", "#63b3a1"
COLOURS = ["#d1603d", "#4f86c6", "#c99a2e", "#8a6bbf", "#b5548a", "#7f8c5a"]
SEED = "#d1603d"
MARKERS = "osD^vPX"
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "treadle",  # the same figures make the same file
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": LINES,
    "axes.titlesize": 11,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LINES,
    "grid.linewidth": 0.6,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "legend.frameon": False,
}

Results = dict[str, Any]
Curve = tuple[list[float], list[float]]


def load(name: str) -> Results:
    text = (_common.RESULTS / f"{name}.json").read_text(encoding="utf-8")
    facts: Results = json.loads(text)
    return facts


def figure(panels: int, width: float, height: float) -> tuple[Figure, list[Any]]:
    drawing = Figure(figsize=(width, height), layout="constrained")
    drawing.patch.set_alpha(0)
    axes = drawing.subplots(1, panels, sharey=False, squeeze=False)[0]
    for ax in axes:
        ax.patch.set_alpha(0)
    return drawing, list(axes)


def save(drawing: Figure, name: str) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    path = TARGET / f"{name}.svg"
    drawing.savefig(path, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    # Writers leave blanks at the ends of lines, which reviews then show.
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
    print(path.relative_to(TARGET.parents[2]))


def short(value: float, _: object = None) -> str:
    """1000 as 1k, 0.5 as it is."""
    for unit, sign in ((1e6, "M"), (1e3, "k")):
        if value >= unit:
            return f"{value / unit:g}{sign}"
    return f"{value:g}"


def logarithmic(ax: Any, sizes: Iterable[float]) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    logarithmic_x(ax, sizes)
    ax.yaxis.set_major_formatter(FuncFormatter(short))
    ax.yaxis.set_minor_formatter(NullFormatter())


def logarithmic_x(ax: Any, sizes: Iterable[float]) -> None:
    ax.set_xscale("log")
    ax.set_xticks(sorted(set(sizes)))
    ax.xaxis.set_major_formatter(FuncFormatter(short))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.minorticks_off()


def looks(names: list[str]) -> dict[str, dict[str, Any]]:
    """Treadle in front in its own colour, the others each in theirs."""
    found: dict[str, dict[str, Any]] = {}
    others = iter(COLOURS[1:] if any(n.startswith("e3") for n in names) else COLOURS)
    for name, marker in zip(names, MARKERS * 2, strict=False):
        ours = name.startswith("treadle")
        first = ours and not any(n.startswith("treadle") for n in found)
        if ours:
            colour = OURS if first else OURS_TOO
        else:
            colour = SEED if name.startswith("e3") else next(others)
        found[name] = {
            "color": colour,
            "marker": marker,
            "linewidth": 2.6 if first else 1.6,
            "zorder": 4 if first else 3,
            "linestyle": "--" if again(name, found) else "-",
        }
    return found


def again(name: str, found: Iterable[str]) -> bool:
    """Whether this is a second way to use the same library."""
    return any(n.split(",")[0] == name.split(",", maxsplit=1)[0] for n in found)


def curve(results: list[Results], y: Callable[[Results], float]) -> Curve:
    ran = [r for r in results if "not run" not in r]
    return [r["n"] for r in ran], [y(r) for r in ran]


def names_of(results: list[Results], key: str) -> list[str]:
    return list(dict.fromkeys(r[key] for r in results))


def legend(drawing: Figure, ax: Any, columns: int) -> None:
    handles, labels = ax.get_legend_handles_labels()
    drawing.legend(handles, labels, loc="outside lower center", ncols=columns, handlelength=2.2)
