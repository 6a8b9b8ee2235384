"""Draw the picture of a run: python docs/snippets/picture.py

A real run in a real terminal. What it wrote is kept in docs/snippets/recorded/run.txt, as it
stood in the midst of the run and at its end, and drawn into docs/_static/run.svg.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "_ext"))

from terminal import draw  # noqa: E402 -- of the documentation

COLUMNS, LINES = 84, 40
COMMAND = "treadle run -k0 -j4"
LABEL = "treadle at work: what runs, since when and what it said last; and how the run ended"
_AREA = re.compile(r"\x1b\[\?7l(.*?)\r(?:\x1b\[\d+A)?\x1b\[\?7h", re.DOTALL)
_ERASE = "\r\x1b[J"


def bytes_of_a_run(folder: str) -> str:
    """All that a run writes to its terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    variables = {
        "PATH": f"{HERE / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(HERE.parents[1] / "src"),
        "TERM": "xterm-256color",
        "LC_ALL": "C.UTF-8",
    }
    process = subprocess.Popen(
        COMMAND.split(), cwd=folder, env=variables, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 65536):
            text += piece
    except OSError:  # how a terminal says that nobody is there any more
        os.close(ours)
    process.wait()
    return text.decode().replace("\r\n", "\n")


def moments(text: str) -> tuple[str, str, str]:
    """The lines until most was going on, the area then, and the lines that followed."""
    pieces = text.split(_ERASE)
    areas = [found[1] if (found := _AREA.search(piece)) else "" for piece in pieces]
    number = max(range(len(areas)), key=lambda n: (areas[n].count("\n"), n))
    lines = [_AREA.sub("", piece) for piece in pieces]
    return "".join(lines[: number + 1]), areas[number], "".join(lines[number + 1 :])


def main() -> None:
    """Do what is said above."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "picture" / "treadle.toml", folder)
        before, area, after = moments(bytes_of_a_run(folder))
    pause = "\x1b[2m⋮ and in the place of the last lines, when it is over\x1b[0m"
    text = f"$ {COMMAND}\n{before}{area}\n{pause}\n{after}"
    (HERE / "recorded" / "run.txt").write_text(text, encoding="utf-8")
    (HERE.parent / "_static" / "run.svg").write_text(draw(text, LABEL) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
