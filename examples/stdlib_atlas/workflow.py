"""An atlas of the Python standard library, drawn by some two hundred jobs.

    treadle run -f examples/stdlib_atlas/workflow.py

One job looks at each module of the library (compile, parse, count, collect imports), one
adds up each group, one all of them; then two pictures and a page are drawn, and the page is
checked against a count made in another way. What comes out is in $ATLAS_OUT, or in demo/.

Each job says what it reads and makes: after an edit of scan.py all modules are scanned again,
and after a remark in it that changes no number, nothing more.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from library import GROUPS, OTHER, ROOT, group_of, modules

from treadle import Workflow

HERE = Path(__file__).parent
OUT = Path(os.environ.get("ATLAS_OUT", "demo")).absolute()
DATA = OUT / "data"

# Parsing is limited to two at a time, however many jobs are allowed in all.
workflow = Workflow(
    queues={"parse": 2},
    env={"ATLAS_OUT": str(OUT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
)


def step(script: str, *arguments: str) -> list[str]:
    """Return the command of a script of this folder."""
    return [sys.executable, str(HERE / f"{script}.py"), *arguments]


def scripts(*names: str) -> list[str]:
    """Return the files of a step: its own, and those that all have in common."""
    return [str(HERE / f"{name}.py") for name in (*names, "library", "results")]


def sources(module: str) -> list[str]:
    """Return what finds the files of a module: one of the two stands for nothing."""
    return [f"{ROOT}/{module}.[p]y", f"{ROOT}/{module}/**/*.py"]


library = [pattern for module in modules() for pattern in sources(module)]

workflow.command(
    "inventory",
    step("inventory"),
    inputs=[*scripts("inventory"), *library],
    outputs=[str(DATA / "inventory.json")],
    description="List modules and files",
)
workflow.command(
    "scan",
    matrix={"module": modules()},
    run=step("scan", "${{ matrix.module }}"),
    needs=["inventory"],
    inputs=[*scripts("scan"), *sources("${{ matrix.module }}")],
    outputs=[str(DATA / "scan" / "${{ matrix.module }}.json")],
    queue="parse",
    timeout=60,
    description="Compile, parse and count one module",
)

present = {group_of(module) for module in modules()}
groups = [group for group in (*GROUPS, OTHER) if group in present]
for group in groups:
    workflow.command(
        f"group-{group}",
        run=step("tally", group),
        needs=[f"scan[{module}]" for module in modules() if group_of(module) == group],
        inputs=scripts("tally"),
        outputs=[str(DATA / "group" / f"{group}.json")],
        description=f"Add up the modules of '{group}'",
    )

workflow.command(
    "atlas",
    run=step("atlas"),
    needs=[f"group-{group}" for group in groups],
    inputs=scripts("atlas", "tally"),
    outputs=[str(DATA / "atlas.json")],
    description="Put all groups together, work out who imports whom",
)
workflow.command(
    "treemap",
    step("treemap"),
    needs=["atlas"],
    inputs=scripts("treemap", "style"),
    outputs=[str(OUT / "treemap.svg")],
    description="Draw the sizes of all modules",
)
workflow.command(
    "wheel",
    step("wheel"),
    needs=["atlas"],
    inputs=scripts("wheel", "style"),
    outputs=[str(OUT / "imports.svg")],
    description="Draw who imports whom",
)
workflow.command(
    "page",
    step("page"),
    needs=["treemap", "wheel"],
    inputs=[*scripts("page", "style"), str(HERE / "page.html")],
    outputs=[str(OUT / "index.html")],
    description="Write index.html",
)
workflow.command(
    "proof",
    run=step("proof"),
    needs=["page"],
    inputs=[*scripts("proof"), str(OUT / "index.html"), *library],
    description="Count again in another way and compare with the page",
)
