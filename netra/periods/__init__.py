"""Calendar periods in a time zone: the window that a customer means by "October".

    >>> from netra.periods import month
    >>> usage = Netra.usage.get_tenant_usage("AceTech", *month("2026-10", tz="Europe/Vienna"))

A `Period` unpacks into `start_time, end_time` for every method that takes a window. Periods tile: one ends in the
millisecond before the next one starts. A local midnight that a zone skips is the first instant after it; of two, it is
the first. The default zone is UTC.

Both ends of a window are inclusive, in whole milliseconds. A service that keeps finer times may hold a row between the
last millisecond of one period and the first of the next. The parallel walk reads its
partitions with a shared millisecond for that reason; two periods that you ask for one after the other do not share one.
"""

from __future__ import annotations

from ._billing import billing_periods
from ._calendar import day, last, month, previous_month, quarter, this_month, today, week, year, yesterday
from ._period import Period

__all__ = [
    "Period",
    "billing_periods",
    "day",
    "last",
    "month",
    "previous_month",
    "quarter",
    "this_month",
    "today",
    "week",
    "year",
    "yesterday",
]
