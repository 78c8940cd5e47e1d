"""Pages of the origins that were named, and of no others, may call the server from a browser."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from netra.local import LocalServer
from netra.local.__main__ import main
from netra.local._store import Store

from .command import command
from .contract import check_response
from .otlp import PROTOBUF, WINDOW, body_of, make_span

KEY = "sk-7f3a-secret"
PAGE = "http://localhost:5173"
OTHER_PAGE = "https://app.example.com"
STRANGER = "https://evil.example.com"
EXPORT = "/telemetry/v1/traces"
SESSION = "/usage/sessions/s"
TRACES: dict[str, Any] = {**WINDOW, "filters": []}

CORS = re.compile("access-control-.*|vary", re.IGNORECASE)
ALLOWED = {"access-control-expose-headers": "retry-after, x-request-id", "vary": "Origin"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of a server that asks for a key and allows two origins; all tests of the module share it."""
    with LocalServer(api_key=KEY, cors_origins=[PAGE, OTHER_PAGE]) as server:
        yield server.url


def cors_headers(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if CORS.fullmatch(name)}


def preflight(url: str, path: str, method: str = "POST", origin: str = PAGE) -> httpx.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": "content-type,x-api-key",
    }
    return httpx.options(f"{url}{path}", headers=headers)


def send(
    url: str, method: str, path: str, origin: str | None = PAGE, key: str = KEY, **arguments: Any
) -> Any:
    headers = {"x-api-key": key, **arguments.pop("headers", {})}
    if origin is not None:
        headers["origin"] = origin
    return httpx.request(method, f"{url}{path}", headers=headers, **arguments)


# ---------------------------------------------------------------- preflights


@pytest.mark.parametrize("origin", [PAGE, OTHER_PAGE])
@pytest.mark.parametrize(
    ("path", "method"),
    [(EXPORT, "POST"), (SESSION, "GET"), ("/sdk/traces", "POST"), ("/sdk/traces/a%2Fb/spans", "GET")],
)
def test_a_preflight_is_answered_before_the_key_is_checked(
    url: str, path: str, method: str, origin: str
) -> None:
    response = preflight(url, path, method, origin)
    assert (response.status_code, response.content) == (204, b"")
    assert cors_headers(response) == {
        **ALLOWED,
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "x-api-key, content-type, content-encoding",
        "access-control-max-age": "600",
    }
    assert response.headers["x-request-id"]


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "http://localhost", f"{PAGE}/", f"{PAGE}0", PAGE.upper(), "*"]
)
def test_a_preflight_of_another_origin_is_refused_with_advice(url: str, origin: str) -> None:
    response = preflight(url, SESSION, "GET", origin)
    assert cors_headers(response) == {"vary": "Origin"}
    assert response.status_code == 403
    check_response(response)
    assert f"--cors-origin {origin}" in response.json()["message"]


@pytest.mark.parametrize("headers", [{}, {"origin": PAGE}, {"access-control-request-method": "GET"}])
def test_an_options_request_that_is_no_preflight_needs_the_key(url: str, headers: dict[str, str]) -> None:
    assert httpx.options(f"{url}{SESSION}", headers=headers).status_code == 401
    response = httpx.options(f"{url}{SESSION}", headers={**headers, "x-api-key": KEY})
    assert response.status_code == 405


# ---------------------------------------------------------------- other requests


def test_a_page_exports_and_reads(url: str) -> None:
    body = body_of([make_span(1, 1, {"session.id": "s"})])
    exported = send(url, "POST", EXPORT, content=body, headers={"content-type": PROTOBUF})
    read = send(url, "GET", SESSION, params=WINDOW)
    listed = send(url, "POST", "/sdk/traces", OTHER_PAGE, json=TRACES)
    assert (exported.status_code, read.status_code, listed.status_code) == (200, 200, 200)
    assert read.json()["data"]["requestsCount"] == 1
    for response, origin in ((exported, PAGE), (read, PAGE), (listed, OTHER_PAGE)):
        assert cors_headers(response) == {**ALLOWED, "access-control-allow-origin": origin}


FAILURES: list[tuple[int, str, str, dict[str, Any]]] = [
    (401, "GET", SESSION, {"key": "wrong"}),
    (401, "POST", EXPORT, {"key": "wrong"}),
    (400, "GET", SESSION, {"params": {"startTime": "soon"}}),
    (400, "POST", "/sdk/traces", {"json": {}}),
    (404, "GET", "/nowhere", {}),
    (405, "DELETE", SESSION, {}),
    (415, "POST", EXPORT, {"content": b"x", "headers": {"content-type": "text/plain"}}),
    (400, "POST", EXPORT, {"content": b"x", "headers": {"content-type": PROTOBUF}}),
]


@pytest.mark.parametrize(("status", "method", "path", "arguments"), FAILURES)
def test_a_page_can_read_errors(
    url: str, status: int, method: str, path: str, arguments: dict[str, Any]
) -> None:
    response = send(url, method, path, **arguments)
    assert response.status_code == status
    assert cors_headers(response) == {**ALLOWED, "access-control-allow-origin": PAGE}


@pytest.mark.parametrize("origin", [STRANGER, "null", None])
def test_a_page_of_another_origin_can_read_nothing(url: str, origin: str | None) -> None:
    for arguments in ({}, {"key": "wrong"}):
        response = send(url, "GET", SESSION, origin, params=WINDOW, **arguments)
        assert cors_headers(response) == {"vary": "Origin"}


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(Store, "session_usage", fail)


