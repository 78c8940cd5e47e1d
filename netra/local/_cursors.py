"""Cursors: where an item stands in a list, as text that means nothing to its reader.

A cursor holds all that the next page needs, so cursors survive restarts and cost the server
nothing.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

from ._errors import RequestError
from ._json import dump_json, parse_json

SortKey = int | float | str

_MOST_INT = 2**63 - 1


class TraceCursor(NamedTuple):
    """A place in a list of traces: the sort key, made unique by the id, and the list's order."""

    sort_field: str
    sort_order: str
    key: SortKey
    trace_id: str
    snapshot: int
    """The ingest after which the walk's first page was read; all its pages show that state."""


class SpanCursor(NamedTuple):
    """A place in the list of a trace's spans."""

    trace_id: str
    start_ns: int
    span_id: str


def encode_cursor(cursor: TraceCursor | SpanCursor) -> str:
    """The cursor as text: base64url over JSON."""
    data = dump_json(list(cursor)).encode("utf-8")
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decode_trace_cursor(text: str) -> TraceCursor:
    """Raises RequestError for what is not a cursor of a list of traces."""
    match _decode(text):
        case [str(field), str(order), int() | float() | str() as key, str(trace_id), int(snapshot)]:
            if _storable(key) and _storable(snapshot):
                return TraceCursor(field, order, key, trace_id, snapshot)
    raise _not_a_cursor()


def decode_span_cursor(text: str) -> SpanCursor:
    """Raises RequestError for what is not a cursor of a list of spans."""
    match _decode(text):
        case [str(trace_id), int(start_ns), str(span_id)] if _storable(start_ns):
            return SpanCursor(trace_id, start_ns, span_id)
    raise _not_a_cursor()


def _decode(text: str) -> object:
    try:
        padded = text + "=" * (-len(text) % 4)
        return parse_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError:
        raise _not_a_cursor() from None


def _storable(value: SortKey) -> bool:
    if isinstance(value, bool):
        return False
    return not isinstance(value, int) or abs(value) <= _MOST_INT


def _not_a_cursor() -> RequestError:
    return RequestError("cursor: not one of this list; pass the `cursor` of an item as it came")
