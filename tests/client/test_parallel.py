"""A window read in parallel: the rows and the order of the plain iterator, each trace once."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, get_args

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netra import (
    APIConnectionError,
    AsyncNetra,
    AuthenticationError,
    InvalidRequestError,
    Netra,
    NotInitializedError,
    RateLimitError,
    ServerError,
)
from netra._core.parameters import SortOrder, TracesQuery
from netra._core.partition import PAGES_PER_PARTITION, Partition, PartitionReader, PartitionResult
from netra._core.scheduler import PartitionScheduler
from netra._sync.worker_task import PartitionTask, run_task
from netra.local import LocalServer
from tests.support.agent import run_agent
from tests.support.in_loop import InLoop
from tests.support.scripted import Reply, Request, Scripted, answer
from tests.support.timeline import SHOWN, Timeline, at
from tests.support.waiting import new_threads_of_ours, until
from tests.support.walks import WAYS, method_of, traces_query

Faces = pytest.mark.parametrize("face", [Netra, InLoop], ids=["sync", "async"])
DAY = 86_400_000
START, END = at(0), at(31 * DAY - 1)

EVEN = [number * (31 * DAY // 3_000) for number in range(3_000)]
RANDOM = random.Random(7)
WINDOWS = {
    "nothing": [],
    "one trace": [DAY],
    "even": EVEN,
    "all on one morning": [3 * DAY + RANDOM.randrange(3_600_000) for _ in range(3_000)],
    "ever denser": [31 * DAY - 1 - int(1.008**number) for number in range(2_500)],
    "many in one millisecond": [DAY] * 900 + [DAY + 1] * 900 + [20 * DAY] * 300,
    "only at both ends": [0] * 300 + [31 * DAY - 1] * 300,
}


@Faces
@pytest.mark.parametrize("order", [None, "asc", "desc"])
@pytest.mark.parametrize("window", WINDOWS)
def test_rows_and_order_are_those_of_the_plain_iterator(
    scripted: Scripted, window: str, order: Any, face: type[Netra | InLoop]
) -> None:
    timeline = Timeline(WINDOWS[window])
    with face(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, END, sort_order=order).in_parallel(concurrency=4)
        assert [trace.id for trace in found] == timeline.ids(descending=order != "asc")
    with Netra(endpoint=scripted(timeline).url) as plain:
        rows = plain.usage.iter_traces(START, END, limit=100, sort_order=order)
        assert [trace.id for trace in rows] == timeline.ids(descending=order != "asc")


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_trace_at_each_cut_and_on_either_side_of_it_comes_once(
    scripted: Scripted, order: Any, exact: bool
) -> None:
    cuts = [part.start for part in Partition(0, DAY).split(16)] + [DAY]
    around = [cut + aside for cut in cuts for aside in (-1, -0.999, -0.5, 0, 0, 0.001, 0.5, 0.999, 1)]
    timeline = Timeline([time for time in around if 0 <= time <= DAY], exact=exact)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, at(DAY), sort_order=order).in_parallel(concurrency=16)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")


HOUR = 3_600_000
ASCENDING, DESCENDING = get_args(SortOrder)
BURSTS = {
    "4,000 within 10 ms": [RANDOM.uniform(HOUR / 2, HOUR / 2 + 10) for _ in range(4_000)],
    "60 within a millisecond": [RANDOM.uniform(HOUR / 3, HOUR / 3 + 1) for _ in range(60)] + [1.0 * HOUR],
    "2,500 within a millisecond": [HOUR / 2 + RANDOM.random() for _ in range(2_500)],
    "full milliseconds and halves": [HOUR / 2 + number % 40 / 2 for number in range(3_000)],
    "one every 0.7 ms": [HOUR / 4 + number * 0.7 for number in range(3_000)],
}


@pytest.mark.parametrize("burst", BURSTS)
@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("exact", [False, True], ids=["in whole ms", "finely"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_each_trace_of_a_burst_comes_once(
    scripted: Scripted, burst: str, shown: str, order: Any, exact: bool
) -> None:
    """However finely the service keeps, shows and compares its times."""
    timeline = Timeline(BURSTS[burst], exact=exact, shown=shown)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, at(HOUR), sort_order=order).in_parallel(concurrency=4)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")


def test_a_burst_that_no_window_can_part_is_read_in_pieces() -> None:
    """So that no more than some pages of it lie in memory."""
    timeline = Timeline([HOUR / 2 + number / 20_000 for number in range(10_000)])
    query = partitioned(START, at(HOUR), ASCENDING)
    partition: Partition | None = Partition.whole(query)
    got: list[str] = []
    while partition is not None:
        result = read_here(query, partition, timeline)
        assert len(result.rows) <= 2 * PAGES_PER_PARTITION * 100
        got += [row.id for row in result.rows]
        partition = next(iter(result.remainder), None)
        assert partition is None or partition.cursor is not None
    assert got == timeline.ids(descending=False)


def test_few_ids_are_remembered() -> None:
    timeline = Timeline([number / 7 for number in range(20_000)], shown="rounded")
    query = partitioned(START, at(20_000 / 7), ASCENDING)
    scheduler = PartitionScheduler[Future[PartitionResult]](query, 3)
    most = 0
    got: list[str] = []
    for row in read_all(scheduler, query, timeline):
        got.append(row)
        most = max(most, len(scheduler._boundary._positions))
    assert got == timeline.ids(descending=False)
    assert 0 < most <= 7 * 5


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("exact", [False, True], ids=["in whole ms", "finely"])
@pytest.mark.parametrize("order", [ASCENDING, DESCENDING])
def test_after_any_row_of_a_burst_only_the_missing_ones_come(order: Any, exact: bool, shown: str) -> None:
    timeline = Timeline([500 + number / 40 for number in range(600)], exact=exact, shown=shown)
    ids = timeline.ids(descending=order is DESCENDING)
    for last in range(40, 160, 3):
        cursor = (
            f"{round((500 + int(ids[last].rpartition('-')[2]) / 40) * 1000)}|{ids[last].rpartition('-')[2]}"
        )
        query = partitioned(START, at(DAY), order, cursor=cursor)
        scheduler = PartitionScheduler[Future[PartitionResult]](query, 4)
        assert list(read_all(scheduler, query, timeline)) == ids[last + 1 :]


def partitioned(start: str, end: str, order: Any, **more: Any) -> TracesQuery:
    return traces_query(start, end, order=order, **more).for_partitions()


def read_all(
    scheduler: PartitionScheduler[Future[PartitionResult]], query: TracesQuery, timeline: Timeline
) -> Iterator[str]:
    def start(partition: Partition) -> Future[PartitionResult]:
        future: Future[PartitionResult] = Future()
        future.set_result(read_here(query, partition, timeline))
        return future

    while not scheduler.is_done:
        scheduler.submit(start, 1_000)
        scheduler.harvest()
        while (row := scheduler.next_row()) is not None:
            yield row.id


def read_here(query: TracesQuery, partition: Partition, timeline: Timeline) -> PartitionResult:
    reader = PartitionReader(query, partition)
    while (operation := reader.next_request()) is not None:
        reader.feed(operation.parse(timeline.page(operation.request["json"])))
    return reader.result()


@pytest.mark.parametrize("cap", [1, 7, 15])
def test_a_service_that_gives_smaller_pages_than_asked_for_is_read_in_parts_too(
    scripted: Scripted, cap: int
) -> None:
    timeline = Timeline(EVEN[::5], cap=cap)
    server = scripted(timeline)
    with Netra(endpoint=server.url) as client:
        found = client.usage.iter_traces(START, END).in_parallel(concurrency=4)
        assert [trace.id for trace in found] == timeline.ids()
    assert len({sent.json["startTime"] for sent in server.requests}) > 4


@given(start=st.integers(0, 10**13), length=st.integers(0, 10**11), pieces=st.integers(1, 40))
def test_the_parts_of_a_window_meet_in_one_millisecond(start: int, length: int, pieces: int) -> None:
    window = Partition(start, start + length)
    parts = window.split(pieces)
    assert len(parts) == max(min(pieces, length), 1)
    assert (parts[0].start, parts[-1].end) == (window.start, window.end)
    for part, following in itertools.pairwise(parts):
        assert part.start < part.end == following.start


@settings(max_examples=300, deadline=None)
@given(
    milliseconds=st.lists(st.integers(0, 60) | st.integers(0, 10_000), max_size=120),
    fraction=st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    limit=st.integers(1, 7),
    pieces=st.integers(1, 5),
    failures=st.integers(0, 3),
    ascending=st.booleans(),
    exact=st.booleans(),
    shown=st.sampled_from(list(SHOWN)),
    cap=st.sampled_from([2, 100]),
)
def test_a_window_read_in_parts_gives_each_row_once_and_in_order(
    milliseconds: list[int],
    fraction: float,
    limit: int,
    pieces: int,
    failures: int,
    ascending: bool,
    exact: bool,
    shown: str,
    cap: int,
) -> None:
    times = [time + fraction * (number % 3) for number, time in enumerate(milliseconds)]
    timeline = Timeline([time for time in times if time <= 10_000], exact=exact, shown=shown, cap=cap)
    query = partitioned(at(0), at(10_000), "asc" if ascending else "desc", limit=limit)

    left = [failures]

    def start(partition: Partition) -> Future[PartitionResult]:
        reader = PartitionReader(query, partition)
        future: Future[PartitionResult] = Future()
        while (operation := reader.next_request()) is not None:
            if left[0] and len(partition.cursor or "") == 0 and reader.result().rows:
                left[0] -= 1
                future.set_result(reader.result_before(ServerError("once", status_code=503)))
                return future
            reader.feed(operation.parse(timeline.page(operation.request["json"])))
        future.set_result(reader.result())
        return future

    scheduler = PartitionScheduler[Future[PartitionResult]](query, pieces)
    got: list[str] = []
    errors = 0
    while not scheduler.is_done:
        scheduler.submit(start, 1_000)
        scheduler.harvest()
        try:
            while (row := scheduler.next_row()) is not None:
                got.append(row.id)
        except ServerError:
            errors += 1
    assert got == timeline.ids(descending=not ascending)
    assert errors == failures - left[0]


def test_parts_are_fetched_side_by_side_but_no_more_than_told(scripted: Scripted) -> None:
    under_way: list[int] = [0, 0]

    def slowly(request: Request) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            under_way[0] += 1
            under_way[1] = max(under_way)
            await asyncio.sleep(0.02)
            under_way[0] -= 1
            await answer(timeline.page(request.json))(wire)

        return write

    timeline = Timeline(EVEN)
    with Netra(endpoint=scripted(slowly).url) as client:
        found = list(client.usage.iter_traces(START, END).in_parallel(concurrency=5))
    assert [trace.id for trace in found] == timeline.ids()
    assert 3 <= under_way[1] <= 5


def test_nothing_is_sent_before_the_first_row_is_asked_for_and_little_ahead_of_a_slow_consumer(
    scripted: Scripted,
) -> None:
    timeline = Timeline(range(30_000))
    server = scripted(timeline)
    with Netra(endpoint=server.url) as client:
        found = client.usage.iter_traces(START, at(30_000)).in_parallel(concurrency=2)
        assert server.requests == []
        assert next(found).id == timeline.ids()[0]
        time.sleep(1)
        assert len(server.requests) <= 2 * 2 * 2 * PAGES_PER_PARTITION + 4
        assert [trace.id for trace in found] == timeline.ids()[1:]


@pytest.mark.parametrize("wrong", ["total_cost", "name", "latency_ms"])
def test_orders_for_which_it_cannot_hold_are_refused(wrong: str) -> None:
    with Netra(endpoint="http://127.0.0.1:1") as client:
        with pytest.raises(InvalidRequestError, match="in_parallel"):
            client.usage.iter_traces(START, END, sort_field=wrong).in_parallel()
        with pytest.raises(InvalidRequestError, match="sort_order"):
            client.usage.iter_traces(START, END, direction="up").in_parallel()


@Faces
@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"concurrency": 0},
        {"concurrency": "4"},
        {"sort_order": "up"},
        {"sort_order": ""},
        {"limit": {}},
        {"executor": "threads"},
        {"share_key": "key-7f3a"},
        {"cursor": ""},
        {"tenant_id": 7},
        {"start_time": END, "end_time": START},
    ],
    ids=str,
)
def test_bad_input_is_refused_before_anything_is_sent(
    scripted: Scripted, face: type[Netra | InLoop], wrong: dict[str, Any]
) -> None:
    server = scripted(Timeline([]))
    arguments = {"start_time": START, "end_time": END, **wrong}
    with face(endpoint=server.url) as client, pytest.raises(InvalidRequestError):
        method_of(client.usage, "in_parallel")(**arguments)
    assert server.requests == []


def test_filters_reach_every_part(scripted: Scripted) -> None:
    server = scripted(Timeline(EVEN))
    with Netra(endpoint=server.url) as client:
        list(client.usage.iter_traces(START, END, tenant_id="AceTech", limit=50).in_parallel(concurrency=3))
    wanted = [{"field": "tenant_id", "operator": "equals", "type": "string", "value": "AceTech"}]
    assert len(server.requests) > 30
    for sent in server.requests:
        assert sent.json["filters"] == wanted
        assert sent.json["pagination"]["limit"] == 50
        assert (sent.json["sortField"], sent.json["sortOrder"]) == ("start_time", "desc")


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_times_that_are_shown_rounded_lose_no_trace(scripted: Scripted, order: Any) -> None:
    """The service stores and compares microseconds, and shows milliseconds, rounded."""
    timeline = Timeline([number * 7.3 + 0.6 for number in range(6_000)], exact=True)

    def rounding(request: Request) -> Reply:
        body = timeline.page(request.json)
        for row in body["data"]["data"]:
            exact = datetime.fromisoformat(row["start_time"]) + timedelta(microseconds=500)
            row["start_time"] = exact.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        return answer(body)

    with Netra(endpoint=scripted(rounding).url) as client:
        found = client.usage.iter_traces(START, at(50_000), sort_order=order).in_parallel(concurrency=3)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")


class FailingOnce:
    """Answers with the status to the nth request; rightly to all others."""

    def __init__(self, milliseconds: Any, nth: int, status: int = 503) -> None:
        self.timeline = Timeline(milliseconds)
        self._left = nth
        self._status = status

    def __call__(self, request: Request) -> Reply:
        self._left -= 1
        return answer(status=self._status) if self._left == 0 else self.timeline(request)


@Faces
@pytest.mark.parametrize("nth", [1, 2, 5, 17, 30])
def test_an_error_comes_in_its_place_and_leads_to_the_rest(
    scripted: Scripted, face: type[Netra | InLoop], nth: int
) -> None:
    service = FailingOnce(EVEN, nth)
    wanted = service.timeline.ids()
    got: list[str] = []

    async def read_async(client: AsyncNetra) -> None:
        async for one in client.usage.iter_traces(START, END).in_parallel(concurrency=4):
            got.append(one.id)

    def read_into_got(client: Netra | InLoop) -> None:
        if isinstance(client, InLoop):
            client.run(read_async(client.client))
        else:
            got.extend(one.id for one in client.usage.iter_traces(START, END).in_parallel(concurrency=4))

    with face(endpoint=scripted(service).url, max_retries=0) as client:
        with pytest.raises(ServerError) as caught:
            read_into_got(client)
        assert got == wanted[: len(got)]
        rest = client.usage.iter_traces(START, END, cursor=caught.value.cursor).in_parallel(concurrency=4)
        assert got + [one.id for one in rest] == wanted
        plain = client.usage.iter_traces(START, END, limit=100, cursor=caught.value.cursor)
        assert got + [one.id for one in plain] == wanted


@pytest.mark.parametrize("nth", [1, 4, 9, 20])
def test_the_iterator_itself_goes_on_after_an_error(scripted: Scripted, nth: int) -> None:
    service = FailingOnce(EVEN, nth)
    got: list[str] = []
    errors = 0
    with Netra(endpoint=scripted(service).url, max_retries=0) as client:
        found = client.usage.iter_traces(START, END).in_parallel(concurrency=4)
        while True:
            try:
                got.append(next(found).id)
            except ServerError:
                errors += 1
            except StopIteration:
                break
    assert (got, errors) == (service.timeline.ids(), 1)
    assert next(found, None) is None


@Faces
@pytest.mark.parametrize("rows", [0, 1, 99, 100, 101, 1500, 2999, 3000])
def test_it_goes_on_after_any_row(scripted: Scripted, face: type[Netra | InLoop], rows: int) -> None:
    timeline = Timeline([*EVEN[:2000], *EVEN[:1000]])
    url = scripted(timeline).url
    with Netra(endpoint=url) as client:
        found = client.usage.iter_traces(START, END).in_parallel(concurrency=4)
        got = [next(found).id for _ in range(rows)]
        cursor = found.cursor
    with face(endpoint=url) as other:
        rest = other.usage.iter_traces(START, END, cursor=cursor).in_parallel(concurrency=4)
        assert got + [one.id for one in rest] == timeline.ids()


def test_a_429_holds_all_parts(scripted: Scripted) -> None:
    times: list[float] = []
    limited = [True]

    def change(_: Request) -> Reply | None:
        times.append(time.monotonic())
        if limited and len(times) == 6:
            limited.clear()
            return answer(status=429, headers={"retry-after": "1"})
        return None

    timeline = Timeline(EVEN, change)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = list(client.usage.iter_traces(START, END).in_parallel(concurrency=2))
    assert [trace.id for trace in found] == timeline.ids()
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) > 0.7


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    "unreadable",
    [lambda number: True, lambda number: number % 100 in (0, 1, 99), lambda number: number > 2000],
)
def test_a_time_stamp_that_nobody_can_read_loses_no_row(
    scripted: Scripted, unreadable: Callable[[int], bool], order: Any
) -> None:
    timeline = Timeline(EVEN, show=lambda row: "23:59:60" if unreadable(row) else None)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, END, sort_order=order).in_parallel(concurrency=3)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")


def test_leaving_the_loop_early_leaves_no_thread_behind(scripted: Scripted) -> None:
    def limited(request: Request) -> Reply | None:
        if request.json["endTime"] == "2026-01-31T23:59:59.999Z":
            return None

        async def when_the_first_part_is_read(wire: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.5)
            await answer(status=429, headers={"retry-after": "50"})(wire)

        return when_the_first_part_is_read

    with Netra(endpoint=scripted(Timeline(EVEN, limited)).url) as client:
        for trace in client.usage.iter_traces(START, END).in_parallel():
            assert trace.id == "trace-2999"
            break
        gc.collect()
        assert until(lambda: not new_threads_of_ours())


@pytest.mark.parametrize("method", WAYS)
def test_a_loop_that_ends_with_an_error_leaves_no_thread_behind_even_without_the_garbage_collector(
    scripted: Scripted, method: str
) -> None:
    url = scripted(Timeline(EVEN, lambda sent: answer(status=503) if sent.method == "GET" else None)).url
    failing = scripted(FailingOnce(EVEN, 9)).url
    gc.collect()
    gc.disable()
    try:
        with Netra(endpoint=url if "spans" in method else failing, max_retries=0) as client:
            with contextlib.suppress(ServerError):
                for _ in method_of(client.usage, method)(START, END):
                    pass
            assert until(lambda: not new_threads_of_ours())
    finally:
        gc.enable()


FORK_WITH_EXECUTOR = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from netra import Netra
client = Netra(endpoint=sys.argv[1])
executor = ThreadPoolExecutor(4)
found = client.usage.iter_traces(sys.argv[2], sys.argv[3]).in_parallel(executor=executor)
next(found)
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
print(len(list(found)), flush=True)
if not child:
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_after_a_fork_both_processes_read_on_though_the_executor_is_the_parents(scripted: Scripted) -> None:
    result = subprocess.run(
        [sys.executable, "-c", FORK_WITH_EXECUTOR, scripted(Timeline(EVEN)).url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.split() == ["2999", "2999"]


@Faces
def test_closing_the_client_ends_what_an_executors_threads_read(
    scripted: Scripted, face: type[Netra | InLoop]
) -> None:
    with ThreadPoolExecutor(2) as executor, face(endpoint=scripted(Timeline(EVEN)).url) as client:
        if isinstance(client, Netra):
            client.close()
        else:
            client.run(client.client.close())
        with pytest.raises(NotInitializedError, match="closed"):
            list(client.usage.iter_traces(START, END).in_parallel(executor=executor))


def test_leaving_the_loop_early_leaves_no_task_behind(scripted: Scripted) -> None:
    async def work() -> None:
        async with AsyncNetra(endpoint=url) as client:
            async for trace in client.usage.iter_traces(START, END).in_parallel():
                assert trace.id == "trace-2999"
                break
            gc.collect()
            for _ in range(1000):
                if len(asyncio.all_tasks()) == 1:
                    break
                await asyncio.sleep(0.01)
            assert len(asyncio.all_tasks()) == 1

    url = scripted(Timeline(EVEN)).url
    asyncio.run(work(), debug=True)


def test_threads_that_share_an_iterator_share_out_its_traces(scripted: Scripted) -> None:
    timeline = Timeline(EVEN)
    got: list[str] = []
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, END).in_parallel()
        threads = [threading.Thread(target=lambda: got.extend(trace.id for trace in found)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert Counter(got) == Counter(timeline.ids())


def test_it_gives_what_the_plain_iterator_gives_on_the_embedded_backend(local_server: LocalServer) -> None:
    run_agent(local_server.endpoint)
    with Netra(endpoint=local_server.endpoint) as client:
        for order in ("asc", "desc"):
            plain = [trace.id for trace in client.usage.iter_traces(START, END, sort_order=order)]
            found = client.usage.iter_traces(START, END, sort_order=order, limit=2).in_parallel(concurrency=3)
            assert [trace.id for trace in found] == plain
            some = client.usage.iter_traces(START, END, sort_order=order, limit=2).in_parallel(concurrency=3)
            got = [next(some).id for _ in range(7)]
            rest = client.usage.iter_traces(START, END, sort_order=order, cursor=some.cursor)
            assert got + [trace.id for trace in rest] == plain


# ---------------------------------------------------------------- executors


class Counting(ThreadPoolExecutor):
    calls = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        return super().submit(fn, *args, **kwargs)


@Faces
def test_any_executor_runs_the_parts_and_stays_open(scripted: Scripted, face: type[Netra | InLoop]) -> None:
    timeline = Timeline(EVEN)
    server = scripted(timeline)
    with Counting(3) as executor, face(endpoint=server.url, api_key="key-7f3a") as client:
        found = client.usage.iter_traces(START, END).in_parallel(executor=executor, concurrency=6)
        assert [trace.id for trace in found] == timeline.ids()
        assert executor.calls >= 6
        assert executor.submit(len, "open").result() == 4
    assert {sent.headers["x-api-key"] for sent in server.requests} == {"key-7f3a"}


def use_key(key: str) -> None:
    """What a worker of an own configuration does when it starts."""
    os.environ["NETRA_API_KEY"] = key


@pytest.fixture
def processes() -> Iterator[Callable[..., Executor]]:
    opened: list[ProcessPoolExecutor] = []

    def start(key: str | None = None) -> Executor:
        context = multiprocessing.get_context("spawn")
        if key:
            opened.append(ProcessPoolExecutor(2, context, initializer=use_key, initargs=(key,)))
        else:
            opened.append(ProcessPoolExecutor(2, context))
        return opened[-1]

    yield start
    for executor in opened:
        executor.shutdown(cancel_futures=True)


def test_other_processes_use_their_own_key(
    scripted: Scripted, processes: Callable[..., Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NETRA_API_KEY", raising=False)
    timeline = Timeline(EVEN)
    server = scripted(timeline)
    with Netra(endpoint=server.url, api_key="callers", app_name="export") as client:
        found = client.usage.iter_traces(START, END).in_parallel(executor=processes("workers"), concurrency=4)
        assert [trace.id for trace in found] == timeline.ids()
    assert {sent.headers["x-api-key"] for sent in server.requests} == {"workers"}
    assert {sent.headers["user-agent"].rpartition(" ")[2] for sent in server.requests} == {"(export)"}


def test_the_key_goes_along_only_where_the_caller_says_so(
    scripted: Scripted, processes: Callable[..., Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NETRA_API_KEY", raising=False)

    def needs_key(request: Request) -> Reply | None:
        return None if request.headers.get("x-api-key") == "callers" else answer(status=401)

    timeline = Timeline(EVEN[:500], needs_key)
    with Netra(endpoint=scripted(timeline).url, api_key="callers") as client:
        executor = processes()
        with pytest.raises(AuthenticationError, match="NETRA_API_KEY"):
            list(client.usage.iter_traces(START, END).in_parallel(executor=executor))
        shared = client.usage.iter_traces(START, END).in_parallel(executor=executor, share_key=True)
        assert [trace.id for trace in shared] == timeline.ids()


FORKING = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from netra import AuthenticationError, Netra
Netra.init(endpoint=sys.argv[1], api_key="another")
with (
    Netra(endpoint=sys.argv[1], api_key="callers") as client,
    ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as executor,
):
    try:
        list(client.usage.iter_traces(sys.argv[2], sys.argv[3]).in_parallel(executor=executor))
    except AuthenticationError as error:
        print(*error.__notes__)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_the_key_of_another_client_is_never_used(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETRA_API_KEY", raising=False)
    server = scripted(lambda _: answer(status=401))
    result = subprocess.run(
        [sys.executable, "-c", FORKING, server.url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "share_key=True" in result.stdout
    assert {sent.headers.get("x-api-key") for sent in server.requests} == {None}


def test_async_code_with_an_http_client_is_refused_an_executor() -> None:
    http = httpx.AsyncClient()
    client = AsyncNetra(endpoint="http://127.0.0.1:1", http_client=http)
    with ThreadPoolExecutor(1) as executor, pytest.raises(InvalidRequestError, match="http_client"):
        client.usage.iter_traces(START, END).in_parallel(executor=executor)


@pytest.mark.parametrize("share_key", [False, True])
def test_work_items_pickle_and_hold_the_key_only_where_the_caller_says_so(share_key: bool) -> None:
    items: list[PartitionTask] = []

    class Keeping(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            items.extend(args)
            raise RuntimeError("kept")

    refused = pytest.raises(APIConnectionError, match="kept")
    client = Netra(endpoint="http://127.0.0.1:1", api_key="key-7f3a")
    with client, Keeping(1) as executor, refused:
        next(client.usage.iter_traces(START, END).in_parallel(executor=executor, share_key=share_key))
    assert len({item.id for item in items}) == len(items) > 1
    for item in items:
        pickled = pickle.dumps(item)
        assert (b"key-7f3a" in pickled) == share_key
        assert "key-7f3a" not in repr(item)
        again = pickle.loads(pickled)
        assert (again.query, again.partition, again.local) == (item.query, item.partition, None)


@Faces
def test_a_failing_executor_is_a_clear_error_with_a_place_to_go_on(
    scripted: Scripted, face: type[Netra | InLoop]
) -> None:
    timeline = Timeline(EVEN)
    executor = ThreadPoolExecutor(2)
    executor.shutdown()
    with face(endpoint=scripted(timeline).url) as client:
        with pytest.raises(APIConnectionError, match="executor") as caught:
            list(client.usage.iter_traces(START, END).in_parallel(executor=executor))
        assert caught.value.cursor is None


def test_a_worker_that_dies_is_an_error_not_a_lost_part(
    scripted: Scripted, processes: Callable[..., Executor]
) -> None:
    executor: Any = processes("k")

    def dying(request: Request) -> Reply | None:
        for worker in list(executor._processes.values()):
            worker.kill()
        return None

    died = pytest.raises(APIConnectionError, match="BrokenProcessPool")
    with Netra(endpoint=scripted(Timeline(EVEN, dying)).url) as client, died:
        list(client.usage.iter_traces(START, END).in_parallel(executor=executor))


def test_a_rate_limit_met_by_a_worker_of_another_process_is_raised_as_such(
    scripted: Scripted, processes: Callable[..., Executor]
) -> None:
    url = scripted(lambda _: answer(status=429, headers={"retry-after": "100"})).url
    with Netra(endpoint=url) as client, pytest.raises(RateLimitError) as caught:
        next(client.usage.iter_traces(START, END).in_parallel(executor=processes("k")))
    assert caught.value.retry_after == 100


def test_reading_is_a_function_of_the_module_that_any_worker_can_import() -> None:
    assert pickle.loads(pickle.dumps(run_task)) is run_task
