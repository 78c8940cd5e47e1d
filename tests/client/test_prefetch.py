"""The next page is requested while the consumer works. Nothing else changes, and no thread or task remains."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from netra import AsyncNetra, ConfigurationError, Netra, NotInitializedError, ServerError
from tests.faults.wire import then_silence
from tests.support.blocking import BlockingAsyncNetra, ClientClass, both_clients
from tests.support.methods import TRACE_ITERATORS, get_method
from tests.support.rows import END, START, page, span, trace
from tests.support.scripted import Reply, Request, Scripted, respond
from tests.support.waiting import new_netra_threads, wait_until

ALL = [f"trace-{number}" for number in range(1, 11)]


def number_of(request: Request) -> int:
    return int(request.json["pagination"].get("cursor", "cursor-0").removeprefix("cursor-"))


def pages_of_two(request: Request) -> Reply:
    first = number_of(request) + 1
    return respond(page([trace(first), trace(first + 1)], more=first < 9))


def running_threads() -> list[threading.Thread]:
    gc.collect()  # errors of other tests keep iterators alive
    return new_netra_threads()


def test_only_the_next_page_is_prefetched(scripted: Scripted) -> None:
    """While the consumer works, the next page is requested, but not the page after it."""
    server = scripted(pages_of_two)
    with Netra(endpoint=server.url) as client:
        traces = client.usage.iter_traces(START, END)
        assert server.requests == []
        assert next(traces).id == "trace-1"
        assert wait_until(lambda: len(server.requests) == 2)
        time.sleep(0.2)
        assert [number_of(sent) for sent in server.requests] == [0, 2]
        assert [trace.id for trace in traces] == ALL[1:]
    assert [number_of(sent) for sent in server.requests] == [0, 2, 4, 6, 8]


def test_only_the_next_page_is_prefetched_in_async_code(scripted: Scripted) -> None:
    async def work() -> None:
        async with AsyncNetra(endpoint=server.url) as client:
            traces = client.usage.iter_traces(START, END)
            assert (await anext(traces)).id == "trace-1"
            for _ in range(1000):
                if len(server.requests) == 2:
                    break
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            assert [number_of(sent) for sent in server.requests] == [0, 2]
            assert [trace.id async for trace in traces] == ALL[1:]

    server = scripted(pages_of_two)
    asyncio.run(work())


@pytest.mark.slow
@both_clients
@pytest.mark.parametrize("method", ["iter_traces", "iter_spans_by_trace_id"])
def test_prefetch_can_be_disabled_for_a_client_and_a_call(
    scripted: Scripted, client_class: ClientClass, method: str
) -> None:
    def endless(request: Request) -> Reply:
        if request.method == "POST":
            return pages_of_two(request)
        number = int(request.query.get("cursor", "cursor-0").removeprefix("cursor-")) + 1
        return respond(page([span(number)], more=True))

    async def first_async(usage: Any) -> None:
        await anext(get_method(usage, method)(*arguments))
        await asyncio.sleep(0.2)

    arguments = ["trace-1"] if "spans" in method else [START, END]
    for for_client, for_call in ((False, None), (None, False), (True, False)):
        server = scripted(endless)
        with client_class(endpoint=server.url, prefetch=for_client) as client:
            if isinstance(client, BlockingAsyncNetra):
                client.run(first_async(client.client.usage.with_options(prefetch=for_call)))
            else:
                rows = get_method(client.usage.with_options(prefetch=for_call), method)(*arguments)
                next(rows)
                time.sleep(0.2)
        assert len(server.requests) == 1


@pytest.mark.parametrize("wrong", [0, 1, "no", 2.5])
def test_a_prefetch_value_that_is_no_bool_is_rejected(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="prefetch"):
        Netra(endpoint="http://127.0.0.1:1", prefetch=wrong)
    with Netra(endpoint="http://127.0.0.1:1") as client, pytest.raises(ConfigurationError, match="prefetch"):
        client.usage.with_options(prefetch=wrong)


def fails_once_at(cursor: int) -> Callable[[Request], Reply]:
    failing = [True]

    def reply(request: Request) -> Reply:
        if failing and number_of(request) == cursor:
            failing.clear()
            return respond(status=503)
        return pages_of_two(request)

    return reply


@pytest.mark.parametrize("rows_of_a_page", [1, 2])
def test_a_prefetch_error_comes_in_order_with_its_cursor(scripted: Scripted, rows_of_a_page: int) -> None:
    server = scripted(fails_once_at(4))
    with Netra(endpoint=server.url, max_retries=0) as client:
        traces = client.usage.iter_traces(START, END)
        got = [next(traces).id for _ in range(2 + rows_of_a_page)]
        assert wait_until(lambda: len(server.requests) == 3)  # the failing request is in flight, or done
        got += [next(traces).id for _ in range(2 - rows_of_a_page)]
        with pytest.raises(ServerError) as caught:
            next(traces)
        assert (got, caught.value.cursor) == (ALL[:4], "cursor-4")
        assert [trace.id for trace in traces] == ALL[4:]


def test_a_prefetch_error_comes_in_order_in_async_code(scripted: Scripted) -> None:
    got: list[str] = []

    async def read_slowly(traces: Any) -> None:
        async for one in traces:
            got.append(one.id)
            await asyncio.sleep(0.05)

    async def work() -> None:
        async with AsyncNetra(endpoint=server.url, max_retries=0) as client:
            traces = client.usage.iter_traces(START, END)
            with pytest.raises(ServerError) as caught:
                await read_slowly(traces)
            assert (got, caught.value.cursor) == (ALL[:4], "cursor-4")
            assert [one.id async for one in traces] == ALL[4:]

    server = scripted(fails_once_at(4))
    asyncio.run(work())


def test_pages_are_prefetched_as_well(scripted: Scripted) -> None:
    server = scripted(fails_once_at(4))
    with Netra(endpoint=server.url, max_retries=0) as client:
        traces = client.usage.iter_traces(START, END)
        pages = traces.pages()
        got = [one.id for _ in range(2) for one in next(pages)]
        assert wait_until(lambda: len(server.requests) == 3)
        with pytest.raises(ServerError) as caught:
            next(pages)
        assert (got, caught.value.cursor, traces.cursor) == (ALL[:4], "cursor-4", "cursor-4")
        assert [one.id for traces_page in pages for one in traces_page] == ALL[4:]


def test_leaving_the_loop_early_leaves_no_thread(scripted: Scripted) -> None:
    server = scripted(pages_of_two)
    with Netra(endpoint=server.url) as client:
        for row in client.usage.iter_traces(START, END):
            assert row.id == "trace-1"
            break
        assert wait_until(lambda: not running_threads())
        assert client.usage.list_traces(START, END).traces
    assert wait_until(lambda: server.open_connections == 0)


def test_a_finished_iterator_has_no_thread(scripted: Scripted) -> None:
    with Netra(endpoint=scripted(pages_of_two).url) as client:
        traces = client.usage.iter_traces(START, END)
        assert len(list(traces)) == 10
        assert wait_until(lambda: not running_threads())
        assert traces.cursor == "cursor-10"


@pytest.mark.slow
def test_leaving_the_loop_ends_the_backoff_of_a_prefetch(scripted: Scripted) -> None:
    def limited(request: Request) -> Reply:
        if number_of(request) == 2:
            return respond(status=429, headers={"retry-after": "50"})
        return pages_of_two(request)

    server = scripted(limited)
    with Netra(endpoint=server.url) as client:
        traces = client.usage.iter_traces(START, END)
        next(traces)
        assert wait_until(lambda: len(server.requests) == 2)
        del traces
        gc.collect()
        assert wait_until(lambda: not running_threads())
    assert len(server.requests) == 2


def test_closing_the_client_ends_the_backoff_of_a_call(scripted: Scripted) -> None:
    server = scripted(lambda _: respond(status=429, headers={"retry-after": "50"}))
    client = Netra(endpoint=server.url)
    caught: list[BaseException] = []

    def call() -> None:
        try:
            client.usage.list_traces(START, END)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert wait_until(lambda: len(server.requests) == 1)
    client.close()
    thread.join(20)
    assert [type(error).__name__ for error in caught] == ["NotInitializedError"]


def test_leaving_the_loop_early_leaves_no_task_or_socket(scripted: Scripted) -> None:
    def silent_after_the_first(request: Request) -> Reply:
        if number_of(request):
            return then_silence(lambda _: b"")(b"")
        return pages_of_two(request)

    async def work() -> None:
        http = httpx.AsyncClient()
        async with http, AsyncNetra(endpoint=server.url, http_client=http) as client:
            async for one in client.usage.iter_traces(START, END):
                assert one.id == "trace-1"
                while len(server.requests) < 2:
                    await asyncio.sleep(0.01)
                break
            gc.collect()
            for _ in range(1000):
                if len(asyncio.all_tasks()) == 1:
                    break
                await asyncio.sleep(0.01)
            assert len(asyncio.all_tasks()) == 1
            assert http._transport._pool.connections == []  # type: ignore[attr-defined]

    server = scripted(silent_after_the_first)
    asyncio.run(work(), debug=True)


@pytest.mark.process
def test_the_end_of_the_program_does_not_wait_for_a_prefetch(scripted: Scripted) -> None:
    def silent_after_the_first(request: Request) -> Reply:
        if number_of(request):
            return then_silence(lambda _: b"")(b"")
        return pages_of_two(request)

    program = (
        "import sys; from netra import Netra; Netra.init(endpoint=sys.argv[1], timeout=300);"
        "rows = Netra.usage.iter_traces(sys.argv[2], sys.argv[3]); print(next(rows).id)"
    )
    server = scripted(silent_after_the_first)
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program, server.url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.stdout, result.stderr) == ("trace-1\n", "")


def test_without_new_threads_all_rows_still_come(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    url = scripted(pages_of_two).url

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with Netra(endpoint=url) as client, monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert [trace.id for trace in client.usage.iter_traces(START, END)] == ALL


FORKING = """
import os, sys
from netra import Netra
client = Netra(endpoint=sys.argv[1])
rows = client.usage.iter_traces(sys.argv[2], sys.argv[3])
next(rows)
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
print([row.id for row in rows], flush=True)
"""


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_after_a_fork_both_processes_continue(scripted: Scripted) -> None:
    result = subprocess.run(
        [sys.executable, "-c", FORKING, scripted(pages_of_two).url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.splitlines() == [str(ALL[1:])] * 2


@pytest.mark.parametrize("method", TRACE_ITERATORS)
def test_an_iterator_busy_in_another_loop_raises(scripted: Scripted, method: str) -> None:
    async def begin() -> None:
        asyncio.create_task(anext(traces)).add_done_callback(
            lambda task: task.cancelled() or task.exception()
        )
        await asyncio.sleep(0.1)

    async def resume() -> None:
        with pytest.raises(NotInitializedError, match="another event loop"):
            await asyncio.wait_for(anext(traces), 20)

    client = AsyncNetra(endpoint=scripted(lambda _: then_silence(lambda _: b"")(b"")).url)
    traces: Any = get_method(client.usage, method)(START, END)
    with asyncio.Runner() as first:
        first.run(begin())
        loop = asyncio.new_event_loop()
        loop.run_until_complete(resume())
        loop.close()
        first.run(client.close())


def test_continuing_in_a_second_event_loop_raises(scripted: Scripted) -> None:
    async def begin() -> None:
        await anext(traces)

    async def resume() -> None:
        await anext(traces)
        with pytest.raises(Exception, match="another event loop") as caught:
            await anext(traces)
        assert caught.value.cursor == "cursor-2"  # type: ignore[attr-defined]
        await client.close()

    def silent_after_the_first(request: Request) -> Reply:
        return then_silence(lambda _: b"")(b"") if number_of(request) else pages_of_two(request)

    client = AsyncNetra(endpoint=scripted(silent_after_the_first).url)
    traces = client.usage.iter_traces(START, END)
    with asyncio.Runner() as first:
        first.run(begin())
        asyncio.run(resume())
        first.run(client.close())
