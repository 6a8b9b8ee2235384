"""What stands in for treadle where the judge itself is on trial: it cares for nothing.

It starts one program, waits for it, and ends as soon as it is told to, as a scheduler
would that knows nothing of trees.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    command = sys.argv[1:]
    pid = os.posix_spawnp(command[0], command, os.environ, setpgroup=0)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
