"""Fault injection: which requests get faults, what the client receives, and that it recovers."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from netra.local import LocalServer, _faults
from netra.local.__main__ import main
from tests.e2e.test_documented_examples import COMPLETE, KEY, run
from tests.support.agent import run_agent

from .command import command
from .contract import contract_client
from .otlp import PROTOBUF, WINDOW, body_of, make_span, trace_id

KINDS = {"503", "429", "reset", "truncated", "delayed"}
FAULTS = {"503", "429 after 0 s", "429 after 1 s", "reset", "truncated", "delayed"}

READS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/usage/sessions/s", {"params": WINDOW}),
    ("GET", "/usage/tenants/t", {"params": WINDOW}),
    ("POST", "/sdk/traces", {"json": {**WINDOW, "filters": []}}),
    ("GET", f"/sdk/traces/{trace_id(1)}/spans", {}),
]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with one trace."""
    path = tmp_path_factory.mktemp("faults") / "filled.db"
    with LocalServer(path) as server:
        assert export(server, 1) == 200
    return path


@pytest.fixture(scope="module")
def expected_bodies(db: Path) -> list[bytes]:
    """The response bodies of `READS` without faults."""
    with LocalServer(db) as server, contract_client(server) as client:
        return [client.request(method, path, **arguments).content for method, path, arguments in READS]


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The injected delays in seconds; they are recorded instead of slept."""
    seconds: list[float] = []

    async def record(delay: float) -> None:
        seconds.append(delay)

    monkeypatch.setattr(_faults, "sleep", record)
    return seconds


def export(server: LocalServer, number: int) -> int:
    span = make_span(number, number, {"session.id": "s", "netra.tenant_id": "t"})
    headers = {"content-type": PROTOBUF, "x-api-key": KEY}
    return httpx.post(f"{server.endpoint}/v1/traces", content=body_of([span]), headers=headers).status_code


def outcomes(
    server: LocalServer, expected_bodies: list[bytes], delays: list[float], rounds: int
) -> list[str]:
    """Send all `READS` this many rounds, without retries; return the outcome of each."""
    actual = []
    with contract_client(server) as client:  # which also validates the error responses of faults
        for _ in range(rounds):
            for (method, path, arguments), content in zip(READS, expected_bodies, strict=True):
                actual.append(
                    outcome(client, client.build_request(method, path, **arguments), content, delays)
                )
    return actual


def outcome(client: httpx.Client, request: httpx.Request, expected_body: bytes, delays: list[float]) -> str:
    delayed = len(delays)
    try:
        response = client.send(request)
    except httpx.ReadError:
        return "reset"
    except httpx.RemoteProtocolError as error:
        received, expected = map(int, re.findall("[0-9]+", str(error)))
        return "truncated" if received < expected == len(expected_body) else str(error)
    if response.status_code == 429:
        return f"429 after {response.headers['retry-after']} s"
    if response.status_code == 503:
        return "503"
    assert (response.status_code, response.content) == (200, expected_body)
    return "delayed" if len(delays) > delayed else "answered"


@pytest.mark.slow
def test_a_share_of_0_injects_no_fault(db: Path, expected_bodies: list[bytes], delays: list[float]) -> None:
    with LocalServer(db, faults=0) as server:
        assert set(outcomes(server, expected_bodies, delays, 10)) == {"answered"}


def test_a_share_of_1_injects_every_fault_into_every_operation(
    db: Path, expected_bodies: list[bytes], delays: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    with LocalServer(db, faults=1) as server:
        actual = outcomes(server, expected_bodies, delays, 15)
    assert set(actual) == FAULTS
    for read in range(len(READS)):
        kinds = {outcome.partition(" ")[0] for outcome in actual[read :: len(READS)]}
        assert kinds == KINDS, READS[read]
    assert all(0.05 <= delay <= 0.3 for delay in delays)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == [], (
        "faults log no warnings"
    )


@pytest.mark.slow
def test_a_share_of_a_half_is_kept_and_kinds_are_equally_likely(
    db: Path, expected_bodies: list[bytes], delays: list[float]
) -> None:
    with LocalServer(db, faults=0.5) as server:
        actual = [outcome.partition(" ")[0] for outcome in outcomes(server, expected_bodies, delays, 100)]
    counts = {kind: actual.count(kind) for kind in set(actual)}
    assert 160 <= counts.pop("answered") <= 240
    assert all(25 <= count <= 55 for count in counts.values()), counts


@pytest.mark.slow
def test_the_seed_repeats_the_faults(db: Path, expected_bodies: list[bytes], delays: list[float]) -> None:
    first = LocalServer(db, faults=0.5, faults_seed=1)
    runs = []
    for server in (first, first, LocalServer(db, faults=0.5, faults_seed=1)):
        with server:
            runs.append(outcomes(server, expected_bodies, delays, 10))
    assert runs[0] == runs[1] == runs[2]
    with LocalServer(db, faults=0.5, faults_seed=2) as server:
        assert outcomes(server, expected_bodies, delays, 10) != runs[0]


@pytest.mark.slow
def test_a_larger_share_adds_faults_and_changes_none(
    db: Path, expected_bodies: list[bytes], delays: list[float]
) -> None:
    with LocalServer(db, faults=0.2) as server:
        few = outcomes(server, expected_bodies, delays, 10)
    with LocalServer(db, faults=0.6) as server:
        many = outcomes(server, expected_bodies, delays, 10)
    assert few.count("answered") > many.count("answered")
    assert all(kind in ("answered", kind_of_many) for kind, kind_of_many in zip(few, many, strict=True))


@pytest.mark.slow
def test_ingest_gets_no_faults() -> None:
    with LocalServer(faults=1) as server:
        assert {export(server, number) for number in range(1, 31)} == {200}


def test_requests_that_reach_no_operation_get_no_faults() -> None:
    """Their responses are 401, 404 and 405: wrong key, unknown path, wrong method."""
    with LocalServer(api_key=KEY, faults=1) as server, contract_client(server) as client:
        for _ in range(20):
            assert client.get("/usage/sessions/s", params=WINDOW).status_code == 401
            key = {"x-api-key": KEY}
            assert client.get("/elsewhere", headers=key).status_code == 404
            assert client.delete("/sdk/traces", headers=key).status_code == 405


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_share_outside_0_to_1_is_rejected(
    share: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="faults must be a share from 0 to 1"):
        LocalServer(faults=share)
    assert main(["--db", str(tmp_path / "db"), "--port", "0", f"--faults={share}"]) == 1
    assert "faults must be a share from 0 to 1" in capsys.readouterr().err
    assert not (tmp_path / "db").exists()


@pytest.mark.parametrize("option", ["--faults=many", "--faults-seed=0.5"])
def test_the_command_rejects_fault_options_that_are_no_numbers(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([option])
    assert ended.value.code == 2
    assert option.partition("=")[0] in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.process
def test_the_command_injects_faults_and_logs_no_errors(
    db: Path, expected_bodies: list[bytes], delays: list[float]
) -> None:
    with LocalServer(db, faults=0.8, faults_seed=3) as server:
        expected = outcomes(server, expected_bodies, delays, 5)
    options = ["--db", str(db), "--faults", "0.8", "--faults-seed", "3"]
    with command(*options) as (process, _, url), httpx.Client(base_url=url) as client:
        actual = [
            outcome(client, client.build_request(method, path, **arguments), content, [])
            for _ in range(5)
            for (method, path, arguments), content in zip(READS, expected_bodies, strict=True)
        ]
        assert actual == [kind.replace("delayed", "answered") for kind in expected]
        assert process.stdout is not None
        assert process.stdout.readline() == "faults: a share of 0.8 of the reading requests, seed 3\n"
        process.terminate()
        assert process.communicate(timeout=30) == ("", "")


@pytest.mark.slow
@pytest.mark.process
def test_the_complete_example_prints_the_same_with_faults(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "agent.db"
    with LocalServer(path, api_key=KEY) as server:
        run_agent(server.endpoint, api_key=KEY)
        expected = run(COMPLETE, server)
    with (
        LocalServer(path, api_key=KEY, faults=0.3, faults_seed=12) as server,
        caplog.at_level(logging.DEBUG, logger="netra.local"),
    ):
        assert run(COMPLETE, server) == expected
    injected = {
        record.getMessage().rpartition(": ")[2] for record in caplog.records if record.name == "netra.local"
    }
    assert injected == KINDS
