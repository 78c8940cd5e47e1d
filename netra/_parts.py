"""The parts of a window in order: which may begin, which are being read, whose rows come next. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from operator import length_hint
from typing import Any, Generic, Protocol, TypeVar

import attrs

from ._operations import check_concurrency, serves_as_cursor
from ._paging import attach_cursor
from ._windows import FEW_PAGES, Boundary, Query, Stretch, Window
from .errors import APIConnectionError, NetraError
from .models import TraceSummary

__all__ = ["Parts"]


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
    stretch: Stretch | None = None
    error: NetraError | None = None

    @property
    def is_over(self) -> bool:
        return self.stretch is not None or self.error is not None

    @property
    def is_under_way(self) -> bool:
        return self.call is not None and not self.is_over


class Parts(Generic[CallT]):
    """Reads ahead of the consumer, but holds no more than about `concurrency` full stretches."""

    def __init__(self, query: Query, window: Window, concurrency: int) -> None:
        self.concurrency = check_concurrency(concurrency)
        self._most_rows_ahead = concurrency * FEW_PAGES * query.limit
        windows = query.cut(window, concurrency) if window.cursor is None else [window]
        self._parts: deque[_Part[CallT]] = deque(map(_Part[CallT], windows))
        self._rows: Iterator[TraceSummary] = iter(())
        self._boundary = Boundary(query)
        self._row: TraceSummary | None = None
        """The last one of `_rows` that was handed out."""
        self._before: tuple[str | None, bool] = window.cursor, True
        """The resume point before the first of them, and whether it is exact."""
        self._behind: str | None = None
        """The cursor behind the last of them, where the service gave one."""

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace handed out here."""
        return self._resume_point()[0]

    def _resume_point(self) -> tuple[str | None, bool]:
        if self._row is None:
            return self._before
        if serves_as_cursor(self._row.cursor):
            return self._row.cursor, True
        if self._behind is not None and not length_hint(self._rows):
            return self._behind, True
        return self._before[0], False

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to read."""
        return not self._parts

    @property
    def must_wait(self) -> bool:
        """Whether the next row is still on its way."""
        first = self._parts[0] if self._parts else None
        return first is not None and first.call is not None and first.is_under_way and not first.call.done()

    def next_row(self) -> TraceSummary | None:
        """The next row in order, or None where it is not there; raises what its part failed with."""
        while True:
            for row in self._rows:
                self._row = row
                return row
            if not self._parts or not self._parts[0].is_over:
                return None
            self._open(self._parts[0])

    def _open(self, first: _Part[CallT]) -> None:
        if first.error is not None:
            error, first.error, first.call = first.error, None, None
            attach_cursor(error, *self._resume_point())
            try:
                raise error
            finally:
                del error  # which holds this frame
        stretch = first.stretch
        assert stretch is not None
        rows = iter(self._boundary.new_rows(stretch.rows))
        boundary = self._boundary.behind(first.window, stretch)
        before, behind = self._resume_point(), stretch.cursor
        # No interrupt comes between these, because they call nothing: rows neither get lost nor come twice.
        del self._parts[0]
        self._boundary = boundary
        self._before = before
        self._behind = behind
        self._row = None
        self._rows = rows

    def begin(self, call: Callable[[Window], CallT]) -> None:
        """Begins what may begin now: the first part in any case, because the consumer waits for it."""
        under_way = sum(part.is_under_way for part in self._parts)
        rows_held = sum(len(part.stretch.rows) for part in self._parts if part.stretch)
        for place, part in enumerate(self._parts):
            if place and (under_way >= self.concurrency or rows_held >= self._most_rows_ahead):
                return
            if part.call is None and not part.is_over:
                try:
                    part.call = call(part.window)
                except NetraError as error:
                    part.error = error
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
        parts = list(self._parts)
        behind = parts.index(part) + 1
        parts[behind:behind] = [_Part(rest, error=stretch.failure) for rest in stretch.rest]
        with_rest = deque(parts)
        # As above: either both are done, or neither.
        part.stretch = stretch
        self._parts = with_rest

    def forget_calls(self) -> None:
        """After a fork, or in another event loop: what was under way will not end here."""
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
        f"The executor could not read a part of the window ({f'{type(error).__name__}: {error}'.rstrip(': .')}). "
        "Look for the cause at its workers."
    )
    failure.__cause__ = error
    return failure
