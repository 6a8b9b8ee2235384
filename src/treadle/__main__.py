"""`treadle` and `python -m treadle`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line."""
    # Shells and scripts ask for the version often: it is said before anything is loaded.
    if sys.argv[1:] == ["--version"]:
        from treadle import __version__  # noqa: PLC0415

        sys.stdout.write(f"treadle {__version__}\n")
        return
    _open_standard_streams()
    try:
        from treadle.cli.main import main as command_line  # noqa: PLC0415
    except ModuleNotFoundError as error:
        from treadle.errors import lacking  # noqa: PLC0415

        sys.stderr.write(f"{lacking(error)}\n")
        sys.exit(2)
    command_line()


def _open_standard_streams() -> None:
    """Fill closed ones of the first three descriptors.

    Otherwise a log of a job or a pipe gets such a number, and what is printed goes there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one: those below are open.
            os.open(os.devnull, os.O_RDWR)


if __name__ == "__main__":
    main()
