"""A service with traces at given times. It respects windows, sort orders, page sizes and cursors."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .rows import page, trace
from .scripted import Reply, Request, respond

T0 = datetime(2026, 1, 1, tzinfo=UTC)

ROUNDINGS: Mapping[str, Callable[[int], int]] = {
    "none": lambda time: time,
    "down": lambda time: time // 1000 * 1000,
    "half up": lambda time: (time + 500) // 1000 * 1000,
    "up": lambda time: -(-time // 1000) * 1000,
}
"""How a service may round its stored microseconds in responses: not at all, or to milliseconds."""


def time_at(millisecond: float) -> str:
    """Return the timestamp so many milliseconds after the beginning of 2026, with microseconds."""
    moment = T0 + timedelta(milliseconds=millisecond)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _microseconds(time: str) -> int:
    return (datetime.fromisoformat(time) - T0) // timedelta(microseconds=1)


class Timeline:
    """A script for a `ScriptedServer`.

    Milliseconds may have fractions. With `exact`, the window is compared with the fractions; otherwise with whole
    milliseconds, as the contract says. No page has more than `cap` rows. `override(request)` may return another
    reply, and `override_time(number)` another text for the time of one row; None means the normal one.
    """

    def __init__(
        self,
        milliseconds: Iterable[float],
        override: Callable[[Request], Reply | None] = lambda _: None,
        exact: bool = False,
        rounding: str = "none",
        override_time: Callable[[int], str | None] = lambda _: None,
        cap: int = 100,
    ) -> None:
        self._rows = sorted((round(time * 1000), number) for number, time in enumerate(milliseconds))
        self._override = override
        self._after_end = 0 if exact else 999
        self._rounding = ROUNDINGS[rounding]
        self._override_time = override_time
        self._cap = cap

    def ids(self, descending: bool = True) -> list[str]:
        ids = [f"trace-{number}" for _, number in self._rows]
        return ids[::-1] if descending else ids

    def __call__(self, request: Request) -> Reply:
        return self._override(request) or respond(self.page(request.json))

    def page(self, requested: dict[str, Any]) -> dict[str, Any]:
        assert requested["startTime"] <= requested["endTime"]
        first = bisect.bisect_left(self._rows, (_microseconds(requested["startTime"]), -1))
        last = bisect.bisect_right(
            self._rows, (_microseconds(requested["endTime"]) + self._after_end, len(self._rows))
        )
        limit = min(requested.get("pagination", {}).get("limit", 20), self._cap)
        cursor = requested.get("pagination", {}).get("cursor")
        key = None if cursor is None else (int(cursor.split("|")[0]), int(cursor.split("|")[1]))
        if requested.get("sortOrder", "desc") == "asc":
            if key is not None:
                first = max(first, bisect.bisect_right(self._rows, key))
            rows = self._rows[first:last][:limit]
            more = first + limit < last
        else:
            if key is not None:
                last = min(last, bisect.bisect_left(self._rows, key))
            rows = self._rows[max(first, last - limit) : max(first, last)][::-1]
            more = last - limit > first
        return page([self._row(time, number) for time, number in rows], more=more)

    def _row(self, time: int, number: int) -> dict[str, Any]:
        rounding = self._override_time(number) or time_at(self._rounding(time) / 1000)
        return trace(number, start_time=rounding, cursor=f"{time}|{number}")
