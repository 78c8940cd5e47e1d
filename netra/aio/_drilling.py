"""Traces with all their spans for async code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any

from netra._drilling import Spans, TracesAhead
from netra.errors import NetraError
from netra.models import TracesPage, TraceSummary, TraceWithSpans

from ._paging import AsyncPagedIterator
from ._tasks import Begun, Turnstile

__all__ = ["AsyncTracesWithSpans"]


class AsyncTracesWithSpans(TracesAhead[Begun[Spans]], AsyncIterator[TraceWithSpans]):
    """What `TracesWithSpans` is, for `async for`.

    Example:
        >>> found = client.usage.iter_traces_with_spans(start, end, cursor=saved)
        >>> async for trace, spans in found:
        ...     await store(trace, spans)
        ...     save(found.cursor)
    """

    def __init__(
        self,
        traces: AsyncPagedIterator[TraceSummary, TracesPage],
        spans_of: Callable[[TraceSummary], Coroutine[Any, Any, Spans]],
        concurrency: int,
    ) -> None:
        super().__init__(traces, concurrency)
        self._traces = traces
        self._spans_of = spans_of
        self._turnstile = Turnstile()  # tasks that share an iterator share out its traces

    async def __anext__(self) -> TraceWithSpans:
        async with self._turnstile.lock:
            await self._read_ahead()
            if not self._ahead:
                self._raise_failure_of_the_list()
                raise StopAsyncIteration
            first = self._ahead[0]
            with self._reading_first():
                spans = await (first.call.result() if first.call else self._spans_of(first.trace))
            return self._hand_out(spans)

    async def _read_ahead(self) -> None:
        while self._wants_more():
            try:
                trace = self._left_behind()
                if trace is None:
                    trace = await anext(self._traces)
            except StopAsyncIteration:
                return
            except NetraError as error:
                self._failure = error.with_traceback(None)
                return
            entered = self._enter(trace)
            entered.call = Begun(partial(self._spans_of, trace))
