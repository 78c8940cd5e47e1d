"""The async client has the methods of the sync client, and cancellation and event loops leave nothing open."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import socket
from collections.abc import AsyncIterator, Coroutine
from typing import Any, get_type_hints

import httpx
import pytest

from netra import (
    APITimeoutError,
    AsyncNetra,
    AsyncPagedIterator,
    AsyncTracesInParallel,
    AsyncTracesIterator,
    AsyncTracesWithSpans,
    AsyncUsage,
    ConfigurationError,
    InvalidRequestError,
    Netra,
    NotInitializedError,
    PagedIterator,
    ServerError,
    TracesInParallel,
    TracesIterator,
    TracesWithSpans,
    Usage,
)
from tests.faults.wire import FAULTS, drip_forever, then_silence
from tests.support.rows import END, START, page, session_usage, trace
from tests.support.scripted import Reply, Request, Scripted, respond, response_bytes


def three_pages(request: Request) -> Reply:
    number = int(request.json["pagination"].get("cursor", "cursor-0").removeprefix("cursor-")) + 1
    return respond(page([trace(number)], more=number < 3))


TWINS = {
    TracesIterator: AsyncTracesIterator,
    TracesInParallel: AsyncTracesInParallel,
    TracesWithSpans: AsyncTracesWithSpans,
}
METHODS = sorted(name for name in vars(Usage) if not name.startswith("_"))


def test_both_clients_have_the_same_methods() -> None:
    assert sorted(name for name in vars(AsyncUsage) if not name.startswith("_")) == METHODS


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_the_same_signature_in_both_clients(method: str) -> None:
    """Parameters, defaults, docstrings and result types are equal; the async methods are coroutines."""
    one, other = getattr(Usage, method), getattr(AsyncUsage, method)
    assert list(inspect.signature(one).parameters.values()) == list(
        inspect.signature(other).parameters.values()
    )
    assert one.__doc__ == other.__doc__
    hints, async_hints = get_type_hints(one), get_type_hints(other)
    result, async_result = hints.pop("return"), async_hints.pop("return")
    assert hints == async_hints
    if method == "iter_traces":
        assert (result, async_result) == (TracesIterator, AsyncTracesIterator)
    elif method.startswith("iter"):
        assert (result.__origin__, async_result.__origin__) == (PagedIterator, AsyncPagedIterator)
        assert result.__args__ == async_result.__args__
    else:
        assert result == async_result
        assert inspect.iscoroutinefunction(other) == (method != "with_options")


@pytest.mark.parametrize("sync", TWINS, ids=lambda cls: cls.__name__)
def test_both_kinds_of_iterator_have_the_same_methods_and_docs(sync: Any) -> None:
    twin: Any = TWINS[sync]
    members = sorted(name for name in dir(sync) if not name.startswith("_"))
    assert members == sorted(name for name in dir(twin) if not name.startswith("_"))
    for name in ("with_spans", "in_parallel"):
        one, other = getattr(sync, name), getattr(twin, name)
        assert inspect.signature(one).parameters == inspect.signature(other).parameters
        assert one.__doc__ == other.__doc__


def test_both_clients_take_the_same_arguments() -> None:
    one, other = inspect.signature(Netra.__init__), inspect.signature(AsyncNetra.__init__)
    assert list(one.parameters) == list(other.parameters)
    init = list(inspect.signature(Netra.init).parameters)
    assert sorted(init) == sorted(list(one.parameters)[1:])


def run_in_loop(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 30))


def test_rows_pages_and_cursors_of_an_async_iterator(scripted: Scripted) -> None:
    async def work() -> None:
        async with AsyncNetra(endpoint=server.url) as client:
            rows = client.usage.iter_traces(START, END)
            assert isinstance(rows, AsyncIterator)
            assert [row.id async for row in rows] == ["trace-1", "trace-2", "trace-3"]
            assert rows.cursor == "cursor-3"
            pages = client.usage.iter_traces(START, END).pages()
            assert [[row.id for row in one.traces] async for one in pages] == [
                ["trace-1"],
                ["trace-2"],
                ["trace-3"],
            ]
            resumed = client.usage.iter_traces(START, END, cursor="cursor-1")
            assert (resumed.cursor, [row.id async for row in resumed]) == ("cursor-1", ["trace-2", "trace-3"])
            begun = client.usage.iter_traces(START, END)
            assert (await anext(begun)).id == "trace-1"
            with pytest.raises(InvalidRequestError, match="pages"):
                begun.pages()

    server = scripted(three_pages)
    run_in_loop(work())


def test_pages_continue_after_an_error(scripted: Scripted) -> None:
    failing = [True]

    def reply(request: Request) -> Reply:
        if failing and request.json["pagination"].get("cursor") == "cursor-1":
            failing.clear()
            return respond(status=503)
        return three_pages(request)

    async def work() -> None:
        async with AsyncNetra(endpoint=server.url, max_retries=0) as client:
            pages = client.usage.iter_traces(START, END).pages()
            got = [(await anext(pages)).traces[0].id]
            with pytest.raises(ServerError) as caught:
                await anext(pages)
            assert caught.value.cursor == "cursor-1"
            got += [one.traces[0].id async for one in pages]
            assert got == ["trace-1", "trace-2", "trace-3"]

    server = scripted(reply)
    run_in_loop(work())


def test_bad_input_is_rejected_before_anything_is_awaited(scripted: Scripted) -> None:
    server = scripted(three_pages)
    client = AsyncNetra(endpoint=server.url)
    with pytest.raises(InvalidRequestError, match="limit"):
        client.usage.iter_traces(START, END, limit=0)
    assert server.requests == []


def test_cancelling_a_page_request_leaves_no_socket_open(scripted: Scripted) -> None:
    """The client stays usable, and the iterator continues with the page whose request was cancelled."""
    silent = [True]

    def reply(request: Request) -> Reply:
        if silent and request.json["pagination"].get("cursor") == "cursor-1":
            silent.clear()
            return FAULTS["stops in the body"](response_bytes(page([trace(2)], more=True)))
        return three_pages(request)

    async def work() -> None:
        http = httpx.AsyncClient()
        async with http, AsyncNetra(endpoint=server.url, timeout=20, http_client=http) as client:
            rows = client.usage.iter_traces(START, END)
            assert (await anext(rows)).id == "trace-1"
            task = asyncio.create_task(anext(rows))
            while len(server.requests) < 2:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert http._transport._pool.connections == []  # type: ignore[attr-defined]
            assert [row.id async for row in rows] == ["trace-2", "trace-3"]

    server = scripted(reply)
    run_in_loop(work())


@pytest.mark.slow
def test_the_deadline_ends_a_response_that_never_completes(scripted: Scripted) -> None:
    def drip_head(_: Request) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
            while True:
                wire.write(b"x")
                await wire.drain()
                await asyncio.sleep(0.02)

        return write

    async def work(url: str) -> None:
        async with AsyncNetra(endpoint=url, timeout=5, deadline=0.3) as client:
            with pytest.raises(APITimeoutError):
                await client.usage.get_session_usage("s", START, END)

    for reply in (
        drip_head,
        lambda _: drip_forever(response_bytes({})),
        lambda _: then_silence(lambda _: b"")(b""),
    ):
        run_in_loop(work(scripted(reply).url))


@pytest.mark.slow
def test_many_tasks_share_one_client(scripted: Scripted) -> None:
    def reply(request: Request) -> Reply:
        session = request.path.rpartition("/")[2]
        return respond({"data": session_usage(session_id=session, tokenCount=int(session))})

    async def work() -> None:
        async with AsyncNetra(endpoint=server.url) as client:
            calls = [client.usage.get_session_usage(str(number), START, END) for number in range(200)]
            found = await asyncio.gather(*calls)
            assert [one and one.token_count for one in found] == list(range(200))

    server = scripted(reply)
    run_in_loop(work())


def test_a_closed_client_raises_not_initialized(scripted: Scripted) -> None:
    async def work() -> None:
        client = AsyncNetra(endpoint="http://127.0.0.1:1")
        await client.close()
        await client.close()
        with pytest.raises(NotInitializedError, match="closed"):
            await client.usage.list_traces(START, END)

    run_in_loop(work())


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs Linux to list open files")
def test_closing_while_connecting_leaves_no_socket_open() -> None:
    async def work(port: int) -> None:
        before = open_descriptors()
        client = AsyncNetra(endpoint=f"http://127.0.0.1:{port}", timeout=60)
        task = asyncio.create_task(client.usage.list_traces(START, END))
        while open_descriptors() == before:
            await asyncio.sleep(0.01)
        await client.close()
        with pytest.raises(NotInitializedError, match="closed"):
            await task
        assert open_descriptors() == before

    with socket.socket() as listening, contextlib.ExitStack() as waiting:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):  # nobody accepts these, so the next one cannot connect
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        run_in_loop(work(listening.getsockname()[1]))


def test_closing_ends_the_backoff_of_a_call(scripted: Scripted) -> None:
    async def work() -> None:
        client = AsyncNetra(endpoint=server.url)
        task = asyncio.create_task(client.usage.list_traces(START, END))
        while not server.requests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        await client.close()
        with pytest.raises(NotInitializedError, match="closed"):
            await task

    server = scripted(lambda _: respond(status=429, headers={"retry-after": "50"}))
    run_in_loop(work())


def test_using_a_client_in_a_second_event_loop_is_an_error(scripted: Scripted) -> None:
    async def call() -> None:
        await client.usage.list_traces(START, END)

    server = scripted(lambda _: respond(page([]), headers={"connection": "close"}))
    client = AsyncNetra(endpoint=server.url)
    run_in_loop(call())
    with pytest.raises(NotInitializedError, match="event loop"):
        run_in_loop(call())


def test_an_http_client_of_the_wrong_kind_is_rejected() -> None:
    wrong: Any = httpx.Client()
    with wrong, pytest.raises(ConfigurationError, match=r"httpx\.AsyncClient"):
        AsyncNetra(endpoint="http://127.0.0.1:1", http_client=wrong)
