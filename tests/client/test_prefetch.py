"""The next page is on its way while the consumer works; nothing else changes, and nothing stays behind."""

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
from tests.support.in_loop import InLoop
from tests.support.rows import END, START, page, span, trace
from tests.support.scripted import Reply, Request, Scripted, answer
from tests.support.waiting import new_threads_of_ours, until
from tests.support.walks import WAYS, method_of

Faces = pytest.mark.parametrize("face", [Netra, InLoop], ids=["sync", "async"])
ALL = [f"trace-{number}" for number in range(1, 11)]


def number_of(request: Request) -> int:
    return int(request.json["pagination"].get("cursor", "cursor-0").removeprefix("cursor-"))


def pages_of_two(request: Request) -> Reply:
    first = number_of(request) + 1
    return answer(page([trace(first), trace(first + 1)], more=first < 9))


def our_threads() -> list[threading.Thread]:
    gc.collect()  # of other tests, whose errors hold their iterators
    return new_threads_of_ours()


def test_the_next_page_is_asked_for_while_the_consumer_works_but_not_the_one_behind_it(
    scripted: Scripted,
) -> None:
    server = scripted(pages_of_two)
    with Netra(endpoint=server.url) as client:
        traces = client.usage.iter_traces(START, END)
        assert server.requests == []
        assert next(traces).id == "trace-1"
        assert until(lambda: len(server.requests) == 2)
        time.sleep(0.2)
        assert [number_of(sent) for sent in server.requests] == [0, 2]
        assert [trace.id for trace in traces] == ALL[1:]
    assert [number_of(sent) for sent in server.requests] == [0, 2, 4, 6, 8]


def test_in_async_code_too(scripted: Scripted) -> None:
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


@Faces
@pytest.mark.parametrize("method", ["iter_traces", "iter_spans_by_trace_id"])
def test_it_can_be_switched_off_for_a_client_and_for_a_call(
    scripted: Scripted, face: type[Netra | InLoop], method: str
) -> None:
    def endless(request: Request) -> Reply:
        if request.method == "POST":
            return pages_of_two(request)
        number = int(request.query.get("cursor", "cursor-0").removeprefix("cursor-")) + 1
        return answer(page([span(number)], more=True))

    async def first_async(usage: Any) -> None:
        await anext(method_of(usage, method)(*arguments))
        await asyncio.sleep(0.2)

    arguments = ["trace-1"] if "spans" in method else [START, END]
    for of_the_client, of_the_call in ((False, None), (None, False), (True, False)):
        server = scripted(endless)
        with face(endpoint=server.url, prefetch=of_the_client) as client:
            if isinstance(client, InLoop):
                client.run(first_async(client.client.usage.with_options(prefetch=of_the_call)))
            else:
                rows = method_of(client.usage.with_options(prefetch=of_the_call), method)(*arguments)
                next(rows)
                time.sleep(0.2)
        assert len(server.requests) == 1


@pytest.mark.parametrize("wrong", [0, 1, "no", 2.5])
def test_another_value_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="prefetch"):
        Netra(endpoint="http://127.0.0.1:1", prefetch=wrong)
    with Netra(endpoint="http://127.0.0.1:1") as client, pytest.raises(ConfigurationError, match="prefetch"):
        client.usage.with_options(prefetch=wrong)


def fails_once_at(cursor: int) -> Callable[[Request], Reply]:
    failing = [True]

    def reply(request: Request) -> Reply:
        if failing and number_of(request) == cursor:
            failing.clear()
            return answer(status=503)
        return pages_of_two(request)

    return reply


@pytest.mark.parametrize("rows_of_a_page", [1, 2])
def test_an_error_of_the_page_ahead_comes_in_its_turn_with_its_place(
    scripted: Scripted, rows_of_a_page: int
) -> None:
    server = scripted(fails_once_at(4))
    with Netra(endpoint=server.url, max_retries=0) as client:
        traces = client.usage.iter_traces(START, END)
        got = [next(traces).id for _ in range(2 + rows_of_a_page)]
        assert until(lambda: len(server.requests) == 3)  # the failing one is under way, or over
        got += [next(traces).id for _ in range(2 - rows_of_a_page)]
        with pytest.raises(ServerError) as caught:
            next(traces)
        assert (got, caught.value.cursor) == (ALL[:4], "cursor-4")
        assert [trace.id for trace in traces] == ALL[4:]


def test_an_error_of_the_page_ahead_comes_in_its_turn_in_async_code(scripted: Scripted) -> None:
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


def test_pages_are_read_ahead_as_well(scripted: Scripted) -> None:
    server = scripted(fails_once_at(4))
    with Netra(endpoint=server.url, max_retries=0) as client:
        traces = client.usage.iter_traces(START, END)
        pages = traces.pages()
        got = [one.id for _ in range(2) for one in next(pages)]
        assert until(lambda: len(server.requests) == 3)
        with pytest.raises(ServerError) as caught:
            next(pages)
        assert (got, caught.value.cursor, traces.cursor) == (ALL[:4], "cursor-4", "cursor-4")
        assert [one.id for rest in pages for one in rest] == ALL[4:]


