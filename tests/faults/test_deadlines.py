"""A call ends at its deadline, however slow the response is: with both clients, and through proxies.

Every slow response here is endless, and `timeout` is long, so only the deadline can end the call.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import math
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from netra import APITimeoutError, Netra
from netra._sync.deadline import _BoundedBackend
from tests.support.blocking import BlockingAsyncNetra, ClientClass, both_clients
from tests.support.rows import END, START, page, session_usage, trace
from tests.support.scripted import Reply, Request, Scripted, respond, response_bytes

DEADLINE = 0.2
TICK = 0.02
FEW_TICKS = 60 * DEADLINE / TICK
"""A machine may be slow, but then the server is slow as well: it counts fewer ticks."""

GOOD = response_bytes({"data": session_usage()})
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
GZIPPED = HEAD + b"transfer-encoding: chunked\r\ncontent-encoding: gzip\r\n\r\n"
EMPTY_BLOCK = b"\x00\x00\x00\xff\xff"

# The first bytes, and those that are repeated; None for nothing more.
DRIPS: dict[str, tuple[bytes, bytes | None]] = {
    "the status line": (b"HTTP/1.1 200 ", b"O"),
    "header lines": (HEAD, b"x-more: 1\r\n"),
    "one header": (HEAD + b"x-long: ", b"a"),
    "103 responses": (b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"),
    "100 responses": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "chunks": (CHUNKED, b"1\r\n \r\n"),
    "a chunk's extension": (CHUNKED + b"1;", b"a"),
    "trailers": (CHUNKED + b"2\r\n{}\r\n0\r\n", b"x-more: 1\r\n"),
    "a body with a length": (HEAD + b"content-length: 99999\r\n\r\n", b" "),
    "a body without a length": (HEAD + b"\r\n", b" "),
    "empty blocks of deflate": (
        GZIPPED + b"a\r\n" + gzip.compress(b"")[:10] + b"\r\n",
        b"5\r\n" + EMPTY_BLOCK + b"\r\n",
    ),
    "nothing": (b"", None),
    "nothing in the head": (HEAD, None),
    "nothing in the body": (GOOD[:-9], None),
}
QUICK_DRIP = "chunks"
"""The one that `make quick` runs."""
FLOODS = ("103 responses", "100 responses", "chunks")


class SlowService:
    """Send the bytes of `DRIPS[name]`, one piece per tick, for ever."""

    def __init__(self, name: str, tick: float = TICK) -> None:
        self._first, self._again = DRIPS[name]
        self._tick = tick
        self.ticks = 0

    def __call__(self, _: Request) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(self._first)
            while True:
                if self._again is not None:
                    wire.write(self._again)
                    await wire.drain()
                self.ticks += 1
                await asyncio.sleep(self._tick)

        return write


def assert_ends_in_time(client: Netra | BlockingAsyncNetra, service: SlowService) -> None:
    with pytest.raises(
        APITimeoutError, match=rf"deadline={DEADLINE:g} s is over, after \d+ attempt"
    ) as caught:
        client.usage.get_session_usage("session-123", START, END)
    assert f"after {caught.value.attempts} attempt" in str(caught.value)
    assert service.ticks * service._tick < FEW_TICKS * TICK


@both_clients
@pytest.mark.parametrize(
    "drip", [drip if drip == QUICK_DRIP else pytest.param(drip, marks=pytest.mark.slow) for drip in DRIPS]
)
def test_the_deadline_ends_any_slow_response(
    scripted: Scripted, drip: str, client_class: ClientClass
) -> None:
    service = SlowService(drip)
    with client_class(endpoint=scripted(service).url, timeout=60, deadline=DEADLINE) as client:
        assert_ends_in_time(client, service)


@pytest.mark.slow
@both_clients
@pytest.mark.parametrize("flood", FLOODS)
def test_the_deadline_ends_a_fast_endless_response(
    scripted: Scripted, flood: str, client_class: ClientClass
) -> None:
    service = SlowService(flood, tick=0)
    with client_class(endpoint=scripted(service).url, timeout=60, deadline=DEADLINE) as client:
        assert_ends_in_time(client, service)


@pytest.mark.slow
@both_clients
@pytest.mark.filterwarnings("ignore:.*not encrypted")
@pytest.mark.parametrize(
    ("scheme", "drip"),
    [
        *(
            ("http", drip)
            for drip in ("one header", "header lines", "chunks", "trailers", "103 responses", "nothing")
        ),
        *(("https", drip) for drip in ("one header", "header lines", "103 responses", "nothing")),
    ],
)
def test_the_deadline_ends_a_slow_proxy_response(
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    drip: str,
    scheme: str,
    client_class: ClientClass,
) -> None:
    """With https, the response to CONNECT is the slow one."""
    service = SlowService(drip)
    monkeypatch.setenv("ALL_PROXY", scripted(service).url.replace("://", "://user:pass-7f3a@"))
    endpoint = f"{scheme}://netra.example"
    with client_class(endpoint=endpoint, timeout=60, deadline=DEADLINE, api_key="key-7f3a") as client:
        with pytest.raises(APITimeoutError, match=r"deadline=.* is over") as caught:
            client.usage.get_session_usage("session-123", START, END)
        assert "pass-7f3a" not in str(caught.value)
    assert service.ticks < FEW_TICKS


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*not encrypted")
@both_clients
@pytest.mark.parametrize("first", [b"", b"\x05\x00"], ids=["silent", "starts"])
def test_the_deadline_ends_a_silent_socks_handshake(
    monkeypatch: pytest.MonkeyPatch, first: bytes, client_class: ClientClass
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def take() -> None:
            connection, _ = server.accept()
            connection.sendall(first)
            kept.append(connection)

        threading.Thread(target=take, daemon=True).start()
        monkeypatch.setenv("ALL_PROXY", f"socks5://127.0.0.1:{server.getsockname()[1]}")
        with (
            client_class(endpoint="http://netra.example", timeout=60, deadline=DEADLINE) as client,
            pytest.raises(APITimeoutError, match=r"deadline=.* is over"),
        ):
            client.usage.get_session_usage("session-123", START, END)
        for connection in kept:
            connection.close()
    gc.collect()  # a socket that was not closed fails here


@pytest.fixture
def unreachable_port() -> Iterator[int]:
    """A port that never accepts a connection."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        yield full.getsockname()[1]
        for one in waiting:
            one.close()


