"""Whether there can be a warden here."""

from __future__ import annotations

import os
import sys


def available() -> bool:
    """Linux (a kernel with pidfds), a Python to run it with, and nobody against it."""
    able = sys.platform == "linux" and hasattr(os, "pidfd_open") and bool(sys.executable)
    return able and os.environ.get("TREADLE_WARDEN") != "0"
