"""Content encodings: the requested ones are decoded within the size limit, all others are rejected."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import httpx2
import pytest

from netra import APIConnectionError, APIResponseValidationError, AsyncNetra, Netra
from tests.support.blocking import ClientClass, both_clients, both_clients_many_cases
from tests.support.methods import get_method
from tests.support.rows import END, START, page, requested_id, session_usage, span, trace
from tests.support.scripted import Reply, Request, Scripted, respond, send_bytes

USAGE = json.dumps({"data": session_usage()}).encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


DECODED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip by its old name": ("x-gzip", gzip.compress),
    "in capitals": ("GZIP", gzip.compress),
    "gzip in two members": ("gzip", lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:])),
    "gzip with an empty member": ("gzip", lambda data: gzip.compress(b"") + gzip.compress(data)),
    "gzip with extra bytes after it": ("gzip", lambda data: gzip.compress(data) + b"\x00\x00"),
    "deflate": ("deflate", zlib.compress),
    "deflate without its header": ("deflate", raw_deflate),
    "identity": ("identity", bytes),
    "nothing": ("", bytes),
}


@both_clients_many_cases
@pytest.mark.parametrize("encoding", DECODED)
@pytest.mark.parametrize("pieces", [1, 7])
def test_a_requested_encoding_is_decoded(
    scripted: Scripted, encoding: str, pieces: int, client_class: ClientClass
) -> None:
    name, pack = DECODED[encoding]
    packed = pack(USAGE)
    step = -(-len(packed) // pieces)
    parts = [packed[start : start + step] for start in range(0, len(packed), step)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {name}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    server = scripted(lambda _: send_bytes(head + chunks))
    with client_class(endpoint=server.url, max_retries=0) as client:
        usage: Any = client.usage
        assert usage.get_session_usage("session-123", START, END).total_cost == 0.25
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@both_clients
@pytest.mark.parametrize(
    "encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip,deflate", "aes128gcm", "x"]
)
def test_an_encoding_that_was_not_requested_is_rejected(
    scripted: Scripted, encoding: str, client_class: ClientClass
) -> None:
    server = scripted(lambda _: respond(body=b"\x1b\x00\x00", headers={"content-encoding": encoding}))
    with (
        client_class(endpoint=server.url) as client,
        pytest.raises(APIResponseValidationError, match="not asked for"),
    ):
        client.usage.get_session_usage("session-123", START, END)
    assert len(server.requests) == 1


@pytest.mark.slow
@both_clients
@pytest.mark.parametrize("bomb", ["gzip", "deflate", "many members"])
def test_a_decompression_bomb_uses_little_memory(
    scripted: Scripted, bomb: str, client_class: ClientClass
) -> None:
    zeros = bytes(1_000_000)
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | (0 if bomb == "deflate" else 16))
    packed = b"".join([*(packer.compress(zeros) for _ in range(300)), packer.flush()])
    if bomb == "many members":
        packed = gzip.compress(zeros) * 300
    encoding = "deflate" if bomb == "deflate" else "gzip"
    server = scripted(lambda _: respond(body=packed, headers={"content-encoding": encoding}))
    with client_class(endpoint=server.url, max_retries=0, max_response_bytes=1_000_000) as client:
        tracemalloc.start()
        try:
            with pytest.raises(APIResponseValidationError, match="more than 1000000 bytes"):
                client.usage.get_session_usage("session-123", START, END)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8_000_000


@pytest.mark.slow
@both_clients
def test_a_truncated_encoding_is_a_connection_error(scripted: Scripted, client_class: ClientClass) -> None:
    """It is retried, like any other response that is cut off."""
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n"

    def reply(request: Request) -> Reply:
        cut = gzip.compress(USAGE)[:-12] if request.connection == 1 else gzip.compress(USAGE)

        async def write(wire: Any) -> None:
            wire.write(head + cut)
            await wire.drain()
            wire.close()

        return write

    server = scripted(reply)
    with client_class(endpoint=server.url) as client:
        usage: Any = client.usage
        assert usage.get_session_usage("session-123", START, END).total_cost == 0.25
    cut = pytest.raises(APIConnectionError, match="cut off")
    with client_class(endpoint=scripted(reply).url, max_retries=0) as client, cut:
        client.usage.get_session_usage("session-123", START, END)


# ---------------------------------------------------------------- pages that are too large


class LargePages:
    """Twenty rows of ten kilobytes each. The row with the number `large` exceeds every limit."""

    def __init__(self, large: int = 0) -> None:
        self._large = large
        self.limits: list[int | None] = []

    def __call__(self, request: Request) -> Reply:
        pagination = request.query if request.method == "GET" else request.json["pagination"]
        limit = int(pagination["limit"]) if "limit" in pagination else None
        self.limits.append(limit)
        first = int(str(pagination.get("cursor", "cursor-0")).removeprefix("cursor-")) + 1
        last = min(first + (limit or 20) - 1, 20)
        row = trace if request.method == "POST" else span
        ids = {} if request.method == "POST" else {"trace_id": requested_id(request.path)}
        rows = [
            row(number, padding="x" * (10_000 if number != self._large else 300_000), **ids)
            for number in range(first, last + 1)
        ]
        return respond(page(rows, more=last < 20))


METHODS = {
    "iter_traces": (START, END),
    "in_parallel": (START, END),
    "iter_spans_by_trace_id": ("trace-1",),
}
ALL = list(range(1, 21))


def numbers(rows: Any) -> list[int]:
    return [int(row.id.rpartition("-")[2]) for row in rows]


@both_clients_many_cases
@pytest.mark.parametrize("limit", [None, 20, 100, 7])
@pytest.mark.parametrize("method", METHODS)
def test_a_page_that_is_too_large_is_read_in_smaller_pages(
    scripted: Scripted, method: str, limit: int | None, client_class: ClientClass
) -> None:
    service = LargePages()
    options: dict[str, Any] = {"concurrency": 1} if "parallel" in method else {}
    with client_class(endpoint=scripted(service).url, max_response_bytes=45_000, max_retries=0) as client:
        assert numbers(get_method(client.usage, method)(*METHODS[method], limit=limit, **options)) == ALL
    assert min(limit or 100 for limit in service.limits) >= 2
    assert len(service.limits) < 16  # it keeps the size that fitted


@both_clients
def test_a_single_page_may_be_smaller_than_requested(scripted: Scripted, client_class: ClientClass) -> None:
    service = LargePages()
    with client_class(endpoint=scripted(service).url, max_response_bytes=45_000) as client:
        found = client.usage.list_traces(START, END, limit=16)
        assert (numbers(found.traces), found.has_next_page, found.next_cursor) == (
            [1, 2, 3, 4],
            True,
            "cursor-4",
        )
    assert service.limits == [16, 8, 4]


@pytest.mark.slow
@both_clients
def test_with_spans_reads_spans_in_smaller_pages(scripted: Scripted, client_class: ClientClass) -> None:
    service = LargePages()
    with client_class(endpoint=scripted(service).url, max_response_bytes=45_000) as client:
        for found in client.usage.iter_traces(START, END).with_spans(concurrency=3):
            assert len(found.spans) == 20


@both_clients
@pytest.mark.parametrize("method", METHODS)
def test_one_row_that_is_too_large_is_an_error_with_its_cursor(
    scripted: Scripted, method: str, client_class: ClientClass
) -> None:
    service = LargePages(large=7)
    options: dict[str, Any] = {"concurrency": 1} if "parallel" in method else {}
    with client_class(endpoint=scripted(service).url, max_response_bytes=45_000) as client:
        with pytest.raises(APIResponseValidationError, match="Raise max_response_bytes") as caught:
            list(get_method(client.usage, method)(*METHODS[method], **options))
        assert caught.value.cursor == "cursor-6"
    assert service.limits[-1] == 1


# ---------------------------------------------------------------- responses that are already read


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_mocks_and_hooks_that_read_the_body_work(scripted: Scripted, library: Any) -> None:
    packed = gzip.compress(USAGE)
    transports = [
        library.MockTransport(lambda _: library.Response(200, json={"data": session_usage()})),
        library.MockTransport(
            lambda _: library.Response(200, content=packed, headers={"content-encoding": "gzip"})
        ),
    ]
    for transport in transports:
        with (
            library.Client(transport=transport) as http,
            Netra(endpoint="http://localhost", http_client=http) as client,
        ):
            usage = client.usage.get_session_usage("session-123", START, END)
            assert usage
            assert usage.total_cost == 0.25
    server = scripted(lambda _: respond(body=packed, headers={"content-encoding": "gzip"}))
    hooks = {"response": [lambda response: response.read()]}
    with library.Client(event_hooks=hooks) as http, Netra(endpoint=server.url, http_client=http) as client:
        assert client.usage.get_session_usage("session-123", START, END)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_the_size_limit_applies_to_mocks(library: Any) -> None:
    mock = library.MockTransport(lambda _: library.Response(200, content=b" " * 2_000))
    with library.Client(transport=mock) as http:
        client = Netra(endpoint="http://localhost", http_client=http, max_response_bytes=1_000)
        with pytest.raises(APIResponseValidationError, match="more than 1000 bytes"):
            client.usage.get_session_usage("session-123", START, END)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_async_mocks_work(library: Any) -> None:
    async def read_cost() -> float:
        mock = library.MockTransport(lambda _: library.Response(200, json={"data": session_usage()}))
        async with library.AsyncClient(transport=mock) as http:
            client = AsyncNetra(endpoint="http://localhost", http_client=http)
            usage = await client.usage.get_session_usage("session-123", START, END)
            assert usage
            return usage.total_cost

    assert asyncio.run(read_cost()) == 0.25
