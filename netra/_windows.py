"""A window of time in parts: how it is cut, and how far a part is read at a time. No I/O.

Neighbouring parts share the millisecond at which they meet, and what lies there is read twice and handed out once:
so no trace is lost between them, whether the service compares times in whole milliseconds or in finer ones.
"""

from __future__ import annotations

import itertools
from typing import Self

import attrs

from ._operations import MAX_PAGE_SIZE, Direction, Operation, SortOrder, list_traces
from ._paging import Walk
from ._timestamps import Timestamp, from_wire, millisecond_of, window, wire_form
from .errors import InvalidRequestError, NetraError
from .models import TracesPage, TraceSummary

__all__ = ["FEW_PAGES", "Query", "Reading", "Stretch", "Window"]

FEW_PAGES = 8
"""A stretch is read to its end if that seems to take no more pages than this; else its rest is cut."""
MOST_PIECES = 16
"""… into no more pieces than these, because the estimate may be wrong, and an empty piece costs a request, too."""


@attrs.frozen
class Window:
    """From `start` to `end`, in milliseconds since 1970; what lies before `cursor` is not wanted."""

    start: int
    end: int
    cursor: str | None = None

    @classmethod
    def of(cls, start_time: Timestamp, end_time: Timestamp, cursor: str | None) -> Self:
        start, end = window(start_time, end_time)
        return cls(_millisecond(start, "start_time"), _millisecond(end, "end_time"), cursor)

    def cut(self, pieces: int) -> list[Window]:
        """As many windows of about equal length, in the order of time; each ends in the millisecond of the next."""
        length = self.end - self.start
        pieces = max(min(pieces, length), 1)
        bounds = [self.start + length * piece // pieces for piece in range(pieces + 1)]
        return [Window(start, end) for start, end in itertools.pairwise(bounds)]


@attrs.frozen(kw_only=True)
class Query:
    """Which traces, in which order of their start."""

    trace_id: str | None
    session_id: str | None
    user_id: str | None
    tenant_id: str | None
    limit: int
    sort_order: SortOrder

    @classmethod
    def checked(
        cls,
        trace_id: str | None,
        session_id: str | None,
        user_id: str | None,
        tenant_id: str | None,
        limit: int | None,
        direction: Direction | None,
        sort_field: str | None,
        sort_order: SortOrder | None,
    ) -> Query:
        """Refuses orders in which the rows of one part of the window do not come before those of the next."""
        if sort_field not in (None, "start_time"):
            raise InvalidRequestError(
                f"sort_field={sort_field!r}: a window can be read in parallel by 'start_time' only. "
                "Use iter_traces for this order, or sort the traces afterwards."
            )
        if direction not in (None, "down"):
            raise InvalidRequestError(
                f"direction={direction!r}: a window can be read in parallel in the sort order only. "
                "Leave direction out, and choose with sort_order."
            )
        return cls(
            trace_id=trace_id,
            session_id=session_id,
            user_id=user_id,
            tenant_id=tenant_id,
            limit=MAX_PAGE_SIZE if limit is None else limit,
            sort_order="desc" if sort_order is None else sort_order,
        )

    @property
    def is_ascending(self) -> bool:
        return self.sort_order == "asc"

    def page(self, window: Window, cursor: str | None) -> Operation[TracesPage]:
        return list_traces(
            wire_form(window.start),
            wire_form(window.end),
            self.trace_id,
            self.session_id,
            self.user_id,
            self.tenant_id,
            self.limit,
            cursor=cursor,
            direction="down",
            sort_field="start_time",
            sort_order=self.sort_order,
        )

    def cut(self, window: Window, pieces: int) -> list[Window]:
        """The parts of a window in the order of their rows."""
        parts = window.cut(pieces)
        return parts if self.is_ascending else parts[::-1]


@attrs.frozen
class Stretch:
    """What was read: all rows of a window, or its first ones and the windows that hold the others."""

    rows: list[TraceSummary]
    seam: frozenset[str]
    """The ids of the rows at its far end, which the next stretch may hold as well."""
    rest: list[Window]
    failure: NetraError | None = None
    """Why the rest was not read."""


class Reading:
    """Reads a window, or the beginning of one that holds much: says which page to ask for, and takes it.

    Whoever sends calls `next_page` and `take` in turn, and then `stretch`, or `stretch_before` an error.
    """

    def __init__(self, query: Query, window: Window) -> None:
        self._query = query
        self._window = window
        self._walk = Walk(window.cursor)
        self._rows: list[TraceSummary] = []
        self._end = window.end if query.is_ascending else window.start
        """The millisecond in which the stretch ends."""
        self._rest: list[Window] = []

    def next_page(self) -> Operation[TracesPage] | None:
        if self._walk.is_done or self._rest:
            return None
        return self._query.page(self._window, self._walk.next_cursor)

    def take(self, page: TracesPage) -> None:
        self._walk.advance(page)
        self._rows += page.traces
        if not self._walk.is_done and self._rows:
            self._leave_a_large_rest()

    def stretch(self) -> Stretch:
        return Stretch(self._rows, self._seam(), self._rest)

    def stretch_before(self, failure: NetraError) -> Stretch:
        """What was read before a page failed."""
        rest = attrs.evolve(self._window, cursor=self._walk.next_cursor)
        # Without its traceback, whose frames would keep alive what waits for this.
        return Stretch(self._rows, self._seam(), [rest], failure.with_traceback(None))

    def _leave_a_large_rest(self) -> None:
        first, last = _millisecond_of(self._rows[0]), _millisecond_of(self._rows[-1])
        # A millisecond wider, because times may be finer than those that are shown, or rounded.
        if self._query.is_ascending:
            covered, rest = last - first - 1, attrs.evolve(self._window, start=last - 1, cursor=None)
        else:
            covered, rest = first - last - 1, attrs.evolve(self._window, end=last + 1, cursor=None)
        if covered <= 0 or rest.end < rest.start:
            return  # next to nothing would be gained; or the rows are not in order
        pages = len(self._rows) // self._query.limit
        pages_to_come = pages * (rest.end - rest.start) // covered
        if pages_to_come > FEW_PAGES or pages >= 2 * FEW_PAGES:
            self._end = last
            self._rest = self._query.cut(rest, min(pages_to_come // FEW_PAGES + 1, MOST_PIECES))

    def _seam(self) -> frozenset[str]:
        ids = []
        for row in reversed(self._rows):
            if abs(_millisecond_of(row) - self._end) > 1:
                break
            ids.append(row.id)
        return frozenset(ids)


def _millisecond_of(trace: TraceSummary) -> int:
    return _millisecond(trace.start_time, "start_time")


def _millisecond(time: str, name: str) -> int:
    return millisecond_of(from_wire(time, name))
