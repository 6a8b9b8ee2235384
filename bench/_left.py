"""Tables of bench/survivors.py: what is left when a tool is ended, in full and in short."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Any

from _arena import WAYS
from _drawing import load

HIDDEN = (
    "treadle (library, no warden)",
)  # in the short table: nobody has it so without asking for it
WORDS = {
    (False, False): "nothing",
    (True, False): "the child",
    (False, True): "the escaped one",
    (True, True): "both",
}

Left = dict[str, Any]


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], align: str = "--:") -> str:
    """A table: the first column to the left, the others as they are told."""
    lines = [header, ["---", *(align for _ in header[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def outcome(left: Left) -> str:
    """What is left of the job, and whether the tool is one of them."""
    if "not measured" in left:
        return "not measured"
    said = WORDS[left["child"], left["escaped"]]
    return f"{said}, and the tool" if left["tool"] else said


def ended(left: Left, way: str) -> str:
    """How the tool ended, unless that goes without saying."""
    code = left.get("code")
    if code is None or way == "SIGKILL":
        return ""
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def full() -> str:
    """Each tool: what is left, how it ended, what else is left of it."""
    results = load("survivors")["results"]
    rows, absent = [], []
    for r in results:
        if "not measured" in r:
            absent.append(f"{r['name']} ({r['not measured']})")
        else:
            rows.append([f"{r['name']} {r['version']}", *(cell(r["left"], way) for way in WAYS)])
    said = f"\n\nNot measured: {'; '.join(absent)}." if absent else ""
    return markdown(["what is left after", *WAYS], rows, "---") + said


def cell(left: dict[str, Left], way: str) -> str:
    one = left[way]
    others = ", ".join(one.get("others", []))
    more = (ended(one, way), f"also {others}" if others else "")
    return "; ".join(filter(None, (outcome(one), *more)))


def short() -> str:
    """Tools of which the same is left share a line."""
    same: dict[tuple[str, ...], list[str]] = {}
    for r in load("survivors")["results"]:
        if "left" in r and r["name"] not in HIDDEN:
            key = tuple(outcome(r["left"][way]) for way in WAYS)
            same.setdefault(key, []).append(r["name"])
    rows = [[", ".join(names), *left] for left, names in same.items()]
    return markdown(["what is left after", *WAYS], rows, "---")
