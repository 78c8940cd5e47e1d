"""The semantic conventions: which attributes give which fields of a span."""

from __future__ import annotations

import math
from typing import Any

import pytest

from netra.local._semantic_conventions import read_attributes


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, {"kind": "span", "session_id": "", "total_tokens": None, "total_cost": None}),
        # session, user, tenant
        ({"netra.session_id": "a", "session.id": "b"}, {"session_id": "a"}),
        ({"session.id": "b"}, {"session_id": "b"}),
        ({"netra.session_id": "", "session.id": "b"}, {"session_id": "b"}),
        ({"netra.session_id": ["a"], "session.id": "b"}, {"session_id": "b"}),
        ({"netra.session_id": 7}, {"session_id": "7"}),
        ({"netra.user_id": "a", "user.id": "b"}, {"user_id": "a"}),
        ({"user.id": "b"}, {"user_id": "b"}),
        ({"netra.tenant_id": "a"}, {"tenant_id": "a"}),
        # kind
        ({"netra.span.type": "GENERATION", "netra.entity.type": "task"}, {"kind": "generation"}),
        ({"netra.entity.type": "workflow", "gen_ai.operation.name": "chat"}, {"kind": "workflow"}),
        ({"gen_ai.operation.name": "chat"}, {"kind": "generation"}),
        ({"netra.span.type": 1.5, "netra.entity.type": "agent"}, {"kind": "agent"}),
        # model
        ({"gen_ai.response.model": "a", "gen_ai.request.model": "b"}, {"model": "a"}),
        ({"gen_ai.request.model": "b"}, {"model": "b"}),
        # tokens
        ({"gen_ai.usage.input_tokens": 1, "gen_ai.usage.prompt_tokens": 2}, {"prompt_tokens": 1}),
        ({"gen_ai.usage.prompt_tokens": 2}, {"prompt_tokens": 2, "total_tokens": 2}),
        ({"gen_ai.usage.input_tokens": "x", "gen_ai.usage.prompt_tokens": 2}, {"prompt_tokens": 2}),
        ({"gen_ai.usage.output_tokens": 3}, {"completion_tokens": 3, "total_tokens": 3}),
        ({"gen_ai.usage.completion_tokens": 3}, {"completion_tokens": 3, "prompt_tokens": None}),
        ({"gen_ai.usage.cache_read_input_tokens": 4}, {"cached_tokens": 4, "total_tokens": None}),
        ({"gen_ai.usage.input_tokens": 1, "llm.usage.total_tokens": 9}, {"total_tokens": 9}),
        ({"gen_ai.usage.input_tokens": "12"}, {"prompt_tokens": 12}),
        ({"gen_ai.usage.input_tokens": 12.0}, {"prompt_tokens": 12}),
        ({"gen_ai.usage.input_tokens": 0}, {"prompt_tokens": 0, "total_tokens": 0}),
        ({"gen_ai.usage.input_tokens": 1.5}, {"prompt_tokens": None}),
        ({"gen_ai.usage.input_tokens": -1}, {"prompt_tokens": None}),
        ({"gen_ai.usage.input_tokens": 2**63 - 1}, {"prompt_tokens": None}),
        ({"gen_ai.usage.input_tokens": "1e400"}, {"prompt_tokens": None}),
        ({"gen_ai.usage.input_tokens": "NaN"}, {"prompt_tokens": None}),
        ({"gen_ai.usage.input_tokens": True}, {"prompt_tokens": None}),
        ({"gen_ai.usage.input_tokens": [1]}, {"prompt_tokens": None}),
        # cost
        ({"gen_ai.usage.cost": 0.25, "netra.usage": '[{"cost_in_usd": 1}]'}, {"total_cost": 0.25}),
        ({"gen_ai.usage.cost": 0}, {"total_cost": 0.0}),
        ({"gen_ai.usage.cost": "0.5"}, {"total_cost": 0.5}),
        ({"gen_ai.usage.cost": "free"}, {"total_cost": None}),
        ({"gen_ai.usage.cost": True}, {"total_cost": None}),
        ({"gen_ai.usage.cost": math.inf}, {"total_cost": None}),
        ({"gen_ai.usage.cost": math.nan, "netra.usage": '[{"cost_in_usd": 1}]'}, {"total_cost": 1}),
        ({"gen_ai.usage.cost": 1e308}, {"total_cost": None}),
        (
            {"netra.usage": '[{"cost_in_usd": 0.1}, {"cost_in_usd": 0.2}, {"cost_in_usd": 0.3}]'},
            {"total_cost": math.fsum([0.1, 0.2, 0.3])},
        ),
        (
            {"netra.usage": '[{"cost_in_usd": null}, 7, {}, {"cost_in_usd": "0.5"}]'},
            {"total_cost": 0.5},
        ),
        ({"netra.usage": "[]"}, {"total_cost": None}),
        ({"netra.usage": "{"}, {"total_cost": None}),
        ({"netra.usage": "[" * 100_000}, {"total_cost": None}),
        ({"netra.usage": "{}"}, {"total_cost": None}),
    ],
)
def test_attributes_are_read_by_the_semantic_conventions(
    attributes: dict[str, Any], expected: dict[str, Any]
) -> None:
    fields = read_attributes(attributes, {})._asdict()
    assert {name: fields[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("resource", "environment"),
    [
        ({"deployment.environment": "a", "deployment.environment.name": "b"}, "a"),
        ({"deployment.environment.name": "b"}, "b"),
        ({}, ""),
    ],
)
def test_service_and_environment_come_from_the_resource(resource: dict[str, Any], environment: str) -> None:
    fields = read_attributes({"service.name": "not mine"}, {**resource, "service.name": "mine"})
    assert (fields.environment, fields.service) == (environment, "mine")
