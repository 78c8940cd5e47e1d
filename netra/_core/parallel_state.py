"""The position of a walk in parallel. Shared by the sync and async iterators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic

from netra.models import TraceSummary

from .pagination import ResumePoint, RowsOrPages
from .plan import TracesPlan
from .scheduler import CallT, PartitionScheduler

__all__ = ["ParallelState"]


class ParallelState(RowsOrPages, Generic[CallT]):
    """What was emitted, how much may be in flight, and what a walk with spans needs to know of its source."""

    def __init__(self, plan: TracesPlan, scheduler: PartitionScheduler[CallT]) -> None:
        self._plan = plan
        self._scheduler = scheduler
        self._max_in_flight = scheduler.concurrency
        self._others_in_flight: Callable[[], int] = int
        """How many other requests of the walk are in flight: those for spans."""

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace emitted here."""
        return self._scheduler.cursor

    @property
    def _may_have_more(self) -> bool:
        return self._scheduler.may_have_more

    @property
    def _last_row(self) -> TraceSummary | None:
        return self._scheduler.last_row

    def _resume_point(self) -> ResumePoint:
        return self._scheduler.resume_point()

    def _share_limit(self, max_in_flight: int, others_in_flight: Callable[[], int]) -> None:
        """Keep all requests of the walk within one limit."""
        self._max_in_flight = max_in_flight
        self._others_in_flight = others_in_flight

    def _harvest_and_submit(self, start: Callable[[Any], CallT]) -> None:
        """Take the results of the calls that have completed, and start what may start."""
        self._scheduler.harvest()
        self._scheduler.submit(start, self._max_in_flight - self._others_in_flight())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{self._plan.describe()}, cursor={self.cursor!r}>"
