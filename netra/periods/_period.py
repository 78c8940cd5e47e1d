"""`Period`: a span of time in a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

import attrs
from dateutil.relativedelta import relativedelta

from netra.errors import InvalidRequestError

from ._steps import label_of, starts
from ._zones import ceil_to_millisecond, to_utc, utc_text, zone_name

__all__ = ["Period"]

_MILLISECOND = timedelta(milliseconds=1)


def _identity(moment: datetime) -> tuple[datetime, str]:
    """Compare instants and zones. `datetime` itself ignores which of two equal clock times is meant."""
    return to_utc(moment), zone_name(moment.tzinfo)


@attrs.frozen(repr=False, str=False)
class Period:
    """A span of time in a time zone: from `start` up to, but not including, `end_exclusive`.

    Example:
        >>> period = month("2026-10", tz="Europe/Vienna")
        >>> start_time, end_time = period
        >>> usage = Netra.usage.get_tenant_usage("AceTech", *period)
    """

    start: datetime = attrs.field(eq=_identity)
    """The first instant, aware, in the period's zone."""
    end_exclusive: datetime = attrs.field(eq=_identity)
    """The first instant after it, aware, in the period's zone."""
    label: str
    """What it is called, such as `2026-10`."""

    def __attrs_post_init__(self) -> None:
        for moment in (self.start, self.end_exclusive):
            if moment.tzinfo is None or moment.utcoffset() is None:
                raise InvalidRequestError(f"{moment!r} has no time zone: use an aware datetime.")
        if to_utc(self.start) >= to_utc(self.end_exclusive):
            raise InvalidRequestError(
                f"The period {self.label} is empty: {self.start} to {self.end_exclusive}."
            )

    @property
    def tz(self) -> tzinfo:
        """The time zone."""
        assert self.start.tzinfo is not None
        return self.start.tzinfo

    @property
    def start_time(self) -> str:
        """The first millisecond, as the methods take it: UTC, `YYYY-MM-DDTHH:MM:SS.sssZ`."""
        return utc_text(ceil_to_millisecond(to_utc(self.start)))

    @property
    def end_time(self) -> str:
        """The last millisecond, inclusive, as the methods take it."""
        return utc_text(ceil_to_millisecond(to_utc(self.end_exclusive)) - _MILLISECOND)

    def __iter__(self) -> Iterator[str]:
        yield self.start_time
        yield self.end_time

    def contains(self, moment: datetime) -> bool:
        """Return whether an aware `datetime` lies in the period.

        Raises:
            InvalidRequestError: it has no time zone.

        Example:
            >>> month("2026-10", tz="Europe/Vienna").contains(trace.start_datetime)
        """
        if not isinstance(moment, datetime) or moment.utcoffset() is None:
            raise InvalidRequestError(f"{moment!r} is not an aware datetime.")
        return to_utc(self.start) <= to_utc(moment) < to_utc(self.end_exclusive)

    def split(self, every: str | relativedelta) -> list[Period]:
        """Return the periods that this one consists of. The first and the last may be shorter than the others.

        A local day that the zone skipped is left out.

        Example:
            >>> for day in month("2026-10", tz="Europe/Vienna").split("day"):
            ...     print(day.label, Netra.usage.get_tenant_usage("AceTech", *day))
        """
        found: list[Period] = []
        for start, end, wall in starts(self.start.replace(tzinfo=None), every, self.tz):
            begin, finish = max(start, self.start, key=to_utc), min(end, self.end_exclusive, key=to_utc)
            if to_utc(begin) < to_utc(finish):
                found.append(Period(begin, finish, label_of(wall, every)))
            if to_utc(end) >= to_utc(self.end_exclusive):
                return found
        raise AssertionError("unreachable")

    def __str__(self) -> str:
        return f"{self.label} ({zone_name(self.tz)})"[:80]

    def __repr__(self) -> str:
        start, end = (
            f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00") for moment in (self.start, self.end_exclusive)
        )
        return f"<Period {self.label}: {start} up to {end}, {zone_name(self.tz)}>"
