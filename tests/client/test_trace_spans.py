"""Traces with their spans: faster than the documented loop, with the same rows."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from netra import AsyncNetra, InvalidRequestError, Netra, RateLimitError, ServerError
from netra.local import LocalServer
from tests.support.agent import run_agent
from tests.support.blocking import BlockingAsyncNetra, ClientClass, both_clients
from tests.support.rows import END, START, page, span, trace
from tests.support.scripted import Reply, Request, Scripted, respond, response_bytes
from tests.support.waiting import new_netra_threads, wait_until

TRACES = 12
ALL = [f"trace-{number}" for number in range(1, TRACES + 1)]


def trace_of(request: Request) -> str:
    return request.path.split("/")[3]


class Service:
    """Twelve traces in pages of five, each with three spans in pages of two. `spans` may override a reply."""

    def __init__(self, spans: Callable[[Request], Reply | None] = lambda _: None) -> None:
        self._spans = spans
        self.in_flight = 0
        self.max_in_flight = 0
        self.patience = 1
        """How often a reply looks for another request in flight, at most, before it is sent."""

    def __call__(self, request: Request) -> Reply:
        if request.method == "POST":
            first = int(request.json["pagination"].get("cursor", "cursor-0").removeprefix("cursor-")) + 1
            last = min(first + 4, TRACES)
            return respond(page([trace(number) for number in range(first, last + 1)], more=last < TRACES))
        overridden = self._spans(request)
        if overridden is not None:
            return overridden
        found = trace_of(request)
        if "cursor" in request.query:
            reply = response_bytes(page([span(3, trace_id=found)]))
        else:
            reply = response_bytes(page([span(1, trace_id=found), span(2, trace_id=found)], more=True))

        async def slowly(wire: asyncio.StreamWriter) -> None:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            for _ in range(self.patience):
                await asyncio.sleep(0.01)
                if self.max_in_flight > 1:
                    break
            self.in_flight -= 1
            wire.write(reply)
            await wire.drain()

        return slowly


@both_clients
@pytest.mark.parametrize("concurrency", [pytest.param(1, marks=pytest.mark.slow), 3, 8, 50])
def test_every_trace_comes_in_order_with_all_its_spans(
    scripted: Scripted, client_class: ClientClass, concurrency: int
) -> None:
    service = Service()
    service.patience = 1 if concurrency == 1 else 500
    with client_class(endpoint=scripted(service).url) as client:
        found = list(client.usage.iter_traces(START, END, limit=5).with_spans(concurrency=concurrency))
    assert [one.trace.id for one in found] == ALL
    assert {tuple(one.id for one in spans) for _, spans in found} == {("span-1", "span-2", "span-3")}
    assert all(one.trace_id == trace.id for trace, spans in found for one in spans)
    assert service.max_in_flight <= concurrency
    assert (service.max_in_flight > 1) == (concurrency > 1)


@pytest.mark.slow
def test_with_spans_gives_the_rows_of_the_documented_loop(local_server: LocalServer) -> None:
    run_agent(local_server.endpoint)
    with Netra(endpoint=local_server.endpoint) as client:
        arguments: dict[str, Any] = {"tenant_id": "AceTech", "sort_field": "total_cost", "sort_order": "asc"}
        loop = [
            (trace.id, [span.id for span in client.usage.iter_spans_by_trace_id(trace.id)])
            for trace in client.usage.iter_traces(START, END, **arguments)
        ]
        found = client.usage.iter_traces(START, END, **arguments).with_spans()
        assert [(trace.id, [span.id for span in spans]) for trace, spans in found] == loop
    assert len(loop) == 22


@pytest.mark.slow
def test_with_spans_prefetches_no_more_than_concurrency(scripted: Scripted) -> None:
    server = scripted(Service())
    with Netra(endpoint=server.url) as client:
        found = client.usage.iter_traces(START, END, limit=5).with_spans(concurrency=3)
        assert server.requests == []
        assert [next(found).trace.id, next(found).trace.id] == ALL[:2]
        time.sleep(0.3)
        requested = {trace_of(sent) for sent in server.requests if sent.method == "GET"}
    assert requested <= set(ALL[: 2 + 3])


def failing(trace_id: str, times: int) -> Callable[[Request], Reply | None]:
    left = [times]

    def override(request: Request) -> Reply | None:
        if trace_of(request) == trace_id and left[0]:
            left[0] -= 1
            return respond(status=503)
        return None

    return override


@both_clients
def test_an_error_comes_in_order_and_its_cursor_gives_the_rest(
    scripted: Scripted, client_class: ClientClass
) -> None:
    url = scripted(Service(failing("trace-8", times=1))).url
    got: list[str] = []

    async def read_async(client: AsyncNetra) -> None:
        async for one, _ in client.usage.iter_traces(START, END, limit=5).with_spans():
            got.append(one.id)

    def read(client: Netra | BlockingAsyncNetra) -> None:
        if isinstance(client, BlockingAsyncNetra):
            client.run(read_async(client.client))
        else:
            got.extend(one.id for one, _ in client.usage.iter_traces(START, END, limit=5).with_spans())

    with client_class(endpoint=url, max_retries=0) as client:
        with pytest.raises(ServerError) as caught:
            read(client)
        assert (got, caught.value.cursor) == (ALL[:7], "cursor-7")
        remainder = client.usage.iter_traces(START, END, limit=5, cursor=caught.value.cursor).with_spans()
        assert got + [one.id for one, _ in remainder] == ALL


def test_the_same_iterator_continues_after_an_error(scripted: Scripted) -> None:
    def one_page_fails_once(request: Request) -> Reply:
        if (
            request.method == "POST"
            and request.json["pagination"].get("cursor") == "cursor-10"
            and page_fails
        ):
            page_fails.clear()
            return respond(status=503)
        return service(request)

    page_fails = [True]
    service = Service(failing("trace-3", times=2))
    got: list[str] = []
    with Netra(endpoint=scripted(one_page_fails_once).url, max_retries=0) as client:
        found = client.usage.iter_traces(START, END, limit=5).with_spans()
        while True:
            try:
                got.append(next(found).trace.id)
            except ServerError as error:
                got.append(f"error after {error.cursor}")
            except StopIteration:
                break
    errors = ["error after cursor-2", "error after cursor-2"]
    assert got == [*ALL[:2], *errors, *ALL[2:10], "error after cursor-10", *ALL[10:]]
    assert next(found, None) is None


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, True, "8", None])
def test_an_invalid_concurrency_is_rejected(concurrency: Any) -> None:
    with (
        Netra(endpoint="http://127.0.0.1:1") as client,
        pytest.raises(InvalidRequestError, match="concurrency"),
    ):
        client.usage.iter_traces(START, END).with_spans(concurrency=concurrency)


def test_leaving_the_loop_early_leaves_no_thread(scripted: Scripted) -> None:
    server = scripted(Service())
    with Netra(endpoint=server.url) as client:
        for trace, _ in client.usage.iter_traces(START, END, limit=5).with_spans():
            assert trace.id == "trace-1"
            break
        gc.collect()
        assert wait_until(lambda: not new_netra_threads())


def test_leaving_the_loop_early_leaves_no_task(scripted: Scripted) -> None:
    async def work() -> None:
        async with AsyncNetra(endpoint=server.url) as client:
            async for trace, _ in client.usage.iter_traces(START, END, limit=5).with_spans():
                assert trace.id == "trace-1"
                break
            gc.collect()
            await asyncio.sleep(0)
            for _ in range(1000):
                if len(asyncio.all_tasks()) == 1:
                    break
                await asyncio.sleep(0.01)
            assert len(asyncio.all_tasks()) == 1
            assert (await client.usage.list_traces(START, END)).traces

    server = scripted(Service())
    asyncio.run(work())


@pytest.fixture
def slow_service(scripted: Scripted) -> tuple[str, list[float]]:
    """Respond 429 once to the spans of the first trace; return the URL and the times of all requests."""
    times: list[float] = []
    limited = [True]

    def spans(request: Request) -> Reply | None:
        times.append(time.monotonic())
        if trace_of(request) == "trace-1" and limited:
            limited.clear()
            return respond(status=429, headers={"retry-after": "1"})
        return None

    return scripted(Service(spans)).url, times


@pytest.mark.slow
@both_clients
def test_a_429_pauses_all_workers(slow_service: tuple[str, list[float]], client_class: ClientClass) -> None:
    url, times = slow_service
    with client_class(endpoint=url) as client:
        found = list(client.usage.iter_traces(START, END, limit=5).with_spans(concurrency=2))
    assert [trace.id for trace, _ in found] == ALL
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) > 0.7  # the other worker paused as well, though it had more to request


def test_a_permanent_429_is_raised_in_order(scripted: Scripted) -> None:
    def spans(request: Request) -> Reply | None:
        return respond(status=429, headers={"retry-after": "100"}) if trace_of(request) == "trace-2" else None

    with Netra(endpoint=scripted(Service(spans)).url) as client:
        found = client.usage.iter_traces(START, END, limit=5).with_spans()
        assert next(found).trace.id == "trace-1"
        with pytest.raises(RateLimitError) as caught:
            next(found)
        assert (caught.value.cursor, caught.value.retry_after) == ("cursor-1", 100)


def test_threads_that_share_an_iterator_divide_its_traces(scripted: Scripted) -> None:
    with Netra(endpoint=scripted(Service()).url) as client:
        for found in (
            client.usage.iter_traces(START, END, limit=5),
            client.usage.iter_traces(START, END).with_spans(),
        ):
            got: list[Any] = []
            threads = [threading.Thread(target=lambda rows=found, to=got: to.extend(rows)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            ids = [one.id if hasattr(one, "id") else one.trace.id for one in got]
            assert sorted(ids) == sorted(ALL)


def test_tasks_that_share_an_iterator_divide_its_traces(scripted: Scripted) -> None:
    async def take(rows: Any, to: list[str]) -> None:
        async for one in rows:
            to.append(one.id if hasattr(one, "id") else one.trace.id)
            await asyncio.sleep(0)

    async def work() -> None:
        async with AsyncNetra(endpoint=url) as client:
            usage = client.usage
            for found in (usage.iter_traces(START, END, limit=5), usage.iter_traces(START, END).with_spans()):
                got: list[str] = []
                await asyncio.gather(*(take(found, got) for _ in range(3)))
                assert sorted(got) == sorted(ALL)

    url = scripted(Service()).url
    asyncio.run(work())


def test_without_enough_threads_no_row_is_lost(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    with Netra(endpoint=scripted(Service()).url) as client:
        found = client.usage.iter_traces(START, END, limit=5).with_spans()
        start = threading.Thread.start
        left = [2]

        def refuse(thread: threading.Thread) -> None:
            if thread.name.startswith("netra-spans"):
                left[0] -= 1
                if left[0] < 0:
                    raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", refuse)
        assert [trace.id for trace, _ in found] == ALL


FORKING = """
import os, sys
from netra import Netra
client = Netra(endpoint=sys.argv[1])
found = client.usage.iter_traces(sys.argv[2], sys.argv[3], limit=5).with_spans()
got = [next(found).trace.id]
child = os.fork()
got += [trace.id for trace, _ in found]
assert got == [f"trace-{number}" for number in range(1, 13)], got
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_after_a_fork_both_processes_read_the_rest(scripted: Scripted) -> None:
    url = scripted(Service()).url
    subprocess.run([sys.executable, "-c", FORKING, url, START, END], check=True, timeout=60)
