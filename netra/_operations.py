"""The four operations, each once: how arguments become a request, and how a body becomes a result.

Nothing here does I/O, so that every face of the client shares all of it. The generated API modules know
methods, paths and parameter names; what is added is the checking of arguments and the reading of envelopes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, get_args
from urllib.parse import quote

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

from ._error_bodies import message_in
from ._integers import integer_of
from ._timestamps import Timestamp, window
from .errors import APIResponseValidationError, InvalidRequestError, PaginationError
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
    "serves_as_cursor",
]

T = TypeVar("T")

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20
"""The service's, where no limit is given."""
MAX_ENCODED = 20_000
"""Bytes of a text in a URL: httpx refuses those of more than 65,536, and shows the request in its error's frames."""


@attrs.frozen
class Operation(Generic[T]):
    """One request and the reader of its answer.

    `request` is what httpx takes, with a URL below the base URL. `read` makes the result of the JSON body;
    it raises netra_api's `PayloadError` where the body does not fit.
    """

    request: dict[str, Any]
    read: Callable[[Any], T]
    rows: int = 0
    """How many rows its page may hold; the service's default where none were asked for."""
    smaller: Callable[[int], Operation[T]] | None = None
    """The same page with at most so many rows."""

    @property
    def asked(self) -> str:
        """Method and path, for messages."""
        return f"{self.request['method'].upper()} {self.request['url']}"


def get_session_usage(
    session_id: str, start_time: Timestamp, end_time: Timestamp
) -> Operation[SessionUsageData | None]:
    start, end = window(start_time, end_time)
    session_id = _segment(session_id, "session_id")
    return Operation(
        _session_api._get_kwargs(session_id, start_time=start, end_time=end),
        lambda body: _usage(body, SessionUsageData, "session_id", session_id),
    )


