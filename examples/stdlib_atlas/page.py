"""Write the page: the sums, both pictures, and a table of all modules. No scripts, no network."""

from __future__ import annotations

import time
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from results import OUT, load, save_text
from style import HUES

TEMPLATE = Path(__file__).with_name("page.html")


def figures(total: dict[str, int], groups: int) -> str:
    """Return the row of large numbers."""
    shown = [
        (total["modules"], "modules"),
        (total["files"], "files"),
        (total["lines"], "lines"),
        (total["code"], "lines of code"),
        (total["functions"], "functions"),
        (total["classes"], "classes"),
        (groups, "groups"),
    ]
    return "".join(f"<div><dt>{label}</dt><dd>{value:,}</dd></div>" for value, label in shown)


def legend(groups: dict[str, dict[str, int]]) -> str:
    """Return the groups with their colours and shares."""
    total = sum(group["code"] for group in groups.values())
    return "".join(
        f'<li class="g-{name}"><b>{name}</b> {100 * groups[name]["code"] / total:.1f}%</li>'
        for name in HUES
        if name in groups
    )


def row(module: dict[str, Any], largest: int) -> str:
    """Return one line of the table."""
    length, where = module["longest"]
    share = 100 * module["code"] / largest
    numbers = (module["files"], module["functions"], module["classes"])
    return (
        f'<tr class="g-{module["group"]}"><th scope="row">{escape(module["module"])}</th>'
        f'<td class="group">{module["group"]}</td>'
        f'<td class="bar" style="--share:{share:.2f}%"><span>{module["code"]:,}</span></td>'
        + "".join(f"<td>{number:,}</td>" for number in numbers)
        + f"<td>{len(module['imports'])}</td><td>{module['importers']}</td>"
        f'<td class="long">{f"{escape(where)} <i>{length}</i>" if length else "&ndash;"}</td></tr>'
    )


def write(atlas: dict[str, Any]) -> str:
    """Return the page."""
    modules = [
        {"files": 0, "functions": 0, "classes": 0, "code": 0} | module
        for module in atlas["modules"].values()
    ]
    modules.sort(key=lambda module: (-module["code"], module["module"]))
    largest = modules[0]["code"]
    most = max(atlas["importers"], key=lambda name: (atlas["importers"][name], name))
    total = atlas["total"]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        python=f"{atlas['implementation']} {atlas['python']}",
        system=escape(atlas["system"]),
        date=time.strftime("%Y-%m-%d"),
        figures=figures(total, len(atlas["groups"])),
        legend=legend(atlas["groups"]),
        hues="".join(f".g-{name}{{--h:{hue}}}" for name, hue in HUES.items()),
        treemap=(OUT / "treemap.svg").read_text(encoding="utf-8"),
        wheel=(OUT / "imports.svg").read_text(encoding="utf-8"),
        rows="".join(row(module, largest) for module in modules),
        largest=modules[0]["module"],
        largest_code=f"{largest:,}",
        comments=f"{100 * total['comments'] / total['lines']:.0f}",
        blank=f"{100 * total['blank'] / total['lines']:.0f}",
        most=most,
        most_times=atlas["importers"][most],
        modules=f"{total['modules']:,}",
    )


if __name__ == "__main__":
    save_text("index.html", write(load("atlas")))
    print(f"the atlas is in {OUT / 'index.html'}")
