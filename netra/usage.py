"""The documented methods."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any, Self, TypeVar

from . import _operations
from ._config import Options
from ._drilling import Spans, TracesWithSpans
from ._exchange import Pace
from ._operations import Direction, Operation, SortOrder
from ._paging import PagedIterator, PageT
from ._parallel import PartCall, TracesInParallel, Work, check_executor
from ._parts import Parts
from ._protocols import TimeoutLike
from ._sending import Sender
from ._threads import Threads
from ._timestamps import Timestamp
from ._windows import Query, Window
from .models import SessionUsageData, SpansPage, TenantUsageData, TracesPage, TraceSpan, TraceSummary

__all__ = ["Usage"]

T = TypeVar("T")


class Usage:
    """Usage totals, traces and spans. Get it as `Netra.usage`, or as `usage` of a client of your own.

    Every method may raise:
        InvalidRequestError: an argument does not make sense; nothing was sent.
        APIConnectionError: no usable answer came (`APITimeoutError`: not in time).
        APIStatusError: the service refused; a subclass for each usual status, such as `AuthenticationError`.
        APIResponseValidationError: the answer is not what the contract promises.
        NotInitializedError: the client is closed.

    Example:
        >>> usage = Netra.usage.get_tenant_usage("AceTech", "2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z")

    Times are ISO 8601 text (any offset; none means UTC) or aware `datetime`s, cut to milliseconds; both ends of
    a window are inclusive. A date without a time of day is taken as a start only: as an end it would leave out its day.

    An answer that carries another id than the one that was asked for (of a session, a tenant, a trace or a user) is an
    `APIResponseValidationError`. A row that carries none, and a page without rows, cannot be held against anything.
    """

    def __init__(self, sender: Sender, options: Options) -> None:
        self._sender = sender
        self._options = options

    def with_options(
        self,
        *,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        prefetch: bool | None = None,
    ) -> Self:
        """The same methods with other options, over the same connections. What is None stays as it is.

        Args:
            timeout: Seconds (or an `httpx.Timeout`) that one attempt may take to connect, to send, and between two
                parts of the answer.
            max_retries: How often a call is tried again after a failure that may pass.
            deadline: Seconds that a whole call may take, waits and retries included; `math.inf` for no end.
            max_response_bytes: The largest answer that is read, unpacked.
            prefetch: Whether iterators ask for the next page while you work on the rows of this one.

        Raises:
            ConfigurationError: a value makes no sense.

        Example:
            >>> Netra.usage.with_options(deadline=5, max_retries=0).get_session_usage("session-123", start, end)
        """
        options = self._options.changed(timeout, max_retries, deadline, max_response_bytes, prefetch)
        return type(self)(self._sender, options)

    def get_session_usage(
        self,
        session_id: str,
        start_time: Timestamp,
        end_time: Timestamp,
    ) -> SessionUsageData | None:
        """Tokens, requests and cost (USD) of one session in a time window.

        Contract: `getSessionUsage`.

        Args:
            session_id: The session's identifier.
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.

        Returns:
            The usage, or None when the window holds no such session. Missing counts raise; they are never 0.

        Raises:
            NetraError: a subclass of it, as listed for the class.

        Example:
            >>> usage = Netra.usage.get_session_usage("session-123", "2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z")
            >>> if usage:
            ...     print(usage.token_count, usage.request_count, usage.total_cost)
        """
        return self._send(_operations.get_session_usage(session_id, start_time, end_time))

    def get_tenant_usage(
        self,
        tenant_id: str,
        start_time: Timestamp,
        end_time: Timestamp,
    ) -> TenantUsageData | None:
        """Tokens, requests, sessions and cost (USD) of one tenant in a time window, over all its sessions.

        Contract: `getTenantUsage`.

        Args:
            tenant_id: The tenant's identifier, for example a customer. None is refused.
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.

        Returns:
            The usage, or None when the window holds no such tenant. Missing counts raise; they are never 0.

        Raises:
            NetraError: a subclass of it, as listed for the class.

        Example:
            >>> usage = Netra.usage.get_tenant_usage("AceTech", "2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z")
            >>> if usage:
            ...     print(usage.session_count, usage.total_cost)
        """
        return self._send(_operations.get_tenant_usage(tenant_id, start_time, end_time))

    def list_traces(
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
        """One page of the traces that start in a time window. `iter_traces` walks through all of them.

        Contract: `listTraces`.

        Args:
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.
            trace_id: Only this trace.
            session_id: Only traces of this session.
            user_id: Only traces of this user.
            tenant_id: Only traces of this tenant. None means the traces of all tenants: before you bill, see that the
                id is there, or use `get_tenant_usage`, which refuses None.
            limit: Page size, 1 to 100; the service's default is 20.
            cursor: Where to go on: `next_cursor` of the page before, or `cursor` of any trace.
            direction: `"down"` follows the sort order, `"up"` runs against it.
            sort_field: For example `"start_time"` (the service's default), `"total_cost"`, `"latency_ms"`.
            sort_order: `"asc"` or `"desc"` (the service's default).

        Raises:
            PaginationError: the page says that more follow, but gives no cursor to ask for them.
            NetraError: another subclass of it, as listed for the class.

        Example:
            >>> page = Netra.usage.list_traces("2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z", limit=10)
            >>> for trace in page.traces:
            ...     print(trace.id, trace.total_tokens, trace.total_cost)
        """
        return self._send(
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
    ) -> PagedIterator[TraceSummary, TracesPage]:
        """All traces that start in a time window, one after the other; each page is fetched while you work on the last.

        The iterator ends only when the service says that nothing follows. An error raised in between has
        `.cursor`: pass it as `cursor=` to go on with exactly the traces that are missing.

        Contract: `listTraces`.

        Args:
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.
            trace_id: Only this trace.
            session_id: Only traces of this session.
            user_id: Only traces of this user.
            tenant_id: Only traces of this tenant. None means the traces of all tenants: before you bill, see that the
                id is there, or use `get_tenant_usage`, which refuses None.
            limit: Page size (not a total), 1 to 100; the service's default is 20.
            cursor: Where to go on: `.cursor` of an error, of an earlier iterator or of a trace.
            direction: `"down"` follows the sort order, `"up"` runs against it.
            sort_field: For example `"start_time"` (the service's default), `"total_cost"`, `"latency_ms"`.
            sort_order: `"asc"` or `"desc"` (the service's default).

        Raises:
            PaginationError: the pages cannot be completed.
            NetraError: another subclass of it, as listed for the class.

        Example:
            >>> for trace in Netra.usage.iter_traces("2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z"):
            ...     print(trace.id, trace.name, trace.total_cost)
        """

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

    def list_spans_by_trace_id(
        self,
        trace_id: str,
        cursor: str | None = None,
        direction: Direction | None = "down",
        limit: int | None = None,
        span_name: str | None = None,
    ) -> SpansPage:
        """One page of the spans of a trace. `iter_spans_by_trace_id` walks through all of them.

        Contract: `listSpansByTraceId`.

        Args:
            trace_id: The trace's identifier.
            cursor: Where to go on: `next_cursor` of the page before, or `cursor` of any span.
            direction: `"down"` follows the order of time, `"up"` runs against it.
            limit: Page size, 1 to 100; the service's default is 20.
            span_name: Only spans whose name (or kind) holds this text.

        Raises:
            PaginationError: the page says that more follow, but gives no cursor to ask for them.
            NetraError: another subclass of it, as listed for the class.

        Example:
            >>> page = Netra.usage.list_spans_by_trace_id("728c1de6fa4c53de143a7d7fef33ff91", limit=10)
            >>> for span in page.spans:
            ...     print(span.name, span.kind, span.latency_ms)
        """
        return self._send(
            _operations.list_spans_by_trace_id(
                trace_id, cursor=cursor, direction=direction, limit=limit, span_name=span_name
            )
        )

    def iter_spans_by_trace_id(
        self,
        trace_id: str,
        cursor: str | None = None,
        direction: Direction | None = "down",
        limit: int | None = None,
        span_name: str | None = None,
    ) -> PagedIterator[TraceSpan, SpansPage]:
        """All spans of a trace, one after the other; each page is fetched while you work on the last.

        The iterator ends only when the service says that nothing follows. An error raised in between has
        `.cursor`: pass it as `cursor=` to go on with exactly the spans that are missing.

        Contract: `listSpansByTraceId`.

        Args:
            trace_id: The trace's identifier.
            cursor: Where to go on: `.cursor` of an error, of an earlier iterator or of a span.
            direction: `"down"` follows the order of time, `"up"` runs against it.
            limit: Page size (not a total), 1 to 100; the service's default is 20.
            span_name: Only spans whose name (or kind) holds this text.

        Raises:
            PaginationError: the pages cannot be completed.
            NetraError: another subclass of it, as listed for the class.

        Example:
            >>> for span in Netra.usage.iter_spans_by_trace_id("728c1de6fa4c53de143a7d7fef33ff91"):
            ...     print(span.name, span.kind, span.latency_ms)
        """

        page = partial(
            _operations.list_spans_by_trace_id,
            trace_id,
            direction=direction,
            limit=limit,
            span_name=span_name,
        )
        return self._iterate(page, cursor)

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
    ) -> TracesWithSpans:
        """All traces that start in a time window, each with all its spans, in the order of `iter_traces`.

        The spans of several traces are asked for at the same time, so this takes a fraction of the time of a loop
        that calls `iter_spans_by_trace_id` for each trace. A 429 to one of these calls slows them all.

        Contract: `listTraces`, `listSpansByTraceId`.

        Args:
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.
            trace_id: Only this trace.
            session_id: Only traces of this session.
            user_id: Only traces of this user.
            tenant_id: Only traces of this tenant. None means the traces of all tenants: before you bill, see that the
                id is there, or use `get_tenant_usage`, which refuses None.
            limit: Page size of the traces (not a total), 1 to 100; the service's default is 20.
            cursor: Where to go on: `.cursor` of an error, of an earlier iterator or of a trace.
            direction: `"down"` follows the sort order, `"up"` runs against it.
            sort_field: For example `"start_time"` (the service's default), `"total_cost"`, `"latency_ms"`.
            sort_order: `"asc"` or `"desc"` (the service's default).
            concurrency: How many traces are read at the same time, and at most ahead of the loop.

        Raises:
            PaginationError: the pages cannot be completed.
            NetraError: another subclass of it, as listed for the class.

        Example:
            >>> for trace, spans in Netra.usage.iter_traces_with_spans("2026-01-01", "2026-01-31T23:59:59.999Z"):
            ...     print(trace.name, trace.total_cost, [span.name for span in spans])
        """
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
        # The threads hold these alone: with the iterator they would keep the calls of a loop alive that was left.
        sender, options, pace = self._sender, self._options, Pace()

        def spans_of(trace: TraceSummary) -> Spans:
            def page(cursor: str | None) -> SpansPage:
                return sender.send(_operations.all_spans(trace, cursor=cursor), options, pace)

            return list(PagedIterator[TraceSpan, SpansPage](page, None))

        return TracesWithSpans(traces, spans_of, concurrency, partial(sender.give_up, pace))

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
    ) -> TracesInParallel:
        """All traces that start in a time window, as `iter_traces` gives them, but from many parts read side by side.

        For exports of large windows that lie in the past: while traces still arrive or change, parts that are read
        at different times may not fit together, where `iter_traces` walks through one state of things.

        Contract: `listTraces`.

        Args:
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.
            trace_id: Only this trace.
            session_id: Only traces of this session.
            user_id: Only traces of this user.
            tenant_id: Only traces of this tenant. None means the traces of all tenants: before you bill, see that the
                id is there, or use `get_tenant_usage`, which refuses None.
            limit: Page size (not a total), 1 to 100; the default here is 100.
            cursor: Where to go on: `.cursor` of an error, of an earlier iterator or of a trace.
            direction: `"down"`; another one is refused.
            sort_field: `"start_time"`; parts of a window cannot be put together in another order.
            sort_order: `"asc"` or `"desc"` (the default).
            concurrency: How many parts are read at the same time. For each, some 8 to 16 pages may be held in memory.
            executor: Runs the parts: any `concurrent.futures.Executor`, such as `dask.distributed`'s
                `client.get_executor()`. Default: threads of this process.
            share_key: Whether parts that go to other processes take this client's headers along, the API key among
                them. Else the workers need a key of their own that sees the same traces, from `Netra.init` for the
                same endpoint, or from `NETRA_API_KEY`. An `http_client` always stays behind.

        Raises:
            InvalidRequestError: an order in which this cannot hold; nothing was sent.
            PaginationError: the pages cannot be completed.
            NetraError: another subclass of it, as listed for the class. A failing executor is an `APIConnectionError`.

        Example:
            >>> for trace in Netra.usage.iter_traces_in_parallel("2026-01-01", "2026-12-31T23:59:59.999Z"):
            ...     export(trace)
        """
        query = Query.checked(
            trace_id, session_id, user_id, tenant_id, limit, direction, sort_field, sort_order
        )
        window = Window.of(start_time, end_time, cursor)
        pace = Pace()
        work = Work.by(query, window, self._sender, pace, self._options, share_key)
        parts = Parts[PartCall](query, window, concurrency)
        if executor is not None:
            check_executor(executor)
        runner = Threads(concurrency) if executor is None else executor
        return TracesInParallel(parts, work, runner, partial(self._sender.give_up, pace))

    def _send(self, operation: Operation[T]) -> T:
        return self._sender.send(operation, self._options)

    def _iterate(
        self, page: Callable[..., Operation[PageT]], cursor: str | None
    ) -> PagedIterator[Any, PageT]:
        page(cursor=cursor)  # bad arguments are refused here, not at the first row
        sender, options, pace = self._sender, self._options, Pace()  # alone, as above
        return PagedIterator(
            lambda at: sender.send(page(cursor=at), options, pace),
            cursor,
            options.prefetch,
            partial(sender.give_up, pace),
        )
