"""A service of traces at given milliseconds, which keeps to windows, orders, page sizes and cursors."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from .rows import page, trace
from .scripted import Reply, Request, answer

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def at(millisecond: float) -> str:
    """The time stamp so many milliseconds after the beginning of 2026, in microseconds."""
    moment = T0 + timedelta(milliseconds=millisecond)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Timeline:
    """`change` may answer a request otherwise, or return None.

    Milliseconds may have fractions. With `exact` the window's ends are compared with them; else in whole
    milliseconds, as the contract says.
    """

    def __init__(
        self,
        milliseconds: Iterable[float],
        change: Callable[[Request], Reply | None] = lambda _: None,
        exact: bool = False,
    ) -> None:
        self._rows = sorted((at(millisecond), number) for number, millisecond in enumerate(milliseconds))
        self._change = change
        self._end_of_millisecond = "000" if exact else "999"

    def ids(self, descending: bool = True) -> list[str]:
        ids = [f"trace-{number}" for _, number in self._rows]
        return ids[::-1] if descending else ids

    def __call__(self, request: Request) -> Reply:
        return self._change(request) or answer(self.page(request.json))

    def page(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["startTime"] <= asked["endTime"]
        start = asked["startTime"].replace("Z", "000Z")
        end = asked["endTime"].replace("Z", f"{self._end_of_millisecond}Z")
        first = bisect.bisect_left(self._rows, (start, -1))
        last = bisect.bisect_right(self._rows, (end, len(self._rows)))
        limit = asked.get("pagination", {}).get("limit", 20)
        cursor = asked.get("pagination", {}).get("cursor")
        key = None if cursor is None else (cursor.split("|")[0], int(cursor.split("|")[1]))
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
        return page(
            [trace(number, start_time=time, cursor=f"{time}|{number}") for time, number in rows], more=more
        )
