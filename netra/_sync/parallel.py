"""`TracesInParallel`: a window whose partitions are read side by side, in threads or by an executor.

Invariants:

- Threads: those that share an iterator share out its rows; the lock is held while one of them takes a row. Only then
  is the scheduler touched: calls that complete do no more than put a token into the queue.
- Lost wake-ups: a token is put after its call is done. Who waits has drained the queue first, then harvested, then
  found nothing; so a call that completes in between leaves its token in the queue.
- Garbage collection: calls hold the queue, but not the iterator. When its loop is left it is collected, and `__del__`
  cancels what is in flight.
- Forks: the child starts what is in flight again, in threads of its own, with a queue of its own.
- Locks: the future of a foreign executor is not touched before it is done, because its lock is written in Python, and
  an interrupt can leave it held (see `workers`).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import attrs

from netra._core.fork import generation
from netra._core.parallel_state import ParallelState
from netra._core.partition import Partition, PartitionResult
from netra._core.plan import TracesPlan
from netra._core.scheduler import PartitionScheduler
from netra.models import TracesPage, TraceSummary

from .pagination import PageIterator
from .traces import TracesWalk
from .worker_task import PartitionTask, run_task
from .workers import DaemonThreadExecutor, ThreadCall

if TYPE_CHECKING:
    from .trace_spans import TracesWithSpans  # noqa: F401  (for the base class below)

__all__ = ["PartitionCall", "TracesInParallel"]


def _put_token(completed: queue.SimpleQueue[None], _: object) -> None:
    completed.put(None)


def _note_completion(is_pending: threading.Lock, completed: queue.SimpleQueue[None], _: object) -> None:
    is_pending.release()
    completed.put(None)


class _ExecutorCall:
    """A call of a foreign executor. Its future is not touched before it is done."""

    def __init__(self, future: Future[PartitionResult], completed: queue.SimpleQueue[None]) -> None:
        self._future = future
        self._is_pending = threading.Lock()
        self._is_pending.acquire()
        # The callback does not hold `self`, or future and callback would keep each other alive.
        future.add_done_callback(partial(_note_completion, self._is_pending, completed))

    def done(self) -> bool:
        return not self._is_pending.locked()

    def cancelled(self) -> bool:
        return self._future.cancelled()

    def cancel(self) -> bool:
        return self._future.cancel()

    def exception(self) -> BaseException | None:
        return self._future.exception()

    def result(self) -> PartitionResult:
        return self._future.result()


T = TypeVar("T")

PartitionCall = ThreadCall[PartitionResult] | _ExecutorCall


class TracesInParallel(
    ParallelState[PartitionCall],
    Iterator[TraceSummary],
    TracesWalk["TracesWithSpans", "TracesInParallel"],
):
    """An iterator over the traces of a window that is read in partitions side by side.

    Rows and order are those of `iter_traces`. An error is raised where its rows would have come, not before; its
    `cursor` tells where to go on, and the iterator itself can go on as well: it then reads that partition again.

    Example:
        >>> traces = Netra.usage.iter_traces(start, end).in_parallel()
        >>> for trace in traces:
        ...     export(trace)
    """

    _cancel: Callable[[], None] | None = None

    def __init__(
        self,
        plan: TracesPlan,
        scheduler: PartitionScheduler[PartitionCall],
        task: PartitionTask,
        executor: Executor | DaemonThreadExecutor,
        cancel: Callable[[], None],
    ) -> None:
        super().__init__(plan, scheduler)
        self._task = task
        self._executor = executor
        self._generation = generation()
        self._completed: queue.SimpleQueue[None] = queue.SimpleQueue()
        """One token for each call that has completed. Not an `Event`: see `workers`."""
        self._lock = threading.Lock()
        self._cancel = cancel  # last, for __del__

    def __next__(self) -> TraceSummary:
        with self._lock:
            self._start_as("rows")
            row = self._wait_for(self._scheduler.next_row)
            if row is None:
                raise StopIteration
            return row

    def pages(self) -> Iterator[TracesPage]:
        """Return the same walk, page by page. Call it before the first row. A page holds at most `limit` traces.

        Raises:
            InvalidRequestError: rows were asked for already. Rows that are asked for after the first page are refused
                in the same way.

        Example:
            >>> for page in Netra.usage.iter_traces(start, end).in_parallel().pages():
            ...     store(page.traces)
        """
        self._check_not_started("pages")
        return PageIterator(self._take_page)

    def _take_page(self) -> TracesPage | None:
        with self._lock:
            self._start_as("pages")
            return self._wait_for(self._scheduler.next_page)

    def _wait_for(self, take: Callable[[], T | None]) -> T | None:
        """Take what comes next, and wait for it if need be; return None when nothing is left."""
        self._reset_after_fork()
        while True:
            if not self._completed.empty():
                self._pump()
            taken = take()
            if taken is not None:
                return taken
            if self._scheduler.is_done:
                if isinstance(self._executor, DaemonThreadExecutor):
                    self._executor.shutdown()
                return None
            self._pump()
            if self._scheduler.is_blocked:
                self._completed.get()

    def _pump(self) -> None:
        """Harvest the calls that have completed, and start what may start."""
        while not self._completed.empty():  # first: a call that completes from here on leaves its token
            self._completed.get()
        self._harvest_and_submit(self._start)

    def _start(self, partition: Partition) -> PartitionCall:
        if self._task.local is not None:
            self._task.local[0].check_open()
        task = attrs.evolve(self._task, partition=partition)
        if isinstance(self._executor, DaemonThreadExecutor):
            call = self._executor.submit(run_task, task)
            call.add_done_callback(partial(_put_token, self._completed))
            return call
        return _ExecutorCall(self._executor.submit(run_task, task), self._completed)

    def _reset_after_fork(self) -> None:
        """In a child, start again: calls in flight are the parent's, and so are the workers of its executor."""
        if self._generation != generation():
            self._generation = generation()
            self._executor = DaemonThreadExecutor(self._scheduler.concurrency)
            self._completed = queue.SimpleQueue()
            self._scheduler.reset()

    def __del__(self) -> None:
        if self._cancel is not None and self._scheduler.cancel():
            self._cancel()

    # ---------------------------------------------------------------- as a source of `TracesWithSpans`

    @property
    def _in_flight(self) -> int:
        self._reset_after_fork()
        return self._scheduler.in_flight

    def _try_next(self) -> TraceSummary | None:
        """Emit the next trace if it has arrived; None if not. Raise StopIteration at the end."""
        with self._lock:
            self._start_as("rows")
            self._reset_after_fork()
            self._pump()
            row = self._scheduler.next_row()
            if row is None and self._scheduler.is_done:
                raise StopIteration
            return row
