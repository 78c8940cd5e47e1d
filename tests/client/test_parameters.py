"""What is sent: method, path, query and body of every call, for all combinations of arguments."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from netra import InvalidRequestError, Netra
from tests.support.methods import get_method
from tests.support.rows import END, START, page, requested_id, session_usage, tenant_usage
from tests.support.scripted import Reply, Request, Scripted, ScriptedServer, respond

ENDPOINTS = {"{}": "", "{}/": "", "{}/telemetry": "", "{}/base/telemetry/": "/base"}

FILTERS = {"trace_id": "t-1", "session_id": "s/1", "user_id": "ü", "tenant_id": "a=b,c"}
PAGINATION = {"limit": 7, "cursor": "c?1", "direction": "up"}
SORTING = {"sort_field": ("sortField", "total_cost"), "sort_order": ("sortOrder", "asc")}


def reply(request: Request) -> Reply:
    if "/sessions/" in request.path:
        return respond({"data": session_usage(session_id=requested_id(request.path))})
    if "/tenants/" in request.path:
        return respond({"data": tenant_usage(tenant_id=requested_id(request.path))})
    return respond(page([]))


@pytest.fixture
def server(scripted: Scripted) -> ScriptedServer:
    return scripted(reply)


@pytest.fixture(params=ENDPOINTS)
def setup(
    server: ScriptedServer, request: pytest.FixtureRequest
) -> Iterator[tuple[Netra, ScriptedServer, str]]:
    with Netra(endpoint=request.param.format(server.url), api_key="the-key") as client:
        yield client, server, ENDPOINTS[request.param]


Setup = tuple[Netra, ScriptedServer, str]


def combinations(optional: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every subset of the optional arguments."""
    for size in range(len(optional) + 1):
        for names in itertools.combinations(optional, size):
            yield {name: optional[name] for name in names}


def expected_traces_body(arguments: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "startTime": START,
        "endTime": END,
        "filters": [
            {"field": name, "operator": "equals", "type": "string", "value": arguments[name]}
            for name in ("trace_id", "session_id", "user_id", "tenant_id")
            if name in arguments
        ],
    }
    pagination = {name: arguments[name] for name in PAGINATION if name in arguments}
    if "direction" not in arguments:
        pagination["direction"] = "down"
    elif arguments["direction"] is None:
        del pagination["direction"]
    if pagination:
        body["pagination"] = pagination
    body.update({SORTING[name][0]: arguments[name] for name in SORTING if name in arguments})
    return body


@pytest.mark.slow
def test_traces_requests_for_every_combination_of_arguments(setup: Setup) -> None:
    client, server, base = setup
    optional = {**FILTERS, **PAGINATION, **{name: value for name, (_, value) in SORTING.items()}}
    # The arguments are in the body and the base is in the path: one base meets all combinations.
    for arguments in itertools.islice(combinations(optional), 0, None, 1 if base else 7):
        for method in (client.usage.list_traces, client.usage.iter_traces):
            list(method(START, END, **arguments))
            sent = server.requests.pop()
            assert (sent.method, sent.target) == ("POST", f"{base}/sdk/traces")
            iterates = method == client.usage.iter_traces
            assert sent.json == expected_traces_body({"limit": 100, **arguments} if iterates else arguments)
            assert sent.headers["content-type"] == "application/json"
    assert server.requests == []


def test_none_direction_and_empty_pagination_are_omitted(setup: Setup) -> None:
    client, server, _ = setup
    client.usage.list_traces(START, END, direction=None)
    assert server.requests.pop().json == {"startTime": START, "endTime": END, "filters": []}
    client.usage.list_spans_by_trace_id("t", direction=None)
    assert server.requests.pop().query == {}


def test_spans_requests_for_every_combination_of_arguments(setup: Setup) -> None:
    client, server, base = setup
    for arguments in combinations({**PAGINATION, "span_name": "openai.chat & co"}):
        for method in (client.usage.list_spans_by_trace_id, client.usage.iter_spans_by_trace_id):
            list(method("trace 1", **arguments))
            sent = server.requests.pop()
            assert (sent.method, sent.path) == ("GET", f"{base}/sdk/traces/trace%201/spans")
            assert sent.body == b""
            names = {"span_name": "spanName"}
            large = {"limit": 100} if method == client.usage.iter_spans_by_trace_id else {}
            expected = {"direction": "down", **large, **arguments}
            assert sent.query == {names.get(name, name): str(value) for name, value in expected.items()}


@pytest.mark.parametrize(
    ("method", "segment"), [("get_session_usage", "sessions"), ("get_tenant_usage", "tenants")]
)
def test_usage_requests_send_the_id_and_the_window(setup: Setup, method: str, segment: str) -> None:
    client, server, base = setup
    get_method(client.usage, method)("AceTech", START, END)
    sent = server.requests.pop()
    assert (sent.method, sent.path, sent.body) == ("GET", f"{base}/usage/{segment}/AceTech", b"")
    assert sent.query == {"startTime": START, "endTime": END}


