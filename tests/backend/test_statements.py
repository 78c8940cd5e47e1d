"""The cost of a page: every page is an index seek, wherever it is in the list."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from netra.local import LocalServer
from netra.local._cursors import decode_span_cursor, decode_trace_cursor
from netra.local._otlp import PROTOBUF, parse_spans
from netra.local._requests import parse_trace_query
from netra.local._responses import spans_body, traces_body
from netra.local._schema import connect
from netra.local._statements import (
    SORTS,
    Direction,
    Order,
    SpanQuery,
    TraceQuery,
    select_span_page,
    select_trace_page,
)
from netra.local._store import Store

from .many_traces import EVERYTHING, LIST_ORDERS, TRACES, fill, read_pages
from .otlp import EPOCH_MS, WINDOW, body_of, make_span, trace_id

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with 4,000 traces that no test changes."""
    path = tmp_path_factory.mktemp("statements") / "many.db"
    with LocalServer(db=path) as server:
        fill(server)
    store = Store(path)
    yield store
    store.close()


def query_plan(db: sqlite3.Connection, query: TraceQuery) -> str:
    sql, values = select_trace_page(query, 10**9)
    return " / ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values))


@pytest.mark.parametrize(("field", "order", "direction"), LIST_ORDERS)
def test_a_page_is_an_index_seek_to_the_cursor_without_sorting(
    field: str, order: Order, direction: Direction, store: Store
) -> None:
    query = TraceQuery(window=EVERYTHING, sort_field=field, sort_order=order, direction=direction, limit=1)
    first = traces_body(store.traces(query), query)["data"]["data"][0]
    cursor = decode_trace_cursor(first["cursor"])
    db = connect(store._path)
    column = SORTS[field].column
    start = query_plan(db, query)
    after = query_plan(
        db,
        TraceQuery(window=EVERYTHING, sort_field=field, sort_order=order, direction=direction, cursor=cursor),
    )
    db.close()
    assert f"USING INDEX trace_by_{column}" in start
    assert f"SEARCH trace USING INDEX trace_by_{column}" in after
    assert f"({column},trace_id)" in after
    assert "TEMP" not in start + after


@pytest.mark.parametrize("owner", ["session_id", "tenant_id", "user_id"])
def test_a_filter_by_owner_uses_the_index_of_that_owner(owner: str, store: Store) -> None:
    filters = f'[{{"field": "{owner}", "operator": "equals", "type": "string", "value": "x"}}]'
    body = '{{"startTime": "{startTime}", "endTime": "{endTime}", "filters": {filters}}}'
    db = connect(store._path)
    plan = query_plan(db, parse_trace_query(body.format(**WINDOW, filters=filters).encode()))
    db.close()
    assert f"SEARCH trace USING INDEX trace_by_{owner}" in plan
    assert f"{owner}=?" in plan
    assert "TEMP" not in plan


def cost_of(db: sqlite3.Connection, sql: str, values: list[Any]) -> int:
    """Count SQLite's VM instructions, in hundreds; unlike time, they are the same in every run."""
    calls = [0]

    def count() -> int:
        calls[0] += 1
        return 0

    db.set_progress_handler(count, 100)
    db.execute(sql, values).fetchall()
    db.set_progress_handler(None, 0)
    return calls[0]


@pytest.mark.parametrize(("field", "order", "direction"), LIST_ORDERS)
def test_the_last_pages_cost_as_much_as_the_first(
    field: str, order: Order, direction: Direction, store: Store
) -> None:
    queries = [
        TraceQuery(window=EVERYTHING, sort_field=field, sort_order=order, direction=direction, limit=100)
    ]
    snapshot = store.traces(queries[0]).snapshot
    for page in read_pages(store, field, order, direction):
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
    costs = [cost_of(db, *select_trace_page(query, snapshot)) for query in queries]
    db.close()
    assert len(costs) == TRACES // 100 + 1  # the last query starts after the last trace
    first, last = sum(costs[:10]), sum(costs[-11:-1])
    assert last < 1.5 * first


def test_the_measure_of_cost_detects_offset_pagination(store: Store) -> None:
    query = TraceQuery(window=EVERYTHING, limit=100)
    sql, values = select_trace_page(query, store.traces(query).snapshot)
    db = connect(store._path)
    first, last = cost_of(db, sql, values), cost_of(db, f"{sql} OFFSET {TRACES - 100}", values)
    db.close()
    assert last > 10 * first


def test_span_pages_list_each_span_once_at_constant_cost(tmp_path: Path) -> None:
    """In both directions, with equal start times, and while spans arrive before the cursor."""
    store = Store(tmp_path / "db")
    chance = random.Random(2)
    # Many spans have the same start.
    spans = [make_span(1, n, start_ns=EPOCH_MS * 10**6 + chance.randrange(500)) for n in range(1, 5001)]
    for first in range(0, 5000, 512):
        store.ingest(parse_spans(body_of(spans[first : first + 512]), PROTOBUF))
    expected = sorted((span.start_time_unix_nano, span.span_id.hex()) for span in spans)
    db = connect(tmp_path / "db")
    directions: tuple[Direction, ...] = get_args(Direction)
    for direction in directions:
        seen: list[str] = []
        costs: list[int] = []
        cursor = None
        while True:
            query = SpanQuery(trace_id=trace_id(1), direction=direction, limit=100, cursor=cursor)
            costs.append(cost_of(db, *select_span_page(query)))
            page = spans_body(store.spans(query))["data"]
            seen += [item["id"] for item in page["data"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            cursor = decode_span_cursor(page["data"][-1]["cursor"])
            # Add a span that starts before the cursor, which the pages after it must not contain.
            if direction == "down":
                late = make_span(1, 10_000 + len(seen), start_ns=EPOCH_MS * 10**6 - 1)
                store.ingest(parse_spans(body_of([late]), PROTOBUF))
        listed = [span for span in seen if int(span, 16) <= 5000]
        assert listed == [span for _, span in (expected if direction == "down" else expected[::-1])]
        assert len(seen) == len(set(seen))
        assert max(costs) < 1.5 * costs[0]
    db.close()
    store.close()
