"""Pages of a list, while traces arrive and change: every trace exactly once, from one snapshot."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from netra.local import LocalServer
from netra.local._cursors import decode_trace_cursor
from netra.local._errors import RequestError
from netra.local._otlp import PROTOBUF, parse_spans
from netra.local._responses import traces_body
from netra.local._statements import Direction, Order, SpanQuery, TraceQuery
from netra.local._store import SNAPSHOT_RETENTION_MS, Store
from tests.support.waiting import wait_until

from .contract import contract_client
from .many_traces import (
    EVERYTHING,
    LIST_ORDERS,
    TRACES,
    Item,
    fill,
    read_pages,
    some_resource,
    some_usage,
    three_spans,
)
from .otlp import EPOCH_MS, body_of, make_span, trace_id


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalServer, Store]]:
    """A server with 4,000 traces, and a second store on its file, for tests without HTTP."""
    path = tmp_path_factory.mktemp("paging") / "many.db"
    with LocalServer(db=path) as server:
        fill(server)
        store = Store(path)
        yield server, store
        store.close()


class Writer(Thread):
    """Export new traces all the time, and late spans that change every sort key of older traces."""

    def __init__(self, server: LocalServer) -> None:
        super().__init__()
        self._url = f"{server.endpoint}/v1/traces"
        self._stop_requested = Event()
        self._first_export = Event()
        self.exports = 0

    def __enter__(self) -> Writer:
        self.start()
        assert self._first_export.wait(timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_requested.set()
        self.join()

    def during(self, pages: Iterator[list[Item]]) -> Iterator[list[Item]]:
        """Pass the pages on, and let at least one export come before every tenth of them."""
        for number, page in enumerate(pages, 1):
            yield page
            before = self.exports
            assert number % 10 or wait_until(lambda before=before: self.exports > before, 60)  # type: ignore[misc]

    def run(self) -> None:
        chance = random.Random()
        with httpx.Client(timeout=60) as client:
            while not self._stop_requested.wait(0.005):
                new = chance.randrange(10**6, 10**12)
                spans = three_spans(new, chance)
                spans += [self._late_span(chance.randrange(1, TRACES + 1), chance) for _ in range(5)]
                body = body_of(spans, some_resource(chance))
                headers = {"content-type": PROTOBUF}
                client.post(self._url, content=body, headers=headers).raise_for_status()
                self.exports += 1
                self._first_export.set()

    def _late_span(self, trace: int, chance: random.Random) -> Any:
        # A second, earlier root with an error, a cost and a later end.
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


def read_pages_by_http(
    client: httpx.Client, field: str, order: Order, direction: Direction
) -> Iterator[list[Item]]:
    """Request all pages of a list from the server, as an SDK does."""
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


def check_pages(pages: Iterator[list[Item]], field: str, order: Order, direction: Direction) -> None:
    """Check that each of the first traces is listed exactly once, and that the order is right."""
    items = [item for page in pages for item in page]
    ids = [item["id"] for item in items]
    assert len(ids) == len(set(ids)), "a trace was listed twice"
    missing = {trace_id(number) for number in range(1, TRACES + 1)} - set(ids)
    assert not missing, f"{len(missing)} traces were not listed"
    keys = [(item[field] or "" if field in ("environment", "service") else item[field]) for item in items]
    # Traces sort by nanoseconds, but responses have milliseconds: equal starts tell no order of ids.
    ties = [""] * len(ids) if field == "start_time" else ids
    sort_keys = list(zip(keys, ties, strict=True))
    assert sort_keys == sorted(sort_keys, reverse=(order == "desc") != (direction == "up"))


@pytest.mark.slow
@pytest.mark.parametrize(("field", "order", "direction"), LIST_ORDERS)
def test_pages_list_each_trace_exactly_once_during_ingest(
    field: str, order: Order, direction: Direction, many: tuple[LocalServer, Store]
) -> None:
    """For every sort order, while a writer adds traces and changes the sort keys of others."""
    server, store = many
    with Writer(server) as writer:
        pages = writer.during(read_pages(store, field, order, direction))
        check_pages(pages, field, order, direction)
        assert writer.exports >= TRACES // 1_000


@pytest.mark.slow
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
def test_http_pages_list_each_trace_exactly_once_during_ingest(
    field: str, order: Order, direction: Direction, many: tuple[LocalServer, Store]
) -> None:
    """As above, but through the server, for some of the sort orders."""
    server, _ = many
    with Writer(server) as writer, contract_client(server) as client:
        pages = writer.during(read_pages_by_http(client, field, order, direction))
        check_pages(pages, field, order, direction)


def test_later_pages_read_the_snapshot_of_the_first_page(tmp_path: Path) -> None:
    """A new list without a cursor reads the newest snapshot."""
    store = Store(tmp_path / "db")
    store.ingest(
        parse_spans(body_of(make_span(n, n, {"gen_ai.usage.cost": n}) for n in range(1, 301)), PROTOBUF)
    )
    pages = read_pages(store, "total_cost", "desc", "down")
    seen = [(item["id"], item["total_cost"]) for item in next(pages)]
    # The cheapest trace gets the highest cost, the most expensive one more, and a new trace is added.
    for late in (
        make_span(1, 1001, {"gen_ai.usage.cost": 1000}, parent=1),
        make_span(300, 1002, {"gen_ai.usage.cost": 1000}, parent=300),
        make_span(999, 1003, {"gen_ai.usage.cost": 150.5}),
    ):
        store.ingest(parse_spans(body_of([late]), PROTOBUF))
    seen += [(item["id"], item["total_cost"]) for page in pages for item in page]
    assert seen == [(trace_id(n), float(n)) for n in range(300, 0, -1)]
    newest = [item["id"] for page in read_pages(store, "total_cost", "desc", "down") for item in page]
    assert newest[:2] == [trace_id(300), trace_id(1)]
    assert len(newest) == 301
    store.close()


def test_snapshots_are_kept_for_a_day_then_their_cursors_expire(tmp_path: Path) -> None:
    clock = [EPOCH_MS]
    store = Store(tmp_path / "db", now_ms=lambda: clock[0])

    def add(trace: int, span: int) -> None:
        store.ingest(parse_spans(body_of([make_span(trace, span, {"gen_ai.usage.cost": 1})]), PROTOBUF))

    def versions() -> int:
        db = sqlite3.connect(tmp_path / "db")
        (count,) = db.execute("SELECT count(*) FROM trace").fetchone()
        db.close()
        return int(count)

    for trace in (1, 2):
        add(trace, trace)
    query = TraceQuery(window=EVERYTHING, limit=1)
    first = traces_body(store.traces(query), query)["data"]["data"][0]
    second_page = TraceQuery(window=EVERYTHING, limit=1, cursor=decode_trace_cursor(first["cursor"]))
    clock[0] += 10 * SNAPSHOT_RETENTION_MS
    assert [trace.total_cost for trace in store.traces(second_page).traces] == [1.0]
    add(1, 3)
    clock[0] += SNAPSHOT_RETENTION_MS
    add(1, 4)
    assert versions() == 4
    assert [trace.total_cost for trace in store.traces(second_page).traces] == [1.0]
    clock[0] += 1
    add(2, 5)
    assert versions() == 4, "the first version of trace 1 is deleted, the second of trace 2 is new"
    with pytest.raises(RequestError, match="expired"):
        store.traces(second_page)
    assert store.traces(query).has_next
    store.close()


def test_spans_that_change_no_rollup_create_no_snapshot(tmp_path: Path) -> None:
    """Duplicates, a child without usage, an empty export."""
    store = Store(tmp_path / "db")
    spans = parse_spans(body_of([make_span(1, 1), make_span(2, 2)]), PROTOBUF)
    store.ingest(spans)
    before = store.traces(TraceQuery(window=EVERYTHING)).snapshot
    store.ingest(spans)
    store.ingest(parse_spans(body_of([make_span(1, 3, parent=1)]), PROTOBUF))
    store.ingest([])
    assert store.traces(TraceQuery(window=EVERYTHING)).snapshot == before
    store.close()


def test_a_failed_ingest_is_rolled_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    good, bad = parse_spans(body_of([make_span(1, 1), make_span(2, 2)]), PROTOBUF)
    with pytest.raises(OverflowError):
        store.ingest([good, bad._replace(start_ns=2**70)])
    assert store.traces(TraceQuery(window=EVERYTHING)).traces == []
    store.ingest([good, bad])
    assert len(store.traces(TraceQuery(window=EVERYTHING)).traces) == 2
    store.close()


def test_span_names_and_kinds_are_searched_case_insensitively(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    spans = [
        make_span(1, 1, name="OpenAI.chat"),
        make_span(1, 2, {"netra.span.type": "TOOL"}, name="100%_sure"),
        make_span(1, 3, name="Straße"),
    ]
    store.ingest(parse_spans(body_of(spans), PROTOBUF))
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
