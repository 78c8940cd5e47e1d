"""This client, as a user would write it."""

from __future__ import annotations

import sys

from timing import END, START, TRACE, main

from netra import Netra

Netra.init(app_name="bench", endpoint=sys.argv[2], api_key="k")


def first() -> int:
    return len(Netra.usage.list_traces(START, END, limit=10).traces)


def iterate() -> int:
    rows = 0
    cost = 0.0
    for trace in Netra.usage.iter_traces(START, END, limit=100):
        rows += 1
        cost += trace.total_cost
    assert cost == rows * 0.25
    return rows


def spans() -> int:
    return sum(len(Netra.usage.list_spans_by_trace_id(TRACE).spans) for _ in range(300))


def loop() -> int:
    """The documented loop: read the spans of one trace after the other."""
    spans = 0
    for trace in Netra.usage.iter_traces(START, END):
        for _ in Netra.usage.iter_spans_by_trace_id(trace.id):
            spans += 1
    return spans


def with_spans(concurrency: int) -> int:
    found = Netra.usage.iter_traces(START, END).with_spans(concurrency=concurrency)
    return sum(len(spans) for _, spans in found)


def parallel() -> int:
    return sum(1 for _ in Netra.usage.iter_traces(START, END).in_parallel())


main(
    {
        "first": first,
        "iterate": iterate,
        "spans": spans,
        "loop": loop,
        "with-spans-8": lambda: with_spans(8),
        "with-spans-16": lambda: with_spans(16),
        "with-spans-32": lambda: with_spans(32),
        "parallel": parallel,
    },
    warm_up=first,
)