def test_arguments_can_be_positional(setup: Setup) -> None:
    client, server, _ = setup
    client.usage.list_traces(START, END, "t-1", "s/1", "ü", "a=b,c", 7, "c?1", "up", "total_cost", "asc")
    everything = {**FILTERS, **PAGINATION, **{name: value for name, (_, value) in SORTING.items()}}
    assert server.requests.pop().json == expected_traces_body(everything)
    client.usage.list_spans_by_trace_id("t", "c?1", "up", 7, "chat")
    assert server.requests.pop().query == {
        "cursor": "c?1",
        "direction": "up",
        "limit": "7",
        "spanName": "chat",
    }


@pytest.mark.parametrize(
    "identifier", ["../x", "a/b", "?", "#", "%2F", "a b", "ü", ";", "a\x00b", "~", "...", "\r\n"]
)
def test_an_id_stays_one_segment_of_the_path(setup: Setup, identifier: str) -> None:
    client, server, base = setup
    segment = quote(identifier, safe="")
    client.usage.get_session_usage(identifier, START, END)
    assert server.requests.pop().path == f"{base}/usage/sessions/{segment}"
    client.usage.get_tenant_usage(identifier, START, END)
    assert server.requests.pop().path == f"{base}/usage/tenants/{segment}"
    client.usage.list_spans_by_trace_id(identifier)
    assert server.requests.pop().path == f"{base}/sdk/traces/{segment}/spans"


def test_headers_hold_the_key_and_the_app_name(server: ScriptedServer) -> None:
    with Netra(
        endpoint=server.url, api_key="the-key", app_name="billing (ü)\r\n", headers={"X-Team": "ops"}
    ) as client:
        client.usage.list_spans_by_trace_id("t")
    headers = server.requests.pop().headers
    assert headers["x-api-key"] == "the-key"
    assert headers["x-team"] == "ops"
    assert headers["user-agent"].startswith("netra-sdk-python/")
    assert headers["user-agent"].endswith(" (billing %28%C3%BC%29%0D%0A)")


BAD_FOR_TRACES: list[dict[str, Any]] = [
    {"limit": 0},
    {"limit": -1},
    {"limit": 101},
    {"limit": True},
    {"limit": 1.0},
    {"limit": "10"},
    {"cursor": ""},
    {"trace_id": ""},
    {"tenant_id": 5},
    {"direction": "sideways"},
    {"direction": ""},
    {"sort_order": "DESC"},
    {"sort_field": ""},
    {"start_time": "yesterday"},
    {"end_time": "2025-01-01"},
]
BAD_FOR_SPANS: list[dict[str, Any]] = [
    {"trace_id": ""},
    {"limit": 0},
    {"limit": True},
    {"span_name": ""},
    {"direction": "left"},
]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("get_session_usage", {"session_id": ""}, "session_id"),
    ("get_session_usage", {"session_id": None}, "session_id"),
    ("get_session_usage", {"session_id": ".."}, "session_id"),
    ("get_session_usage", {"session_id": "\ud800"}, "session_id"),
    ("get_session_usage", {"session_id": 7}, "session_id"),
    ("get_tenant_usage", {"tenant_id": ""}, "tenant_id"),
    ("get_tenant_usage", {"tenant_id": "."}, "tenant_id"),
    *[(method, bad, next(iter(bad))) for method in ("list_traces", "iter_traces") for bad in BAD_FOR_TRACES],
    *[
        (method, {"trace_id": "t", **bad}, next(iter(bad)))
        for method in ("list_spans_by_trace_id", "iter_spans_by_trace_id")
        for bad in BAD_FOR_SPANS
    ],
]


@pytest.mark.parametrize(("method", "arguments", "culprit"), REFUSED)
def test_bad_input_is_rejected_by_name_before_any_request(
    server: ScriptedServer, method: str, arguments: dict[str, Any], culprit: str
) -> None:
    window: dict[str, Any] = {} if "spans" in method else {"start_time": START, "end_time": END}
    with Netra(endpoint=server.url) as client, pytest.raises(InvalidRequestError, match=culprit) as caught:
        get_method(client.usage, method)(**{**window, **arguments})
    assert isinstance(caught.value, ValueError)
    assert server.requests == []


def test_an_iterator_sends_nothing_before_its_first_row(server: ScriptedServer) -> None:
    with Netra(endpoint=server.url) as client:
        traces = client.usage.iter_traces(START, END)
        assert server.requests == []
        assert next(traces, None) is None
        assert len(server.requests) == 1
