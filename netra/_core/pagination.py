"""Which page comes next, which rows were emitted, and where to resume. Shared by the sync and the async iterators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from operator import length_hint
from typing import Any, Generic, Literal, NoReturn, Protocol, TypeVar

from netra._copying import NotCopied
from netra.errors import InvalidRequestError, NetraError, PaginationError

from .envelopes import is_usable_cursor

__all__ = [
    "CursorTracker",
    "IteratorState",
    "Page",
    "PageT",
    "ResumePoint",
    "Row",
    "RowsOrPages",
    "attach_cursor",
]


class _Row(Protocol):
    cursor: str


Row = TypeVar("Row", bound=_Row)
Row_co = TypeVar("Row_co", bound=_Row, covariant=True)


class Page(Protocol[Row_co]):
    """What pagination needs to know of a page; `TracesPage` and `SpansPage` are such."""

    @property
    def has_next_page(self) -> bool: ...
    @property
    def next_cursor(self) -> str | None: ...
    def __iter__(self) -> Iterator[Row_co]: ...


PageT = TypeVar("PageT", bound=Page[Any])

ResumePoint = tuple[str | None, bool]
"""A cursor, and whether it lies exactly behind the last row that was emitted."""


class CursorTracker:
    """Follows the cursors from page to page, and refuses one that was used before."""

    def __init__(self, cursor: str | None) -> None:
        self.next_cursor = cursor
        """What to ask for the next page with."""
        self.is_done = False
        # Hashes, because a walk over a million rows sees many thousand cursors.
        self._used: set[int] = set()

    def next_cursor_after(self, page: Page[Any]) -> str | None:
        """Return the cursor of the page that follows, or None after the last one.

        Raises:
            PaginationError: the cursor was already used.
        """
        if not page.has_next_page:
            return None
        self._used.add(hash(self.next_cursor))
        if hash(page.next_cursor) in self._used:
            raise PaginationError(
                f"The page behind cursor {self.next_cursor!r} leads to cursor {page.next_cursor!r}, which has been "
                "used before: following it would repeat rows for ever. No row of this page was emitted."
            )
        return page.next_cursor

    def advance(self, page: Page[Any]) -> None:
        """Go on to the page that follows this one."""
        self.next_cursor = self.next_cursor_after(page)
        self.is_done = self.next_cursor is None


def attach_cursor(error: NetraError, resume_point: ResumePoint) -> None:
    """Tell in the error where its iteration stands."""
    error.cursor, is_exact = resume_point
    if not is_exact:
        error.add_note(
            "The service gave the last rows no cursor of their own. Going on from .cursor gives rows again that were "
            "emitted already; the iterator itself goes on exactly."
        )


class RowsOrPages(NotCopied):
    """A walk gives rows or pages, never both: what is asked for first decides.

    Else rows would be missing from the pages, and pages from the rows, and nobody would notice.
    """

    _instead = (
        "Save its .cursor, and begin a new walk with the same arguments and cursor=<that>. To read traces in several "
        "processes, call iter_traces(...).in_parallel(executor=...)."
    )
    _started: Literal["rows", "pages"] | None = None

    def _resume_point(self) -> ResumePoint:
        raise NotImplementedError

    def _start_as(self, way: Literal["rows", "pages"]) -> None:
        """Note that rows, or pages, are asked for."""
        if self._started is None:
            self._started = way
        elif self._started != way:
            self._refuse(
                f"This walk gives {self._started}, because {self._started} were asked for first. Read on with them, or "
                f"begin a new walk with cursor=<this walk>.cursor and ask that one for {way}."
            )

    def _check_not_started(self, method: str) -> None:
        """Refuse a method that must come before the first row or page; `pages()` may be called again."""
        if self._started is not None and self._started != method:
            self._refuse(
                f"{method}() must be called before the first row or page is read. Read on as before, or begin a new "
                f"walk with cursor=<this walk>.cursor and call {method}() on that one."
            )

    def _refuse(self, problem: str) -> NoReturn:
        error = InvalidRequestError(problem)
        attach_cursor(error, self._resume_point())
        raise error


class IteratorState(RowsOrPages, Generic[Row, PageT]):
    """The position of an iteration: what to fetch next, and what was emitted."""

    def __init__(self, cursor: str | None, description: str = "") -> None:
        self._description = description
        self._tracker = CursorTracker(cursor)
        self._start = cursor
        self._page_cursor = cursor
        """What the current page was asked for with."""
        self._last_row: Row | None = None
        """The last row that was emitted."""
        self._page: PageT | None = None
        self._rows: Iterator[Row] = iter(())

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last row emitted here.

        Where the service gives rows no cursor of their own, it moves on with each page only.
        """
        return self._resume_point()[0]

    def _resume_point(self) -> ResumePoint:
        if self._last_row is None:
            return self._start, True
        if is_usable_cursor(self._last_row.cursor):
            return self._last_row.cursor, True
        if length_hint(self._rows) or self._tracker.is_done:
            return self._page_cursor, False
        return self._tracker.next_cursor, True

    @property
    def _may_have_more(self) -> bool:
        """Whether rows are left, or a page is left that may hold some."""
        return bool(length_hint(self._rows)) or not self._tracker.is_done

    def _next_row(self) -> Row | None:
        """Emit the next row of the current page, or return None when it has no more."""
        if self._started != "rows":
            self._start_as("rows")
        for row in self._rows:
            self._last_row = row
            return row
        return None

    @contextmanager
    def _attach_cursor_to_errors(self) -> Iterator[None]:
        try:
            yield
        except NetraError as error:
            attach_cursor(error, self._resume_point())
            raise

    def _accept(self, page: PageT) -> None:
        """Make a fetched page the current one."""
        next_cursor, rows = self._tracker.next_cursor_after(page), iter(page)
        # Statements that call nothing, between which Python handles no signal: an interrupt finds either all of this
        # done, or none of it, and the page is fetched again.
        self._page_cursor = self._tracker.next_cursor
        self._page = page
        self._rows = rows
        self._tracker.next_cursor = next_cursor
        self._tracker.is_done = next_cursor is None

    def _emit_page(self) -> PageT | None:
        """Emit the current page as a whole."""
        for row in self._rows:
            self._last_row = row
        page, self._page = self._page, None
        return page

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{self._description}, cursor={self.cursor!r}>"
