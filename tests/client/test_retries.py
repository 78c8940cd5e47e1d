"""When a call is retried, how long it waits, and what ends it."""

from __future__ import annotations

import logging
import math
from typing import Any

import httpx
import pytest

import netra
from netra import Netra
from netra._core import retry
from netra._core.config import Config
from netra._core.connection_errors import AttemptLimits, connection_error
from netra._core.operations import get_session_usage
from netra._core.options import Options
from netra._core.parameters import UsageQuery
from netra._core.retry import backoff_before_retry
from netra._sync.transport import Transport
from netra.errors import NetraError, error_class_for
from tests.faults.wire import drip_forever
from tests.support.rows import END, START, page, session_usage, trace
from tests.support.scripted import Reply, Request, Scripted, respond, response_bytes, send_bytes


def status(code: int, retry_after: float | None = None) -> NetraError:
    return error_class_for(code)("m", status_code=code, retry_after=retry_after)


def longest_backoff(
    error: NetraError, attempt: int = 1, max_retries: int = 4, seconds_left: float = 1e9
) -> float | None:
    """Return the longest possible backoff, or None if the call is not retried."""
    return backoff_before_retry(error, attempt, max_retries, seconds_left, lambda: 1.0)


TRANSIENT = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524]


def test_only_transient_statuses_are_retried() -> None:
    retried = [code for code in (*range(300, 600), 698, 999) if longest_backoff(status(code)) is not None]
    assert retried == TRANSIENT


@pytest.mark.parametrize(
    ("error", "retried"),
    [
        (netra.APIConnectionError("m"), True),
        (netra.APITimeoutError("m"), True),
        (netra.APIResponseValidationError("m"), False),
        (netra.PaginationError("m"), False),
        (netra.InvalidRequestError("m"), False),
        (netra.ConfigurationError("m"), False),
        (netra.NotInitializedError("m"), False),
        (netra.NetraError("m"), False),
    ],
)
def test_connection_errors_are_retried_but_bad_responses_are_not(error: NetraError, retried: bool) -> None:
    assert (longest_backoff(error) is not None) == retried


def test_the_backoff_doubles_up_to_its_limit_with_full_jitter() -> None:
    error = netra.APIConnectionError("m")
    assert [longest_backoff(error, attempt, 9) for attempt in range(1, 8)] == [0.5, 1, 2, 4, 8, 8, 8]
    assert backoff_before_retry(error, 3, 9, 1e9, lambda: 0.25) == 0.5
    assert backoff_before_retry(error, 3, 9, 1e9, lambda: 0.0) == 0
    assert longest_backoff(error, 5_000, 10_000) == 8


def test_max_retries_limits_the_number_of_attempts() -> None:
    error = netra.APIConnectionError("m")
    assert longest_backoff(error, 1, 0) is None
    assert longest_backoff(error, 4, 4) is not None
    assert longest_backoff(error, 5, 4) is None


@pytest.mark.parametrize(
    ("retry_after", "backoff"),
    [(0, 0.5), (0.2, 0.5), (7, 7), (59.9, 59.9), (60, 60), (60.1, None), (1e6, None)],
)
def test_retry_after_is_respected_up_to_one_minute(retry_after: float, backoff: float | None) -> None:
    """A longer one is raised as an error at once."""
    assert longest_backoff(status(429, retry_after)) == backoff
    assert longest_backoff(status(503, retry_after)) == backoff
    assert longest_backoff(status(400, retry_after)) is None


def test_no_backoff_passes_the_deadline() -> None:
    assert longest_backoff(status(429, 7), seconds_left=7.1) == 7
    assert longest_backoff(status(429, 7), seconds_left=7) is None
    assert longest_backoff(status(503), seconds_left=-1) is None


