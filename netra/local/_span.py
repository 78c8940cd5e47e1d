"""A span as the store keeps it: a row of the table `span`."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """One finished span. A missing string is "", a missing number None.

    The field names are the column names of the table `span`.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    session_id: str
    tenant_id: str
    user_id: str
    environment: str
    service: str
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    total_tokens: int | None
    total_cost: float | None
    """US dollars."""
    status: str
    """`OK`, `ERROR` or `UNSET`."""
    attributes: str
    """JSON, like the next three fields."""
    events: str
    links: str
    resources: str