def resolving(monkeypatch: pytest.MonkeyPatch, resolve: Callable[[], Any]) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *a, **k: (
            resolve() if host in ("many.localhost", b"many.localhost") else real(host, *a, **k)
        ),
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@both_clients
def test_many_unreachable_addresses_share_the_deadline(
    monkeypatch: pytest.MonkeyPatch, unreachable_port: int, client_class: ClientClass
) -> None:
    tried: list[Any] = []
    found = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", unreachable_port))
    resolving(monkeypatch, lambda: [found] * 50)
    connect = socket.create_connection

    def noted(*arguments: Any, **options: Any) -> Any:
        tried.append(arguments)
        return connect(*arguments, **options)

    monkeypatch.setattr(socket, "create_connection", noted)
    with (
        client_class(
            endpoint=f"http://many.localhost:{unreachable_port}", timeout=60, deadline=DEADLINE
        ) as client,
        pytest.raises(APITimeoutError, match=r"deadline=.* is over"),
    ):
        client.usage.get_session_usage("session-123", START, END)
    assert len(tried) <= 3
    gc.collect()  # asyncio may leave a connecting socket open


def test_the_addresses_of_a_host_are_tried_until_one_connects(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(scripted(lambda _: respond({"data": session_usage()})).url.rpartition(":")[2])
    dead = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port))
    good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
    resolving(monkeypatch, lambda: [dead, good])
    with Netra(endpoint=f"http://many.localhost:{port}", max_retries=0) as client:
        assert client.usage.get_session_usage("session-123", START, END)


@pytest.mark.slow
@both_clients
def test_the_deadline_ends_a_slow_name_lookup(
    monkeypatch: pytest.MonkeyPatch, client_class: ClientClass
) -> None:
    end = threading.Event()

    def never() -> Any:
        end.wait(30)
        raise socket.gaierror("gave up")

    resolving(monkeypatch, never)
    with client_class(endpoint="http://many.localhost:1", timeout=60, deadline=DEADLINE) as client:
        with pytest.raises(APITimeoutError, match=r"deadline=.* is over"):
            client.usage.get_session_usage("session-123", START, END)
        end.set()


def test_an_unknown_host_is_a_connection_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Any:
        raise socket.gaierror("Name or service not known")

    resolving(monkeypatch, unknown)
    with (
        Netra(endpoint="http://many.localhost:1", max_retries=0) as client,
        pytest.raises(Exception, match="Name or service not known") as caught,
    ):
        client.usage.get_session_usage("session-123", START, END)
    assert type(caught.value).__name__ == "APIConnectionError"


def test_every_transport_uses_the_bounded_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """If httpx or httpcore renames an attribute, this fails."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1")
    with Netra(endpoint="http://127.0.0.1:9") as client:
        http: Any = client._transport._own_http
        transports = [http._transport, *http._mounts.values()]
        assert len(transports) == 3
        for transport in transports:
            assert type(transport._pool._network_backend) is _BoundedBackend


@pytest.mark.slow
def test_the_deadline_covers_all_attempts_and_counts_them(scripted: Scripted) -> None:
    service = SlowService("nothing")
    with (
        Netra(endpoint=scripted(service).url, timeout=0.1, deadline=0.9, max_retries=50) as client,
        pytest.raises(APITimeoutError) as caught,
    ):
        client.usage.get_session_usage("session-123", START, END)
    assert caught.value.attempts > 1
    assert f"{caught.value.attempts} attempts" in str(caught.value)


@pytest.mark.slow
def test_a_timeout_error_names_the_limits_and_the_attempts(scripted: Scripted) -> None:
    with (
        Netra(endpoint=scripted(SlowService("nothing")).url, timeout=0.1, max_retries=1) as client,
        pytest.raises(
            APITimeoutError, match=r"timeout \(connect 0\.1 s, read 0\.1 s.*in 2 attempts"
        ) as caught,
    ):
        client.usage.get_session_usage("session-123", START, END)
    assert caught.value.attempts == 2


def test_a_call_works_without_a_deadline(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({"data": session_usage()}))
    with Netra(endpoint=server.url.replace("127.0.0.1", "localhost"), deadline=math.inf) as client:
        assert client.usage.get_session_usage("session-123", START, END)


@pytest.mark.slow
def test_the_deadline_applies_to_each_call_of_an_iteration(scripted: Scripted) -> None:
    def reply(request: Request) -> Reply:
        number = int(request.json["pagination"].get("cursor", "cursor-0").removeprefix("cursor-")) + 1

        async def slowly(wire: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.15)
            await respond(page([trace(number)], more=number < 8))(wire)

        return slowly

    with Netra(endpoint=scripted(reply).url, deadline=0.8) as client:
        assert len(list(client.usage.iter_traces(START, END))) == 8
