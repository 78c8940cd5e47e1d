"""Ingest keeps everything that programs export, in every encoding of OTLP/HTTP."""

from __future__ import annotations

import gzip
import json
import math
import random
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import StatusCode

from netra.local import LocalServer

from .otlp import PROTOBUF, WINDOW, body_of, json_of, make_request, make_span

WIDE_WINDOW = {"startTime": "2000-01-01T00:00:00.000Z", "endTime": "2200-01-01T00:00:00.000Z"}


class JsonExporter(SpanExporter):
    """Export OTLP JSON, which the SDK's exporter does not support, with the SDK's own encoder."""

    def __init__(self, endpoint: str, compress: bool) -> None:
        self._endpoint = endpoint
        self._compress = compress

    def export(self, spans: Any) -> SpanExportResult:
        body = json_of(encode_spans(spans))
        headers = {"content-type": "application/json; charset=utf-8"}
        if self._compress:
            body = gzip.compress(body, mtime=0)
            headers["content-encoding"] = "gzip"
        response = httpx.post(self._endpoint, content=body, headers=headers)
        assert response.status_code == 200
        assert response.json() == {}
        return SpanExportResult.SUCCESS


def _protobuf(compression: Compression) -> Callable[[str], SpanExporter]:
    return lambda endpoint: OTLPSpanExporter(endpoint=endpoint, compression=compression)


EXPORTERS: dict[str, Callable[[str], SpanExporter]] = {
    "protobuf": _protobuf(Compression.NoCompression),
    "protobuf, gzip": _protobuf(Compression.Gzip),
    "protobuf, deflate": _protobuf(Compression.Deflate),
    "json": lambda endpoint: JsonExporter(endpoint, compress=False),
    "json, gzip": lambda endpoint: JsonExporter(endpoint, compress=True),
}


@dataclass
class Sent:
    """The expected usage of a session or tenant."""

    tokens: int = 0
    costs: list[float] = field(default_factory=list)
    requests: int = 0
    sessions: set[str] = field(default_factory=set)


@pytest.mark.slow
@pytest.mark.parametrize("batched", [True, False], ids=["in batches", "span by span"])
@pytest.mark.parametrize("encoding_name", EXPORTERS)
def test_usage_equals_what_an_opentelemetry_program_sent(
    encoding_name: str, batched: bool, server: LocalServer, client: httpx.Client
) -> None:
    """Tokens, costs and counts are exact, in each encoding and with each span processor."""
    exporter = EXPORTERS[encoding_name](f"{server.endpoint}/v1/traces")
    provider = TracerProvider(resource=Resource({"service.name": "agent"}), shutdown_on_exit=False)
    provider.add_span_processor(
        BatchSpanProcessor(exporter, max_export_batch_size=7) if batched else SimpleSpanProcessor(exporter)
    )
    tracer = provider.get_tracer("test")
    chance = random.Random(encoding_name)
    by_session: dict[str, Sent] = defaultdict(Sent)
    by_tenant: dict[str, Sent] = defaultdict(Sent)
    for _ in range(20):
        session, tenant = f"session {chance.randrange(4)}", f"tenant {chance.randrange(2)}"
        owners = {"netra.session_id": session, "netra.tenant_id": tenant}
        with tracer.start_as_current_span("workflow", attributes=owners):
            for sent in (by_session[session], by_tenant[tenant]):
                sent.requests += 1
                sent.sessions.add(session)
            for _ in range(chance.randrange(4)):
                prompt, completion, cost = chance.randrange(900), chance.randrange(90), chance.random()
                usage: dict[str, Any] = {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.usage.input_tokens": prompt,
                    "gen_ai.usage.output_tokens": completion,
                    "gen_ai.usage.cost": cost,
                }
                with tracer.start_as_current_span("call", attributes=usage):
                    for sent in (by_session[session], by_tenant[tenant]):
                        sent.tokens += prompt + completion
                        sent.costs.append(cost)
    provider.shutdown()
    for session, sent in by_session.items():
        assert client.get(f"/usage/sessions/{session}", params=WIDE_WINDOW).json()["data"] == {
            "session_id": session,
            "tokenCount": sent.tokens,
            "requestsCount": sent.requests,
            "totalCost": math.fsum(sent.costs),
        }
    for tenant, sent in by_tenant.items():
        assert client.get(f"/usage/tenants/{tenant}", params=WIDE_WINDOW).json()["data"] == {
            "tenant_id": tenant,
            "organisation_id": "local",
            "tokenCount": sent.tokens,
            "requestsCount": sent.requests,
            "sessionsCount": len(sent.sessions),
            "totalCost": math.fsum(sent.costs),
        }


