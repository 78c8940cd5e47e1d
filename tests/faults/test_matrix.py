"""Every fault × every method × first, middle and last page. A cell has one of two verdicts: the complete and correct
result, or the right error with the right cursor, from which the rest is read completely.

The table is what the client promises: what comes of a fault that happens once, and of one that stays.
`make faults` prints it with what was found in each cell.
"""

from __future__ import annotations

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
from tests.support.in_loop import InLoop
from tests.support.rows import END, START, page, session_usage, span, tenant_usage, trace
from tests.support.scripted import Reply, Request, Scripted, answer_bytes, sending
from tests.support.walks import method_of

from .wire import FAULTS, Fault

TABLE = """
the service                             | once                       | for ever
----------------------------------------|----------------------------|---------------------------
answers in chunks                       | complete                   | complete
answers with gzip                       | complete                   | complete
answers slowly, but in time             | complete                   | complete
answers twice                           | complete                   | complete
sends bytes behind its answer           | complete                   | complete
hints before it answers                 | complete                   | complete
closes after each answer                | complete                   | complete
resets after each answer                | complete                   | complete
resets before it answers                | complete                   | APIConnectionError
closes before it answers                | complete                   | APIConnectionError
resets in the head                      | complete                   | APIConnectionError
closes in the head                      | complete                   | APIConnectionError
resets in the body                      | complete                   | APIConnectionError
closes in the body                      | complete                   | APIConnectionError
cuts off its chunks                     | complete                   | APIConnectionError
sends a bad chunk size                  | complete                   | APIConnectionError
sends garbage                           | complete                   | APIConnectionError
sends a header of 200 kB                | complete                   | APIConnectionError
sends broken gzip                       | complete                   | APIConnectionError
cuts off its gzip                       | APIResponseValidationError | APIResponseValidationError
is silent                               | complete                   | APITimeoutError
falls silent in the head                | complete                   | APITimeoutError
falls silent in the body                | complete                   | APITimeoutError
drips for ever                          | APITimeoutError            | APITimeoutError
answers 408                             | complete                   | APIStatusError
answers 425                             | complete                   | APIStatusError
answers 429                             | complete                   | RateLimitError
answers 429, wait 0.05 s                | complete                   | RateLimitError
answers 503, wait until a past date     | complete                   | ServerError
answers 500                             | complete                   | ServerError
answers 502 with HTML                   | complete                   | ServerError
answers 503                             | complete                   | ServerError
answers 504 with nothing                | complete                   | ServerError
answers 520                             | complete                   | ServerError
answers 524                             | complete                   | ServerError
answers 301                             | APIStatusError             | APIStatusError
answers 307                             | APIStatusError             | APIStatusError
answers 400                             | BadRequestError            | BadRequestError
answers 401                             | AuthenticationError        | AuthenticationError
answers 403 with HTML                   | PermissionDeniedError      | PermissionDeniedError
answers 404                             | NotFoundError              | NotFoundError
answers 409                             | ConflictError              | ConflictError
answers 418                             | APIStatusError             | APIStatusError
answers 422                             | UnprocessableEntityError   | UnprocessableEntityError
answers 429, wait an hour               | RateLimitError             | RateLimitError
answers 499                             | APIStatusError             | APIStatusError
answers 501                             | ServerError                | ServerError
answers 598                             | ServerError                | ServerError
answers 204                             | APIResponseValidationError | APIResponseValidationError
answers 200 with nothing                | APIResponseValidationError | APIResponseValidationError
answers 200 with HTML                   | APIResponseValidationError | APIResponseValidationError
answers 200 with half of its JSON       | APIResponseValidationError | APIResponseValidationError
answers 200 with bytes that are no text | APIResponseValidationError | APIResponseValidationError
answers 200 with null                   | APIResponseValidationError | APIResponseValidationError
answers 200 with a list                 | APIResponseValidationError | APIResponseValidationError
answers 200 with a text as data         | APIResponseValidationError | APIResponseValidationError
answers 200 with a list as data         | APIResponseValidationError | APIResponseValidationError
answers 200 with numbers as text        | APIResponseValidationError | APIResponseValidationError
answers 200 with NaN for numbers        | APIResponseValidationError | APIResponseValidationError
answers 200 with 100,000 levels         | APIResponseValidationError | APIResponseValidationError
answers 200 with more than is allowed   | complete, usage: APIResponseValidationError | APIResponseValidationError
answers 200 with another's ids          | APIResponseValidationError | APIResponseValidationError
answers 200 with an error as an object  | APIResponseValidationError | APIResponseValidationError
answers 200 with no data and a message  | APIResponseValidationError | APIResponseValidationError
"""
PROMISES = {
    name: {"once": once, "for ever": for_ever}
    for name, once, for_ever in (
        [cell.strip() for cell in line.split("|")] for line in TABLE.splitlines()[3:]
    )
}

