"""The ways to walk over traces: page by page, with spans, in parallel, and both. All give the same traces."""

from __future__ import annotations

import asyncio
import gc
import pickle
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from netra import APIConnectionError, InvalidRequestError, Netra, ServerError
from netra._timestamps import window
from tests.support.blocking import ClientClass, both_clients
from tests.support.rows import page, requested_id, span
from tests.support.scripted import Reply, Request, Scripted, respond
from tests.support.timeline import Timeline, time_at
from tests.support.waiting import new_netra_threads, wait_until

pytestmark = pytest.mark.slow  # not each, but all together

HOUR = 3_600_000
START, END = time_at(0), time_at(HOUR)


def evenly(traces: int) -> list[int]:
    return [number * HOUR // traces for number in range(traces)]


EVEN = evenly(30)

COMPOSITIONS: dict[str, Callable[..., Any]] = {
    "plain": lambda walk: walk,
    "with_spans": lambda walk: walk.with_spans(concurrency=3),
    "in_parallel": lambda walk: walk.in_parallel(concurrency=4),
    "in_parallel, with_spans": lambda walk: walk.in_parallel(concurrency=4).with_spans(concurrency=3),
    "with_spans, in_parallel": lambda walk: walk.with_spans(concurrency=3).in_parallel(concurrency=4),
}
EachComposition = pytest.mark.parametrize("composition", COMPOSITIONS)


class Service:
    """Traces of a timeline, each with two spans; some in two pages. Counts what is in flight; can fail once."""

    def __init__(self, times: Any = EVEN, delay: float = 0.0) -> None:
        self.timeline = Timeline(times)
        self.delay = delay
        self.in_flight = 0
        self.max_in_flight = 0
        self.fail_at: Callable[[Request], bool] = lambda _: False

    def __call__(self, request: Request) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            self.in_flight += 1
            self.max_in_flight = max(self.max_in_flight, self.in_flight)
            await asyncio.sleep(self.delay)
            reply = self.reply(request)
            self.in_flight -= 1  # before the client can know of it
            await reply(wire)

        return write

    def reply(self, request: Request) -> Reply:
        if self.fail_at(request):
            self.fail_at = lambda _: False
            return respond(status=503)
        if request.method != "GET":
            return respond(self.timeline.page(request.json))
        trace_id = requested_id(request.path)
        spans = [span(number, trace_id=trace_id) for number in (1, 2)]
        if not trace_id.endswith("7"):
            return respond(page(spans))
        first = "cursor" not in request.query
        return respond(page(spans[:1] if first else spans[1:], more=first))

    @property
    def ids(self) -> list[str]:
        return self.timeline.ids()


def id_of(row: Any) -> str:
    trace = getattr(row, "trace", row)
    if trace is not row:
        assert [(one.id, one.trace_id) for one in row.spans] == [("span-1", trace.id), ("span-2", trace.id)]
    found: str = trace.id
    return found


@both_clients
@EachComposition
def test_all_ways_give_the_same_traces_in_the_same_order(
    scripted: Scripted, client_class: ClientClass, composition: str
) -> None:
    service = Service()
    with client_class(endpoint=scripted(service).url) as client:
        walk = COMPOSITIONS[composition](client.usage.iter_traces(START, END))
        assert [id_of(row) for row in walk] == service.ids
        assert next(walk, None) is None


@both_clients
@EachComposition
@pytest.mark.parametrize("rows", [0, 1, 12, 13, 30])
def test_a_cursor_of_one_way_resumes_any_other(
    scripted: Scripted, client_class: ClientClass, composition: str, rows: int
) -> None:
    service = Service()
    with client_class(endpoint=scripted(service).url) as client:
        walk = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=12))
        got = [id_of(next(walk)) for _ in range(rows)]
        for resume in list(COMPOSITIONS.values())[:4:3]:
            rest = resume(client.usage.iter_traces(START, END, limit=12, cursor=walk.cursor))
            assert got + [id_of(row) for row in rest] == service.ids


@both_clients
@EachComposition
@pytest.mark.parametrize("limit", [7, 100])
def test_pages_hold_all_rows_once_and_can_be_resumed(
    scripted: Scripted, client_class: ClientClass, composition: str, limit: int
) -> None:
    service = Service()
    with client_class(endpoint=scripted(service).url) as client:
        walk = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=limit))
        pages = []
        for found in walk.pages():
            assert 0 < len(found) <= limit
            assert walk.cursor == (found.next_cursor or getattr(found[-1], "trace", found[-1]).cursor)
            pages.append(found)
        assert [id_of(row) for found in pages for row in found] == service.ids
        assert pages[-1].has_next_page is (pages[-1].next_cursor is not None)
        assert all(found.has_next_page for found in pages[:-1])
        if pages[0].has_next_page:
            rest = client.usage.iter_traces(START, END, cursor=pages[0].next_cursor)
            assert [id_of(row) for row in pages[0]] + [row.id for row in rest] == service.ids


