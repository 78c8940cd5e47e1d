"""Calls in daemon threads: what is read ahead of the consumer.

Invariants, which Ctrl-C must not break. (It is a `KeyboardInterrupt` between any two steps of the main thread.)

- Threads: nothing is counted before it exists, so nobody waits for a thread that an interrupt kept from starting.
- Locks: threads share only a queue, a deque or a lock that is written in C. `Condition`, `Event`, `Semaphore` and
  `Future` are written in Python; an interrupt inside them can leave their lock held for ever
  (https://github.com/python/cpython/issues/74174), and every thread that needs it would wait for ever.
- Interrupts: a call whose submission or wait was interrupted is never waited for again.
- Garbage collection: a thread holds its queue, but not the executor, so it ends when the executor is collected.
- Forks: a fork takes no threads along. In the child the executor starts anew and leaves the parent's queue alone.
- The end of the program: it does not wait for daemon threads. `ThreadPoolExecutor` would wait for its last call, be it
  a minute of `Retry-After`. (https://docs.python.org/3/library/threading.html#thread-objects)
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

from netra._core.fork import generation

__all__ = ["DaemonThreadExecutor", "Prefetch", "ThreadCall"]

P = ParamSpec("P")
T = TypeVar("T")


class ThreadCall(Generic[T]):
    """A call in another thread, and its outcome. It has the methods of `concurrent.futures.Future` that are needed."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function: Callable[[], T] | None = function
        self._error: BaseException | None = None
        self._is_done = False
        self._completed = threading.Lock()
        self._completed.acquire()
        self._callbacks: deque[Callable[[ThreadCall[T]], object]] = deque()

    def run(self) -> None:
        """Make the call; this is what the thread does."""
        assert self._function is not None
        try:
            self._result = self._function()
        except BaseException as error:
            self._error = error
        self._function = None
        self._is_done = True
        self._completed.release()
        self._run_callbacks()
        del self  # the error's traceback holds this frame, and `self` would hold the error

    def _run_callbacks(self) -> None:
        while self._is_done and self._callbacks:
            try:
                callback = self._callbacks.popleft()
            except IndexError:  # the other thread took it
                return
            callback(self)

    def add_done_callback(self, callback: Callable[[ThreadCall[T]], object]) -> None:
        self._callbacks.append(callback)
        self._run_callbacks()  # in case it is done already; each callback is taken once

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return False

    def cancel(self) -> bool:
        return False

    def exception(self) -> BaseException | None:
        """Return the error of a call that is done."""
        return self._error

    def wait(self, seconds: float) -> bool:
        """Return whether the call is done within these seconds."""
        if not self._is_done:
            self._completed.acquire(timeout=min(seconds, threading.TIMEOUT_MAX))
        return self._is_done

    def result(self) -> T:
        while not self._is_done:
            self._completed.acquire()
        if self._error is None:
            return self._result
        try:
            raise self._error
        finally:
            del self  # the error's traceback holds this frame, and `self` would hold the error


def _is_main_interpreter() -> bool:
    try:
        import _interpreters as interpreters  # type: ignore[import-not-found]  # from Python 3.13 on
    except ImportError:
        try:
            import _xxsubinterpreters as interpreters  # type: ignore[import-not-found]
        except ImportError:  # another Python
            return True
    current: Any = interpreters.get_current()
    return int(current[0] if isinstance(current, tuple) else current) == 0


_MAY_START_THREADS = _is_main_interpreter()
"""Where a subinterpreter ends while a daemon thread of its own lives, Python ends the whole process."""


class _Pool:
    """Threads with one queue. They end when nobody holds the pool any more."""

    generation: int | None = None
    """Of the process that made it. Set last: `__del__` also runs for a pool that an interrupt left half made."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[ThreadCall[Any] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle: deque[None] = deque()
        """One item for each thread that waits for a call."""
        self.generation = generation()

    @property
    def size(self) -> int:
        return sum(thread.is_alive() for thread in self._threads)

    def claim_idle_thread(self) -> bool:
        """Return whether a thread was idle; it counts as busy now."""
        try:
            self._idle.pop()
        except IndexError:
            return False
        return True

    def grow(self) -> None:
        thread = threading.Thread(target=_work, args=(self.calls, self._idle), name="netra", daemon=True)
        self._threads.append(thread)  # it counts from when it is alive
        try:
            thread.start()
        except RuntimeError:  # the machine gives no more threads
            self._threads.remove(thread)

    def __del__(self) -> None:
        if self.generation == generation():
            self.calls.put(None)


def _work(calls: queue.SimpleQueue[ThreadCall[Any] | None], idle: deque[None]) -> None:
    while (call := calls.get()) is not None:
        call.run()
        del call  # it holds its result
        idle.append(None)
    calls.put(None)  # for the next thread


class DaemonThreadExecutor:
    """An executor of daemon threads. They start when they are needed, and exit when the executor is collected."""

    def __init__(self, max_workers: int) -> None:
        self._max_workers = max_workers
        self._pool = _Pool()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> ThreadCall[T]:
        if self._pool.generation != generation():
            self._pool = _Pool()
        pool = self._pool
        # The call runs in the caller's context, so that its OpenTelemetry span, for example, is current there, too.
        context = contextvars.copy_context()
        call: ThreadCall[T] = ThreadCall(lambda: context.run(fn, *args, **kwargs))
        if not pool.claim_idle_thread() and pool.size < self._max_workers and _MAY_START_THREADS:
            pool.grow()
        if pool.size:
            pool.calls.put(call)
        else:
            call.run()  # in the caller's own thread
        return call

    def shutdown(self) -> None:
        """End the threads, each after its call. A later call starts new ones."""
        self._pool = _Pool()


class Prefetch(Generic[T]):
    """A call in flight in another thread; its result can be taken once."""

    def __init__(
        self,
        executor: DaemonThreadExecutor,
        function: Callable[[], T],
        on_done: Callable[[ThreadCall[T]], object] | None = None,
    ) -> None:
        self._executor = executor
        self._function = function
        self._generation = generation()
        self._call: ThreadCall[T] | None = executor.submit(function)
        if on_done is not None:
            self._call.add_done_callback(on_done)

    @property
    def in_flight(self) -> bool:
        call = self._call
        return call is not None and self._generation == generation() and not call.done()

    def result(self) -> T:
        call, self._call = (
            self._call,
            None,
        )  # the call's error holds this frame, and `self` would hold the error
        try:
            if call is None or self._generation != generation():  # a fork takes no threads along
                return self._function()
            try:
                return call.result()
            except BaseException:
                if not call.done():  # an interrupt: no later call shall wait behind this one
                    self._executor.shutdown()
                raise
        finally:
            del call
