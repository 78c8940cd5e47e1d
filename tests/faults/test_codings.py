"""However an answer is packed: what was asked for is read within its bound, and anything else refused."""

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
from tests.support.in_loop import InLoop
from tests.support.rows import END, START, asked_id, page, session_usage, span, trace
from tests.support.scripted import Reply, Request, Scripted, answer, sending
from tests.support.walks import method_of

Faces = pytest.mark.parametrize("face", [Netra, InLoop], ids=["sync", "async"])
USAGE = json.dumps({"data": session_usage()}).encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


READ: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip by its old name": ("x-gzip", gzip.compress),
    "in capitals": ("GZIP", gzip.compress),
    "gzip in two members": ("gzip", lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:])),
    "gzip with an empty member": ("gzip", lambda data: gzip.compress(b"") + gzip.compress(data)),
    "gzip and something behind it": ("gzip", lambda data: gzip.compress(data) + b"\x00\x00"),
    "deflate": ("deflate", zlib.compress),
    "deflate without its frame": ("deflate", raw_deflate),
    "identity": ("identity", bytes),
    "nothing": ("", bytes),
}


@Faces
@pytest.mark.parametrize("coding", READ)
@pytest.mark.parametrize("pieces", [1, 7])
def test_what_was_asked_for_is_read(
    scripted: Scripted, coding: str, pieces: int, face: type[Netra | InLoop]
) -> None:
    name, pack = READ[coding]
    packed = pack(USAGE)
    step = -(-len(packed) // pieces)
    parts = [packed[start : start + step] for start in range(0, len(packed), step)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: {name}\r\ntransfer-encoding: chunked\r\n\r\n".encode()
    server = scripted(lambda _: sending(head + chunks))
    with face(endpoint=server.url, max_retries=0) as client:
        usage: Any = client.usage
        assert usage.get_session_usage("session-123", START, END).total_cost == 0.25
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@Faces
@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip,deflate", "aes128gcm", "x"])
def test_what_was_not_asked_for_is_refused(
    scripted: Scripted, coding: str, face: type[Netra | InLoop]
) -> None:
    server = scripted(lambda _: answer(body=b"\x1b\x00\x00", headers={"content-encoding": coding}))
    with (
        face(endpoint=server.url) as client,
        pytest.raises(APIResponseValidationError, match="not asked for"),
    ):
        client.usage.get_session_usage("session-123", START, END)
    assert len(server.requests) == 1


@Faces
@pytest.mark.parametrize("bomb", ["gzip", "deflate", "many members"])
def test_a_bomb_does_not_go_off(scripted: Scripted, bomb: str, face: type[Netra | InLoop]) -> None:
    zeros = bytes(1_000_000)
    packer = zlib.compressobj(1, wbits=zlib.MAX_WBITS | (0 if bomb == "deflate" else 16))
    packed = b"".join([*(packer.compress(zeros) for _ in range(300)), packer.flush()])
    if bomb == "many members":
        packed = gzip.compress(zeros) * 300
    coding = "deflate" if bomb == "deflate" else "gzip"
    server = scripted(lambda _: answer(body=packed, headers={"content-encoding": coding}))
    with face(endpoint=server.url, max_retries=0, max_response_bytes=1_000_000) as client:
        tracemalloc.start()
        try:
            with pytest.raises(APIResponseValidationError, match="more than 1000000 bytes"):
                client.usage.get_session_usage("session-123", START, END)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8_000_000


@Faces
def test_a_coding_cut_off_with_its_connection_is_a_cut_like_any_other(
    scripted: Scripted, face: type[Netra | InLoop]
) -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n"

    def reply(request: Request) -> Reply:
        cut = gzip.compress(USAGE)[:-12] if request.connection == 1 else gzip.compress(USAGE)

        async def write(wire: Any) -> None:
            wire.write(head + cut)
            await wire.drain()
            wire.close()

        return write

    server = scripted(reply)
    with face(endpoint=server.url) as client:
        usage: Any = client.usage
        assert usage.get_session_usage("session-123", START, END).total_cost == 0.25
    cut = pytest.raises(APIConnectionError, match="cut off")
    with face(endpoint=scripted(reply).url, max_retries=0) as client, cut:
        client.usage.get_session_usage("session-123", START, END)


# ---------------------------------------------------------------- pages that are too large


class LargePages:
    """Twenty rows of ten kilobytes each; row seven may be larger than anything."""

    def __init__(self, large: int = 0) -> None:
        self._large = large
        self.limits: list[int | None] = []

    def __call__(self, request: Request) -> Reply:
        asked = request.query if request.method == "GET" else request.json["pagination"]
        limit = int(asked["limit"]) if "limit" in asked else None
        self.limits.append(limit)
        first = int(str(asked.get("cursor", "cursor-0")).removeprefix("cursor-")) + 1
        last = min(first + (limit or 20) - 1, 20)
        row = trace if request.method == "POST" else span
        ids = {} if request.method == "POST" else {"trace_id": asked_id(request.path)}
        rows = [
            row(number, padding="x" * (10_000 if number != self._large else 300_000), **ids)
            for number in range(first, last + 1)
        ]
        return answer(page(rows, more=last < 20))


METHODS = {
    "iter_traces": (START, END),
    "in_parallel": (START, END),
    "iter_spans_by_trace_id": ("trace-1",),
}
ALL = list(range(1, 21))


def numbers(rows: Any) -> list[int]:
    return [int(row.id.rpartition("-")[2]) for row in rows]


@Faces
@pytest.mark.parametrize("limit", [None, 20, 100, 7])
@pytest.mark.parametrize("method", METHODS)
def test_a_page_that_is_too_large_is_read_in_smaller_ones(
    scripted: Scripted, method: str, limit: int | None, face: type[Netra | InLoop]
) -> None:
    service = LargePages()
    options: dict[str, Any] = {"concurrency": 1} if "parallel" in method else {}
    with face(endpoint=scripted(service).url, max_response_bytes=45_000, max_retries=0) as client:
        assert numbers(method_of(client.usage, method)(*METHODS[method], limit=limit, **options)) == ALL
    assert min(limit or 100 for limit in service.limits) >= 2
    assert len(service.limits) < 16  # it stays with the size that fitted


@Faces
def test_a_single_page_may_be_smaller_than_asked_for(scripted: Scripted, face: type[Netra | InLoop]) -> None:
    service = LargePages()
    with face(endpoint=scripted(service).url, max_response_bytes=45_000) as client:
        found = client.usage.list_traces(START, END, limit=16)
        assert (numbers(found.traces), found.has_next_page, found.next_cursor) == (
            [1, 2, 3, 4],
            True,
            "cursor-4",
        )
    assert service.limits == [16, 8, 4]


@Faces
def test_spans_in_a_drill_down_are_read_in_smaller_pages(
    scripted: Scripted, face: type[Netra | InLoop]
) -> None:
    service = LargePages()
    with face(endpoint=scripted(service).url, max_response_bytes=45_000) as client:
        for found in client.usage.iter_traces(START, END).with_spans(concurrency=3):
            assert len(found.spans) == 20


@Faces
@pytest.mark.parametrize("method", METHODS)
def test_one_row_that_is_too_large_is_an_error_in_its_place(
    scripted: Scripted, method: str, face: type[Netra | InLoop]
) -> None:
    service = LargePages(large=7)
    options: dict[str, Any] = {"concurrency": 1} if "parallel" in method else {}
    with face(endpoint=scripted(service).url, max_response_bytes=45_000) as client:
        with pytest.raises(APIResponseValidationError, match="Raise max_response_bytes") as caught:
            list(method_of(client.usage, method)(*METHODS[method], **options))
        assert caught.value.cursor == "cursor-6"
    assert service.limits[-1] == 1


# ---------------------------------------------------------------- answers that are there already


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_mocks_and_hooks_that_read_go_on_working(scripted: Scripted, library: Any) -> None:
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
    server = scripted(lambda _: answer(body=packed, headers={"content-encoding": "gzip"}))
    hooks = {"response": [lambda response: response.read()]}
    with library.Client(event_hooks=hooks) as http, Netra(endpoint=server.url, http_client=http) as client:
        assert client.usage.get_session_usage("session-123", START, END)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_mock_is_bound_too(library: Any) -> None:
    mock = library.MockTransport(lambda _: library.Response(200, content=b" " * 2_000))
    with library.Client(transport=mock) as http:
        client = Netra(endpoint="http://localhost", http_client=http, max_response_bytes=1_000)
        with pytest.raises(APIResponseValidationError, match="more than 1000 bytes"):
            client.usage.get_session_usage("session-123", START, END)


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_async_mocks_go_on_working(library: Any) -> None:
    async def ask() -> float:
        mock = library.MockTransport(lambda _: library.Response(200, json={"data": session_usage()}))
        async with library.AsyncClient(transport=mock) as http:
            client = AsyncNetra(endpoint="http://localhost", http_client=http)
            usage = await client.usage.get_session_usage("session-123", START, END)
            assert usage
            return usage.total_cost

    assert asyncio.run(ask()) == 0.25
