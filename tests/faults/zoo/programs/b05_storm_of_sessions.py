"""B05: a chain that forks and exits, each link in a session of its own."""

from __future__ import annotations

import os

from .kit import storm

storm(lambda: None, os.setsid)
