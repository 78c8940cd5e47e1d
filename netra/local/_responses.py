"""Build the response bodies of the contract from what the store returns."""

from __future__ import annotations

import json
from typing import Any

from ._cursors import SpanCursor, TraceCursor, encode_cursor
from ._rollup import Rollup
from ._statements import TraceQuery
from ._store import SpanPage, StoredSpan, TracePage, Usage
from ._times import NS_PER_MS, iso_from_ms, iso_from_ns

Body = dict[str, Any]

LOCAL = "local"
"""The id of the only organisation, and of the only project, of this server."""


def session_usage_body(session_id: str, usage: Usage | None) -> Body:
    """Build a SessionUsageResponse."""
    if usage is None:
        return {"data": None}
    return {
        "data": {
            "session_id": session_id,
            "tokenCount": usage.tokens,
            "requestsCount": usage.traces,
            "totalCost": usage.cost,
        }
    }


def tenant_usage_body(tenant_id: str, usage: Usage | None) -> Body:
    """Build a TenantUsageResponse."""
    if usage is None:
        return {"data": None}
    return {
        "data": {
            "tenant_id": tenant_id,
            "organisation_id": LOCAL,
            "tokenCount": usage.tokens,
            "requestsCount": usage.traces,
            "sessionsCount": usage.sessions,
            "totalCost": usage.cost,
        }
    }


def traces_body(page: TracePage, query: TraceQuery) -> Body:
    """Build a ListTracesResponse."""
    return _page([_trace(trace, page.snapshot, query) for trace in page.traces], page.has_next)


def spans_body(page: SpanPage) -> Body:
    """Build a ListSpansResponse."""
    return _page([_span(stored) for stored in page.spans], page.has_next)


def _page(items: list[Body], has_next: bool) -> Body:
    return {"data": {"data": items, "pageInfo": {"hasNextPage": has_next}}}


def _trace(trace: Rollup, snapshot: int, query: TraceQuery) -> Body:
    # A rollup has no `has_pii` and no `has_violation`: as sort keys they are 0 for every trace.
    sort_key = getattr(trace, query.sort.column, 0)
    cursor = TraceCursor(query.sort_field, query.sort_order, sort_key, trace.trace_id, snapshot)
    return {
        "id": trace.trace_id,
        "name": trace.name,
        "kind": trace.kind,
        "latency_ms": trace.latency_ns / NS_PER_MS,
        "start_time": iso_from_ns(trace.start_ns),
        "end_time": iso_from_ns(trace.end_ns),
        "cursor": encode_cursor(cursor),
        "organisation_id": LOCAL,
        "project_id": LOCAL,
        "session_id": trace.session_id or None,
        "tenant_id": trace.tenant_id or None,
        "user_id": trace.user_id or None,
        "environment": trace.environment or None,
        "service": trace.service or None,
        "models": json.loads(trace.models),
        "prompt_tokens": trace.prompt_tokens,
        "completion_tokens": trace.completion_tokens,
        "cached_tokens": trace.cached_tokens,
        "total_tokens": trace.total_tokens,
        **_NO_COST_BREAKDOWN,
        "total_cost": trace.total_cost if trace.has_cost else None,
        **_NO_FINDINGS,
        "has_error": bool(trace.has_error),
    }


def _span(stored: StoredSpan) -> Body:
    span = stored.span
    return {
        "id": span.span_id,
        "trace_id": span.trace_id,
        "name": span.name,
        "kind": span.kind,
        "organisation_id": LOCAL,
        "project_id": LOCAL,
        "created_at": iso_from_ms(stored.created_ms),
        "cursor": encode_cursor(SpanCursor(span.trace_id, span.start_ns, span.span_id)),
        "parent_span_id": span.parent_span_id or None,
        "latency_ms": (span.end_ns - span.start_ns) / NS_PER_MS,
        "start_time_ms": iso_from_ns(span.start_ns),
        "end_time_ms": iso_from_ns(span.end_ns),
        "session_id": span.session_id or None,
        "tenant_id": span.tenant_id or None,
        "user_id": span.user_id or None,
        "environment": span.environment or None,
        "model_name": span.model or None,
        "prompt_tokens": span.prompt_tokens,
        "completion_tokens": span.completion_tokens,
        "cached_tokens": span.cached_tokens,
        "total_tokens": span.total_tokens,
        **_NO_COST_BREAKDOWN,
        "total_cost": span.total_cost,
        **_NO_FINDINGS,
        "pii_actions": None,
        "violation_actions": None,
        "status": span.status,
        "attributes": span.attributes,
        "events": span.events,
        "links": span.links,
        "resources": span.resources,
        "metadata": None,
        "has_error": span.status == "ERROR",
    }


# Spans carry one total cost; its breakdown is unknown.
_NO_COST_BREAKDOWN: Body = {
    "prompt_tokens_cost": None,
    "completion_tokens_cost": None,
    "cached_tokens_cost": None,
}
# This server does not detect personal data or violations.
_NO_FINDINGS: Body = {
    "has_pii": False,
    "pii_entities": [],
    "has_violation": False,
    "violations": [],
}
