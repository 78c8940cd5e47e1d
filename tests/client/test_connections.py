"""Connections on which something else than the next answer may come are not used again."""

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
from tests.support.in_loop import InLoop
from tests.support.rows import END, START, asked_id, page, tenant_usage, trace
from tests.support.scripted import Reply, Request, Scripted, ScriptedServer, answer, answer_bytes, sending

# Linux has TCP_CORK, BSD and macOS TCP_NOPUSH.
HOLD_BACK = getattr(socket, "TCP_CORK", None) or getattr(socket, "TCP_NOPUSH", 4)

Faces = pytest.mark.parametrize("face", [Netra, InLoop], ids=["sync", "async"])


def usage_of(request: Request) -> bytes:
    tenant = asked_id(request.path)
    return answer_bytes({"data": tenant_usage(tenant_id=tenant, tokenCount=ord(tenant))})


def asked_for(client: Netra | InLoop, tenants: str) -> list[str]:
    """What each tenant got: its own usage, or an error."""
    found = []
    for tenant in tenants:
        try:
            usage: Any = client.usage.get_tenant_usage(tenant, START, END)
            found.append(f"{usage.tenant_id}{usage.token_count - ord(tenant)}")
        except APIResponseValidationError:
            found.append("refused")
    return found


@Faces
@pytest.mark.parametrize("behind", ["the answer again", b"\r\n", b"HTTP/1.1 200 OK\r\n", b"x"], ids=str)
def test_bytes_behind_a_complete_answer_end_the_connection(
    scripted: Scripted, face: type[Netra | InLoop], behind: Any
) -> None:
    def reply(request: Request) -> Reply:
        good = usage_of(request)
        return sending(good + (behind if isinstance(behind, bytes) else good))

    server = scripted(reply)
    with face(endpoint=server.url, max_retries=0) as client:
        assert asked_for(client, "ABC") == ["A0", "B0", "C0"]
    assert [sent.connection for sent in server.requests] == [1, 2, 3]


@Faces
def test_an_answer_without_anything_behind_it_leaves_the_connection_open(
    scripted: Scripted, face: type[Netra | InLoop]
) -> None:
    server = scripted(lambda request: sending(usage_of(request)))
    with face(endpoint=server.url) as client:
        assert asked_for(client, "ABC") == ["A0", "B0", "C0"]
    assert [sent.connection for sent in server.requests] == [1, 1, 1]


@Faces
def test_the_answer_before_is_refused_and_ends_the_connection(
    scripted: Scripted, face: type[Netra | InLoop]
) -> None:
    """It comes when the next request is already on its way, so nobody can see it before."""
    before: dict[int, bytes] = {}

    def one_behind(request: Request) -> Reply:
        good = usage_of(request)
        late = before.get(request.connection)
        before[request.connection] = good
        return sending(late or good)

    server = scripted(one_behind)
    with face(endpoint=server.url, max_retries=0) as client:
        assert asked_for(client, "ABCD") == ["A0", "refused", "C0", "refused"]
    assert [sent.connection for sent in server.requests] == [1, 1, 2, 2]


@Faces
def test_an_answer_of_the_page_before_is_no_page(scripted: Scripted, face: type[Netra | InLoop]) -> None:
    """A page has no id of its own; but it leads to where the walk has been."""
    before: dict[int, bytes] = {}

    def one_behind(request: Request) -> Reply:
        number = int(request.json["pagination"].get("cursor", "cursor-0").removeprefix("cursor-")) + 1
        good = answer_bytes(page([trace(number)], more=number < 4))
        late = before.get(request.connection)
        before[request.connection] = good
        return sending(late or good)

    repeated = pytest.raises(PaginationError, match="has been used before")
    options: dict[str, Any] = {"max_retries": 0, "prefetch": False}
    with face(endpoint=scripted(one_behind).url, **options) as client, repeated as caught:
        list(client.usage.iter_traces(START, END))
    assert caught.value.cursor == "cursor-1"


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_refusal_leaves_the_connection_open(scripted: Scripted, status: int) -> None:
    server = scripted(lambda _: answer({"message": "no"}, status=status))
    with Netra(endpoint=server.url, max_retries=0) as client:
        for _ in range(2):
            with pytest.raises(Exception, match="no"):
                client.usage.get_tenant_usage("A", START, END)
    assert [sent.connection for sent in server.requests] == [1, 1]


@pytest.mark.parametrize("body", [b"<html>", b'{"data": 5}', b""])
def test_an_answer_that_does_not_fit_ends_the_connection(scripted: Scripted, body: bytes) -> None:
    server = scripted(lambda _: answer(body=body))
    with Netra(endpoint=server.url) as client:
        for _ in range(2):
            with pytest.raises(APIResponseValidationError):
                client.usage.get_tenant_usage("A", START, END)
    assert [sent.connection for sent in server.requests] == [1, 2]


def test_a_connection_of_a_callers_client_is_given_up_too(scripted: Scripted) -> None:
    server = scripted(lambda request: sending(usage_of(request) * 2))
    with httpx.Client() as http, Netra(endpoint=server.url, http_client=http) as client:
        assert asked_for(client, "AB") == ["A0", "B0"]


