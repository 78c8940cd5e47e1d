"""Threads, forks, interrupts, proxies, clients that are never closed, and HTTP clients of the caller."""

from __future__ import annotations

import gc
import gzip
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from netra import (
    APIConnectionError,
    APIResponseValidationError,
    AuthenticationError,
    ConfigurationError,
    Netra,
    NotInitializedError,
)
from tests.faults.wire import FAULTS, then_silence
from tests.support import waiting
from tests.support.rows import END, START, page, requested_id, session_usage, trace
from tests.support.scripted import Reply, Request, Scripted, respond, response_bytes

ROOT = Path(__file__).parents[2]
wait_until = partial(waiting.wait_until, seconds=5)


def usage(request: Request) -> Reply:
    return respond({"data": session_usage(session_id=requested_id(request.path))})


def three_pages(request: Request) -> Reply:
    cursor = request.json["pagination"].get("cursor", "cursor-0")
    number = int(cursor.removeprefix("cursor-")) + 1
    return respond(page([trace(number)], more=number < 3))


@pytest.mark.slow
def test_32_threads_get_their_own_responses_from_one_client(scripted: Scripted) -> None:
    def reply(request: Request) -> Reply:
        session = request.path.rpartition("/")[2]
        return respond({"data": session_usage(session_id=session, tokenCount=int(session))})

    server = scripted(reply)
    wrong: list[Any] = []

    def work(number: int) -> None:
        for step in range(20):
            session = str(number * 1000 + step)
            found = client.usage.get_session_usage(session, START, END)
            if found is None or (found.session_id, found.token_count) != (session, int(session)):
                wrong.append((session, found))

    with Netra(endpoint=server.url) as client:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(server.requests) == 640


FORKING = """
import os, sys
from netra import Netra
client = Netra(endpoint=sys.argv[1])
client.usage.get_session_usage("parent-1", sys.argv[2], sys.argv[3])
child = os.fork()
who = "child" if child == 0 else "parent"
if child:
    assert os.waitpid(child, 0)[1] == 0
client.usage.get_session_usage(f"{who}-2", sys.argv[2], sys.argv[3])
"""


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_after_a_fork_each_process_has_its_own_connections(scripted: Scripted) -> None:
    server = scripted(usage)
    subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKING, server.url, START, END], check=True, timeout=60
    )
    connections = {sent.path.rpartition("/")[2]: sent.connection for sent in server.requests}
    assert connections == {"parent-1": 1, "child-2": 2, "parent-2": 1}


def test_a_callers_http_client_is_rejected_after_a_fork(scripted: Scripted) -> None:
    with httpx.Client() as http, Netra(endpoint="http://127.0.0.1:1", http_client=http) as client:
        client.usage._transport.after_fork()  # what os.fork calls in the child
        with pytest.raises(NotInitializedError, match="fork"):
            client.usage.get_session_usage("s", START, END)


def test_garbage_collecting_a_client_closes_its_sockets(scripted: Scripted) -> None:
    server = scripted(usage)
    client = Netra(endpoint=server.url)
    client.usage.get_session_usage("s", START, END)
    assert server.open_connections == 1
    del client
    gc.collect()
    assert wait_until(lambda: server.open_connections == 0)


@pytest.mark.slow
@pytest.mark.process
def test_a_program_that_never_closes_exits_without_warnings(scripted: Scripted) -> None:
    program = (
        "import sys; from netra import Netra; Netra.init(endpoint=sys.argv[1]);"
        "Netra.usage.get_session_usage('s', sys.argv[2], sys.argv[3])"
    )
    server = scripted(usage)
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program, server.url, START, END],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.stdout, result.stderr) == ("", "")


@pytest.mark.slow
def test_closing_during_a_call_raises_a_clear_error(scripted: Scripted) -> None:
    server = scripted(lambda _: then_silence(lambda _: b"")(b""))
    client = Netra(endpoint=server.url, timeout=1)
    caught: list[BaseException] = []

    def call() -> None:
        try:
            client.usage.get_session_usage("s", START, END)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert wait_until(lambda: len(server.requests) == 1)
    client.close()
    thread.join(20)
    assert isinstance(caught[0], NotInitializedError | APIConnectionError)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer")
