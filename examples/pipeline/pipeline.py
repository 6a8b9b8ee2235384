"""What is in the Unicode database of this Python, and how much of it the library uses.

    python pipeline.py
    treadle run -f pipeline.py

Functions are jobs here: each plane of the database is read in a thread, the longest
decompositions are looked for in a process of their own, the sources of the standard library
are read on an event loop, and a command counts the lines of the table in the end. What a
function returns arrives where a parameter has its name.

Each says what it reads and makes. So a second run does nothing, and after an edit of a function
that one is called again, and what takes its value: try it, and treadle explain -f pipeline.py
table. What is to be kept from run to run is made of what JSON knows.
"""

import asyncio
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from treadle import Workflow

HERE = Path(__file__).parent
TABLE = HERE / "out" / "unicode.txt"
LIBRARY = Path(asyncio.__file__).parent.parent
PYTHON = str(Path(sys.executable).resolve())
PLANE = 0x10000

workflow = Workflow("unicode", queues={"disk": 4})


# The database is a part of Python.
@workflow.job(
    matrix={"plane": [0, 1, 2, 3]},
    inputs=[PYTHON],
    description="counts the categories of a plane",
)
def scan(plane: int) -> dict[str, int]:
    """Count the characters that have a meaning, by their category."""
    codes = range(plane * PLANE, (plane + 1) * PLANE)
    counts = Counter(unicodedata.category(chr(code)) for code in codes)
    for unused in ("Cn", "Co", "Cs"):
        del counts[unused]
    return dict(counts)


@workflow.job(needs=[scan], inputs=[PYTHON])
def total(scan: dict[str, dict[str, int]]) -> dict[str, int]:
    """Add up the planes."""
    return dict(sum(map(Counter, scan.values()), Counter()))


@workflow.job(process=True, timeout=60, limits={"memory": "2G"}, inputs=[PYTHON])
def longest() -> dict[str, int]:
    """Find the character that becomes the longest text when it is decomposed."""
    texts = {chr(code): unicodedata.normalize("NFKD", chr(code)) for code in range(4 * PLANE)}
    best = max(texts, key=lambda character: len(texts[character]))
    return {unicodedata.name(best): len(texts[best])}


@workflow.job(queue="disk", retries=1, retry_on=[OSError], inputs=[str(LIBRARY / "*.py")])
async def used() -> dict[str, int]:
    """Count the characters beyond ASCII in the sources of the standard library."""
    counts: Counter[str] = Counter()
    for path in sorted(LIBRARY.glob("*.py")):
        data = await asyncio.to_thread(path.read_bytes)
        counts.update(c for c in data.decode("utf-8", "replace") if not c.isascii())
    return dict(counts)


@workflow.job(needs=[total, longest, used], outputs=[str(TABLE)])
def table(total: dict[str, int], longest: dict[str, int], used: dict[str, int]) -> str:
    """Write what was found."""
    lines = [f"{sum(total.values()):8,} characters in {len(total)} categories"]
    lines += [f"{count:8,} {category}" for category, count in Counter(total).most_common(5)]
    lines += [f"{size:8,} characters make up one: {name.lower()}" for name, size in longest.items()]
    lines.append(f"{len(used):8,} of them beyond ASCII are in the sources of the library")
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines[0].strip()


workflow.command("count", ["wc", "-l", str(TABLE)], needs=[table], inputs=[str(TABLE)])


def main() -> int:
    """Run the jobs, and show the table."""
    result = workflow.run(store=HERE / ".treadle" / "state.db")
    for name in result.failed:
        print(f"{name}: {result.statuses[name].detail}", file=sys.stderr)
    if result.success:
        print(TABLE.read_text(encoding="utf-8"), end="")
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main())
