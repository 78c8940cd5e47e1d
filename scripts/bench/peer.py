"""The published client, netra-sdk 1.2.2, as its documentation shows it."""

from __future__ import annotations

import os
import sys

os.environ["NETRA_OTLP_ENDPOINT"] = sys.argv[2]

from timing import END, START, TRACE, main

from netra import Netra

Netra.init(app_name="bench", headers="x-api-key=k")


def first() -> int:
    return len(Netra.usage.list_traces(START, END, limit=10).traces)


def iterate() -> int:
    rows = 0
    cost = 0.0
    for trace in Netra.usage.iter_traces(start_time=START, end_time=END, limit=100):
        rows += 1
        cost += trace.total_cost
    assert cost == rows * 0.25
    return rows


def spans() -> int:
    return sum(len(Netra.usage.list_spans_by_trace_id(TRACE).spans) for _ in range(300))


main({"first": first, "iterate": iterate, "spans": spans}, warm_up=first)
