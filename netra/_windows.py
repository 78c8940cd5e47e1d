"""A window of time in parts: how it is cut, and how far a part is read at a time. No I/O.

The service may keep finer times than it shows, show them cut or rounded either way, and compare them with the ends of a
window as they are or in whole milliseconds. What holds in each case, and all that is used here:

- What is shown, and what is compared, lies less than a millisecond from the time itself.
- So a window from `a` to `b` holds rows shown from `a - 1` to `b + 1`, and no others.
- Rows come in the order of their times, so a later row is never shown earlier (in a descending order: later).

Neighbouring parts share the millisecond at which they meet, so no row lies between them; a row that is in both is
handed out once, by its id. The ids to remember are few milliseconds' worth (`Boundary`).
"""

from __future__ import annotations

import itertools
from typing import Self

import attrs

from ._operations import MAX_PAGE_SIZE, Direction, Operation, SortOrder, list_traces
from ._paging import Walk
from ._timestamps import Timestamp, from_wire, millisecond_of, window, wire_form
from .errors import APIResponseValidationError, InvalidRequestError, NetraError
from .models import TracesPage, TraceSummary

__all__ = ["FEW_PAGES", "Boundary", "Query", "Reading", "Stretch", "Window"]

FEW_PAGES = 8
"""A stretch is read to its end if that seems to take no more pages than this; else its rest is cut."""
# No stretch is longer than twice as many.

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

    def along(self, millisecond: int) -> int:
        """The millisecond on an axis that runs in the order of the rows."""
        return millisecond if self.is_ascending else -millisecond

    def begin(self, window: Window) -> int:
        """The end of the window at which its rows begin, on that axis."""
        return self.along(window.start if self.is_ascending else window.end)

    def end(self, window: Window) -> int:
        return self.along(window.end if self.is_ascending else window.start)

    def beginning_at(self, place: int, window: Window) -> Window:
        """The rest of the window from a place on that axis."""
        if self.is_ascending:
            return attrs.evolve(window, start=place, cursor=None)
        return attrs.evolve(window, end=-place, cursor=None)


@attrs.frozen
class Stretch:
    """What was read: all rows of a window, or its first ones and the windows that hold the others."""

    rows: list[TraceSummary]
    rest: list[Window]
    failure: NetraError | None = None
    """Why the rest was not read."""

    @property
    def cursor(self) -> str | None:
        """From where the same window goes on, if it does."""
        return self.rest[0].cursor if self.rest else None


class Boundary:
    """The ids of rows that were handed out and may come again behind the part that was opened last."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._shown: dict[str, int] = {}
        """Where each was shown, in the order of the rows."""

    def new_rows(self, rows: list[TraceSummary]) -> list[TraceSummary]:
        return [row for row in rows if row.id not in self._shown] if self._shown else rows

    def behind(self, window: Window, stretch: Stretch) -> Boundary:
        """The boundary when the stretch that was read of this window has been handed out."""
        query = self._query
        following = None if stretch.cursor else next(iter(stretch.rest), None)
        limit = (query.end(window) if following is None else query.begin(following)) - 1
        behind = Boundary(query)
        behind._shown = {
            row: shown for row, shown in self._shown.items() if shown >= limit or stretch.cursor is not None
        }
        shown = query.end(window) + 1
        for row in reversed(stretch.rows):
            millisecond = _shown_millisecond(row)
            if millisecond is not None:  # else it lies where the row behind it lies, or before
                shown = query.along(millisecond)
            if shown < limit:
                break
            behind._shown[row.id] = shown
        return behind


class Reading:
    """Reads a window, or the beginning of one that holds much: says which page to ask for, and takes it.

    Whoever sends calls `next_page` and `take` in turn, and then `stretch`, or `stretch_before` an error.
    """

    def __init__(self, query: Query, window: Window) -> None:
        self._query = query
        self._window = window
        self._walk = Walk(window.cursor)
        self._rows: list[TraceSummary] = []
        self._pages = 0
        self._rest: list[Window] = []

    def next_page(self) -> Operation[TracesPage] | None:
        if self._walk.is_done or self._rest:
            return None
        return self._query.page(self._window, self._walk.next_cursor)

    def take(self, page: TracesPage) -> None:
        self._walk.advance(page)
        self._rows += page.traces
        self._pages += 1
        if not self._walk.is_done and self._rows:
            self._leave_a_large_rest()

    def stretch(self) -> Stretch:
        return Stretch(self._rows, self._rest)

    def stretch_before(self, failure: NetraError) -> Stretch:
        """What was read before a page failed."""
        # Without its traceback, whose frames would keep alive what waits for this.
        return Stretch(self._rows, [self._from_here()], failure.with_traceback(None))

    def _from_here(self) -> Window:
        return attrs.evolve(self._window, cursor=self._walk.next_cursor)

    def _leave_a_large_rest(self) -> None:
        is_long = self._pages >= 2 * FEW_PAGES
        rest, covered = self._rest_by_time()
        if rest is not None:
            pages_to_come = self._pages * (rest.end - rest.start) // covered
            if pages_to_come > FEW_PAGES or is_long:
                self._rest = self._query.cut(rest, min(pages_to_come // FEW_PAGES + 1, MOST_PIECES))
        elif is_long:  # many rows within few milliseconds, which no window can part
            self._rest = [self._from_here()]

    def _rest_by_time(self) -> tuple[Window | None, int]:
        """What is not read yet as a window of its own, and how many milliseconds were covered before it.

        None where the times do not tell; and where rows that were handed out before this stretch, and so were shown no
        later than its first one, might lie in it.
        """
        first, last = _shown_millisecond(self._rows[0]), _shown_millisecond(self._rows[-1])
        if first is None or last is None:
            return None, 0
        begin = self._query.along(last) - 1
        covered = begin - 1 - self._query.along(first)
        if covered <= 0 or begin > self._query.end(self._window):
            return None, 0
        return self._query.beginning_at(begin, self._window), covered


def _shown_millisecond(trace: TraceSummary) -> int | None:
    """None where nobody can read the time."""
    try:
        return _millisecond(trace.start_time, "start_time")
    except APIResponseValidationError:
        return None


def _millisecond(time: str, name: str) -> int:
    return millisecond_of(from_wire(time, name))
