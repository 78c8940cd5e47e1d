"""A time window in partitions: how it is split, and how far one partition is read at a time.

The service may keep finer times than it shows, show them cut or rounded either way, and compare them with the ends of a
window as they are or in whole milliseconds. What holds in each case, and all that is used here:

- What is shown, and what is compared, lies less than a millisecond from the time itself.
- So a window from `a` to `b` holds rows shown from `a - 1` to `b + 1`, and no others.
- Rows come in the order of their times, so a later row is never shown earlier (in a descending order: later).

Neighbouring partitions share the millisecond at which they meet, so no row lies between them; a row that is in both is
emitted once, by its id. The ids to remember are a few milliseconds' worth (`Boundary`).
"""

from __future__ import annotations

import itertools

import attrs

from netra._timestamps import from_wire, millisecond_of
from netra.errors import APIResponseValidationError, NetraError
from netra.models import TracesPage, TraceSummary

from .operations import Operation, list_traces
from .pagination import CursorTracker
from .parameters import TracesQuery

__all__ = ["PAGES_PER_PARTITION", "Boundary", "Partition", "PartitionReader", "PartitionResult", "ScanOrder"]

PAGES_PER_PARTITION = 8
"""A partition is read to its end if that seems to take no more pages than this; else the remainder is split."""
# No result is longer than twice as many.

MAX_SPLITS = 16
"""The remainder is split into no more than this: the estimate may be wrong, and an empty partition costs a request."""


