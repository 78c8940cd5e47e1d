"""Walking through many traces while more arrive: each of them exactly once, and every page as cheap."""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any, get_args

import httpx
import pytest

from netra.local import LocalServer
from netra.local._answers import spans_body, traces_body
from netra.local._cursors import decode_span_cursor, decode_trace_cursor
from netra.local._database import connect
from netra.local._errors import RequestError
from netra.local._listing import (
    SORTS,
    Direction,
    Order,
    SpanQuery,
    TraceQuery,
    Window,
    span_page,
    trace_page,
)
from netra.local._otlp import PROTOBUF, spans_of
from netra.local._requests import trace_query
from netra.local._store import KEEP_SUPERSEDED_MS, Store

from .contract import contract_client
from .otlp import EPOCH_MS, WINDOW, Value, body_of, make_span, trace_id

TRACES = 10_000
EVERYTHING = Window(0, 2**62)
WAYS = list(itertools.product(SORTS, get_args(Order), get_args(Direction)))

Item = dict[str, Any]


def three_spans(trace: int, chance: random.Random) -> list[Any]:
    """A trace of a root and two calls, with a value of its own for every sort field."""
    start_ns = (EPOCH_MS + chance.randrange(2_000_000)) * 1_000_000
    usage = [some_usage(chance) for _ in range(2)]
    first = trace * 1000
    return [
        make_span(trace, first, name=f"name {chance.randrange(300)}", start_ns=start_ns),
        make_span(trace, first + 1, usage[0], parent=first, start_ns=start_ns + 1),
        make_span(
            trace,
            first + 2,
            usage[1],
            parent=first,
            start_ns=start_ns + 2,
            duration_ns=chance.randrange(10**10),
            error=chance.random() < 0.1,
        ),
    ]


def some_usage(chance: random.Random) -> dict[str, Value]:
    return {"gen_ai.usage.cost": chance.random(), "gen_ai.usage.input_tokens": chance.randrange(500)}


def some_resource(chance: random.Random) -> dict[str, Value]:
    return {
        "service.name": f"service {chance.randrange(20)}",
        "deployment.environment": chance.choice(["production", "staging", ""]),
    }


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalServer, Store]]:
    """A server that holds 10,000 traces, and a second way into its file that needs no HTTP."""
    path = tmp_path_factory.mktemp("paging") / "many.db"
    with LocalServer(db=path) as server:
        fill(server)
        store = Store(path)
        yield server, store
        store.close()


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """10,000 traces to which no test adds anything."""
    path = tmp_path_factory.mktemp("untouched") / "many.db"
    with LocalServer(db=path) as server:
        fill(server)
    store = Store(path)
    yield store
    store.close()


def fill(server: LocalServer) -> None:
    chance = random.Random(5)
    with httpx.Client(base_url=server.url) as client:
        for first in range(1, TRACES + 1, 170):
            traces = range(first, min(first + 170, TRACES + 1))
            spans = [span for trace in traces for span in three_spans(trace, chance)]
            body = body_of(spans, some_resource(chance))
            headers = {"content-type": PROTOBUF}
            client.post("/telemetry/v1/traces", content=body, headers=headers).raise_for_status()


