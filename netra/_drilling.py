"""Traces with all their spans: many traces in flight, handed out in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Generic, TypeVar

import attrs

from ._operations import check_concurrency
from ._paging import PagedIterator, Position, attach_cursor
from ._threads import Begun, Threads
from .errors import NetraError
from .models import TracesPage, TraceSpan, TraceSummary, TraceWithSpans

__all__ = ["Spans", "TracesAhead", "TracesWithSpans"]

Call = TypeVar("Call")
Spans = list[TraceSpan]


@attrs.define(eq=False)
class Ahead(Generic[Call]):
    """A trace whose spans are being read, and where an iteration stands that has handed it out."""

    trace: TraceSummary
    resume_point: tuple[str | None, bool]
    call: Call | None = None


class TracesAhead(Generic[Call]):
    """The traces whose spans are being read, in order, and where the consumer stands. No I/O, for both iterators."""

    def __init__(self, traces: Position[TraceSummary, TracesPage], concurrency: int) -> None:
        self._position = traces
        # A trace enters before its spans are asked for, so that no interrupt in between can lose it.
        self._ahead: deque[Ahead[Call]] = deque()
        self._failure: NetraError | None = None
        self._handed_out: TraceSummary | None = None
        """The last one."""
        self._resume_point = traces.resume_point()
        self._concurrency = check_concurrency(concurrency)

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace handed out here.

        Where the service gives traces no cursor of their own, it moves on with each page only.
        """
        return self._resume_point[0]

    def _wants_more(self) -> bool:
        return len(self._ahead) < self._concurrency and self._failure is None

    def _left_behind(self) -> TraceSummary | None:
        """The trace that the list has given, but that an interrupt has kept from entering."""
        newest = self._ahead[-1].trace if self._ahead else self._handed_out
        given = self._position._last_row
        return None if given is newest else given

    def _enter(self, trace: TraceSummary) -> Ahead[Call]:
        entered: Ahead[Call] = Ahead(trace, self._position.resume_point())
        self._ahead.append(entered)
        return entered

    def _raise_failure_of_the_list(self) -> None:
        """The list of traces failed behind the last trace that was handed out."""
        failure, self._failure = self._failure, None
        if failure is not None:
            failure.cursor = self.cursor
            try:
                raise failure
            finally:
                del failure  # which holds this frame

    @contextmanager
    def _reading_first(self) -> Iterator[None]:
        """When its spans fail, the first trace stays where it is, to be read again, and the error tells where."""
        try:
            yield
        except BaseException as error:
            self._ahead[0].call = None
            if isinstance(error, NetraError):
                attach_cursor(error, *self._resume_point)
            raise

    def _hand_out(self, spans: Spans) -> TraceWithSpans:
        first = self._ahead[0]
        result = TraceWithSpans(first.trace, spans)
        # No interrupt comes between these, because they call nothing: the trace is handed out, or read again.
        del self._ahead[0]
        self._handed_out = first.trace
        self._resume_point = first.resume_point
        return result


class TracesWithSpans(TracesAhead[Begun[Spans]], Iterator[TraceWithSpans]):
    """An iterator over traces with their spans, which never reads more than `concurrency` traces ahead.

    An error is raised where its trace would have come, not before; its `cursor` tells where to go on, and the
    iterator itself can go on as well: it then reads that trace again.

    Example:
        >>> found = Netra.usage.iter_traces_with_spans(start, end, cursor=saved)
        >>> for trace, spans in found:
        ...     store(trace, spans)
        ...     save(found.cursor)
    """

    _give_up: Callable[[], None] | None = None

    def __init__(
        self,
        traces: PagedIterator[TraceSummary, TracesPage],
        spans_of: Callable[[TraceSummary], Spans],
        concurrency: int,
        give_up: Callable[[], None],
    ) -> None:
        super().__init__(traces, concurrency)
        self._traces = traces
        self._spans_of = spans_of
        self._threads = Threads(concurrency)
        self._lock = threading.Lock()  # threads that share an iterator share out its traces
        self._give_up = give_up  # last, for __del__

    def __next__(self) -> TraceWithSpans:
        with self._lock:
            self._read_ahead()
            if not self._ahead:
                self._raise_failure_of_the_list()
                self._threads.shutdown()
                raise StopIteration
            first = self._ahead[0]
            with self._reading_first():
                spans = first.call.result() if first.call else self._spans_of(first.trace)
            return self._hand_out(spans)

    def _read_ahead(self) -> None:
        while self._wants_more():
            try:
                trace = self._left_behind() or next(self._traces)
            except StopIteration:
                return
            except NetraError as error:
                self._failure = error.with_traceback(None)
                return
            entered = self._enter(trace)
            entered.call = Begun(self._threads, partial(self._spans_of, trace))

    def __del__(self) -> None:
        if self._give_up is not None and self._ahead:
            self._give_up()
