"""Build OTLP requests with ids and times that a test chooses."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

Value = str | bool | int | float

PROTOBUF = "application/x-protobuf"
EPOCH_MS = 1_767_225_600_000
"""2026-01-01T00:00:00.000Z, the default start of spans in these tests."""
WINDOW = {"startTime": "2026-01-01T00:00:00.000Z", "endTime": "2026-01-31T23:59:59.000Z"}


def trace_id(trace: int) -> str:
    """Return the id of the trace with this number."""
    return f"{trace:032x}"


def span_id(span: int) -> str:
    """Return the id of the span with this number."""
    return f"{span:016x}"


def make_span(
    trace: int,
    span: int,
    attributes: Mapping[str, Value] | None = None,
    *,
    parent: int | None = None,
    name: str = "work",
    start_ns: int = EPOCH_MS * 1_000_000,
    duration_ns: int = 1_500_000,
    error: bool = False,
) -> Span:
    """Build a span; `trace`, `span` and `parent` are numbers."""
    return Span(
        trace_id=bytes.fromhex(trace_id(trace)),
        span_id=bytes.fromhex(span_id(span)),
        parent_span_id=b"" if parent is None else bytes.fromhex(span_id(parent)),
        name=name,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=start_ns + duration_ns,
        attributes=_pairs(attributes or {}),
        status=Status(code=Status.STATUS_CODE_ERROR if error else Status.STATUS_CODE_UNSET),
    )


def make_request(
    spans: Iterable[Span], resource: Mapping[str, Value] | None = None
) -> ExportTraceServiceRequest:
    """Build an export request with these spans of one resource."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(_pairs(resource or {}))
    resource_spans.scope_spans.add().spans.extend(spans)
    return request


def body_of(spans: Iterable[Span], resource: Mapping[str, Value] | None = None) -> bytes:
    """Build the protobuf body of an export request."""
    return make_request(spans, resource).SerializeToString()


def json_of(request: ExportTraceServiceRequest) -> bytes:
    """Serialize an export request to OTLP JSON: protobuf JSON with ids in hex and enums as numbers."""
    document = MessageToDict(request, use_integers_for_enums=True)
    for resource_spans in document["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            for span in scope_spans["spans"]:
                for holder in (span, *span.get("links", [])):
                    _ids_to_hex(holder)
    return json.dumps(document).encode("utf-8")


def _ids_to_hex(holder: dict[str, Any]) -> None:
    for name in {"traceId", "spanId", "parentSpanId"} & holder.keys():
        holder[name] = base64.b64decode(holder[name]).hex()


def _pairs(attributes: Mapping[str, Value]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in attributes.items()]


def _any(value: Value) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=value)
