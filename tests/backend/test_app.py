"""Routing, the check of the API key, and errors as JSON."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from netra.local import LocalServer

from .conftest import Export
from .contract import contract_client
from .otlp import PROTOBUF, WINDOW, body_of, make_span

TRACES: dict[str, Any] = {**WINDOW, "filters": []}

UNUSUAL_IDS = [
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


@pytest.mark.slow
@pytest.mark.parametrize("unusual_id", UNUSUAL_IDS)
def test_an_id_is_one_path_segment_with_any_characters(
    unusual_id: str, client: httpx.Client, export: Export
) -> None:
    usage = {"gen_ai.usage.input_tokens": 1}
    export(
        [
            make_span(1, 1, {"netra.session_id": unusual_id, "netra.tenant_id": unusual_id, **usage}),
            make_span(2, 2, {"netra.session_id": "other", "netra.tenant_id": "other", **usage}),
        ]
    )
    segment = quote(unusual_id, safe="").replace(".", "%2E")
    session = client.get(f"/usage/sessions/{segment}", params=WINDOW)
    assert session.json()["data"]["session_id"] == unusual_id
    assert session.json()["data"]["tokenCount"] == 1
    tenant = client.get(f"/usage/tenants/{segment}", params=WINDOW)
    assert tenant.json()["data"]["tenant_id"] == unusual_id
    assert client.get(f"/sdk/traces/{segment}/spans").json()["data"]["data"] == []
    filters = [{"field": "session_id", "operator": "equals", "type": "string", "value": unusual_id}]
    listed = client.post("/sdk/traces", json={**TRACES, "filters": filters}).json()["data"]["data"]
    assert [trace["session_id"] for trace in listed] == [unusual_id]


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
def test_unknown_paths_and_undecodable_ids_are_rejected(
    path: str, status: int, empty_client: httpx.Client
) -> None:
    host, port = empty_client.base_url.host, empty_client.base_url.port
    response = empty_client.get(f"http://{host}:{port}{path}")
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
def test_a_wrong_method_is_rejected_with_the_allowed_ones(
    method: str, path: str, allowed: set[str], empty_client: httpx.Client
) -> None:
    response = empty_client.request(method, path)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.slow
@pytest.mark.parametrize("key", ["secret", "schlüssel"])
def test_with_an_api_key_every_request_must_send_it(key: str) -> None:
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


def test_without_an_api_key_any_key_is_accepted(client: httpx.Client) -> None:
    for headers in ({}, {"x-api-key": "any"}):
        assert client.post("/sdk/traces", json=TRACES, headers=headers).status_code == 200


def test_an_unexpected_error_is_a_500_in_json_and_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "broken.db"
    with LocalServer(db=path) as server, contract_client(server) as client:
        db = sqlite3.connect(path)
        db.execute("DROP TABLE span")
        db.close()
        response = client.get("/usage/sessions/s", params=WINDOW)
        assert response.status_code == 500
        assert "no such table: span" not in response.text
        assert client.post("/sdk/traces", json=TRACES).status_code == 200
    assert "no such table: span" in caplog.text
