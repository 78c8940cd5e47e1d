from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from netra import Netra
from netra.local import LocalServer
from tests.support.scripted import Reply, Request, Scripted, ScriptedServer
from tests.support.waiting import note_threads

# Far from UTC, and not by whole hours: what takes local time for UTC must fail here.
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


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on what the developer's shell has set."""
    for name in list(os.environ):
        if name.startswith(("NETRA_", "OTEL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr("netra._core.config._warned_about", set())  # it warns once for each address


@pytest.fixture(autouse=True)
def _no_default_client() -> Iterator[None]:
    note_threads()
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
def thorough(pytestconfig: pytest.Config) -> bool:
    """Whether to leave nothing out for the sake of time."""
    return bool(pytestconfig.getoption("--thorough"))


@pytest.fixture
def local_server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        yield server


class FaultTable:
    """What was found in each cell of the fault matrix, for `make faults`."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str], dict[str, list[str]]] = {}

    def note(self, fault: str, how_often: str, method: str, place: str, found: str) -> None:
        row = self.cells.setdefault((fault, how_often), {})
        row.setdefault(method, []).append(f"{place}: {found}")

    def lines(self) -> Iterator[str]:
        for (fault, how_often), methods in self.cells.items():
            yield f"{fault} ({how_often})"
            for method, found in methods.items():
                yield f"    {method:24}{', '.join(found)}"


_fault_table = pytest.StashKey[FaultTable]()


@pytest.fixture(scope="session")
def fault_table(pytestconfig: pytest.Config) -> FaultTable:
    return pytestconfig.stash.setdefault(_fault_table, FaultTable())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="leave nothing out for the sake of time")
    parser.addoption(
        "--fault-table", action="store_true", help="print what was found in each cell of the fault matrix"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("--fault-table"):
        terminalreporter.section("fault matrix")
        for line in config.stash.setdefault(_fault_table, FaultTable()).lines():
            terminalreporter.write_line(line)
