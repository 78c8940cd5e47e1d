"""Rollups: one row for each trace, aggregated from its spans."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ._json import dump_json
from ._span import Span


class Rollup(NamedTuple):
    """The aggregate of a trace's spans. The field names are column names of the table `trace`.

    A string that no span has is "", because sort keys must not be null.
    """

    trace_id: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    latency_ns: int
    session_id: str
    tenant_id: str
    user_id: str
    environment: str
    service: str
    models: str
    """Sorted JSON list of the distinct models."""
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    total_tokens: int
    total_cost: float
    """0 where no span has a cost, because sort keys must not be null."""
    has_cost: int
    has_error: int


def roll_up(spans: Sequence[Span]) -> Rollup:
    """Aggregate all spans of one trace, at least one.

    The result depends only on the set of spans, not on their order or their exports. This includes
    the last bit of a cost.
    """
    spans_root_first = _sort_root_first(spans)
    root = spans_root_first[0]
    start_ns = min(span.start_ns for span in spans)
    end_ns = max(span.end_ns for span in spans)
    return Rollup(
        trace_id=root.trace_id,
        name=root.name,
        kind=root.kind,
        start_ns=start_ns,
        end_ns=end_ns,
        latency_ns=end_ns - start_ns,
        session_id=_first_non_empty(span.session_id for span in spans_root_first),
        tenant_id=_first_non_empty(span.tenant_id for span in spans_root_first),
        user_id=_first_non_empty(span.user_id for span in spans_root_first),
        environment=_first_non_empty(span.environment for span in spans_root_first),
        service=_first_non_empty(span.service for span in spans_root_first),
        models=dump_json(sorted({span.model for span in spans if span.model})),
        prompt_tokens=_sum_or_none(span.prompt_tokens for span in spans),
        completion_tokens=_sum_or_none(span.completion_tokens for span in spans),
        cached_tokens=_sum_or_none(span.cached_tokens for span in spans),
        total_tokens=_sum_or_none(span.total_tokens for span in spans) or 0,
        total_cost=math.fsum(span.total_cost for span in spans if span.total_cost is not None),
        has_cost=int(any(span.total_cost is not None for span in spans)),
        has_error=int(any(span.status == "ERROR" for span in spans)),
    )


def _sort_root_first(spans: Sequence[Span]) -> list[Span]:
    """Sort the spans by start, with the root first.

    The root is the earliest span without a parent id. If there is none, it is the earliest span
    whose parent has not arrived; if the parents form a cycle, the earliest span.
    """
    by_start = sorted(spans, key=lambda span: (span.start_ns, span.span_id))
    present = {span.span_id for span in by_start}
    roots = [span for span in by_start if not span.parent_span_id]
    orphans = [span for span in by_start if span.parent_span_id not in present]
    root = (roots or orphans or by_start)[0]
    return [root, *(span for span in by_start if span is not root)]


def _first_non_empty(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _sum_or_none(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
