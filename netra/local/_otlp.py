"""Parse OTLP export requests into spans.

JSON is first converted to the protobuf message, so the rest of the code exists once.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from ._errors import RequestError
from ._json import dump_json, parse_json
from ._semantic_conventions import read_attributes
from ._span import Span

PROTOBUF = "application/x-protobuf"
JSON = "application/json"

EMPTY_RESPONSE = {PROTOBUF: ExportTraceServiceResponse().SerializeToString(), JSON: b"{}"}
"""The response body of a successful export, by content type."""

_STATUS = {Status.STATUS_CODE_OK: "OK", Status.STATUS_CODE_ERROR: "ERROR"}
_MAX_NS = 2**63 - 1


def parse_spans(body: bytes, content_type: str) -> list[Span]:
    """Parse the spans of an `ExportTraceServiceRequest`, in protobuf or OTLP JSON.

    Raises RequestError if the body or any span in it is malformed: one bad span rejects the whole
    request.
    """
    request = _parse_json_request(body) if content_type == JSON else _parse_protobuf_request(body)
    return list(_spans(request))


def _parse_protobuf_request(body: bytes) -> ExportTraceServiceRequest:
    try:
        return ExportTraceServiceRequest.FromString(body)
    except DecodeError:
        raise RequestError("the body is not an OTLP ExportTraceServiceRequest") from None


def _parse_json_request(body: bytes) -> ExportTraceServiceRequest:
    try:
        document = parse_json(body)
        if not isinstance(document, dict):
            raise ValueError("expected an object")
        _convert_ids(document)
        return ParseDict(document, ExportTraceServiceRequest(), ignore_unknown_fields=True)
    except (ValueError, OverflowError, ParseError, RecursionError) as error:
        raise RequestError(f"the body is not OTLP JSON: {error}") from None


def _convert_ids(document: dict[str, Any]) -> None:
    """Convert ids in place from hex, as in OTLP JSON, to base64, as in protobuf JSON."""
    for resource_spans in _objects(document, "resourceSpans", "resource_spans"):
        for scope_spans in _objects(resource_spans, "scopeSpans", "scope_spans"):
            for span in _objects(scope_spans, "spans"):
                for holder in (span, *_objects(span, "links")):
                    for name in _ID_NAMES & holder.keys():
                        holder[name] = _base64_from_hex(name, holder[name])


_ID_NAMES = {"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"}


def _objects(holder: dict[str, Any], *names: str) -> Iterator[dict[str, Any]]:
    for name in names:
        items = holder.get(name) or []
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError(f"{name} must be a list of objects")
        yield from items


def _base64_from_hex(name: str, value: object) -> str:
    if value is None:
        return ""
    try:
        if not isinstance(value, str):
            raise ValueError
        return base64.b64encode(binascii.unhexlify(value)).decode("ascii")
    except ValueError:
        raise ValueError(f"{name} must be a text of hex digits") from None


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        resource_json = dump_json(resource)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield _span(span, resource, resource_json)


def _span(span: ProtoSpan, resource: dict[str, Any], resource_json: str) -> Span:
    _check_id("trace_id", span.trace_id, 16)
    _check_id("span_id", span.span_id, 8)
    if span.parent_span_id:
        _check_id("parent_span_id", span.parent_span_id, 8)
    if max(span.start_time_unix_nano, span.end_time_unix_nano) > _MAX_NS:
        raise RequestError("a span's time is out of range: beyond the year 2262")
    attributes = _attributes(span.attributes)
    semantic_fields = read_attributes(attributes, resource)
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        # Some clients send a parent id of zeros for "no parent".
        parent_span_id=span.parent_span_id.hex() if any(span.parent_span_id) else "",
        name=span.name,
        start_ns=span.start_time_unix_nano,
        # An end that is missing or before the start would give a negative latency.
        end_ns=max(span.start_time_unix_nano, span.end_time_unix_nano),
        status=_STATUS.get(span.status.code, "UNSET"),
        attributes=dump_json(attributes),
        events=dump_json([_event(event) for event in span.events]),
        links=dump_json([_link(link) for link in span.links]),
        resources=resource_json,
        **semantic_fields._asdict(),
    )


def _check_id(name: str, value: bytes, length: int) -> None:
    if len(value) != length or (name != "parent_span_id" and not any(value)):
        raise RequestError(f"a span's {name} must be {length} bytes, not all zero")


def _event(event: ProtoSpan.Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "time_unix_nano": event.time_unix_nano,
        "attributes": _attributes(event.attributes),
    }


def _link(link: ProtoSpan.Link) -> dict[str, Any]:
    return {
        "trace_id": link.trace_id.hex(),
        "span_id": link.span_id.hex(),
        "attributes": _attributes(link.attributes),
    }


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "int_value":
            return value.int_value
        case "double_value":
            number = value.double_value
            # JSON has no NaN and no infinity; protobuf JSON writes them as strings.
            return number if math.isfinite(number) else _NON_FINITE[str(number)]
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode("ascii")
        case _:
            return None


_NON_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
