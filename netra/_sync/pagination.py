"""`PagedIterator`: rows out of pages, one page ahead of the consumer.

Invariants:

- Threads: those that share an iterator share out its rows; the lock is held while one of them takes a row.
- Garbage collection: the thread that prefetches holds `fetch`, but not the iterator. So the iterator is collected when
  its loop is left, and `__del__` cancels the request in flight.
- Interrupts: `IteratorState` changes in steps that no signal can split.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Generic, TypeVar

from netra._core.pagination import IteratorState, PageT, Row

from .workers import DaemonThreadExecutor, Prefetch

__all__ = ["PageIterator", "PagedIterator"]

P = TypeVar("P")


class PagedIterator(IteratorState[Row, PageT], Iterator[Row]):
    """An iterator over rows that fetches pages as it goes: the next one while you work on the rows of this one.

    It ends only where the service says that nothing follows. Anything else raises, and the error's `cursor`
    tells where to go on; the iterator itself can go on as well: it then asks for the same page again.

    Example:
        >>> spans = Netra.usage.iter_spans_by_trace_id(trace_id, cursor=saved)
        >>> for span in spans:
        ...     export(span)
        ...     save(spans.cursor)
    """

    _cancel: Callable[[], None] | None = None

    def __init__(
        self,
        fetch: Callable[[str | None], PageT],
        cursor: str | None,
        prefetch: bool = False,
        cancel: Callable[[], None] | None = None,
        description: str = "",
    ) -> None:
        super().__init__(cursor, description)
        self._fetch = fetch
        self._executor = DaemonThreadExecutor(1) if prefetch else None
        self._next_page: Prefetch[PageT] | None = None
        self._lock = threading.Lock()
        self._cancel = cancel  # last, for __del__

    def __next__(self) -> Row:
        with self._lock:
            while (row := self._next_row()) is None:
                if self._tracker.is_done:
                    raise StopIteration
                self._fetch_page()
            return row

    def pages(self) -> Iterator[PageT]:
        """Return the same walk, page by page. Call it before the first row: a page is emitted whole.

        Raises:
            InvalidRequestError: rows were asked for already. Rows that are asked for after the first page are refused
                in the same way.

        Example:
            >>> for page in Netra.usage.iter_spans_by_trace_id(trace_id).pages():
            ...     store(page.spans)
        """
        self._check_not_started("pages")
        return PageIterator(self._take_page)

    def _take_page(self) -> PageT | None:
        with self._lock:
            self._start_as("pages")
            if self._page is None:  # else an interrupt came before it was emitted
                if self._tracker.is_done:
                    return None
                self._fetch_page()
            return self._emit_page()

    def _fetch_page(self) -> None:
        prefetched, self._next_page = self._next_page, None
        with self._attach_cursor_to_errors():
            self._accept(prefetched.result() if prefetched else self._fetch(self._tracker.next_cursor))
        if self._executor is not None:
            if self._tracker.is_done:
                self._executor.shutdown()
            else:
                self._next_page = Prefetch(self._executor, partial(self._fetch, self._tracker.next_cursor))

    def __del__(self) -> None:
        if self._cancel is not None and not self._tracker.is_done:
            self._cancel()


class PageIterator(Generic[P], Iterator[P]):
    """Takes pages until there is none. Not a generator: an error would end that, as if there were no more pages."""

    def __init__(self, take_page: Callable[[], P | None]) -> None:
        self._take_page = take_page
        walk: Any = take_page
        self._walk = walk.__self__  # a method of the walk takes its pages

    def __next__(self) -> P:
        page = self._take_page()
        if page is None:
            raise StopIteration
        return page

    @property
    def cursor(self) -> str | None:
        """The resume point of the walk."""
        cursor: str | None = self._walk.cursor
        return cursor

    def __repr__(self) -> str:
        return f"<pages of {self._walk!r}>"
