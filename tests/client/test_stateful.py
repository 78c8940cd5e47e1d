"""Mix all iterators, sync and async, at random: whatever fails or resumes, each row comes once and in order.

A service over real sockets responds correctly, except for the faults that the test requests. `make walks` runs many
more random sequences than the suite does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from netra import AsyncNetra, Netra, NetraError, TraceWithSpans
from netra._core import retry
from tests.faults.wire import FAULTS
from tests.support.methods import TRACE_ITERATORS, get_method
from tests.support.rows import page, requested_id, span
from tests.support.scripted import Reply, Request, ScriptedServer, response_bytes, send_bytes
from tests.support.timeline import ROUNDINGS, Timeline, time_at

pytestmark = pytest.mark.slow

END = 2_000  # milliseconds
FAULTS_AT_ONCE = [
    "responds 503",
    "responds 401",
    "responds 429, wait 0.05 s",
    "resets before the response",
    "closes in the body",
    "resets after each response",
    "cuts off its chunks",
    "sends garbage",
    "responds twice",
    "sends extra bytes after the response",
    "responds 200 with half of its JSON",
    "responds 200 with no data and a message",
]

burst = st.tuples(st.integers(0, END - 10), st.integers(1, 60)).map(
    lambda where: [where[0] + number / 7 for number in range(where[1])]
)
times = st.lists(st.integers(0, END).map(lambda time: [time]) | burst, max_size=12).map(
    lambda groups: [float(time) for group in groups for time in group]
)


def spans_of(trace: str) -> list[str]:
    number = int(trace.rpartition("-")[2])
    return [f"span-{number}-{step}" for step in range(number % 4)]


class Service:
    """The traces of a timeline, each with up to three spans. Entries in `faults` replace the next responses."""

    def __init__(self, timeline: Timeline, cap: int) -> None:
        self._timeline = timeline
        self._cap = cap
        self.faults: list[str] = []

    def __call__(self, request: Request) -> Reply:
        good = response_bytes(
            self._spans(request) if request.method == "GET" else self._timeline.page(request.json)
        )
        return FAULTS[self.faults.pop()](good) if self.faults else send_bytes(good)

    def _spans(self, request: Request) -> dict[str, Any]:
        trace = requested_id(request.path)
        first = int(request.query.get("cursor", "0"))
        last = first + min(int(request.query.get("limit", "20")), self._cap)
        found = spans_of(trace)
        rows = [
            span(id=name, trace_id=trace, cursor=str(place))
            for place, name in enumerate(found[first:last], first + 1)
        ]
        return page(rows, more=last < len(found))


@attrs.define
class Reader:
    """An iterator, and the ids that it has emitted so far."""

    method: str
    is_async: bool
    rows: Any
    expected: list[str]
    got: list[str] = attrs.Factory(list)


class Iterations(RuleBasedStateMachine):
    """Open iterators, read from them, make the service fail, and resume from cursors."""

    @initialize(
        times=times,
        rounding=st.sampled_from(list(ROUNDINGS)),
        exact=st.booleans(),
        cap=st.sampled_from([1, 3, 100]),
        limit=st.integers(1, 8),
        order=st.sampled_from(["asc", "desc"]),
        max_retries=st.integers(0, 1),
        prefetch=st.booleans(),
    )
    def begin(
        self,
        times: list[float],
        rounding: str,
        exact: bool,
        cap: int,
        limit: int,
        order: str,
        max_retries: int,
        prefetch: bool,
    ) -> None:
        self.initial_backoff, retry.INITIAL_BACKOFF = retry.INITIAL_BACKOFF, 0.001
        timeline = Timeline(times, exact=exact, rounding=rounding, cap=cap)
        self.traces = timeline.ids(descending=order == "desc")
        self.service = Service(timeline, cap)
        self.server = ScriptedServer(self.service).__enter__()
        self.options = {"limit": limit, "sort_order": order}
        options: dict[str, Any] = {"max_retries": max_retries, "prefetch": prefetch}
        self.client = Netra(endpoint=self.server.url, **options)
        self.runner = asyncio.Runner()
        self.async_client = AsyncNetra(endpoint=self.server.url, **options)
        self.readers: list[Reader] = []

    def teardown(self) -> None:
        if not hasattr(self, "readers"):
            return
        try:
            self.service.faults.clear()
            for reader in self.readers:
                for _ in range(8):  # errors of prefetched pages still come, each in order
                    self.read(reader, len(reader.expected) + 1)
                assert reader.got == reader.expected
        finally:
            self.readers.clear()
            self.client.close()
            self.runner.run(self.async_client.close())
            self.runner.close()
            self.server.__exit__()
            retry.INITIAL_BACKOFF = self.initial_backoff

    def open(self, method: str, is_async: bool, concurrency: int, **where: Any) -> Any:
        usage: Any = (self.async_client if is_async else self.client).usage
        if method == "iter_spans_by_trace_id":
            return usage.iter_spans_by_trace_id(
                where["trace"], limit=self.options["limit"], cursor=where.get("cursor")
            )
        more = {} if method == "iter_traces" else {"concurrency": concurrency}
        return get_method(usage, method)(
            time_at(0), time_at(END), cursor=where.get("cursor"), **self.options, **more
        )

    @precondition(lambda self: len(self.readers) < 4)
    @rule(method=st.sampled_from(TRACE_ITERATORS), is_async=st.booleans(), concurrency=st.integers(1, 4))
    def iterate_over_traces(self, method: str, is_async: bool, concurrency: int) -> None:
        rows = self.open(method, is_async, concurrency)
        self.readers.append(Reader(method, is_async, rows, self.traces))

    @precondition(lambda self: len(self.readers) < 4 and self.traces)
    @rule(number=st.integers(0, 10_000), is_async=st.booleans())
    def iterate_over_spans(self, number: int, is_async: bool) -> None:
        trace = self.traces[number % len(self.traces)]
        rows = self.open("iter_spans_by_trace_id", is_async, 1, trace=trace)
        self.readers.append(Reader("iter_spans_by_trace_id", is_async, rows, spans_of(trace)))

    @rule(faults=st.lists(st.sampled_from(FAULTS_AT_ONCE), min_size=1, max_size=3))
    def respond_with_faults(self, faults: list[str]) -> None:
        self.service.faults += faults

    @precondition(lambda self: self.readers)
    @rule(number=st.integers(0, 3), rows=st.integers(1, 60))
    def continue_reading(self, number: int, rows: int) -> None:
        """The same iterator continues, also after an error."""
        reader = self.readers[number % len(self.readers)]
        self.read(reader, rows)
        assert reader.got == reader.expected[: len(reader.got)]

    @precondition(lambda self: self.readers)
    @rule(
        number=st.integers(0, 3),
        method=st.sampled_from(TRACE_ITERATORS),
        is_async=st.booleans(),
        concurrency=st.integers(1, 4),
    )
    def resume_from_the_cursor(self, number: int, method: str, is_async: bool, concurrency: int) -> None:
        """Another iterator, of any kind and either client, resumes at the cursor of this one."""
        reader = self.readers[number % len(self.readers)]
        cursor = reader.rows.cursor
        trace = {}
        if reader.method == "iter_spans_by_trace_id":
            method = reader.method
            trace = {"trace": next(one for one in self.traces if spans_of(one) == reader.expected)}
        reader.method, reader.is_async = method, is_async
        reader.rows = self.open(method, is_async, concurrency, cursor=cursor, **trace)

    def read(self, reader: Reader, rows: int) -> None:
        """Read so many rows, or until an error; its cursor must be that of the iterator."""
        try:
            if reader.is_async:
                self.runner.run(self.read_async(reader, rows))
            else:
                read_sync(reader, rows, lambda: next(reader.rows, None))
        except NetraError as error:
            found = error.cursor
        else:
            return
        assert found == reader.rows.cursor

    async def read_async(self, reader: Reader, rows: int) -> None:
        for _ in range(rows):
            row = await anext(reader.rows, None)
            if row is None:
                return
            record(reader, row)


def read_sync(reader: Reader, rows: int, one: Callable[[], Any]) -> None:
    found: Iterator[Any] = iter(one, None)
    for _, row in zip(range(rows), found, strict=False):
        record(reader, row)


def record(reader: Reader, row: Any) -> None:
    if isinstance(row, TraceWithSpans):
        assert [step.id for step in row.spans] == spans_of(row.trace.id)
        row = row.trace
    reader.got.append(row.id)


TestIterations = Iterations.TestCase
# `make test` takes 40 sequences instead of the usual 100, because each is a hundred requests; `make walks` takes 2,000.
TestIterations.settings = settings(
    stateful_step_count=20, max_examples=40 if settings().max_examples == 100 else settings().max_examples
)
