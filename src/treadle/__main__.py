"""`treadle` and `python -m treadle`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    # Shells and scripts ask for the version often: it is said before anything is loaded.
    if sys.argv[1:] == ["--version"]:
        from treadle import __version__  # noqa: PLC0415

        sys.stdout.write(f"treadle {__version__}\n")
        return
    from treadle.cli.main import main as command_line  # noqa: PLC0415

    command_line()


if __name__ == "__main__":
    main()
