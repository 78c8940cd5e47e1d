"""Calls in threads of their own: what is read ahead of the consumer."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Generic, ParamSpec, TypeVar

__all__ = ["THREADS", "Begun"]

P = ParamSpec("P")
T = TypeVar("T")


class _Threads(Executor):
    """Begins every call at once; whoever uses it bounds how many there are.

    `ThreadPoolExecutor` would hold up the end of the program until its last call is over. These calls only read.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            threading.Thread(target=_run, args=(future, fn, args, kwargs), name="netra", daemon=True).start()
        except RuntimeError:  # this machine gives no more threads: the caller's own will do
            _run(future, fn, args, kwargs)
        return future


THREADS = _Threads()


def _run(
    future: Future[Any], call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    try:
        result = call(*args, **kwargs)
    except BaseException as error:
        future.set_exception(error)
        del future  # which holds the error, which holds this frame
    else:
        future.set_result(result)


class Begun(Generic[T]):
    """A call that is already under way in a thread."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._process = os.getpid()
        self._future = THREADS.submit(call)

    def result(self) -> T:
        if self._process == os.getpid():
            return self._future.result()
        return self._call()  # a fork takes no threads along
