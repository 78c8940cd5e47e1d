"""Calls in tasks of their own: what is read ahead of the consumer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

__all__ = ["Begun"]

T = TypeVar("T")


class Begun(Generic[T]):
    """A call that is already under way in a task. The task is cancelled when nobody holds this any more."""

    def __init__(self, call: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._call = call
        self._task = asyncio.create_task(call())
        self._task.add_done_callback(_look_at)

    async def result(self) -> T:
        if self._task.cancelled() or self._task.get_loop() is not asyncio.get_running_loop():
            return await self._call()
        return await self._task

    def __del__(self) -> None:
        loop = self._task.get_loop()
        if not self._task.done() and not loop.is_closed():
            loop.call_soon_threadsafe(self._task.cancel)  # garbage is collected in any thread


def _look_at(task: asyncio.Task[Any]) -> None:
    """Asks for the error of a task that nobody may wait for any more, or asyncio would log it."""
    if not task.cancelled():
        task.exception()
