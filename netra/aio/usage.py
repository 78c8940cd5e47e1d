"""The documented methods for async code. `netra.usage` has their documentation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from netra._copying import NotCopied
from netra._core import operations
from netra._core.options import Options
from netra._core.parameters import Direction, SortOrder, SpansQuery, TracesQuery, UsageQuery
from netra._core.protocols import FilterLike, TimeoutLike
from netra._timestamps import Timestamp
from netra.models import SessionUsageData, SpansPage, TenantUsageData, TracesPage, TraceSpan
from netra.usage import Usage

from . import walks
from .documented import documented_by
from .pagination import AsyncPagedIterator
from .traces import AsyncTracesIterator
from .transport import AsyncTransport

__all__ = ["AsyncUsage"]


class AsyncUsage(NotCopied):
    """What `Usage` is, for async code: `await` the `get_…` and `list_…` methods, `async for` the `iter_…` ones.

    Methods, parameters, defaults, results and errors are those of `Usage`.

    Example:
        >>> async with AsyncNetra(api_key="…") as client:
        ...     usage = await client.usage.get_tenant_usage("AceTech", start, end)
        ...     async for trace in client.usage.iter_traces(start, end):
        ...         print(trace.id, trace.total_cost)
    """

    _instead = (
        "In another process or event loop, make a client with AsyncNetra(...) and call its usage. For other options, "
        "call with_options(...)."
    )

    def __init__(self, transport: AsyncTransport, options: Options) -> None:
        self._transport = transport
        self._options = options

    def __repr__(self) -> str:
        return f"<AsyncUsage of {self._transport.config.base_url}>"

    @documented_by(Usage.with_options)
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
        return type(self)(self._transport, options)

    @documented_by(Usage.get_session_usage)
    async def get_session_usage(
        self,
        session_id: str,
        start_time: Timestamp,
        end_time: Timestamp,
    ) -> SessionUsageData | None:
        query = UsageQuery.checked("session_id", session_id, start_time, end_time)
        return await self._transport.send(operations.get_session_usage(query), self._options)

    @documented_by(Usage.get_tenant_usage)
    async def get_tenant_usage(
        self,
        tenant_id: str,
        start_time: Timestamp,
        end_time: Timestamp,
    ) -> TenantUsageData | None:
        query = UsageQuery.checked("tenant_id", tenant_id, start_time, end_time)
        return await self._transport.send(operations.get_tenant_usage(query), self._options)

    @documented_by(Usage.list_traces)
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
        *,
        filters: Iterable[FilterLike] | None = None,
    ) -> TracesPage:
        query = TracesQuery.checked(
            start_time, end_time, trace_id, session_id, user_id, tenant_id,
            limit, cursor, direction, sort_field, sort_order, filters,
        )  # fmt: skip
        operation = operations.list_traces(query, query.cursor, query.limit)
        return await self._transport.send(operation, self._options)

    @documented_by(Usage.iter_traces)
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
    ) -> AsyncTracesIterator:
        query = TracesQuery.checked(
            start_time, end_time, trace_id, session_id, user_id, tenant_id,
            limit, cursor, direction, sort_field, sort_order, filters,
        )  # fmt: skip
        return walks.iter_traces(self._transport, self._options, query)

    @documented_by(Usage.list_spans_by_trace_id)
    async def list_spans_by_trace_id(
        self,
        trace_id: str,
        cursor: str | None = None,
        direction: Direction | None = "down",
        limit: int | None = None,
        span_name: str | None = None,
    ) -> SpansPage:
        query = SpansQuery.checked(trace_id, cursor, direction, limit, span_name)
        operation = operations.list_spans_by_trace_id(query, query.cursor, query.limit)
        return await self._transport.send(operation, self._options)

    @documented_by(Usage.iter_spans_by_trace_id)
    def iter_spans_by_trace_id(
        self,
        trace_id: str,
        cursor: str | None = None,
        direction: Direction | None = "down",
        limit: int | None = None,
        span_name: str | None = None,
    ) -> AsyncPagedIterator[TraceSpan, SpansPage]:
        query = SpansQuery.checked(trace_id, cursor, direction, limit, span_name)
        return walks.iter_spans(self._transport, self._options, query)
