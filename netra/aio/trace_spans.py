"""`AsyncTracesWithSpans`: traces with all their spans, read with bounded concurrency and emitted in order.

Invariants: as in `netra._sync.trace_spans`, with tasks in place of threads. All requests are started by the task that
holds the lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any

from netra._core.lookahead import PrefetchQueue, Spans, calls_in_flight
from netra._core.plan import TracesPlan
from netra.errors import NetraError
from netra.models import TraceSummary, TracesWithSpansPage, TraceWithSpans

from .pagination import AsyncPageIterator
from .parallel import AsyncTracesInParallel
from .traces import AsyncTracesIterator, AsyncTracesWalk
from .workers import AsyncPrefetch, PerLoopLock

__all__ = ["AsyncTracesWithSpans"]


class AsyncTracesWithSpans(
    PrefetchQueue[AsyncPrefetch[Spans]],
    AsyncIterator[TraceWithSpans],
    AsyncTracesWalk["AsyncTracesWithSpans", "AsyncTracesWithSpans"],
):
    """What `TracesWithSpans` is, for `async for`.

    Example:
        >>> walk = client.usage.iter_traces(start, end, cursor=saved).with_spans()
        >>> async for trace, spans in walk:
        ...     await store(trace, spans)
        ...     save(walk.cursor)
    """

    def __init__(
        self,
        plan: TracesPlan,
        traces: AsyncTracesIterator | AsyncTracesInParallel,
        read_spans: Callable[[TraceSummary], Coroutine[Any, Any, Spans]],
    ) -> None:
        super().__init__(plan, traces)
        self._traces = traces
        self._read_spans = read_spans
        self._parallel = traces if isinstance(traces, AsyncTracesInParallel) else None
        if self._parallel is not None:
            self._parallel._share_limit(plan.max_in_flight, partial(calls_in_flight, self._pending))
        self._lock = PerLoopLock()

    async def __anext__(self) -> TraceWithSpans:
        async with self._lock.lock:
            self._start_as("rows")
            if not await self._read_ahead():
                self._raise_pending_error()
                raise StopAsyncIteration
            with self._head_errors():
                spans = await self._head_spans()
            return self._emit(spans)

    def pages(self) -> AsyncIterator[TracesWithSpansPage]:
        """Return the same walk, page by page. Call it before the first row. A page holds at most `limit` traces.

        Raises:
            InvalidRequestError: rows were asked for already. Rows that are asked for after the first page are refused
                in the same way.

        Example:
            >>> async for page in client.usage.iter_traces(start, end).with_spans().pages():
            ...     await store(page.traces)
        """
        self._check_not_started("pages")
        return AsyncPageIterator(self._take_page)

    async def _take_page(self) -> TracesWithSpansPage | None:
        async with self._lock.lock:
            self._start_as("pages")
            while len(self._batch) < self._page_size:
                try:
                    if not await self._read_ahead():
                        if not self._batch:
                            self._raise_pending_error()
                        break
                    with self._head_errors():
                        spans = await self._head_spans()
                except NetraError:
                    if self._batch:
                        break  # emit what came before; the next page meets the error again
                    raise
                self._emit_into_batch(spans)
            return self._emit_batch()

    async def _read_ahead(self) -> bool:
        """Start to read spans, as many as may be; return False where the list of traces has ended.

        An empty queue always asks for the next trace, so that it cannot be taken for the end.
        """
        self._start_calls()
        while self._wants_more and (not self._pending or self._has_capacity()):
            try:
                trace = self._interrupted_trace() or await self._next_trace()
            except StopAsyncIteration:
                break
            except NetraError as error:
                self._error = error.with_traceback(None)
                break
            if trace is None:
                break
            self._enter(trace)
            self._start_calls()
        return bool(self._pending)

    async def _next_trace(self) -> TraceSummary | None:
        """Return the next trace of the list; None where it has not arrived, and there is other work to do."""
        return await (self._traces._try_next() if self._pending else anext(self._traces))

    def _start_calls(self) -> None:
        for pending in self._pending:
            if pending.call is None and self._has_capacity():
                read = partial(self._read_spans, pending.trace)
                pending.call = AsyncPrefetch(read, self._on_completion())

    async def _head_spans(self) -> Spans:
        head = self._pending[0]
        while head.call is None:  # no capacity: partitions in flight fill the limit
            assert self._parallel is not None
            completed = self._parallel._completed_now
            completed.clear()
            self._start_calls()
            if head.call is None:
                await completed.wait()
        return await head.call.result()

    def _has_capacity(self) -> bool:
        if self._parallel is None:
            return True
        return self._spans_in_flight + self._parallel._in_flight < self._plan.max_in_flight

    def _on_completion(self) -> Callable[[asyncio.Task[Spans]], None] | None:
        if self._parallel is None:
            return None
        completed = self._parallel._completed_now
        return lambda _: completed.set()  # holds the event only
