from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from netra.local import LocalServer

from .contract import contract_client
from .otlp import PROTOBUF, Value, body_of

Export = Callable[..., None]


@pytest.fixture
def server(local_server: LocalServer) -> LocalServer:
    return local_server


@pytest.fixture
def client(server: LocalServer) -> Iterator[httpx.Client]:
    with contract_client(server) as open_client:
        yield open_client


@pytest.fixture(scope="session")
def empty_client() -> Iterator[httpx.Client]:
    """A client of an empty server, for requests that are rejected or find nothing; all tests share it."""
    with LocalServer() as running, contract_client(running) as open_client:
        yield open_client


@pytest.fixture
def export(client: httpx.Client) -> Export:
    """Send spans to the server in one export."""

    def send(spans: Iterable[Span], resource: Mapping[str, Value] | None = None) -> None:
        headers = {"content-type": PROTOBUF}
        client.post(
            "/telemetry/v1/traces", content=body_of(spans, resource), headers=headers
        ).raise_for_status()

    return send
