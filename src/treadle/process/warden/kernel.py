"""What the kernel offers and Python's library does not: through ctypes and /proc."""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False  # as type checkers read it: loading `typing` takes longer than all of this
if TYPE_CHECKING:
    import signal
    from collections.abc import Iterable, Iterator
else:
    # Without the enumerations that `signal` puts around it.
    import _signal as signal

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_SFD_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC  # the kernel gives SFD_… the same values

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> int:
    result = int(getattr(_libc, name)(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return result


def become_subreaper() -> None:
    """Orphans among the descendants come to this process from now on."""
    _call("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent(signum: int) -> None:
    """Get this signal when the parent ends."""
    _call("prctl", _PR_SET_PDEATHSIG, int(signum), 0, 0, 0)


def set_name(name: bytes) -> None:
    """What `ps` shows; 15 bytes at most."""
    _call("prctl", _PR_SET_NAME, ctypes.c_char_p(name), 0, 0, 0)


def signalfd(signals: Iterable[int]) -> int:
    """A descriptor that is readable when one of the (blocked) signals is pending."""
    mask = (ctypes.c_ulong * 16)()
    _call("sigemptyset", mask)
    for signum in signals:
        _call("sigaddset", mask, int(signum))
    return _call("signalfd", -1, mask, _SFD_FLAGS)


class Stat:
    """What /proc/PID/stat says.

    Attributes:
        dead: only its status is left.
        parent: pid of its parent.
        group: its process group.
        session: its session.
        began: when, in ticks since the machine was started.
    """

    __slots__ = ("began", "dead", "group", "parent", "session")

    def __init__(self, words: list[bytes]) -> None:
        self.dead = words[0] in (b"Z", b"X")
        self.parent = int(words[1])
        self.group = int(words[2])
        self.session = int(words[3])
        self.began = int(words[19])


def stat(pid: int) -> Stat | None:
    """What the kernel says of a process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name stands in brackets, and may itself hold brackets.
            words = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return Stat(words)


def variable(pid: int, name: bytes) -> bytes | None:
    """A variable in the environment that a process was started with."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            found = file.read()
    except OSError:
        return None
    for entry in found.split(b"\0"):
        if entry.startswith(name) and entry[len(name) : len(name) + 1] == b"=":
            return entry[len(name) + 1 :]
    return None


def children(pid: int) -> list[int]:
    """The children of a process, of all its threads."""
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        for thread in threads:
            try:
                with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                    found += map(int, file.read().split())
            except OSError:
                continue
    except OSError:
        return []
    if not found and not _LISTS_CHILDREN:
        return [p for p in map(int, filter(str.isdigit, os.listdir("/proc"))) if _parent(p) == pid]
    return found


def _parent(pid: int) -> int:
    found = stat(pid)
    return found.parent if found is not None else 0


_LISTS_CHILDREN = os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def descendants(pid: int) -> Iterator[tuple[int, Stat]]:
    """All that a process has under it, as far as can be seen at this moment."""
    waiting, seen = [pid], {pid}
    while waiting:
        for child in children(waiting.pop()):
            if child not in seen and (found := stat(child)) is not None:
                seen.add(child)
                waiting.append(child)
                yield child, found


def send(pid: int, began: int, *signals: int) -> bool:
    """Signal the process that has this number and began then; False if it is gone.

    The pidfd pins the process; only after that is it known that what `stat` tells is of
    the process that the signal will go to.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        found = stat(pid)
        if found is None or found.began != began or found.dead:
            return False
        for signum in signals:
            signal.pidfd_send_signal(descriptor, signum)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
