"""Read the JSON envelopes of responses: a usage, or a page of rows.

A response must prove that it belongs to its request, and that it is no failure in disguise: ids are compared with those
that were asked for, and an envelope without data must say nothing but success.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from netra_api.errors import PayloadError
from netra_api.models import PageInfo
from netra_api.types import anything, fields, list_of, read

from netra.errors import PaginationError
from netra.models import SessionUsageData, TenantUsageData, TraceSpan, TraceSummary

from .checks import is_sendable_text
from .error_body import message_in

__all__ = ["is_usable_cursor", "read_page", "read_usage"]

UsageT = TypeVar("UsageT", SessionUsageData, TenantUsageData)
Row = TypeVar("Row", TraceSummary, TraceSpan)

ExpectedIds = Mapping[str, str]
"""The ids that were asked for, by the attribute in which a row carries each. A row may also carry none."""


def read_usage(body: Any, model: type[UsageT], id_name: str, expected_id: str) -> UsageT | None:
    """Return the usage, or None where `data` holds none. A body without an envelope is always a usage."""

    envelope = _envelope(body)
    known = set(model._api_names.values())

    def read_data(data: Any) -> UsageT:
        usage = model.from_dict(data)
        found = getattr(usage, id_name)
        if found != expected_id:
            raise _wrong_id(found, expected_id, (id_name,))
        if _is_all_zero(usage):
            _refuse_silent_failure(fields(data), known)
            if data is not envelope:
                _refuse_silent_failure(envelope, {"data"})
        return usage

    if "data" not in envelope:
        return read_data(envelope)
    data = envelope["data"]
    if _holds_no_usage(data, known):
        _refuse_silent_failure(envelope, {"data"})
        return None
    if isinstance(data, dict):
        _envelope(data)
    return read(read_data, envelope, "data")


def _is_all_zero(usage: SessionUsageData | TenantUsageData) -> bool:
    return not any(isinstance(value, int | float) and value != 0 for value in usage.to_dict().values())


def _holds_no_usage(data: Any, known: set[str]) -> bool:
    """Return whether it is null, empty, or nothing but nulls and, in fields that the contract knows, zeros."""
    if not isinstance(data, dict):
        return data is None
    return all(
        value is None or (name in known and value is not False and value in (0, ""))
        for name, value in data.items()
    )


def read_page(
    body: Any, model: type[Row], what: str, expected: ExpectedIds
) -> tuple[list[Row], bool, str | None]:
    """Return the rows, whether more follow, and the cursor of the next page. `what` names the rows for errors."""

    def read_result(value: Any) -> tuple[list[Row], bool, str | None]:
        result = _envelope(value)
        info = read(PageInfo.from_dict, result, "pageInfo")
        next_cursor = None
        if info.has_next_page:
            # Before the rows: without a next cursor this page cannot be part of a complete walk.
            next_cursor = _next_cursor(read(list_of(anything), result, "data"), info)
            if next_cursor is None:
                raise PaginationError(
                    f"A page of {what} says that more follow, but holds no cursor with which to ask for them: "
                    "the rest cannot be read. No row of this page was emitted."
                )
        rows = read(list_of(model.from_dict), result, "data")
        for name, expected_id in expected.items():
            for number, row in enumerate(rows):
                found = getattr(row, name)
                if (
                    found
                    and found != expected_id
                    and not (name in _TRACE_IDS and _is_same_trace(found, expected_id))
                ):
                    raise _wrong_id(found, expected_id, ("data", number, name))
        return rows, info.has_next_page, next_cursor

    envelope = _envelope(body)
    found = read(read_result, envelope, "data")
    if not found[0] and not found[1]:
        _refuse_silent_failure(envelope, {"data"})
        _refuse_silent_failure(envelope["data"], {"data", "pageInfo"})
    return found


_TRACE_IDS = ("id", "trace_id")


def _is_same_trace(one: str, other: str) -> bool:
    """Compare ids of traces: they may be written with or without dashes, in upper or lower case."""
    return one.replace("-", "").lower() == other.replace("-", "").lower()


def _wrong_id(found: str, expected: str, path: tuple[str | int, ...]) -> PayloadError:
    """Report an id other than the one that was asked for: the response belongs to another request."""
    return PayloadError(f"{found[:100]!r} was answered, {expected[:100]!r} was asked for", path)


def _envelope(body: Any) -> dict[str, Any]:
    """Return an object that holds data. Refuse one that reports a failure in spite of its status."""
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
    """Refuse an envelope without data that says more than "success": a failure may be why the data is missing."""
    for name, value in envelope.items():
        if name not in data and not _says_success(name, value):
            raise _failure(envelope)


def _failure(envelope: dict[str, Any]) -> PayloadError:
    message = message_in(envelope)
    return PayloadError(
        "the status tells of success, the body of a failure" + (f" ({message[:200]})" if message else "")
    )


def _next_cursor(rows: list[Any], info: PageInfo) -> str | None:
    """Return the last row's cursor; the page's own only where that row has none that is usable."""
    last = rows[-1].get("cursor") if rows and isinstance(rows[-1], dict) else None
    return next((cursor for cursor in (last, info.next_cursor) if is_usable_cursor(cursor)), None)


def is_usable_cursor(cursor: Any) -> bool:
    """Return whether a cursor of the service can be sent back: it may be empty, too long, or half a character."""
    return isinstance(cursor, str) and is_sendable_text(cursor)