def test_the_standard_endpoint_variable_is_enough_to_export(
    server: LocalServer, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`OTEL_EXPORTER_OTLP_ENDPOINT` needs no path: the exporter appends /v1/traces."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", server.endpoint)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    with provider.get_tracer("test").start_as_current_span("hello"):
        pass
    provider.shutdown()
    listed = client.post("/sdk/traces", json={**WIDE_WINDOW, "filters": []}).json()["data"]["data"]
    assert [trace["name"] for trace in listed] == ["hello"]


def test_events_links_status_and_attributes_are_returned_as_json(
    server: LocalServer, client: httpx.Client
) -> None:
    """Attributes of every type are in it; NaN is written as a string."""
    provider = TracerProvider(resource=Resource({"service.name": "agent"}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{server.endpoint}/v1/traces")
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    linked = tracer.start_span("linked")
    attributes: dict[str, Any] = {
        "text": 'ünï"\x00\U0001f600',
        "flag": True,
        "whole": -(2**63),
        "part": 0.1,
        "list": ["a", "b"],
        "nan": math.nan,
    }
    with tracer.start_as_current_span("failing", attributes=attributes) as span:
        span.add_link(linked.get_span_context(), {"why": "because"})
        span.record_exception(ZeroDivisionError("division by zero"))
        span.set_status(StatusCode.ERROR, "failed")
    provider.shutdown()
    trace = f"{span.get_span_context().trace_id:032x}"
    (span_data,) = client.get(f"/sdk/traces/{trace}/spans").json()["data"]["data"]
    assert span_data["status"] == "ERROR"
    assert span_data["has_error"] is True
    assert json.loads(span_data["attributes"]) == {**attributes, "nan": "NaN"}
    (event,) = json.loads(span_data["events"])
    assert event["name"] == "exception"
    assert event["attributes"]["exception.type"] == "ZeroDivisionError"
    (link,) = json.loads(span_data["links"])
    assert link["attributes"] == {"why": "because"}
    assert link["trace_id"] == f"{linked.get_span_context().trace_id:032x}"
    assert json.loads(span_data["resources"])["service.name"] == "agent"


def test_json_may_have_numbers_as_strings_and_unknown_fields(client: httpx.Client) -> None:
    """64-bit integers are strings in protobuf JSON, but some clients send numbers."""
    span = {
        "traceId": "0AF7651916CD43DD8448EB211C80319C",
        "spanId": "b7ad6b7169203331",
        "parentSpanId": "",
        "name": "by hand",
        "kind": 3,
        "startTimeUnixNano": "1767225600000000000",
        "endTimeUnixNano": 1767225600001000000,
        "attributes": [
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": 4}},
        ],
        "status": {"code": 2},
        "flags": 1,
        "unknownField": {"a": [1]},
    }
    body = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [span]}]}], "new": 1}
    assert client.post("/telemetry/v1/traces", json=body).json() == {}
    (trace,) = client.post("/sdk/traces", json={**WINDOW, "filters": []}).json()["data"]["data"]
    assert trace["id"] == "0af7651916cd43dd8448eb211c80319c"
    assert (trace["total_tokens"], trace["latency_ms"], trace["has_error"]) == (7, 1.0, True)


def test_the_response_to_an_export_has_its_content_type(client: httpx.Client) -> None:
    request = make_request([make_span(1, 1)])
    for content_type, body, expected in [
        (PROTOBUF, request.SerializeToString(), b""),
        ("application/json", json_of(request), b"{}"),
    ]:
        headers = {"content-type": content_type}
        response = client.post("/telemetry/v1/traces", content=body, headers=headers)
        assert response.status_code == 200
        assert response.headers["content-type"] == content_type
        assert response.content == expected


GOOD = body_of([make_span(1, 1)])


def _json_body(change: dict[str, object]) -> bytes:
    document = json.loads(json_of(make_request([make_span(1, 1)])))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0].update(change)
    return json.dumps(document).encode()