def test_leaving_the_loop_early_leaves_no_thread_behind(scripted: Scripted) -> None:
    server = scripted(pages_of_two)
    with Netra(endpoint=server.url) as client:
        for row in client.usage.iter_traces(START, END):
            assert row.id == "trace-1"
            break
        assert until(lambda: not our_threads())
        assert client.usage.list_traces(START, END).traces
    assert until(lambda: server.open_connections == 0)


def test_at_its_end_an_iterator_has_no_thread_any_more(scripted: Scripted) -> None:
    with Netra(endpoint=scripted(pages_of_two).url) as client:
        traces = client.usage.iter_traces(START, END)
        assert len(list(traces)) == 10
        assert until(lambda: not our_threads())
        assert traces.cursor == "cursor-10"


def test_leaving_the_loop_ends_a_wait_for_the_next_attempt(scripted: Scripted) -> None:
    def limited(request: Request) -> Reply:
        if number_of(request) == 2:
            return answer(status=429, headers={"retry-after": "50"})
        return pages_of_two(request)

    server = scripted(limited)
    with Netra(endpoint=server.url) as client:
        traces = client.usage.iter_traces(START, END)
        next(traces)
        assert until(lambda: len(server.requests) == 2)
        del traces
        gc.collect()
        assert until(lambda: not our_threads())
    assert len(server.requests) == 2


def test_closing_the_client_ends_a_wait_for_the_next_attempt(scripted: Scripted) -> None:
    server = scripted(lambda _: answer(status=429, headers={"retry-after": "50"}))
    client = Netra(endpoint=server.url)
    caught: list[BaseException] = []

    def call() -> None:
        try:
            client.usage.list_traces(START, END)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert until(lambda: len(server.requests) == 1)
    client.close()
    thread.join(20)
    assert [type(error).__name__ for error in caught] == ["NotInitializedError"]


def test_leaving_the_loop_early_leaves_no_task_and_no_socket_behind(scripted: Scripted) -> None:
    def silent_behind_the_first(request: Request) -> Reply:
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

    server = scripted(silent_behind_the_first)
    asyncio.run(work(), debug=True)


def test_the_end_of_the_program_does_not_wait_for_the_page_ahead(scripted: Scripted) -> None:
    def silent_behind_the_first(request: Request) -> Reply:
        if number_of(request):
            return then_silence(lambda _: b"")(b"")
        return pages_of_two(request)

    program = (
        "import sys; from netra import Netra; Netra.init(endpoint=sys.argv[1], timeout=300);"
        "rows = Netra.usage.iter_traces(sys.argv[2], sys.argv[3]); print(next(rows).id)"
    )
    server = scripted(silent_behind_the_first)
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program, server.url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.stdout, result.stderr) == ("trace-1\n", "")


def test_where_no_thread_can_be_started_the_rows_come_all_the_same(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_after_a_fork_both_processes_read_on(scripted: Scripted) -> None:
    result = subprocess.run(
        [sys.executable, "-c", FORKING, scripted(pages_of_two).url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.splitlines() == [str(ALL[1:])] * 2


@pytest.mark.parametrize("method", WAYS)
def test_an_async_iterator_that_another_loop_left_in_its_midst_does_not_hang(
    scripted: Scripted, method: str
) -> None:
    async def begin() -> None:
        asyncio.create_task(anext(traces)).add_done_callback(
            lambda task: task.cancelled() or task.exception()
        )
        await asyncio.sleep(0.1)

    async def go_on() -> None:
        with pytest.raises(NotInitializedError, match="another event loop"):
            await asyncio.wait_for(anext(traces), 20)

    client = AsyncNetra(endpoint=scripted(lambda _: then_silence(lambda _: b"")(b"")).url)
    traces: Any = method_of(client.usage, method)(START, END)
    with asyncio.Runner() as first:
        first.run(begin())
        loop = asyncio.new_event_loop()
        loop.run_until_complete(go_on())
        loop.close()
        first.run(client.close())


def test_an_async_iterator_that_a_second_event_loop_goes_on_with_says_what_to_do(scripted: Scripted) -> None:
    async def begin() -> None:
        await anext(traces)

    async def go_on() -> None:
        await anext(traces)
        with pytest.raises(Exception, match="another event loop") as caught:
            await anext(traces)
        assert caught.value.cursor == "cursor-2"  # type: ignore[attr-defined]
        await client.close()

    def slow_behind_the_first(request: Request) -> Reply:
        return then_silence(lambda _: b"")(b"") if number_of(request) else pages_of_two(request)

    client = AsyncNetra(endpoint=scripted(slow_behind_the_first).url)
    traces = client.usage.iter_traces(START, END)
    with asyncio.Runner() as first:
        first.run(begin())
        asyncio.run(go_on())
        first.run(client.close())
