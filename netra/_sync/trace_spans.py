"""`TracesWithSpans`: traces with all their spans, read with bounded concurrency and emitted in order.

Invariants:

- Threads: those that share an iterator share out its traces; the lock is held while one of them takes a trace. The
  threads that read spans hold the transport and the call group, but not the iterator, so it is collected when its loop
  is left, and `__del__` cancels what is in flight.
- Limit: together with `in_parallel()`, no request starts while `max_in_flight` are in flight. All of them are started
  by the thread that holds the lock, so counting them needs no other lock. Spans go before partitions, because the
  consumer waits for them.
- Interrupts: `PrefetchQueue` changes in steps that no signal can split.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

from netra._core.lookahead import PrefetchQueue, Spans, calls_in_flight
from netra._core.plan import TracesPlan
from netra.errors import NetraError
from netra.models import TraceSummary, TracesWithSpansPage, TraceWithSpans

from .pagination import PageIterator
from .parallel import TracesInParallel
from .traces import TracesIterator, TracesWalk
from .workers import DaemonThreadExecutor, Prefetch

__all__ = ["TracesWithSpans"]


class TracesWithSpans(
    PrefetchQueue[Prefetch[Spans]], Iterator[TraceWithSpans], TracesWalk["TracesWithSpans", "TracesWithSpans"]
):
    """An iterator over traces with their spans, which never reads more than `concurrency` traces ahead.

    An error is raised where its trace would have come, not before; its `cursor` tells where to go on, and the
    iterator itself can go on as well: it then reads that trace again.

    Example:
        >>> walk = Netra.usage.iter_traces(start, end, cursor=saved).with_spans()
        >>> for trace, spans in walk:
        ...     store(trace, spans)
        ...     save(walk.cursor)
    """

    _cancel: Callable[[], None] | None = None

    def __init__(
        self,
        plan: TracesPlan,
        traces: TracesIterator | TracesInParallel,
        read_spans: Callable[[TraceSummary], Spans],
        cancel: Callable[[], None],
    ) -> None:
        super().__init__(plan, traces)
        self._traces = traces
        self._read_spans = read_spans
        self._executor = DaemonThreadExecutor(self._max_traces)
        self._parallel = traces if isinstance(traces, TracesInParallel) else None
        if self._parallel is not None:
            self._parallel._share_limit(plan.max_in_flight, partial(calls_in_flight, self._pending))
        self._lock = threading.Lock()
        self._cancel = cancel  # last, for __del__

    def __next__(self) -> TraceWithSpans:
        with self._lock:
            self._start_as("rows")
            if not self._read_ahead():
                self._raise_pending_error()
                self._executor.shutdown()
                raise StopIteration
            with self._head_errors():
                spans = self._head_spans()
            return self._emit(spans)

    def pages(self) -> Iterator[TracesWithSpansPage]:
        """Return the same walk, page by page. Call it before the first row. A page holds at most `limit` traces.

        Raises:
            InvalidRequestError: rows were asked for already. Rows that are asked for after the first page are refused
                in the same way.

        Example:
            >>> for page in Netra.usage.iter_traces(start, end).with_spans().pages():
            ...     store(page.traces)
        """
        self._check_not_started("pages")
        return PageIterator(self._take_page)

    def _take_page(self) -> TracesWithSpansPage | None:
        with self._lock:
            self._start_as("pages")
            while len(self._batch) < self._page_size:
                try:
                    if not self._read_ahead():
                        if not self._batch:
                            self._raise_pending_error()
                            self._executor.shutdown()
                        break
                    with self._head_errors():
                        spans = self._head_spans()
                except NetraError:
                    if self._batch:
                        break  # emit what came before; the next page meets the error again
                    raise
                self._emit_into_batch(spans)
            return self._emit_batch()

    def _read_ahead(self) -> bool:
        """Start to read spans, as many as may be; return False where the list of traces has ended.

        An empty queue always asks for the next trace, so that it cannot be taken for the end.
        """
        self._start_calls()
        while self._wants_more and (not self._pending or self._has_capacity()):
            try:
                trace = self._interrupted_trace() or self._next_trace()
            except StopIteration:
                break
            except NetraError as error:
                self._error = error.with_traceback(None)
                break
            if trace is None:
                break
            self._enter(trace)
            self._start_calls()
        return bool(self._pending)

    def _next_trace(self) -> TraceSummary | None:
        """Return the next trace of the list; None where it has not arrived, and there is other work to do."""
        return self._traces._try_next() if self._pending else next(self._traces)

    def _start_calls(self) -> None:
        for pending in self._pending:
            if pending.call is None and self._has_capacity():
                read = partial(self._read_spans, pending.trace)
                pending.call = Prefetch(self._executor, read, self._on_completion())

    def _head_spans(self) -> Spans:
        head = self._pending[0]
        while head.call is None:  # no capacity: partitions in flight fill the limit
            assert self._parallel is not None
            self._parallel._completed.get()
            self._start_calls()
        return head.call.result()

    def _has_capacity(self) -> bool:
        if self._parallel is None:
            return True
        return self._spans_in_flight + self._parallel._in_flight < self._plan.max_in_flight

    def _on_completion(self) -> Callable[[object], None] | None:
        if self._parallel is None:
            return None
        completed = self._parallel._completed
        return lambda _: completed.put(None)  # holds the queue only

    def __del__(self) -> None:
        if self._cancel is not None and self._pending:
            self._cancel()
