from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from netra import Netra
from netra.local import LocalServer

from .scripted import Reply, Request, ScriptedServer

Scripted = Callable[[Callable[[Request], Reply]], ScriptedServer]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on what the developer's shell has set."""
    for name in list(os.environ):
        if name.startswith(("NETRA_", "OTEL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_default_client() -> Iterator[None]:
    Netra.shutdown()
    yield
    Netra.shutdown()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Starts scripted servers that stop with the test."""
    servers: list[ScriptedServer] = []

    def start(script: Callable[[Request], Reply]) -> ScriptedServer:
        servers.append(ScriptedServer(script).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__()


@pytest.fixture
def local_server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server