def get_tenant_usage(
    tenant_id: str, start_time: Timestamp, end_time: Timestamp
) -> Operation[TenantUsageData | None]:
    start, end = window(start_time, end_time)
    tenant_id = _segment(tenant_id, "tenant_id")
    return Operation(
        _tenant_api._get_kwargs(tenant_id, start_time=start, end_time=end),
        lambda body: _usage(body, TenantUsageData, "tenant_id", tenant_id),
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
    asked = {name: value for name, given in ids.items() if (value := _text(given, name)) is not None}
    pagination = Pagination(
        _page_size(limit), _text(cursor, "cursor"), _choice(direction, "direction", Direction)
    )
    body = ListTracesRequest(
        start_time=start,
        end_time=end,
        filters=[
            TraceFilter(field=name, operator="equals", type_="string", value=value)
            for name, value in asked.items()
        ],
        pagination=pagination if pagination != Pagination() else None,
        sort_field=_text(sort_field, "sort_field"),
        sort_order=_choice(sort_order, "sort_order", SortOrder),
    )
    if trace_id is not None:
        asked["id"] = asked.pop("trace_id")  # what a trace calls its own
    return Operation(
        _traces_api._get_kwargs(body=body),
        lambda body: TracesPage(*_page(body, TraceSummary, "traces", asked)),
        limit or DEFAULT_PAGE_SIZE,
        lambda rows: list_traces(
            start_time,
            end_time,
            trace_id,
            session_id,
            user_id,
            tenant_id,
            rows,
            cursor=cursor,
            direction=direction,
            sort_field=sort_field,
            sort_order=sort_order,
        ),
    )


def list_spans_by_trace_id(
    trace_id: str,
    *,
    cursor: str | None,
    direction: Direction | None,
    limit: int | None,
    span_name: str | None,
) -> Operation[SpansPage]:
    trace_id = _segment(trace_id, "trace_id")
    request = _spans_api._get_kwargs(
        trace_id,
        cursor=_text(cursor, "cursor"),
        direction=_choice(direction, "direction", Direction),
        limit=_page_size(limit),
        span_name=_text(span_name, "span_name"),
    )
    asked = {"trace_id": trace_id}
    return Operation(
        request,
        lambda body: SpansPage(*_page(body, TraceSpan, "spans", asked)),
        limit or DEFAULT_PAGE_SIZE,
        lambda rows: list_spans_by_trace_id(
            trace_id, cursor=cursor, direction=direction, limit=rows, span_name=span_name
        ),
    )


def all_spans(trace: TraceSummary, *, cursor: str | None) -> Operation[SpansPage]:
    """A page of all spans of a trace, as large as allowed."""
    try:
        return list_spans_by_trace_id(
            trace.id, cursor=cursor, direction="down", limit=MAX_PAGE_SIZE, span_name=None
        )
    except InvalidRequestError as error:
        problem = str(error)  # not the caller's fault: the id is the service's
    raise APIResponseValidationError(
        f"The service listed a trace whose spans cannot be asked for, because of its id: {problem}"
    )


# ---------------------------------------------------------------- arguments


def _text(value: str | None, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} must be a str, not {type(value).__name__}: give its text form.")
    if not value:
        raise InvalidRequestError(f"{name} is empty: leave it out, or give a value.")
    if not _is_unicode(value):
        raise InvalidRequestError(f"{name}={value[:100]!r} holds a lone surrogate and cannot be sent.")
    if not _fits_a_url(value):
        raise InvalidRequestError(
            f"{name}={value[:40]!r}... is too long: {len(value)} characters, more than a URL can hold."
        )
    return str.__str__(value)  # of an enum that is a str the value, not its name


def _fits_a_url(value: str) -> bool:
    return 12 * len(value) <= MAX_ENCODED or len(quote(value, safe="")) <= MAX_ENCODED


def _is_unicode(value: str) -> bool:
    """Whether it is text: Python, and JSON, can also hold halves of characters."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _segment(value: str, name: str) -> str:
    """An id that becomes one segment of the path."""
    text = _text(value, name)
    if text is None:
        raise InvalidRequestError(f"{name}=None: give an id.")
    if text in (".", ".."):
        raise InvalidRequestError(
            f"{name}={text!r} cannot be sent: in a URL it stands for a folder, not for an id."
        )
    return text


def _page_size(limit: int | None) -> int | None:
    if limit is None:
        return None
    number = integer_of(limit)
    if number is None or not 1 <= number <= MAX_PAGE_SIZE:
        raise InvalidRequestError(
            f"limit={limit!r} must be an integer from 1 to {MAX_PAGE_SIZE}: it is the page size."
        )
    return number


def check_concurrency(concurrency: int) -> int:
    number = integer_of(concurrency)
    if number is None or number < 1:
        raise InvalidRequestError(f"concurrency={concurrency!r} must be an integer from 1.")
    return number


def check_flag(value: bool, name: str) -> None:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name}={value!r} must be True or False.")


def _choice(value: T | None, name: str, choices: Any) -> T | None:
    """A value of a `Literal` type, or None."""
    allowed = get_args(choices)
    if value is None:
        return None
    for choice in allowed:
        if isinstance(value, str) and value == choice:
            found: T = choice
            return found
    raise InvalidRequestError(f"{name}={value!r} must be one of {', '.join(map(repr, allowed))}.")


# ---------------------------------------------------------------- bodies

Usage = TypeVar("Usage", SessionUsageData, TenantUsageData)
Row = TypeVar("Row", TraceSummary, TraceSpan)

Asked = Mapping[str, str]
"""The ids that were asked for, by the attribute in which a row carries each. A row may also carry none."""


def _usage(body: Any, result: type[Usage], id_name: str, asked_id: str) -> Usage | None:
    """The usage, or None where `data` holds none. Without an envelope there is always a usage."""

    known = set(result._api_names.values())

    def read_usage(data: Any) -> Usage:
        usage = result.from_dict(data)
        found = getattr(usage, id_name)
        if found != asked_id:
            raise _another(found, asked_id, (id_name,))
        if _is_all_zero(usage):
            _refuse_silent_failure(fields(data), known)
            if data is not envelope:
                _refuse_silent_failure(envelope, {"data"})
        return usage

    envelope = _envelope(body)
    if "data" not in envelope:
        return read_usage(envelope)
    data = envelope["data"]
    if _holds_no_usage(data, known):
        _refuse_silent_failure(envelope, {"data"})
        return None
    if isinstance(data, dict):
        _envelope(data)
    return read(read_usage, envelope, "data")


def _is_all_zero(usage: SessionUsageData | TenantUsageData) -> bool:
    return not any(isinstance(value, int | float) and value != 0 for value in usage.to_dict().values())


def _holds_no_usage(data: Any, known: set[str]) -> bool:
    """Whether it is null, empty, or nothing but nulls and, in fields that the contract knows, zeros."""
    if not isinstance(data, dict):
        return data is None
    return all(
        value is None or (name in known and value is not False and value in (0, ""))
        for name, value in data.items()
    )


def _page(body: Any, row: type[Row], what: str, asked: Asked) -> tuple[list[Row], bool, str | None]:
    """The rows, whether more follow, and the cursor that leads to them."""

    def read_result(value: Any) -> tuple[list[Row], bool, str | None]:
        result = _envelope(value)
        info = read(PageInfo.from_dict, result, "pageInfo")
        next_cursor = None
        if info.has_next_page:
            # Before the rows: without a way on, this page is not the beginning of a complete answer.
            next_cursor = _next_cursor(read(list_of(anything), result, "data"), info)
            if next_cursor is None:
                raise PaginationError(
                    f"A page of {what} says that more follow, but holds no cursor with which to ask for them: "
                    "the rest cannot be read. Nothing on this page was handed out."
                )
        rows = read(list_of(row.from_dict), result, "data")
        for name, asked_id in asked.items():
            for number, one in enumerate(rows):
                found = getattr(one, name)
                if found and found != asked_id and not (name in _TRACE_IDS and _same_trace(found, asked_id)):
                    raise _another(found, asked_id, ("data", number, name))
        return rows, info.has_next_page, next_cursor

    envelope = _envelope(body)
    found = read(read_result, envelope, "data")
    if not found[0] and not found[1]:
        _refuse_silent_failure(envelope, {"data"})
        _refuse_silent_failure(envelope["data"], {"data", "pageInfo"})
    return found


_TRACE_IDS = ("id", "trace_id")


def _same_trace(one: str, other: str) -> bool:
    """A trace's id may be written with or without dashes, in either case."""
    return one.replace("-", "").lower() == other.replace("-", "").lower()


def _another(found: str, asked: str, path: tuple[str | int, ...]) -> PayloadError:
    """An id other than the one that was asked for: this answers another request."""
    return PayloadError(f"{found[:100]!r} was answered, {asked[:100]!r} was asked for", path)


def _envelope(body: Any) -> dict[str, Any]:
    """An object that holds data; refuses one that tells of a failure in spite of its status."""
    envelope = fields(body)
    if (
        envelope.get("error")
        or envelope.get("errors")
        or not all(_says_success(name, envelope.get(name)) for name in ("success", "statusCode"))
    ):
        raise _failure(envelope)
    return envelope


def _says_success(name: str, value: Any) -> bool:
    if name == "success":
        return value is None or value is True
    return value is None or (name == "statusCode" and type(value) is int and value in (200, 201))


def _refuse_silent_failure(envelope: dict[str, Any], data: set[str]) -> None:
    """Refuses an envelope of nothing that says more than "success": its data may be missing for a reason."""
    for name, value in envelope.items():
        if name not in data and not _says_success(name, value):
            raise _failure(envelope)


def _failure(envelope: dict[str, Any]) -> PayloadError:
    said = message_in(envelope)
    return PayloadError(
        "the status tells of success, the body of a failure" + (f" ({said[:200]})" if said else "")
    )


def _next_cursor(rows: list[Any], info: PageInfo) -> str | None:
    """The last row's cursor; the page's own only where that row has none that can be sent."""
    last = rows[-1].get("cursor") if rows and isinstance(rows[-1], dict) else None
    return next((cursor for cursor in (last, info.next_cursor) if serves_as_cursor(cursor)), None)


def serves_as_cursor(cursor: Any) -> bool:
    """Whether the service can be asked with it: it may send an empty one, half a character, or a novel."""
    return isinstance(cursor, str) and bool(cursor) and _is_unicode(cursor) and _fits_a_url(cursor)
