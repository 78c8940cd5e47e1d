"""Calls in other threads: what is read ahead of the consumer.

Invariants, which Ctrl-C (a `KeyboardInterrupt` between any two steps of the main thread) must not break:

- Nothing is counted before it exists: a thread that an interrupt kept from starting is not waited for.
- What threads share is a queue, a deque or a lock of C. `Condition`, `Event`, `Semaphore` and `Future` are written in
  Python; an interrupt inside them can leave their lock held for ever (https://github.com/python/cpython/issues/74174),
  and every thread that needs it would wait for ever.
- A call whose submission or wait was interrupted is never waited for again.

Threads hold their queue, not what started them, so that they end when it is collected. A fork takes no threads along:
in the child everything begins anew, and the parent's queues are not touched.
"""

from __future__ import annotations

import contextvars
import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar

__all__ = ["Begun", "Call", "Threads"]

P = ParamSpec("P")
T = TypeVar("T")


class Call(Generic[T]):
    """A call in another thread, and what came of it. It offers what it needs of a `concurrent.futures.Future`."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call: Callable[[], T] | None = call
        self._error: BaseException | None = None
        self._is_done = False
        self._wake = threading.Lock()
        self._wake.acquire()
        self._callbacks: deque[Callable[[Call[T]], object]] = deque()

    def run(self) -> None:
        """What the thread does."""
        assert self._call is not None
        try:
            self._result = self._call()
        except BaseException as error:
            self._error = error
        self._call = None
        self._is_done = True
        self._wake.release()
        self._call_back()
        del self  # the error holds this frame, and this would hold the error

    def _call_back(self) -> None:
        while self._is_done and self._callbacks:
            try:
                callback = self._callbacks.popleft()
            except IndexError:  # the other thread took it
                return
            callback(self)

    def add_done_callback(self, callback: Callable[[Call[T]], object]) -> None:
        self._callbacks.append(callback)
        self._call_back()  # if it was done before; each callback is taken once

    def done(self) -> bool:
        return self._is_done

    def cancelled(self) -> bool:
        return False

    def cancel(self) -> bool:
        return False

    def exception(self) -> BaseException | None:
        """Of a call that is done."""
        return self._error

    def wait(self, seconds: float) -> bool:
        """Whether it is done within these seconds."""
        if not self._is_done:
            self._wake.acquire(timeout=min(seconds, threading.TIMEOUT_MAX))
        return self._is_done

    def result(self) -> T:
        while not self._is_done:
            self._wake.acquire()
        if self._error is None:
            return self._result
        try:
            raise self._error
        finally:
            del self  # the error holds this frame, and this would hold the error


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


class _Crew:
    """Threads with one queue. They end when nobody holds this any more."""

    process: int | None = None
    """That it was made in. It is set last: `__del__` also runs for what an interrupt left half made."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Call[Any] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._idle: deque[None] = deque()
        """One item for each thread that waits for a call."""
        self.process = os.getpid()

    @property
    def size(self) -> int:
        return sum(thread.is_alive() for thread in self._threads)

    def takes_one(self) -> bool:
        """Whether a thread was idle; it counts as busy now."""
        try:
            self._idle.pop()
        except IndexError:
            return False
        return True

    def grow(self) -> None:
        thread = threading.Thread(target=_work, args=(self.calls, self._idle), name="netra", daemon=True)
        self._threads.append(thread)  # it counts when it is alive
        try:
            thread.start()
        except RuntimeError:  # this machine gives no more threads
            self._threads.remove(thread)

    def __del__(self) -> None:
        if self.process == os.getpid():
            self.calls.put(None)


class Threads:
    """A few threads, started as they are needed, which end when nobody holds this any more.

    `ThreadPoolExecutor` would hold up the end of the program until its last call is over; these calls only read.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._crew = _Crew()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Call[T]:
        if self._crew.process != os.getpid():
            self._crew = _Crew()
        crew = self._crew
        # What the caller's context holds, such as its OpenTelemetry span, holds for its calls, too.
        context = contextvars.copy_context()
        call: Call[T] = Call(lambda: context.run(fn, *args, **kwargs))
        if not crew.takes_one() and crew.size < self._most and _MAY_START_THREADS:
            crew.grow()
        if crew.size:
            crew.calls.put(call)
        else:
            call.run()  # the caller's own thread will do
        return call

    def shutdown(self) -> None:
        """Ends the threads, each after its call; a later call starts new ones."""
        self._crew = _Crew()


def _work(calls: queue.SimpleQueue[Call[Any] | None], idle: deque[None]) -> None:
    while (call := calls.get()) is not None:
        call.run()
        del call  # it holds its result
        idle.append(None)
    calls.put(None)  # for the next thread


class Begun(Generic[T]):
    """A call that is already under way in another thread. Its result can be taken once."""

    def __init__(self, threads: Threads, call: Callable[[], T]) -> None:
        self._threads = threads
        self._call = call
        self._process = os.getpid()
        self._begun: Call[T] | None = threads.submit(call)

    def result(self) -> T:
        begun, self._begun = self._begun, None  # its error would hold this frame, and this the error
        try:
            if begun is None or self._process != os.getpid():  # a fork takes no threads along
                return self._call()
            try:
                return begun.result()
            except BaseException:
                if not begun.done():  # interrupted: nobody shall wait behind this call
                    self._threads.shutdown()
                raise
        finally:
            del begun
