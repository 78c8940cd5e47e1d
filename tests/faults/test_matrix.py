"""Every fault × every method × first, middle and last page.

A cell has one of two outcomes: the complete and correct result, or the right error with the right cursor. Resuming
from that cursor gives the remainder completely.

`promises.py` holds the table of what the client promises. `make faults` runs every cell with every client and prints
the outcomes; `make test` runs the half that `chosen_cells` describes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import httpx2
import pytest

from netra import Netra, NetraError, TraceWithSpans
from netra._core import retry
from tests.conftest import FaultTable
from tests.support.blocking import BlockingAsyncNetra
from tests.support.methods import get_method
from tests.support.rows import END, START
from tests.support.scripted import Scripted

from .promises import CURSORS, PAGES, PROMISES, ROWS, SLOW_FAULTS, USAGE, Service, first_row_after, promised
from .wire import FAULTS

AT_A_TIME = 50
"""So many of these cells: each has a client and a server of its own."""

QUICK_CELLS = {
    ("sync", "once", "closes in the body"),
    ("sync", "always", "responds 401"),
    ("async", "always", "responds 200 with half of its JSON"),
}
"""The cells that `make quick` runs; all others are marked `slow`."""

CELLS = [
    *[(method, "only") for method in USAGE],
    *[
        (method, place)
        for method in (
            "list_traces",
            "iter_traces",
            "list_spans_by_trace_id",
            "iter_spans_by_trace_id",
            "with_spans",
            "in_parallel",
            "in_parallel_with_spans",
        )
        for place in PAGES
    ],
    ("with_spans", "spans of the third"),
    ("in_parallel_with_spans", "spans of the third"),
]


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "INITIAL_BACKOFF", 0.01)


@contextmanager
def sync_client_over_httpx2(**options: Any) -> Iterator[Netra]:
    with httpx2.Client() as http, Netra(http_client=http, **options) as client:
        yield client


@contextmanager
def async_client_over_httpx2(**options: Any) -> Iterator[BlockingAsyncNetra]:
    http = httpx2.AsyncClient()
    with BlockingAsyncNetra(http_client=http, **options) as client:
        yield client
        client.run(http.aclose())


@contextmanager
def sync_client(**options: Any) -> Iterator[Netra]:
    with Netra(**options) as client:
        yield client


@contextmanager
def async_client(**options: Any) -> Iterator[BlockingAsyncNetra]:
    with BlockingAsyncNetra(**options) as client:
        yield client


CLIENTS: dict[str, Callable[..., AbstractContextManager[Any]]] = {
    "sync": sync_client,
    "async": async_client,
    "sync over httpx2": sync_client_over_httpx2,
    "async over httpx2": async_client_over_httpx2,
}


OFTEN = ("once", "always")


def chosen_cells(fault: str, client_kind: str, how_often: str, thorough: bool) -> list[tuple[str, str]]:
    """Return the cells of a fault that run with a client; all of them for `make faults`.

    Otherwise half of them with the sync and half with the async client, and the other way around for the other
    `how_often`. So any three of fault, client, once or always, and cell meet, and all four meet in half of the cases:
    the clients share what decides about faults, and a bug in either is hardly one of a single fault in a single place.
    Over httpx2 each fault meets one client, in turn, in a quarter of the cells.
    """
    fault_number = list(PROMISES).index(fault)
    if thorough:
        return CELLS
    if "httpx2" not in client_kind:
        return CELLS[(fault_number + (client_kind == "sync") + (how_often == "once")) % 2 :: 2]
    meets = [("sync over httpx2", "once"), ("async over httpx2", "always")][fault_number % 2]
    return CELLS[fault_number // 2 % 4 :: 4] if (client_kind, how_often) == meets else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise with each client and `how_often`, and with each fault that has cells for them."""
    if "client_kind" not in metafunc.fixturenames:
        return
    thorough = metafunc.config.getoption("--thorough")
    pairs = [(client_kind, how_often) for client_kind in CLIENTS for how_often in OFTEN]
    if "fault" not in metafunc.fixturenames:
        cells = [
            pytest.param(client_kind, how_often, id=f"{client_kind}-{how_often}")
            for client_kind, how_often in pairs
            if any(chosen_cells(fault, client_kind, how_often, thorough) for fault in SLOW_FAULTS)
        ]
        metafunc.parametrize(("client_kind", "how_often"), cells)
        return
    metafunc.parametrize(
        ("fault", "client_kind", "how_often"),
        [
            pytest.param(
                fault,
                client_kind,
                how_often,
                id=f"{client_kind}-{how_often}-{fault}",
                marks=[] if (client_kind, how_often, fault) in QUICK_CELLS else pytest.mark.slow,
            )
            for client_kind, how_often in pairs
            for fault in PROMISES
            if fault not in SLOW_FAULTS and chosen_cells(fault, client_kind, how_often, thorough)
        ],
    )