@pytest.mark.usefixtures("failing")
def test_a_page_can_read_an_unexpected_error_whose_id_is_in_the_log(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    response = send(url, "GET", SESSION, params=WINDOW)
    assert response.status_code == 500
    assert cors_headers(response) == {**ALLOWED, "access-control-allow-origin": PAGE}
    (record,) = (record for record in caplog.records if record.levelno >= logging.ERROR)
    assert response.headers["x-request-id"] in record.getMessage()


@pytest.mark.slow
def test_a_page_can_read_injected_faults() -> None:
    """And knows from `Retry-After` how long to wait."""
    seen = set()
    with LocalServer(faults=1, faults_seed=3, cors_origins=[PAGE]) as server, httpx.Client() as client:
        for _ in range(40):
            try:
                with client.stream(
                    "GET", f"{server.url}{SESSION}", params=WINDOW, headers={"origin": PAGE}
                ) as got:
                    seen.add(got.status_code)
                    assert cors_headers(got) == {**ALLOWED, "access-control-allow-origin": PAGE}
                    assert got.headers["x-request-id"]
                    assert ("retry-after" in got.headers) == (got.status_code == 429)
            except httpx.TransportError:
                pass
            assert preflight(server.url, SESSION).status_code == 204, "a preflight meets no fault"
    assert seen == {200, 429, 503}


def test_all_origins_are_allowed_where_that_was_written() -> None:
    with LocalServer(api_key=KEY, cors_origins=["*"]) as server:
        for origin in (PAGE, STRANGER, "null"):
            assert preflight(server.url, SESSION, "GET", origin).headers["access-control-allow-origin"] == "*"
            response = send(server.url, "GET", SESSION, origin, params=WINDOW)
            assert cors_headers(response) == {**ALLOWED, "access-control-allow-origin": "*"}
            assert send(server.url, "GET", SESSION, origin, "wrong").status_code == 401


def test_without_the_option_there_is_no_such_header() -> None:
    with LocalServer(api_key=KEY) as server:
        answered = [
            preflight(server.url, SESSION, "GET"),
            send(server.url, "GET", SESSION, params=WINDOW),
            send(server.url, "GET", SESSION, key="wrong"),
            send(server.url, "GET", "/nowhere"),
        ]
    assert [response.status_code for response in answered] == [401, 200, 401, 404]
    assert [cors_headers(response) for response in answered] == [{}] * 4


# ---------------------------------------------------------------- ids of requests


def test_every_response_has_an_id_of_its_own(url: str) -> None:
    ids = [
        send(url, "GET", path, key=key).headers["x-request-id"]
        for path in (SESSION, "/")
        for key in (KEY, "")
    ]
    assert len(set(ids)) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", found) for found in ids)


# ---------------------------------------------------------------- what is an origin


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "https://a-b.example.com",
        "http://[::1]:5173",
        "http://10.0.0.1:1",
        "tauri://localhost",
    ],
)
def test_an_origin_is_taken_as_browsers_send_it(origin: str) -> None:
    LocalServer(cors_origins=[origin])


@pytest.mark.parametrize(
    ("origin", "advice"),
    [
        ("http://localhost:5173/", "write 'http://localhost:5173'"),
        ("http://localhost:5173/index.html", "write 'http://localhost:5173'"),
        ("http://localhost:5173?", "write 'http://localhost:5173'"),
        (" http://localhost:5173\n", "write 'http://localhost:5173'"),
        ("HTTPS://App.Example.com", "write 'https://app.example.com'"),
        ("http://localhost:80", "write 'http://localhost'"),
        ("https://user@app.example.com:443", "write 'https://app.example.com'"),
        ("https://[::1]:443", r"write 'https://\[::1\]'"),
        ("localhost:5173", "write 'http://localhost:5173'"),
        ("localhost", "write 'http"),
        ("http://", "write 'http"),
        ("http://localhost:99999", "write 'http"),
        ("http://localhost:0", "write 'http"),
        ("http://[::1", "write 'http"),
        ("https://*.example.com", "write 'http"),
        ("https://exämple.com", "write 'http"),
        ("null", "write 'http"),
        ("", "write 'http"),
    ],
)
def test_what_no_browser_sends_as_an_origin_is_refused_with_advice(origin: str, advice: str) -> None:
    with pytest.raises(ValueError, match=f"not an origin as browsers send it.*{advice}"):
        LocalServer(cors_origins=[PAGE, origin])


def test_one_text_is_not_a_list_of_origins() -> None:
    with pytest.raises(ValueError, match=r"write \['http://localhost:5173'\]"):
        LocalServer(cors_origins=PAGE)


def test_the_command_refuses_an_invalid_origin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = tmp_path / "db"
    assert (
        main(["--db", str(db), "--port", "0", "--cors-origin", PAGE, "--cors-origin", "localhost:5173"]) == 1
    )
    assert "cannot start: 'localhost:5173' is not an origin" in capsys.readouterr().err
    assert not db.exists()


@pytest.mark.slow
@pytest.mark.process
def test_the_command_takes_several_origins(tmp_path: Path) -> None:
    options = ["--cors-origin", PAGE, "--cors-origin", OTHER_PAGE]
    with command("--db", str(tmp_path / "db"), *options) as (process, _, url):
        assert process.stdout is not None
        assert process.stdout.readline() == f"browsers: pages of {PAGE}, {OTHER_PAGE} may call it\n"
        for origin, status in ((PAGE, 204), (OTHER_PAGE, 204), (STRANGER, 403)):
            assert preflight(url, EXPORT, "POST", origin).status_code == status