class Writer(Thread):
    """Keeps sending new traces, and late spans that change every sort key of traces sent before."""

    def __init__(self, server: LocalServer) -> None:
        super().__init__()
        self._url = f"{server.endpoint}/v1/traces"
        self._over = Event()
        self._begun = Event()
        self.exports = 0

    def __enter__(self) -> Writer:
        self.start()
        assert self._begun.wait(timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        chance = random.Random()
        with httpx.Client() as client:
            while not self._over.wait(0.005):
                new = chance.randrange(10**6, 10**12)
                spans = three_spans(new, chance)
                spans += [self._late(chance.randrange(1, TRACES + 1), chance) for _ in range(5)]
                body = body_of(spans, some_resource(chance))
                headers = {"content-type": PROTOBUF}
                client.post(self._url, content=body, headers=headers).raise_for_status()
                self.exports += 1
                self._begun.set()

    def _late(self, trace: int, chance: random.Random) -> Any:
        # Another root, earlier than the one before, that costs more, ends later, and failed.
        span = chance.randrange(10**6, 10**15)
        start_ns = (EPOCH_MS - chance.randrange(2_000_000)) * 1_000_000
        return make_span(
            trace,
            span,
            some_usage(chance),
            name=f"name {chance.randrange(300)}",
            start_ns=start_ns,
            duration_ns=chance.randrange(10**13),
            error=True,
        )


def walk(store: Store, field: str, order: Order, direction: Direction) -> Iterator[list[Item]]:
    """The pages of a walk, made as the server makes them but without HTTP."""
    cursor = None
    while True:
        query = TraceQuery(
            window=EVERYTHING,
            sort_field=field,
            sort_order=order,
            direction=direction,
            limit=100,
            cursor=cursor,
        )
        data = traces_body(store.traces(query), query)["data"]
        yield data["data"]
        if not data["pageInfo"]["hasNextPage"]:
            return
        cursor = decode_trace_cursor(data["data"][-1]["cursor"])


def walk_by_http(
    client: httpx.Client, field: str, order: Order, direction: Direction
) -> Iterator[list[Item]]:
    """The pages of a walk, asked for as an SDK does."""
    pagination: dict[str, Any] = {"limit": 100, "direction": direction}
    body: dict[str, Any] = {
        "startTime": "2025-01-01T00:00:00.000Z",
        "endTime": "2027-01-01T00:00:00.000Z",
        "filters": [],
        "pagination": pagination,
        "sortField": field,
        "sortOrder": order,
    }
    while True:
        data = client.post("/sdk/traces", json=body).json()["data"]
        yield data["data"]
        if not data["pageInfo"]["hasNextPage"]:
            return
        pagination["cursor"] = data["data"][-1]["cursor"]


def check_walk(pages: Iterator[list[Item]], field: str, order: Order, direction: Direction) -> None:
    """Each trace of the beginning exactly once, and all in the order asked for."""
    items = [item for page in pages for item in page]
    ids = [item["id"] for item in items]
    assert len(ids) == len(set(ids)), "a trace was listed twice"
    missing = {trace_id(number) for number in range(1, TRACES + 1)} - set(ids)
    assert not missing, f"{len(missing)} traces were not listed"
    keys = [(item[field] or "" if field in ("environment", "service") else item[field]) for item in items]
    # Starts are shown in milliseconds but sorted by nanoseconds: there, ids need not rise.
    ties = [""] * len(ids) if field == "start_time" else ids
    rising = list(zip(keys, ties, strict=True))
    assert rising == sorted(rising, reverse=(order == "desc") != (direction == "up"))


@pytest.mark.parametrize(("field", "order", "direction"), WAYS)
def test_every_walk_lists_every_trace_exactly_once_while_others_arrive_and_change(
    field: str, order: Order, direction: Direction, many: tuple[LocalServer, Store]
) -> None:
    server, store = many
    with Writer(server) as writer:
        before = writer.exports
        check_walk(walk(store, field, order, direction), field, order, direction)
        assert writer.exports > before


@pytest.mark.parametrize(
    ("field", "order", "direction"),
    [
        ("start_time", "desc", "down"),
        ("start_time", "asc", "up"),
        ("total_cost", "desc", "down"),
        ("has_error", "asc", "down"),
        ("name", "desc", "up"),
    ],
)
def test_every_walk_over_http_lists_every_trace_exactly_once_while_others_arrive_and_change(
    field: str, order: Order, direction: Direction, many: tuple[LocalServer, Store]
) -> None:
    server, _ = many
    with Writer(server), contract_client(server) as client:
        check_walk(walk_by_http(client, field, order, direction), field, order, direction)


def test_a_walk_shows_the_state_of_its_beginning_and_a_new_one_the_state_of_now(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "db")
    store.add(spans_of(body_of(make_span(n, n, {"gen_ai.usage.cost": n}) for n in range(1, 301)), PROTOBUF))
    pages = walk(store, "total_cost", "desc", "down")
    seen = [(item["id"], item["total_cost"]) for item in next(pages)]
    # The last becomes the dearest, the dearest gets dearer still, and a new one comes in between.
    for late in (
        make_span(1, 1001, {"gen_ai.usage.cost": 1000}, parent=1),
        make_span(300, 1002, {"gen_ai.usage.cost": 1000}, parent=300),
        make_span(999, 1003, {"gen_ai.usage.cost": 150.5}),
    ):
        store.add(spans_of(body_of([late]), PROTOBUF))
    seen += [(item["id"], item["total_cost"]) for page in pages for item in page]
    assert seen == [(trace_id(n), float(n)) for n in range(300, 0, -1)]
    now = [item["id"] for page in walk(store, "total_cost", "desc", "down") for item in page]
    assert now[:2] == [trace_id(300), trace_id(1)]
    assert len(now) == 301
    store.close()


def test_old_versions_are_kept_for_a_day_and_then_the_cursor_says_that_it_has_expired(
    tmp_path: Path,
) -> None:
    clock = [EPOCH_MS]
    store = Store(tmp_path / "db", now_ms=lambda: clock[0])

    def add(trace: int, span: int) -> None:
        store.add(spans_of(body_of([make_span(trace, span, {"gen_ai.usage.cost": 1})]), PROTOBUF))

    def versions() -> int:
        db = sqlite3.connect(tmp_path / "db")
        (count,) = db.execute("SELECT count(*) FROM trace").fetchone()
        db.close()
        return int(count)

    for trace in (1, 2):
        add(trace, trace)
    query = TraceQuery(window=EVERYTHING, limit=1)
    first = traces_body(store.traces(query), query)["data"]["data"][0]
    rest = TraceQuery(window=EVERYTHING, limit=1, cursor=decode_trace_cursor(first["cursor"]))
    clock[0] += 10 * KEEP_SUPERSEDED_MS
    assert [trace.total_cost for trace in store.traces(rest).traces] == [1.0]
    add(1, 3)
    clock[0] += KEEP_SUPERSEDED_MS
    add(1, 4)
    assert versions() == 4
    assert [trace.total_cost for trace in store.traces(rest).traces] == [1.0]
    clock[0] += 1
    add(2, 5)
    assert versions() == 4, "the first version of trace 1 is gone, the second of trace 2 has come"
    with pytest.raises(RequestError, match="expired"):
        store.traces(rest)
    assert store.traces(query).has_next
    store.close()


def test_duplicates_and_spans_that_change_nothing_make_no_new_version(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    spans = spans_of(body_of([make_span(1, 1), make_span(2, 2)]), PROTOBUF)
    store.add(spans)
    before = store.traces(TraceQuery(window=EVERYTHING)).snapshot
    store.add(spans)
    store.add(spans_of(body_of([make_span(1, 3, parent=1)]), PROTOBUF))
    store.add([])
    assert store.traces(TraceQuery(window=EVERYTHING)).snapshot == before
    store.close()


def test_a_failed_ingest_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    good, bad = spans_of(body_of([make_span(1, 1), make_span(2, 2)]), PROTOBUF)
    with pytest.raises(OverflowError):
        store.add([good, bad._replace(start_ns=2**70)])
    assert store.traces(TraceQuery(window=EVERYTHING)).traces == []
    store.add([good, bad])
    assert len(store.traces(TraceQuery(window=EVERYTHING)).traces) == 2
    store.close()


# ---------------------------------------------------------------------- what a page costs


def plan_of(db: sqlite3.Connection, query: TraceQuery) -> str:
    sql, values = trace_page(query, 10**9)
    return " / ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values))


@pytest.mark.parametrize(("field", "order", "direction"), WAYS)
def test_a_page_is_read_from_the_index_at_the_cursor_and_nothing_is_sorted(
    field: str, order: Order, direction: Direction, many: tuple[LocalServer, Store]
) -> None:
    _, store = many
    query = TraceQuery(window=EVERYTHING, sort_field=field, sort_order=order, direction=direction, limit=1)
    first = traces_body(store.traces(query), query)["data"]["data"][0]
    cursor = decode_trace_cursor(first["cursor"])
    db = connect(store._path)
    column = SORTS[field].column
    start = plan_of(db, query)
    after = plan_of(
        db,
        TraceQuery(window=EVERYTHING, sort_field=field, sort_order=order, direction=direction, cursor=cursor),
    )
    db.close()
    assert f"USING INDEX trace_by_{column}" in start
    assert f"SEARCH trace USING INDEX trace_by_{column}" in after
    assert f"({column},trace_id)" in after
    assert "TEMP" not in start + after


@pytest.mark.parametrize("owner", ["session_id", "tenant_id", "user_id"])
def test_the_traces_of_one_owner_are_read_from_an_index_of_their_own(
    owner: str, many: tuple[LocalServer, Store]
) -> None:
    _, store = many
    filters = f'[{{"field": "{owner}", "operator": "equals", "type": "string", "value": "x"}}]'
    body = '{{"startTime": "{startTime}", "endTime": "{endTime}", "filters": {filters}}}'
    db = connect(store._path)
    plan = plan_of(db, trace_query(body.format(**WINDOW, filters=filters).encode()))
    db.close()
    assert f"SEARCH trace USING INDEX trace_by_{owner}" in plan
    assert f"{owner}=?" in plan
    assert "TEMP" not in plan


def work_of(db: sqlite3.Connection, sql: str, values: list[Any]) -> int:
    """How many hundreds of steps SQLite's machine takes; unlike time, the same every time."""
    steps = [0]

    def count() -> int:
        steps[0] += 1
        return 0

    db.set_progress_handler(count, 100)
    db.execute(sql, values).fetchall()
    db.set_progress_handler(None, 0)
    return steps[0]


@pytest.mark.parametrize(("field", "order", "direction"), WAYS)
def test_a_page_at_the_end_costs_what_a_page_at_the_start_costs(
    field: str, order: Order, direction: Direction, untouched: Store
) -> None:
    store = untouched
    queries = [
        TraceQuery(window=EVERYTHING, sort_field=field, sort_order=order, direction=direction, limit=100)
    ]
    snapshot = store.traces(queries[0]).snapshot
    for page in walk(store, field, order, direction):
        cursor = decode_trace_cursor(page[-1]["cursor"])._replace(snapshot=snapshot)
        queries.append(
            TraceQuery(
                window=EVERYTHING,
                sort_field=field,
                sort_order=order,
                direction=direction,
                limit=100,
                cursor=cursor,
            )
        )
    db = connect(store._path)
    works = [work_of(db, *trace_page(query, snapshot)) for query in queries]
    db.close()
    assert len(works) == TRACES // 100 + 1  # the last query is for what follows the last trace
    first, last = sum(works[:10]), sum(works[-11:-1])
    assert last < 1.5 * first


def test_the_measure_of_work_would_notice_pages_by_offset(untouched: Store) -> None:
    query = TraceQuery(window=EVERYTHING, limit=100)
    sql, values = trace_page(query, untouched.traces(query).snapshot)
    db = connect(untouched._path)
    first, last = work_of(db, sql, values), work_of(db, f"{sql} OFFSET {TRACES - 100}", values)
    db.close()
    assert last > 10 * first


def test_the_spans_of_a_long_trace_are_paged_exactly_once_each_in_both_directions_at_even_cost(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "db")
    chance = random.Random(2)
    # Many of them start at the same time.
    spans = [make_span(1, n, start_ns=EPOCH_MS * 10**6 + chance.randrange(500)) for n in range(1, 5001)]
    for first in range(0, 5000, 512):
        store.add(spans_of(body_of(spans[first : first + 512]), PROTOBUF))
    expected = sorted((span.start_time_unix_nano, span.span_id.hex()) for span in spans)
    db = connect(tmp_path / "db")
    directions: tuple[Direction, ...] = get_args(Direction)
    for direction in directions:
        seen: list[str] = []
        works: list[int] = []
        cursor = None
        while True:
            query = SpanQuery(trace_id=trace_id(1), direction=direction, limit=100, cursor=cursor)
            works.append(work_of(db, *span_page(query)))
            page = spans_body(store.spans(query))["data"]
            seen += [item["id"] for item in page["data"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            cursor = decode_span_cursor(page["data"][-1]["cursor"])
            # A span that starts first of all: before the cursor downwards, ahead of it upwards.
            if direction == "down":
                late = make_span(1, 10_000 + len(seen), start_ns=EPOCH_MS * 10**6 - 1)
                store.add(spans_of(body_of([late]), PROTOBUF))
        old = [span for span in seen if int(span, 16) <= 5000]
        assert old == [span for _, span in (expected if direction == "down" else expected[::-1])]
        assert len(seen) == len(set(seen))
        assert max(works) < 1.5 * works[0]
    db.close()
    store.close()


def test_span_names_and_kinds_are_searched_in_upper_and_lower_case(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    spans = [
        make_span(1, 1, name="OpenAI.chat"),
        make_span(1, 2, {"netra.span.type": "TOOL"}, name="100%_sure"),
        make_span(1, 3, name="Straße"),
    ]
    store.add(spans_of(body_of(spans), PROTOBUF))
    for text, found in {
        "openai": 1,
        "OPENAI.CHAT": 1,
        "tool": 1,
        "%": 1,
        "_": 1,
        "STRASSE": 1,
        "span": 2,
        "": 3,
        "nothing": 0,
    }.items():
        assert len(store.spans(SpanQuery(trace_id=trace_id(1), name=text)).spans) == found, text
    store.close()
