"""The result types of the public methods. Type checkers read this file; it never runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from decimal import Decimal
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
from netra.filters import Filter, fields
from netra.periods import Period, billing_periods, month

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


# ---------------------------------------------------------------- filters and periods

assert_type(fields.total_cost > 0.5, Filter)
assert_type(fields.total_cost == Decimal("0.5"), Filter)
assert_type(fields.models.any_of("gpt-4o", "gpt-4o-mini"), Filter)
assert_type(fields.metadata["plan"] == "pro", Filter)
assert_type(fields["new_field"] >= 5, Filter)
assert_type(~fields.has_error, Filter)
assert_type(fields.has_error == True, Filter)  # noqa: E712
assert_type(fields.name.startswith("a"), Filter)
assert_type(fields.attribute("a").is_null(), Filter)
client.usage.iter_traces("2026-01-01", "2026-02-01T00:00Z", filters=[fields.latency < 5, fields.has_error])
client.usage.list_traces(*month("2026-10", tz="Europe/Vienna"), filters=(Filter("x", "equals", 1),))
_ = fields.total_cost > "5"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
_ = fields.tenant_id > "a"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue]
fields.total_cost.contains("5")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
fields.models.any_of(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
_ = fields.nothing  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
client.usage.list_traces("2026-01-01", "2026-02-01T00:00Z", filters=[fields.total_cost])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
client.usage.list_traces("2026-01-01", "2026-02-01T00:00Z", filters=[fields.tenant_id == 5])  # type: ignore[list-item]  # pyright: ignore

period = month("2026-10", tz="Europe/Vienna")
assert_type(period, Period)
assert_type(period.start, datetime)
assert_type(period.split("day"), list[Period])
start_time, end_time = period
assert_type(start_time, str)
assert_type(next(billing_periods("2026-01-31", "month", count=1)), Period)