def test_every_cell_is_complete_or_raises_the_right_error(
    fault: str, client_kind: str, how_often: str, scripted: Scripted, fault_table: FaultTable, thorough: bool
) -> None:
    service = Service(FAULTS[fault])
    cells = chosen_cells(fault, client_kind, how_often, thorough)
    found = {}
    with CLIENTS[client_kind](
        endpoint=scripted(service).url, max_retries=1, max_response_bytes=200_000
    ) as client:
        for method, place in cells:
            service.break_page(method, place, times=1 if how_often == "once" else 1_000)
            found[method, place] = outcome(client, service, method, place)
            fault_table.record(fault, f"{how_often}, {client_kind}", method, place, found[method, place])
    assert found == {cell: promised(fault, how_often, cell[0]) for cell in cells}


@pytest.mark.slow
def test_every_cell_with_a_fault_that_only_a_time_limit_ends(
    client_kind: str, how_often: str, scripted: Scripted, fault_table: FaultTable, thorough: bool
) -> None:
    """As above, but with all these faults at once: the time passes for all of them."""
    # After a fault that happens once, even a busy machine needs time for the correct response.
    limits = {"timeout": 1.5, "deadline": 4} if how_often == "once" else {"timeout": 1, "deadline": 2.5}

    def outcome_of(cell: tuple[str, str, str]) -> str:
        fault, method, place = cell
        service = Service(FAULTS[fault])
        service.break_page(method, place, times=1 if how_often == "once" else 1_000)
        with CLIENTS[client_kind](endpoint=scripted(service).url, max_retries=1, **limits) as client:
            return outcome(client, service, method, place)

    cells = [
        (fault, method, place)
        for fault in PROMISES
        if fault in SLOW_FAULTS
        for method, place in chosen_cells(fault, client_kind, how_often, thorough)
    ]
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        found = dict(zip(cells, threads.map(outcome_of, cells), strict=True))
    for (fault, method, place), result in found.items():
        fault_table.record(fault, f"{how_often}, {client_kind}", method, place, result)
    assert found == {cell: promised(cell[0], how_often, cell[1]) for cell in cells}


def outcome(client: Netra | BlockingAsyncNetra, service: Service, method: str, place: str) -> str:
    """Return the outcome of the call, after checking that it is complete, or that its error allows resuming."""
    call = get_method(client.usage, method)
    if place == "only":
        try:
            found = call("session-123" if method == "get_session_usage" else "AceTech", START, END)
        except NetraError as error:
            return type(error).__name__
        assert found.to_dict(use_api_names=True) == USAGE[method]()
        return "complete"

    call = (
        partial(call, "trace-1")
        if "by_trace_id" in method
        else partial(call, START, END, tenant_id="AceTech")
    )
    if method.startswith("in_parallel"):
        call = partial(call, concurrency=1)  # so that it has these pages as well
    if method.startswith("list"):
        cursor = CURSORS[place]
        try:
            rows = list(call(limit=2, cursor=cursor))
        except NetraError as error:
            return type(error).__name__
        first = first_row_after(cursor)
        assert numbers(rows) == [first, first + 1]
        return "complete"

    caught: NetraError | None = None
    rows = []
    try:
        rows = list(call(limit=2))
    except NetraError as error:
        caught = error
    if caught is None:
        assert numbers(rows) == list(range(1, ROWS + 1))
        return "complete"
    assert caught.cursor == CURSORS[place]
    service.repair()
    remainder = numbers(call(limit=2, cursor=caught.cursor))
    assert remainder == list(range(first_row_after(caught.cursor), ROWS + 1))
    return type(caught).__name__


def numbers(rows: Any) -> list[int]:
    """Return the numbers of rows, or of traces with spans; check that the spans are complete."""
    found = []
    for row in rows:
        if isinstance(row, TraceWithSpans):
            assert numbers(row.spans) == list(range(1, ROWS + 1))
        found.append(int((row.trace if isinstance(row, TraceWithSpans) else row).id.rpartition("-")[2]))
    return found


def test_the_table_lists_all_faults() -> None:
    assert list(PROMISES) == list(FAULTS)


def test_any_three_of_fault_client_frequency_and_cell_meet() -> None:
    meetings = [
        (fault, client_kind, how_often, cell)
        for fault, client_kind, how_often in itertools.product(PROMISES, ("sync", "async"), OFTEN)
        for cell in chosen_cells(fault, client_kind, how_often, thorough=False)
    ]
    values = (list(PROMISES), ["sync", "async"], list(OFTEN), CELLS)
    for three in itertools.combinations(range(4), 3):
        met = {tuple(meeting[part] for part in three) for meeting in meetings}
        assert met == set(itertools.product(*(values[part] for part in three)))
