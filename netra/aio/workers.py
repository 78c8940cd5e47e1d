"""Calls in asyncio tasks: what is read ahead of the consumer.

Invariants:

- Event loops: a task belongs to the loop it was made in. In another loop the call is made again; `PerLoopLock` makes a
  new lock.
- Cancellation: a task is cancelled with the call that waits for it, and when nobody holds its `AsyncPrefetch`.
- Garbage collection may happen in any thread, so tasks are cancelled by `call_soon_threadsafe`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from netra.errors import NotInitializedError

__all__ = ["AsyncPrefetch", "PerLoopLock", "running_loop"]

T = TypeVar("T")


class AsyncPrefetch(Generic[T]):
    """A call in flight in a task; its result can be taken once."""

    _task: asyncio.Task[T] | None = None

    def __init__(
        self,
        function: Callable[[], Coroutine[Any, Any, T]],
        on_done: Callable[[asyncio.Task[T]], object] | None = None,
    ) -> None:
        self._function = function
        self._task = asyncio.create_task(function())
        self._task.add_done_callback(_retrieve_exception)
        if on_done is not None:
            self._task.add_done_callback(on_done)

    @property
    def in_flight(self) -> bool:
        return self._task is not None and not self._task.done() and self._task.get_loop() is running_loop()

    async def result(self) -> T:
        task, self._task = (
            self._task,
            None,
        )  # the task's error holds this frame, and `self` would hold the error
        try:
            if task is None or task.cancelled() or task.get_loop() is not asyncio.get_running_loop():
                return await self._function()
            return await task
        finally:
            _cancel(task)
            del task

    def __del__(self) -> None:
        _cancel(self._task)


def _cancel(task: asyncio.Task[Any] | None) -> None:
    if task is not None and not task.done() and not task.get_loop().is_closed():
        task.get_loop().call_soon_threadsafe(task.cancel)


def _retrieve_exception(task: asyncio.Task[Any]) -> None:
    """Ask for the error of a task that nobody may wait for any more, or asyncio would log it."""
    if not task.cancelled():
        task.exception()


def running_loop() -> asyncio.AbstractEventLoop:
    """Return asyncio's running event loop. Refuse anything else, such as trio's."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        problem = (
            "AsyncNetra needs an event loop of asyncio: call it in asyncio.run(...). Elsewhere, as under trio, use "
            "Netra in a thread."
        )
    raise NotInitializedError(problem)


class PerLoopLock:
    """A lock that is recreated for each event loop: an `asyncio.Lock` belongs to one."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def lock(self) -> asyncio.Lock:
        loop = running_loop()
        if self._loop is not loop:
            self._loop, self._lock = loop, asyncio.Lock()
        return self._lock