def test_an_interrupted_iteration_continues_without_loss(scripted: Scripted) -> None:
    silent = [True]

    def reply(request: Request) -> Reply:
        if request.json["pagination"].get("cursor") == "cursor-1" and silent:
            silent.clear()
            return FAULTS["stops in the body"](response_bytes(page([trace(2)], more=True)))
        return three_pages(request)

    server = scripted(reply)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    try:
        with Netra(endpoint=server.url, timeout=20) as client:
            iterator = client.usage.iter_traces(START, END)
            assert next(iterator).id == "trace-1"
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            with pytest.raises(KeyboardInterrupt):
                next(iterator)
            assert [row.id for row in iterator] == ["trace-2", "trace-3"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_proxy_environment_variables_are_used(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = scripted(usage)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    with pytest.warns(UserWarning, match="not encrypted"):
        client = Netra(endpoint="http://netra.behind-a-proxy.example/base", api_key="k")
    with client:
        assert client.usage.get_session_usage("s", START, END)
    (sent,) = proxy.requests
    assert sent.target.startswith("http://netra.behind-a-proxy.example/base/usage/sessions/s?")


def test_an_invalid_proxy_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="ALL_PROXY"):
        Netra(endpoint="http://127.0.0.1:1")


def test_a_callers_http_client_keeps_its_own_settings(scripted: Scripted) -> None:
    """Retries, timeouts and complete iteration work with it as well."""
    failing = [True]

    def reply(request: Request) -> Reply:
        if failing:
            failing.clear()
            return FAULTS["closes in the body"](response_bytes(page([trace(1)])))
        return three_pages(request)

    server = scripted(reply)
    with httpx.Client(headers={"x-corporate": "yes"}, timeout=0.001, params={"tag": "1"}) as http:
        with Netra(endpoint=server.url, api_key="k", http_client=http, timeout=5) as client:
            rows = [row.id for row in client.usage.iter_traces(START, END)]
        assert rows == ["trace-1", "trace-2", "trace-3"]
        assert not http.is_closed
        assert http.headers.get("x-api-key") is None
        with pytest.raises(NotInitializedError, match="closed"):
            client.usage.list_traces(START, END)
    assert {sent.headers["x-corporate"] for sent in server.requests} == {"yes"}
    assert {sent.query["tag"] for sent in server.requests} == {"1"}
    assert all(sent.headers["user-agent"].startswith("netra-sdk-python/") for sent in server.requests)


def test_a_callers_closed_http_client_raises_a_clear_error() -> None:
    http = httpx.Client()
    http.close()
    rejected = pytest.raises(NotInitializedError, match="http_client")
    with Netra(endpoint="http://127.0.0.1:1", http_client=http) as client, rejected:
        client.usage.get_session_usage("s", START, END)


def test_an_http_client_of_the_wrong_kind_is_rejected() -> None:
    wrong: Any = httpx.AsyncClient()
    with pytest.raises(ConfigurationError, match="AsyncClient"):
        Netra(endpoint="http://127.0.0.1:1", http_client=wrong)


def test_a_connection_closed_by_the_service_is_replaced(scripted: Scripted) -> None:
    server = scripted(
        lambda _: FAULTS["closes after each response"](
            response_bytes({"data": session_usage(session_id="s")})
        )
    )
    with Netra(endpoint=server.url, max_retries=1) as client:
        for _ in range(3):
            assert client.usage.get_session_usage("s", START, END)
            assert wait_until(lambda: server.open_connections == 0)
    assert server.connections == 3


def test_an_unfinished_response_does_not_affect_the_next_call(scripted: Scripted) -> None:
    large = FAULTS["responds 200 with a too large body"](response_bytes({}))
    replies = iter([large])
    server = scripted(lambda request: next(replies, None) or usage(request))
    with Netra(endpoint=server.url, max_response_bytes=1_000, max_retries=0) as client:
        with pytest.raises(Exception, match="max_response_bytes"):
            client.usage.get_session_usage("s", START, END)
        assert client.usage.get_session_usage("s", START, END)


def test_after_an_interrupt_a_new_connection_is_used(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = scripted(usage)
    with Netra(endpoint=server.url) as client:
        client.usage.get_session_usage("s", START, END)
        with monkeypatch.context() as patch:
            patch.setattr(
                "netra._core.response_body.ResponseBody.feed",
                lambda *_: (_ for _ in ()).throw(KeyboardInterrupt),
            )
            with pytest.raises(KeyboardInterrupt):
                client.usage.get_session_usage("s", START, END)
        client.usage.get_session_usage("s", START, END)
    assert [sent.connection for sent in server.requests] == [1, 1, 2]


def test_a_raise_for_status_hook_changes_no_error(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({"message": "no"}, status=401))
    hooks = {"response": [lambda response: response.raise_for_status()]}
    rejected = pytest.raises(AuthenticationError)
    http = httpx.Client(event_hooks=hooks)
    with http, Netra(endpoint=server.url, http_client=http) as client, rejected as caught:
        client.usage.get_session_usage("s", START, END)
    assert (caught.value.status_code, caught.value.__cause__) == (401, None)
    assert len(server.requests) == 1


def test_nested_content_encodings_are_rejected(scripted: Scripted) -> None:
    packed = gzip.compress(gzip.compress(bytes(1_000_000)))
    server = scripted(lambda _: respond(body=packed, headers={"content-encoding": "gzip, gzip"}))
    with Netra(endpoint=server.url) as client, pytest.raises(APIResponseValidationError, match="codings"):
        client.usage.get_session_usage("s", START, END)
