"""What the methods return.

The fields come from the generated models, so a new optional field of the contract is here by itself. These
classes add only what the documentation names differently, and times as `datetime`.
Fields that the contract does not know are kept: `to_dict()` shows them, `row["new_field"]` reads one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

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
]


class SessionUsageData(_generated.SessionUsageData):
    """What one session used inside a time window: tokens, requests, and cost in USD.

    Example:
        >>> print(usage.session_id, usage.token_count, usage.request_count, f"${usage.total_cost:.4f}")
    """

    __slots__ = ()

    @property
    def request_count(self) -> int:
        """Number of requests (traces)."""
        return self.requests_count


class TenantUsageData(_generated.TenantUsageData):
    """What one tenant used inside a time window, over all its sessions: tokens, requests, and cost in USD.

    Example:
        >>> print(usage.tenant_id, usage.session_count, usage.request_count, f"${usage.total_cost:.4f}")
    """

    __slots__ = ()

    @property
    def request_count(self) -> int:
        """Number of requests (traces)."""
        return self.requests_count

    @property
    def session_count(self) -> int:
        """Number of distinct sessions."""
        return self.sessions_count


class TraceSummary(_generated.TraceSummary):
    """One trace, with totals over its spans. Costs are USD, latencies milliseconds, times UTC.

    Example:
        >>> print(trace.id, trace.name, trace.total_tokens, trace.total_cost, trace.start_datetime)
    """

    __slots__ = ()

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

    Example:
        >>> print(span.name, span.kind, span.latency_ms, span.model_name, span.start_datetime)
    """

    __slots__ = ()

    @property
    def start_time(self) -> str | None:
        """When the span started, as the service sent it: ISO 8601 text, or milliseconds since 1970 as text."""
        return self.start_time_ms

    @property
    def end_time(self) -> str | None:
        """When the span ended, as the service sent it: ISO 8601 text, or milliseconds since 1970 as text."""
        return self.end_time_ms

    @property
    def start_datetime(self) -> datetime | None:
        """`start_time` as an aware `datetime`. Raises `APIResponseValidationError` if it is unreadable."""
        return None if self.start_time_ms is None else from_wire(self.start_time_ms, "start_time_ms")

    @property
    def end_datetime(self) -> datetime | None:
        """`end_time` as an aware `datetime`. Raises `APIResponseValidationError` if it is unreadable."""
        return None if self.end_time_ms is None else from_wire(self.end_time_ms, "end_time_ms")

    @property
    def created_datetime(self) -> datetime:
        """`created_at` as an aware `datetime`. Raises `APIResponseValidationError` if it is unreadable."""
        return from_wire(self.created_at, "created_at")


class TraceWithSpans(NamedTuple):
    """A trace and all its spans, in the order of their start.

    Example:
        >>> for trace, spans in Netra.usage.iter_traces_with_spans(start, end):
        ...     print(trace.name, len(spans))
    """

    trace: TraceSummary
    spans: list[TraceSpan]


@attrs.frozen
class TracesPage:
    """One page of traces. Iterating over it gives its traces.

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

    def __iter__(self) -> Iterator[TraceSummary]:
        return iter(self.traces)

    def __len__(self) -> int:
        return len(self.traces)


@attrs.frozen
class SpansPage:
    """One page of the spans of a trace. Iterating over it gives its spans.

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

    def __iter__(self) -> Iterator[TraceSpan]:
        return iter(self.spans)

    def __len__(self) -> int:
        return len(self.spans)
