"""A window read in parallel by a real Dask cluster of two worker processes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from netra import AuthenticationError, Netra, ServerError
from tests.support.in_loop import InLoop
from tests.support.scripted import Reply, Request, Scripted, answer
from tests.support.timeline import Timeline, at

DAY = 86_400_000
START, END = at(0), at(31 * DAY - 1)
SKEWED = [*range(0, 31 * DAY, 31 * DAY // 500), *range(DAY, DAY + 2_000)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Workers that have a key of their own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's own, at its import and at the start of its processes
        from distributed import Client, LocalCluster

        before, os.environ["NETRA_API_KEY"] = os.environ.get("NETRA_API_KEY"), "workers"
        try:
            cluster = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None, silence_logs=50
            )
        finally:
            del os.environ["NETRA_API_KEY"]
            if before is not None:
                os.environ["NETRA_API_KEY"] = before
        with cluster, Client(cluster) as client:  # type: ignore[no-untyped-call]
            yield client


@pytest.mark.parametrize("face", [Netra, InLoop], ids=["sync", "async"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_cluster_gives_the_rows_and_the_order_of_the_plain_iterator(
    cluster: Any, scripted: Scripted, face: type[Netra | InLoop], order: Any
) -> None:
    timeline = Timeline(SKEWED)
    server = scripted(timeline)
    with face(endpoint=server.url, api_key="callers") as client:
        found = client.usage.iter_traces(START, END, sort_order=order).in_parallel(
            executor=cluster.get_executor(), concurrency=4
        )
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")
    assert {sent.headers["x-api-key"] for sent in server.requests} == {"workers"}
    assert len({sent.connection for sent in server.requests}) >= 2


def test_the_work_is_done_by_both_processes(cluster: Any, scripted: Scripted) -> None:
    processes = set(cluster.run(os.getpid).values())
    assert len(processes - {os.getpid()}) == 2
    url = scripted(Timeline(SKEWED)).url
    with Netra(endpoint=url) as client:
        list(client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor()))
    connected = cluster.run(lambda: list(__import__("netra._sync.worker_task")._sync.worker_task._transports))
    assert all(url in dict(transports) for transports in connected.values())


def test_the_callers_key_goes_along_where_the_caller_says_so(cluster: Any, scripted: Scripted) -> None:
    timeline = Timeline(SKEWED[:700])
    server = scripted(timeline)
    with Netra(endpoint=server.url, api_key="callers") as client:
        found = client.usage.iter_traces(START, END).in_parallel(
            executor=cluster.get_executor(), share_key=True
        )
        assert [trace.id for trace in found] == timeline.ids()
    assert {sent.headers["x-api-key"] for sent in server.requests} == {"callers"}


def test_an_error_of_a_worker_comes_in_its_place_and_leads_to_the_rest(
    cluster: Any, scripted: Scripted
) -> None:
    broken = [True]

    def change(request: Request) -> Reply | None:
        in_the_first_day = request.json["startTime"] < at(DAY)
        return answer(status=503) if broken and in_the_first_day else None

    timeline = Timeline(SKEWED, change)
    got: list[str] = []
    with Netra(endpoint=scripted(timeline).url, max_retries=0) as client:
        found = client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor())
        with pytest.raises(ServerError) as caught:
            got.extend(trace.id for trace in found)
        assert got
        broken.clear()
        rest = client.usage.iter_traces(START, END, cursor=caught.value.cursor).in_parallel(
            executor=cluster.get_executor()
        )
        assert got + [trace.id for trace in rest] == timeline.ids()


def test_a_second_reading_sees_what_has_come_since_the_first(cluster: Any, scripted: Scripted) -> None:
    timelines = [Timeline(SKEWED[:300])]
    url = scripted(lambda request: timelines[-1](request)).url
    with Netra(endpoint=url) as client:
        first = client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor())
        next(first)  # and it is kept, and with it what the cluster remembers
        timelines.append(Timeline(SKEWED[:400]))
        second = client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor())
        assert [trace.id for trace in second] == timelines[-1].ids()
        assert first.cursor is not None


def test_an_error_that_has_passed_does_not_come_back(cluster: Any, scripted: Scripted) -> None:
    refusing = [True]
    timeline = Timeline(SKEWED[:300], lambda _: answer(status=401) if refusing else None)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, END).in_parallel(
            executor=cluster.get_executor(), concurrency=1
        )
        with pytest.raises(AuthenticationError) as caught:
            next(found)
        assert "share_key=True" in "".join(caught.value.__notes__)
        refusing.clear()
        assert [trace.id for trace in found] == timeline.ids()


def test_a_key_that_the_service_refuses_is_the_workers_error(cluster: Any, scripted: Scripted) -> None:
    url = scripted(lambda _: answer(status=401)).url
    with Netra(endpoint=url, api_key="callers") as client, pytest.raises(AuthenticationError):
        next(client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor()))
