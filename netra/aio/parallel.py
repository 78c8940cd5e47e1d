"""`AsyncTracesInParallel`: a window whose partitions are read side by side, in tasks or by an executor.

Invariants:

- Tasks: those that share an iterator share out its rows; the lock is held while one of them takes a row.
- Event loops: what was started in another loop never completes in this one, so it is started again.
- Lost wake-ups: `_completed` is set after a call is done, and cleared before the calls are harvested.
- Garbage collection: calls hold the event, but not the iterator; `__del__` cancels what is in flight.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from netra._core.parallel_state import ParallelState
from netra._core.partition import Partition, PartitionResult
from netra._core.plan import TracesPlan
from netra._core.scheduler import PartitionScheduler
from netra.models import TracesPage, TraceSummary

from .pagination import AsyncPageIterator
from .traces import AsyncTracesWalk
from .workers import PerLoopLock, running_loop

if TYPE_CHECKING:
    from .trace_spans import AsyncTracesWithSpans  # noqa: F401  (for the base class below)

__all__ = ["AsyncTracesInParallel", "PartitionCall"]

T = TypeVar("T")

PartitionCall: TypeAlias = "asyncio.Future[PartitionResult]"


class AsyncTracesInParallel(
    ParallelState[PartitionCall],
    AsyncIterator[TraceSummary],
    AsyncTracesWalk["AsyncTracesWithSpans", "AsyncTracesInParallel"],
):
    """What `TracesInParallel` is, for `async for`.

    Example:
        >>> traces = client.usage.iter_traces(start, end).in_parallel()
        >>> async for trace in traces:
        ...     await export(trace)
    """

    _loop: asyncio.AbstractEventLoop | None = None
    _cancel: Callable[[], None] | None = None

    def __init__(
        self,
        plan: TracesPlan,
        scheduler: PartitionScheduler[PartitionCall],
        start: Callable[[Partition], PartitionCall],
        cancel: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(plan, scheduler)
        self._start_call = start
        self._lock = PerLoopLock()
        self._cancel = cancel  # last, for __del__

    async def __anext__(self) -> TraceSummary:
        async with self._lock.lock:
            self._start_as("rows")
            row = await self._wait_for(self._scheduler.next_row)
            if row is None:
                raise StopAsyncIteration
            return row

    def pages(self) -> AsyncIterator[TracesPage]:
        """Return the same walk, page by page. Call it before the first row. A page holds at most `limit` traces.

        Raises:
            InvalidRequestError: rows were asked for already. Rows that are asked for after the first page are refused
                in the same way.

        Example:
            >>> async for page in client.usage.iter_traces(start, end).in_parallel().pages():
            ...     await store(page.traces)
        """
        self._check_not_started("pages")
        return AsyncPageIterator(self._take_page)

    async def _take_page(self) -> TracesPage | None:
        async with self._lock.lock:
            self._start_as("pages")
            return await self._wait_for(self._scheduler.next_page)

    async def _wait_for(self, take: Callable[[], T | None]) -> T | None:
        """Take what comes next, and wait for it if need be; return None when nothing is left."""
        self._bind_to_running_loop()
        while True:
            if self._completed.is_set():
                self._pump()
            taken = take()
            if taken is not None or self._scheduler.is_done:
                return taken
            self._pump()
            if self._scheduler.is_blocked:
                await self._completed.wait()

    def _bind_to_running_loop(self) -> None:
        loop = running_loop()
        if self._loop is not loop:
            self._loop = loop
            self._completed = asyncio.Event()
            self._scheduler.reset()

    def _pump(self) -> None:
        """Harvest the calls that have completed, and start what may start."""
        self._completed.clear()
        self._harvest_and_submit(self._start)

    def _start(self, partition: Partition) -> PartitionCall:
        call = self._start_call(partition)
        call.add_done_callback(self._note_completion(self._completed))
        return call

    @staticmethod
    def _note_completion(completed: asyncio.Event) -> Callable[[PartitionCall], None]:
        def note(call: PartitionCall) -> None:
            completed.set()
            if not call.cancelled():
                call.exception()  # or asyncio would log the error of a call that nobody waits for any more

        return note

    def __del__(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._scheduler.cancel)
        if self._cancel is not None:
            self._cancel()

    # ---------------------------------------------------------------- as a source of `AsyncTracesWithSpans`

    @property
    def _in_flight(self) -> int:
        self._bind_to_running_loop()
        return self._scheduler.in_flight

    @property
    def _completed_now(self) -> asyncio.Event:
        """Is set when a call of the walk has completed."""
        self._bind_to_running_loop()
        return self._completed

    async def _try_next(self) -> TraceSummary | None:
        """Emit the next trace if it has arrived; None if not. Raise StopAsyncIteration at the end."""
        async with self._lock.lock:
            self._start_as("rows")
            self._bind_to_running_loop()
            self._pump()
            row = self._scheduler.next_row()
            if row is None and self._scheduler.is_done:
                raise StopAsyncIteration
            return row
