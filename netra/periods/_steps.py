"""Steps from one start of a period to the next, and what a period is called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, TypeVar

from dateutil.relativedelta import relativedelta

from netra.errors import InvalidRequestError

from ._zones import resolve, to_utc

__all__ = ["STEPS", "add", "label_of", "starts", "step_of"]

STEPS = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
    "year": relativedelta(years=1),
}


def starts(
    wall: datetime, every: str | relativedelta, tz: tzinfo
) -> Iterator[tuple[datetime, datetime, datetime]]:
    """Yield start, end and local start of each step: the nth is `wall` plus n steps. Leave out what a zone skipped."""
    step = step_of(every)
    start = resolve(wall, tz)
    number = 0
    while True:
        here, there = add(wall, step, number), add(wall, step, number + 1)
        if there <= here:
            raise InvalidRequestError(f"every={every!r} does not lead forward.")
        end = resolve(there, tz)
        if to_utc(end) > to_utc(start):
            yield start, end, here
        start = end
        number += 1


def step_of(every: str | relativedelta) -> relativedelta:
    if isinstance(every, relativedelta):
        if any(isinstance(part, float) and not part.is_integer() for part in vars(every).values()):
            raise InvalidRequestError(f"every={every!r}: a part of a step must be a whole number.")
        return every
    if isinstance(every, str) and every in STEPS:
        return STEPS[every]
    raise InvalidRequestError(
        f"every={every!r} must be one of {', '.join(map(repr, STEPS))}, or a dateutil.relativedelta."
    )


Moment = TypeVar("Moment", date, datetime)


def add(moment: Moment, step: relativedelta | timedelta, times: int = 1) -> Moment:
    """Add a step some times."""
    try:
        return moment + step * int(times)
    except (ValueError, OverflowError):
        problem = f"{moment} plus {times} × {step} lies outside the years 1 to 9999."
    raise InvalidRequestError(problem)


def label_of(wall: datetime, every: Any) -> str:
    """Call a period by what starts at `wall`: `2026-10` for a whole month, else `from 2026-10-15`."""
    first = {"week": wall.day, "month": wall.day, "quarter": wall.day, "year": (wall.day, wall.month)}.get(
        every
    )
    if wall.time() == time():
        if every == "week" and wall.weekday() == 0:
            return f"{wall:%G-W%V}"
        if every == "month" and first == 1:
            return f"{wall.year:04}-{wall.month:02}"
        if every == "quarter" and first == 1 and wall.month % 3 == 1:
            return f"{wall.year:04}-Q{wall.month // 3 + 1}"
        if every == "year" and first == (1, 1):
            return f"{wall.year:04}"
        return f"{wall.date().isoformat()}" if every == "day" else f"from {wall.date().isoformat()}"
    return f"from {wall.isoformat(sep=' ', timespec='minutes')}"
