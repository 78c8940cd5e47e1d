"""The arguments of the operations as queries, checked once per call. A page of a walk is not checked again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs
from netra_api.models.direction import Direction
from netra_api.models.sort_order import SortOrder

from netra._timestamps import Timestamp, window, wire_form
from netra.errors import APIResponseValidationError, InvalidRequestError

from .checks import (
    MAX_PAGE_SIZE,
    check_choice,
    check_conditions,
    check_page_size,
    check_path_segment,
    check_text,
)
from .protocols import FilterLike

if TYPE_CHECKING:
    from netra.filters import Filter

__all__ = ["Direction", "SortOrder", "SpansQuery", "TracesQuery", "UsageQuery"]


@attrs.frozen
class UsageQuery:
    """Whose usage, in which time window."""

    id: str
    start_time: str
    end_time: str

    @classmethod
    def checked(cls, name: str, value: str, start_time: Timestamp, end_time: Timestamp) -> UsageQuery:
        start, end = window(start_time, end_time)
        return cls(check_path_segment(value, name), start, end)


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
            ids={name: text for name, value in ids.items() if (text := check_text(value, name)) is not None},
            conditions=() if filters is None else check_conditions(filters),
            limit=check_page_size(limit),
            cursor=check_text(cursor, "cursor"),
            direction=check_choice(direction, "direction", Direction),
            sort_field=check_text(sort_field, "sort_field"),
            sort_order=check_choice(sort_order, "sort_order", SortOrder),
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
            trace_id=check_path_segment(trace_id, "trace_id"),
            limit=check_page_size(limit),
            cursor=check_text(cursor, "cursor"),
            direction=check_choice(direction, "direction", Direction),
            span_name=check_text(span_name, "span_name"),
        )

    @classmethod
    def of_trace(cls, trace_id: str) -> SpansQuery:
        """Return the query for all spans of a trace that the service listed."""
        try:
            trace_id = check_path_segment(trace_id, "trace_id")
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
