"""What is seen of a job before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from treadle.store.records import Parts

if TYPE_CHECKING:
    from treadle.store.records import End

Verdict: TypeAlias = Literal["runs", "unchanged", "restored", "stands"]

_NONE: Mapping[str, Any] = MappingProxyType({})


class Look(NamedTuple):
    """What was seen of a job before it runs.

    Attributes:
        verdict: whether it does: ``unchanged`` and ``restored`` need not, ``stands`` did.
        fingerprint: as it is now; empty if it has none.
        parts: what that is made of.
        why: why it runs, in short texts; empty for a job that always does.
        fault: why it cannot be run.
        values: what it left for others, if it does not run.
        end: the recorded end that stands.
    """

    verdict: Verdict = "runs"
    fingerprint: str = ""
    parts: Parts = _NONE
    why: Sequence[str] = ()
    fault: str = ""
    values: Mapping[str, str] = _NONE
    end: End | None = None
