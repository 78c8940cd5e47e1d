"""Read a window in parallel: the rows and the order of the plain iterator, each trace once."""

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
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from tests.support.blocking import BlockingAsyncNetra, ClientClass, both_clients
from tests.support.methods import TRACE_ITERATORS, get_method, traces_query
from tests.support.scripted import Reply, Request, Scripted, respond
from tests.support.timeline import ROUNDINGS, Timeline, time_at
from tests.support.waiting import new_netra_threads, wait_until

DAY = 86_400_000
START, END = time_at(0), time_at(31 * DAY - 1)

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


def slow_if_large(windows: Mapping[str, Sequence[float]]) -> list[Any]:
    """Return the names for a parametrisation; those of windows with many traces are marked `slow`."""
    return [
        name if len(times) < 1_000 else pytest.param(name, marks=pytest.mark.slow)
        for name, times in windows.items()
    ]


@both_clients
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("window", slow_if_large(WINDOWS))
def test_rows_and_order_are_those_of_the_plain_iterator(
    scripted: Scripted, window: str, order: Any, client_class: ClientClass
) -> None:
    timeline = Timeline(WINDOWS[window])
    with client_class(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, END, sort_order=order).in_parallel(concurrency=4)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")
    if client_class is not Netra:
        return  # one plain iterator is enough
    with Netra(endpoint=scripted(timeline).url) as plain:
        rows = plain.usage.iter_traces(START, END, limit=100, sort_order=order)
        assert [trace.id for trace in rows] == timeline.ids(descending=order == "desc")


@both_clients
def test_without_an_order_the_newest_trace_comes_first(scripted: Scripted, client_class: ClientClass) -> None:
    timeline = Timeline(WINDOWS["only at both ends"])
    with client_class(endpoint=scripted(timeline).url) as client:
        plain = client.usage.iter_traces(START, END)
        assert [trace.id for trace in plain] == timeline.ids()
        found = client.usage.iter_traces(START, END).in_parallel(concurrency=4)
        assert [trace.id for trace in found] == timeline.ids()


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_each_trace_near_a_partition_boundary_comes_once(scripted: Scripted, order: Any, exact: bool) -> None:
    """On the boundary, and on either side of it."""
    boundaries = [part.start for part in Partition(0, DAY).split(16)] + [DAY]
    around = [
        time + offset for time in boundaries for offset in (-1, -0.999, -0.5, 0, 0, 0.001, 0.5, 0.999, 1)
    ]
    timeline = Timeline([time for time in around if 0 <= time <= DAY], exact=exact)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, time_at(DAY), sort_order=order).in_parallel(concurrency=16)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")


HOUR = 3_600_000
ASCENDING, DESCENDING = get_args(SortOrder)
BURSTS = {
    "2,000 within 10 ms": [RANDOM.uniform(HOUR / 2, HOUR / 2 + 10) for _ in range(2_000)],
    "60 within a millisecond": [RANDOM.uniform(HOUR / 3, HOUR / 3 + 1) for _ in range(60)] + [1.0 * HOUR],
    "1,700 within a millisecond": [HOUR / 2 + RANDOM.random() for _ in range(1_700)],
    "full milliseconds and halves": [HOUR / 2 + number % 40 / 2 for number in range(1_800)],
    "one every 0.7 ms": [HOUR / 4 + number * 0.7 for number in range(1_800)],
}
"""The large ones have more rows than one result may have: 1,600, twice `PAGES_PER_PARTITION` full pages."""