ROWS = 6  # in three pages of two
CURSORS = {"first": None, "middle": "cursor-2", "last": "cursor-4", "spans of the third": "cursor-2"}
"""What each page is asked for with; also where an iteration stands when that page, or those spans, fail."""
PAGES = ("first", "middle", "last")

SLOW = {"is silent", "falls silent in the head", "falls silent in the body", "drips for ever"}
"""Faults that only a time limit ends; their cells run side by side, so that the limits can be long enough for any
machine."""

USAGE: dict[str, Callable[[], dict[str, Any]]] = {
    "get_session_usage": session_usage,
    "get_tenant_usage": tenant_usage,
}
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


def right_answer(request: Request) -> bytes:
    for name, usage in (("/sessions/", session_usage), ("/tenants/", tenant_usage)):
        if name in request.path:
            return answer_bytes({"data": usage()})
    first = first_row_after(cursor_of(request))
    spent: dict[str, Any] = {"total_cost": 0.25, "total_tokens": 7}
    if request.method == "GET":
        rows = [span(number, trace_id=request.path.split("/")[3], **spent) for number in (first, first + 1)]
    else:
        rows = [trace(number, tenant_id="AceTech", **spent) for number in (first, first + 1)]
    return answer_bytes(page(rows, more=first + 1 < ROWS))


def cursor_of(request: Request) -> str | None:
    asked: dict[str, str] = request.query if request.method == "GET" else request.json["pagination"]
    return asked.get("cursor")


class Service:
    """Answers rightly, but for a page that is broken: that one it answers with the fault."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._times = 0

    def break_page(self, method: str, place: str, times: int) -> None:
        self._method, self._place, self._times = method, place, times

    def _is_broken(self, request: Request) -> bool:
        if self._place == "spans of the third":
            return "trace-3" in request.path and cursor_of(request) is None
        if self._method.endswith("with_spans") and request.method == "GET":
            return False
        return self._place == "only" or cursor_of(request) == CURSORS[self._place]

    def mend(self) -> None:
        self._times = 0

    def __call__(self, request: Request) -> Reply:
        good = right_answer(request)
        if self._times and self._is_broken(request):
            self._times -= 1
            return self._fault(good)
        return sending(good)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "INITIAL_BACKOFF", 0.01)


@contextmanager
def httpx2_sync(**options: Any) -> Iterator[Netra]:
    with httpx2.Client() as http, Netra(http_client=http, **options) as client:
        yield client


@contextmanager
def httpx2_async(**options: Any) -> Iterator[InLoop]:
    http = httpx2.AsyncClient()
    with InLoop(http_client=http, **options) as client:
        yield client
        client.run(http.aclose())


@contextmanager
def sync(**options: Any) -> Iterator[Netra]:
    with Netra(**options) as client:
        yield client


@contextmanager
def in_loop(**options: Any) -> Iterator[InLoop]:
    with InLoop(**options) as client:
        yield client


FACES: dict[str, Callable[..., AbstractContextManager[Any]]] = {
    "sync": sync,
    "async": in_loop,
    "sync over httpx2": httpx2_sync,
    "async over httpx2": httpx2_async,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every face meets every fault; in `make faults` each of them once and for ever."""
    if "face" in metafunc.fixturenames:
        both = [(face, how_often) for face in FACES for how_often in ("once", "for ever")]
        if not metafunc.config.getoption("--fault-table"):
            for_another_time = [("sync over httpx2", "for ever"), ("async over httpx2", "once")]
            both = [each for each in both if each not in for_another_time]
        metafunc.parametrize(("face", "how_often"), both)


