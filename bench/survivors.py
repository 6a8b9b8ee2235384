"""What is left when the tool is ended?

Each tool runs one job. The job has an ordinary child and one that has escaped: in a
session of its own, its parent gone, as a daemon makes itself. Then the tool is ended, by
Ctrl-C, by SIGTERM or by SIGKILL, and after eight seconds what is left is counted. Each
trial has a PID namespace of its own, so that nothing is missed and nothing stays; that
needs Linux and root, or a system where users may make namespaces.

What is not installed is installed by pip and npm into a folder that goes again;
make, xargs and GNU parallel are the system's.

    python bench/survivors.py [--quick] [--tools FOLDER] [--wait SECONDS]
    python bench/survivors.py --only "treadle,ninja"      # writes nothing
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import _common
import _left
from _arena import WAYS
from _tools import ENVIRONMENT, TOOLS, Tool
from _workshop import Found, Workshop

SEPARATE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
AS_A_USER = [*SEPARATE, "--user", "--map-root-user"]
AT_HAND = ["treadle run", "treadle (library)", "make", "xargs"]  # nothing is installed for these
PATIENCE = 180.0

# The job: {folder} is where it says who its children are. Neither of these has a pipe of
# the tool, so that none has to wait for the end of its output.
JOB = """
(setsid sh -c 'echo $$ > {folder}/escaped; exec sleep 600' < /dev/null > /dev/null 2>&1 &)
sh -c 'echo $$ > {folder}/child; exec sleep 600' > /dev/null 2>&1
"""


def namespace() -> list[str]:
    """How to get a PID namespace; empty if there is no way."""
    for command in (SEPARATE, AS_A_USER):
        try:
            done = subprocess.run([*command, "true"], capture_output=True, check=False)
        except FileNotFoundError:
            continue
        if not done.returncode:
            return command
    return []


def trial(tool: Tool, found: Found, way: str, wait: float, separate: list[str]) -> dict[str, Any]:
    """End the tool in one way, and say what is left."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in {**tool.files, "job.sh": JOB.format(folder=folder)}.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        # Its own too: locks and caches that name processes of another namespace.
        own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
        for path in own.values():
            Path(path).mkdir()
        command = tool.command.format(program=found.program, python=found.python).split()
        arena = [sys.executable, str(_common.HERE / "_arena.py"), name, way, str(wait)]
        done = subprocess.run(
            [*separate, *arena, *command],
            env={**os.environ, **ENVIRONMENT, **own, **tool.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            start_new_session=True,
            check=False,
        )
    if done.returncode:
        return {"not measured": done.stderr.strip().splitlines()[-1]}
    left: dict[str, Any] = json.loads(done.stdout)
    return left


def ask(
    name: str, ways: list[str], wait: float, separate: list[str], workshop: Workshop
) -> dict[str, Any]:
    """One tool, all ways."""
    tool = TOOLS[name]
    found = workshop.find(tool)
    if found.missing:
        return {"name": name, "not measured": found.missing}
    left = {way: trial(tool, found, way, wait, separate) for way in ways}
    return {"name": name, "version": found.version, "left": left}


def report(result: dict[str, Any]) -> str:
    if "not measured" in result:
        return f"{result['name']}: not measured here: {result['not measured']}"
    lines = [f"{result['name']} {result['version']}"]
    for way, left in result["left"].items():
        said = [_left.outcome(left), _left.ended(left, way), *left.get("others", [])]
        lines.append(f"  {way:8}{', '.join(filter(None, said))}  {left.get('seconds', left)}")
    return "\n".join(lines)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="what is at hand; writes nothing")
    parser.add_argument("--tools", type=Path, help="keep what was installed in this folder")
    parser.add_argument("--wait", type=float, default=8.0, help="seconds")
    parser.add_argument("--only", default="", help="names of tools or how they begin")
    return parser.parse_args()


def main() -> None:
    given = options()
    separate = namespace()
    if not separate:
        print("not measured: a PID namespace cannot be made here; it needs Linux and root")
        sys.exit(not given.quick)
    names = [name for name in TOOLS if name.startswith(tuple(given.only.split(",")))]
    if given.quick:
        names, given.wait = AT_HAND, 1.0
    results = []
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(given.tools or Path(folder))
        for name in names:
            results.append(ask(name, list(WAYS), given.wait, separate, workshop))
            print(report(results[-1]), flush=True)
    if not given.quick and not given.only:
        _common.write("survivors", {"wait": given.wait, "results": results})


if __name__ == "__main__":
    main()
