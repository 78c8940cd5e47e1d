"""Whatever is wrong with a request is refused, with a reason, and never a failure of the server."""

from __future__ import annotations

import base64
import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from netra.local import LocalServer

from .conftest import Export
from .contract import contract_client
from .otlp import PROTOBUF, WINDOW, body_of, make_span, trace_id

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
def test_a_bad_window_is_refused_by_every_operation_that_takes_one(
    change: dict[str, Any], refusing: httpx.Client
) -> None:
    window = {**WINDOW, **change}
    for response in (
        refusing.get("/usage/sessions/s", params=window),
        refusing.get("/usage/tenants/t", params=window),
        refusing.post("/sdk/traces", json={**TRACES, **window}),
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
def test_a_usage_request_takes_its_two_parameters_and_nothing_else(
    query: str, refusing: httpx.Client
) -> None:
    assert refusing.get(f"/usage/sessions/s?{query}").status_code == 400


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
def test_a_bad_span_listing_is_refused(query: str, refusing: httpx.Client) -> None:
    assert refusing.get(f"/sdk/traces/{trace_id(1)}/spans?{query}").status_code == 400


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"startTime": "absent"}, "startTime"),
        ({"filters": "absent"}, "filters"),
        ({"filters": None}, "filters"),
        ({"filters": {}}, "filters"),
        ({"filters": [{}]}, "filters[0]"),
        ({"filters": [7]}, "filters[0]"),
        ({"unheardOf": 1}, "unheardOf"),
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
def test_a_bad_trace_listing_is_refused_and_told_where_it_is_bad(
    change: dict[str, Any], reason: str, refusing: httpx.Client
) -> None:
    body = {key: value for key, value in {**TRACES, **change}.items() if value != "absent"}
    response = refusing.post("/sdk/traces", json=body)
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
def test_what_is_not_a_json_object_is_refused(body: bytes, refusing: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    assert refusing.post("/sdk/traces", content=body, headers=headers).status_code == 400


def test_a_listing_in_another_content_type_or_encoding_is_refused(refusing: httpx.Client) -> None:
    body = json.dumps(TRACES).encode()
    for headers in (
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/json", "content-encoding": "br"},
    ):
        assert refusing.post("/sdk/traces", content=body, headers=headers).status_code == 400


HOSTILE_IDS = [
    "a/b",
    "../x",
    "..",
    ".",
    "?",
    "#",
    "%2F",
    "%",
    "a b",
    "a+b",
    "a/",
    "/",
    "/spans",
    "\x00",
    "a\nb",
    "ünïcödé \U0001f600",
    "' OR 1=1 --",
    "x" * 2000,
]


@pytest.mark.parametrize("hostile", HOSTILE_IDS)
def test_an_id_is_one_path_segment_whatever_is_in_it(
    hostile: str, client: httpx.Client, export: Export
) -> None:
    usage = {"gen_ai.usage.input_tokens": 1}
    export(
        [
            make_span(1, 1, {"netra.session_id": hostile, "netra.tenant_id": hostile, **usage}),
            make_span(2, 2, {"netra.session_id": "other", "netra.tenant_id": "other", **usage}),
        ]
    )
    segment = quote(hostile, safe="").replace(".", "%2E")
    session = client.get(f"/usage/sessions/{segment}", params=WINDOW)
    assert session.json()["data"]["session_id"] == hostile
    assert session.json()["data"]["tokenCount"] == 1
    tenant = client.get(f"/usage/tenants/{segment}", params=WINDOW)
    assert tenant.json()["data"]["tenant_id"] == hostile
    assert client.get(f"/sdk/traces/{segment}/spans").json()["data"]["data"] == []
    filters = [{"field": "session_id", "operator": "equals", "type": "string", "value": hostile}]
    listed = client.post("/sdk/traces", json={**TRACES, "filters": filters}).json()["data"]["data"]
    assert [trace["session_id"] for trace in listed] == [hostile]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/usage/sessions/", 400),
        ("/usage/sessions/%ff", 400),
        ("/usage/sessions/%zz", 400),
        ("/usage/sessions/%", 400),
        ("/usage/sessions/a/", 404),
        ("/usage/sessions/a/b", 404),
        ("/usage/sessions", 404),
        ("/sdk/traces//spans", 400),
        ("/sdk/traces/a/b/spans", 404),
        ("/sdk/traces/a/spans/", 404),
        ("/sdk/traces/", 404),
        ("/", 404),
        ("/telemetry", 404),
        ("/telemetry/v1/traces/", 404),
        ("/%00", 404),
        ("//usage/sessions/a", 404),
    ],
)
def test_other_paths_and_unreadable_ids_are_refused(path: str, status: int, refusing: httpx.Client) -> None:
    host, port = refusing.base_url.host, refusing.base_url.port
    response = refusing.get(f"http://{host}:{port}{path}")
    assert response.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/sdk/traces", {"POST"}),
        ("PUT", "/sdk/traces", {"POST"}),
        ("GET", "/telemetry/v1/traces", {"POST"}),
        ("POST", "/usage/sessions/s", {"GET", "HEAD"}),
        ("DELETE", "/usage/tenants/t", {"GET", "HEAD"}),
        ("OPTIONS", "/sdk/traces/t/spans", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_refused_and_told_which_are_right(
    method: str, path: str, allowed: set[str], refusing: httpx.Client
) -> None:
    response = refusing.request(method, path)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize("key", ["secret", "schlüssel"])
def test_with_a_key_every_request_must_bring_it(key: str) -> None:
    good = {b"x-api-key": key.encode()}
    wrong: list[dict[bytes, bytes]] = [
        {},
        {b"x-api-key": b""},
        {b"x-api-key": key.encode() + b"x"},
        {b"x-api-key": key.upper().encode()},
        {b"x-api-key": "ключ".encode()},
        {b"x-api-key": b"\xff"},
        {b"authorization": b"Bearer " + key.encode()},
    ]
    body = body_of([make_span(1, 1, {"session.id": "s"})])
    with LocalServer(api_key=key) as server, contract_client(server) as client:
        for headers in wrong:
            for response in (
                client.post("/telemetry/v1/traces", content=body, headers=headers),
                client.post("/sdk/traces", json=TRACES, headers=headers),
                client.get("/usage/sessions/s", params=WINDOW, headers=headers),
                client.get("/usage/tenants/t", params=WINDOW, headers=headers),
                client.get("/sdk/traces/t/spans", headers=headers),
                client.get("/nowhere", headers=headers),
            ):
                assert response.status_code == 401
                assert key not in response.text
        protobuf = {**good, b"content-type": PROTOBUF.encode()}
        sent = client.post("/telemetry/v1/traces", content=body, headers=protobuf)
        assert sent.status_code == 200
        usage = client.get("/usage/sessions/s", params=WINDOW, headers=good)
        assert usage.json()["data"]["requestsCount"] == 1


def test_without_a_key_any_key_is_taken(client: httpx.Client) -> None:
    for headers in ({}, {"x-api-key": "whatever"}):
        assert client.post("/sdk/traces", json=TRACES, headers=headers).status_code == 200


def test_a_failure_of_the_server_is_a_500_in_json_and_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "broken.db"
    with LocalServer(db=path) as server, contract_client(server) as client:
        vandal = sqlite3.connect(path)
        vandal.execute("DROP TABLE span")
        vandal.close()
        response = client.get("/usage/sessions/s", params=WINDOW)
        assert response.status_code == 500
        assert "no such table: span" not in response.text
        assert client.post("/sdk/traces", json=TRACES).status_code == 200
    assert "no such table: span" in caplog.text


def test_a_listing_starts_with_the_newest_and_has_twenty_per_page(
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


def test_a_cursor_leads_back_up_as_well(client: httpx.Client, export: Export) -> None:
    export([make_span(number, number) for number in range(1, 10)])
    page = {"limit": 3}
    first = client.post("/sdk/traces", json={**TRACES, "pagination": page}).json()["data"]["data"]
    assert [trace["id"] for trace in first] == [trace_id(9), trace_id(8), trace_id(7)]
    back = {**page, "cursor": first[2]["cursor"], "direction": "up"}
    body = client.post("/sdk/traces", json={**TRACES, "pagination": back}).json()["data"]
    assert [trace["id"] for trace in body["data"]] == [trace_id(8), trace_id(9)]
    assert body["pageInfo"] == {"hasNextPage": False}
