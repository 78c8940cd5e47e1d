"""Calls in tasks of their own: what is read ahead of the consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from netra.errors import NotInitializedError

__all__ = ["Begun", "Turnstile", "running_loop"]

T = TypeVar("T")


class Begun(Generic[T]):
    """A call that is already under way in a task. Its result can be taken once.

    The task is cancelled with the one that waits for it, and when nobody holds this any more.
    """

    _task: asyncio.Task[T] | None = None

    def __init__(self, call: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._call = call
        self._task = asyncio.create_task(call())
        self._task.add_done_callback(_look_at)

    async def result(self) -> T:
        task, self._task = self._task, None  # its error would hold this frame, and this the error
        try:
            if task is None or task.cancelled() or task.get_loop() is not asyncio.get_running_loop():
                return await self._call()
            return await task
        finally:
            _cancel(task)
            del task

    def __del__(self) -> None:
        _cancel(self._task)


def _cancel(task: asyncio.Task[Any] | None) -> None:
    if task is not None and not task.done() and not task.get_loop().is_closed():
        task.get_loop().call_soon_threadsafe(task.cancel)  # garbage is collected in any thread


def _look_at(task: asyncio.Task[Any]) -> None:
    """Asks for the error of a task that nobody may wait for any more, or asyncio would log it."""
    if not task.cancelled():
        task.exception()


def running_loop() -> asyncio.AbstractEventLoop:
    """asyncio's event loop; anything else, such as trio's, is refused."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        problem = (
            "AsyncNetra needs an event loop of asyncio: call it in asyncio.run(...). Elsewhere, as under trio, use "
            "Netra in a thread."
        )
    raise NotInitializedError(problem)


class Turnstile:
    """Lets the tasks of the running event loop through one by one; in another loop it begins anew."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def lock(self) -> asyncio.Lock:
        loop = running_loop()
        if self._loop is not loop:
            self._loop, self._lock = loop, asyncio.Lock()
        return self._lock
