"""What a workflow may hold at most, and why: all limits in one place.

A file that is over a limit is refused at once, before it costs time or memory. What is
within the limits costs time and memory in proportion to its size, never more.
"""

from __future__ import annotations

MAX_BYTES = 64 << 20
"""Of one file. 100,000 jobs of 13 words each are 27 MB of TOML; twice that must fit."""

MAX_DEPTH = 32
"""Tables and lists in each other, and parts of a dotted key. No word needs more than 7;
a `pyproject.toml` holds tables of others. Work on a path grows with its length."""

MAX_TOKEN = 2_000
"""Characters of a bare key or a number. The pattern for numbers of `tomli` takes 120 bytes
for each digit, and Python writes no number of over 4,300 out."""

MAX_JOBS = 1_000_000
"""After each matrix is expanded: what the engine is made and measured for, in under 1 GiB.
Rows are counted before they are made."""

MAX_EDGES = 10_000_000
"""Needs of all jobs together: ten for each job, or 3,162 jobs that need 3,162 others each."""

MAX_COMPARED = 5_000_000
"""Names of jobs with patterns in `needs`, and rows of a matrix with `include` and `exclude`:
a fraction of a second. A pattern is compared only with names that begin as it does."""

MAX_UNORDERED = 500_000
"""Jobs that name a path, with each that makes something there and is not needed by name: the
search for what is read and not needed ends there. Tuples of them take 100 MB."""

MAX_MATCHED = 1_000_000
"""Outputs that are compared with what jobs read, where folders and patterns are declared: then
the search ends, after some seconds. Paths of single files are looked up, and do not count."""

MAX_VARIABLES = 2_000_000
"""Of all jobs that have variables of their own or values in them, with those of `[env]`: 20 for
each of 100,000 jobs. Jobs without share one dictionary, and are not counted."""

MAX_NAME = 1_000
"""Characters of the name of a job, a queue or a tag: it is shown in lines and tables."""

MAX_EXPANSION = 16 << 20
"""Characters that are put in for ``${{ }}`` in all texts together, 16 for each of 1,000,000
jobs: a short text, long values and many rows would fill the memory, nine bytes for each."""

MAX_INCLUDED_FILES = 100
"""That one workflow includes, each counted once."""

MAX_INCLUDE_DEPTH = 10
"""Files that include each other in a chain."""

MAX_ENV_FILE = 1 << 20
"""Bytes of a file of variables. The system takes about 2 MiB for all variables of a program."""

MAX_SHOWN = 50
"""Mistakes that are told: more than a screen of them helps nobody."""

MAX_NOTED = 100
"""Mistakes after which the search for more ends: each takes a search for the nearest name."""

MAX_MESSAGE = 1_000
"""Characters of one mistake: a circle may be as long as the file has jobs."""

MAX_CANDIDATES = 2_000
"""Names among which the nearest one is looked for: 4 ms for each name that is wrong."""
