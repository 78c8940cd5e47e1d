"""Walking through pages: which page comes next, and rows out of pages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from .errors import InvalidRequestError, NetraError, PaginationError

__all__ = ["AsyncPagedIterator", "Page", "PagedIterator", "Walk"]


class _Row(Protocol):
    cursor: str


Row = TypeVar("Row", bound=_Row)
Row_co = TypeVar("Row_co", bound=_Row, covariant=True)


class Page(Protocol[Row_co]):
    """What a walk needs to know of a page; `TracesPage` and `SpansPage` are such."""

    @property
    def has_next_page(self) -> bool: ...
    @property
    def next_cursor(self) -> str | None: ...
    def __iter__(self) -> Iterator[Row_co]: ...


PageT = TypeVar("PageT", bound=Page[Any])


class Walk:
    """Decides which page comes next, without fetching any."""

    def __init__(self, cursor: str | None) -> None:
        self.next_cursor = cursor
        """What to ask for the next page with."""
        self.is_done = False
        # Hashes, because a walk over a million rows sees many thousand cursors.
        self._seen = {hash(cursor)}

    def advance(self, page: Page[_Row]) -> None:
        """Takes note of a page; refuses one that leads back to where the walk has been."""
        if not page.has_next_page:
            self.is_done = True
        elif hash(page.next_cursor) in self._seen:
            raise PaginationError(
                f"The page asked for with cursor {self.next_cursor!r} leads to cursor {page.next_cursor!r}, where "
                "the walk has been before: going on would repeat rows for ever. Nothing on it was handed out."
            )
        else:
            self._seen.add(hash(page.next_cursor))
            self.next_cursor = page.next_cursor


class _Position(Generic[Row, PageT]):
    """Where an iteration stands: what it shall fetch, and what it has handed out. Without I/O, for both iterators."""

    def __init__(self, cursor: str | None) -> None:
        self._walk = Walk(cursor)
        self._cursor = cursor
        self._rows: Iterator[Row] = iter(())
        self._has_begun = False

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last row handed out here."""
        return self._cursor

    def _next_row(self) -> Row | None:
        """The next row of the page at hand, or None when it is used up."""
        self._has_begun = True
        for row in self._rows:
            self._cursor = row.cursor
            return row
        return None

    @contextmanager
    def _fetching(self) -> Iterator[None]:
        """Errors of what is done within tell where the iteration stands."""
        try:
            yield
        except NetraError as error:
            error.cursor = self._cursor
            raise

    def _hand_out_whole(self, page: PageT | None) -> PageT | None:
        for row in page or ():
            self._cursor = row.cursor
        return page

    def _refuse_once_begun(self) -> None:
        if self._has_begun:
            raise InvalidRequestError("pages() comes too late: this iterator has begun to hand out rows.")


class PagedIterator(_Position[Row, PageT], Iterator[Row]):
    """An iterator over rows that fetches pages as it goes, and holds one page at a time.

    It ends only where the service says that nothing follows. Anything else raises, and the error's `cursor`
    tells where to go on; the iterator itself can go on as well: it then asks for the same page again.

    Example:
        >>> traces = Netra.usage.iter_traces(start, end, cursor=saved)
        >>> for trace in traces:
        ...     bill(trace)
        ...     save(traces.cursor)
    """

    def __init__(self, fetch: Callable[[str | None], PageT], cursor: str | None) -> None:
        super().__init__(cursor)
        self._fetch = fetch
        self._lock = threading.Lock()  # threads that share an iterator share out its rows

    def __next__(self) -> Row:
        with self._lock:
            while (row := self._next_row()) is None:
                page = self._next_page()
                if page is None:
                    raise StopIteration
                self._rows = iter(page)
            return row

    def pages(self) -> Iterator[PageT]:
        """The same walk, page by page. Call it before the first row: a page once begun cannot be handed out whole.

        Raises:
            InvalidRequestError: the iterator has handed out rows already.

        Example:
            >>> for page in Netra.usage.iter_traces(start, end).pages():
            ...     store(page.traces)
        """
        self._refuse_once_begun()
        return _PageIterator(self._whole_page)

    def _whole_page(self) -> PageT | None:
        with self._lock:
            self._refuse_once_begun()
            return self._hand_out_whole(self._next_page())

    def _next_page(self) -> PageT | None:
        if self._walk.is_done:
            return None
        with self._fetching():
            page = self._fetch(self._walk.next_cursor)
            self._walk.advance(page)
        return page


class _PageIterator(Iterator[PageT]):
    """Not a generator: that would be at its end after an error, as if there were no more pages."""

    def __init__(self, next_page: Callable[[], PageT | None]) -> None:
        self._next_page = next_page

    def __next__(self) -> PageT:
        page = self._next_page()
        if page is None:
            raise StopIteration
        return page


class AsyncPagedIterator(_Position[Row, PageT], AsyncIterator[Row]):
    """What `PagedIterator` is, for `async for`.

    Example:
        >>> traces = client.usage.iter_traces(start, end, cursor=saved)
        >>> async for trace in traces:
        ...     await bill(trace)
        ...     save(traces.cursor)
    """

    def __init__(self, fetch: Callable[[str | None], Awaitable[PageT]], cursor: str | None) -> None:
        super().__init__(cursor)
        self._fetch = fetch
        self._lock = asyncio.Lock()  # tasks that share an iterator share out its rows

    async def __anext__(self) -> Row:
        row = self._next_row()
        if row is not None:
            return row
        async with self._lock:
            while (row := self._next_row()) is None:
                page = await self._next_page()
                if page is None:
                    raise StopAsyncIteration
                self._rows = iter(page)
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
        async with self._lock:
            self._refuse_once_begun()
            return self._hand_out_whole(await self._next_page())

    async def _next_page(self) -> PageT | None:
        if self._walk.is_done:
            return None
        with self._fetching():
            page = await self._fetch(self._walk.next_cursor)
            self._walk.advance(page)
        return page


class _AsyncPageIterator(AsyncIterator[PageT]):
    def __init__(self, next_page: Callable[[], Awaitable[PageT | None]]) -> None:
        self._next_page = next_page

    async def __anext__(self) -> PageT:
        page = await self._next_page()
        if page is None:
            raise StopAsyncIteration
        return page
