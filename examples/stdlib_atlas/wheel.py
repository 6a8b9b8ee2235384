"""Draw who imports whom: modules on a circle, a curve for each import.

Curves are drawn towards the middle of the groups at both ends, so that those between the
same two groups run together (after Holten, Hierarchical Edge Bundles, 2006).
"""

from __future__ import annotations

from html import escape
from math import cos, degrees, pi, sin
from typing import Any

from results import load, save_text
from style import HUES, picture_style

SHOWN = 110
SIZE, RADIUS, RIM = 1160, 410, 128
GAP = 1.6  # empty places between two groups


def chosen(atlas: dict[str, Any]) -> list[str]:
    """Return the modules with most links, by group."""
    modules = atlas["modules"]
    links = {name: len(m["imports"]) + m["importers"] for name, m in modules.items()}
    best = sorted(links, key=lambda name: (-links[name], name))[:SHOWN]
    order = list(HUES)
    return sorted(best, key=lambda name: (order.index(modules[name]["group"]), name))


def angles(names: list[str], group_of: dict[str, str]) -> dict[str, float]:
    """Place the names around the circle, with gaps between groups."""
    at, places, last = 0.0, {}, group_of[names[0]]
    for name in names:
        at += 1 + (GAP if group_of[name] != last else 0)
        last = group_of[name]
        places[name] = at
    return {name: place * 2 * pi / (at + GAP) for name, place in places.items()}


def point(angle: float, radius: float) -> str:
    """Return a point on a circle around the middle."""
    return f"{SIZE / 2 + radius * sin(angle):.1f} {SIZE / 2 - radius * cos(angle):.1f}"


def middles(place: dict[str, float], group_of: dict[str, str]) -> dict[str, float]:
    """Return the angle of the middle of each group."""
    found: dict[str, list[float]] = {}
    for name, angle in place.items():
        found.setdefault(group_of[name], []).append(angle)
    return {group: (min(all_of) + max(all_of)) / 2 for group, all_of in found.items()}


def node(name: str, place: dict[str, float], middle: dict[str, float], modules: Any) -> str:
    """Return a module: its label, and a curve to each module that it imports."""
    angle, module = place[name], modules[name]
    curves = "".join(
        f'<path class="chord" d="M{point(angle, RADIUS)}C{point(middle[module["group"]], 150)} '
        f'{point(middle[modules[other]["group"]], 150)} {point(place[other], RADIUS)}"/>'
        for other in module["imports"]
        if other in place
    )
    turn, anchor = (degrees(angle) - 90, "start") if angle < pi else (degrees(angle) + 90, "end")
    text = f"{name} imports {len(module['imports'])}, imported by {module['importers']} modules"
    return (
        f'<g class="node g-{module["group"]}"><title>{escape(text)}</title>{curves}'
        f'<circle class="dot" r="{2 + min(5, module["importers"] ** 0.5 / 2):.1f}" '
        f'cx="{point(angle, RADIUS).replace(" ", chr(34) + " cy=" + chr(34))}"/>'
        f'<text class="spoke" font-size="12" text-anchor="{anchor}" dominant-baseline="central" '
        f'transform="translate({point(angle, RADIUS + 12)}) rotate({turn:.1f})">{escape(name)}'
        "</text></g>"
    )


def rim(group: str, place: dict[str, float], group_of: dict[str, str]) -> str:
    """Return the arc behind the labels of a group."""
    its = [angle for name, angle in place.items() if group_of[name] == group]
    first, last = min(its) - 0.018, max(its) + 0.018
    far = RADIUS + RIM
    large = int(last - first > pi)
    # The name runs along the rim, below the middle from right to left so that it stands upright.
    below = pi / 2 < (first + last) / 2 < 3 * pi / 2
    start, end, radius = (last, first, far + 19) if below else (first, last, far + 9)
    return (
        f'<g class="g-{group}"><path class="arc" stroke-width="3" d="M{point(first, far)}'
        f'A{far} {far} 0 {large} 1 {point(last, far)}"/><path id="rim-{group}" fill="none" '
        f'd="M{point(start, radius)}A{radius} {radius} 0 {large} {int(not below)} '
        f'{point(end, radius)}"/><text class="head" font-size="14"><textPath '
        f'href="#rim-{group}" startOffset="50%" text-anchor="middle">{label(group, last - first)}'
        "</textPath></text></g>"
    )


def label(group: str, angle: float) -> str:
    """Return the name of a group, if it fits along its rim."""
    return group if len(group) * 7.5 < angle * (RADIUS + RIM) else ""


def draw(atlas: dict[str, Any]) -> str:
    """Return the picture."""
    modules = atlas["modules"]
    names = chosen(atlas)
    group_of = {name: modules[name]["group"] for name in names}
    place = angles(names, group_of)
    middle = middles(place, group_of)
    links = sum(1 for name in names for other in modules[name]["imports"] if other in place)
    rims = "".join(rim(group, place, group_of) for group in middle)
    nodes = "".join(node(name, place, middle, modules) for name in names)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img" '
        'aria-labelledby="wheel-title wheel-desc"><title id="wheel-title">Who imports whom</title>'
        f'<desc id="wheel-desc">The {len(names)} modules with most links and the {links} imports '
        "between them; a curve has the colour of the module that imports.</desc>"
        f"<style>{picture_style()}</style>{rims}{nodes}</svg>\n"
    )


if __name__ == "__main__":
    save_text("imports.svg", draw(load("atlas")))
    print("imports.svg is drawn")
