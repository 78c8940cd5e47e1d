"""All four iterators, sync and async, mixed at random: whatever fails, stops or goes on, each row comes once, in order.

A service over real sockets answers rightly but for the faults that the test tells it; `make walks` tries many more
walks than the suite does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from netra import AsyncNetra, Netra, NetraError, TraceWithSpans
from netra._core import retry
from tests.faults.wire import FAULTS
from tests.support.rows import asked_id, page, span
from tests.support.scripted import Reply, Request, ScriptedServer, answer_bytes, sending
from tests.support.timeline import SHOWN, Timeline, at
from tests.support.walks import WAYS, method_of

END = 2_000  # milliseconds
FAULTS_AT_ONCE = [
    "answers 503",
    "answers 401",
    "answers 429, wait 0.05 s",
    "resets before it answers",
    "closes in the body",
    "resets after each answer",
    "cuts off its chunks",
    "sends garbage",
    "answers twice",
    "sends bytes behind its answer",
    "answers 200 with half of its JSON",
    "answers 200 with no data and a message",
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
    """The traces of a timeline, each with up to three spans; says what it is told instead of the next answers."""

    def __init__(self, timeline: Timeline, cap: int) -> None:
        self._timeline = timeline
        self._cap = cap
        self.faults: list[str] = []

    def __call__(self, request: Request) -> Reply:
        good = answer_bytes(
            self._spans(request) if request.method == "GET" else self._timeline.page(request.json)
        )
        return FAULTS[self.faults.pop()](good) if self.faults else sending(good)

    def _spans(self, request: Request) -> dict[str, Any]:
        trace = asked_id(request.path)
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
    """An iteration, and what it has given so far."""

    method: str
    is_async: bool
    rows: Any
    expected: list[str]
    got: list[str] = attrs.Factory(list)


class Walks(RuleBasedStateMachine):
    @initialize(
        times=times,
        shown=st.sampled_from(list(SHOWN)),
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
        shown: str,
        exact: bool,
        cap: int,
        limit: int,
        order: str,
        max_retries: int,
        prefetch: bool,
    ) -> None:
        self.first_wait, retry.INITIAL_BACKOFF = retry.INITIAL_BACKOFF, 0.001
        timeline = Timeline(times, exact=exact, shown=shown, cap=cap)
        self.traces = timeline.ids(descending=order == "desc")
        self.service = Service(timeline, cap)
        self.server = ScriptedServer(self.service).__enter__()
        self.asked = {"limit": limit, "sort_order": order}
        how: dict[str, Any] = {"max_retries": max_retries, "prefetch": prefetch}
        self.client = Netra(endpoint=self.server.url, **how)
        self.runner = asyncio.Runner()
        self.async_client = AsyncNetra(endpoint=self.server.url, **how)
        self.readers: list[Reader] = []

    def teardown(self) -> None:
        if not hasattr(self, "readers"):
            return
        try:
            self.service.faults.clear()
            for reader in self.readers:
                for _ in range(8):  # errors met ahead of the consumer still come, each in its place
                    self.read(reader, len(reader.expected) + 1)
                assert reader.got == reader.expected
        finally:
            self.readers.clear()
            self.client.close()
            self.runner.run(self.async_client.close())
            self.runner.close()
            self.server.__exit__()
            retry.INITIAL_BACKOFF = self.first_wait

    def open(self, method: str, is_async: bool, concurrency: int, **where: Any) -> Any:
        usage: Any = (self.async_client if is_async else self.client).usage
        if method == "iter_spans_by_trace_id":
            return usage.iter_spans_by_trace_id(
                where["trace"], limit=self.asked["limit"], cursor=where.get("cursor")
            )
        more = {} if method == "iter_traces" else {"concurrency": concurrency}
        return method_of(usage, method)(at(0), at(END), cursor=where.get("cursor"), **self.asked, **more)

    @precondition(lambda self: len(self.readers) < 4)
    @rule(method=st.sampled_from(WAYS), is_async=st.booleans(), concurrency=st.integers(1, 4))
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
    def answer_wrongly(self, faults: list[str]) -> None:
        self.service.faults += faults

    @precondition(lambda self: self.readers)
    @rule(number=st.integers(0, 3), rows=st.integers(1, 60))
    def read_on(self, number: int, rows: int) -> None:
        """An iterator goes on by itself, also after an error."""
        reader = self.readers[number % len(self.readers)]
        self.read(reader, rows)
        assert reader.got == reader.expected[: len(reader.got)]

    @precondition(lambda self: self.readers)
    @rule(
        number=st.integers(0, 3),
        method=st.sampled_from(WAYS),
        is_async=st.booleans(),
        concurrency=st.integers(1, 4),
    )
    def crash_and_go_on_from_the_cursor(
        self, number: int, method: str, is_async: bool, concurrency: int
    ) -> None:
        """Another iterator, of the other face or another kind, goes on where this one stood."""
        reader = self.readers[number % len(self.readers)]
        cursor = reader.rows.cursor
        trace = {}
        if reader.method == "iter_spans_by_trace_id":
            method = reader.method
            trace = {"trace": next(one for one in self.traces if spans_of(one) == reader.expected)}
        reader.method, reader.is_async = method, is_async
        reader.rows = self.open(method, is_async, concurrency, cursor=cursor, **trace)

    def read(self, reader: Reader, rows: int) -> None:
        """Reads so many rows, or until an error, whose cursor must be the iterator's."""
        try:
            if reader.is_async:
                self.runner.run(self.read_async(reader, rows))
            else:
                take(reader, rows, lambda: next(reader.rows, None))
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
            note(reader, row)


def take(reader: Reader, rows: int, one: Callable[[], Any]) -> None:
    found: Iterator[Any] = iter(one, None)
    for _, row in zip(range(rows), found, strict=False):
        note(reader, row)


def note(reader: Reader, row: Any) -> None:
    if isinstance(row, TraceWithSpans):
        assert [step.id for step in row.spans] == spans_of(row.trace.id)
        row = row.trace
    reader.got.append(row.id)


TestWalks = Walks.TestCase
TestWalks.settings = settings(stateful_step_count=20)
