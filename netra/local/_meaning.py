"""What the attributes of a span mean: whose it is, what it cost, which model it called.

Programs send these attributes by several conventions, old and new; each meaning lists its names,
the preferred one first. A value of a wrong type counts as not sent: telemetry is never refused for
it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from ._json import parse_json

Attributes = Mapping[str, Any]

# A span with more tokens than this is a mistake of its sender. The bound keeps every sum within 64
# bits.
MOST_TOKENS = 10**12
MOST_COST = 1e15


class Meaning(NamedTuple):
    """The part of a span that usage and listings are made of; the names are those of `Span`."""

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


def meaning_of(span: Attributes, resource: Attributes) -> Meaning:
    """Reads the attributes of a span and of the resource that recorded it."""
    prompt = _tokens(span, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
    completion = _tokens(span, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
    total = _tokens(span, "llm.usage.total_tokens")
    if total is None and (prompt is not None or completion is not None):
        total = (prompt or 0) + (completion or 0)
    return Meaning(
        kind=_kind(span),
        session_id=_text(span, "netra.session_id", "session.id"),
        tenant_id=_text(span, "netra.tenant_id"),
        user_id=_text(span, "netra.user_id", "user.id"),
        environment=_text(resource, "deployment.environment", "deployment.environment.name"),
        service=_text(resource, "service.name"),
        model=_text(span, "gen_ai.response.model", "gen_ai.request.model"),
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=_tokens(span, "gen_ai.usage.cache_read_input_tokens"),
        total_tokens=total,
        total_cost=_cost(span),
    )


def _kind(span: Attributes) -> str:
    named = _text(span, "netra.span.type").lower() or _text(span, "netra.entity.type")
    if named:
        return named
    return "generation" if "gen_ai.operation.name" in span else "span"


def _cost(span: Attributes) -> float | None:
    cost = _dollars(span.get("gen_ai.usage.cost"))
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
    costs = [_dollars(item.get("cost_in_usd")) for item in usage if isinstance(item, dict)]
    known = [cost for cost in costs if cost is not None]
    return math.fsum(known) if known else None


def _text(attributes: Attributes, *names: str) -> str:
    for name in names:
        value = attributes.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int):
            continue
        if value != "":
            return str(value)
    return ""


def _tokens(attributes: Attributes, *names: str) -> int | None:
    for name in names:
        number = _number(attributes.get(name))
        if number is not None and 0 <= number <= MOST_TOKENS and number == int(number):
            return int(number)
    return None


def _dollars(value: object) -> float | None:
    number = _number(value)
    if number is None or abs(number) > MOST_COST:
        return None
    return float(number)


def _number(value: object) -> int | float | None:
    """The finite number that `value` is or spells, else None. A truth value is not a number."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, int) or math.isfinite(value) else None
