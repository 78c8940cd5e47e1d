"""The documented methods for async code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any, Self, TypeVar

import attrs

from netra import _operations
from netra._config import Options
from netra._drilling import Spans
from netra._exchange import Pace
from netra._operations import Direction, Operation, SortOrder
from netra._paging import PageT
from netra._parallel import Work, check_executor, read
from netra._parts import Parts
from netra._protocols import TimeoutLike
from netra._timestamps import Timestamp
from netra._windows import Query, Reading, Stretch, Window
from netra.errors import NetraError
from netra.models import SessionUsageData, SpansPage, TenantUsageData, TracesPage, TraceSpan, TraceSummary
from netra.usage import Usage

from ._drilling import AsyncTracesWithSpans
from ._paging import AsyncPagedIterator
from ._parallel import AsyncTracesInParallel, Call
from ._sending import AsyncSender

__all__ = ["AsyncUsage"]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def _documented(by: Any) -> Callable[[F], F]:
    """Gives a method the documentation of its twin."""

    def copy(method: F) -> F:
        method.__doc__ = by.__doc__
        return method

    return copy


class AsyncUsage:
    """What `Usage` is, for async code: `await` the `get_…` and `list_…` methods, `async for` the `iter_…` ones.

    Methods, parameters, defaults, results and errors are those of `Usage`.

    Example:
        >>> async with AsyncNetra(api_key="…") as client:
        ...     usage = await client.usage.get_tenant_usage("AceTech", start, end)
        ...     async for trace in client.usage.iter_traces(start, end):
        ...         print(trace.id, trace.total_cost)
    """

    def __init__(self, sender: AsyncSender, options: Options) -> None:
        self._sender = sender
        self._options = options

    @_documented(Usage.with_options)
    def with_options(
        self,
        *,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        prefetch: bool | None = None,
    ) -> Self:
        options = self._options.changed(timeout, max_retries, deadline, max_response_bytes, prefetch)
        return type(self)(self._sender, options)

    @_documented(Usage.get_session_usage)
    async def get_session_usage(
        self,
        session_id: str,
        start_time: Timestamp,
        end_time: Timestamp,
    ) -> SessionUsageData | None:
        return await self._send(_operations.get_session_usage(session_id, start_time, end_time))

    @_documented(Usage.get_tenant_usage)
    async def get_tenant_usage(
        self,
        tenant_id: str,
        start_time: Timestamp,
        end_time: Timestamp,
    ) -> TenantUsageData | None:
        return await self._send(_operations.get_tenant_usage(tenant_id, start_time, end_time))

    @_documented(Usage.list_traces)
    async def list_traces(
        self,
        start_time: Timestamp,
        end_time: Timestamp,
        trace_id: str | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        direction: Direction | None = "down",
        sort_field: str | None = None,
        sort_order: SortOrder | None = None,
    ) -> TracesPage:
        return await self._send(
            _operations.list_traces(
                start_time,
                end_time,
                trace_id,
                session_id,
                user_id,
                tenant_id,
                limit,
                cursor=cursor,
                direction=direction,
                sort_field=sort_field,
                sort_order=sort_order,
            )
        )

    @_documented(Usage.iter_traces)
    def iter_traces(
        self,
        start_time: Timestamp,
        end_time: Timestamp,
        trace_id: str | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        direction: Direction | None = "down",
        sort_field: str | None = None,
        sort_order: SortOrder | None = None,
    ) -> AsyncPagedIterator[TraceSummary, TracesPage]:
        page = partial(
            _operations.list_traces,
            start_time,
            end_time,
            trace_id,
            session_id,
            user_id,
            tenant_id,
            limit,
            direction=direction,
            sort_field=sort_field,
            sort_order=sort_order,
        )
        return self._iterate(page, cursor)

    @_documented(Usage.list_spans_by_trace_id)
    async def list_spans_by_trace_id(
        self,
        trace_id: str,
        cursor: str | None = None,
        direction: Direction | None = "down",
        limit: int | None = None,
        span_name: str | None = None,
    ) -> SpansPage:
        return await self._send(
            _operations.list_spans_by_trace_id(
                trace_id, cursor=cursor, direction=direction, limit=limit, span_name=span_name
            )
        )

    @_documented(Usage.iter_spans_by_trace_id)
    def iter_spans_by_trace_id(
        self,
        trace_id: str,
        cursor: str | None = None,
        direction: Direction | None = "down",
        limit: int | None = None,
        span_name: str | None = None,
    ) -> AsyncPagedIterator[TraceSpan, SpansPage]:
        page = partial(
            _operations.list_spans_by_trace_id,
            trace_id,
            direction=direction,
            limit=limit,
            span_name=span_name,
        )
        return self._iterate(page, cursor)

    @_documented(Usage.iter_traces_with_spans)
    def iter_traces_with_spans(
        self,
        start_time: Timestamp,
        end_time: Timestamp,
        trace_id: str | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        direction: Direction | None = "down",
        sort_field: str | None = None,
        sort_order: SortOrder | None = None,
        concurrency: int = 8,
    ) -> AsyncTracesWithSpans:
        traces = self.iter_traces(
            start_time,
            end_time,
            trace_id,
            session_id,
            user_id,
            tenant_id,
            limit,
            cursor,
            direction,
            sort_field,
            sort_order,
        )
        # The tasks hold these alone: with the iterator they would keep the calls of a loop alive that was left.
        sender, options, pace = self._sender, self._options, Pace()

        async def spans_of(trace: TraceSummary) -> Spans:
            async def page(cursor: str | None) -> SpansPage:
                return await sender.send(_operations.all_spans(trace, cursor=cursor), options, pace)

            return [span async for span in AsyncPagedIterator[TraceSpan, SpansPage](page, None)]

        return AsyncTracesWithSpans(traces, spans_of, concurrency)

    @_documented(Usage.iter_traces_in_parallel)
    def iter_traces_in_parallel(
        self,
        start_time: Timestamp,
        end_time: Timestamp,
        trace_id: str | None = None,
        session_id: str | None = None,
        user_id: str | None = None,
        tenant_id: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
        direction: Direction | None = "down",
        sort_field: str | None = None,
        sort_order: SortOrder | None = None,
        concurrency: int = 16,
        executor: Executor | None = None,
        share_key: bool = False,
    ) -> AsyncTracesInParallel:
        query = Query.checked(
            trace_id, session_id, user_id, tenant_id, limit, direction, sort_field, sort_order
        )
        window = Window.of(start_time, end_time, cursor)
        query.page(window, cursor)  # bad arguments are refused here
        parts = Parts[Call](query, window, concurrency)
        _operations.check_flag(share_key, "share_key")
        sender, options, pace = self._sender, self._options, Pace()
        if executor is not None:
            check_executor(executor)
            workers, threads_sender = executor, sender.for_threads()
            work = Work.by(query, window, threads_sender, pace, options, share_key)

            def begin_elsewhere(part: Window) -> Call:
                threads_sender.refuse_if_closed()
                return asyncio.wrap_future(workers.submit(read, attrs.evolve(work, window=part)))

            return AsyncTracesInParallel(parts, begin_elsewhere, partial(threads_sender.give_up, pace))

        async def read_here(part: Window) -> Stretch:
            reading = Reading(query, part)
            try:
                while (operation := reading.next_page()) is not None:
                    reading.take(await sender.send(operation, options, pace))
            except NetraError as error:
                return reading.stretch_before(error)
            return reading.stretch()

        return AsyncTracesInParallel(parts, lambda part: asyncio.create_task(read_here(part)))

    async def _send(self, operation: Operation[T]) -> T:
        return await self._sender.send(operation, self._options)

    def _iterate(
        self, page: Callable[..., Operation[PageT]], cursor: str | None
    ) -> AsyncPagedIterator[Any, PageT]:
        page(cursor=cursor)  # bad arguments are refused here, not at the first row
        sender, options, pace = self._sender, self._options, Pace()  # alone, as above
        return AsyncPagedIterator(
            lambda at: sender.send(page(cursor=at), options, pace), cursor, options.prefetch
        )
