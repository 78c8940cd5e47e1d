"""Walking through pages: which page comes next, rows out of pages, and one page ahead of the consumer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import length_hint
from typing import Any, Generic, Protocol, TypeVar

from ._operations import serves_as_cursor
from ._threads import Begun, Threads
from .errors import InvalidRequestError, NetraError, PaginationError

__all__ = ["Page", "PagedIterator", "Position", "Walk", "attach_cursor"]


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
        self._seen: set[int] = set()

    def onward(self, page: Page[Any]) -> str | None:
        """The cursor behind this page, None behind the last one; refuses one that leads back to where the walk was."""
        if not page.has_next_page:
            return None
        self._seen.add(hash(self.next_cursor))
        if hash(page.next_cursor) in self._seen:
            raise PaginationError(
                f"The page asked for with cursor {self.next_cursor!r} leads to cursor {page.next_cursor!r}, where "
                "the walk has been before: going on would repeat rows for ever. Nothing on it was handed out."
            )
        return page.next_cursor

    def advance(self, page: Page[Any]) -> None:
        """Goes on to the page behind this one."""
        self.next_cursor = self.onward(page)
        self.is_done = self.next_cursor is None


def attach_cursor(error: NetraError, cursor: str | None, is_exact: bool) -> None:
    """Tells in the error where its iteration stands."""
    error.cursor = cursor
    if not is_exact:
        error.add_note(
            "The service gave the last rows no cursor of their own. Going on from .cursor gives rows again that were "
            "handed out already; the iterator itself goes on exactly."
        )


class Position(Generic[Row, PageT]):
    """Where an iteration stands: what it shall fetch, and what it has handed out. Without I/O, for both iterators."""

    def __init__(self, cursor: str | None) -> None:
        self._walk = Walk(cursor)
        self._start = cursor
        self._page_cursor = cursor
        """What the page at hand was asked for with."""
        self._last_row: Row | None = None
        """The last row that was handed out."""
        self._page: PageT | None = None
        self._rows: Iterator[Row] = iter(())
        self._has_begun = False

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last row handed out here.

        Where the service gives rows no cursor of their own, it moves on with each page only.
        """
        return self.resume_point()[0]

    def resume_point(self) -> tuple[str | None, bool]:
        """`cursor`, and whether it lies right behind the last row that was handed out."""
        if self._last_row is None:
            return self._start, True
        if serves_as_cursor(self._last_row.cursor):
            return self._last_row.cursor, True
        if length_hint(self._rows) or self._walk.is_done:
            return self._page_cursor, False
        return self._walk.next_cursor, True

    def _next_row(self) -> Row | None:
        """The next row of the page at hand, or None when it is used up."""
        self._has_begun = True
        for row in self._rows:
            self._last_row = row
            return row
        return None

    @contextmanager
    def _fetching(self) -> Iterator[None]:
        """Errors of what is done within tell where the iteration stands."""
        try:
            yield
        except NetraError as error:
            attach_cursor(error, *self.resume_point())
            raise

    def _take(self, page: PageT) -> None:
        onward, rows = self._walk.onward(page), iter(page)
        # No interrupt comes between these, because they call nothing: the page is taken, or will be asked for again.
        self._page_cursor = self._walk.next_cursor
        self._page = page
        self._rows = rows
        self._walk.next_cursor = onward
        self._walk.is_done = onward is None

    def _page_at_hand(self) -> PageT | None:
        for row in self._rows:
            self._last_row = row
        page, self._page = self._page, None
        return page

    def _refuse_once_begun(self) -> None:
        if self._has_begun:
            raise InvalidRequestError("pages() comes too late: this iterator has begun to hand out rows.")


class PagedIterator(Position[Row, PageT], Iterator[Row]):
    """An iterator over rows that fetches pages as it goes: the next one while you work on the rows of this one.

    It ends only where the service says that nothing follows. Anything else raises, and the error's `cursor`
    tells where to go on; the iterator itself can go on as well: it then asks for the same page again.

    Example:
        >>> traces = Netra.usage.iter_traces(start, end, cursor=saved)
        >>> for trace in traces:
        ...     export(trace)
        ...     save(traces.cursor)
    """

    _give_up: Callable[[], None] | None = None

    def __init__(
        self,
        fetch: Callable[[str | None], PageT],
        cursor: str | None,
        prefetch: bool = False,
        give_up: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(cursor)
        self._fetch = fetch
        self._thread = Threads(1) if prefetch else None
        self._ahead: Begun[PageT] | None = None
        self._lock = threading.Lock()  # threads that share an iterator share out its rows
        self._give_up = give_up  # last, for __del__

    def __next__(self) -> Row:
        with self._lock:
            while (row := self._next_row()) is None:
                if self._walk.is_done:
                    raise StopIteration
                self._fetch_page()
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
            if self._page is None:  # else an interrupt came before it was handed out
                if self._walk.is_done:
                    return None
                self._fetch_page()
            return self._page_at_hand()

    def _fetch_page(self) -> None:
        ahead, self._ahead = self._ahead, None
        with self._fetching():
            self._take(ahead.result() if ahead else self._fetch(self._walk.next_cursor))
        if self._thread is not None:
            if self._walk.is_done:
                self._thread.shutdown()
            else:
                self._ahead = Begun(self._thread, partial(self._fetch, self._walk.next_cursor))

    def __del__(self) -> None:
        if self._give_up is not None and not self._walk.is_done:
            self._give_up()


class _PageIterator(Iterator[PageT]):
    """Not a generator: that would be at its end after an error, as if there were no more pages."""

    def __init__(self, next_page: Callable[[], PageT | None]) -> None:
        self._next_page = next_page

    def __next__(self) -> PageT:
        page = self._next_page()
        if page is None:
            raise StopIteration
        return page
