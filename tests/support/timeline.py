"""A service of traces at given times, which keeps to windows, orders, page sizes and cursors."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .rows import page, trace
from .scripted import Reply, Request, answer

T0 = datetime(2026, 1, 1, tzinfo=UTC)

SHOWN: Mapping[str, Callable[[int], int]] = {
    "in full": lambda time: time,
    "cut": lambda time: time // 1000 * 1000,
    "rounded": lambda time: (time + 500) // 1000 * 1000,
    "rounded up": lambda time: -(-time // 1000) * 1000,
}
"""How a service may show the microseconds that it keeps."""


def at(millisecond: float) -> str:
    """The time stamp so many milliseconds after the beginning of 2026, in microseconds."""
    moment = T0 + timedelta(milliseconds=millisecond)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _microseconds(time: str) -> int:
    return (datetime.fromisoformat(time) - T0) // timedelta(microseconds=1)


class Timeline:
    """`change` may answer a request otherwise, or return None; `show` may do so for the time of a single row.

    Milliseconds may have fractions. With `exact` the window's ends are compared with them; else in whole
    milliseconds, as the contract says. No page is larger than `cap`.
    """

    def __init__(
        self,
        milliseconds: Iterable[float],
        change: Callable[[Request], Reply | None] = lambda _: None,
        exact: bool = False,
        shown: str = "in full",
        show: Callable[[int], str | None] = lambda _: None,
        cap: int = 100,
    ) -> None:
        self._rows = sorted((round(time * 1000), number) for number, time in enumerate(milliseconds))
        self._change = change
        self._after_end = 0 if exact else 999
        self._shown = SHOWN[shown]
        self._show = show
        self._cap = cap

    def ids(self, descending: bool = True) -> list[str]:
        ids = [f"trace-{number}" for _, number in self._rows]
        return ids[::-1] if descending else ids

    def __call__(self, request: Request) -> Reply:
        return self._change(request) or answer(self.page(request.json))

    def page(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["startTime"] <= asked["endTime"]
        first = bisect.bisect_left(self._rows, (_microseconds(asked["startTime"]), -1))
        last = bisect.bisect_right(
            self._rows, (_microseconds(asked["endTime"]) + self._after_end, len(self._rows))
        )
        limit = min(asked.get("pagination", {}).get("limit", 20), self._cap)
        cursor = asked.get("pagination", {}).get("cursor")
        key = None if cursor is None else (int(cursor.split("|")[0]), int(cursor.split("|")[1]))
        if asked.get("sortOrder", "desc") == "asc":
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
        shown = self._show(number) or at(self._shown(time) / 1000)
        return trace(number, start_time=shown, cursor=f"{time}|{number}")
