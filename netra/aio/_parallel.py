"""A window read in parallel for async code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from netra._parts import Parts
from netra._windows import Stretch, Window
from netra.models import TraceSummary

from ._tasks import Turnstile, running_loop

__all__ = ["AsyncTracesInParallel", "Call"]

Call: TypeAlias = "asyncio.Future[Stretch]"


class AsyncTracesInParallel(AsyncIterator[TraceSummary]):
    """What `TracesInParallel` is, for `async for`.

    Example:
        >>> traces = client.usage.iter_traces_in_parallel(start, end)
        >>> async for trace in traces:
        ...     await export(trace)
    """

    _loop: asyncio.AbstractEventLoop | None = None
    _give_up: Callable[[], None] | None = None

    def __init__(
        self,
        parts: Parts[Call],
        begin: Callable[[Window], Call],
        give_up: Callable[[], None] | None = None,
    ) -> None:
        self._parts = parts
        self._begin_call = begin
        self._give_up = give_up
        self._turnstile = Turnstile()  # tasks that share an iterator share out its rows

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace handed out here."""
        return self._parts.cursor

    async def __anext__(self) -> TraceSummary:
        async with self._turnstile.lock:
            self._look_at_the_loop()
            while True:
                if self._one_has_ended.is_set():
                    self._go_on()
                row = self._parts.next_row()
                if row is not None:
                    return row
                if self._parts.is_done:
                    raise StopAsyncIteration
                self._go_on()
                if self._parts.must_wait:
                    await self._one_has_ended.wait()

    def _look_at_the_loop(self) -> None:
        loop = running_loop()
        if self._loop is not loop:  # in a second one, what was begun in the first never ends
            self._loop = loop
            self._one_has_ended = asyncio.Event()
            self._parts.forget_calls()

    def _go_on(self) -> None:
        self._one_has_ended.clear()
        self._parts.collect()
        self._parts.begin(self._begin)

    def _begin(self, window: Window) -> Call:
        call = self._begin_call(window)
        call.add_done_callback(self._note_end(self._one_has_ended))
        return call

    @staticmethod
    def _note_end(one_has_ended: asyncio.Event) -> Callable[[Call], None]:
        """Holds the event alone: the calls shall not keep an iterator alive whose loop was left."""

        def note(call: Call) -> None:
            one_has_ended.set()
            if not call.cancelled():
                call.exception()  # or asyncio would log the error of a call that nobody waits for any more

        return note

    def __del__(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._parts.cancel)
        if self._give_up is not None:
            self._give_up()
