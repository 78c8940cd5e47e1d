"""Invalid requests are rejected with a reason; none of them is an error of the server."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from .conftest import Export
from .otlp import WINDOW, make_span, trace_id

TRACES: dict[str, Any] = {**WINDOW, "filters": []}


def cursor(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def one_filter(**filter_: object) -> dict[str, Any]:
    complete = {"field": "name", "operator": "equals", "type": "string", "value": "x", **filter_}
    return {"filters": [{key: value for key, value in complete.items() if value != "absent"}]}


BAD_WINDOWS: list[dict[str, Any]] = [
    {"startTime": "2026-01-01"},
    {"startTime": "2026-01-01T00:00:00Z"},
    {"startTime": "2026-01-01T00:00:00.000+00:00"},
    {"startTime": "2026-01-01T00:00:00.000Z "},
    {"startTime": "2026-02-30T00:00:00.000Z"},
    {"startTime": "0000-01-01T00:00:00.000Z"},
    {"startTime": "2026-01-01T24:00:00.000Z"},
    {"startTime": "２０２６-01-01T00:00:00.000Z"},
    {"startTime": "1767225600000"},
    {"startTime": ""},
    {"endTime": "\x00"},
    {"startTime": "2026-01-02T00:00:00.000Z", "endTime": "2026-01-01T23:59:59.999Z"},
]


@pytest.mark.parametrize("change", BAD_WINDOWS)
def test_a_bad_window_is_rejected_by_every_operation(
    change: dict[str, Any], empty_client: httpx.Client
) -> None:
    window = {**WINDOW, **change}
    for response in (
        empty_client.get("/usage/sessions/s", params=window),
        empty_client.get("/usage/tenants/t", params=window),
        empty_client.post("/sdk/traces", json={**TRACES, **window}),
    ):
        assert response.status_code == 400
        assert "Time" in response.json()["message"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "startTime=2026-01-01T00:00:00.000Z",
        "endTime=2026-01-01T00:00:00.000Z",
        "startTime=2026-01-01T00:00:00.000Z&endTime=2026-01-01T00:00:00.000Z&other=1",
        "startTime=2026-01-01T00:00:00.000Z&endTime=2026-01-01T00:00:00.000Z"
        "&startTime=2026-01-01T00:00:00.000Z",
        "startTime=%ff&endTime=2026-01-01T00:00:00.000Z",
    ],
)
def test_a_usage_request_needs_exactly_its_two_parameters(query: str, empty_client: httpx.Client) -> None:
    assert empty_client.get(f"/usage/sessions/s?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=",
        "limit=1.0",
        "limit=%2B1",
        "limit=-1",
        "limit=" + "9" * 5000,
        "limit=٣",
        "direction=left",
        "direction=",
        "cursor=",
        "cursor=x",
        "cursor=%00",
        "cursor=" + cursor("00", 1, "00"),
        "cursor=" + cursor(trace_id(1), 2**70, "00"),
        "cursor=" + cursor(trace_id(1), True, "00"),
        "cursor=" + cursor("start_time", "desc", 1, "00", 1),
        "limit=1&limit=2",
        "unknown=1",
    ],
)
def test_a_bad_request_for_spans_is_rejected(query: str, empty_client: httpx.Client) -> None:
    assert empty_client.get(f"/sdk/traces/{trace_id(1)}/spans?{query}").status_code == 400


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"startTime": "absent"}, "startTime"),
        ({"filters": "absent"}, "filters"),
        ({"filters": None}, "filters"),
        ({"filters": {}}, "filters"),
        ({"filters": [{}]}, "filters[0]"),
        ({"filters": [7]}, "filters[0]"),
        ({"unknownField": 1}, "unknownField"),
        ({"sortField": "colour"}, "sortField"),
        ({"sortField": "trace_id; DROP TABLE trace"}, "sortField"),
        ({"sortOrder": "up"}, "sortOrder"),
        ({"sortOrder": None}, "sortOrder"),
        ({"pagination": None}, "pagination"),
        ({"pagination": {"limit": 0}}, "limit"),
        ({"pagination": {"limit": 101}}, "limit"),
        ({"pagination": {"limit": True}}, "limit"),
        ({"pagination": {"limit": "10"}}, "limit"),
        ({"pagination": {"limit": 10**400}}, "limit"),
        ({"pagination": {"direction": "left"}}, "direction"),
        ({"pagination": {"offset": 5}}, "offset"),
        ({"pagination": {"cursor": ""}}, "cursor"),
        ({"pagination": {"cursor": "x"}}, "cursor"),
        ({"pagination": {"cursor": "ÿ"}}, "cursor"),
        ({"pagination": {"cursor": cursor("start_time", "desc", "1", "00", 0)}}, "cursor"),
        ({"pagination": {"cursor": cursor("start_time", "desc", 1.5, "00", 0)}}, "cursor"),
        ({"pagination": {"cursor": cursor("start_time", "desc", True, "00", 0)}}, "cursor"),
        ({"pagination": {"cursor": cursor("start_time", "desc", 2**80, "00", 0)}}, "cursor"),
        ({"pagination": {"cursor": cursor("start_time", "desc", 1, None, 0)}}, "cursor"),
        ({"pagination": {"cursor": cursor("start_time", "desc", 1, "00", 2**80)}}, "cursor"),
        ({"pagination": {"cursor": cursor("start_time", "desc", 1, "00", 99)}}, "another database"),
        ({"pagination": {"cursor": cursor("start_time", "desc", 1, "00", -1)}}, "expired"),
        ({"pagination": {"cursor": cursor("name", "desc", "a", "00", 0)}}, "sortField name"),
        ({"pagination": {"cursor": cursor("start_time", "asc", 1, "00", 0)}}, "sortOrder asc"),
        ({"pagination": {"cursor": cursor("00", 1, "00")}}, "cursor"),
        (one_filter(field="colour"), "known are"),
        (one_filter(field="latency_ms", type="number", value=1), "known are"),
        (one_filter(operator="is"), "operator"),
        (one_filter(type="text"), "type"),
        (one_filter(type="number", value=1), "type"),
        (one_filter(operator="greater_than"), "does not fit"),
        (one_filter(value=1), "text"),
        (one_filter(value=None), "text"),
        (one_filter(value="absent"), "text"),
        (one_filter(operator="any_of"), "list"),
        (one_filter(operator="any_of", value=[1]), "text"),
        (one_filter(operator="any_of", value=["x"] * 501), "500"),
        (one_filter(operator="is_null"), "none"),
        (one_filter(key="k"), "key"),
        (one_filter(field="total_cost", type="number", value="1"), "number"),
        (one_filter(field="total_cost", type="number", value=True), "number"),
        (one_filter(field="total_cost", type="number", value=10**400), "range"),
        (one_filter(field="total_cost", type="number", operator="contains", value=1), "not fit"),
        (one_filter(field="has_error", type="boolean", value=1), "true or false"),
        (one_filter(field="has_error", type="boolean", operator="less_than"), "not fit"),
        (one_filter(field="models", type="arrayOptions", operator="starts_with"), "not fit"),
        (one_filter(field="models", type="string"), "arrayOptions"),
        (one_filter(field="metadata", type="object"), "key"),
        (one_filter(field="name", type="object", key="k"), "object"),
        (one_filter(field="metadata", type="object", key="k", value={}), "number"),
        (one_filter(field="metadata", type="object", key="k", value=None), "number"),
        (one_filter(field="k", type="attributeKey", operator="less_than"), "not fit"),
        ({"filters": one_filter()["filters"] * 51}, "50"),
    ],
)
def test_a_bad_request_for_traces_is_rejected_with_the_bad_field(
    change: dict[str, Any], reason: str, empty_client: httpx.Client
) -> None:
    body = {key: value for key, value in {**TRACES, **change}.items() if value != "absent"}
    response = empty_client.post("/sdk/traces", json=body)
    assert response.status_code == 400
    assert reason in response.json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"startTime": NaN}',
        b'{"\\ud800": 1}',
        b"[" * 100_000,
        b"1" * 5000,
    ],
)
def test_a_body_that_is_no_json_object_is_rejected(body: bytes, empty_client: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    assert empty_client.post("/sdk/traces", content=body, headers=headers).status_code == 400


def test_an_unsupported_content_type_or_encoding_is_rejected(empty_client: httpx.Client) -> None:
    """The contract has the status 400 for it, not 415."""
    body = json.dumps(TRACES).encode()
    for headers in (
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json", "content-encoding": "br"},
    ):
        assert empty_client.post("/sdk/traces", content=body, headers=headers).status_code == 400


def test_traces_are_newest_first_with_twenty_per_page_by_default(
    client: httpx.Client, export: Export
) -> None:
    export([make_span(number, number, start_ns=number * 10**18 // 2) for number in (1, 2, 3)])
    export([make_span(number, number) for number in range(4, 30)])
    first = client.post("/sdk/traces", json=TRACES).json()["data"]
    assert [trace["id"] for trace in first["data"]] == [trace_id(29 - n) for n in range(20)]
    assert first["pageInfo"] == {"hasNextPage": True}
    # The documented second page names neither the sort nor the filters again.
    again = {**TRACES, "pagination": {"cursor": first["data"][-1]["cursor"], "direction": "down"}}
    second = client.post("/sdk/traces", json=again).json()["data"]
    assert [trace["id"] for trace in second["data"]] == [trace_id(9 - n) for n in range(6)]
    assert second["pageInfo"] == {"hasNextPage": False}


def test_a_cursor_also_pages_up(client: httpx.Client, export: Export) -> None:
    export([make_span(number, number) for number in range(1, 10)])
    page = {"limit": 3}
    first = client.post("/sdk/traces", json={**TRACES, "pagination": page}).json()["data"]["data"]
    assert [trace["id"] for trace in first] == [trace_id(9), trace_id(8), trace_id(7)]
    back = {**page, "cursor": first[2]["cursor"], "direction": "up"}
    body = client.post("/sdk/traces", json={**TRACES, "pagination": back}).json()["data"]
    assert [trace["id"] for trace in body["data"]] == [trace_id(8), trace_id(9)]
    assert body["pageInfo"] == {"hasNextPage": False}
