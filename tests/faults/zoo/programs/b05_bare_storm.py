"""B05: a storm of sessions without environment: there is nothing to know it by, and no time."""

from __future__ import annotations

import os

from .kit import storm, wipe_arguments

storm(wipe_arguments, os.setsid)
