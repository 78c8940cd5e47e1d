"""A customer's own periods, from an anchor day on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from dateutil.relativedelta import relativedelta

from netra._integers import as_integer
from netra.errors import InvalidRequestError

from ._calendar import Day, local_start
from ._period import Period
from ._steps import label_of, starts, step_of
from ._zones import resolve, to_utc, zone_of

__all__ = ["billing_periods"]


def billing_periods(
    anchor: Day,
    every: str | relativedelta = "month",
    tz: str | tzinfo = "UTC",
    *,
    count: int | None = None,
    until: Day | None = None,
) -> Iterator[Period]:
    """Yield a customer's own periods: the nth starts at the anchor plus n steps, so 31 January does not drift.

    Args:
        anchor: Where the first one starts: a day, at local midnight; or an aware `datetime`, at its time of day.
        every: `"day"`, `"week"`, `"month"`, `"quarter"`, `"year"`, or a `relativedelta` of dateutil.
        tz: The zone on whose clock the periods start.
        count: How many.
        until: Yield the periods that start before this day or aware `datetime`.

    Raises:
        InvalidRequestError: an argument makes no sense, or the steps do not lead forward.

    Example:
        >>> for period in billing_periods("2026-01-31", "month", "America/Santiago", count=12):
        ...     print(period.label, Netra.usage.get_tenant_usage("AceTech", *period))
    """
    zone = zone_of(tz)
    step_of(every)
    if (count is None) == (until is None):
        raise InvalidRequestError("billing_periods(): give one of count=... and until=...")
    if count is not None:
        number = as_integer(count)
        if number is None or number < 0:
            raise InvalidRequestError(f"count={count!r} must be an integer from 0.")
        count = number
    end = None if until is None else resolve(local_start(until, zone), zone)
    return _billing_periods(local_start(anchor, zone), every, zone, count, end)


def _billing_periods(
    wall: datetime, every: str | relativedelta, zone: tzinfo, count: int | None, until: datetime | None
) -> Iterator[Period]:
    for number, (start, end, here) in enumerate(starts(wall, every, zone)):
        if number == count or (until is not None and to_utc(start) >= to_utc(until)):
            return
        yield Period(start, end, label_of(here, every))
