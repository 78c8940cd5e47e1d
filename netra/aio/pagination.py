"""`AsyncPagedIterator`: rows out of pages, one page ahead of the consumer.

Tasks that share an iterator share out its rows: the lock is held while one of them fetches a page. The prefetching task
holds `fetch`, but not the iterator, so it is cancelled when the iterator is collected.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

from netra._core.pagination import IteratorState, PageT, Row

from .workers import AsyncPrefetch, PerLoopLock

__all__ = ["AsyncPageIterator", "AsyncPagedIterator"]

P = TypeVar("P")


class AsyncPagedIterator(IteratorState[Row, PageT], AsyncIterator[Row]):
    """What `PagedIterator` is, for `async for`.

    Example:
        >>> spans = client.usage.iter_spans_by_trace_id(trace_id, cursor=saved)
        >>> async for span in spans:
        ...     await export(span)
        ...     save(spans.cursor)
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Coroutine[Any, Any, PageT]],
        cursor: str | None,
        prefetch: bool = False,
        description: str = "",
    ) -> None:
        super().__init__(cursor, description)
        self._fetch = fetch
        self._prefetch = prefetch
        self._next_page: AsyncPrefetch[PageT] | None = None
        self._lock = PerLoopLock()

    async def __anext__(self) -> Row:
        row = self._next_row()
        if row is not None:
            return row
        async with self._lock.lock:
            while (row := self._next_row()) is None:
                if self._tracker.is_done:
                    raise StopAsyncIteration
                await self._fetch_page()
            return row

    def pages(self) -> AsyncIterator[PageT]:
        """Return the same walk, page by page. Call it before the first row: a page is emitted whole.

        Raises:
            InvalidRequestError: rows were asked for already. Rows that are asked for after the first page are refused
                in the same way.

        Example:
            >>> async for page in client.usage.iter_spans_by_trace_id(trace_id).pages():
            ...     await store(page.spans)
        """
        self._check_not_started("pages")
        return AsyncPageIterator(self._take_page)

    async def _take_page(self) -> PageT | None:
        async with self._lock.lock:
            self._start_as("pages")
            if self._page is None:
                if self._tracker.is_done:
                    return None
                await self._fetch_page()
            return self._emit_page()

    async def _fetch_page(self) -> None:
        prefetched, self._next_page = self._next_page, None
        with self._attach_cursor_to_errors():
            cursor = self._tracker.next_cursor
            self._accept(await (prefetched.result() if prefetched else self._fetch(cursor)))
        if self._prefetch and not self._tracker.is_done:
            self._next_page = AsyncPrefetch(partial(self._fetch, self._tracker.next_cursor))


class AsyncPageIterator(Generic[P], AsyncIterator[P]):
    """Takes pages until there is none."""

    def __init__(self, take_page: Callable[[], Awaitable[P | None]]) -> None:
        self._take_page = take_page
        walk: Any = take_page
        self._walk = walk.__self__  # a method of the walk takes its pages

    async def __anext__(self) -> P:
        page = await self._take_page()
        if page is None:
            raise StopAsyncIteration
        return page

    @property
    def cursor(self) -> str | None:
        """The resume point of the walk."""
        cursor: str | None = self._walk.cursor
        return cursor

    def __repr__(self) -> str:
        return f"<pages of {self._walk!r}>"