@both_clients
@EachComposition
def test_a_walk_that_has_started_cannot_be_changed(
    scripted: Scripted, client_class: ClientClass, composition: str
) -> None:
    service = Service()
    with client_class(endpoint=scripted(service).url) as client:
        by_row = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=30))
        got = [id_of(next(by_row))]
        by_page = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=30))
        next(iter(by_page.pages()))
        for walk, methods in (
            (by_row, ("with_spans", "in_parallel", "pages")),
            (by_page, ("with_spans", "in_parallel")),
        ):
            for method in methods:
                with pytest.raises(InvalidRequestError, match=rf"{method}\(\) must be called before"):
                    getattr(walk, method)()
        assert got + [id_of(row) for row in by_row] == service.ids


@both_clients
@EachComposition
@pytest.mark.parametrize("first", ["rows", "pages"])
def test_a_walk_gives_rows_or_pages_and_never_both(
    scripted: Scripted, client_class: ClientClass, composition: str, first: str
) -> None:
    """What is refused loses nothing: the way that came first goes on."""
    service = Service()
    with client_class(endpoint=scripted(service).url) as client:
        rows = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=7))
        pages = rows.pages()
        chosen, other = (rows, pages) if first == "rows" else (pages, rows)
        found = [next(chosen)]
        for _ in range(2):
            with pytest.raises(InvalidRequestError, match=f"This walk gives {first}") as caught:
                next(other)
            assert caught.value.cursor == rows.cursor
        found += chosen
        got = [id_of(row) for one in found for row in ([one] if first == "rows" else one)]
        assert got == service.ids


@both_clients
@EachComposition
def test_pages_go_on_as_pages_after_an_error(
    scripted: Scripted, client_class: ClientClass, composition: str
) -> None:
    service = Service()
    service.fail_at = lambda _: True
    with client_class(endpoint=scripted(service).url, max_retries=0) as client:
        walk = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=7))
        got: list[str] = []

        def read_pages() -> None:
            for page in walk.pages():
                got.extend(map(id_of, page))

        with pytest.raises(ServerError):
            read_pages()
        with pytest.raises(InvalidRequestError, match="This walk gives pages"):
            next(walk)
        read_pages()
        assert got == service.ids


@both_clients
def test_each_way_is_a_walk_of_its_own(scripted: Scripted, client_class: ClientClass) -> None:
    service = Service()
    with client_class(endpoint=scripted(service).url) as client:
        plain = client.usage.iter_traces(START, END)
        walks = [plain, *(compose(plain) for compose in list(COMPOSITIONS.values())[1:])]
        for walk in walks:
            assert id_of(next(walk)) == service.ids[0]
        for walk in reversed(walks):
            assert [id_of(row) for row in walk] == service.ids[1:]


@both_clients
@EachComposition
@pytest.mark.parametrize("by_page", [False, True], ids=["rows", "pages"])
@pytest.mark.parametrize("failing", ["first request", "middle", "spans"])
def test_an_error_comes_in_its_place_and_the_walk_goes_on(
    scripted: Scripted, client_class: ClientClass, composition: str, by_page: bool, failing: str
) -> None:
    service = Service()
    middle = service.ids[15]
    service.fail_at = {
        "first request": lambda _: True,
        "middle": lambda sent: sent.method == "POST" and sent.json["pagination"].get("cursor") is not None,
        "spans": lambda sent: sent.method == "GET" and requested_id(sent.path) == middle,
    }[failing]
    with client_class(endpoint=scripted(service).url, max_retries=0) as client:
        walk = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=5))
        rows = walk.pages() if by_page else walk
        got: list[str] = []
        errors = 0
        while True:
            try:
                found = next(iter(rows), None)
            except ServerError as error:
                errors += 1
                rest = client.usage.iter_traces(START, END, cursor=error.cursor)
                assert got + [row.id for row in rest] == service.ids
                continue
            if found is None:
                break
            got += [id_of(row) for row in found] if by_page else [id_of(found)]
        assert got == service.ids
        # A page that was begun is emitted before its error; then the trace is read again, and the error has passed.
        expected = {0, 1} if by_page and failing == "spans" else {1}
        assert errors in (expected if failing != "spans" or "with_spans" in composition else {0})


# ---------------------------------------------------------------- how many requests are in flight

LIMITS = [(1, 1), (1, 4), (4, 1), (2, 3), (6, 3)]


