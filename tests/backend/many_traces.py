"""A database with 4,000 traces, and all pages of a list of them."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any, get_args

import httpx

from netra.local import LocalServer
from netra.local._cursors import decode_trace_cursor
from netra.local._otlp import PROTOBUF
from netra.local._responses import traces_body
from netra.local._statements import SORTS, Direction, Order, TraceQuery, Window
from netra.local._store import Store

from .otlp import EPOCH_MS, Value, body_of, make_span

TRACES = 4_000
"""In 40 pages: enough to tell a seek from a scan, and for many exports while a list is read."""
EVERYTHING = Window(0, 2**62)
LIST_ORDERS = list(itertools.product(SORTS, get_args(Order), get_args(Direction)))

Item = dict[str, Any]


def fill(server: LocalServer) -> None:
    chance = random.Random(5)
    with httpx.Client(base_url=server.url) as client:
        for first in range(1, TRACES + 1, 170):
            traces = range(first, min(first + 170, TRACES + 1))
            spans = [span for trace in traces for span in three_spans(trace, chance)]
            body = body_of(spans, some_resource(chance))
            headers = {"content-type": PROTOBUF}
            client.post("/telemetry/v1/traces", content=body, headers=headers).raise_for_status()


def three_spans(trace: int, chance: random.Random) -> list[Any]:
    """Build a trace of a root and two calls, with random values of the sort fields."""
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


def read_pages(store: Store, field: str, order: Order, direction: Direction) -> Iterator[list[Item]]:
    """Read all pages of a list from the store, without HTTP."""
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
