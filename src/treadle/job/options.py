"""The settings of a scheduler, checked when it is made."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from treadle.dag import DAG
from treadle.engine import NEVER, Engine, VertexID, longest_remaining_path
from treadle.errors import SchedulerError

_ORDERS = ("declaration", "critical-path")


def is_number(value: Any) -> bool:
    """Whether the value can be counted with; the seed asks for no more."""
    return hasattr(value, "__neg__")


def checked_timeout(seconds: float | None) -> float:
    """A timeout as the engine wants it; None and infinity are `NEVER`.

    Raises:
        SchedulerError: it is not a positive number.
    """
    if seconds is None:
        return NEVER
    if not is_number(seconds) or not seconds > 0:
        raise SchedulerError(f"job_timeout is {seconds!r}; it must be above 0 seconds, or None")
    return float(seconds)


def checked_delay(seconds: float) -> None:
    """Check a `requeue_delay`.

    Raises:
        SchedulerError: it is not a number from 0 on, or it would last for ever.
    """
    if not is_number(seconds) or not 0 <= seconds < math.inf:
        raise SchedulerError(f"requeue_delay is {seconds!r}; it must be 0 s or more, and finite")


def checked_queues(queues: dict[str, int] | None, tokens: int) -> dict[str, int]:
    """The tokens of each queue.

    Raises:
        SchedulerError: one of them is not a number from 0 on.
    """
    named = dict(queues) if queues else {"default": tokens}
    for name, count in named.items():
        if not is_number(count) or not 0 <= count < math.inf:
            raise SchedulerError(f"queue {name!r} has {count!r} tokens; it must be a number from 0")
    return named


def checked_store(store: Any, resume: bool) -> None:
    """Check where runs are to be recorded.

    Raises:
        SchedulerError: that is no store, or there is none and a run is to be resumed.
    """
    if store is None and resume:
        raise SchedulerError("resume=True needs the store that the run is in: store=Store(path)")
    if store is not None and not hasattr(store, "write"):
        raise SchedulerError(f"store is {store!r}; it must be a treadle.Store, as in Store(path)")


class EngineOptions(NamedTuple):
    """How the engine decides; see `Scheduler` for what each means."""

    order: str | Mapping[VertexID, float]
    lookahead: int | None
    max_active: int | None
    max_attempts: int | None
    ageing: float | None

    def check(self) -> EngineOptions:
        """Return this if it can be used.

        Raises:
            SchedulerError: one of the settings is out of range.
        """
        _check_order(self.order)
        for name in ("lookahead", "max_active", "max_attempts"):
            value = getattr(self, name)
            if value is not None and not value >= 1:
                raise SchedulerError(f"{name} is {value!r}; it must be 1 or more, or None")
        if self.ageing is not None and not self.ageing > 0:
            raise SchedulerError(f"ageing is {self.ageing!r}; it must be above 0 s, or None")
        return self

    def engine(
        self, dag: DAG, tokens: dict[str, int], make: type[Engine] = Engine, **more: Any
    ) -> Engine:
        """An engine for this graph and these queues."""
        return make(
            _edges(dag),
            tokens,
            lookahead=self.lookahead,
            max_active=self.max_active,
            max_attempts=self.max_attempts,
            ageing=self.ageing,
            ranks=self._ranks(dag),
            **more,
        )

    def _ranks(self, dag: DAG) -> Mapping[VertexID, float] | None:
        if isinstance(self.order, str):
            return longest_remaining_path(_edges(dag)) if self.order == "critical-path" else None
        return self.order


def _check_order(order: object) -> None:
    if isinstance(order, Mapping):
        for uid, rank in order.items():
            if not is_number(rank) or rank != rank:  # noqa: PLR0124 -- true of NaN, whatever its type
                raise SchedulerError(
                    f"order gives job {uid!r} the rank {rank!r}; it must be a number, not NaN"
                )
    elif not isinstance(order, str) or order not in _ORDERS:
        raise SchedulerError(
            f"order is {order!r}; it must be one of {', '.join(_ORDERS)}, "
            "or a mapping from the ids of jobs to numbers"
        )


def _edges(dag: DAG) -> Iterable[tuple[VertexID, Collection[VertexID]]]:
    # The graph of a program that was only partly moved here has the seed's methods.
    edges = getattr(dag, "edges", None)
    return edges() if edges is not None else dag.vertex_predecessors_items()
