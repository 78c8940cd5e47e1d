"""The documented methods: their signatures and what they mean. The work is done in `_core` and `_sync`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from ._copying import NotCopied
from ._core import operations
from ._core.options import Options
from ._core.parameters import Direction, SortOrder, SpansQuery, TracesQuery, UsageQuery
from ._core.protocols import FilterLike, TimeoutLike
from ._sync import walks
from ._sync.pagination import PagedIterator
from ._sync.traces import TracesIterator
from ._sync.transport import Transport
from ._timestamps import Timestamp
from .models import SessionUsageData, SpansPage, TenantUsageData, TracesPage, TraceSpan

__all__ = ["Usage"]


class Usage(NotCopied):
    """Usage totals, traces and spans. Get it as `Netra.usage`, or as `usage` of a client of your own.

    Every method may raise:
        InvalidRequestError: an argument does not make sense; nothing was sent.
        APIConnectionError: no usable response came (`APITimeoutError`: not in time).
        APIStatusError: the service refused; a subclass for each usual status, such as `AuthenticationError`.
        APIResponseValidationError: the response is not what the contract promises.
        NotInitializedError: the client is closed.

    Example:
        >>> usage = Netra.usage.get_tenant_usage("AceTech", "2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z")

    Times are ISO 8601 text (docs/timestamps.md; no offset means UTC) or aware `datetime`s, cut to milliseconds; both
    ends of a window are inclusive. A date without a time of day is taken as a start only: as an end it would leave out
    its day.

    A response that carries another id than the one that was asked for (of a session, a tenant, a trace or a user) is an
    `APIResponseValidationError`. A row that carries none, and a page without rows, cannot be checked.
    """

    _instead = (
        "In another process, make a client with Netra(...) or Netra.init(...) and call its usage. For other options, "
        "call with_options(...)."
    )

    def __init__(self, transport: Transport, options: Options) -> None:
        self._transport = transport
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
        """Return the same methods with other options, over the same connections. What is None stays as it is.

        Args:
            timeout: Seconds (or an `httpx.Timeout`) that one attempt may take to connect, to send, and between two
                parts of the response.
            max_retries: How often a call is tried again after a failure that may pass.
            deadline: Seconds that a whole call may take, waits and retries included; `math.inf` for no end.
            max_response_bytes: The largest response that is read, decoded.
            prefetch: Whether iterators ask for the next page while you work on the rows of this one.

        Raises:
            ConfigurationError: a value makes no sense.

        Example:
            >>> Netra.usage.with_options(deadline=5, max_retries=0).get_session_usage("session-123", start, end)
        """
        options = self._options.changed(timeout, max_retries, deadline, max_response_bytes, prefetch)
        return type(self)(self._transport, options)

    def __repr__(self) -> str:
        return f"<Usage of {self._transport.config.base_url}>"

    def get_session_usage(
        self,
        session_id: str,
        start_time: Timestamp,
        end_time: Timestamp,
    ) -> SessionUsageData | None:
        """Return tokens, requests and cost (USD) of one session in a time window.

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
        query = UsageQuery.checked("session_id", session_id, start_time, end_time)
        return self._transport.send(operations.get_session_usage(query), self._options)

    def get_tenant_usage(
        self,
        tenant_id: str,
        start_time: Timestamp,
        end_time: Timestamp,
    ) -> TenantUsageData | None:
        """Return tokens, requests, sessions and cost (USD) of one tenant in a time window, over all its sessions.

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
        query = UsageQuery.checked("tenant_id", tenant_id, start_time, end_time)
        return self._transport.send(operations.get_tenant_usage(query), self._options)

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
        *,
        filters: Iterable[FilterLike] | None = None,
    ) -> TracesPage:
        """Return one page of the traces that start in a time window. `iter_traces` goes through all of them.

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
            filters: Further conditions, which must all hold: `[fields.total_cost > 0.5]`; see `netra.filters`.

        Raises:
            PaginationError: the page says that more follow, but gives no cursor to ask for them.
            NetraError: another subclass of it, as listed for the class.

        Example:
            >>> page = Netra.usage.list_traces("2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z", limit=10)
            >>> for trace in page.traces:
            ...     print(trace.id, trace.total_tokens, trace.total_cost)
        """
        query = TracesQuery.checked(
            start_time, end_time, trace_id, session_id, user_id, tenant_id,
            limit, cursor, direction, sort_field, sort_order, filters,
        )  # fmt: skip
        return self._transport.send(operations.list_traces(query, query.cursor, query.limit), self._options)

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
        *,
        filters: Iterable[FilterLike] | None = None,
    ) -> TracesIterator:
        """Iterate over all traces that start in a time window; each page is fetched while you work on the last.

        The iterator ends only when the service says that nothing follows. An error raised in between has
        `.cursor`: pass it as `cursor=` to go on with exactly the traces that are missing. Before its first row, the
        iterator can be made another: `.pages()` gives whole pages, `.with_spans()` each trace with its spans, and
        `.in_parallel()` reads a large window in partitions side by side.

        Contract: `listTraces`.

        Args:
            start_time: Start of the window, inclusive.
            end_time: End of the window, inclusive.
            trace_id: Only this trace.
            session_id: Only traces of this session.
            user_id: Only traces of this user.
            tenant_id: Only traces of this tenant. None means the traces of all tenants: before you bill, see that the
                id is there, or use `get_tenant_usage`, which refuses None.
            limit: Page size (not a total), 1 to 100. Default 100, the largest.
            cursor: Where to go on: `.cursor` of an error, of an earlier iterator or of a trace.
            direction: `"down"` follows the sort order, `"up"` runs against it.
            sort_field: For example `"start_time"` (the service's default), `"total_cost"`, `"latency_ms"`.
            sort_order: `"asc"` or `"desc"` (the service's default).
            filters: Further conditions, which must all hold: `[fields.total_cost > 0.5]`; see `netra.filters`.

        Raises:
            PaginationError: the pages cannot be completed.
            NetraError: another subclass of it, as listed for the class.

        Example:
            >>> for trace in Netra.usage.iter_traces("2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z"):
            ...     print(trace.id, trace.name, trace.total_cost)
        """
        query = TracesQuery.checked(
            start_time, end_time, trace_id, session_id, user_id, tenant_id,
            limit, cursor, direction, sort_field, sort_order, filters,
        )  # fmt: skip
        return walks.iter_traces(self._transport, self._options, query)

    def list_spans_by_trace_id(
        self,
        trace_id: str,
        cursor: str | None = None,
        direction: Direction | None = "down",
        limit: int | None = None,
        span_name: str | None = None,
    ) -> SpansPage:
        """Return one page of the spans of a trace. `iter_spans_by_trace_id` goes through all of them.

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
        query = SpansQuery.checked(trace_id, cursor, direction, limit, span_name)
        operation = operations.list_spans_by_trace_id(query, query.cursor, query.limit)
        return self._transport.send(operation, self._options)

    def iter_spans_by_trace_id(
        self,
        trace_id: str,
        cursor: str | None = None,
        direction: Direction | None = "down",
        limit: int | None = None,
        span_name: str | None = None,
    ) -> PagedIterator[TraceSpan, SpansPage]:
        """Iterate over all spans of a trace; each page is fetched while you work on the last.

        The iterator ends only when the service says that nothing follows. An error raised in between has
        `.cursor`: pass it as `cursor=` to go on with exactly the spans that are missing.

        Contract: `listSpansByTraceId`.

        Args:
            trace_id: The trace's identifier.
            cursor: Where to go on: `.cursor` of an error, of an earlier iterator or of a span.
            direction: `"down"` follows the order of time, `"up"` runs against it.
            limit: Page size (not a total), 1 to 100. Default 100, the largest.
            span_name: Only spans whose name (or kind) holds this text.

        Raises:
            PaginationError: the pages cannot be completed.
            NetraError: another subclass of it, as listed for the class.

        Example:
            >>> for span in Netra.usage.iter_spans_by_trace_id("728c1de6fa4c53de143a7d7fef33ff91"):
            ...     print(span.name, span.kind, span.latency_ms)
        """
        query = SpansQuery.checked(trace_id, cursor, direction, limit, span_name)
        return walks.iter_spans(self._transport, self._options, query)
