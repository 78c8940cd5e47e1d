"""What the methods return.

The fields come from the generated models, so a new optional field of the contract is here by itself, and so do the
names: `row.total_cost`, `row["total_cost"]` and `row.to_dict()` are one form (`to_dict(use_api_names=True)` is what
came over the wire). These classes add times as `datetime`, and costs as exact decimals.
Fields that the contract does not know are kept: `to_dict()` shows them, `row["new_field"]` reads one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, SupportsIndex, TypeVar, overload

import attrs
from netra_api import models as _generated

from ._timestamps import from_wire

__all__ = [
    "SessionUsageData",
    "SpansPage",
    "TenantUsageData",
    "TraceSpan",
    "TraceSummary",
    "TraceWithSpans",
    "TracesPage",
    "TracesWithSpansPage",
]


MAX_SHOWN_VALUE = 40
"""How many characters of a value a repr shows."""
MAX_SHOWN_ROWS = 10
"""How many rows the repr of a page shows."""


def _shown_fields(row: Any) -> str:
    """Show the fields that tell one row from another: a page of rows must fit on a screen. `to_dict()` has them all."""
    shown = []
    fields = row.to_dict()  # not the attributes: they show 0 for an unknown cost
    for name in row._SHOWN:
        value = fields[name]
        if value is not None:
            text = repr(value)
            shown.append(
                f"{name}={text if len(text) <= MAX_SHOWN_VALUE else f'{text[: MAX_SHOWN_VALUE - 3]}...'}"
            )
    return ", ".join(shown)


def _exact(cost: float) -> Decimal:
    """The digits that came, of which a float keeps at least 15."""
    return Decimal(repr(float(cost)))


class SessionUsageData(_generated.SessionUsageData):
    """What one session used inside a time window: tokens, requests, and cost in USD.

    Example:
        >>> print(usage.session_id, usage.token_count, usage.request_count, f"${usage.total_cost:.4f}")
    """

    __slots__ = ()

    _SHOWN = ("session_id", "token_count", "request_count", "total_cost")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_shown_fields(self)})"

    @property
    def cost(self) -> Decimal:
        """`total_cost` in USD, with the digits that the service sent: for sums that must be exact."""
        return _exact(self.total_cost)


class TenantUsageData(_generated.TenantUsageData):
    """What one tenant used inside a time window, over all its sessions: tokens, requests, and cost in USD.

    Example:
        >>> print(usage.tenant_id, usage.session_count, usage.request_count, f"${usage.total_cost:.4f}")
    """

    __slots__ = ()

    _SHOWN = ("tenant_id", "token_count", "request_count", "session_count", "total_cost")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_shown_fields(self)})"

    @property
    def cost(self) -> Decimal:
        """`total_cost` in USD, with the digits that the service sent: for sums that must be exact."""
        return _exact(self.total_cost)


class TraceSummary(_generated.TraceSummary):
    """One trace, with totals over its spans. Costs are USD, latencies milliseconds, times UTC.

    `total_cost` and `total_tokens` show 0 also where the service sent none; `has_cost`, `cost`, `trace["total_cost"]`
    and `trace["total_tokens"]` tell the two apart.

    Example:
        >>> print(trace.id, trace.name, trace.total_tokens, trace.total_cost, trace.start_datetime)
        >>> print("unknown" if trace.cost is None else f"${trace.cost}")
    """

    __slots__ = ()

    _SHOWN = ("id", "name", "start_time", "latency_ms", "total_tokens", "total_cost")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_shown_fields(self)})"

    @property
    def has_cost(self) -> bool:
        """Whether the service sent a cost; where it did not, `total_cost` is 0.0 all the same."""
        return self._total_cost is not None

    @property
    def cost(self) -> Decimal | None:
        """The cost in USD, with the digits that the service sent; None where it sent none."""
        return None if self._total_cost is None else _exact(self._total_cost)

    @property
    def start_datetime(self) -> datetime:
        """`start_time` as an aware `datetime`. Raises `APIResponseValidationError` if it is unreadable."""
        return from_wire(self.start_time, "start_time")

    @property
    def end_datetime(self) -> datetime:
        """`end_time` as an aware `datetime`. Raises `APIResponseValidationError` if it is unreadable."""
        return from_wire(self.end_time, "end_time")


class TraceSpan(_generated.TraceSpan):
    """One step inside a trace. Costs are USD, latencies milliseconds, times UTC.

    `start_time` and `end_time` are text as the service sent it: ISO 8601, or milliseconds since 1970.

    Example:
        >>> print(span.name, span.kind, span.latency_ms, span.model_name, span.start_datetime)
    """

    __slots__ = ()

    _SHOWN = ("id", "name", "kind", "start_time", "latency_ms", "total_cost")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_shown_fields(self)})"

    @property
    def has_cost(self) -> bool:
        """Whether the service sent a cost."""
        return self.total_cost is not None

    @property
    def cost(self) -> Decimal | None:
        """The cost in USD, with the digits that the service sent; None where it sent none."""
        return None if self.total_cost is None else _exact(self.total_cost)

    @property
    def start_datetime(self) -> datetime | None:
        """`start_time` as an aware `datetime`. Raises `APIResponseValidationError` if it is unreadable."""
        return None if self.start_time is None else from_wire(self.start_time, "start_time")

    @property
    def end_datetime(self) -> datetime | None:
        """`end_time` as an aware `datetime`. Raises `APIResponseValidationError` if it is unreadable."""
        return None if self.end_time is None else from_wire(self.end_time, "end_time")

    @property
    def created_datetime(self) -> datetime:
        """`created_at` as an aware `datetime`. Raises `APIResponseValidationError` if it is unreadable."""
        return from_wire(self.created_at, "created_at")


class TraceWithSpans(NamedTuple):
    """A trace and all its spans, in the order of their start.

    Example:
        >>> for trace, spans in Netra.usage.iter_traces(start, end).with_spans():
        ...     print(trace.name, len(spans))
    """

    trace: TraceSummary
    spans: list[TraceSpan]

    def __repr__(self) -> str:
        return f"TraceWithSpans({_shown_row(self)})"


Row = TypeVar("Row")


class _Page(Sequence[Row]):
    """What the pages have in common: they are sequences of their rows."""

    __slots__ = ()

    has_next_page: bool
    next_cursor: str | None

    def _rows(self) -> list[Row]:
        raise NotImplementedError

    @overload
    def __getitem__(self, index: SupportsIndex) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Row | list[Row]:
        return self._rows()[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows())

    def __len__(self) -> int:
        return len(self._rows())

    def __repr__(self) -> str:
        rows = self._rows()
        lines = [f"<{type(self).__name__} of {len(rows)}, next_cursor={self.next_cursor!r}"]
        lines += [f"  {_shown_row(row)}" for row in rows[:MAX_SHOWN_ROWS]]
        if len(rows) > MAX_SHOWN_ROWS:
            lines.append(f"  ... {len(rows) - MAX_SHOWN_ROWS} more")
        return "\n".join(lines) + ">"


def _shown_row(row: Any) -> str:
    if isinstance(row, TraceWithSpans):
        return f"{_shown_fields(row.trace)}, {len(row.spans)} spans"
    return _shown_fields(row)


@attrs.frozen(repr=False)
class TracesPage(_Page[TraceSummary]):
    """One page of traces: a sequence of its traces.

    Example:
        >>> for trace in page.traces:
        ...     print(trace.id)
        >>> if page.has_next_page:
        ...     page = Netra.usage.list_traces(start, end, cursor=page.next_cursor)
    """

    traces: list[TraceSummary]
    """The traces, in the order of the walk."""
    has_next_page: bool
    """Whether more traces follow."""
    next_cursor: str | None
    """What to pass as `cursor=` for the next page; None on the last one."""

    def _rows(self) -> list[TraceSummary]:
        return self.traces


@attrs.frozen(repr=False)
class SpansPage(_Page[TraceSpan]):
    """One page of the spans of a trace: a sequence of its spans.

    Example:
        >>> for span in page.spans:
        ...     print(span.name)
        >>> if page.has_next_page:
        ...     page = Netra.usage.list_spans_by_trace_id(trace_id, cursor=page.next_cursor)
    """

    spans: list[TraceSpan]
    """The spans, in the order of the walk."""
    has_next_page: bool
    """Whether more spans follow."""
    next_cursor: str | None
    """What to pass as `cursor=` for the next page; None on the last one."""

    def _rows(self) -> list[TraceSpan]:
        return self.spans


@attrs.frozen(repr=False)
class TracesWithSpansPage(_Page[TraceWithSpans]):
    """One page of traces with their spans, from `.with_spans().pages()`: a sequence of them.

    Example:
        >>> for page in Netra.usage.iter_traces(start, end).with_spans().pages():
        ...     for trace, spans in page:
        ...         print(trace.name, len(spans))
    """

    traces: list[TraceWithSpans]
    """The traces with their spans, in the order of the walk."""
    has_next_page: bool
    """Whether more traces may follow."""
    next_cursor: str | None
    """What to pass as `cursor=` to go on behind this page; None on the last one."""

    def _rows(self) -> list[TraceWithSpans]:
        return self.traces
