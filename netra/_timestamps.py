"""Time stamps: what a user may give, and what the service sends, as one kind of `datetime`.

The text that is read is one small part of ISO 8601, the same in every language: see docs/timestamps.md.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from .errors import APIResponseValidationError, InvalidRequestError

__all__ = ["Timestamp", "from_wire", "millisecond_of", "to_wire", "utc_text", "window", "wire_form"]

Timestamp = str | datetime
"""ISO 8601 text (docs/timestamps.md; no offset means UTC), or an aware `datetime`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window(start_time: Timestamp, end_time: Timestamp) -> tuple[str, str]:
    """Both ends as the service wants them; refuses a window that ends before it starts."""
    start = to_wire(start_time, "start_time")
    if isinstance(end_time, str) and _DAY.fullmatch(end_time) and _parse_iso(end_time):
        raise InvalidRequestError(
            f"end_time={end_time!r} has no time of day and would leave out the day itself: write its last moment, "
            f"'{end_time}T23:59:59.999Z'."
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


def _has_no_zone(moment: datetime, name: str) -> bool:
    try:
        return moment.utcoffset() is None
    except Exception as error:  # pandas.NaT is a datetime, too
        problem = (
            f"{name} is a {type(moment).__name__} that tells no time zone ({type(error).__name__}: {error})."
        )
    raise InvalidRequestError(problem)


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
        moment = _parse_iso(value)
        if moment is not None:
            return moment.astimezone(UTC)
        if _MILLISECONDS.fullmatch(value):
            return _EPOCH + timedelta(milliseconds=int(value))
    except (ValueError, OverflowError):
        pass
    raise APIResponseValidationError(
        f"{name}: {value!r} is neither ISO 8601 nor milliseconds since 1970; the text itself is in {name}."
    )


# ---------------------------------------------------------------------- the grammar

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_ISO_8601 = re.compile(
    _DAY.pattern
    + r"(?:[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?"
    + r"(?:[Zz]|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?)?",
    re.ASCII,
)
_MILLISECONDS = re.compile(r"-?\d+", re.ASCII)


def _parse_iso(text: str) -> datetime | None:
    """Return the moment, cut to microseconds; None for other text.

    Not `datetime.fromisoformat`: it takes more, and what it takes differs between versions of Python.
    """
    found = _ISO_8601.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = found.groups()
    zone = UTC
    if sign is not None:
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
    try:
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            0 if fraction is None else int(fraction[:6].ljust(6, "0")),
            zone,
        )
    except ValueError:  # no such day
        return None


# ---------------------------------------------------------------------- what to write instead

_ANY_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?!\d)", re.ASCII)
_WEEK_OR_DAY_OF_YEAR = re.compile(r"\d{4}-?(?:W\d\d|\d{3}(?!\d))", re.ASCII | re.IGNORECASE)
_ADVICE_ON_TIME_OF_DAY = [
    (r"24", "the hour 24 is not read: write 00:00 of the next day."),
    (r"\d\d:?\d\d:?60", "the second 60 is not read: write 59.999, or the next minute."),
    (r"\d\d(?!:?\d)", "write minutes, too."),
    (r"\d\d:?\d\d:?\d\d,\d", "write the fraction of a second behind a point, like '.5'."),
    (r"\d\d:\d\d[.,]", "only seconds have a fraction: write them, too."),
    (r"\d\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)? ?[+-]", "write the zone as Z, or from -23:59 to +23:59."),
]


def _advice(text: str) -> str:
    """Say what to write instead of text that is no time stamp."""
    if text != text.strip():
        return "it has blanks around it; leave them out."
    day = _ANY_DAY.match(text)
    if day is None:
        if _WEEK_OR_DAY_OF_YEAR.match(text):
            return "weeks and days of the year are not read: write the date, like '2026-01-01'."
        return "write it like '2026-01-01T00:00:00.000Z'."
    year, month, number = day.groups()
    try:
        date(int(year), int(month), int(number))
    except ValueError:
        return f"{day[0]} is a day that does not exist."
    written = f"{year}-{month}-{number}"
    if day[0] != written:
        return f"write the date as {written}."
    time_of_day = text[len(written) + 1 :]
    for pattern, advice in _ADVICE_ON_TIME_OF_DAY:
        if re.match(pattern, time_of_day, re.ASCII):
            return advice
    return f"write the time of day behind the date, like '{written}T09:30:00.000Z'."