@pytest.mark.parametrize("fault", PROMISES)
def test_every_cell_is_complete_or_the_right_error(
    fault: str, how_often: str, face: str, scripted: Scripted, fault_table: FaultTable
) -> None:
    opened = FACES[face]

    def cell(client: Netra | InLoop, service: Service, method: str, place: str) -> str:
        service.break_page(method, place, times=1 if how_often == "once" else 1_000)
        found = verdict(client, service, method, place)
        fault_table.note(fault, f"{how_often}, {face}", method, place, found)
        return found

    def cell_of_its_own(method: str, place: str) -> str:
        service = Service(FAULTS[fault])
        with opened(endpoint=scripted(service).url, max_retries=1, **limits) as client:
            return cell(client, service, method, place)

    # A fault that comes once must leave even a busy machine the time for the right response behind it.
    limits = {"timeout": 1.5, "deadline": 4} if how_often == "once" else {"timeout": 1, "deadline": 2.5}
    if fault in SLOW:
        with ThreadPoolExecutor(len(CELLS)) as threads:
            found = list(threads.map(lambda each: cell_of_its_own(*each), CELLS))
    else:
        service = Service(FAULTS[fault])
        with opened(endpoint=scripted(service).url, max_retries=1, max_response_bytes=200_000) as client:
            found = [cell(client, service, *each) for each in CELLS]
    promises = {cell: promised(fault, how_often, cell) for cell in CELLS}
    assert dict(zip(CELLS, found, strict=True)) == promises


def promised(fault: str, how_often: str, cell: tuple[str, str]) -> str:
    """A cell may name another outcome for the methods that have no pages."""
    pages, _, usage = PROMISES[fault][how_often].partition(", usage: ")
    return usage if usage and cell[0] in USAGE else pages


def verdict(client: Netra | InLoop, service: Service, method: str, place: str) -> str:
    """What came of the call, after checking that it is complete, or that its error leads to the rest."""
    call = method_of(client.usage, method)
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
        call = partial(call, concurrency=1)  # so that it has these pages, too
    if method.startswith("list"):
        cursor = CURSORS[place]
        try:
            rows = list(call(limit=2, cursor=cursor))
        except NetraError as error:
            return type(error).__name__
        first = first_row_after(cursor)
        assert numbers(rows) == [first, first + 1]
        return "complete"

    broken: NetraError | None = None
    rows = []
    try:
        rows = list(call(limit=2))
    except NetraError as error:
        broken = error
    if broken is None:
        assert numbers(rows) == list(range(1, ROWS + 1))
        return "complete"
    assert broken.cursor == CURSORS[place]
    service.mend()
    rest = numbers(call(limit=2, cursor=broken.cursor))
    assert rest == list(range(first_row_after(broken.cursor), ROWS + 1))
    return type(broken).__name__


def numbers(rows: Any) -> list[int]:
    """Of rows, or of traces with their spans, which must then be complete."""
    found = []
    for row in rows:
        if isinstance(row, TraceWithSpans):
            assert numbers(row.spans) == list(range(1, ROWS + 1))
        found.append(int((row.trace if isinstance(row, TraceWithSpans) else row).id.rpartition("-")[2]))
    return found


def first_row_after(cursor: str | None) -> int:
    return int((cursor or "cursor-0").removeprefix("cursor-")) + 1


def test_the_table_and_the_faults_are_the_same_list() -> None:
    assert list(PROMISES) == list(FAULTS)
