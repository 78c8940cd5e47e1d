"""Convert timestamps: nanoseconds in the store, ISO 8601 with milliseconds in requests and responses."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

NS_PER_MS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FORMAT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z", re.ASCII)


def iso_from_ms(ms: int) -> str:
    """Format milliseconds since 1970 as `2026-01-15T09:30:00.000Z`."""
    text = (_EPOCH + ms * _MILLISECOND).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def iso_from_ns(ns: int) -> str:
    """Format nanoseconds since 1970, truncated to milliseconds, as `2026-01-15T09:30:00.000Z`."""
    return iso_from_ms(ns // NS_PER_MS)


def ms_from_iso(text: str) -> int:
    """Parse the format of `iso_from_ms`. Raises ValueError for another format or an invalid date."""
    found = _FORMAT.fullmatch(text)
    if found is None:
        raise ValueError("must have the form 2026-01-15T09:30:00.000Z")
    year, month, day, hour, minute, second, ms = map(int, found.groups())
    try:
        # Not `datetime.fromisoformat`: some versions of Python take 24:00.
        timestamp = datetime(year, month, day, hour, minute, second, ms * 1000, UTC)
    except ValueError:
        raise ValueError("is not a real date and time") from None
    return (timestamp - _EPOCH) // _MILLISECOND
