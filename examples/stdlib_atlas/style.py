"""Colours of the groups, for light and dark, and the style that pictures and page share."""

from __future__ import annotations

from library import GROUPS, OTHER

# Hues a step apart around the circle; neighbours in the pictures are far apart in hue.
HUES = {group: (35 + 137 * i) % 360 for i, group in enumerate((*GROUPS, OTHER))}


def picture_style() -> str:
    """Return the rules for the classes that the pictures use."""
    hues = "\n".join(f".g-{group}{{--h:{hue}}}" for group, hue in HUES.items())
    return f"""
svg{{font-family:ui-sans-serif,system-ui,sans-serif;
--tile:.86 .075;--tile-ink:.25 .05;--line:.58 .15;--paper:#fbfaf7;--ink:#1d1b18;--soft:#6d675e}}
@media (prefers-color-scheme:dark){{svg{{
--tile:.40 .075;--tile-ink:.95 .03;--line:.76 .13;--paper:#171614;--ink:#edeae4;--soft:#9d968b}}}}
{hues}
.tile{{fill:oklch(var(--tile) var(--h));stroke:var(--paper);stroke-width:1}}
.tile-text{{fill:oklch(var(--tile-ink) var(--h))}}
.head{{fill:oklch(var(--line) var(--h));font-weight:650;letter-spacing:.01em}}
.arc{{fill:none;stroke:oklch(var(--line) var(--h))}}
.chord{{fill:none;stroke:oklch(var(--line) var(--h));stroke-width:1;opacity:.3}}
.spoke{{fill:var(--ink)}}
.spoke:hover{{font-weight:700}}
.node:hover .chord{{opacity:1;stroke-width:1.8}}
.dot{{fill:oklch(var(--line) var(--h))}}
.soft{{fill:var(--soft)}}
"""