@both_clients
@pytest.mark.parametrize(("partitions", "traces"), LIMITS)
@pytest.mark.parametrize("executor", [False, True], ids=["here", "by an executor"])
def test_the_larger_concurrency_bounds_all_requests(
    scripted: Scripted, client_class: ClientClass, partitions: int, traces: int, executor: bool
) -> None:
    service = Service(evenly(60), delay=0.004)
    with client_class(endpoint=scripted(service).url) as client, ThreadPoolExecutor(partitions) as threads:
        walk = client.usage.iter_traces(START, END, limit=5)
        walk = walk.in_parallel(concurrency=partitions, executor=threads if executor else None)
        assert [id_of(row) for row in walk.with_spans(concurrency=traces)] == service.ids
    limit = max(partitions, traces)
    assert service.max_in_flight <= limit
    assert service.max_in_flight >= min(limit, 2)


@pytest.mark.parametrize("spans", [False, True])
def test_tasks_for_workers_leave_the_key_behind(spans: bool) -> None:
    tasks: list[Any] = []

    class Keeping(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            tasks.extend(args)
            raise RuntimeError("kept")

    client = Netra(endpoint="http://127.0.0.1:1", api_key="key-7f3a")
    with client, Keeping(1) as executor:
        walk: Any = client.usage.iter_traces(START, END).in_parallel(executor=executor)
        with pytest.raises(APIConnectionError, match="kept"):
            next(walk.with_spans() if spans else walk)
    assert tasks
    for task in tasks:
        assert b"key-7f3a" not in pickle.dumps(task)
        assert pickle.loads(pickle.dumps(task)).local is None


@EachComposition
@pytest.mark.parametrize("by_page", [False, True], ids=["rows", "pages"])
def test_leaving_a_loop_leaves_no_thread_behind(scripted: Scripted, composition: str, by_page: bool) -> None:
    service = Service()
    with Netra(endpoint=scripted(service).url) as client:
        walk = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=10))
        for _ in walk.pages() if by_page else walk:
            break
        del walk, _
        gc.collect()
        assert wait_until(lambda: not new_netra_threads())


# ---------------------------------------------------------------- what a notebook shows


@both_clients
@EachComposition
def test_reprs_are_short_and_tell_where_a_walk_stands(
    scripted: Scripted, client_class: ClientClass, composition: str
) -> None:
    service = Service()
    with client_class(endpoint=scripted(service).url, api_key="key-7f3a") as client:
        walk = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=5, tenant_id=None))
        inner = getattr(walk, "rows", walk)
        assert "from 2026-01-01T00:00:00.000Z to" in repr(inner)
        assert "cursor=None" in repr(inner)
        found = next(iter(walk.pages()))
        assert repr(walk.cursor) in repr(inner)
        lines = repr(found).splitlines()
        assert len(lines) == 1 + len(found)
        assert max(map(len, lines)) < 200
        assert "key-7f3a" not in repr(inner) + repr(found)
        assert len(repr(found[0])) < 250
        assert found[:2] == [found[0], found[1]]
        assert found[-1] in found


def test_a_large_page_shows_its_first_rows_only(scripted: Scripted) -> None:
    with Netra(endpoint=scripted(Service(evenly(50))).url) as client:
        assert repr(client.usage) == f"<Usage of {client._base_url}>"
        found = client.usage.list_traces(START, END, limit=50)
        assert len(repr(found).splitlines()) == 12
        assert "40 more" in repr(found)


# ---------------------------------------------------------------- arguments are checked once


@both_clients
@EachComposition
def test_arguments_are_checked_once_and_not_for_each_page(
    scripted: Scripted, client_class: ClientClass, composition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service()
    windows: list[Any] = []

    def noted(*ends: Any) -> Any:
        windows.append(ends)
        return window(*ends)

    monkeypatch.setattr("netra._core.parameters.window", noted)
    with client_class(endpoint=scripted(service).url) as client:
        walk = COMPOSITIONS[composition](client.usage.iter_traces(START, END, limit=5))
        assert len(list(walk)) == len(service.ids)
    assert windows == [(START, END)]


@both_clients
def test_walks_ask_for_the_largest_page(scripted: Scripted, client_class: ClientClass) -> None:
    service = Service()
    server = scripted(service)
    with client_class(endpoint=server.url) as client:
        for compose in COMPOSITIONS.values():
            list(compose(client.usage.iter_traces(START, END)))
        list(client.usage.iter_spans_by_trace_id("trace-7"))
        limits = {
            int(sent.query["limit"]) if sent.method == "GET" else sent.json["pagination"]["limit"]
            for sent in server.requests
        }
        assert limits == {100}
        server.requests.clear()
        client.usage.list_traces(START, END)
        client.usage.list_spans_by_trace_id("trace-7")
    assert server.requests[0].json["pagination"] == {"direction": "down"}
    assert server.requests[1].query == {"direction": "down"}