@pytest.mark.parametrize("burst", slow_if_large(BURSTS))
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("exact", [False, True], ids=["whole ms", "microseconds"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_each_trace_of_a_burst_comes_once(
    scripted: Scripted, burst: str, rounding: str, order: Any, exact: bool
) -> None:
    """Whatever precision the service uses to store, round and compare times."""
    timeline = Timeline(BURSTS[burst], exact=exact, rounding=rounding)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, time_at(HOUR), sort_order=order).in_parallel(concurrency=4)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")


def test_a_burst_within_one_millisecond_is_read_piece_by_piece() -> None:
    """Only a few pages are in memory at a time, although no window can divide the burst."""
    timeline = Timeline([HOUR / 2 + number / 20_000 for number in range(10_000)])
    query = partitioned_query(START, time_at(HOUR), ASCENDING)
    partition: Partition | None = Partition.whole(query)
    got: list[str] = []
    while partition is not None:
        result = read_partition(query, partition, timeline)
        assert len(result.rows) <= 2 * PAGES_PER_PARTITION * 100
        got += [row.id for row in result.rows]
        partition = next(iter(result.remainder), None)
        assert partition is None or partition.cursor is not None
    assert got == timeline.ids(descending=False)


@pytest.mark.slow
def test_few_boundary_ids_are_kept_in_memory() -> None:
    timeline = Timeline([number / 7 for number in range(20_000)], rounding="half up")
    query = partitioned_query(START, time_at(20_000 / 7), ASCENDING)
    scheduler = PartitionScheduler[Future[PartitionResult]](query, 3)
    maximum = 0
    got: list[str] = []
    for row in read_all_rows(scheduler, query, timeline):
        got.append(row)
        maximum = max(maximum, len(scheduler._boundary._positions))
    assert got == timeline.ids(descending=False)
    assert 0 < maximum <= 7 * 5


@pytest.mark.slow
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("exact", [False, True], ids=["whole ms", "microseconds"])
@pytest.mark.parametrize("order", [ASCENDING, DESCENDING])
def test_a_cursor_within_a_burst_gives_only_the_missing_rows(order: Any, exact: bool, rounding: str) -> None:
    timeline = Timeline([500 + number / 40 for number in range(600)], exact=exact, rounding=rounding)
    ids = timeline.ids(descending=order is DESCENDING)
    for last in range(40, 160, 7):
        cursor = (
            f"{round((500 + int(ids[last].rpartition('-')[2]) / 40) * 1000)}|{ids[last].rpartition('-')[2]}"
        )
        query = partitioned_query(START, time_at(DAY), order, cursor=cursor)
        scheduler = PartitionScheduler[Future[PartitionResult]](query, 4)
        assert list(read_all_rows(scheduler, query, timeline)) == ids[last + 1 :]


def partitioned_query(start: str, end: str, order: Any, **more: Any) -> TracesQuery:
    return traces_query(start, end, order=order, **more).for_partitions()


def read_all_rows(
    scheduler: PartitionScheduler[Future[PartitionResult]], query: TracesQuery, timeline: Timeline
) -> Iterator[str]:
    def start(partition: Partition) -> Future[PartitionResult]:
        future: Future[PartitionResult] = Future()
        future.set_result(read_partition(query, partition, timeline))
        return future

    while not scheduler.is_done:
        scheduler.submit(start, 1_000)
        scheduler.harvest()
        while (row := scheduler.next_row()) is not None:
            yield row.id


def read_partition(query: TracesQuery, partition: Partition, timeline: Timeline) -> PartitionResult:
    reader = PartitionReader(query, partition)
    while (operation := reader.next_request()) is not None:
        reader.feed(operation.parse(timeline.page(operation.request["json"])))
    return reader.result()


@pytest.mark.slow
@pytest.mark.parametrize("cap", [1, 7, 15])
def test_pages_smaller_than_requested_are_read_in_partitions(scripted: Scripted, cap: int) -> None:
    timeline = Timeline(EVEN[::5], cap=cap)
    server = scripted(timeline)
    with Netra(endpoint=server.url) as client:
        found = client.usage.iter_traces(START, END).in_parallel(concurrency=4)
        assert [trace.id for trace in found] == timeline.ids()
    assert len({sent.json["startTime"] for sent in server.requests}) > 4


@given(start=st.integers(0, 10**13), length=st.integers(0, 10**11), pieces=st.integers(1, 40))
def test_neighbouring_partitions_share_one_millisecond(start: int, length: int, pieces: int) -> None:
    window = Partition(start, start + length)
    partitions = window.split(pieces)
    assert len(partitions) == max(min(pieces, length), 1)
    assert (partitions[0].start, partitions[-1].end) == (window.start, window.end)
    for partition, following in itertools.pairwise(partitions):
        assert partition.start < partition.end == following.start


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    milliseconds=st.lists(st.integers(0, 60) | st.integers(0, 10_000), max_size=120),
    fraction=st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    limit=st.integers(1, 7),
    pieces=st.integers(1, 5),
    failures=st.integers(0, 3),
    ascending=st.booleans(),
    exact=st.booleans(),
    rounding=st.sampled_from(list(ROUNDINGS)),
    cap=st.sampled_from([2, 100]),
)
def test_a_partitioned_window_gives_each_row_once_in_order(
    milliseconds: list[int],
    fraction: float,
    limit: int,
    pieces: int,
    failures: int,
    ascending: bool,
    exact: bool,
    rounding: str,
    cap: int,
) -> None:
    times = [time + fraction * (number % 3) for number, time in enumerate(milliseconds)]
    timeline = Timeline([time for time in times if time <= 10_000], exact=exact, rounding=rounding, cap=cap)
    query = partitioned_query(time_at(0), time_at(10_000), "asc" if ascending else "desc", limit=limit)

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


