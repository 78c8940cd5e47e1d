"""The partitions of a window in order: which may start, which are in flight, whose rows come next."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import attrs

from netra.errors import APIConnectionError, NetraError
from netra.models import TracesPage, TraceSummary

from .checks import MAX_PAGE_SIZE
from .envelopes import is_usable_cursor
from .pagination import ResumePoint, attach_cursor
from .parameters import TracesQuery
from .partition import PAGES_PER_PARTITION, Boundary, Partition, PartitionResult, ScanOrder

__all__ = ["PartitionScheduler"]


class PartitionCall(Protocol):
    """What the futures of threads, executors and event loops have in common."""

    def done(self) -> bool: ...
    def cancelled(self) -> bool: ...
    def cancel(self) -> Any: ...
    def exception(self) -> BaseException | None: ...
    def result(self) -> PartitionResult: ...


CallT = TypeVar("CallT", bound=PartitionCall)


@attrs.define(eq=False)
class _Scheduled(Generic[CallT]):
    """A partition, and how far it has come."""

    partition: Partition
    call: CallT | None = None
    """What reads it; None before it starts, and when it must start again."""
    result: PartitionResult | None = None
    error: NetraError | None = None

    @property
    def is_complete(self) -> bool:
        return self.result is not None or self.error is not None

    @property
    def in_flight(self) -> bool:
        return self.call is not None and not self.is_complete


class PartitionScheduler(Generic[CallT]):
    """Keeps partitions in flight ahead of the consumer, and emits their rows in order, each once.

    Holds at most about `concurrency` full results. Invariants: what must happen together is done by statements that
    call nothing, between which Python handles no signal, so an interrupt neither loses rows nor emits them twice.
    """

    def __init__(self, query: TracesQuery, concurrency: int) -> None:
        self.concurrency = concurrency
        self._page_size = query.limit or MAX_PAGE_SIZE
        self._max_rows_held = concurrency * PAGES_PER_PARTITION * self._page_size
        order, window = ScanOrder.of(query), Partition.whole(query)
        partitions = order.split(window, concurrency) if window.cursor is None else [window]
        self._scheduled: deque[_Scheduled[CallT]] = deque(map(_Scheduled[CallT], partitions))
        self._boundary = Boundary(order)
        self._rows: list[TraceSummary] = []
        """The new rows of the result that is being emitted."""
        self._emitted = 0
        """How many of them were emitted."""
        self._last_row: TraceSummary | None = None
        """The last row that was emitted."""
        self._point_before: ResumePoint = window.cursor, True
        """The resume point before the first of `_rows`."""
        self._cursor_after: str | None = None
        """The cursor behind the last of them, where the service gave one."""

    @property
    def cursor(self) -> str | None:
        return self.resume_point()[0]

    def resume_point(self) -> ResumePoint:
        return self._point_after(self._emitted)

    def _point_after(self, emitted: int) -> ResumePoint:
        """Return the resume point when so many of the current rows were emitted."""
        if emitted == 0:
            return self._point_before
        last_row = self._rows[emitted - 1]
        if is_usable_cursor(last_row.cursor):
            return last_row.cursor, True
        if self._cursor_after is not None and emitted == len(self._rows):
            return self._cursor_after, True
        return self._point_before[0], False

    @property
    def last_row(self) -> TraceSummary | None:
        """The last row that was emitted."""
        return self._last_row

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to read."""
        return not self._scheduled

    @property
    def may_have_more(self) -> bool:
        """Whether rows are left, or partitions that may hold some."""
        return self._emitted < len(self._rows) or not self.is_done

    @property
    def in_flight(self) -> int:
        """How many partitions are being read."""
        return sum(
            one.call is not None and one.in_flight and not one.call.done() for one in tuple(self._scheduled)
        )

    @property
    def is_blocked(self) -> bool:
        """Whether the next row is still to come, and nothing can be done but wait for a call to complete."""
        head = self._scheduled[0] if self._scheduled else None
        if head is None or head.is_complete:
            return False
        return head.call is None or not head.call.done()

    def next_row(self) -> TraceSummary | None:
        """Emit the next row, or return None where it has not arrived; raise what its partition failed with."""
        while self._emitted == len(self._rows):
            if not self._advance():
                return None
        row = self._rows[self._emitted]
        # Statements that call nothing: see the class.
        self._emitted += 1
        self._last_row = row
        return row

    def next_page(self) -> TracesPage | None:
        """Emit the next rows as a page. As `next_row`, return None where none has arrived, or raise."""
        while self._emitted == len(self._rows):
            if not self._advance():
                return None
        rows = self._rows[self._emitted : self._emitted + self._page_size]
        emitted = self._emitted + len(rows)
        last_row = rows[-1]
        has_next = emitted < len(self._rows) or not self.is_done
        page = TracesPage(rows, has_next, self._point_after(emitted)[0] if has_next else None)
        # As above.
        self._emitted = emitted
        self._last_row = last_row
        return page

    def _advance(self) -> bool:
        """Go on to the rows of the next partition; return False where they have not arrived."""
        if not self._scheduled or not self._scheduled[0].is_complete:
            return False
        head = self._scheduled[0]
        if head.error is not None:
            error, head.error, head.call = head.error, None, None
            attach_cursor(error, self.resume_point())
            try:
                raise error
            finally:
                del error  # its traceback holds this frame: without this they would keep each other alive
        result = head.result
        assert result is not None
        rows = self._boundary.new_rows(result.rows)
        boundary = self._boundary.after(head.partition, result)
        point_before, cursor_after = self.resume_point(), result.cursor
        # Statements that call nothing: see the class.
        del self._scheduled[0]
        self._boundary = boundary
        self._point_before = point_before
        self._cursor_after = cursor_after
        self._rows = rows
        self._emitted = 0
        return True

    def submit(self, start: Callable[[Partition], CallT], max_in_flight: int) -> None:
        """Start what may start now, in order: the consumer waits for the first partition."""
        in_flight = sum(one.in_flight for one in self._scheduled)
        rows_held = sum(len(one.result.rows) for one in self._scheduled if one.result)
        for number, one in enumerate(self._scheduled):
            if in_flight >= min(max_in_flight, self.concurrency) or (
                number and rows_held >= self._max_rows_held
            ):
                return
            if one.call is None and not one.is_complete:
                try:
                    one.call = start(one.partition)
                except NetraError as error:
                    one.error = error
                except Exception as error:
                    one.error = _executor_error(f"{type(error).__name__}: {error}", error)
                in_flight += 1

    def harvest(self) -> None:
        """Take the results of the calls that have completed. A remainder is scheduled right behind them."""
        for one in list(self._scheduled):
            if one.call is None or one.is_complete or not one.call.done():
                continue
            if one.call.cancelled():
                one.error = _executor_error("CancelledError", None)
                continue
            error = one.call.exception()
            if isinstance(error, NetraError):
                one.error = error
            elif error is not None:
                one.error = _executor_error(f"{type(error).__name__}: {error}", error)
            else:
                self._accept(one, one.call.result())

    def _accept(self, one: _Scheduled[CallT], result: PartitionResult) -> None:
        scheduled = list(self._scheduled)
        behind = scheduled.index(one) + 1
        scheduled[behind:behind] = [_Scheduled(rest, error=result.error) for rest in result.remainder]
        with_remainder = deque(scheduled)
        # Statements that call nothing: see the class.
        one.result = result
        self._scheduled = with_remainder

    def reset(self) -> None:
        """Forget what is in flight: after a fork, or in another event loop, it will not complete here."""
        for one in self._scheduled:
            if one.in_flight:
                one.call = None

    def cancel(self) -> bool:
        """Cancel what is in flight, as far as possible; return whether anything was."""
        calls = [one.call for one in self._scheduled if one.call is not None and one.in_flight]
        for call in calls:
            call.cancel()
        return bool(calls)


def _executor_error(what: str, cause: BaseException | None) -> NetraError:
    error = APIConnectionError(
        f"The executor could not read a part of the window ({what.rstrip(': .')}). "
        "Look for the cause at its workers."
    )
    error.__cause__ = cause
    return error
