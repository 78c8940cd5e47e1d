"""A connection that may hold anything other than the next response is not reused."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import trustme

from netra import APIResponseValidationError, AsyncNetra, Netra, PaginationError, ServerError
from netra._sync.pool_locks import release_held_locks
from tests.support.blocking import BlockingAsyncNetra, ClientClass, both_clients
from tests.support.rows import END, START, page, requested_id, tenant_usage, trace
from tests.support.scripted import (
    Reply,
    Request,
    Scripted,
    ScriptedServer,
    respond,
    response_bytes,
    send_bytes,
)

# Linux has TCP_CORK, BSD and macOS TCP_NOPUSH.
DELAY_SENDING = getattr(socket, "TCP_CORK", None) or getattr(socket, "TCP_NOPUSH", 4)


def usage_response(request: Request) -> bytes:
    tenant = requested_id(request.path)
    return response_bytes({"data": tenant_usage(tenant_id=tenant, tokenCount=ord(tenant))})


def results_for(client: Netra | BlockingAsyncNetra, tenants: str) -> list[str]:
    """Read the usage of each tenant; return the tenant and the difference from its own count, or "rejected"."""
    found = []
    for tenant in tenants:
        try:
            usage: Any = client.usage.get_tenant_usage(tenant, START, END)
            found.append(f"{usage.tenant_id}{usage.token_count - ord(tenant)}")
        except APIResponseValidationError:
            found.append("rejected")
    return found


@both_clients
@pytest.mark.parametrize("extra", ["the response again", b"\r\n", b"HTTP/1.1 200 OK\r\n", b"x"], ids=str)
def test_extra_bytes_after_a_response_close_the_connection(
    scripted: Scripted, client_class: ClientClass, extra: Any
) -> None:
    def reply(request: Request) -> Reply:
        good = usage_response(request)
        return send_bytes(good + (extra if isinstance(extra, bytes) else good))

    server = scripted(reply)
    with client_class(endpoint=server.url, max_retries=0) as client:
        assert results_for(client, "ABC") == ["A0", "B0", "C0"]
    assert [sent.connection for sent in server.requests] == [1, 2, 3]


@both_clients
def test_a_clean_response_keeps_the_connection_open(scripted: Scripted, client_class: ClientClass) -> None:
    server = scripted(lambda request: send_bytes(usage_response(request)))
    with client_class(endpoint=server.url) as client:
        assert results_for(client, "ABC") == ["A0", "B0", "C0"]
    assert [sent.connection for sent in server.requests] == [1, 1, 1]


@both_clients
def test_a_late_response_is_rejected_and_closes_the_connection(
    scripted: Scripted, client_class: ClientClass
) -> None:
    """The response belongs to the request before. It arrives after the next request was sent: too late to notice."""
    previous: dict[int, bytes] = {}

    def one_response_late(request: Request) -> Reply:
        good = usage_response(request)
        late = previous.get(request.connection)
        previous[request.connection] = good
        return send_bytes(late or good)

    server = scripted(one_response_late)
    with client_class(endpoint=server.url, max_retries=0) as client:
        assert results_for(client, "ABCD") == ["A0", "rejected", "C0", "rejected"]
    assert [sent.connection for sent in server.requests] == [1, 1, 2, 2]


@both_clients
def test_a_late_page_is_a_pagination_error(scripted: Scripted, client_class: ClientClass) -> None:
    """A page has no id, but its cursor leads back to a page that was read before."""
    previous: dict[int, bytes] = {}

    def one_response_late(request: Request) -> Reply:
        number = int(request.json["pagination"].get("cursor", "cursor-0").removeprefix("cursor-")) + 1
        good = response_bytes(page([trace(number)], more=number < 4))
        late = previous.get(request.connection)
        previous[request.connection] = good
        return send_bytes(late or good)

    repeated = pytest.raises(PaginationError, match="has been used before")
    options: dict[str, Any] = {"max_retries": 0, "prefetch": False}
    with client_class(endpoint=scripted(one_response_late).url, **options) as client, repeated as caught:
        list(client.usage.iter_traces(START, END))
    assert caught.value.cursor == "cursor-1"


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_error_status_keeps_the_connection_open(scripted: Scripted, status: int) -> None:
    server = scripted(lambda _: respond({"message": "no"}, status=status))
    with Netra(endpoint=server.url, max_retries=0) as client:
        for _ in range(2):
            with pytest.raises(Exception, match="no"):
                client.usage.get_tenant_usage("A", START, END)
    assert [sent.connection for sent in server.requests] == [1, 1]


@pytest.mark.parametrize("body", [b"<html>", b'{"data": 5}', b""])
def test_an_invalid_response_closes_the_connection(scripted: Scripted, body: bytes) -> None:
    server = scripted(lambda _: respond(body=body))
    with Netra(endpoint=server.url) as client:
        for _ in range(2):
            with pytest.raises(APIResponseValidationError):
                client.usage.get_tenant_usage("A", START, END)
    assert [sent.connection for sent in server.requests] == [1, 2]


def test_extra_bytes_close_a_connection_of_a_callers_client(scripted: Scripted) -> None:
    server = scripted(lambda request: send_bytes(usage_response(request) * 2))
    with httpx.Client() as http, Netra(endpoint=server.url, http_client=http) as client:
        assert results_for(client, "AB") == ["A0", "B0"]


@both_clients
@pytest.mark.parametrize("sent", ["in one record", "in two records", "up to 64 KiB"])
def test_extra_bytes_over_tls_close_the_connection(
    client_class: ClientClass, sent: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The extra response has no id: if nobody checked the bytes already read, B would be "no such tenant"."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    both_sent = threading.Event()

    def reply(request: Request) -> Reply:
        if requested_id(request.path) != "A":
            return send_bytes(usage_response(request))
        nothing = response_bytes({"data": None})
        if sent == "up to 64 KiB":
            nothing = response_bytes(body=b'{"data": null' + b" " * (65_536 - 104) + b"}")
            nothing = response_bytes(
                body=b'{"data": null' + b" " * (65_536 - 104 + 65_536 - len(nothing)) + b"}"
            )
            assert len(nothing) == 65_536

        async def write(wire: asyncio.StreamWriter) -> None:
            raw = wire.get_extra_info("socket")
            raw.setsockopt(socket.IPPROTO_TCP, DELAY_SENDING, 1)  # so that two small records arrive together
            if sent == "in one record":
                wire.write(nothing + nothing)
            else:
                wire.write(nothing)
                wire.write(nothing)
            raw.setsockopt(socket.IPPROTO_TCP, DELAY_SENDING, 0)
            await wire.drain()
            both_sent.set()

        return write

    with ScriptedServer(reply, context) as server:
        endpoint = server.url.replace("http://127.0.0.1", "https://localhost")
        with client_class(endpoint=endpoint, api_key="k", max_retries=0) as client:
            for _ in range(3):
                assert client.usage.get_tenant_usage("A", START, END) is None
                # After the request for B is sent, the extra bytes would be taken for its response.
                assert both_sent.wait(10)
                both_sent.clear()
                assert results_for(client, "B") == ["B0"]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_extra_bytes_after_a_hook_error_close_the_connection(scripted: Scripted, library: Any) -> None:
    def reply(request: Request) -> Reply:
        if requested_id(request.path) == "A":
            return send_bytes(
                response_bytes({"message": "the words of the service"}, status=500)
                + response_bytes({"data": None})
            )
        return send_bytes(usage_response(request))

    def hook(response: Any) -> None:
        response.read()
        response.raise_for_status()

    http = library.Client(event_hooks={"response": [hook]})
    with http, Netra(endpoint=scripted(reply).url, http_client=http, max_retries=0) as client:
        with pytest.raises(ServerError, match="the words of the service"):
            client.usage.get_tenant_usage("A", START, END)
        assert results_for(client, "B") == ["B0"]


def test_a_cancelled_call_returns_its_connection_to_the_pool(scripted: Scripted) -> None:
    """The call is cancelled at each step, also while its response is being closed."""
    server = scripted(lambda request: send_bytes(usage_response(request)))

    async def cancelled_at_each_step() -> None:
        for steps in range(50):
            async with httpx.AsyncClient(verify=False) as http:
                client = AsyncNetra(endpoint=server.url, http_client=http, max_retries=0)
                task = asyncio.create_task(client.usage.get_tenant_usage("A", START, END))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                pool: Any = http._transport._pool  # type: ignore[attr-defined]
                for _ in range(500):
                    if not pool._requests:
                        break
                    await asyncio.sleep(0.01)
                assert pool._requests == []

    asyncio.run(cancelled_at_each_step())


@pytest.mark.slow
def test_many_threads_never_reuse_an_unsafe_connection(scripted: Scripted) -> None:
    """A connection is checked before the next request can use it."""

    def reply(request: Request) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(usage_response(request) * 2)
            await wire.drain()

        return write

    server = scripted(reply)
    wrong: list[Any] = []
    with Netra(endpoint=server.url, max_retries=0) as client:

        def work() -> None:
            wrong.extend(result for result in results_for(client, "ABCDEFGH" * 4) if result not in OWN)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


OWN = {f"{tenant}0" for tenant in "ABCDEFGH"}


# ---------------------------------------------------------------- locks still held after an interrupt


def locks(http: httpx.Client) -> dict[str, Any]:
    """Return every lock that a request takes. If httpx or httpcore renames one of them, this fails."""
    pool: Any = http._transport._pool  # type: ignore[attr-defined]
    outer = pool.connections[0]
    return {
        "cookies": http.cookies.jar._cookies_lock,  # type: ignore[attr-defined]
        "pool": pool._optional_thread_lock._lock,
        "request": outer._request_lock._lock,
        "connection": outer._connection._state_lock._lock,
    }


@pytest.mark.parametrize("held", ["cookies", "pool", "request", "connection"])
def test_a_lock_held_after_an_interrupt_is_released(
    scripted: Scripted, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netra._sync.pool_locks.WAIT_FOR_HOLDER", 0.05)
    server = scripted(lambda request: send_bytes(usage_response(request)))
    with httpx.Client() as http, Netra(endpoint=server.url, http_client=http) as client:
        assert results_for(client, "A") == ["A0"]

        def interrupted(*_: Any, **__: Any) -> None:
            locks(http)[held].acquire()
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(http, "send", interrupted)
            with pytest.raises(KeyboardInterrupt):
                results_for(client, "B")
        found: list[list[str]] = []
        thread = threading.Thread(target=lambda: found.append(results_for(client, "C")), daemon=True)
        thread.start()
        thread.join(10)
        assert found == [["C0"]]


def test_a_lock_held_by_another_thread_is_not_released(scripted: Scripted) -> None:
    server = scripted(lambda request: send_bytes(usage_response(request)))
    with httpx.Client() as http, Netra(endpoint=server.url, http_client=http) as client:
        results_for(client, "A")
        lock = locks(http)["pool"]
        lock.acquire()
        threading.Timer(0.1, lock.release).start()
        release_held_locks(http)
        assert not lock.locked()