@Faces
@pytest.mark.parametrize("sent", ["in one record", "in two records", "up to 64 KiB"])
def test_bytes_behind_an_answer_over_tls_end_the_connection(
    face: type[Netra | InLoop], sent: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing there is anybody's id: without a look at what was read already, B would be "no such tenant"."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    both_sent = threading.Event()

    def reply(request: Request) -> Reply:
        if asked_id(request.path) != "A":
            return sending(usage_of(request))
        nothing = answer_bytes({"data": None})
        if sent == "up to 64 KiB":
            nothing = answer_bytes(body=b'{"data": null' + b" " * (65_536 - 104) + b"}")
            nothing = answer_bytes(
                body=b'{"data": null' + b" " * (65_536 - 104 + 65_536 - len(nothing)) + b"}"
            )
            assert len(nothing) == 65_536

        async def write(wire: asyncio.StreamWriter) -> None:
            raw = wire.get_extra_info("socket")
            raw.setsockopt(socket.IPPROTO_TCP, HOLD_BACK, 1)  # so that two small records arrive together
            if sent == "in one record":
                wire.write(nothing + nothing)
            else:
                wire.write(nothing)
                wire.write(nothing)
            raw.setsockopt(socket.IPPROTO_TCP, HOLD_BACK, 0)
            await wire.drain()
            both_sent.set()

        return write

    with ScriptedServer(reply, context) as server:
        endpoint = server.url.replace("http://127.0.0.1", "https://localhost")
        with face(endpoint=endpoint, api_key="k", max_retries=0) as client:
            for _ in range(3):
                assert client.usage.get_tenant_usage("A", START, END) is None
                # What comes after the request for B would be its answer to anybody.
                assert both_sent.wait(10)
                both_sent.clear()
                assert asked_for(client, "B") == ["B0"]


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_bytes_behind_an_answer_that_a_hook_refuses_end_the_connection(
    scripted: Scripted, library: Any
) -> None:
    def reply(request: Request) -> Reply:
        if asked_id(request.path) == "A":
            return sending(
                answer_bytes({"message": "the words of the service"}, status=500)
                + answer_bytes({"data": None})
            )
        return sending(usage_of(request))

    def hook(response: Any) -> None:
        response.read()
        response.raise_for_status()

    http = library.Client(event_hooks={"response": [hook]})
    with http, Netra(endpoint=scripted(reply).url, http_client=http, max_retries=0) as client:
        with pytest.raises(ServerError, match="the words of the service"):
            client.usage.get_tenant_usage("A", START, END)
        assert asked_for(client, "B") == ["B0"]


def test_a_call_that_is_cancelled_while_its_answer_closes_gives_the_connection_back(
    scripted: Scripted,
) -> None:
    server = scripted(lambda request: sending(usage_of(request)))

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


def test_many_threads_never_share_a_spoiled_connection(scripted: Scripted) -> None:
    """It is looked at before the connection can go to the next request."""

    def reply(request: Request) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(usage_of(request) * 2)
            await wire.drain()

        return write

    server = scripted(reply)
    wrong: list[Any] = []
    with Netra(endpoint=server.url, max_retries=0) as client:

        def work() -> None:
            wrong.extend(one for one in asked_for(client, "ABCDEFGH" * 4) if one not in OWN)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


OWN = {f"{tenant}0" for tenant in "ABCDEFGH"}


# ---------------------------------------------------------------- locks that an interrupt left held


def locks(http: httpx.Client) -> dict[str, Any]:
    """Every lock that a request takes, by where it lies: a new name of httpx or httpcore fails here."""
    pool: Any = http._transport._pool  # type: ignore[attr-defined]
    outer = pool.connections[0]
    return {
        "cookies": http.cookies.jar._cookies_lock,  # type: ignore[attr-defined]
        "pool": pool._optional_thread_lock._lock,
        "request": outer._request_lock._lock,
        "connection": outer._connection._state_lock._lock,
    }


@pytest.mark.parametrize("held", ["cookies", "pool", "request", "connection"])
def test_a_lock_that_an_interrupt_left_held_is_given_back(
    scripted: Scripted, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netra._sync.pool_locks.WAIT_FOR_HOLDER", 0.05)
    server = scripted(lambda request: sending(usage_of(request)))
    with httpx.Client() as http, Netra(endpoint=server.url, http_client=http) as client:
        assert asked_for(client, "A") == ["A0"]

        def interrupted(*_: Any, **__: Any) -> None:
            locks(http)[held].acquire()
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(http, "send", interrupted)
            with pytest.raises(KeyboardInterrupt):
                asked_for(client, "B")
        found: list[list[str]] = []
        thread = threading.Thread(target=lambda: found.append(asked_for(client, "C")), daemon=True)
        thread.start()
        thread.join(10)
        assert found == [["C0"]]


def test_a_lock_that_another_thread_holds_for_a_moment_stays_its_own(scripted: Scripted) -> None:
    server = scripted(lambda request: sending(usage_of(request)))
    with httpx.Client() as http, Netra(endpoint=server.url, http_client=http) as client:
        asked_for(client, "A")
        lock = locks(http)["pool"]
        lock.acquire()
        threading.Timer(0.1, lock.release).start()
        release_held_locks(http)
        assert not lock.locked()
