"""Read a window in parallel with a real Dask cluster of two worker processes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from netra import AuthenticationError, Netra, ServerError
from tests.support.blocking import ClientClass, both_clients
from tests.support.scripted import Reply, Request, Scripted, respond
from tests.support.timeline import Timeline, time_at

pytestmark = [pytest.mark.process, pytest.mark.slow]


DAY = 86_400_000
START, END = time_at(0), time_at(31 * DAY - 1)
SKEWED = [*range(0, 31 * DAY, 31 * DAY // 500), *range(DAY, DAY + 2_000)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster whose workers have their own API key."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # warnings of Dask itself, at its import and when its processes start
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


@both_clients
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_cluster_gives_the_rows_of_the_plain_iterator(
    cluster: Any, scripted: Scripted, client_class: ClientClass, order: Any
) -> None:
    timeline = Timeline(SKEWED)
    server = scripted(timeline)
    with client_class(endpoint=server.url, api_key="callers") as client:
        found = client.usage.iter_traces(START, END, sort_order=order).in_parallel(
            executor=cluster.get_executor(), concurrency=4
        )
        assert [trace.id for trace in found] == timeline.ids(descending=order == "desc")
    assert {sent.headers["x-api-key"] for sent in server.requests} == {"workers"}
    assert len({sent.connection for sent in server.requests}) >= 2


def test_both_processes_do_the_work(cluster: Any, scripted: Scripted) -> None:
    processes = set(cluster.run(os.getpid).values())
    assert len(processes - {os.getpid()}) == 2
    url = scripted(Timeline(SKEWED)).url
    with Netra(endpoint=url) as client:
        list(client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor()))
    connected = cluster.run(lambda: list(__import__("netra._sync.worker_task")._sync.worker_task._transports))
    assert all(url in dict(transports) for transports in connected.values())


def test_share_key_sends_the_callers_key_to_the_workers(cluster: Any, scripted: Scripted) -> None:
    timeline = Timeline(SKEWED[:700])
    server = scripted(timeline)
    with Netra(endpoint=server.url, api_key="callers") as client:
        found = client.usage.iter_traces(START, END).in_parallel(
            executor=cluster.get_executor(), share_key=True
        )
        assert [trace.id for trace in found] == timeline.ids()
    assert {sent.headers["x-api-key"] for sent in server.requests} == {"callers"}


def test_a_worker_error_comes_in_order_and_allows_resuming(cluster: Any, scripted: Scripted) -> None:
    broken = [True]

    def override(request: Request) -> Reply | None:
        in_the_first_day = request.json["startTime"] < time_at(DAY)
        return respond(status=503) if broken and in_the_first_day else None

    timeline = Timeline(SKEWED, override)
    got: list[str] = []
    with Netra(endpoint=scripted(timeline).url, max_retries=0) as client:
        found = client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor())
        with pytest.raises(ServerError) as caught:
            got.extend(trace.id for trace in found)
        assert got
        broken.clear()
        remainder = client.usage.iter_traces(START, END, cursor=caught.value.cursor).in_parallel(
            executor=cluster.get_executor()
        )
        assert got + [trace.id for trace in remainder] == timeline.ids()


def test_a_second_iteration_sees_new_traces(cluster: Any, scripted: Scripted) -> None:
    timelines = [Timeline(SKEWED[:300])]
    url = scripted(lambda request: timelines[-1](request)).url
    with Netra(endpoint=url) as client:
        first = client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor())
        next(first)  # the iterator stays alive, and with it the results that the cluster remembers
        timelines.append(Timeline(SKEWED[:400]))
        second = client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor())
        assert [trace.id for trace in second] == timelines[-1].ids()
        assert first.cursor is not None


def test_a_transient_worker_error_is_not_repeated(cluster: Any, scripted: Scripted) -> None:
    refusing = [True]
    timeline = Timeline(SKEWED[:300], lambda _: respond(status=401) if refusing else None)
    with Netra(endpoint=scripted(timeline).url) as client:
        found = client.usage.iter_traces(START, END).in_parallel(
            executor=cluster.get_executor(), concurrency=1
        )
        with pytest.raises(AuthenticationError) as caught:
            next(found)
        assert "share_key=True" in "".join(caught.value.__notes__)
        refusing.clear()
        assert [trace.id for trace in found] == timeline.ids()


def test_a_rejected_worker_key_is_an_authentication_error(cluster: Any, scripted: Scripted) -> None:
    url = scripted(lambda _: respond(status=401)).url
    with Netra(endpoint=url, api_key="callers") as client, pytest.raises(AuthenticationError):
        next(client.usage.iter_traces(START, END).in_parallel(executor=cluster.get_executor()))
