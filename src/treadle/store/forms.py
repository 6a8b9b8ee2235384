"""The bodies of rows: lists whose places have the meaning of the records' fields.

What has its usual value at the end of a list is left out. Whoever can edit the file can write
a row whose check is right: so types are looked at, too, and what is not of this form is damage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple, get_args

from treadle.store.records import End, FileEntry, Kind, Product, Session, SessionEnd, Start

_KINDS = frozenset(get_args(Kind))

_I = frozenset((int,))
_N = frozenset((int, float))
_T = frozenset((str,))
_B = frozenset((bool,))
_L = frozenset((list,))
_D = frozenset((dict,))
_NONE = frozenset((type(None),))


class FormError(Exception):
    """A body is not of the form that its table has."""


class Form:
    """The types that a body has, place by place; shapes that were seen are known.

    Args:
        places: the types that may stand in each.
        least: how many places there must be; all, if it is not given.
    """

    def __init__(self, *places: frozenset[type], least: int = 0) -> None:
        self._places = places
        self._least = least or len(places)
        self._known: set[tuple[type, ...]] = set()

    def fits(self, body: Any) -> None:
        """See that a body is of this form.

        Raises:
            FormError: it is not.
        """
        shape = tuple(map(type, body)) if type(body) is list else ()
        if shape not in self._known:
            pairs = zip(shape, self._places, strict=False)
            if not self._least <= len(shape) <= len(self._places) or not all(
                kind in allowed for kind, allowed in pairs
            ):
                raise FormError
            self._known.add(shape)


# job, the attempt before (start, end), attempt, at, waited, slot | fingerprint, why, theirs
_START = Form(_I, _I, _I, _I, _N, _N, _I, _T, _L, _L, least=7)
_START_TAIL: list[Any] = ["", [], []]
_PLAIN = 8  # places of a start up to its fingerprint
# job, attempt, kind, at, duration, outcome, code, user, system, max_rss, fingerprint
# | detail, leaked, need, origin, delay, counted
_END = Form(_I, _I, _T, _N, _N, _T, _I | _NONE, _N | _NONE, _N | _NONE, _I | _NONE, _T,
        _T, _I, _T, _T, _N, _B, least=11)  # fmt: skip
_END_TAIL: list[Any] = ["", 0, "", "", 0.0, True]
# ranges of jobs (first, last, first, last …), attempt, kind, at
_SAME = Form(_L, _I, _T, _N)
# fingerprint, parts, outputs, values, run, at
_PRODUCT = Form(_T, _D, _D, _D, _T, _N)
# path, size, mtime, ctime, inode, device, mode, digest
_FILE = Form(_T, _I, _I, _I, _I, _I, _I, _T)
# run, number, began_at, host, pid, version, about
_SESSION = Form(_T, _I, _N, _T, _I, _T, _D)
# at, duration, counts, signum, cause, detail
_FINISH = Form(_N, _N, _D, _I, _T, _T)
# last start, last end, is bad, durations
_LEARNED = Form(_I, _I, _B, _L)
_GIVEN = Form(_I, _D)


def _texts(values: Any) -> None:
    if not {str}.issuperset(map(type, values)):
        raise FormError


class Begun(NamedTuple):
    """A start as it is kept.

    Attributes:
        job: the number of its name.
        before: the ids of the job's attempt before, its start and its end; 0 if there is none.
        start: the record.
    """

    job: int
    before: tuple[int, int]
    start: Start


def of_start(job: int, before: tuple[int, int], start: Start) -> list[Any]:
    """Return the body for a start; see `Begun`."""
    body: list[Any] = [job, *before, start.attempt, start.at, start.waited, start.slot]
    if start.why or start.theirs:
        return [*body, start.fingerprint, list(start.why), list(start.theirs)]
    return [*body, start.fingerprint] if start.fingerprint else body


def to_start(body: Any, names: Mapping[int, str]) -> Begun:
    """Return the start of a body."""
    _START.fits(body)
    job = body[0]
    if len(body) <= _PLAIN:
        start = Start(names[job], body[3], body[4], body[5], body[6], *body[7:])
        return Begun(job, (body[1], body[2]), start)
    tail = body[7:] + _START_TAIL[len(body) - 7 :]
    _texts(tail[1])
    _texts(tail[2])
    start = Start(names[job], body[3], body[4], body[5], body[6], tail[0], *map(tuple, tail[1:]))
    return Begun(job, (body[1], body[2]), start)


def of_end(job: int, end: End) -> list[Any]:
    """Return the body for an end."""
    tail = [end.detail, end.leaked, end.need, end.origin, end.delay, end.counted]
    body = [job, end.attempt, end.kind, end.at, end.duration, end.outcome, end.code,
            end.user, end.system, end.max_rss, end.fingerprint]  # fmt: skip
    return body if tail == _END_TAIL else body + tail


def to_end(body: Any, names: Mapping[int, str]) -> End:
    """Return the end of a body."""
    _END.fits(body)
    job, attempt, kind, at, duration, outcome, code, user, system, rss, fingerprint = body[:11]
    if kind not in _KINDS:
        raise FormError
    detail, leaked, need, origin, delay, counted = body[11:] + _END_TAIL[len(body) - 11 :]
    return End(names[job], attempt, kind, at, duration, outcome, code, detail, user, system, rss,
               leaked, need, origin, delay, counted, fingerprint)  # fmt: skip


def of_same(jobs: Iterable[int], at: float) -> list[Any]:
    """Return the body that says of many jobs that they are unchanged; the numbers are sorted."""
    ranges: list[int] = []
    for job in jobs:
        if ranges and job == ranges[-1] + 1:
            ranges[-1] = job
        else:
            ranges += (job, job)
    return [ranges, 0, "unchanged", at]


def is_same(body: Any) -> bool:
    """Tell whether the body of an end is one for many jobs."""
    return type(body) is list and bool(body) and type(body[0]) is list


def to_same(body: Any) -> tuple[Iterator[int], float]:
    """Return the jobs that a body says to be unchanged, and when that was."""
    _SAME.fits(body)
    ranges, attempt, kind, at = body
    ascending = all(one <= other for one, other in pairwise(ranges))
    if not (_I.issuperset(map(type, ranges)) and ascending and len(ranges) % 2 == 0):
        raise FormError
    if attempt or kind != "unchanged":
        raise FormError
    pairs = zip(ranges[::2], ranges[1::2], strict=True)
    return (job for first, last in pairs for job in range(first, last + 1)), at


def of_given(job: int, values: Mapping[str, str]) -> list[Any]:
    """Return the body for what a job gives to others."""
    return [job, dict(values)]


def to_given(body: Any, names: Mapping[int, str]) -> tuple[str, dict[str, str]]:
    """Return a job and what it gives."""
    _GIVEN.fits(body)
    _texts(body[1].values())
    return names[body[0]], body[1]


def of_product(product: Product) -> list[Any]:
    """Return the body for a product; the job is its id."""
    kept = (product.parts, product.outputs, product.values)
    return [product.fingerprint, *map(dict, kept), product.run, product.at]


def to_product(job: str, body: Any) -> Product:
    """Return the product of a body."""
    _PRODUCT.fits(body)
    for mapping in body[1:4]:
        _texts(mapping.values())
    return Product(job, *body)


def of_file(entry: FileEntry) -> list[Any]:
    """Return the body for an entry."""
    return list(entry)


def to_file(body: Any) -> FileEntry:
    """Return the entry of a body."""
    _FILE.fits(body)
    return FileEntry(*body)


def of_session(run: str, session: Session) -> list[Any]:
    """Return the body for the beginning of a session."""
    return [run, *session[:-1]]


def to_session(body: Any) -> tuple[str, Session]:
    """Return the name of a run, and one of its sessions."""
    _SESSION.fits(body)
    return body[0], Session(*body[1:])


def of_finish(end: SessionEnd) -> list[Any]:
    """Return the body for the end of a session; the session is its id."""
    return [end.at, end.duration, dict(end.counts), end.signum, end.cause, end.detail]


def to_finish(body: Any) -> SessionEnd:
    """Return the end of a session."""
    _FINISH.fits(body)
    if not {int}.issuperset(map(type, body[2].values())):
        raise FormError
    return SessionEnd(*body)


class Learned(NamedTuple):
    """What is learned from the attempts of a job.

    Attributes:
        start: the id of its newest start, 0 if there is none.
        end: the id of the end of that attempt, 0 if it is not known.
        bad: whether its last settled end is failed or skipped.
        durations: seconds of its last good attempts, the newest last.
    """

    start: int = 0
    end: int = 0
    bad: bool = False
    durations: tuple[float, ...] = ()


def of_learned(learned: Learned) -> list[Any]:
    """Return the body for what is learned; the job is its id."""
    return [learned.start, learned.end, learned.bad, list(learned.durations)]


def to_learned(body: Any) -> Learned:
    """Return what is learned."""
    _LEARNED.fits(body)
    if not _N.issuperset(map(type, body[3])):
        raise FormError
    return Learned(body[0], body[1], body[2], tuple(body[3]))