def test_concurrency_limits_the_requests_in_flight(scripted: Scripted) -> None:
    in_flight: list[int] = [0, 0]

    def slowly(request: Request) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            in_flight[0] += 1
            in_flight[1] = max(in_flight)
            await asyncio.sleep(0.02)
            in_flight[0] -= 1
            await respond(timeline.page(request.json))(wire)

        return write

    timeline = Timeline(EVEN)
    with Netra(endpoint=scripted(slowly).url) as client:
        found = list(client.usage.iter_traces(START, END).in_parallel(concurrency=5))
    assert [trace.id for trace in found] == timeline.ids()
    assert 3 <= in_flight[1] <= 5


@pytest.mark.slow
def test_nothing_is_sent_early_and_little_is_prefetched(scripted: Scripted) -> None:
    """Nothing is sent before the first row is read, and only little ahead of a slow consumer."""
    timeline = Timeline(range(30_000))
    server = scripted(timeline)
    with Netra(endpoint=server.url) as client:
        found = client.usage.iter_traces(START, time_at(30_000)).in_parallel(concurrency=2)
        assert server.requests == []
        assert next(found).id == timeline.ids()[0]
        time.sleep(1)
        assert len(server.requests) <= 2 * 2 * 2 * PAGES_PER_PARTITION + 4
        assert [trace.id for trace in found] == timeline.ids()[1:]


@pytest.mark.parametrize("wrong", ["total_cost", "name", "latency_ms"])
def test_orders_that_cannot_be_parallel_are_rejected(wrong: str) -> None:
    with Netra(endpoint="http://127.0.0.1:1") as client:
        with pytest.raises(InvalidRequestError, match="in_parallel"):
            client.usage.iter_traces(START, END, sort_field=wrong).in_parallel()
        with pytest.raises(InvalidRequestError, match="sort_order"):
            client.usage.iter_traces(START, END, direction="up").in_parallel()


@both_clients
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
def test_bad_input_is_rejected_before_any_request(
    scripted: Scripted, client_class: ClientClass, wrong: dict[str, Any]
) -> None:
    server = scripted(Timeline([]))
    arguments = {"start_time": START, "end_time": END, **wrong}
    with client_class(endpoint=server.url) as client, pytest.raises(InvalidRequestError):
        get_method(client.usage, "in_parallel")(**arguments)
    assert server.requests == []


def test_filters_reach_every_partition(scripted: Scripted) -> None:
    server = scripted(Timeline(EVEN))
    with Netra(endpoint=server.url) as client:
        list(client.usage.iter_traces(START, END, tenant_id="AceTech", limit=50).in_parallel(concurrency=3))
    expected = [{"field": "tenant_id", "operator": "equals", "type": "string", "value": "AceTech"}]
    assert len(server.requests) > 30
    for sent in server.requests:
        assert sent.json["filters"] == expected
        assert sent.json["pagination"]["limit"] == 50
        assert (sent.json["sortField"], sent.json["sortOrder"]) == ("start_time", "desc")


