"""The four operations, each once: how arguments become a request, and how a body becomes a result.

Nothing here does I/O, so that every face of the client shares all of it. The generated API modules know
methods, paths and parameter names; what is added is the checking of arguments and the reading of envelopes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, get_args

import attrs
from netra_api.api.traces import list_spans_by_trace_id as _spans_api
from netra_api.api.traces import list_traces as _traces_api
from netra_api.api.usage import get_session_usage as _session_api
from netra_api.api.usage import get_tenant_usage as _tenant_api
from netra_api.errors import PayloadError
from netra_api.models import ListTracesRequest, PageInfo, Pagination, TraceFilter
from netra_api.models.direction import Direction
from netra_api.models.sort_order import SortOrder
from netra_api.types import anything, fields, list_of, read

from ._timestamps import Timestamp, window
from .errors import InvalidRequestError, PaginationError
from .models import SessionUsageData, SpansPage, TenantUsageData, TracesPage, TraceSpan, TraceSummary

__all__ = [
    "MAX_PAGE_SIZE",
    "Direction",
    "Operation",
    "SortOrder",
    "all_spans",
    "check_concurrency",
    "check_flag",
    "get_session_usage",
    "get_tenant_usage",
    "list_spans_by_trace_id",
    "list_traces",
]

T = TypeVar("T")

MAX_PAGE_SIZE = 100


@attrs.frozen
class Operation(Generic[T]):
    """One request and the reader of its answer.

    `request` is what httpx takes, with a URL below the base URL. `read` makes the result of the JSON body;
    it raises netra_api's `PayloadError` where the body does not fit.
    """

    request: dict[str, Any]
    read: Callable[[Any], T]

    @property
    def asked(self) -> str:
        """Method and path, for messages."""
        return f"{self.request['method'].upper()} {self.request['url']}"


def get_session_usage(
    session_id: str, start_time: Timestamp, end_time: Timestamp
) -> Operation[SessionUsageData | None]:
    start, end = window(start_time, end_time)
    return Operation(
        _session_api._get_kwargs(_segment(session_id, "session_id"), start_time=start, end_time=end),
        lambda body: _usage(body, SessionUsageData),
    )


def get_tenant_usage(
    tenant_id: str, start_time: Timestamp, end_time: Timestamp
) -> Operation[TenantUsageData | None]:
    start, end = window(start_time, end_time)
    return Operation(
        _tenant_api._get_kwargs(_segment(tenant_id, "tenant_id"), start_time=start, end_time=end),
        lambda body: _usage(body, TenantUsageData),
    )


def list_traces(
    start_time: Timestamp,
    end_time: Timestamp,
    trace_id: str | None,
    session_id: str | None,
    user_id: str | None,
    tenant_id: str | None,
    limit: int | None,
    *,
    cursor: str | None,
    direction: Direction | None,
    sort_field: str | None,
    sort_order: SortOrder | None,
) -> Operation[TracesPage]:
    start, end = window(start_time, end_time)
    ids = {"trace_id": trace_id, "session_id": session_id, "user_id": user_id, "tenant_id": tenant_id}
    pagination = Pagination(
        _page_size(limit), _text(cursor, "cursor"), _choice(direction, "direction", Direction)
    )
    body = ListTracesRequest(
        start_time=start,
        end_time=end,
        filters=[
            TraceFilter(field=name, operator="equals", type_="string", value=_text(value, name))
            for name, value in ids.items()
            if value is not None
        ],
        pagination=pagination if pagination != Pagination() else None,
        sort_field=_text(sort_field, "sort_field"),
        sort_order=_choice(sort_order, "sort_order", SortOrder),
    )
    return Operation(
        _traces_api._get_kwargs(body=body), lambda body: TracesPage(*_page(body, TraceSummary, "traces"))
    )


def list_spans_by_trace_id(
    trace_id: str,
    *,
    cursor: str | None,
    direction: Direction | None,
    limit: int | None,
    span_name: str | None,
) -> Operation[SpansPage]:
    request = _spans_api._get_kwargs(
        _segment(trace_id, "trace_id"),
        cursor=_text(cursor, "cursor"),
        direction=_choice(direction, "direction", Direction),
        limit=_page_size(limit),
        span_name=_text(span_name, "span_name"),
    )
    return Operation(request, lambda body: SpansPage(*_page(body, TraceSpan, "spans")))


def all_spans(trace_id: str, *, cursor: str | None) -> Operation[SpansPage]:
    """A page of all spans of a trace, as large as allowed."""
    return list_spans_by_trace_id(
        trace_id, cursor=cursor, direction="down", limit=MAX_PAGE_SIZE, span_name=None
    )


# ---------------------------------------------------------------- arguments


def _text(value: str | None, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} must be a str, not {type(value).__name__}.")
    if not value:
        raise InvalidRequestError(f"{name} is empty: leave it out, or give a value.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{name}={value!r} holds a lone surrogate and cannot be sent.") from None
    return value


def _segment(value: str, name: str) -> str:
    """An id that becomes one segment of the path."""
    if value is None or value == "":
        raise InvalidRequestError(f"{name}={value!r}: give an id.")
    text = _text(value, name)
    assert text is not None
    if text in (".", ".."):
        raise InvalidRequestError(
            f"{name}={text!r} cannot be sent: in a URL it stands for a folder, not for an id."
        )
    return text


def _page_size(limit: int | None) -> int | None:
    if limit is None:
        return None
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MAX_PAGE_SIZE:
        raise InvalidRequestError(
            f"limit={limit!r} must be an integer from 1 to {MAX_PAGE_SIZE}: it is the page size."
        )
    return limit


def check_concurrency(concurrency: int) -> int:
    if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
        raise InvalidRequestError(f"concurrency={concurrency!r} must be an integer from 1.")
    return concurrency


def check_flag(value: bool, name: str) -> None:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name}={value!r} must be True or False.")


def _choice(value: T | None, name: str, choices: Any) -> T | None:
    """A value of a `Literal` type, or None."""
    allowed = get_args(choices)
    if value is not None and value not in allowed:
        raise InvalidRequestError(f"{name}={value!r} must be one of {', '.join(map(repr, allowed))}.")
    return value


# ---------------------------------------------------------------- bodies

Usage = TypeVar("Usage", SessionUsageData, TenantUsageData)
Row = TypeVar("Row", TraceSummary, TraceSpan)


def _usage(body: Any, result: type[Usage]) -> Usage | None:
    """The usage, or None where `data` holds none. Without an envelope there is always a usage."""
    envelope = _envelope(body)
    if "data" not in envelope:
        return result.from_dict(envelope)

    def read_data(data: Any) -> Usage | None:
        if data is None or not any(fields(data).values()):  # null, empty, or nothing but nulls and zeros
            return None
        return result.from_dict(data)

    return read(read_data, envelope, "data")


def _page(body: Any, row: type[Row], what: str) -> tuple[list[Row], bool, str | None]:
    """The rows, whether more follow, and the cursor that leads to them."""

    def read_result(value: Any) -> tuple[list[Row], bool, str | None]:
        result = fields(value)
        info = read(PageInfo.from_dict, result, "pageInfo")
        next_cursor = None
        if info.has_next_page:
            # Before the rows: without a way on, this page is not the beginning of a complete answer.
            next_cursor = _next_cursor(read(list_of(anything), result, "data"), info)
            if not next_cursor:
                raise PaginationError(
                    f"A page of {what} says that more follow, but holds no cursor to ask for them: "
                    "the rest cannot be read. Nothing on this page was handed out."
                )
        return read(list_of(row.from_dict), result, "data"), info.has_next_page, next_cursor

    return read(read_result, _envelope(body), "data")


def _envelope(body: Any) -> dict[str, Any]:
    """The outermost object; refuses one that tells of a failure in spite of its status."""
    envelope = fields(body)
    if envelope.get("error") or envelope.get("statusCode") not in (None, 200, 201):
        raise PayloadError("the status tells of success, the body of a failure")
    return envelope


def _next_cursor(rows: list[Any], info: PageInfo) -> str | None:
    """The last row's cursor; the page's own only where no row has one."""
    cursor = rows[-1].get("cursor") if rows and isinstance(rows[-1], dict) else None
    return cursor if isinstance(cursor, str) and cursor else info.next_cursor
