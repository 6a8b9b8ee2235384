"""Draw the sizes of all modules: a treemap, one rectangle a module, its area the lines of code.

The layout is the squarified treemap of Bruls, Huizing and van Wijk (2000): fill the
shorter side of what is left with a row, as long as that makes its rectangles squarer.
"""

from __future__ import annotations

from html import escape
from typing import TypeAlias

from results import load, save_text
from style import picture_style

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height."""

WIDTH, HEIGHT, HEAD = 1120, 680, 19


def squarify(sizes: list[tuple[str, float]], box: Box) -> dict[str, Box]:
    """Divide a box among names, each with an area in proportion to its size."""
    left = sorted(((n, s) for n, s in sizes if s > 0), key=lambda item: -item[1])
    scale = box[2] * box[3] / (sum(size for _, size in left) or 1)
    areas = [(name, size * scale) for name, size in left]
    placed: dict[str, Box] = {}
    while areas:
        side = min(box[2], box[3])
        count = 1
        while count < len(areas) and worst(areas[: count + 1], side) <= worst(areas[:count], side):
            count += 1
        box = lay_row(areas[:count], box, placed)
        areas = areas[count:]
    return placed


def worst(row: list[tuple[str, float]], side: float) -> float:
    """Return the worst ratio of long to short side in a row along `side`."""
    total = sum(area for _, area in row)
    biggest, smallest = row[0][1], row[-1][1]
    return max(side**2 * biggest / total**2, total**2 / (side**2 * smallest))


def lay_row(row: list[tuple[str, float]], box: Box, placed: dict[str, Box]) -> Box:
    """Place a row along the shorter side and return the box that is left."""
    x, y, width, height = box
    total = sum(area for _, area in row)
    if width >= height:
        thick = total / height
        for name, area in row:
            placed[name] = (x, y, thick, area / thick)
            y += area / thick
        return (box[0] + thick, box[1], width - thick, height)
    thick = total / width
    for name, area in row:
        placed[name] = (x, y, area / thick, thick)
        x += area / thick
    return (box[0], box[1] + thick, width, height - thick)


def group_boxes(sizes: dict[str, float]) -> dict[str, Box]:
    """Divide the picture among the groups, so that what is left below their heads is to scale.

    How much a head takes depends on the width of its group, and that on the division:
    a few rounds come close enough.
    """
    boxes = squarify(list(sizes.items()), (0, 0, WIDTH, HEIGHT))
    for _ in range(12):
        heads = {group: HEAD * box[2] for group, box in boxes.items()}
        scale = (WIDTH * HEIGHT - sum(heads.values())) / sum(sizes.values())
        wanted = [(group, size * scale + heads[group]) for group, size in sizes.items()]
        boxes = squarify(wanted, (0, 0, WIDTH, HEIGHT))
    return boxes


def draw(atlas: dict) -> str:  # type: ignore[type-arg] # a tree of JSON
    """Return the picture."""
    groups = {name: total["code"] for name, total in atlas["groups"].items()}
    parts = []
    for group, box in group_boxes(groups).items():
        x, y, width, height = box
        modules = {n: m for n, m in atlas["modules"].items() if m["group"] == group}
        parts.append(f'<g class="g-{group}">')
        if width > 60:
            parts.append(
                f'<text class="head" x="{x + 4:.1f}" y="{y + 14:.1f}" font-size="13">{group}</text>'
            )
        inner = (x, y + HEAD, width, max(1.0, height - HEAD))
        sizes = [(name, module["code"]) for name, module in modules.items()]
        for name, tile in squarify(sizes, inner).items():
            parts.append(draw_tile(name, modules[name], tile))
        parts.append("</g>")
    total = atlas["total"]["code"]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="treemap-title treemap-desc">'
        '<title id="treemap-title">Sizes of the modules</title><desc id="treemap-desc">'
        f"{len(atlas['modules'])} modules with {total:,} lines of code, in "
        f"{len(groups)} groups; the table below has the same numbers.</desc>"
        f"<style>{picture_style()}</style>{''.join(parts)}</svg>\n"
    )


def draw_tile(name: str, module: dict, tile: Box) -> str:  # type: ignore[type-arg]
    """Return the rectangle of one module, with its name if there is room."""
    x, y, width, height = tile
    text = f"{name}: {module['code']:,} lines of code in {module['files']} files"
    shape = (
        f'<g><title>{escape(text)}</title><rect class="tile" x="{x:.1f}" y="{y:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}" rx="2"/>'
    )
    size = min(17.0, width / (len(name) * 0.58 + 0.8), height * 0.55)
    if size >= 6.5:
        shape += (
            f'<text class="tile-text" x="{x + 4:.1f}" y="{y + size + 1.5:.1f}" '
            f'font-size="{size:.1f}">{escape(name)}</text>'
        )
        if size >= 11 and height > 2.6 * size:
            shape += (
                f'<text class="tile-text" opacity=".7" x="{x + 4:.1f}" '
                f'y="{y + 2.1 * size + 1.5:.1f}" font-size="{size * 0.72:.1f}">'
                f"{module['code']:,}</text>"
            )
    return shape + "</g>"


if __name__ == "__main__":
    save_text("treemap.svg", draw(load("atlas")))
    print("treemap.svg is drawn")