# ---------------------------------------------------------------- over sockets


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the sleeps of the client instead of sleeping."""
    slept: list[float] = []
    monkeypatch.setattr(Transport, "_sleep", lambda _, seconds, group: slept.append(seconds))
    return slept


def failing(times: int, reply: Reply) -> Any:
    left = [times]

    def script(_: Request) -> Reply:
        left[0] -= 1
        return reply if left[0] >= 0 else respond({"data": session_usage()})

    return script


def test_a_call_makes_five_attempts_by_default(scripted: Scripted, sleeps: list[float]) -> None:
    server = scripted(failing(4, respond(status=503)))
    with Netra(endpoint=server.url) as client:
        assert client.usage.get_session_usage("session-123", START, END)
        assert (len(server.requests), len(sleeps)) == (5, 4)
        server.script = failing(5, respond(status=503))
        with pytest.raises(netra.ServerError):
            client.usage.get_session_usage("session-123", START, END)
        assert len(server.requests) == 10
    assert all(wait <= longest for wait, longest in zip(sleeps, [0.5, 1, 2, 4] * 2, strict=True))


def test_each_attempt_sends_the_same_request(scripted: Scripted, sleeps: list[float]) -> None:
    left = [2]

    def script(_: Request) -> Reply:
        left[0] -= 1
        return respond(status=502) if left[0] >= 0 else respond(page([]))

    server = scripted(script)
    with Netra(endpoint=server.url, api_key="k") as client:
        client.usage.list_traces(START, END, tenant_id="t")
    first, *others = [(sent.method, sent.target, sent.headers, sent.body) for sent in server.requests]
    assert others == [first, first]


def test_retry_after_sets_the_backoff(scripted: Scripted, sleeps: list[float]) -> None:
    server = scripted(failing(1, respond(status=429, headers={"retry-after": "30"})))
    with Netra(endpoint=server.url) as client:
        client.usage.get_session_usage("session-123", START, END)
    assert sleeps == [pytest.approx(30, abs=1)]


@pytest.mark.parametrize("where", ["client", "call"])
def test_limits_can_be_set_for_a_client_or_a_call(
    scripted: Scripted, sleeps: list[float], where: str
) -> None:
    server = scripted(failing(9, respond(status=503)))
    limits: dict[str, Any] = {"max_retries": 1}
    with Netra(endpoint=server.url, **(limits if where == "client" else {})) as client:
        usage = client.usage if where == "client" else client.usage.with_options(**limits)
        with pytest.raises(netra.ServerError):
            usage.get_session_usage("session-123", START, END)
    assert len(server.requests) == 2


def test_options_of_a_call_change_nothing_else(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({"data": session_usage()}))
    with Netra(endpoint=server.url) as client:
        usage = client.usage.with_options(timeout=3).with_options(deadline=4)
        assert usage._options == Options().changed(timeout=3, deadline=4)
        assert client.usage._options == Options()
        usage.get_session_usage("session-123", START, END)
        client.usage.get_session_usage("session-123", START, END)
    assert server.connections == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_retries": -1},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"deadline": 0},
        {"deadline": float("nan")},
        {"timeout": -1},
        {"max_response_bytes": 0},
    ],
)
def test_invalid_limits_are_rejected_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(netra.ConfigurationError, match=name):
        Netra(endpoint="http://127.0.0.1:1", **wrong)
    with pytest.raises(netra.ConfigurationError, match=name):
        Netra(endpoint="http://127.0.0.1:1").usage.with_options(**wrong)


def test_an_endless_body_ends_at_the_deadline(scripted: Scripted) -> None:
    server = scripted(lambda _: drip_forever(response_bytes({})))
    late = pytest.raises(netra.APITimeoutError, match="deadline")
    with Netra(endpoint=server.url, timeout=5, deadline=0.3) as client, late:
        client.usage.get_session_usage("session-123", START, END)
    assert len(server.requests) == 1


def test_a_failure_near_the_deadline_is_raised_at_once(scripted: Scripted, sleeps: list[float]) -> None:
    server = scripted(lambda _: respond(status=503, headers={"retry-after": "5"}))
    with Netra(endpoint=server.url, deadline=4) as client, pytest.raises(netra.ServerError):
        client.usage.get_session_usage("session-123", START, END)
    assert (len(server.requests), sleeps) == (1, [])


def test_a_timeout_may_be_an_httpx_timeout(scripted: Scripted) -> None:
    async def silence(_: Any) -> None:
        return None

    server = scripted(lambda _: silence)
    parts = httpx.Timeout(60, read=0.1)
    with (
        Netra(endpoint=server.url, timeout=parts, max_retries=0) as client,
        pytest.raises(netra.APITimeoutError),
    ):
        client.usage.get_session_usage("session-123", START, END)


@pytest.mark.slow
def test_a_body_larger_than_the_limit_is_rejected_early(scripted: Scripted) -> None:
    row = trace(name="x" * 10_000_000)
    server = scripted(lambda _: respond(page([row])))
    with Netra(endpoint=server.url) as client:
        assert client.usage.list_traces(START, END).traces[0].name == row["name"]
        with pytest.raises(netra.APIResponseValidationError, match="max_response_bytes"):
            client.usage.with_options(max_response_bytes=1_000_000).list_traces(START, END)


# ---------------------------------------------------------------- exceptions of httpx

CONFIG = Config(base_url="http://h", headers={"x-api-key": "key-7f3a"}, options=Options())
LIMITS = AttemptLimits(1, 300.0, math.inf, {"read": 10.0})


def exceptions_of_httpx() -> list[type[Exception]]:
    found = [getattr(httpx, name) for name in httpx.__all__]
    return [cls for cls in found if isinstance(cls, type) and issubclass(cls, Exception)]


@pytest.mark.parametrize("cls", exceptions_of_httpx(), ids=lambda cls: cls.__name__)
def test_every_httpx_exception_becomes_a_netra_error(cls: type[Exception]) -> None:
    error = cls.__new__(cls)
    Exception.__init__(error, "illegal header value b'key-7f3a'")
    netra_error = connection_error(
        get_session_usage(UsageQuery("session-123", START, END)), CONFIG, error, LIMITS, None
    )
    timeouts = (httpx.TimeoutException,)
    settings = (httpx.UnsupportedProtocol, httpx.InvalidURL)
    expected: type[NetraError] = netra.APIConnectionError
    if issubclass(cls, timeouts):
        expected = netra.APITimeoutError
    elif issubclass(cls, settings):
        expected = netra.ConfigurationError
    elif issubclass(cls, httpx.LocalProtocolError):
        expected = netra.InvalidRequestError
    assert type(netra_error) is expected
    assert cls.__name__ in str(netra_error)
    assert "GET /usage/sessions/s" in str(netra_error)
    assert "key-7f3a" not in str(netra_error)


def test_an_exception_not_wrapped_by_httpx_is_a_netra_error() -> None:
    with Netra(endpoint="http://a..localhost:1", max_retries=0) as client, pytest.raises(netra.NetraError):
        client.usage.get_session_usage("session-123", START, END)


# ---------------------------------------------------------------- logging


def test_every_attempt_logs_a_debug_line(
    scripted: Scripted, sleeps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "netra")
    server = scripted(failing(1, respond(status=503)))
    with Netra(endpoint=server.url, api_key="key-7f3a") as client:
        client.usage.get_session_usage("session-123", START, END)
    first, second = [record.getMessage() for record in caplog.records if record.name == "netra"]
    assert first.startswith("GET /usage/sessions/session-123: 503, attempt 1, ")
    assert "next attempt in" in first
    assert second.startswith("GET /usage/sessions/session-123: 200, attempt 2, ")
    assert {record.levelno for record in caplog.records if record.name == "netra"} == {logging.DEBUG}
    assert "key-7f3a" not in caplog.text


def test_no_logger_is_configured() -> None:
    logger = logging.getLogger("netra")
    assert (logger.handlers, logger.level, logger.propagate) == ([], logging.NOTSET, True)


def test_the_default_limits_are_the_documented_ones() -> None:
    assert (retry.INITIAL_BACKOFF, retry.MAX_BACKOFF, retry.MAX_RETRY_AFTER) == (0.5, 8, 60)
    assert Options() == Options(
        timeout=httpx.Timeout(10), max_retries=4, deadline=300, max_response_bytes=10**8
    )


def test_after_connection_close_a_new_connection_is_used(scripted: Scripted) -> None:
    closing = response_bytes({"data": session_usage()}, headers={"connection": "close"})
    server = scripted(lambda _: send_bytes(closing))
    with Netra(endpoint=server.url, max_retries=0) as client:
        for _ in range(3):
            assert client.usage.get_session_usage("session-123", START, END)
    assert server.connections == 3
