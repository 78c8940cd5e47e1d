"""A window of time in parts: how it is cut, how far a part is read at a time, and whose rows come next. No I/O.

Both ends of a window are inclusive and compared in whole milliseconds, so parts that end and begin in neighbouring
milliseconds hold each trace once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any, Generic, Protocol, Self, TypeVar

import attrs

from ._operations import (
    MAX_PAGE_SIZE,
    Direction,
    Operation,
    SortOrder,
    check_concurrency,
    list_traces,
)
from ._paging import Walk
from ._timestamps import Timestamp, from_wire, millisecond_of, window, wire_form
from .errors import APIConnectionError, InvalidRequestError, NetraError
from .models import TracesPage, TraceSummary

__all__ = ["Parts", "Query", "Reading", "Stretch", "Window"]

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
        """As many windows of about equal length, in the order of time, at most one for each millisecond."""
        length = self.end - self.start + 1
        pieces = min(pieces, length)
        starts = [self.start + length * piece // pieces for piece in range(pieces)]
        return [
            Window(start, end - 1) for start, end in zip(starts, [*starts[1:], self.end + 1], strict=True)
        ]


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
            sort_order=sort_order or "desc",
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
        return Stretch(self._rows, self._rest)

    def stretch_before(self, failure: NetraError) -> Stretch:
        """What was read before a page failed."""
        rest = attrs.evolve(self._window, cursor=self._walk.next_cursor)
        return Stretch(self._rows, [rest], failure)

    def _leave_a_large_rest(self) -> None:
        """Cuts off what is still to come. The last millisecond goes with it, because it may hold more rows."""
        first, last = _millisecond_of(self._rows[0]), _millisecond_of(self._rows[-1])
        if self._query.is_ascending:
            covered, rest = last - first, attrs.evolve(self._window, start=last, cursor=None)
        else:
            covered, rest = first - last, attrs.evolve(self._window, end=last, cursor=None)
        if covered <= 0 or rest.end < rest.start:
            return  # all in one millisecond, of which more rows may lie on either side; or not in order
        pages = len(self._rows) // self._query.limit
        pages_to_come = pages * (rest.end - rest.start) // covered
        if pages_to_come > FEW_PAGES or pages >= 2 * FEW_PAGES:
            while _millisecond_of(self._rows[-1]) == last:
                self._rows.pop()
            self._rest = self._query.cut(rest, min(pages_to_come // FEW_PAGES + 1, MOST_PIECES))


def _millisecond_of(trace: TraceSummary) -> int:
    return _millisecond(trace.start_time, "start_time")


def _millisecond(time: str, name: str) -> int:
    return millisecond_of(from_wire(time, name))


class Call(Protocol):
    """What the futures of threads, executors and event loops have in common."""

    def done(self) -> bool: ...
    def cancelled(self) -> bool: ...
    def cancel(self) -> Any: ...
    def exception(self) -> BaseException | None: ...
    def result(self) -> Stretch: ...


CallT = TypeVar("CallT", bound=Call)


@attrs.define(eq=False)
class _Part(Generic[CallT]):
    window: Window
    call: CallT | None = None
    """What reads it; None before it has begun, and when it has to begin again."""
    rows: deque[TraceSummary] | None = None
    error: NetraError | None = None

    @property
    def is_over(self) -> bool:
        return self.rows is not None or self.error is not None

    @property
    def is_under_way(self) -> bool:
        return self.call is not None and not self.is_over


class Parts(Generic[CallT]):
    """The parts of a window in the order of their rows: which may begin, which are being read, whose rows come next.

    Reads ahead of the consumer, but holds no more than about `concurrency` full stretches.
    """

    def __init__(self, query: Query, window: Window, concurrency: int) -> None:
        self._concurrency = check_concurrency(concurrency)
        self._most_rows_ahead = concurrency * FEW_PAGES * query.limit
        self._cursor = window.cursor
        windows = query.cut(window, concurrency) if window.cursor is None else [window]
        self._parts: deque[_Part[CallT]] = deque(map(_Part[CallT], windows))

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace handed out here."""
        return self._cursor

    @property
    def is_done(self) -> bool:
        """Whether all rows were handed out."""
        return not self._parts

    @property
    def must_wait(self) -> bool:
        """Whether the next row is still on its way."""
        first = self._parts[0] if self._parts else None
        return first is not None and first.call is not None and first.is_under_way and not first.call.done()

    def next_row(self) -> TraceSummary | None:
        """The next row in order, or None where it is not there yet; raises what its part failed with."""
        while self._parts and self._parts[0].is_over:
            first = self._parts[0]
            if first.error is not None:
                error, first.error, first.call = first.error, None, None
                error.cursor = self._cursor
                raise error
            if first.rows:
                row = first.rows.popleft()
                self._cursor = row.cursor
                return row
            self._parts.popleft()
        return None

    def begin(self, call: Callable[[Window], CallT]) -> None:
        """Begins what may begin now: the first part in any case, because the consumer waits for it."""
        under_way = sum(part.is_under_way for part in self._parts)
        rows_held = sum(len(part.rows) for part in self._parts if part.rows)
        for place, part in enumerate(self._parts):
            if place and (under_way >= self._concurrency or rows_held >= self._most_rows_ahead):
                return
            if part.call is None and not part.is_over:
                try:
                    part.call = call(part.window)
                except Exception as error:
                    part.error = _failure_of_the_executor(error)
                under_way += 1

    def collect(self) -> None:
        """Takes what the calls that have ended gave. What one has left comes behind it, in order."""
        for part in list(self._parts):
            if part.call is None or part.is_over or not part.call.done():
                continue
            error = CancelledError() if part.call.cancelled() else part.call.exception()
            if isinstance(error, NetraError):
                part.error = error
            elif error is not None:
                part.error = _failure_of_the_executor(error)
            else:
                self._take(part, part.call.result())

    def _take(self, part: _Part[CallT], stretch: Stretch) -> None:
        part.rows = deque(stretch.rows)
        behind = self._parts.index(part) + 1
        for place, rest in enumerate(stretch.rest, behind):
            self._parts.insert(place, _Part(rest, error=stretch.failure))

    def forget_calls(self) -> None:
        """After a fork: what was under way is so in the parent only."""
        for part in self._parts:
            if part.is_under_way:
                part.call = None

    def cancel(self) -> bool:
        """Ends what has begun, as far as possible; says whether anything was under way."""
        calls = [part.call for part in self._parts if part.call is not None and part.is_under_way]
        for call in calls:
            call.cancel()
        return bool(calls)


def _failure_of_the_executor(error: BaseException) -> NetraError:
    failure = APIConnectionError(
        f"The executor could not read a part of the window: {type(error).__name__}: {error}. "
        "Look for the cause at its workers."
    )
    failure.__cause__ = error
    return failure
