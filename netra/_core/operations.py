"""The four operations of the contract, each once: from a checked query to a request, and from a body to a result.

The generated modules know methods, paths and parameter names; `envelopes` reads the bodies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs
from netra_api.api.traces import list_spans_by_trace_id as _spans_api
from netra_api.api.traces import list_traces as _traces_api
from netra_api.api.usage import get_session_usage as _session_api
from netra_api.api.usage import get_tenant_usage as _tenant_api
from netra_api.models import ListTracesRequest, Pagination, TraceFilter

from netra.models import SessionUsageData, SpansPage, TenantUsageData, TracesPage, TraceSpan, TraceSummary

from .envelopes import read_page, read_usage
from .parameters import SpansQuery, TracesQuery, UsageQuery

if TYPE_CHECKING:
    from netra.filters import Filter

__all__ = ["Operation", "get_session_usage", "get_tenant_usage", "list_spans_by_trace_id", "list_traces"]

T = TypeVar("T")

DEFAULT_PAGE_SIZE = 20
"""Rows. The service's default, where a request has no limit."""


@attrs.frozen
class Operation(Generic[T]):
    """One request, and the parser of its response."""

    name: str
    """Its `operationId` in the contract."""
    request: dict[str, Any]
    """What httpx takes, with a URL below the base URL."""
    parse: Callable[[Any], T]
    """Makes the result of a JSON body. Raises netra_api's `PayloadError` where the body does not fit."""
    limit: int = 0
    """The page size."""
    with_limit: Callable[[int], Operation[T]] | None = None
    """Makes the same request for a page of at most so many rows."""
    refusal_note: str = ""
    """What to add to the message of a 400."""

    @property
    def request_line(self) -> str:
        """Method and path, for messages."""
        return f"{self.request['method'].upper()} {self.request['url']}"


def get_session_usage(query: UsageQuery) -> Operation[SessionUsageData | None]:
    return Operation(
        "getSessionUsage",
        _session_api._get_kwargs(query.id, start_time=query.start_time, end_time=query.end_time),
        lambda body: read_usage(body, SessionUsageData, "session_id", query.id),
    )


def get_tenant_usage(query: UsageQuery) -> Operation[TenantUsageData | None]:
    return Operation(
        "getTenantUsage",
        _tenant_api._get_kwargs(query.id, start_time=query.start_time, end_time=query.end_time),
        lambda body: read_usage(body, TenantUsageData, "tenant_id", query.id),
    )


def list_traces(query: TracesQuery, cursor: str | None, limit: int | None) -> Operation[TracesPage]:
    """Make the operation for one page of the query: that behind `cursor`, with at most `limit` rows."""
    pagination = Pagination(limit, cursor, query.direction)
    body = ListTracesRequest(
        start_time=query.start_time,
        end_time=query.end_time,
        filters=[
            TraceFilter(field=name, operator="equals", type_="string", value=value)
            for name, value in query.ids.items()
        ]
        + [_wire_filter(condition) for condition in query.conditions],
        pagination=pagination if pagination != Pagination() else None,
        sort_field=query.sort_field,
        sort_order=query.sort_order,
    )
    # A trace names its own id "id".
    expected = {"id" if name == "trace_id" else name: value for name, value in query.ids.items()}
    return Operation(
        "listTraces",
        _traces_api._get_kwargs(body=body),
        lambda body: TracesPage(*read_page(body, TraceSummary, "traces", expected)),
        limit or DEFAULT_PAGE_SIZE,
        lambda smaller: list_traces(query, cursor, smaller),
        _unconfirmed_note(query),
    )


def _wire_filter(condition: Filter) -> TraceFilter:
    return TraceFilter.from_dict(condition.to_dict())


def _unconfirmed_note(query: TracesQuery) -> str:
    """Name the conditions that no published client sends: they may be why the service refuses the request."""
    unconfirmed = [repr(condition) for condition in query.conditions if not condition.is_confirmed]
    if not unconfirmed:
        return ""
    return (
        f"The service may not know these filters, which no published client sends: {', '.join(unconfirmed)}."
    )


def list_spans_by_trace_id(query: SpansQuery, cursor: str | None, limit: int | None) -> Operation[SpansPage]:
    """Make the operation for one page of the query: that behind `cursor`, with at most `limit` rows."""
    request = _spans_api._get_kwargs(
        query.trace_id, cursor=cursor, direction=query.direction, limit=limit, span_name=query.span_name
    )
    return Operation(
        "listSpansByTraceId",
        request,
        lambda body: SpansPage(*read_page(body, TraceSpan, "spans", {"trace_id": query.trace_id})),
        limit or DEFAULT_PAGE_SIZE,
        lambda smaller: list_spans_by_trace_id(query, cursor, smaller),
    )
