"""Fixtures and options for all tests."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import trustme
from hypothesis import HealthCheck, settings

from netra import Netra
from netra.local import LocalServer
from tests.support.scripted import Reply, Request, Scripted, ScriptedServer
from tests.support.waiting import remember_threads

# Far from UTC, and not by whole hours: code that mistakes local time for UTC fails here.
os.environ["TZ"] = "Asia/Kolkata"
if hasattr(time, "tzset"):
    time.tzset()

settings.register_profile("suite", deadline=None, derandomize=True)
settings.register_profile(
    "many",
    deadline=None,
    max_examples=2_000,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def _one_certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("trusted") / "ca.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, _one_certificate: str) -> None:
    """Remove variables of the developer's shell, so that no test depends on them.

    And trust one certificate only: an HTTP client reads the trusted ones when it is made, and all those that come
    with httpx take it 40 ms, for the plain HTTP of most tests as well.
    """
    monkeypatch.setenv("SSL_CERT_FILE", _one_certificate)
    for name in list(os.environ):
        if name.startswith(("NETRA_", "OTEL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr("netra._core.config._warned_about", set())  # the client warns once for each address


@pytest.fixture(autouse=True)
def _no_default_client() -> Iterator[None]:
    """Start and end each test without a default client."""
    remember_threads()
    Netra.shutdown()
    yield
    Netra.shutdown()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Start scripted servers; they stop at the end of the test."""
    servers: list[ScriptedServer] = []

    def start(script: Callable[[Request], Reply]) -> ScriptedServer:
        servers.append(ScriptedServer(script).__enter__())
        return servers[-1]

    yield start
    for server in servers:
        server.__exit__()


@pytest.fixture
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether to run everything, however long it takes."""
    return bool(pytestconfig.getoption("--thorough"))


@pytest.fixture(scope="session")
def _stop_later() -> Iterator[Callable[[LocalServer], None]]:
    """Stop servers while other tests run: uvicorn looks only every 0.1 s whether to stop, and then waits as long."""
    stopped: list[Future[None]] = []
    with ThreadPoolExecutor(4) as threads:
        yield lambda server: stopped.append(threads.submit(server.stop))
    for one in stopped:
        one.result()


@pytest.fixture
def local_server(_stop_later: Callable[[LocalServer], None]) -> Iterator[LocalServer]:
    """Run the embedded backend with an empty database."""
    server = LocalServer()
    server.start()
    yield server
    _stop_later(server)


class FaultTable:
    """The outcome of each cell of the fault matrix, for `make faults`."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str], dict[str, list[str]]] = {}

    def record(self, fault: str, how_often: str, method: str, page: str, outcome: str) -> None:
        row = self.cells.setdefault((fault, how_often), {})
        row.setdefault(method, []).append(f"{page}: {outcome}")

    def lines(self) -> Iterator[str]:
        for (fault, how_often), methods in self.cells.items():
            yield f"{fault} ({how_often})"
            for method, outcomes in methods.items():
                yield f"    {method:24}{', '.join(outcomes)}"


_fault_table = pytest.StashKey[FaultTable]()


@pytest.fixture(scope="session")
def fault_table(pytestconfig: pytest.Config) -> FaultTable:
    """The table that collects the outcomes of the whole run."""
    return pytestconfig.stash.setdefault(_fault_table, FaultTable())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="run everything, however long it takes")
    parser.addoption(
        "--fault-table", action="store_true", help="print the outcome of each cell of the fault matrix"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--fault-table"):
        terminalreporter.section("fault matrix")
        for line in config.stash.setdefault(_fault_table, FaultTable()).lines():
            terminalreporter.write_line(line)
