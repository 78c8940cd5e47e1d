"""From an instrumented program through the backend to the client: the client reads exactly what was sent."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.sdk.trace import ReadableSpan

from netra import Netra
from netra.local import LocalServer
from tests.support.agent import run_agent
from tests.support.rows import END, START


def attribute(span: ReadableSpan, name: str) -> str:
    return str((span.attributes or {}).get(name, ""))


def tokens(spans: list[ReadableSpan]) -> int:
    names = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
    return sum(int(attribute(span, name) or 0) for span in spans for name in names)


def cost(spans: list[ReadableSpan]) -> float:
    return math.fsum(float(attribute(span, "gen_ai.usage.cost") or 0) for span in spans)


def grouped(spans: list[ReadableSpan], name: str) -> dict[str, list[ReadableSpan]]:
    groups: dict[str, list[ReadableSpan]] = defaultdict(list)
    for span in spans:
        groups[attribute(span, name)].append(span)
    return groups


def trace_ids(spans: list[ReadableSpan]) -> set[str]:
    return {f"{span.context.trace_id:032x}" for span in spans}


@pytest.mark.slow
@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_client_reads_what_a_program_sent(local_server: LocalServer, compression: Compression) -> None:
    sent = run_agent(local_server.endpoint, compression=compression)
    with Netra(endpoint=local_server.endpoint) as client:
        for session, spans in grouped(sent, "netra.session_id").items():
            usage = client.usage.get_session_usage(session, START, END)
            assert usage is not None
            assert (usage.token_count, usage.request_count) == (tokens(spans), len(trace_ids(spans)))
            assert usage.total_cost == cost(spans)
        for tenant, spans in grouped(sent, "netra.tenant_id").items():
            usage_of_tenant = client.usage.get_tenant_usage(tenant, START, END)
            assert usage_of_tenant is not None
            assert usage_of_tenant.token_count == tokens(spans)
            assert usage_of_tenant.request_count == len(trace_ids(spans))
            assert usage_of_tenant.session_count == len(grouped(spans, "netra.session_id"))
            assert usage_of_tenant.total_cost == cost(spans)
            traces = list(client.usage.iter_traces(START, END, tenant_id=tenant, limit=5))
            assert {trace.id for trace in traces} == trace_ids(spans)
            assert len(traces) == len(trace_ids(spans))

        by_trace = {
            f"{trace:032x}": [s for s in sent if s.context.trace_id == trace]
            for trace in {span.context.trace_id for span in sent}
        }
        for trace in client.usage.iter_traces(START, END):
            spans = by_trace.pop(trace.id)
            assert (trace.name, trace.kind) == ("answer_question", "workflow")
            assert (trace.total_tokens, trace.total_cost) == (tokens(spans), cost(spans))
            assert (trace.service, trace.environment) == ("support-agent", "demo")
            assert trace.models == sorted({attribute(span, "gen_ai.request.model") for span in spans} - {""})
            assert trace.has_error == any(not span.status.is_ok for span in spans)
            starts = [span.start_time or 0 for span in spans]
            assert trace.start_datetime == datetime.fromtimestamp(min(starts) // 1_000_000 / 1000, UTC)
            found = list(client.usage.iter_spans_by_trace_id(trace.id, limit=2))
            assert [span.id for span in found] == [
                f"{span.context.span_id:016x}"
                for span in sorted(spans, key=lambda span: span.start_time or 0)
            ]
        assert by_trace == {}


def test_one_failing_call_marks_only_its_own_trace(local_server: LocalServer) -> None:
    run_agent(local_server.endpoint)
    with Netra(endpoint=local_server.endpoint) as client:
        failed = [trace for trace in client.usage.iter_traces(START, END) if trace.has_error]
        assert len(failed) == 1
        spans = list(client.usage.iter_spans_by_trace_id(failed[0].id))
    assert [span.name for span in spans if span.has_error] == ["search_documents"]
    assert "apologize" in [span.name for span in spans]


def test_a_window_or_a_session_without_traces_has_no_usage(local_server: LocalServer) -> None:
    run_agent(local_server.endpoint)
    with Netra(endpoint=local_server.endpoint) as client:
        assert client.usage.get_session_usage("session-123", "2027-01-01", "2027-01-31T23:59:59.999Z") is None
        assert client.usage.get_session_usage("nobody", START, END) is None
        assert client.usage.get_tenant_usage("nobody", START, END) is None
        assert list(client.usage.iter_traces(START, END, tenant_id="nobody")) == []
