"""A trace as the sum of its spans."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ._json import dump_json
from ._span import Span


class RollUp(NamedTuple):
    """What listings show and sort by. The field names are column names of the table `trace`.

    Texts that no span has are "", as sort keys must not be null.
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
    """JSON list of the distinct models, sorted."""
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    total_tokens: int
    total_cost: float
    has_error: int


def roll_up(spans: Sequence[Span]) -> RollUp:
    """The roll-up of all spans of one trace, of which there is at least one.

    It depends on nothing but the set of spans: in which order and in how many exports they arrived
    makes no difference, not even to the last bit of a cost.
    """
    by_rank = _by_rank(spans)
    root = by_rank[0]
    start_ns = min(span.start_ns for span in spans)
    end_ns = max(span.end_ns for span in spans)
    return RollUp(
        trace_id=root.trace_id,
        name=root.name,
        kind=root.kind,
        start_ns=start_ns,
        end_ns=end_ns,
        latency_ns=end_ns - start_ns,
        session_id=_first(span.session_id for span in by_rank),
        tenant_id=_first(span.tenant_id for span in by_rank),
        user_id=_first(span.user_id for span in by_rank),
        environment=_first(span.environment for span in by_rank),
        service=_first(span.service for span in by_rank),
        models=dump_json(sorted({span.model for span in spans if span.model})),
        prompt_tokens=_sum(span.prompt_tokens for span in spans),
        completion_tokens=_sum(span.completion_tokens for span in spans),
        cached_tokens=_sum(span.cached_tokens for span in spans),
        total_tokens=_sum(span.total_tokens for span in spans) or 0,
        total_cost=math.fsum(span.total_cost for span in spans if span.total_cost is not None),
        has_error=int(any(span.status == "ERROR" for span in spans)),
    )


def _by_rank(spans: Sequence[Span]) -> list[Span]:
    """The spans, the one that speaks for the trace first, the others in order of time.

    That one is the earliest span without a parent; while that has not arrived, the earliest whose
    parent has not arrived; and in a trace whose spans go in circles, the earliest of all.
    """
    in_time = sorted(spans, key=lambda span: (span.start_ns, span.span_id))
    present = {span.span_id for span in in_time}
    roots = [span for span in in_time if not span.parent_span_id]
    orphans = [span for span in in_time if span.parent_span_id not in present]
    root = (roots or orphans or in_time)[0]
    return [root, *(span for span in in_time if span is not root)]


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
