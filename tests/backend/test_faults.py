"""Faults on purpose: which requests meet them, what comes over the wire, and that a program gets through."""

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
    """A file with a trace in it."""
    path = tmp_path_factory.mktemp("faults") / "filled.db"
    with LocalServer(path) as server:
        assert export(server, 1) == 200
    return path


@pytest.fixture(scope="module")
def right(db: Path) -> list[bytes]:
    """The answers to `READS` without faults."""
    with LocalServer(db) as server, contract_client(server) as client:
        return [client.request(method, path, **what).content for method, path, what in READS]


@pytest.fixture
def delays(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of the delays; they are noted and not waited for."""
    seconds: list[float] = []

    async def note(delay: float) -> None:
        seconds.append(delay)

    monkeypatch.setattr(_faults, "sleep", note)
    return seconds


def export(server: LocalServer, number: int) -> int:
    span = make_span(number, number, {"session.id": "s", "netra.tenant_id": "t"})
    headers = {"content-type": PROTOBUF, "x-api-key": KEY}
    return httpx.post(f"{server.endpoint}/v1/traces", content=body_of([span]), headers=headers).status_code


def outcomes(server: LocalServer, right: list[bytes], delays: list[float], rounds: int) -> list[str]:
    """What became of each request, without retries: all four reads, so many times over."""
    found = []
    with contract_client(server) as client:  # which also holds the faults' answers against the contract
        for _ in range(rounds):
            for (method, path, what), content in zip(READS, right, strict=True):
                found.append(outcome(client, client.build_request(method, path, **what), content, delays))
    return found


def outcome(client: httpx.Client, request: httpx.Request, right: bytes, delays: list[float]) -> str:
    delayed = len(delays)
    try:
        answer = client.send(request)
    except httpx.ReadError:
        return "reset"
    except httpx.RemoteProtocolError as error:
        received, expected = map(int, re.findall("[0-9]+", str(error)))
        return "truncated" if received < expected == len(right) else str(error)
    if answer.status_code == 429:
        return f"429 after {answer.headers['retry-after']} s"
    if answer.status_code == 503:
        return "503"
    assert (answer.status_code, answer.content) == (200, right)
    return "delayed" if len(delays) > delayed else "answered"


def test_a_share_of_0_gives_no_fault(db: Path, right: list[bytes], delays: list[float]) -> None:
    with LocalServer(db, faults=0) as server:
        assert set(outcomes(server, right, delays, 10)) == {"answered"}


def test_a_share_of_1_gives_nothing_but_faults_and_each_really_happens(
    db: Path, right: list[bytes], delays: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    with LocalServer(db, faults=1) as server:
        found = outcomes(server, right, delays, 15)
    assert set(found) == FAULTS
    for read in range(len(READS)):
        kinds = {outcome.partition(" ")[0] for outcome in found[read :: len(READS)]}
        assert kinds == KINDS, READS[read]
    assert all(0.05 <= delay <= 0.3 for delay in delays)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == [], "all this was meant"


def test_a_share_between_is_kept_and_the_kinds_are_even(
    db: Path, right: list[bytes], delays: list[float]
) -> None:
    with LocalServer(db, faults=0.5) as server:
        found = [outcome.partition(" ")[0] for outcome in outcomes(server, right, delays, 100)]
    counts = {kind: found.count(kind) for kind in set(found)}
    assert 160 <= counts.pop("answered") <= 240
    assert all(25 <= count <= 55 for count in counts.values()), counts


def test_the_seed_repeats_the_faults(db: Path, right: list[bytes], delays: list[float]) -> None:
    first = LocalServer(db, faults=0.5, faults_seed=1)
    runs = []
    for server in (first, first, LocalServer(db, faults=0.5, faults_seed=1)):
        with server:
            runs.append(outcomes(server, right, delays, 10))
    assert runs[0] == runs[1] == runs[2]
    with LocalServer(db, faults=0.5, faults_seed=2) as server:
        assert outcomes(server, right, delays, 10) != runs[0]


def test_a_larger_share_adds_faults_and_changes_none(
    db: Path, right: list[bytes], delays: list[float]
) -> None:
    with LocalServer(db, faults=0.2) as server:
        few = outcomes(server, right, delays, 10)
    with LocalServer(db, faults=0.6) as server:
        many = outcomes(server, right, delays, 10)
    assert few.count("answered") > many.count("answered")
    assert all(kind in ("answered", of_many) for kind, of_many in zip(few, many, strict=True))


def test_taking_spans_in_never_meets_a_fault() -> None:
    with LocalServer(faults=1) as server:
        assert {export(server, number) for number in range(1, 31)} == {200}


def test_what_is_no_read_of_an_operation_never_meets_a_fault() -> None:
    with LocalServer(api_key=KEY, faults=1) as server, contract_client(server) as client:
        for _ in range(20):
            assert client.get("/usage/sessions/s", params=WINDOW).status_code == 401
            key = {"x-api-key": KEY}
            assert client.get("/elsewhere", headers=key).status_code == 404
            assert client.delete("/sdk/traces", headers=key).status_code == 405


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_wrong_share_is_refused(share: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="faults must be a share from 0 to 1"):
        LocalServer(faults=share)
    assert main(["--db", str(tmp_path / "db"), "--port", "0", f"--faults={share}"]) == 1
    assert "faults must be a share from 0 to 1" in capsys.readouterr().err
    assert not (tmp_path / "db").exists()


@pytest.mark.parametrize("option", ["--faults=many", "--faults-seed=0.5"])
def test_the_command_refuses_what_is_no_number(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([option])
    assert ended.value.code == 2
    assert option.partition("=")[0] in capsys.readouterr().err


def test_the_command_has_faults_and_does_not_complain_about_them(
    db: Path, right: list[bytes], delays: list[float]
) -> None:
    with LocalServer(db, faults=0.8, faults_seed=3) as server:
        expected = outcomes(server, right, delays, 5)
    options = ["--db", str(db), "--faults", "0.8", "--faults-seed", "3"]
    with command(*options) as (process, _, url), httpx.Client(base_url=url) as client:
        found = [
            outcome(client, client.build_request(method, path, **what), content, [])
            for _ in range(5)
            for (method, path, what), content in zip(READS, right, strict=True)
        ]
        assert found == [kind.replace("delayed", "answered") for kind in expected]
        assert process.stdout is not None
        assert process.stdout.readline() == "faults: a share of 0.8 of the reading requests, seed 3\n"
        process.terminate()
        assert process.communicate(timeout=30) == ("", "")


def test_the_complete_example_prints_the_same_through_faults(
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
    met = {
        record.getMessage().rpartition(": ")[2] for record in caplog.records if record.name == "netra.local"
    }
    assert met == KINDS
