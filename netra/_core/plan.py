"""What a walk over traces is made of, before it starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from .checks import check_concurrency, check_flag
from .options import Options
from .parameters import TracesQuery

__all__ = ["ParallelPlan", "TracesPlan"]


@attrs.frozen
class ParallelPlan:
    """How partitions of the window are read in parallel."""

    concurrency: int
    executor: Any
    """A `concurrent.futures.Executor`; None for this process."""
    share_key: bool

    def __attrs_post_init__(self) -> None:
        check_flag(self.share_key, "share_key")


@attrs.frozen(kw_only=True)
class TracesPlan:
    """A walk over traces that has not started: which traces, and how they are read."""

    open: Callable[[TracesPlan], Any]
    """Makes the iterator of this plan."""
    transport: Any
    options: Options
    query: TracesQuery
    spans_concurrency: int | None = None
    """How many traces have their spans read at a time; None for traces without spans."""
    parallel: ParallelPlan | None = None

    @property
    def max_in_flight(self) -> int:
        """How many requests may be in flight where both spans and partitions are read."""
        partitions = self.parallel.concurrency if self.parallel else 1
        return max(partitions, self.spans_concurrency or 1)

    def with_spans(self, concurrency: int) -> Any:
        return self.open(attrs.evolve(self, spans_concurrency=check_concurrency(concurrency)))

    def in_parallel(self, concurrency: int, executor: Any, share_key: bool) -> Any:
        return self.open(
            attrs.evolve(self, parallel=ParallelPlan(check_concurrency(concurrency), executor, share_key))
        )

    def describe(self) -> str:
        """Describe the walk for a repr."""
        query = self.query
        shown = [f" from {query.start_time} to {query.end_time}"]
        shown += [f"{name}={value!r}" for name, value in query.ids.items()]
        shown += map(repr, query.conditions)
        if self.parallel is not None:
            shown.append(f"in parallel (concurrency={self.parallel.concurrency})")
        if self.spans_concurrency is not None:
            shown.append(f"with spans (concurrency={self.spans_concurrency})")
        return ", ".join(shown)
