"""The embedded backend with the demo's data in it, and what Python answers to the questions of the examples.

Prints one line of JSON: the endpoint, and the lines that each example prints. Serves until its input ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal

from netra import Netra, TraceSpan, Usage
from netra.local import LocalServer
from tests.support.agent import record_the_documented_trace, run_agent

SESSION = "b8a359f8-f28c-4e88-839f-c5db103e9943"
TRACE = "728c1de6fa4c53de143a7d7fef33ff91"
START, END = "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.000Z"


def js(value: object) -> str:
    """Write a value as `console.log` does."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{Decimal(repr(value)):f}"
    return str(value)


def line(*values: object) -> str:
    return " ".join(map(js, values))


def get_session_usage(usage: Usage) -> Iterator[str]:
    found = usage.get_session_usage(SESSION, START, END)
    assert found
    yield line("Session:", found.session_id)
    yield line("Tokens:", found.token_count)
    yield line("Requests:", found.request_count)
    yield line("Total cost (USD):", found.total_cost)


def get_tenant_usage(usage: Usage) -> Iterator[str]:
    found = usage.get_tenant_usage("AceTech", START, END)
    assert found
    yield line("Tenant:", found.tenant_id)
    yield line("Org:", found.organisation_id)
    yield line("Tokens:", found.token_count)
    yield line("Requests:", found.request_count)
    yield line("Sessions:", found.session_count)
    yield line("Total cost (USD):", found.total_cost)


def list_traces(usage: Usage) -> Iterator[str]:
    page = usage.list_traces(
        START,
        END,
        tenant_id="AceTech",
        user_id="Jerina",
        session_id=SESSION,
        limit=10,
        sort_field="start_time",
        sort_order="desc",
    )
    for trace in page.traces:
        yield line(trace.id, trace.name, trace.total_tokens, trace.total_cost)
    yield line("Has next page?", page.has_next_page)
    yield line("Next cursor:", page.next_cursor)


def iter_traces(usage: Usage) -> Iterator[str]:
    for trace in usage.iter_traces(
        START, END, tenant_id="AceTech", user_id="Jerina", session_id=SESSION, sort_order="desc"
    ):
        yield line(trace.id, trace.name, trace.total_cost)


def list_spans_by_trace_id(usage: Usage) -> Iterator[str]:
    page = usage.list_spans_by_trace_id(TRACE, limit=10, span_name="openai.chat")
    for span in page.spans:
        yield line(span.id, span.name, span.kind, span.latency_ms)
    yield line("Has next page?", page.has_next_page)
    yield line("Next cursor:", page.next_cursor)


def iter_spans_by_trace_id(usage: Usage) -> Iterator[str]:
    for span in usage.iter_spans_by_trace_id(TRACE, span_name="generation_pipeline"):
        yield f"Span: {span.id} , name= {span.name} , kind= {span.kind} , duration_ms= {js(span.latency_ms)} "


def complete_example(usage: Usage) -> Iterator[str]:
    session = usage.get_session_usage("session-123", START, END)
    tenant = usage.get_tenant_usage("AceTech", START, END)
    assert session
    assert tenant
    yield f"Session cost: $ {session.total_cost:.4f} "
    yield f"Tenant total: {tenant.session_count} sessions, $ {tenant.total_cost:.4f} "
    walk = usage.iter_traces(START, END, tenant_id="AceTech", sort_field="start_time", sort_order="desc")
    for trace, spans in walk.with_spans():
        yield f"Trace {trace.id} : {trace.name} - $ {trace.total_cost:.4f} "
        yield from map(step, spans)


def step(span: TraceSpan) -> str:
    return f" └─ {span.name} ( {span.kind} ): {js(span.latency_ms)} ms"


def getting_started(usage: Usage) -> Iterator[str]:
    yield from ()


ANSWERS: list[Callable[[Usage], Iterator[str]]] = [
    getting_started,
    get_session_usage,
    get_tenant_usage,
    list_traces,
    iter_traces,
    list_spans_by_trace_id,
    iter_spans_by_trace_id,
    complete_example,
]


def main() -> None:
    with LocalServer() as server:
        record_the_documented_trace(server.endpoint)
        run_agent(server.endpoint)
        with Netra(endpoint=server.endpoint) as client:
            answers = {answer.__name__.replace("_", "-"): list(answer(client.usage)) for answer in ANSWERS}
        print(json.dumps({"endpoint": server.endpoint, "answers": answers}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
