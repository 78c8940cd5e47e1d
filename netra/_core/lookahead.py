"""An ordered queue of traces whose spans are being read, bounded in length. Shared by the sync and async iterators."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

import attrs

from netra.errors import NetraError
from netra.models import TraceSpan, TraceSummary, TracesWithSpansPage, TraceWithSpans

from .pagination import ResumePoint, RowsOrPages, attach_cursor
from .plan import TracesPlan

__all__ = ["PrefetchQueue", "Spans"]

Spans = list[TraceSpan]


class _Call(Protocol):
    """A call in flight, in a thread or a task."""

    @property
    def in_flight(self) -> bool: ...


CallT = TypeVar("CallT", bound=_Call)


class _Traces(Protocol):
    """The walk over traces that fills the queue."""

    @property
    def _may_have_more(self) -> bool: ...
    @property
    def _last_row(self) -> TraceSummary | None: ...
    def _resume_point(self) -> ResumePoint: ...


@attrs.define(eq=False)
class PendingTrace(Generic[CallT]):
    """A trace in the queue, and the resume point after it."""

    trace: TraceSummary
    resume_point: ResumePoint
    call: CallT | None = None
    """What reads its spans; None before it starts, and when it must start again."""


class PrefetchQueue(RowsOrPages, Generic[CallT]):
    """Traces in order, their spans being read, and what was emitted.

    Invariants: a trace enters before its spans are asked for, so an interrupt in between cannot lose it; it leaves in
    the same step in which it is emitted.
    """

    def __init__(self, plan: TracesPlan, traces: _Traces) -> None:
        self._plan = plan
        self._state = traces
        self._pending: deque[PendingTrace[CallT]] = deque()
        self._error: NetraError | None = None
        """Of the list of traces: it is raised when all traces before it were emitted."""
        self._last_trace: TraceSummary | None = None
        """The last one that was emitted."""
        self._emitted_point = traces._resume_point()
        self._max_traces = plan.spans_concurrency or 1
        self._page_size = plan.query.limit or 1
        self._batch: list[tuple[TraceWithSpans, ResumePoint]] = []
        """The page that is being filled, for `pages()`."""

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace emitted here.

        Where the service gives traces no cursor of their own, it moves on with each page only.
        """
        return self._emitted_point[0]

    @property
    def _wants_more(self) -> bool:
        return len(self._pending) < self._max_traces and self._error is None

    @property
    def _spans_in_flight(self) -> int:
        return calls_in_flight(self._pending)

    def _resume_point(self) -> ResumePoint:
        return self._emitted_point

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{self._plan.describe()}, cursor={self.cursor!r}>"

    def _interrupted_trace(self) -> TraceSummary | None:
        """Return the trace that the list has emitted, but that an interrupt has kept from entering the queue."""
        newest = self._pending[-1].trace if self._pending else self._last_trace
        emitted = self._state._last_row
        return None if emitted is newest else emitted

    def _enter(self, trace: TraceSummary) -> PendingTrace[CallT]:
        entered: PendingTrace[CallT] = PendingTrace(trace, self._state._resume_point())
        self._pending.append(entered)
        return entered

    def _raise_pending_error(self) -> None:
        """Raise the error of the list of traces, if there is one."""
        error, self._error = self._error, None
        if error is not None:
            error.cursor = self.cursor
            try:
                raise error
            finally:
                del error  # its traceback holds this frame: without this they would keep each other alive

    @contextmanager
    def _head_errors(self) -> Iterator[None]:
        """On an error, keep the first trace in the queue, to be read again, and tell where the iteration stands."""
        try:
            yield
        except BaseException as error:
            self._pending[0].call = None
            if isinstance(error, NetraError):
                attach_cursor(error, self._emitted_point)
            raise

    def _emit(self, spans: Spans) -> TraceWithSpans:
        """Emit the first trace."""
        head = self._pending[0]
        result = TraceWithSpans(head.trace, spans)
        # Statements that call nothing, between which Python handles no signal: the trace is emitted, or read again.
        del self._pending[0]
        self._last_trace = head.trace
        self._emitted_point = head.resume_point
        return result

    def _emit_into_batch(self, spans: Spans) -> None:
        """Move the first trace into the page that is being filled."""
        head = self._pending[0]
        entry = TraceWithSpans(head.trace, spans), head.resume_point
        # As above: a signal is handled after `append` at the earliest.
        del self._pending[0]
        self._last_trace = head.trace
        self._batch.append(entry)

    def _emit_batch(self) -> TracesWithSpansPage | None:
        """Emit the page that was filled; None where nothing is left."""
        if not self._batch:
            return None
        resume_point = self._batch[-1][1]
        has_next = bool(self._pending) or self._error is not None or self._state._may_have_more
        traces = [result for result, _ in self._batch]
        page = TracesWithSpansPage(traces, has_next, resume_point[0] if has_next else None)
        self._batch = []
        self._emitted_point = resume_point
        return page


def calls_in_flight(pending: deque[PendingTrace[Any]]) -> int:
    return sum(1 for one in tuple(pending) if one.call is not None and one.call.in_flight)