@pytest.mark.slow
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_rounded_times_lose_no_trace(scripted: Scripted, order: Any) -> None:
    """The service stores and compares microseconds, but rounds to milliseconds in its responses."""
    timeline = Timeline([number * 7.3 + 0.6 for number in range(6_000)], exact=True)

    def rounding(request: Request) -> Reply:
        body = timeline.page(request.json)
        for row in body["data"]["data"]:
            exact = datetime.fromisoformat(row["start_time"]) + timedelta(microseconds=500)
            row["start_time"] = exact.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        return respond(body)

    with Netra(endpoint=scripted(rounding).url) as client:
        found = client.usage.iter_traces(START, time_at(50_000), sort_order=order).in_parallel(concurrency=3)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")


class FailingOnce:
    """Respond to the nth request with the status, and to all others correctly."""

    def __init__(self, milliseconds: Any, nth: int, status: int = 503) -> None:
        self.timeline = Timeline(milliseconds)
        self._left = nth
        self._status = status

    def __call__(self, request: Request) -> Reply:
        self._left -= 1
        return respond(status=self._status) if self._left == 0 else self.timeline(request)


@pytest.mark.slow
@both_clients
@pytest.mark.parametrize("nth", [1, 2, 5, 17, 30])
def test_an_error_comes_in_order_and_its_cursor_gives_the_rest(
    scripted: Scripted, client_class: ClientClass, nth: int
) -> None:
    service = FailingOnce(EVEN, nth)
    expected = service.timeline.ids()
    got: list[str] = []

    async def read_async(client: AsyncNetra) -> None:
        async for one in client.usage.iter_traces(START, END).in_parallel(concurrency=4):
            got.append(one.id)

    def read_into_got(client: Netra | BlockingAsyncNetra) -> None:
        if isinstance(client, BlockingAsyncNetra):
            client.run(read_async(client.client))
        else:
            got.extend(one.id for one in client.usage.iter_traces(START, END).in_parallel(concurrency=4))

    with client_class(endpoint=scripted(service).url, max_retries=0) as client:
        with pytest.raises(ServerError) as caught:
            read_into_got(client)
        assert got == expected[: len(got)]
        remainder = client.usage.iter_traces(START, END, cursor=caught.value.cursor).in_parallel(
            concurrency=4
        )
        assert got + [one.id for one in remainder] == expected
        plain = client.usage.iter_traces(START, END, limit=100, cursor=caught.value.cursor)
        assert got + [one.id for one in plain] == expected


@pytest.mark.parametrize("nth", [1, 4, 9, 20])
def test_the_same_iterator_continues_after_an_error(scripted: Scripted, nth: int) -> None:
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


@pytest.mark.slow
@both_clients
@pytest.mark.parametrize("rows", [0, 1, 99, 100, 101, 1500, 2999, 3000])
def test_iteration_can_be_resumed_after_any_row(
    scripted: Scripted, client_class: ClientClass, rows: int
) -> None:
    timeline = Timeline([*EVEN[:2000], *EVEN[:1000]])
    url = scripted(timeline).url
    with Netra(endpoint=url) as client:
        found = client.usage.iter_traces(START, END).in_parallel(concurrency=4)
        got = [next(found).id for _ in range(rows)]
        cursor = found.cursor
    with client_class(endpoint=url) as other:
        remainder = other.usage.iter_traces(START, END, cursor=cursor).in_parallel(concurrency=4)
        assert got + [one.id for one in remainder] == timeline.ids()


@pytest.mark.slow
def test_a_429_pauses_all_partitions(scripted: Scripted) -> None:
    times: list[float] = []
    limited = [True]

    def override(_: Request) -> Reply | None:
        times.append(time.monotonic())
        if limited and len(times) == 6:
            limited.clear()
            return respond(status=429, headers={"retry-after": "1"})
        return None

    timeline = Timeline(EVEN, override)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = list(client.usage.iter_traces(START, END).in_parallel(concurrency=2))
    assert [trace.id for trace in found] == timeline.ids()
    assert max(later - earlier for earlier, later in itertools.pairwise(times)) > 0.7


