"""Run what the pages show, and keep what it wrote: python docs/snippets/record.py [NAME...]

With --check, nothing is kept: what differs in more than times and dates is said.

Each recording runs in an empty folder with copies of its files. The pages
include the results, so that no output in them was typed by hand.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
OUT = HERE / "recorded"


class Recording(NamedTuple):
    """Commands, and the files that they find; `interrupt` is when Ctrl-C is pressed.

    What follows on a command `@PART`, in the same folder, is kept in a file of its own.
    """

    files: str
    commands: list[str]
    interrupt: float | None = None


# It waits for what the job writes first of all.
_KILL = "treadle run & until grep -q grapes shares; do sleep 0.1; done; kill -9 $!"

PLAN = {
    "quickstart": Recording("quickstart/treadle.toml", ["treadle run", "treadle run -v sum"]),
    "first": Recording("quickstart/first.py", ["python first.py"]),
    "tutorial-1": Recording("tutorial/1/*", ["treadle", "treadle run -v"]),
    "tutorial-2": Recording("tutorial/2/*", ["treadle list --all", "treadle run -j4"]),
    "tutorial-2-dry": Recording("tutorial/2/*", ["treadle run -n 'count[t*]'"]),
    "tutorial-3": Recording("tutorial/3/*", ["treadle run -j4"]),
    "tutorial-4": Recording("tutorial/4/*", ["treadle run -j2", "echo $?"]),
    "tutorial-4-k": Recording("tutorial/4/*", ["treadle run -k0 -j4"]),
    "tutorial-5": Recording("tutorial/5/*", ["treadle run -k0 -j4"]),
    "tutorial-ctrl-c": Recording("tutorial/5/*", ["treadle run -f ctrl-c.toml -j4"], 1.0),
    # Drawn by docs/_ext/terminal.py; the colours are kept.
    "picture": Recording("tutorial/4/*", ["treadle run -k0 -j4 --color always"]),
    "days": Recording("tutorial/python/*", ["python days.py"]),
    "again": Recording(
        "tutorial/python/*", ["python again.py 2> errors", "grep -c '^Conn' errors"]
    ),
    "more": Recording("tutorial/python/*", ["python more.py"]),
    "queues": Recording("howto/queues.py", ["python queues.py"]),
    "timeout": Recording("howto/timeout.py", ["python timeout.py"]),
    "skip": Recording("howto/skip.py", ["python skip.py 2> errors"]),
    "stop": Recording("howto/stop.py", ["python stop.py"]),
    "virtual-time": Recording(
        "howto/virtual_time.py", ["python -m pytest -q -p no:cacheprovider virtual_time.py"]
    ),
    "limits": Recording("howto/limits.toml", ["treadle run -k0 -f limits.toml"]),
    "usage": Recording("howto/usage.py", ["python usage.py"]),
    "state": Recording(
        "howto/state.toml", ["treadle run -f state.toml & sleep 1.2; kill -USR1 $!; wait"]
    ),
    "order": Recording("howto/order.toml", ["treadle run -n -f order.toml"]),
    "from-python": Recording("howto/from_python.py", ["python from_python.py"]),
    "in-python": Recording("howto/in_python.py", ["python in_python.py"]),
    "event-loop": Recording("howto/event_loop.py", ["python event_loop.py"]),
    "worker-process": Recording("howto/worker_process.py", ["python worker_process.py"]),
    "store": Recording("howto/store.py", ["python store.py --power-cut", "python store.py"]),
    "workflow-store": Recording(
        "howto/workflow_store.py",
        [
            "echo the cat and the dog > words.txt",
            "python workflow_store.py",
            "python workflow_store.py",
            "echo and the bird >> words.txt",
            "python workflow_store.py",
        ],
    ),
    "why": Recording("howto/why.py", ["python why.py"]),
    "shops": Recording(
        "shops/*",
        [
            *("@first", "treadle run", "cat report"),
            *("@again", "treadle run"),
            *("@remark", "echo '# of March' >> north.txt", "treadle run"),
            *(
                "@edit",
                "echo 'plums 40' >> south.txt",
                "treadle explain 'clean[south]' | head -2",
                "treadle explain total | head -2",
                "treadle run",
            ),
            *(
                "@why",
                "treadle explain shares | head -4",
                "treadle explain 'clean[north]' | head -3",
            ),
            *("@kill", "echo 'grapes 100' >> south.txt", _KILL, "cat shares"),
            *("@status", "treadle status"),
            *("@resume", "treadle resume", "cat report"),
            *("@attempts", "treadle history shares"),
            *("@command", "sed -i 's/sort shares/sort -r shares/' treadle.toml", "treadle run"),
            *("@diff", "treadle diff"),
            *("@back", "sed -i 's/sort -r shares/sort shares/' treadle.toml", "treadle run"),
            *("@runs", "treadle history"),
        ],
    ),
    "graph": Recording("tutorial/2/*", ["treadle graph --format mermaid"]),
    "what-happened": Recording(
        "howto/asking/*", ["treadle run -k0 &> /dev/null", "treadle status", "treadle history"]
    ),
    "why-it-ran": Recording(
        "howto/asking/*",
        [
            "treadle run -q count",
            "treadle explain count | head -5",
            "echo shuttle >> words.txt",
            "treadle explain sort | head -2",
            "treadle explain count | head -2",
        ],
    ),
    "why-skipped": Recording(
        "howto/asking/*", ["treadle run -k0 &> /dev/null", "treadle explain publish | head -4"]
    ),
    "earlier-log": Recording(
        "howto/asking/*",
        ["treadle run -q fetch", "treadle history fetch", "treadle logs fetch --attempt 1"],
    ),
    "slower": Recording(
        "howto/slower/*",
        [
            "treadle run -q",
            "treadle run -q",
            "echo 1.7 > seconds",
            "treadle run -q",
            "treadle diff",
            "treadle history '*'",
        ],
    ),
    "flaky": Recording("howto/asking/*", ["treadle run -q -k0 &> /dev/null", "treadle flaky"]),
    "make-room": Recording(
        "howto/asking/*",
        [
            "treadle run -q count",
            "treadle run -q count",
            "treadle clean --keep 1",
            "echo mine >> counts.txt",
            "treadle clean --outputs",
            "treadle forget count",
        ],
    ),
    "mistakes": Recording("mistakes/*", ["treadle check", "echo $?"]),
}


def record(recording: Recording) -> dict[str, str]:
    """What a terminal would show, by part."""
    texts: dict[str, str] = {}
    part = ""
    with tempfile.TemporaryDirectory() as name:
        for file in HERE.glob(recording.files):
            shutil.copy(file, name)
        for line in recording.commands:
            if line.startswith("@"):
                part = line.replace("@", "-")
            else:
                texts[part] = texts.get(part, "") + _run(line, name, recording.interrupt)
    return {part: text.replace(name, "/home/you/work") for part, text in texts.items()}


_last = 0


def _run(line: str, folder: str, interrupt: float | None) -> str:
    global _last  # noqa: PLW0603 -- what a shell calls $?
    variables = {
        # The program of this checkout, whether it is installed or not.
        "PATH": f"{HERE / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(HERE.parents[1] / "src"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "LC_ALL": "C.UTF-8",
    }
    process = subprocess.Popen(
        ["/bin/bash", "-c", f"exec {line}" if interrupt else line.replace("$?", str(_last))],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if interrupt:
        time.sleep(interrupt)
        process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=60)
    _last = process.returncode
    line = line.removesuffix(" --color always")
    return f"$ {line}\n{'^C' * bool(interrupt)}{chr(10) * bool(interrupt)}{text}"


def same(one: str, other: str) -> bool:
    """Whether the same was written, in any order and at any speed."""
    a, b = (sorted(_TIMES.sub("#", text).splitlines()) for text in (one, other))
    return a == b


# Columns are as wide as what stands in them.
_TIMES = re.compile(
    r" *(?:waited|process \d+|\d+ MB|[\d.]+ MiB|\d+(?:\.\d+)? ?s\b|\d{8}-\d{6}(?:-\d+)?|[▁-█]+"
    r"|^\S*\[\d+/\d+\]\S*|slot \d| ) *",
    re.MULTILINE,
)


def main(names: list[str]) -> int:
    """Record all, or the named ones."""
    check = "--check" in names
    wrong = []
    for name in [name for name in names if name != "--check"] or PLAN:
        for part, text in record(PLAN[name]).items():
            file = OUT / f"{name}{part}.txt"
            if not check:
                file.write_text(text, encoding="utf-8")
            elif not same(text, file.read_text(encoding="utf-8")):
                wrong.append(name)
                print(f"== {name}: {file} is not what came now\n{text}")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
