"""Calls in other threads: what is read ahead of the consumer."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any, Generic, ParamSpec, TypeVar

__all__ = ["Begun", "Threads"]

P = ParamSpec("P")
T = TypeVar("T")

Call = Callable[[], None]


class Threads(Executor):
    """A few threads, started as they are needed, which end when nobody holds this any more.

    `ThreadPoolExecutor` would hold up the end of the program until its last call is over; these calls only read.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._process = os.getpid()
        self._calls: SimpleQueue[Call | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._started = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if self._process != os.getpid():  # a fork takes no threads along
            self._begin_anew()
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        call = partial(_run, future, fn, args, kwargs)
        if not self._idle.acquire(blocking=False) and self._started < self._most:
            self._start_thread()
        if self._started:
            self._calls.put(call)
        else:  # this machine gives no more threads: the caller's own will do
            call()
        return future

    def _start_thread(self) -> None:
        self._started += 1  # first, because an interrupt may come while the thread already runs
        try:
            threading.Thread(target=_work, args=(self._calls, self._idle), name="netra", daemon=True).start()
        except RuntimeError:
            self._started -= 1

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:
        """Ends the threads, each after its call; a later call starts new ones."""
        if self._process == os.getpid():
            for _ in range(self._started):
                self._calls.put(None)
        self._begin_anew()

    def __del__(self) -> None:
        self.shutdown()


def _work(calls: SimpleQueue[Call | None], idle: threading.Semaphore) -> None:
    while (call := calls.get()) is not None:
        call()
        del call  # it holds its result
        idle.release()


def _run(future: Future[T], fn: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:
        future.set_exception(error)
        del future  # which holds the error, which holds this frame
    else:
        future.set_result(result)


class Begun(Generic[T]):
    """A call that is already under way in another thread. Its result can be taken once."""

    def __init__(self, threads: Threads, call: Callable[[], T]) -> None:
        self._threads = threads
        self._call = call
        self._process = os.getpid()
        self._future: Future[T] | None = threads.submit(call)

    def result(self) -> T:
        future, self._future = self._future, None  # its error would hold this frame, and this the error
        try:
            if future is None or self._process != os.getpid():  # a fork takes no threads along
                return self._call()
            try:
                return future.result()
            except BaseException:
                if not future.done():  # interrupted: nobody shall wait behind this call
                    self._threads.shutdown()
                raise
        finally:
            del future
