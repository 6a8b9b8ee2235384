"""What is in the Unicode database of this Python, and how much of it the library uses.

    python pipeline.py
    treadle run -f pipeline.py

Functions are jobs here: each plane of the database is read in a thread, the longest
decompositions are looked for in a process of their own, the sources of the standard library
are read on an event loop, and a command counts the lines of the table in the end. What a
function returns arrives where a parameter has its name.
"""

import asyncio
import sys
import unicodedata
from collections import Counter
from pathlib import Path

from treadle import Workflow

OUT = Path(__file__).parent / "out"
LIBRARY = Path(asyncio.__file__).parent.parent
PLANE = 0x10000

workflow = Workflow("unicode", queues={"disk": 4})


@workflow.job(matrix={"plane": [0, 1, 2, 3]}, description="counts the categories of a plane")
def scan(plane: int) -> Counter[str]:
    """Count the characters that have a meaning, by their category."""
    codes = range(plane * PLANE, (plane + 1) * PLANE)
    counts = Counter(unicodedata.category(chr(code)) for code in codes)
    for unused in ("Cn", "Co", "Cs"):
        del counts[unused]
    return counts


@workflow.job(needs=[scan])
def total(scan: dict[str, Counter[str]]) -> Counter[str]:
    """Add up the planes."""
    return sum(scan.values(), Counter())


@workflow.job(process=True, timeout=60, limits={"memory": "2G"})
def longest() -> tuple[str, int]:
    """Find the character that becomes the longest text when it is decomposed."""
    texts = {chr(code): unicodedata.normalize("NFKD", chr(code)) for code in range(4 * PLANE)}
    best = max(texts, key=lambda character: len(texts[character]))
    return unicodedata.name(best), len(texts[best])


@workflow.job(queue="disk", retries=1, retry_on=[OSError])
async def used() -> Counter[str]:
    """Count the characters beyond ASCII in the sources of the standard library."""
    counts: Counter[str] = Counter()
    for path in sorted(LIBRARY.glob("*.py")):
        data = await asyncio.to_thread(path.read_bytes)
        counts.update(c for c in data.decode("utf-8", "replace") if not c.isascii())
    return counts


@workflow.job(needs=[total, longest, used])
def table(total: Counter[str], longest: tuple[str, int], used: Counter[str]) -> Path:
    """Write what was found."""
    lines = [f"{total.total():8,} characters in {len(total)} categories"]
    lines += [f"{count:8,} {category}" for category, count in total.most_common(5)]
    lines.append(f"{longest[1]:8,} characters make up one: {longest[0].lower()}")
    lines.append(f"{len(used):8,} of them beyond ASCII are in the sources of the library")
    OUT.mkdir(exist_ok=True)
    path = OUT / "unicode.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


workflow.command("count", ["wc", "-l", str(OUT / "unicode.txt")], needs=[table])


def main() -> int:
    """Run the jobs, and show the table."""
    result = workflow.run()
    for name in result.failed:
        print(f"{name}: {result.statuses[name].detail}", file=sys.stderr)
    if result.success:
        print(result.value(table).read_text(encoding="utf-8"), end="")
    return 0 if result.success else 1


if __name__ == "__main__":
    sys.exit(main())
