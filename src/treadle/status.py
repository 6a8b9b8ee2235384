"""The result of a job, in the numbers that programs exit with."""

from enum import IntEnum


class ReturnValue(IntEnum):
    """How a job ended; the values are exit codes of processes.

    Clients compare members by identity (``status is ReturnValue.success``).
    """

    success = 0
    failure = 1
    notready = 75
    """Temporary failure (``EX_TEMPFAIL``): the job may be run again."""
    force_fail = 123
    """Not run, because something it needs failed."""
    unknown = 124
    skip = 125
    """Not run, because there was nothing to do."""
    unchanged = 126
    """Run, and its result is what it was before."""
