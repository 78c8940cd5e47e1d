"""Rows out of pages for async code."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from netra._paging import PageT, Position, Row

from ._tasks import Begun, Turnstile

__all__ = ["AsyncPagedIterator"]


class AsyncPagedIterator(Position[Row, PageT], AsyncIterator[Row]):
    """What `PagedIterator` is, for `async for`.

    Example:
        >>> traces = client.usage.iter_traces(start, end, cursor=saved)
        >>> async for trace in traces:
        ...     await export(trace)
        ...     save(traces.cursor)
    """

    def __init__(
        self,
        fetch: Callable[[str | None], Coroutine[Any, Any, PageT]],
        cursor: str | None,
        prefetch: bool = False,
    ) -> None:
        super().__init__(cursor)
        self._fetch = fetch
        self._prefetch = prefetch
        self._ahead: Begun[PageT] | None = None
        self._turnstile = Turnstile()  # tasks that share an iterator share out its rows

    async def __anext__(self) -> Row:
        row = self._next_row()
        if row is not None:
            return row
        async with self._turnstile.lock:
            while (row := self._next_row()) is None:
                if self._walk.is_done:
                    raise StopAsyncIteration
                await self._fetch_page()
            return row

    def pages(self) -> AsyncIterator[PageT]:
        """The same walk, page by page. Call it before the first row: a page once begun cannot be handed out whole.

        Raises:
            InvalidRequestError: the iterator has handed out rows already.

        Example:
            >>> async for page in client.usage.iter_traces(start, end).pages():
            ...     await store(page.traces)
        """
        self._refuse_once_begun()
        return _AsyncPageIterator(self._whole_page)

    async def _whole_page(self) -> PageT | None:
        async with self._turnstile.lock:
            self._refuse_once_begun()
            if self._page is None:
                if self._walk.is_done:
                    return None
                await self._fetch_page()
            return self._page_at_hand()

    async def _fetch_page(self) -> None:
        ahead, self._ahead = self._ahead, None
        with self._fetching():
            self._take(await (ahead.result() if ahead else self._fetch(self._walk.next_cursor)))
        if self._prefetch and not self._walk.is_done:
            self._ahead = Begun(partial(self._fetch, self._walk.next_cursor))


class _AsyncPageIterator(AsyncIterator[PageT]):
    def __init__(self, next_page: Callable[[], Awaitable[PageT | None]]) -> None:
        self._next_page = next_page

    async def __anext__(self) -> PageT:
        page = await self._next_page()
        if page is None:
            raise StopAsyncIteration
        return page
