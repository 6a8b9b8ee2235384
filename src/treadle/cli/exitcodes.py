"""What the command exits with. The documentation is made from this table."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of `treadle`; they do not change within a major version."""

    OK = 0
    """Every selected job succeeded, or there was nothing to do."""
    FAILED = 1
    """Some job failed."""
    USAGE = 2
    """The command line or the workflow file has a mistake; nothing was started."""
    INTERNAL = 3
    """A bug in treadle."""
    STORE = 4
    """What is to survive the run cannot be kept or read, or another treadle is at work there."""
    STALLED = 5
    """The run could make no progress: what the jobs wait for never comes."""
    DEADLINE = 124
    """The run was stopped at its deadline."""
    HANGUP = 129
    """Ended by SIGHUP, as by a terminal that is closed: 128 and the number of the signal."""
    INTERRUPTED = 130
    """Ended by SIGINT, as by Ctrl-C."""
    QUIT = 131
    """Ended by SIGQUIT."""
    TERMINATED = 143
    """Ended by SIGTERM."""
