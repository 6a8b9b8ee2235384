"""Colours and lines of a picture, for light and for dark.

Plain rules with plain colours: programs that turn SVG into paper know neither variables nor
`oklch`. Nothing is said by colour alone: queues differ in the pattern of their bars, edges in
their dashes, jobs in their borders.
"""

from __future__ import annotations

from typing import NamedTuple

FONT = '"Helvetica Neue",Helvetica,Arial,"Liberation Sans",sans-serif'


class Colour(NamedTuple):
    """Of a queue: paper and line, by day and by night."""

    fill: str
    line: str
    dark_fill: str
    dark_line: str


NEUTRAL = Colour("#f6f8fa", "#7d8793", "#1c2128", "#768390")
COLOURS = (
    Colour("#e4f0ff", "#1f6feb", "#10243e", "#539bf5"),
    Colour("#fdf0d5", "#9a6200", "#31250c", "#d9a13b"),
    Colour("#e2f5e6", "#1a7f37", "#0f2a17", "#46b557"),
    Colour("#f1e8fd", "#7d46c9", "#271b3b", "#b083f0"),
    Colour("#fde7ef", "#b42d75", "#371728", "#ec7fb8"),
    Colour("#def3f2", "#0f766e", "#0b2b2a", "#39b8ae"),
    Colour("#fce9de", "#ae4a17", "#361c0f", "#ef9160"),
    Colour("#edf3d2", "#56700a", "#22290c", "#a6bf45"),
)
PATTERNS = ("", "0.1 6", "7 5", "7 5 0.1 5")
"""Dashes of the bars; with eight colours there are 32 queues before two look the same."""

_LIGHT = """\
.paper{fill:#fff;stroke:#d8dee4}
text{fill:#1f2328}
.soft{fill:#59636e}
.edge{stroke:#808a96}.tip{fill:#808a96}
.edge.failure{stroke:#b3261e}.tip.failure{fill:#b3261e}
.edge.end{stroke:#1f6feb}.tip.end{fill:#1f6feb}
.said{stroke:#fff}
.flag{fill:#fff}
"""
_DARK = """\
.paper{fill:#0d1117;stroke:#30363d}
text{fill:#e6edf3}
.soft{fill:#9da7b3}
.edge{stroke:#78828d}.tip{fill:#78828d}
.edge.failure{stroke:#f47067}.tip.failure{fill:#f47067}
.edge.end{stroke:#539bf5}.tip.end{fill:#539bf5}
.said{stroke:#0d1117}
.flag{fill:#0d1117}
"""
_SHAPES = f"""\
svg{{font-family:{FONT}}}
text{{font-size:13px}}
.name{{font-weight:700}}
.soft,.said{{font-size:11.5px}}
.said{{paint-order:stroke;stroke-width:5px;stroke-linejoin:round;text-anchor:middle}}
.box{{stroke-width:1.2}}
.may-fail .front{{stroke-dasharray:5 3.5}}
.frame{{fill:none;stroke-width:1.2}}
.bar{{fill:none;stroke-width:3.4;stroke-linecap:round}}
.flag{{stroke-width:1.2}}
.flag-text{{font-size:10.5px;font-weight:700;text-anchor:middle}}
.edge{{fill:none;stroke-width:1.4;stroke-linecap:round}}
.edge.failure{{stroke-dasharray:6 4}}
.edge.end{{stroke-dasharray:2 4}}
"""


def rules(queues: int) -> str:
    """Return the style of a picture that shows jobs of so many queues."""
    colours = [NEUTRAL, *(COLOURS[i % len(COLOURS)] for i in range(queues))]
    light = [_queue(i, colour.fill, colour.line) for i, colour in enumerate(colours)]
    dark = [_queue(i, colour.dark_fill, colour.dark_line) for i, colour in enumerate(colours)]
    patterns = [
        f".q{i + 1} .bar{{stroke-dasharray:{dashes}}}\n"
        for i in range(queues)
        if (dashes := PATTERNS[i % len(PATTERNS)])
    ]
    night = f"@media (prefers-color-scheme:dark){{\n{_DARK}{''.join(dark)}}}\n"
    return f"{_SHAPES}{''.join(patterns)}{_LIGHT}{''.join(light)}{night}"


def _queue(number: int, fill: str, line: str) -> str:
    who = f".q{number}"
    return (
        f"{who} .box{{fill:{fill};stroke:{line}}}"
        f"{who} .frame,{who} .bar,{who} .flag{{stroke:{line}}}\n"
    )
