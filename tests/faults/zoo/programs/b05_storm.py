"""B05: a chain that forks and exits, 200 times a second."""

from __future__ import annotations

from .kit import storm

storm(lambda: None, lambda: None)
