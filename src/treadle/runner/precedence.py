"""Which of the ready jobs of a run goes first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from treadle.report import Remark

if TYPE_CHECKING:
    from treadle.report import Fact

Order: TypeAlias = str | Mapping[str, float]
"""As `Scheduler` takes it."""


def ranks(
    needs: Mapping[str, Sequence[str]],
    known: Mapping[str, float],
    seed: int | None,
    tell: Callable[[Fact], object],
) -> Order:
    """Return the order: the longest remaining path first, or a random one.

    Args:
        needs: the jobs, and which of them each one needs.
        known: seconds that jobs will take, where that is known.
        seed: makes the random one.
        tell: takes the remark that it is random.
    """
    if seed is not None:
        from random import Random  # noqa: PLC0415 -- it takes a while to load

        tell(Remark(f"the order of ready jobs is shuffled, with seed {seed}"))
        random = Random(seed).random  # noqa: S311 -- nothing secret
        return {name: random() for name in needs}
    if not known:
        return "critical-path"
    from treadle.engine import longest_remaining_path  # noqa: PLC0415 -- if anything is run

    # What was never run may take as long as what was, on average.
    mean = sum(known.values()) / len(known)
    paths = longest_remaining_path(needs.items(), lambda name: known.get(str(name), mean))
    return {str(name): rank for name, rank in paths.items()}
