"""Where the steps leave their results for each other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

OUT = Path(os.environ.get("ATLAS_OUT", "demo"))


def save(name: str, value: Any) -> None:
    """Write a result, whole or not at all."""
    save_text(f"data/{name}.json", json.dumps(value, indent=1, sort_keys=True) + "\n")


def save_text(name: str, text: str) -> None:
    """Write a file, whole or not at all."""
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def load(name: str) -> Any:
    """Return the result of an earlier step."""
    return json.loads((OUT / f"data/{name}.json").read_text(encoding="utf-8"))