@attrs.frozen
class Partition:
    """A part of the window, from `start` to `end`, in milliseconds since 1970; reading begins after `cursor`."""

    start: int
    end: int
    cursor: str | None = None

    @classmethod
    def whole(cls, query: TracesQuery) -> Partition:
        """Return the whole window of a query as one partition."""
        start, end = _millisecond(query.start_time, "start_time"), _millisecond(query.end_time, "end_time")
        return cls(start, end, query.cursor)

    def split(self, count: int) -> list[Partition]:
        """Return `count` partitions of about equal length, in the order of time; each ends where the next starts."""
        length = self.end - self.start
        count = max(min(count, length), 1)
        bounds = [self.start + length * number // count for number in range(count + 1)]
        return [Partition(start, end) for start, end in itertools.pairwise(bounds)]


@attrs.frozen
class ScanOrder:
    """The order in which rows come, as positions on an axis that always grows along it."""

    is_ascending: bool

    @classmethod
    def of(cls, query: TracesQuery) -> ScanOrder:
        return cls(query.sort_order == "asc")

    def position(self, millisecond: int) -> int:
        return millisecond if self.is_ascending else -millisecond

    def first(self, partition: Partition) -> int:
        """Return the position at which the rows of the partition begin."""
        return self.position(partition.start if self.is_ascending else partition.end)

    def last(self, partition: Partition) -> int:
        """Return the position at which the rows of the partition end."""
        return self.position(partition.end if self.is_ascending else partition.start)

    def remainder(self, partition: Partition, position: int) -> Partition:
        """Return the rest of the partition from this position on."""
        if self.is_ascending:
            return attrs.evolve(partition, start=position, cursor=None)
        return attrs.evolve(partition, end=-position, cursor=None)

    def split(self, partition: Partition, count: int) -> list[Partition]:
        """Split the partition, in the order of its rows."""
        parts = partition.split(count)
        return parts if self.is_ascending else parts[::-1]


@attrs.frozen
class PartitionResult:
    """What was read: all rows of a partition, or its first ones and the partitions that hold the others."""

    rows: list[TraceSummary]
    remainder: list[Partition]
    error: NetraError | None = None
    """Why the remainder was not read."""

    @property
    def cursor(self) -> str | None:
        """Where the same partition goes on, if it does."""
        return self.remainder[0].cursor if self.remainder else None


class Boundary:
    """Ids of emitted rows that lie near the end of a partition: the next partition may contain them again."""

    def __init__(self, order: ScanOrder) -> None:
        self._order = order
        self._positions: dict[str, int] = {}
        """The position of each id, in the order of the rows."""

    def new_rows(self, rows: list[TraceSummary]) -> list[TraceSummary]:
        """Return the rows that were not emitted before."""
        return [row for row in rows if row.id not in self._positions] if self._positions else rows

    def after(self, partition: Partition, result: PartitionResult) -> Boundary:
        """Return the boundary that holds when this result of the partition has been emitted."""
        order = self._order
        following = None if result.cursor else next(iter(result.remainder), None)
        limit = (order.last(partition) if following is None else order.first(following)) - 1
        boundary = Boundary(order)
        boundary._positions = {
            trace_id: position
            for trace_id, position in self._positions.items()
            if position >= limit or result.cursor is not None
        }
        position = order.last(partition) + 1
        for row in reversed(result.rows):
            millisecond = _start_millisecond(row)
            if millisecond is not None:  # else it lies where the row behind it lies, or before
                position = order.position(millisecond)
            if position < limit:
                break
            boundary._positions[row.id] = position
        return boundary


class PartitionReader:
    """Reads a partition, or the beginning of one that holds much. Sans I/O.

    Call `next_request` and `feed` in turn until there is no request; then take `result`, or `result_before` an error.
    """

    def __init__(self, query: TracesQuery, partition: Partition) -> None:
        self._query = query.between(partition.start, partition.end)
        self._order = ScanOrder.of(query)
        self._partition = partition
        self._tracker = CursorTracker(partition.cursor)
        self._rows: list[TraceSummary] = []
        self._pages = 0
        self._remainder: list[Partition] = []

    def next_request(self) -> Operation[TracesPage] | None:
        if self._tracker.is_done or self._remainder:
            return None
        return list_traces(self._query, self._tracker.next_cursor, self._query.limit)

    def feed(self, page: TracesPage) -> None:
        self._tracker.advance(page)
        self._rows += page.traces
        self._pages += 1
        if not self._tracker.is_done and self._rows:
            self._split_remainder()

    def result(self) -> PartitionResult:
        return PartitionResult(self._rows, self._remainder)

    def result_before(self, error: NetraError) -> PartitionResult:
        """Return what was read before a page failed."""
        # Without its traceback, whose frames would keep alive what waits for this.
        return PartitionResult(self._rows, [self._from_here()], error.with_traceback(None))

    def _from_here(self) -> Partition:
        return attrs.evolve(self._partition, cursor=self._tracker.next_cursor)

    def _split_remainder(self) -> None:
        """End here and split the rest into partitions, if the rest seems to be large."""
        is_long = self._pages >= 2 * PAGES_PER_PARTITION
        rest, covered = self._rest_by_time()
        if rest is not None:
            pages_left = self._pages * (rest.end - rest.start) // covered
            if pages_left > PAGES_PER_PARTITION or is_long:
                count = min(pages_left // PAGES_PER_PARTITION + 1, MAX_SPLITS)
                self._remainder = self._order.split(rest, count)
        elif is_long:  # many rows within a few milliseconds, which no window can separate
            self._remainder = [self._from_here()]

    def _rest_by_time(self) -> tuple[Partition | None, int]:
        """Return what is not read yet as a partition, and how many milliseconds were covered before it.

        None where the times do not tell; and where rows that were emitted before this partition, and so were shown no
        later than its first one, might lie in it.
        """
        first, last = _start_millisecond(self._rows[0]), _start_millisecond(self._rows[-1])
        if first is None or last is None:
            return None, 0
        position = self._order.position(last) - 1
        covered = position - 1 - self._order.position(first)
        if covered <= 0 or position > self._order.last(self._partition):
            return None, 0
        return self._order.remainder(self._partition, position), covered


def _start_millisecond(trace: TraceSummary) -> int | None:
    """Return when the trace started; None where its time cannot be read."""
    try:
        return _millisecond(trace.start_time, "start_time")
    except APIResponseValidationError:
        return None


def _millisecond(time: str, name: str) -> int:
    return millisecond_of(from_wire(time, name))
