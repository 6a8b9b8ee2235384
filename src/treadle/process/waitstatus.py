"""What the kernel says of the end of a process, in one number."""

from __future__ import annotations

import os


def exit_status(result: os.waitid_result) -> int:
    """The exit code, or the negative number of the signal that ended the process."""
    return result.si_status if result.si_code == os.CLD_EXITED else -result.si_status
