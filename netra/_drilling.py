"""Traces with all their spans: many traces in flight, handed out in order."""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from ._paging import AsyncPagedIterator, PagedIterator
from .errors import InvalidRequestError, NetraError
from .models import TracesPage, TraceSpan, TraceSummary, TraceWithSpans

__all__ = ["AsyncTracesWithSpans", "TracesWithSpans"]

Spans = list[TraceSpan]


class TracesWithSpans(Iterator[TraceWithSpans]):
    """An iterator over traces with their spans, which never reads more than `concurrency` traces ahead.

    An error is raised where its trace would have come, not before; its `cursor` tells where to go on, and the
    iterator itself can go on as well: it then reads that trace again.

    Example:
        >>> found = Netra.usage.iter_traces_with_spans(start, end, cursor=saved)
        >>> for trace, spans in found:
        ...     store(trace, spans)
        ...     save(found.cursor)
    """

    def __init__(
        self,
        traces: PagedIterator[TraceSummary, TracesPage],
        spans_of: Callable[[TraceSummary], Spans],
        concurrency: int,
    ) -> None:
        _check(concurrency)
        self._traces = traces
        self._spans_of = spans_of
        self._concurrency = concurrency
        self._cursor = traces.cursor
        self._failure: NetraError | None = None
        # Each trace enters before its spans are asked for, so that no interrupt in between can lose it.
        self._ahead: deque[tuple[TraceSummary, Future[Spans] | None]] = deque()
        self._lock = threading.Lock()
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        self._threads = ThreadPoolExecutor(self._concurrency, thread_name_prefix="netra-spans")
        # Also when the loop is left early: what has not begun is dropped, and the threads end with their calls.
        self._release = weakref.finalize(self, self._threads.shutdown, wait=False, cancel_futures=True)

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace handed out here."""
        return self._cursor

    def __next__(self) -> TraceWithSpans:
        with self._lock:
            return self._next()

    def _next(self) -> TraceWithSpans:
        if os.getpid() != self._process:  # a fork takes no threads along
            self._release.detach()
            self._open()
            self._ahead = deque((trace, None) for trace, _ in self._ahead)
        self._read_ahead()
        if not self._ahead:
            if self._failure is None:
                self._release()
                raise StopIteration
            failure, self._failure = self._failure, None
            failure.cursor = self._cursor
            raise failure
        trace, future = self._ahead[0]
        try:
            spans = future.result() if future else self._spans_of(trace)
        except NetraError as error:
            self._ahead[0] = trace, None
            error.cursor = self._cursor
            raise
        self._ahead.popleft()
        self._cursor = trace.cursor
        return TraceWithSpans(trace, spans)

    def _read_ahead(self) -> None:
        while len(self._ahead) < self._concurrency and self._failure is None:
            try:
                trace = next(self._traces)
            except StopIteration:
                return
            except NetraError as error:
                self._failure = error  # its turn comes after the traces before it
                return
            self._ahead.append((trace, None))
            try:
                self._ahead[-1] = trace, self._threads.submit(self._spans_of, trace)
            except RuntimeError:
                return  # this machine gives no more threads: the consumer's own will do


class AsyncTracesWithSpans(AsyncIterator[TraceWithSpans]):
    """What `TracesWithSpans` is, for `async for`.

    Example:
        >>> found = client.usage.iter_traces_with_spans(start, end, cursor=saved)
        >>> async for trace, spans in found:
        ...     await store(trace, spans)
        ...     save(found.cursor)
    """

    def __init__(
        self,
        traces: AsyncPagedIterator[TraceSummary, TracesPage],
        spans_of: Callable[[TraceSummary], Coroutine[Any, Any, Spans]],
        concurrency: int,
    ) -> None:
        _check(concurrency)
        self._traces = traces
        self._spans_of = spans_of
        self._concurrency = concurrency
        self._cursor = traces.cursor
        self._failure: NetraError | None = None
        self._ahead: deque[tuple[TraceSummary, asyncio.Task[Spans] | None]] = deque()
        self._lock = asyncio.Lock()
        weakref.finalize(self, _cancel, self._ahead).atexit = False  # no loop runs at the end of the process

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace handed out here."""
        return self._cursor

    async def __anext__(self) -> TraceWithSpans:
        async with self._lock:
            return await self._next()

    async def _next(self) -> TraceWithSpans:
        await self._read_ahead()
        if not self._ahead:
            if self._failure is None:
                raise StopAsyncIteration
            failure, self._failure = self._failure, None
            failure.cursor = self._cursor
            raise failure
        trace, task = self._ahead[0]
        if task is None or task.cancelled():
            task = self._begin(trace)
            self._ahead[0] = trace, task
        await asyncio.wait(
            [task]
        )  # unlike `await task`, this leaves it running when the consumer is cancelled
        try:
            spans = task.result()
        except NetraError as error:
            self._ahead[0] = trace, None
            error.cursor = self._cursor
            raise
        self._ahead.popleft()
        self._cursor = trace.cursor
        return TraceWithSpans(trace, spans)

    async def _read_ahead(self) -> None:
        while len(self._ahead) < self._concurrency and self._failure is None:
            try:
                trace = await anext(self._traces)
            except StopAsyncIteration:
                return
            except NetraError as error:
                self._failure = error  # its turn comes after the traces before it
                return
            self._ahead.append((trace, self._begin(trace)))

    def _begin(self, trace: TraceSummary) -> asyncio.Task[Spans]:
        task = asyncio.create_task(self._spans_of(trace))
        task.add_done_callback(_look_at)
        return task


def _cancel(ahead: deque[tuple[TraceSummary, asyncio.Task[Spans] | None]]) -> None:
    for _, task in ahead:
        if task is not None and not task.get_loop().is_closed():
            task.cancel()


def _look_at(task: asyncio.Task[Spans]) -> None:
    """Asks for the error of a task that nobody may wait for any more, or asyncio would log it."""
    if not task.cancelled():
        task.exception()


def _check(concurrency: int) -> None:
    if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
        raise InvalidRequestError(f"concurrency={concurrency!r} must be an integer from 1.")
