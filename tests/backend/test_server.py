"""The server starts and stops cleanly, in this process and as a command."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Timer

import httpx
import pytest

from netra.local import LocalServer
from netra.local.__main__ import main
from netra.local._span import Span
from netra.local._store import Store

from .command import command
from .contract import contract_client
from .otlp import PROTOBUF, WINDOW, body_of, make_span

HEADERS = {"content-type": PROTOBUF}


def open_files() -> set[str]:
    """Return the open files of this process, with sockets and pipes."""
    directory = Path("/proc/self/fd")
    names = set()
    for entry in directory.iterdir():
        try:
            names.add(f"{entry.name} {entry.readlink()}")
        except FileNotFoundError:
            continue
    return names


def test_stop_leaves_no_thread_no_open_file_and_no_bound_port() -> None:
    threads = set(threading.enumerate())
    has_proc = Path("/proc/self/fd").exists()
    files = open_files() if has_proc else set()
    with LocalServer() as server:
        port = int(server.url.rpartition(":")[2])
        with httpx.Client(base_url=server.url) as client, ThreadPoolExecutor(8) as pool:
            bodies = [body_of([make_span(n, n, {"session.id": "s"})]) for n in range(1, 51)]
            posts = pool.map(
                lambda body: client.post("/telemetry/v1/traces", content=body, headers=HEADERS), bodies
            )
            assert {post.status_code for post in posts} == {200}
            usage = client.get("/usage/sessions/s", params=WINDOW).json()["data"]
            assert usage["requestsCount"] == 50
    assert set(threading.enumerate()) <= threads
    if has_proc:
        assert open_files() <= files
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_an_idle_connection_does_not_delay_stop() -> None:
    with LocalServer() as server, httpx.Client(base_url=server.url) as client:
        client.get("/")
        server.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{client.base_url.port}/")


@pytest.mark.slow
def test_it_can_be_restarted_and_several_run_concurrently() -> None:
    with LocalServer() as first, LocalServer() as second:
        assert first.url != second.url
        httpx.post(f"{first.endpoint}/v1/traces", content=body_of([make_span(1, 1)]), headers=HEADERS)
        body = {**WINDOW, "filters": []}
        counts = []
        for server in (first, second):
            with contract_client(server) as client:
                counts.append(len(client.post("/sdk/traces", json=body).json()["data"]["data"]))
        assert counts == [1, 0]
    first.start()
    with contract_client(first) as client:
        listed = client.post("/sdk/traces", json=body).json()["data"]["data"]
        assert listed == [], "without a file, data ends with the server"
    first.stop()
    first.stop()


def test_url_and_endpoint_are_available_only_while_it_runs() -> None:
    server = LocalServer()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.url
    with server:
        assert re.fullmatch(r"http://127\.0\.0\.1:[0-9]+", server.url)
        assert server.endpoint == f"{server.url}/telemetry"
        with pytest.raises(RuntimeError, match="already running"):
            server.start()
    with pytest.raises(RuntimeError, match="not running"):
        _ = server.endpoint


def test_a_failed_start_raises_and_leaves_no_threads(tmp_path: Path) -> None:
    threads = set(threading.enumerate())
    with LocalServer() as server, pytest.raises(OSError, match="in use"):
        LocalServer(port=int(server.url.rpartition(":")[2])).start()
    text = tmp_path / "text.db"
    text.write_text("this is no database, " * 500)
    with pytest.raises(Exception, match="not a database"):
        LocalServer(db=text).start()
    foreign = tmp_path / "foreign.db"
    other = sqlite3.connect(foreign)
    other.execute("CREATE TABLE mine (a)")
    other.close()
    with pytest.raises(ValueError, match="name another file"):
        LocalServer(db=foreign).start()
    with pytest.raises(Exception, match="open"):
        LocalServer(db=tmp_path / "no" / "such" / "directory").start()
    with pytest.raises(ValueError, match="api_key"):
        LocalServer(api_key="")
    assert set(threading.enumerate()) <= threads


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_command_keeps_its_data_and_exits_on_both_signals(tmp_path: Path) -> None:
    """SIGTERM and SIGINT both end it with status 0 and without output."""
    db = tmp_path / "kept.db"
    for restarts, number in enumerate((signal.SIGTERM, signal.SIGINT), start=1):
        with command("--db", str(db), "--api-key", "secret") as (process, line, url):
            assert f"NETRA_OTLP_ENDPOINT={url}/telemetry" in line
            assert httpx.get(f"{url}/usage/sessions/s", params=WINDOW).status_code == 401
            span = make_span(restarts, restarts, {"session.id": "s"})
            key = {"x-api-key": "secret"}
            headers = {**HEADERS, **key}
            sent = httpx.post(f"{url}/telemetry/v1/traces", content=body_of([span]), headers=headers)
            assert sent.status_code == 200
            usage = httpx.get(f"{url}/usage/sessions/s", params=WINDOW, headers=key).json()["data"]
            assert usage["requestsCount"] == restarts
            process.send_signal(number)
            out, errors = process.communicate(timeout=30)
            assert (process.returncode, out, errors) == (0, "", "")


def test_the_command_says_why_it_cannot_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with LocalServer() as server:
        port = server.url.rpartition(":")[2]
        assert main(["--db", str(tmp_path / "db"), "--port", port]) == 1
    assert "cannot start" in capsys.readouterr().err
    assert main(["--db", str(tmp_path / "db"), "--port", "99999"]) == 1
    assert main(["--db", str(tmp_path), "--port", "0"]) == 1
    assert main(["--db", str(tmp_path / "db"), "--port", "0", "--api-key", ""]) == 1
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == handlers


def test_the_help_lists_all_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    help_text = capsys.readouterr().out
    for option in ("--host", "--port", "--db", "--api-key", "--faults", "--faults-seed", "--cors-origin"):
        assert option in help_text


@pytest.mark.process
@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "google.protobuf", "opentelemetry.proto"])
def test_without_its_packages_the_import_error_names_them(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; import netra.local"
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert "ImportError: netra.local needs" in result.stderr
    assert "pip install opentelemetry-proto starlette uvicorn" in result.stderr


def test_the_server_imports_nothing_of_the_client() -> None:
    package = Path(sys.modules["netra.local"].__file__ or "").parent
    imports = re.compile(r"^\s*(?:from|import) (netra(?:\.[a-z_]+)*|\.\.[a-z_.]*)\b", re.MULTILINE)
    for path in package.glob("*.py"):
        for name in imports.findall(path.read_text(encoding="utf-8")):
            assert name == "netra.local", f"{path.name} imports {name}"


def test_requests_in_progress_are_answered_before_it_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    ingest_started, continue_ingest = Event(), Event()
    ingest = Store.ingest

    def slow_ingest(store: Store, spans: Sequence[Span]) -> None:
        ingest_started.set()
        assert continue_ingest.wait(10)
        ingest(store, spans)

    monkeypatch.setattr(Store, "ingest", slow_ingest)
    body = body_of([make_span(1, 1)])
    with LocalServer() as server, ThreadPoolExecutor(1) as pool:
        post = pool.submit(
            httpx.post, f"{server.endpoint}/v1/traces", content=body, headers=HEADERS, timeout=30
        )
        assert ingest_started.wait(10)
        Timer(0.2, continue_ingest.set).start()
        server.stop()
        assert post.result().status_code == 200
