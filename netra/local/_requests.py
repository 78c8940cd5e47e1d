"""Parse and validate requests into queries. Raises RequestError, with the reason, for invalid ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from netra_api.errors import PayloadError
from netra_api.models.direction import DIRECTION_VALUES, check_direction
from netra_api.models.list_traces_request import ListTracesRequest
from netra_api.models.trace_filter import TraceFilter

from ._cursors import TraceCursor, decode_span_cursor, decode_trace_cursor
from ._errors import RequestError
from ._filters import MAX_FILTERS, Condition, compile_filter
from ._json import parse_json
from ._statements import DEFAULT_LIMIT, MAX_LIMIT, SORTS, Order, SpanQuery, TraceQuery, Window
from ._times import NS_PER_MS, ms_from_iso

_MIN_NS, _MAX_NS = -(2**63), 2**63 - 1
_INVALID_PERCENT_ENCODING = re.compile(r"%(?![0-9A-Fa-f]{2})")


def decode_path_id(name: str, segment: str) -> str:
    """Decode the percent-encoded id in a path segment. Any non-empty string is an id."""
    if not segment:
        raise RequestError(f"{name}: must not be empty")
    if _INVALID_PERCENT_ENCODING.search(segment):
        raise RequestError(f"{name}: not percent-encoded; write a % itself as %25")
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        raise RequestError(f"{name}: not UTF-8") from None


def parse_usage_window(query_string: bytes) -> Window:
    """Parse the time window of a usage request."""
    parameters = _parse_query_string(query_string, {"startTime", "endTime"})
    missing = {"startTime", "endTime"} - parameters.keys()
    if missing:
        raise RequestError(f"missing: {', '.join(sorted(missing, reverse=True))}")
    return _parse_window(parameters["startTime"], parameters["endTime"])


def parse_span_query(trace_id: str, query_string: bytes) -> SpanQuery:
    """Parse the query of a request for spans."""
    parameters = _parse_query_string(query_string, {"cursor", "direction", "limit", "spanName"})
    direction = parameters.get("direction", "down")
    if direction not in DIRECTION_VALUES:
        raise RequestError("direction: must be up or down")
    limit = parameters.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[0-9]{1,9}", limit):
        raise _limit_error()
    cursor = None
    if "cursor" in parameters:
        cursor = decode_span_cursor(parameters["cursor"])
        if cursor.trace_id != trace_id:
            raise RequestError("cursor: it was made for the spans of another trace")
    return SpanQuery(
        trace_id=trace_id,
        name=parameters.get("spanName", ""),
        direction=check_direction(direction),
        limit=_check_limit(int(limit)),
        cursor=cursor,
    )


def parse_trace_query(body: bytes) -> TraceQuery:
    """Parse the query of a request for traces."""
    try:
        document = parse_json(body)
    except ValueError as error:
        raise RequestError(f"the body is not JSON: {error}") from None
    if not isinstance(document, Mapping):
        raise RequestError("the body must be a JSON object")
    try:
        request = ListTracesRequest.from_dict(document)
    except PayloadError as error:
        raise RequestError(str(error)) from None
    field = request.sort_field or "start_time"
    if field not in SORTS:
        raise RequestError(f"sortField: unknown; known are {', '.join(sorted(SORTS))}")
    order = request.sort_order or "desc"
    page = request.pagination
    return TraceQuery(
        window=_parse_window(request.start_time, request.end_time),
        conditions=_compile_filters(request.filters),
        sort_field=field,
        sort_order=order,
        direction=(page and page.direction) or "down",
        limit=DEFAULT_LIMIT if page is None or page.limit is None else _check_limit(page.limit),
        cursor=_parse_trace_cursor(page.cursor, field, order) if page and page.cursor is not None else None,
    )


def _compile_filters(filters: list[TraceFilter]) -> list[Condition]:
    if len(filters) > MAX_FILTERS:
        raise RequestError(f"filters: at most {MAX_FILTERS}")
    conditions = []
    for index, trace_filter in enumerate(filters):
        try:
            conditions.append(compile_filter(trace_filter))
        except RequestError as error:
            raise RequestError(f"filters[{index}].{error.message}") from None
    return conditions


def _parse_trace_cursor(text: str, field: str, order: Order) -> TraceCursor:
    cursor = decode_trace_cursor(text)
    if (cursor.sort_field, cursor.sort_order) != (field, order):
        raise RequestError(
            f"cursor: it was made for sortField {cursor.sort_field}"
            f" and sortOrder {cursor.sort_order}, not for {field} and {order}"
        )
    if type(cursor.sort_key) not in SORTS[field].types:
        raise RequestError("cursor: not a cursor of this list")
    return cursor


def _parse_window(start_time: str, end_time: str) -> Window:
    start_ms, end_ms = _parse_time("startTime", start_time), _parse_time("endTime", end_time)
    if start_ms > end_ms:
        raise RequestError("startTime: must not be after endTime")
    # In the contract both ends are inclusive, in whole milliseconds. No span lies beyond 64 bits.
    return Window(_clamp_to_int64(start_ms * NS_PER_MS), _clamp_to_int64((end_ms + 1) * NS_PER_MS))


def _clamp_to_int64(ns: int) -> int:
    return min(max(ns, _MIN_NS), _MAX_NS)


def _parse_time(name: str, text: str) -> int:
    try:
        return ms_from_iso(text)
    except ValueError as error:
        raise RequestError(f"{name}: {error}") from None


def _check_limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise _limit_error()
    return limit


def _limit_error() -> RequestError:
    return RequestError(f"limit: must be a whole number from 1 to {MAX_LIMIT}")


def _parse_query_string(query_string: bytes, known: set[str]) -> dict[str, str]:
    try:
        pairs: list[tuple[Any, Any]] = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict"
        )
    except ValueError:
        raise RequestError("the query string is not UTF-8 in percent-encoding") from None
    parameters: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            names = ", ".join(sorted(known))
            raise RequestError(f"{name}: no such query parameter; known are {names}")
        if name in parameters:
            raise RequestError(f"{name}: sent more than once")
        parameters[name] = value
    return parameters
