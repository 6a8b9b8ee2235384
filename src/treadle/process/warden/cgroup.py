"""A control group for everything of one warden, where the system lets us have one.

Whoever is in a group stays in it whatever else it leaves, and `cgroup.kill` ends all of
it at once. So the guard puts itself into one before it does anything else, which costs
nothing per job. It is the scheduler's last resort, when guard and warden were killed
together. What is being killed is moved into a group inside of it first: then also what
it forks in the meantime goes.

Only where the group that treadle runs in is ours to divide: an ordinary user can write
to it, which is what delegation means; for root, who can always, it is marked as
delegated, or is the root of the hierarchy (a container).
"""

from __future__ import annotations

import os

_MARKS = ("user.delegate", "trusted.delegate")


def delegated() -> str | None:
    """The folder of this process's control group, if it may be divided; else None."""
    try:
        with open("/proc/self/cgroup", encoding="utf-8", errors="surrogateescape") as file:
            path = next(line[3:].rstrip("\n") for line in file if line.startswith("0::"))
        folder = _mount() + path.rstrip("/")
    except (OSError, StopIteration):
        return None
    writable = os.access(folder, os.W_OK) and os.access(f"{folder}/cgroup.procs", os.W_OK)
    if not writable or (os.geteuid() == 0 and path != "/" and not _marked(folder)):
        return None
    return folder


def _mount() -> str:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return next(line.split()[4] for line in file if " - cgroup2 " in line)


def _marked(folder: str) -> bool:
    for name in _MARKS:
        try:
            if os.getxattr(folder, name) == b"1":
                return True
        except OSError:
            continue
    return False


class Group:
    """A control group of our own.

    Args:
        folder: where it is, or is to be made.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def make(self) -> bool:
        """Make it; False where that cannot be done, or it could not be killed."""
        try:
            os.mkdir(self.folder)
        except OSError:
            return False
        if os.path.exists(f"{self.folder}/cgroup.kill"):
            return True
        self.remove()
        return False

    def take(self, pid: int) -> None:
        """Move a process into it, with all that it forks from now on."""
        self._write("cgroup.procs", b"%d" % pid)

    def kill(self) -> None:
        """Kill all that is in it."""
        self._write("cgroup.kill", b"1")

    def _write(self, name: str, text: bytes) -> None:
        try:
            descriptor = os.open(f"{self.folder}/{name}", os.O_WRONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            os.write(descriptor, text)
        except OSError:
            # Gone in the meantime, or not ours to move: the other ways of killing are left.
            return
        finally:
            os.close(descriptor)

    def remove(self) -> None:
        """Take it away, if nothing is in it."""
        try:
            os.rmdir(self.folder)
        except OSError:
            return


def name(session: str) -> str:
    """What the group of a warden is called."""
    return f"treadle-{session}"


def enclose(session: str) -> Group | None:
    """Put this process into a group of its own, if there can be one."""
    folder = delegated()
    if folder is None:
        return None
    group = Group(f"{folder}/{name(session)}")
    if not group.make():
        return None
    group.take(os.getpid())
    return group


def leave(group: Group | None) -> None:
    """Go back to where we came from, and take the group away."""
    if group is not None:
        Group(os.path.dirname(group.folder)).take(os.getpid())
        pen(group).remove()
        group.remove()


def pen(group: Group) -> Group:
    """The group inside of it for what is being killed."""
    return Group(f"{group.folder}/killed")
