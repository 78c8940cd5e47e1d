"""Time stamps: what a user may give, and what the service sends, as one kind of `datetime`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from .errors import APIResponseValidationError, InvalidRequestError

__all__ = ["Timestamp", "from_wire", "millisecond_of", "to_wire", "utc_text", "window", "wire_form"]

Timestamp = str | datetime
"""ISO 8601 text (any offset; none means UTC), or an aware `datetime`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window(start_time: Timestamp, end_time: Timestamp) -> tuple[str, str]:
    """Both ends as the service wants them; refuses a window that ends before it starts."""
    start = to_wire(start_time, "start_time")
    if isinstance(end_time, str) and _DAY.fullmatch(end_time):
        raise InvalidRequestError(
            f"end_time={end_time!r} has no time of day and would leave out the day itself: write its last moment, "
            f"like '{_last_moment(end_time)}'."
        )
    end = to_wire(end_time, "end_time")
    if start > end:  # the form sorts as text
        raise InvalidRequestError(
            f"start_time {start} is after end_time {end}: give the earlier one as start_time."
        )
    return start, end


def to_wire(value: Timestamp, name: str) -> str:
    """`YYYY-MM-DDTHH:MM:SS.sssZ`, cut (not rounded) to milliseconds. `name` is for the error."""
    if isinstance(value, str):
        moment = _parse_iso(value)
        if moment is None:
            raise InvalidRequestError(f"{name}={value!r} is not an ISO 8601 time: {_advice(value)}")
    elif isinstance(value, datetime):
        moment = value
        if _has_no_zone(moment, name):
            raise InvalidRequestError(
                f"{name}={value!r} has no time zone: use an aware datetime, such as "
                "datetime(2026, 1, 1, tzinfo=timezone.utc)."
            )
    elif isinstance(value, date):
        raise InvalidRequestError(
            f"{name} is a date, which has no time of day and no time zone: write "
            f"'{value.isoformat()}T{'23:59:59.999' if name == 'end_time' else '00:00:00.000'}Z'."
        )
    else:
        raise InvalidRequestError(
            f"{name} must be ISO 8601 text or an aware datetime, not {type(value).__name__}: for seconds since 1970, "
            "use datetime.fromtimestamp(seconds, tz=timezone.utc)."
        )
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        raise InvalidRequestError(f"{name}={value!r} lies outside the years 1 to 9999 in UTC.") from None
    except Exception as error:  # a time zone of the caller's may raise anything
        raise InvalidRequestError(
            f"{name} has a time zone that fails ({type(error).__name__}: {error})."
        ) from None
    return utc_text(utc)


def _last_moment(day: str) -> str:
    is_week = re.search(r"W\d\d$", day, re.IGNORECASE) is not None  # which ISO 8601 takes for its Monday
    moment = None if is_week else _parse_iso(day)
    return f"{moment.date().isoformat() if moment else '2026-10-31'}T23:59:59.999Z"


def _has_no_zone(moment: datetime, name: str) -> bool:
    try:
        return moment.utcoffset() is None
    except Exception as error:  # pandas.NaT is a datetime, too
        problem = (
            f"{name} is a {type(moment).__name__} that tells no time zone ({type(error).__name__}: {error})."
        )
    raise InvalidRequestError(problem)


def _advice(text: str) -> str:
    if text != text.strip():
        return "it has blanks around it; leave them out."
    day = re.match(r"(\d{4})-?(\d\d)-?(\d\d)", text, re.ASCII)
    if day is not None:
        try:
            date(*map(int, day.groups()))
        except ValueError:
            return f"{day[0]} is a day that does not exist."
    return "write it like '2026-01-01T00:00:00.000Z'."


def millisecond_of(moment: datetime) -> int:
    """The millisecond since 1970 in which the moment lies."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def wire_form(millisecond: int) -> str:
    """The time stamp of a millisecond since 1970."""
    return utc_text(_EPOCH + timedelta(milliseconds=millisecond))


def utc_text(utc: datetime) -> str:
    """Write a moment in UTC as it is sent, cut to milliseconds."""
    return utc.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_wire(value: str, name: str) -> datetime:
    """An aware `datetime` in UTC from ISO 8601 text or milliseconds since 1970. `name` is for the error."""
    try:
        if value.lstrip("-").isdecimal():
            return _EPOCH + timedelta(milliseconds=int(value))
        moment = _parse_iso(value)
        if moment is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise APIResponseValidationError(
        f"{name}: {value!r} is neither ISO 8601 nor milliseconds since 1970; the text itself is in {name}."
    )


# datetime.fromisoformat takes any character between date and time, so "1709121200000" would be the year 1709.
_DAY = re.compile(r"\d{4}-?\d\d-?\d\d|\d{4}-?W\d\d(?:-?\d)?", re.ASCII | re.IGNORECASE)
_ISO_8601 = re.compile(rf"(?:{_DAY.pattern})(?:[T ].+)?", re.ASCII | re.IGNORECASE)


def _parse_iso(text: str) -> datetime | None:
    if not _ISO_8601.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())  # RFC 3339 allows "t" and "z"
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
