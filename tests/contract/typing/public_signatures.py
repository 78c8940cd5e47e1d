"""The result types of the public methods. Type checkers read this file; it never runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import assert_type

from netra import (
    APIStatusError,
    AsyncNetra,
    AsyncTracesInParallel,
    AsyncTracesIterator,
    AsyncTracesWithSpans,
    AsyncUsage,
    Netra,
    NetraError,
    PagedIterator,
    SessionUsageData,
    SpansPage,
    TenantUsageData,
    TracesInParallel,
    TracesIterator,
    TracesPage,
    TraceSpan,
    TraceSummary,
    TracesWithSpans,
    TracesWithSpansPage,
    Usage,
)

assert_type(Netra.usage, Usage)
assert_type(Netra(api_key="k").usage, Usage)
with Netra(api_key="k", headers={"a": "b"}, timeout=5) as client:
    assert_type(client, Netra)

session = client.usage.get_session_usage("s", "2026-01-01", datetime.now())
assert_type(session, SessionUsageData | None)
if session:
    assert_type(session.token_count, int)
    assert_type(session.request_count, int)
    assert_type(session.total_cost, float)

tenant = client.usage.get_tenant_usage(tenant_id="t", start_time="2026-01-01", end_time="2026-01-31")
assert_type(tenant, TenantUsageData | None)
if tenant:
    assert_type(tenant.organisation_id, str)
    assert_type(tenant.session_count, int)

page = client.usage.list_traces("2026-01-01", "2026-01-31", limit=10, direction="up", sort_order="asc")
assert_type(page, TracesPage)
assert_type(page.traces, list[TraceSummary])
assert_type(page.has_next_page, bool)
assert_type(page.next_cursor, str | None)
client.usage.list_traces("2026-01-01", "2026-01-31", direction="left")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

traces = client.usage.iter_traces("2026-01-01", "2026-01-31", direction=None)
assert_type(traces, TracesIterator)
as_paged: PagedIterator[TraceSummary, TracesPage] = traces
assert_type(next(traces), TraceSummary)
assert_type(traces.cursor, str | None)
assert_type(traces.pages(), Iterator[TracesPage])
assert_type(traces.in_parallel(), TracesInParallel)
assert_type(traces.in_parallel().with_spans(), TracesWithSpans)
assert_type(traces.with_spans().in_parallel(), TracesWithSpans)
assert_type(traces.in_parallel().pages(), Iterator[TracesPage])
assert_type(traces.with_spans().pages(), Iterator[TracesWithSpansPage])
assert_type(page[0], TraceSummary)
assert_type(page[:2], list[TraceSummary])
as_documented: Iterator[TraceSummary] = traces
for trace in traces:
    assert_type(trace.total_tokens, int)
    assert_type(trace.total_cost, float)
    assert_type(trace.session_id, str | None)
    assert_type(trace.start_time, str)
    assert_type(trace.start_datetime, datetime)
    assert_type(trace.models, list[str] | None)

for one, spans in client.usage.iter_traces("2026-01-01", "2026-01-31").with_spans(concurrency=4):
    assert_type(one, TraceSummary)
    assert_type(spans, list[TraceSpan])

assert_type(client.usage.list_spans_by_trace_id("t"), SpansPage)
for span in client.usage.iter_spans_by_trace_id("t"):
    assert_type(span, TraceSpan)
    assert_type(span.latency_ms, float | None)
    assert_type(span.start_time, str | None)
    assert_type(span.start_datetime, datetime | None)
    assert_type(span.total_tokens, int | None)

try:
    Netra.init(app_name="a", headers="x-api-key=k")
except APIStatusError as error:
    assert_type(error.status_code, int)
    assert_type(error.retry_after, float | None)
except NetraError as error:
    assert_type(error.cursor, str | None)


async def check_async_client() -> None:
    async with AsyncNetra(api_key="k") as client:
        assert_type(client.usage, AsyncUsage)
        assert_type(
            await client.usage.get_session_usage("s", "2026-01-01", "2026-01-31"), SessionUsageData | None
        )
        assert_type(await client.usage.list_traces("2026-01-01", "2026-01-31"), TracesPage)
        traces = client.usage.iter_traces("2026-01-01", "2026-01-31")
        assert_type(traces, AsyncTracesIterator)
        assert_type(traces.in_parallel(), AsyncTracesInParallel)
        assert_type(traces.in_parallel().with_spans(), AsyncTracesWithSpans)
        assert_type(traces.with_spans().in_parallel(), AsyncTracesWithSpans)
        assert_type(traces.with_spans().pages(), AsyncIterator[TracesWithSpansPage])
        async for trace in traces:
            assert_type(trace, TraceSummary)
        async for span in client.usage.with_options(timeout=1).iter_spans_by_trace_id("t"):
            assert_type(span, TraceSpan)
        async for one, spans in client.usage.iter_traces("2026-01-01", "2026-01-31").with_spans():
            assert_type(one, TraceSummary)
            assert_type(spans, list[TraceSpan])
