"""Run the agent of the demo in this process, and record the trace that the documented examples ask for."""

from __future__ import annotations

import sys
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts/demo"))

from agent import Agent


def run_agent(
    endpoint: str, *, api_key: str | None = None, compression: Compression | None = None
) -> list[ReadableSpan]:
    """Export the agent's spans to `endpoint` with the standard exporter, and return the spans that were sent."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": "support-agent", "deployment.environment": "demo"})
    )
    sent = InMemorySpanExporter()
    exporter = OTLPSpanExporter(
        f"{endpoint}/v1/traces", headers={"x-api-key": api_key} if api_key else None, compression=compression
    )
    provider.add_span_processor(SimpleSpanProcessor(sent))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    Agent(provider.get_tracer("support-agent")).work_through_january()
    provider.shutdown()
    return list(sent.get_finished_spans())


class _DocumentedId(RandomIdGenerator):
    def generate_trace_id(self) -> int:
        return 0x728C1DE6FA4C53DE143A7D7FEF33FF91


def record_the_documented_trace(endpoint: str, *, api_key: str | None = None) -> None:
    """Record the trace that the examples about spans ask for, with the spans that they look for."""
    provider = TracerProvider(id_generator=_DocumentedId())
    exporter = OTLPSpanExporter(f"{endpoint}/v1/traces", headers={"x-api-key": api_key} if api_key else None)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("documented")
    with tracer.start_as_current_span("generation_pipeline"), tracer.start_as_current_span("openai.chat"):
        pass
    provider.shutdown()
