"""Cursors: opaque strings that hold the position of an item in a list.

A cursor holds everything that the next page needs. So the server keeps no state for it, and it stays
valid after a restart.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

from ._errors import RequestError
from ._json import dump_json, parse_json

SortKey = int | float | str

_MAX_INT64 = 2**63 - 1


class TraceCursor(NamedTuple):
    """A position in a list of traces: the sort order, the sort key, and the id as a tie-breaker."""

    sort_field: str
    sort_order: str
    sort_key: SortKey
    trace_id: str
    snapshot: int
    """The snapshot that the first page was read from; the pages after it read the same one."""


class SpanCursor(NamedTuple):
    """A position in the list of a trace's spans."""

    trace_id: str
    start_ns: int
    span_id: str


def encode_cursor(cursor: TraceCursor | SpanCursor) -> str:
    """Encode a cursor as base64url of JSON."""
    data = dump_json(list(cursor)).encode("utf-8")
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode_trace_cursor(text: str) -> TraceCursor:
    """Decode a cursor of a list of traces. Raises RequestError for any other text."""
    match _decode(text):
        case [str(field), str(order), int() | float() | str() as sort_key, str(trace_id), int(snapshot)]:
            if _fits_in_sqlite(sort_key) and _fits_in_sqlite(snapshot):
                return TraceCursor(field, order, sort_key, trace_id, snapshot)
    raise _invalid_cursor()


def decode_span_cursor(text: str) -> SpanCursor:
    """Decode a cursor of a list of spans. Raises RequestError for any other text."""
    match _decode(text):
        case [str(trace_id), int(start_ns), str(span_id)] if _fits_in_sqlite(start_ns):
            return SpanCursor(trace_id, start_ns, span_id)
    raise _invalid_cursor()


def _decode(text: str) -> object:
    try:
        padded = text + "=" * (-len(text) % 4)
        return parse_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError:
        raise _invalid_cursor() from None


def _fits_in_sqlite(value: SortKey) -> bool:
    if isinstance(value, bool):
        return False
    return not isinstance(value, int) or abs(value) <= _MAX_INT64


def _invalid_cursor() -> RequestError:
    return RequestError("cursor: not one of this list; pass the `cursor` of an item as it came")
