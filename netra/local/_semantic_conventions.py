"""Read the attributes of a span by the semantic conventions: its session, model, tokens and cost.

There are several conventions, old and new. Each field lists its attribute names, the preferred one
first. A value of a wrong type counts as missing; it does not reject the span.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ._json import parse_json

Attributes = Mapping[str, Any]

# Larger values are errors of the sender. The limit keeps every sum within 64 bits.
MAX_TOKENS = 10**12
MAX_COST = 1e15


class SemanticFields(NamedTuple):
    """The fields of `Span` that come from attributes; usage and filters use them."""

    kind: str
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


def read_attributes(span: Attributes, resource: Attributes) -> SemanticFields:
    """Read the attributes of a span and of its resource."""
    prompt = _read_tokens(span, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
    completion = _read_tokens(span, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
    total = _read_tokens(span, "llm.usage.total_tokens")
    if total is None and (prompt is not None or completion is not None):
        total = (prompt or 0) + (completion or 0)
    return SemanticFields(
        kind=_read_kind(span),
        session_id=_read_string(span, "netra.session_id", "session.id"),
        tenant_id=_read_string(span, "netra.tenant_id"),
        user_id=_read_string(span, "netra.user_id", "user.id"),
        environment=_read_string(resource, "deployment.environment", "deployment.environment.name"),
        service=_read_string(resource, "service.name"),
        model=_read_string(span, "gen_ai.response.model", "gen_ai.request.model"),
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=_read_tokens(span, "gen_ai.usage.cache_read_input_tokens"),
        total_tokens=total,
        total_cost=_read_total_cost(span),
    )


def _read_kind(span: Attributes) -> str:
    span_type = _read_string(span, "netra.span.type").lower() or _read_string(span, "netra.entity.type")
    if span_type:
        return span_type
    return "generation" if "gen_ai.operation.name" in span else "span"


def _read_total_cost(span: Attributes) -> float | None:
    cost = _read_cost(span.get("gen_ai.usage.cost"))
    if cost is not None:
        return cost
    usage = span.get("netra.usage")
    if isinstance(usage, str):
        try:
            usage = parse_json(usage)
        except ValueError:
            return None
    if not isinstance(usage, list):
        return None
    costs = [_read_cost(item.get("cost_in_usd")) for item in usage if isinstance(item, dict)]
    known = [cost for cost in costs if cost is not None]
    return math.fsum(known) if known else None


def _read_string(attributes: Attributes, *names: str) -> str:
    for name in names:
        value = attributes.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            continue
        if value != "":
            return str(value)
    return ""


def _read_tokens(attributes: Attributes, *names: str) -> int | None:
    for name in names:
        number = _read_number(attributes.get(name))
        if number is not None and 0 <= number <= MAX_TOKENS and number == int(number):
            return int(number)
    return None


def _read_cost(value: object) -> float | None:
    number = _read_number(value)
    if number is None or abs(number) > MAX_COST:
        return None
    return float(number)


def _read_number(value: object) -> int | float | None:
    """Return a finite number, also from a string; else None. A boolean is not a number."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None
