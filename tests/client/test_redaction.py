"""The API key is never shown, and is sent only to the configured origin."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import netra
from netra import Netra, NetraError
from tests.faults.wire import FAULTS
from tests.support.rows import END, START, session_usage
from tests.support.scripted import Reply, Request, Scripted, respond, response_bytes

KEY = "sk-7f3a-secret"


def netra_frames(error: BaseException) -> Iterator[str]:
    """Yield the local variables of our frames, as an error report may print them."""
    for trace, _ in traceback.walk_tb(error.__traceback__):
        if trace.f_globals["__name__"].startswith(("netra.", "netra_api.")):
            yield from (repr(value) for value in trace.f_locals.values())


def assert_hidden(error: BaseException) -> None:
    shown = [str(error), repr(error), repr(vars(error)), *netra_frames(error)]
    again = pickle.loads(pickle.dumps(error))
    shown += [pickle.dumps(error).decode("latin-1"), repr(vars(again))]
    shown += traceback.format_exception(error)
    for link in (error.__cause__, error.__context__):
        assert getattr(link, "_request", None) is None  # some pickle causes, too
    assert not [text for text in shown if KEY in text]


def echoing(request: Request, status: int) -> Reply:
    """Respond with the headers of the request, like a service that echoes its input."""
    headers = {"x-request-id": request.headers.get("x-api-key", ""), "location": f"/{KEY}"}
    return respond({"message": f"you sent {request.headers}"}, status=status, headers=headers)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 418, 500])
def test_an_echoed_key_is_not_in_the_error(
    scripted: Scripted, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server = scripted(lambda request: echoing(request, status))
    with (
        Netra(endpoint=server.url, api_key=KEY, max_retries=0) as client,
        pytest.raises(NetraError) as caught,
    ):
        list(client.usage.iter_traces(START, END))
    assert server.requests[0].headers["x-api-key"] == KEY
    assert "***" in str(caught.value)
    assert_hidden(caught.value)
    assert KEY not in "\n".join(record.getMessage() for record in caplog.records if record.name == "netra")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("status", [200, 401])
def test_a_key_echoed_in_another_encoding_is_not_in_the_error(
    scripted: Scripted, status: int, encoding: str
) -> None:
    body = f'{{"message": "you sent {KEY}"}}'.encode(encoding)
    server = scripted(lambda _: respond(status=status, body=body))
    with (
        Netra(endpoint=server.url, api_key=KEY, max_retries=0) as client,
        pytest.raises(NetraError) as caught,
    ):
        client.usage.list_traces(START, END)
    assert KEY not in str(caught.value).replace("\0", "") + str(vars(caught.value)).replace("\\x00", "")
    assert_hidden(caught.value)


@pytest.mark.parametrize(
    "fault", ["resets before the response", "sends garbage", "sends nothing", "closes in the body"]
)
def test_a_broken_connection_does_not_show_the_key(scripted: Scripted, fault: str) -> None:
    server = scripted(lambda _: FAULTS[fault](response_bytes({"data": session_usage()})))
    limits: dict[str, Any] = {"timeout": 0.1, "max_retries": 0}
    with Netra(endpoint=server.url, api_key=KEY, **limits) as client, pytest.raises(NetraError) as caught:
        client.usage.get_session_usage("session-123", START, END)
    assert_hidden(caught.value)


def test_cookies_are_neither_kept_nor_sent_back(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({"data": session_usage()}, headers={"set-cookie": "sid=1"}))
    with Netra(endpoint=server.url) as client:
        for _ in range(2):
            client.usage.get_session_usage("session-123", START, END)
    assert all("cookie" not in sent.headers for sent in server.requests)


def test_no_object_shows_the_key() -> None:
    with Netra(endpoint="http://127.0.0.1:1", api_key=KEY, headers={"authorization": KEY}) as client:
        shown = [repr(found) for found in (client, vars(client), client.usage, vars(client.usage))]
        shown += [repr(vars(client.usage._transport)), str(client), str(client.usage)]
    assert KEY not in "".join(shown)


def test_the_key_is_not_in_the_url(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({"data": session_usage()}))
    with Netra(endpoint=server.url, api_key=KEY) as client:
        client.usage.get_session_usage("session-123", START, END)
    assert KEY not in server.requests[0].target


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("own_client", [False, True])
def test_the_key_never_follows_a_redirect(scripted: Scripted, status: int, own_client: bool) -> None:
    elsewhere = scripted(lambda _: respond({"data": session_usage()}))
    server = scripted(lambda _: respond(status=status, headers={"location": f"{elsewhere.url}/usage"}))
    with httpx.Client(follow_redirects=True) as http:
        client = Netra(endpoint=server.url, api_key=KEY, http_client=http if own_client else None)
        with client, pytest.raises(netra.APIStatusError, match="Redirects are not followed"):
            client.usage.get_session_usage("session-123", START, END)
    assert len(server.requests) == 1
    assert elsewhere.requests == []


def test_a_callers_http_client_does_not_keep_the_key(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({"data": session_usage()}))
    with httpx.Client() as http, Netra(endpoint=server.url, api_key=KEY, http_client=http) as client:
        client.usage.get_session_usage("session-123", START, END)
        http.get(f"{server.url}/other")
    assert [KEY in sent.headers.values() for sent in server.requests] == [True, False]


def test_plain_http_to_another_machine_warns_once() -> None:
    with pytest.warns(UserWarning, match="not encrypted") as caught:
        Netra(endpoint="http://netra-one.example", api_key=KEY)
    Netra(
        endpoint="http://netra-one.example/telemetry", api_key=KEY
    )  # a second warning would be an error here
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="not encrypted") as caught:
        Netra.init(endpoint="http://netra-two.example")
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://localhost:1",
        "http://api.localhost",
        "http://127.0.0.2",
        "http://[::1]:1",
        "https://netra.example",
    ],
)
def test_local_addresses_and_https_do_not_warn(endpoint: str) -> None:
    Netra(endpoint=endpoint, api_key=KEY).close()
