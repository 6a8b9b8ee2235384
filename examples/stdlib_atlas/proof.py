"""Count again in another way, and compare with what the page says."""

from __future__ import annotations

import re
import sys

from library import files_of, modules
from results import OUT


def said(page: str, label: str) -> int:
    """Return one of the large numbers of the page."""
    found = re.search(rf"<dt>{label}</dt><dd>([\d,]+)</dd>", page)
    return int(found[1].replace(",", "")) if found else -1


def counted() -> dict[str, int]:
    """Count modules, files and ends of lines."""
    files = [path for name in modules() for path in files_of(name)]
    lines = 0
    for path in files:
        data = path.read_bytes()
        lines += data.count(b"\n") + (bool(data) and not data.endswith(b"\n"))
    return {"modules": len(modules()), "files": len(files), "lines": lines}


def main() -> None:
    """Compare; say every difference."""
    page = (OUT / "index.html").read_text(encoding="utf-8")
    wrong = [
        f"{label}: the page says {said(page, label):,}, there are {number:,}"
        for label, number in counted().items()
        if said(page, label) != number
    ]
    rows = page.count('<th scope="row">')
    if rows != len(modules()):
        wrong.append(f"the table has {rows} rows, there are {len(modules())} modules")
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"the numbers of {OUT / 'index.html'} are right")


if __name__ == "__main__":
    main()
