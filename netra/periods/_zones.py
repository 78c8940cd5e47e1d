"""Zones: which instant a clock means, and what an instant is in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from netra.errors import InvalidRequestError

__all__ = [
    "ceil_to_millisecond",
    "in_zone",
    "is_aware",
    "now_in",
    "resolve",
    "to_utc",
    "zone_name",
    "zone_of",
]


def zone_of(tz: str | tzinfo) -> tzinfo:
    """Return the zone of this name, such as `Europe/Vienna`."""
    if isinstance(tz, tzinfo):
        return tz
    if not isinstance(tz, str):
        raise InvalidRequestError(f"tz={tz!r} must be the name of a time zone, such as 'Europe/Vienna'.")
    try:
        return ZoneInfo(tz)
    except Exception:  # a name may also be a folder, or no path at all
        problem = f"tz={tz!r} is not the name of a time zone; write it like 'Europe/Vienna' or 'UTC'."
    raise InvalidRequestError(problem)


def zone_name(tz: tzinfo | None) -> str:
    return getattr(tz, "key", None) or str(tz)


def now_in(tz: str | tzinfo, now: datetime | None) -> datetime:
    """Return what time it is in the zone; `now` replaces the clock."""
    moment = datetime.now(UTC) if now is None else now
    if not is_aware(moment):
        raise InvalidRequestError(f"now={now!r} must be an aware datetime.")
    return in_zone(moment, zone_of(tz))


def to_utc(moment: datetime) -> datetime:
    """Return the instant in UTC. Within one zone, Python compares clocks, not instants."""
    return in_zone(moment, UTC)


def in_zone(moment: datetime, tz: tzinfo) -> datetime:
    """Return the same instant on the clock of a zone."""
    try:
        return moment.astimezone(tz)
    except OverflowError:
        problem = (
            f"{moment.replace(tzinfo=None)} lies outside the years 1 to 9999 in the zone {zone_name(tz)}."
        )
    except Exception as error:  # a zone of the caller's may raise anything
        problem = f"The time zone fails ({type(error).__name__}: {error})."
    raise InvalidRequestError(problem)


def is_aware(moment: Any) -> bool:
    """Return whether it is a `datetime` that knows its zone; pandas.NaT is one that knows nothing."""
    try:
        return isinstance(moment, datetime) and moment.utcoffset() is not None
    except Exception:
        return False


def resolve(wall: datetime, tz: tzinfo) -> datetime:
    """Return the instant at which the clock of the zone shows `wall`: the first of two, or the first after a gap."""
    first = wall.replace(tzinfo=tz)  # with its fold: a wall that was not given one means the first of two
    instant = to_utc(first)
    if in_zone(instant, tz).replace(tzinfo=None) == wall:
        return first
    return _end_of_gap(instant, to_utc(wall.replace(tzinfo=tz, fold=1)), tz)


def _end_of_gap(one: datetime, other: datetime, tz: tzinfo) -> datetime:
    """Return the instant between two others, in UTC, at which the offset of the zone changes, to the second."""
    low, high = sorted((one, other))
    low, high = (
        low.replace(microsecond=0),
        high.replace(microsecond=0) + timedelta(seconds=bool(high.microsecond)),
    )
    before = low.astimezone(tz).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.astimezone(tz)


def ceil_to_millisecond(utc: datetime) -> datetime:
    """Round up to whole milliseconds: a period that starts within one does not hold what was before."""
    rest = utc.microsecond % 1000
    return utc + timedelta(microseconds=1000 - rest) if rest else utc
