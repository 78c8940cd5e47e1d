"""Periods of the calendar, and the time up to now."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from dateutil.relativedelta import relativedelta

from netra._integers import as_integer
from netra.errors import InvalidRequestError

from ._period import Period
from ._steps import STEPS, add, label_of
from ._zones import in_zone, is_aware, now_in, resolve, to_utc, zone_name, zone_of

__all__ = [
    "Day",
    "day",
    "last",
    "local_start",
    "month",
    "previous_month",
    "quarter",
    "this_month",
    "today",
    "week",
    "year",
    "yesterday",
]

Day = str | date
"""Text like `2026-10-31`, a `date`, or an aware `datetime`: the day that it is in `tz`, not in its own zone."""


def day(value: Day, tz: str | tzinfo = "UTC") -> Period:
    """Return a day: `"2026-10-31"`, a `date`, or the day of an aware `datetime` in `tz`, not in its own zone.

    Raises:
        InvalidRequestError: no such day, or the zone skipped it.

    Example:
        >>> day("2026-10-31", tz="America/Santiago")
    """
    return _calendar(value, tz, "day", r"\d{4}-\d\d-\d\d")


def week(value: Day, tz: str | tzinfo = "UTC") -> Period:
    """Return an ISO week, which starts on Monday: `"2026-W44"`, or the week of a day, as in `day`.

    Example:
        >>> week("2026-W44", tz="Europe/Vienna")
    """
    return _calendar(value, tz, "week", r"\d{4}-W\d\d")


def month(value: Day, tz: str | tzinfo = "UTC") -> Period:
    """Return a month: `"2026-10"`, or the month of a day.

    An aware `datetime` stands for the month that it is in `tz`. Its own zone is not asked: without `tz`, it is UTC.

    Example:
        >>> month("2026-10", tz="Europe/Vienna")
        >>> moment = datetime(2026, 11, 1, 0, 30, tzinfo=ZoneInfo("Europe/Vienna"))
        >>> month(moment).label  # in UTC it is still 31 October, 23:30
        '2026-10'
        >>> month(moment, tz="Europe/Vienna").label
        '2026-11'
    """
    return _calendar(value, tz, "month", r"\d{4}-\d\d")


def quarter(value: Day, tz: str | tzinfo = "UTC") -> Period:
    """Return a quarter: `"2026-Q4"`, or the quarter of a day, as in `month`.

    Example:
        >>> quarter("2026-Q4", tz="Europe/Vienna")
    """
    return _calendar(value, tz, "quarter", r"\d{4}-Q[1-4]")


def year(value: Day, tz: str | tzinfo = "UTC") -> Period:
    """Return a year: `"2026"`, or the year of a day, as in `month`.

    Example:
        >>> year("2026", tz="Europe/Vienna")
    """
    return _calendar(value, tz, "year", r"\d{4}")


def today(tz: str | tzinfo = "UTC", now: datetime | None = None) -> Period:
    """Return the day that it is in the zone. `now` replaces the clock, for tests."""
    return day(now_in(tz, now), tz)


def yesterday(tz: str | tzinfo = "UTC", now: datetime | None = None) -> Period:
    """Return the day before `today`; where the zone skipped that, the last one before it."""
    zone, moment = zone_of(tz), now_in(tz, now)
    wall = datetime.combine(moment.date(), time())
    instant = add(to_utc(resolve(wall, zone)), timedelta(microseconds=-1))
    return day(in_zone(instant, zone), zone)


def this_month(tz: str | tzinfo = "UTC", now: datetime | None = None) -> Period:
    """Return the whole month that it is in the zone."""
    return month(now_in(tz, now), tz)


def previous_month(tz: str | tzinfo = "UTC", now: datetime | None = None) -> Period:
    """Return the whole month before `this_month`: what is billed now.

    Example:
        >>> usage = Netra.usage.get_tenant_usage("AceTech", *previous_month(tz="Europe/Vienna"))
    """
    return month(add(now_in(tz, now).date().replace(day=1), timedelta(days=-1)), tz)


def last(
    *,
    hours: int = 0,
    days: int = 0,
    weeks: int = 0,
    months: int = 0,
    tz: str | tzinfo = "UTC",
    now: datetime | None = None,
) -> Period:
    """Return the time up to now: days, weeks and months on the zone's clock, hours as they elapse.

    Args:
        hours: How many hours, of 3,600 seconds each.
        days: How many days: since this time of day, so many days ago.
        weeks: How many weeks.
        months: How many months.
        tz: The zone.
        now: Replaces the clock, for tests.

    Example:
        >>> Netra.usage.iter_traces(*last(days=7, tz="Europe/Vienna"))
    """
    counts = {"hours": hours, "days": days, "weeks": weeks, "months": months}
    asked = {name: as_integer(count) for name, count in counts.items() if as_integer(count) != 0}
    if not asked or not all(count is not None and count > 0 for count in asked.values()):
        raise InvalidRequestError(
            "last(): give a whole number above 0, such as last(days=7) or last(hours=24)."
        )
    zone, end = zone_of(tz), now_in(tz, now)
    start = end
    if days or weeks or months:
        step = relativedelta(days=int(days), weeks=int(weeks), months=int(months))
        start = resolve(add(end.replace(tzinfo=None), step, -1), zone)
    start = in_zone(add(to_utc(start), timedelta(hours=-1), hours), zone)
    label = ", ".join(f"{count} {name if count != 1 else name[:-1]}" for name, count in asked.items())
    return Period(start, end, f"last {label}")


def _calendar(value: Day, tz: str | tzinfo, kind: str, form: str) -> Period:
    zone = zone_of(tz)
    wall = _start_of(_date_of(value, zone, kind, form), kind)
    start = resolve(wall, zone)
    end = resolve(add(wall, STEPS[kind]), zone)
    label = label_of(wall, kind)
    if to_utc(start) >= to_utc(end):
        raise InvalidRequestError(f"{label} does not exist in {zone_name(zone)}: the zone skipped it.")
    return Period(start, end, label)


def _start_of(value: date, kind: str) -> datetime:
    if kind == "week":
        value -= timedelta(days=value.weekday())
    elif kind == "month":
        value = value.replace(day=1)
    elif kind == "quarter":
        value = value.replace(month=(value.month - 1) // 3 * 3 + 1, day=1)
    elif kind == "year":
        value = value.replace(month=1, day=1)
    return datetime.combine(value, time())


def _date_of(value: Day, zone: tzinfo, kind: str, form: str) -> date:
    """Return a day of the period that is meant."""
    if isinstance(value, datetime):
        if not is_aware(value):
            raise InvalidRequestError(f"{value!r} has no time zone: use an aware datetime, or a date.")
        return in_zone(value, zone).date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
                return date.fromisoformat(value)
            if re.fullmatch(form, value, re.ASCII):
                return _date_of_text(value)
        except ValueError:
            pass
    example = {
        "day": "2026-10-31",
        "week": "2026-W44",
        "month": "2026-10",
        "quarter": "2026-Q4",
        "year": "2026",
    }[kind]
    raise InvalidRequestError(
        f"{value!r} is not a {kind}: write it like {example!r}, or give a day, a date or an aware datetime."
    )


def _date_of_text(text: str) -> date:
    if "W" in text:
        return date.fromisoformat(f"{text}-1")
    if "Q" in text:
        return date(int(text[:4]), int(text[-1]) * 3, 1)
    return date.fromisoformat(f"{text}-01" if "-" in text else f"{text}-01-01")


def local_start(value: Day, zone: tzinfo) -> datetime:
    """Return what the clock of the zone shows at a day's start, or at an aware `datetime`."""
    if is_aware(value):
        moment: Any = value
        return in_zone(moment, zone).replace(tzinfo=None)
    return datetime.combine(_date_of(value, zone, "day", r"\d{4}-\d\d-\d\d"), time())
