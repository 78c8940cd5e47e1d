"""A rollup depends only on the set of spans, not on their order or on duplicates."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from netra.local import LocalServer

from .conftest import Export
from .contract import contract_client
from .otlp import EPOCH_MS, PROTOBUF, WINDOW, body_of, make_span, span_id, trace_id

START_NS = EPOCH_MS * 1_000_000
ROOT = make_span(
    1,
    1,
    {"netra.session_id": "s", "netra.entity.type": "workflow"},
    name="root",
    start_ns=START_NS + 1_999_999,
    duration_ns=500_000,
)
CALL = make_span(
    1,
    2,
    {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "small",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cost": 0.1,
        "netra.session_id": "another",
        "netra.user_id": "u",
    },
    parent=1,
    name="call",
    start_ns=START_NS + 2_000_000,
    duration_ns=3_000_000,
)
FAILURE = make_span(
    1,
    3,
    {
        "gen_ai.request.model": "large",
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.usage.cache_read_input_tokens": 1,
        "gen_ai.usage.cost": 0.2,
        "netra.tenant_id": "t",
    },
    parent=2,
    name="failing call",
    start_ns=START_NS + 1_500_000,
    duration_ns=1_000_000,
    error=True,
)
EXPECTED = {
    "id": trace_id(1),
    "name": "root",
    "kind": "workflow",
    "latency_ms": 3.5,
    "start_time": "2026-01-01T00:00:00.001Z",
    "end_time": "2026-01-01T00:00:00.005Z",
    "organisation_id": "local",
    "project_id": "local",
    "session_id": "s",
    "tenant_id": "t",
    "user_id": "u",
    "environment": "production",
    "service": "agent",
    "models": ["large", "small"],
    "prompt_tokens": 11,
    "completion_tokens": 5,
    "cached_tokens": 1,
    "total_tokens": 16,
    "prompt_tokens_cost": None,
    "completion_tokens_cost": None,
    "cached_tokens_cost": None,
    "total_cost": math.fsum([0.1, 0.2]),
    "has_pii": False,
    "pii_entities": [],
    "has_violation": False,
    "violations": [],
    "has_error": True,
}
RESOURCE = {"service.name": "agent", "deployment.environment": "production"}


def traces(client: httpx.Client) -> list[dict[str, Any]]:
    body = {**WINDOW, "filters": []}
    listed: list[dict[str, Any]] = client.post("/sdk/traces", json=body).json()["data"]["data"]
    for trace in listed:
        del trace["cursor"]
    return listed


@pytest.mark.slow
@pytest.mark.parametrize("order", list(itertools.permutations([ROOT, CALL, FAILURE])))
def test_the_rollup_does_not_depend_on_the_order_of_ingest(
    order: tuple[Span, ...], client: httpx.Client, export: Export
) -> None:
    for span in order:
        export([span], RESOURCE)
    assert traces(client) == [EXPECTED]


def test_a_span_exported_twice_counts_once(client: httpx.Client, export: Export) -> None:
    export([ROOT, CALL, CALL], RESOURCE)
    export([CALL, FAILURE], RESOURCE)
    export([ROOT, CALL, FAILURE], RESOURCE)
    assert traces(client) == [EXPECTED]
    assert client.get("/usage/sessions/s", params=WINDOW).json()["data"]["requestsCount"] == 1


def test_without_a_root_the_earliest_orphan_gives_name_and_kind(client: httpx.Client, export: Export) -> None:
    """An orphan is a span whose parent has not arrived yet."""
    export([FAILURE, CALL])
    (trace,) = traces(client)
    assert (trace["name"], trace["kind"], trace["session_id"]) == ("call", "generation", "another")


def test_in_a_parent_cycle_the_earliest_span_gives_the_name(client: httpx.Client, export: Export) -> None:
    later = make_span(1, 1, parent=2, name="later", start_ns=START_NS + 5)
    export([later, make_span(1, 2, parent=1, name="early")])
    assert [trace["name"] for trace in traces(client)] == ["early"]


def test_a_trace_without_usage_has_null_counts_and_null_cost(client: httpx.Client, export: Export) -> None:
    export([make_span(1, 1)])
    (trace,) = traces(client)
    for name in ("prompt_tokens", "completion_tokens", "cached_tokens", "session_id", "service"):
        assert trace[name] is None
    assert (trace["total_tokens"], trace["total_cost"], trace["models"]) == (0, None, [])


@pytest.mark.slow
def test_costs_are_summed_exactly_in_any_order_of_ingest(client: httpx.Client, export: Export) -> None:
    chance = random.Random(7)
    costs = [chance.random() * 10.0 ** chance.randrange(-12, 6) for _ in range(300)]
    spans = [
        make_span(number % 9 + 1, number + 1, {"gen_ai.usage.cost": cost, "session.id": "s"})
        for number, cost in enumerate(costs)
    ]
    chance.shuffle(spans)
    for first in range(0, 300, 37):
        export(spans[first : first + 37])
    assert client.get("/usage/sessions/s", params=WINDOW).json()["data"]["totalCost"] == math.fsum(costs)
    for trace in traces(client):
        number = int(trace["id"], 16)
        assert trace["total_cost"] == math.fsum(costs[number - 1 :: 9])


def test_the_spans_of_a_trace_are_returned_as_sent(client: httpx.Client, export: Export) -> None:
    export([ROOT, CALL, FAILURE], RESOURCE)
    listed = client.get(f"/sdk/traces/{trace_id(1)}/spans").json()["data"]["data"]
    assert [span["name"] for span in listed] == ["failing call", "root", "call"]
    failing, root, call = listed
    assert root["parent_span_id"] is None
    assert call["parent_span_id"] == span_id(1)
    assert (root["status"], failing["status"]) == ("UNSET", "ERROR")
    assert (call["start_time_ms"], call["end_time_ms"], call["latency_ms"]) == (
        "2026-01-01T00:00:00.002Z",
        "2026-01-01T00:00:00.005Z",
        3.0,
    )
    assert root["latency_ms"] == 0.5
    assert (call["model_name"], call["total_tokens"], call["total_cost"]) == ("small", 15, 0.1)
    assert (root["total_tokens"], root["total_cost"], root["model_name"]) == (None, None, None)


def test_an_end_before_the_start_gives_no_negative_latency(client: httpx.Client, export: Export) -> None:
    span = make_span(1, 1)
    span.end_time_unix_nano = 0
    export([span])
    (trace,) = traces(client)
    assert (trace["latency_ms"], trace["end_time"]) == (0.0, trace["start_time"])


@pytest.mark.slow
def test_a_restart_keeps_all_data_and_cursors(tmp_path: Any) -> None:
    path = tmp_path / "kept.db"
    spans = [make_span(number, number, {"session.id": "s"}) for number in range(1, 8)]
    seen = []
    request: dict[str, Any] = {**WINDOW, "filters": [], "pagination": {"limit": 2}}
    with LocalServer(db=path) as server, contract_client(server) as client:
        headers = {"content-type": PROTOBUF}
        client.post("/telemetry/v1/traces", content=body_of(spans), headers=headers)
    while True:
        with LocalServer(db=path) as server, contract_client(server) as client:
            assert client.get("/usage/sessions/s", params=WINDOW).json()["data"]["requestsCount"] == 7
            page = client.post("/sdk/traces", json=request).json()["data"]
        seen += [trace["id"] for trace in page["data"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        request["pagination"]["cursor"] = page["data"][-1]["cursor"]
    assert seen == [trace_id(number) for number in range(7, 0, -1)]