@pytest.mark.slow
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    "unreadable",
    [lambda number: True, lambda number: number % 100 in (0, 1, 99), lambda number: number > 2000],
)
def test_an_unreadable_time_loses_no_row(
    scripted: Scripted, unreadable: Callable[[int], bool], order: Any
) -> None:
    timeline = Timeline(EVEN, override_time=lambda row: "23:59:60" if unreadable(row) else None)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, END, sort_order=order).in_parallel(concurrency=3)
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")


@pytest.mark.slow
def test_leaving_the_loop_early_leaves_no_thread(scripted: Scripted) -> None:
    def limited(request: Request) -> Reply | None:
        if request.json["endTime"] == "2026-01-31T23:59:59.999Z":
            return None

        async def after_the_first_partition(wire: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.5)
            await respond(status=429, headers={"retry-after": "50"})(wire)

        return after_the_first_partition

    with Netra(endpoint=scripted(Timeline(EVEN, limited)).url) as client:
        for trace in client.usage.iter_traces(START, END).in_parallel():
            assert trace.id == "trace-2999"
            break
        gc.collect()
        assert wait_until(lambda: not new_netra_threads())


@pytest.mark.slow
@pytest.mark.parametrize("method", TRACE_ITERATORS)
def test_an_error_leaves_no_thread_without_garbage_collection(scripted: Scripted, method: str) -> None:
    url = scripted(Timeline(EVEN, lambda sent: respond(status=503) if sent.method == "GET" else None)).url
    failing = scripted(FailingOnce(EVEN, 9)).url
    gc.collect()
    gc.disable()
    try:
        with Netra(endpoint=url if "spans" in method else failing, max_retries=0) as client:
            with contextlib.suppress(ServerError):
                for _ in get_method(client.usage, method)(START, END):
                    pass
            assert wait_until(lambda: not new_netra_threads())
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


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_after_a_fork_both_processes_continue_with_an_executor(scripted: Scripted) -> None:
    """The threads of the executor exist only in the parent process."""
    result = subprocess.run(
        [sys.executable, "-c", FORK_WITH_EXECUTOR, scripted(Timeline(EVEN)).url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.stdout.split() == ["2999", "2999"]


@both_clients
def test_closing_the_client_ends_iteration_with_an_executor(
    scripted: Scripted, client_class: ClientClass
) -> None:
    with ThreadPoolExecutor(2) as executor, client_class(endpoint=scripted(Timeline(EVEN)).url) as client:
        if isinstance(client, Netra):
            client.close()
        else:
            client.run(client.client.close())
        with pytest.raises(NotInitializedError, match="closed"):
            list(client.usage.iter_traces(START, END).in_parallel(executor=executor))


@pytest.mark.slow
def test_leaving_the_loop_early_leaves_no_task(scripted: Scripted) -> None:
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


def test_threads_that_share_an_iterator_divide_its_traces(scripted: Scripted) -> None:
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


@pytest.mark.slow
def test_the_backend_gives_the_rows_of_the_plain_iterator(local_server: LocalServer) -> None:
    run_agent(local_server.endpoint)
    with Netra(endpoint=local_server.endpoint) as client:
        for order in ("asc", "desc"):
            plain = [trace.id for trace in client.usage.iter_traces(START, END, sort_order=order)]
            found = client.usage.iter_traces(START, END, sort_order=order, limit=2).in_parallel(concurrency=3)
            assert [trace.id for trace in found] == plain
            some = client.usage.iter_traces(START, END, sort_order=order, limit=2).in_parallel(concurrency=3)
            got = [next(some).id for _ in range(7)]
            remainder = client.usage.iter_traces(START, END, sort_order=order, cursor=some.cursor)
            assert got + [trace.id for trace in remainder] == plain


# ---------------------------------------------------------------- executors


class Counting(ThreadPoolExecutor):
    calls = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.calls += 1
        return super().submit(fn, *args, **kwargs)


@pytest.mark.slow
@both_clients
def test_any_executor_runs_the_partitions_and_stays_open(
    scripted: Scripted, client_class: ClientClass
) -> None:
    timeline = Timeline(EVEN)
    server = scripted(timeline)
    with Counting(3) as executor, client_class(endpoint=server.url, api_key="key-7f3a") as client:
        found = client.usage.iter_traces(START, END).in_parallel(executor=executor, concurrency=6)
        assert [trace.id for trace in found] == timeline.ids()
        assert executor.calls >= 6
        assert executor.submit(len, "open").result() == 4
    assert {sent.headers["x-api-key"] for sent in server.requests} == {"key-7f3a"}


def use_key(key: str) -> None:
    """Set the API key of a worker process when it starts."""
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


@pytest.mark.slow
@pytest.mark.process
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


@pytest.mark.slow
@pytest.mark.process
def test_workers_get_the_key_only_with_share_key(
    scripted: Scripted, processes: Callable[..., Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NETRA_API_KEY", raising=False)

    def needs_key(request: Request) -> Reply | None:
        return None if request.headers.get("x-api-key") == "callers" else respond(status=401)

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


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_the_key_of_another_client_is_never_used(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETRA_API_KEY", raising=False)
    server = scripted(lambda _: respond(status=401))
    result = subprocess.run(
        [sys.executable, "-c", FORKING, server.url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "share_key=True" in result.stdout
    assert {sent.headers.get("x-api-key") for sent in server.requests} == {None}


def test_an_async_http_client_with_an_executor_is_rejected() -> None:
    http = httpx.AsyncClient()
    client = AsyncNetra(endpoint="http://127.0.0.1:1", http_client=http)
    with ThreadPoolExecutor(1) as executor, pytest.raises(InvalidRequestError, match="http_client"):
        client.usage.iter_traces(START, END).in_parallel(executor=executor)


@pytest.mark.parametrize("share_key", [False, True])
def test_tasks_pickle_and_hold_the_key_only_with_share_key(share_key: bool) -> None:
    items: list[PartitionTask] = []

    class Keeping(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            items.extend(args)
            raise RuntimeError("kept")

    rejected = pytest.raises(APIConnectionError, match="kept")
    client = Netra(endpoint="http://127.0.0.1:1", api_key="key-7f3a")
    with client, Keeping(1) as executor, rejected:
        next(client.usage.iter_traces(START, END).in_parallel(executor=executor, share_key=share_key))
    assert len({item.id for item in items}) == len(items) > 1
    for item in items:
        pickled = pickle.dumps(item)
        assert (b"key-7f3a" in pickled) == share_key
        assert "key-7f3a" not in repr(item)
        again = pickle.loads(pickled)
        assert (again.query, again.partition, again.local) == (item.query, item.partition, None)


@both_clients
def test_a_failing_executor_raises_a_clear_error(scripted: Scripted, client_class: ClientClass) -> None:
    timeline = Timeline(EVEN)
    executor = ThreadPoolExecutor(2)
    executor.shutdown()
    with client_class(endpoint=scripted(timeline).url) as client:
        with pytest.raises(APIConnectionError, match="executor") as caught:
            list(client.usage.iter_traces(START, END).in_parallel(executor=executor))
        assert caught.value.cursor is None


@pytest.mark.slow
@pytest.mark.process
def test_a_worker_that_dies_raises_an_error(scripted: Scripted, processes: Callable[..., Executor]) -> None:
    executor: Any = processes("k")

    def dying(request: Request) -> Reply | None:
        for worker in list(executor._processes.values()):
            worker.kill()
        return None

    died = pytest.raises(APIConnectionError, match="BrokenProcessPool")
    with Netra(endpoint=scripted(Timeline(EVEN, dying)).url) as client, died:
        list(client.usage.iter_traces(START, END).in_parallel(executor=executor))


@pytest.mark.slow
@pytest.mark.process
def test_a_rate_limit_in_another_process_is_raised_as_such(
    scripted: Scripted, processes: Callable[..., Executor]
) -> None:
    url = scripted(lambda _: respond(status=429, headers={"retry-after": "100"})).url
    with Netra(endpoint=url) as client, pytest.raises(RateLimitError) as caught:
        next(client.usage.iter_traces(START, END).in_parallel(executor=processes("k")))
    assert caught.value.retry_after == 100


def test_any_worker_can_import_run_task() -> None:
    assert pickle.loads(pickle.dumps(run_task)) is run_task