def _double(value: object) -> bytes:
    return _json_body({"attributes": [{"key": "a", "value": {"doubleValue": value}}]})


@pytest.mark.parametrize(
    ("content_type", "encoding", "body", "status"),
    [
        (PROTOBUF, "", b"\xff\xff\xff", 400),
        (PROTOBUF, "", GOOD[:-3], 400),
        (PROTOBUF, "gzip", GOOD, 400),
        (PROTOBUF, "gzip", gzip.compress(GOOD, mtime=0)[:-9], 400),
        (PROTOBUF, "gzip", gzip.compress(GOOD, mtime=0) + b"more", 400),
        (PROTOBUF, "gzip", b"", 400),
        (PROTOBUF, "deflate", b"\x78\x9c rubbish", 400),
        (PROTOBUF, "br", GOOD, 415),
        (PROTOBUF, "gzip", gzip.compress(bytes(64 * 1024 * 1024 + 1), 1, mtime=0), 413),
        (PROTOBUF, "deflate", zlib.compress(bytes(64 * 1024 * 1024 + 1), 1), 413),
        ("text/plain", "", GOOD, 415),
        ("", "", GOOD, 415),
        ("application/json", "", b"", 400),
        ("application/json", "", b"[]", 400),
        ("application/json", "", b"\xff", 400),
        ("application/json", "", b'{"resourceSpans": {}}', 400),
        ("application/json", "", b'{"resourceSpans": [[]]}', 400),
        ("application/json", "", b'{"a": NaN}', 400),
        ("application/json", "", b'{"a": "\\ud800"}', 400),
        ("application/json", "", b"[" * 200_000, 400),
        ("application/json", "", b'{"a":' * 200_000, 400),
        ("application/json", "", b'{"a":' + b"9" * 5000 + b"}", 400),
        ("application/json", "", _json_body({"traceId": "zz"}), 400),
        ("application/json", "", _json_body({"traceId": 7}), 400),
        ("application/json", "", _json_body({"traceId": None}), 400),
        ("application/json", "", _json_body({"startTimeUnixNano": 10**30}), 400),
        ("application/json", "", _json_body({"startTimeUnixNano": str(2**64 - 1)}), 400),
        ("application/json", "", _json_body({"startTimeUnixNano": -1}), 400),
        ("application/json", "", _json_body({"attributes": {"a": 1}}), 400),
        ("application/json", "", _json_body({"kind": 10**400}), 400),
        ("application/json", "", _double(10**400), 400),
        ("application/json", "", _json_body({"links": [7]}), 400),
    ],
)
def test_a_malformed_export_is_rejected_with_a_reason(
    content_type: str, encoding: str, body: bytes, status: int, empty_client: httpx.Client
) -> None:
    headers = {"content-type": content_type, "content-encoding": encoding}
    headers = {name: value for name, value in headers.items() if value}
    response = empty_client.post("/telemetry/v1/traces", content=body, headers=headers)
    assert response.status_code == status
    assert response.json()["message"]


@pytest.mark.parametrize(
    ("field_name", "value"),
    [
        ("trace_id", b""),
        ("trace_id", b"\x01" * 15),
        ("trace_id", bytes(16)),
        ("span_id", b""),
        ("span_id", b"\x01" * 9),
        ("span_id", bytes(8)),
        ("parent_span_id", b"\x01"),
    ],
)
def test_one_span_with_a_bad_id_rejects_the_whole_export(
    field_name: str, value: bytes, empty_client: httpx.Client
) -> None:
    bad = make_span(2, 2)
    setattr(bad, field_name, value)
    headers = {"content-type": PROTOBUF}
    body = body_of([make_span(1, 1), bad])
    response = empty_client.post("/telemetry/v1/traces", content=body, headers=headers)
    assert response.status_code == 400
    assert field_name in response.json()["message"]
    listed = empty_client.post("/sdk/traces", json={**WINDOW, "filters": []}).json()
    assert listed["data"]["data"] == []


def test_raw_deflate_and_zlib_deflate_are_decoded(client: httpx.Client) -> None:
    compressor = zlib.compressobj(wbits=-15)
    for body in (zlib.compress(GOOD), compressor.compress(GOOD) + compressor.flush()):
        headers = {"content-type": PROTOBUF, "content-encoding": "deflate"}
        response = client.post("/telemetry/v1/traces", content=body, headers=headers)
        assert response.status_code == 200
