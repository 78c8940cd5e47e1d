"""The arguments of the operations, checked once per call. A page of a walk is not checked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, get_args
from urllib.parse import quote

import attrs
from netra_api.models.direction import Direction
from netra_api.models.sort_order import SortOrder

from netra._integers import as_integer
from netra._text import is_unicode
from netra._timestamps import Timestamp, window, wire_form
from netra.errors import APIResponseValidationError, InvalidRequestError

from .protocols import FilterLike

if TYPE_CHECKING:
    from netra.filters import Filter

__all__ = [
    "MAX_PAGE_SIZE",
    "Direction",
    "SortOrder",
    "SpansQuery",
    "TracesQuery",
    "UsageQuery",
    "check_concurrency",
    "check_flag",
    "is_sendable_text",
]

T = TypeVar("T")

MAX_PAGE_SIZE = 100
"""Rows. The contract's maximum, and what walks ask for where no limit is given."""
MAX_ENCODED_LENGTH = 20_000
"""Bytes of a text in a URL: httpx refuses URLs of more than 65,536, and shows the request in its error's frames."""


@attrs.frozen
class UsageQuery:
    """Whose usage, in which time window."""

    id: str
    start_time: str
    end_time: str

    @classmethod
    def checked(cls, name: str, value: str, start_time: Timestamp, end_time: Timestamp) -> UsageQuery:
        start, end = window(start_time, end_time)
        return cls(_path_segment(value, name), start, end)


@attrs.frozen(kw_only=True)
class TracesQuery:
    """Which traces, in which order, from where. Times are in the form that is sent."""

    start_time: str
    end_time: str
    ids: dict[str, str]
    """The four documented filters, by name."""
    conditions: tuple[Filter, ...]
    """Those of `filters=`."""
    limit: int | None
    cursor: str | None
    direction: Direction | None
    sort_field: str | None
    sort_order: SortOrder | None

    @classmethod
    def checked(
        cls,
        start_time: Timestamp,
        end_time: Timestamp,
        trace_id: str | None,
        session_id: str | None,
        user_id: str | None,
        tenant_id: str | None,
        limit: int | None,
        cursor: str | None,
        direction: Direction | None,
        sort_field: str | None,
        sort_order: SortOrder | None,
        filters: Iterable[FilterLike] | None = None,
    ) -> TracesQuery:
        start, end = window(start_time, end_time)
        ids = {"trace_id": trace_id, "session_id": session_id, "user_id": user_id, "tenant_id": tenant_id}
        return cls(
            start_time=start,
            end_time=end,
            ids={name: text for name, value in ids.items() if (text := _text(value, name)) is not None},
            conditions=() if filters is None else _conditions(filters),
            limit=_page_size(limit),
            cursor=_text(cursor, "cursor"),
            direction=_choice(direction, "direction", Direction),
            sort_field=_text(sort_field, "sort_field"),
            sort_order=_choice(sort_order, "sort_order", SortOrder),
        )

    def in_large_pages(self) -> TracesQuery:
        """Return the query of a walk: the largest page, unless the caller chose a size."""
        return self if self.limit is not None else attrs.evolve(self, limit=MAX_PAGE_SIZE)

    def for_partitions(self) -> TracesQuery:
        """Return the query of a walk in parallel, whose partitions each hold a stretch of the order.

        Raises:
            InvalidRequestError: in this order the rows of one partition do not come before those of the next.
        """
        if self.sort_field not in (None, "start_time"):
            raise InvalidRequestError(
                f"sort_field={self.sort_field!r}: a window can be read in parallel by 'start_time' only. "
                "Leave in_parallel() out for this order, or sort the traces afterwards."
            )
        if self.direction not in (None, "down"):
            raise InvalidRequestError(
                f"direction={self.direction!r}: a window can be read in parallel in the sort order only. "
                "Leave direction out, and choose with sort_order."
            )
        order: SortOrder = "desc" if self.sort_order is None else self.sort_order
        query = self.in_large_pages()
        return attrs.evolve(query, direction="down", sort_field="start_time", sort_order=order)

    def between(self, start: int, end: int) -> TracesQuery:
        """Return the same query for another window, in milliseconds since 1970."""
        return attrs.evolve(self, start_time=wire_form(start), end_time=wire_form(end), cursor=None)


