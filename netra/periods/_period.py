"""`Period`: a span of time in a time zone."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any, NoReturn, Self

from dateutil.relativedelta import relativedelta

from netra._timestamps import utc_text
from netra.errors import InvalidRequestError

from ._steps import label_of, starts
from ._zones import ceil_to_millisecond, is_aware, to_utc, zone_name

__all__ = ["Period"]

_MILLISECOND = timedelta(milliseconds=1)


class Period(tuple[str, str]):
    """A span of time in a time zone: from `start` up to, but not including, `end_exclusive`.

    As a tuple it is `(start_time, end_time)`, so it unpacks into a window. As a value it is its instants and its zone.

    Example:
        >>> period = month("2026-10", tz="Europe/Vienna")
        >>> start_time, end_time = period
        >>> usage = Netra.usage.get_tenant_usage("AceTech", *period)
    """

    start: datetime
    """The first instant, aware, in the period's zone."""
    end_exclusive: datetime
    """The first instant after it, aware, in the period's zone."""
    label: str
    """What it is called, such as `2026-10`."""

    def __new__(cls, start: datetime, end_exclusive: datetime, label: str) -> Self:
        for moment in (start, end_exclusive):
            if not is_aware(moment):
                raise InvalidRequestError(f"{moment!r} has no time zone: use an aware datetime.")
        first, following = to_utc(start), to_utc(end_exclusive)
        begin, last = ceil_to_millisecond(first), ceil_to_millisecond(following) - _MILLISECOND
        if first >= following or begin > last:
            raise InvalidRequestError(f"The period {label} holds no millisecond: {start} to {end_exclusive}.")
        period = super().__new__(cls, (utc_text(begin), utc_text(last)))
        period.__dict__.update(start=start, end_exclusive=end_exclusive, label=label)
        return period

    def __getnewargs__(self) -> Any:  # for copies and pickles
        return self.start, self.end_exclusive, self.label

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def _identity(self) -> tuple[datetime, datetime, str, str]:
        # In UTC: `datetime` itself ignores which of two equal clock times is meant.
        return to_utc(self.start), to_utc(self.end_exclusive), zone_name(self.tz), self.label

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Period) and self._identity() == other._identity()  # never a plain tuple

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._identity())

    @property
    def tz(self) -> tzinfo:
        """The time zone."""
        assert self.start.tzinfo is not None
        return self.start.tzinfo

    @property
    def start_time(self) -> str:
        """The first millisecond, as the methods take it: UTC, `YYYY-MM-DDTHH:MM:SS.sssZ`."""
        return self[0]

    @property
    def end_time(self) -> str:
        """The last millisecond, inclusive, as the methods take it."""
        return self[1]

    def contains(self, moment: datetime) -> bool:
        """Return whether an aware `datetime` lies in the period.

        Raises:
            InvalidRequestError: it has no time zone.

        Example:
            >>> month("2026-10", tz="Europe/Vienna").contains(trace.start_datetime)
        """
        if not is_aware(moment):
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