@attrs.frozen(kw_only=True)
class SpansQuery:
    """Which spans of which trace, in which order, from where."""

    trace_id: str
    limit: int | None = None
    cursor: str | None = None
    direction: Direction | None = None
    span_name: str | None = None

    @classmethod
    def checked(
        cls,
        trace_id: str,
        cursor: str | None,
        direction: Direction | None,
        limit: int | None,
        span_name: str | None,
    ) -> SpansQuery:
        return cls(
            trace_id=_path_segment(trace_id, "trace_id"),
            limit=_page_size(limit),
            cursor=_text(cursor, "cursor"),
            direction=_choice(direction, "direction", Direction),
            span_name=_text(span_name, "span_name"),
        )

    @classmethod
    def of_trace(cls, trace_id: str) -> SpansQuery:
        """Return the query for all spans of a trace that the service listed."""
        try:
            trace_id = _path_segment(trace_id, "trace_id")
        except InvalidRequestError as error:
            problem = str(error)  # not the caller's fault: the id is the service's
        else:
            return cls(trace_id=trace_id, limit=MAX_PAGE_SIZE, direction="down")
        raise APIResponseValidationError(
            f"The service listed a trace whose spans cannot be asked for, because of its id: {problem}"
        )

    def in_large_pages(self) -> SpansQuery:
        """Return the query of a walk: the largest page, unless the caller chose a size."""
        return self if self.limit is not None else attrs.evolve(self, limit=MAX_PAGE_SIZE)


# ---------------------------------------------------------------- checks


def check_concurrency(concurrency: int) -> int:
    number = as_integer(concurrency)
    if number is None or number < 1:
        raise InvalidRequestError(f"concurrency={concurrency!r} must be an integer from 1.")
    return number


def check_flag(value: bool, name: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name}={value!r} must be True or False.")
    return value


def is_sendable_text(value: str) -> bool:
    """Return whether the text can be sent in a URL: not empty, valid Unicode, and not too long."""
    return bool(value) and is_unicode(value) and _fits_url(value)


def _conditions(filters: Iterable[Any]) -> tuple[Filter, ...]:
    from netra.filters import Filter, as_filter  # here, because few calls have conditions

    if isinstance(filters, Filter | str | Mapping) or not isinstance(filters, Iterable):
        raise InvalidRequestError(f"filters must be a list of conditions, such as [{filters!r:.100}].")
    return tuple(map(as_filter, filters))


def _text(value: str | None, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} must be a str, not {type(value).__name__}: give its text form.")
    if not value:
        raise InvalidRequestError(f"{name} is empty: leave it out, or give a value.")
    if not is_unicode(value):
        raise InvalidRequestError(f"{name}={value[:100]!r} holds a lone surrogate and cannot be sent.")
    if not _fits_url(value):
        raise InvalidRequestError(
            f"{name}={value[:40]!r}... is too long: {len(value)} characters, more than a URL can hold."
        )
    return str.__str__(value)  # the value of a str enum, not the name of its member


def _fits_url(value: str) -> bool:
    return 12 * len(value) <= MAX_ENCODED_LENGTH or len(quote(value, safe="")) <= MAX_ENCODED_LENGTH


def _path_segment(value: str, name: str) -> str:
    """Check an id that becomes one segment of the path."""
    text = _text(value, name)
    if text is None:
        raise InvalidRequestError(f"{name}=None: give an id.")
    if text in (".", ".."):
        raise InvalidRequestError(
            f"{name}={text!r} cannot be sent: in a URL it stands for a folder, not for an id."
        )
    return text


def _page_size(limit: int | None) -> int | None:
    if limit is None:
        return None
    number = as_integer(limit)
    if number is None or not 1 <= number <= MAX_PAGE_SIZE:
        raise InvalidRequestError(
            f"limit={limit!r} must be an integer from 1 to {MAX_PAGE_SIZE}: it is the page size."
        )
    return number


def _choice(value: T | None, name: str, choices: Any) -> T | None:
    """Check a value of a `Literal` type, or None."""
    if value is None:
        return None
    allowed = get_args(choices)
    for choice in allowed:
        if isinstance(value, str) and value == choice:
            found: T = choice
            return found
    raise InvalidRequestError(f"{name}={value!r} must be one of {', '.join(map(repr, allowed))}.")
