"""When a call is tried again, how long it waits, and what ends it."""

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
from tests.faults.wire import drip_for_ever
from tests.support.rows import END, START, page, session_usage, trace
from tests.support.scripted import Reply, Request, Scripted, answer, answer_bytes, sending


def status(code: int, retry_after: float | None = None) -> NetraError:
    return error_class_for(code)("m", status_code=code, retry_after=retry_after)


def most(
    error: NetraError, attempt: int = 1, max_retries: int = 4, seconds_left: float = 1e9
) -> float | None:
    """The longest that the wait can be."""
    return backoff_before_retry(error, attempt, max_retries, seconds_left, lambda: 1.0)


TRANSIENT = [408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524]


@pytest.mark.parametrize("code", [*range(300, 600), 698, 999])
def test_exactly_the_passing_statuses_are_tried_again(code: int) -> None:
    assert (most(status(code)) is not None) == (code in TRANSIENT)


@pytest.mark.parametrize(
    ("error", "again"),
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
def test_broken_connections_are_tried_again_and_wrong_answers_are_not(error: NetraError, again: bool) -> None:
    assert (most(error) is not None) == again


def test_the_wait_doubles_up_to_its_limit_with_full_jitter() -> None:
    error = netra.APIConnectionError("m")
    assert [most(error, attempt, 9) for attempt in range(1, 8)] == [0.5, 1, 2, 4, 8, 8, 8]
    assert backoff_before_retry(error, 3, 9, 1e9, lambda: 0.25) == 0.5
    assert backoff_before_retry(error, 3, 9, 1e9, lambda: 0.0) == 0
    assert most(error, 5_000, 10_000) == 8


def test_the_number_of_retries_is_kept() -> None:
    error = netra.APIConnectionError("m")
    assert most(error, 1, 0) is None
    assert most(error, 4, 4) is not None
    assert most(error, 5, 4) is None


@pytest.mark.parametrize(
    ("asked", "waits"), [(0, 0.5), (0.2, 0.5), (7, 7), (59.9, 59.9), (60, 60), (60.1, None), (1e6, None)]
)
def test_retry_after_is_obeyed_up_to_a_minute_and_raised_beyond(asked: float, waits: float | None) -> None:
    assert most(status(429, asked)) == waits
    assert most(status(503, asked)) == waits
    assert most(status(400, asked)) is None


def test_no_wait_goes_past_the_deadline() -> None:
    assert most(status(429, 7), seconds_left=7.1) == 7
    assert most(status(429, 7), seconds_left=7) is None
    assert most(status(503), seconds_left=-1) is None


# ---------------------------------------------------------------- over sockets


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the client would have slept; it does not."""
    slept: list[float] = []
    monkeypatch.setattr(Transport, "_sleep", lambda _, seconds, group: slept.append(seconds))
    return slept


def failing(times: int, reply: Reply) -> Any:
    left = [times]

    def script(_: Request) -> Reply:
        left[0] -= 1
        return reply if left[0] >= 0 else answer({"data": session_usage()})

    return script


def test_a_call_is_tried_five_times_by_default(scripted: Scripted, sleeps: list[float]) -> None:
    server = scripted(failing(4, answer(status=503)))
    with Netra(endpoint=server.url) as client:
        assert client.usage.get_session_usage("session-123", START, END)
        assert (len(server.requests), len(sleeps)) == (5, 4)
        server.script = failing(5, answer(status=503))
        with pytest.raises(netra.ServerError):
            client.usage.get_session_usage("session-123", START, END)
        assert len(server.requests) == 10
    assert all(wait <= longest for wait, longest in zip(sleeps, [0.5, 1, 2, 4] * 2, strict=True))


def test_each_attempt_sends_the_same_request(scripted: Scripted, sleeps: list[float]) -> None:
    left = [2]

    def script(_: Request) -> Reply:
        left[0] -= 1
        return answer(status=502) if left[0] >= 0 else answer(page([]))

    server = scripted(script)
    with Netra(endpoint=server.url, api_key="k") as client:
        client.usage.list_traces(START, END, tenant_id="t")
    first, *others = [(sent.method, sent.target, sent.headers, sent.body) for sent in server.requests]
    assert others == [first, first]


def test_retry_after_decides_the_wait(scripted: Scripted, sleeps: list[float]) -> None:
    server = scripted(failing(1, answer(status=429, headers={"retry-after": "30"})))
    with Netra(endpoint=server.url) as client:
        client.usage.get_session_usage("session-123", START, END)
    assert sleeps == [pytest.approx(30, abs=1)]


@pytest.mark.parametrize("where", ["client", "call"])
def test_limits_are_set_for_a_client_or_for_a_call(
    scripted: Scripted, sleeps: list[float], where: str
) -> None:
    server = scripted(failing(9, answer(status=503)))
    limits: dict[str, Any] = {"max_retries": 1}
    with Netra(endpoint=server.url, **(limits if where == "client" else {})) as client:
        usage = client.usage if where == "client" else client.usage.with_options(**limits)
        with pytest.raises(netra.ServerError):
            usage.get_session_usage("session-123", START, END)
    assert len(server.requests) == 2


def test_options_of_a_call_change_nothing_else(scripted: Scripted) -> None:
    server = scripted(lambda _: answer({"data": session_usage()}))
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
def test_limits_that_make_no_sense_are_refused_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(netra.ConfigurationError, match=name):
        Netra(endpoint="http://127.0.0.1:1", **wrong)
    with pytest.raises(netra.ConfigurationError, match=name):
        Netra(endpoint="http://127.0.0.1:1").usage.with_options(**wrong)


def test_a_body_that_drips_for_ever_ends_at_the_deadline(scripted: Scripted) -> None:
    server = scripted(lambda _: drip_for_ever(answer_bytes({})))
    late = pytest.raises(netra.APITimeoutError, match="deadline")
    with Netra(endpoint=server.url, timeout=5, deadline=0.3) as client, late:
        client.usage.get_session_usage("session-123", START, END)
    assert len(server.requests) == 1


def test_a_failure_near_the_deadline_is_raised_instead_of_waited_for(
    scripted: Scripted, sleeps: list[float]
) -> None:
    server = scripted(lambda _: answer(status=503, headers={"retry-after": "5"}))
    with Netra(endpoint=server.url, deadline=4) as client, pytest.raises(netra.ServerError):
        client.usage.get_session_usage("session-123", START, END)
    assert (len(server.requests), sleeps) == (1, [])


def test_a_timeout_may_be_given_in_parts(scripted: Scripted) -> None:
    async def silence(_: Any) -> None:
        return None

    server = scripted(lambda _: silence)
    parts = httpx.Timeout(60, read=0.1)
    with (
        Netra(endpoint=server.url, timeout=parts, max_retries=0) as client,
        pytest.raises(netra.APITimeoutError),
    ):
        client.usage.get_session_usage("session-123", START, END)


def test_a_body_larger_than_allowed_is_refused_before_it_is_read_whole(scripted: Scripted) -> None:
    row = trace(name="x" * 10_000_000)
    server = scripted(lambda _: answer(page([row])))
    with Netra(endpoint=server.url) as client:
        assert client.usage.list_traces(START, END).traces[0].name == row["name"]
        with pytest.raises(netra.APIResponseValidationError, match="max_response_bytes"):
            client.usage.with_options(max_response_bytes=1_000_000).list_traces(START, END)


# ---------------------------------------------------------------- what httpx raises

CONFIG = Config(base_url="http://h", headers={"x-api-key": "key-7f3a"}, options=Options())
LIMITS = AttemptLimits(1, 300.0, math.inf, {"read": 10.0})


def exceptions_of_httpx() -> list[type[Exception]]:
    found = [getattr(httpx, name) for name in httpx.__all__]
    return [cls for cls in found if isinstance(cls, type) and issubclass(cls, Exception)]


@pytest.mark.parametrize("cls", exceptions_of_httpx(), ids=lambda cls: cls.__name__)
def test_every_exception_of_httpx_becomes_one_of_ours(cls: type[Exception]) -> None:
    error = cls.__new__(cls)
    Exception.__init__(error, "illegal header value b'key-7f3a'")
    ours = connection_error(
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
    assert type(ours) is expected
    assert cls.__name__ in str(ours)
    assert "GET /usage/sessions/s" in str(ours)
    assert "key-7f3a" not in str(ours)


def test_what_httpx_does_not_wrap_becomes_one_of_ours_too() -> None:
    with Netra(endpoint="http://a..localhost:1", max_retries=0) as client, pytest.raises(netra.NetraError):
        client.usage.get_session_usage("session-123", START, END)


# ---------------------------------------------------------------- the log


def test_every_attempt_is_a_debug_line(
    scripted: Scripted, sleeps: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "netra")
    server = scripted(failing(1, answer(status=503)))
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


def test_the_default_waits_are_the_documented_ones() -> None:
    assert (retry.INITIAL_BACKOFF, retry.MAX_BACKOFF, retry.MAX_RETRY_AFTER) == (0.5, 8, 60)
    assert Options() == Options(
        timeout=httpx.Timeout(10), max_retries=4, deadline=300, max_response_bytes=10**8
    )


def test_an_answer_that_ends_the_connection_is_followed_by_a_new_one(scripted: Scripted) -> None:
    closing = answer_bytes({"data": session_usage()}, headers={"connection": "close"})
    server = scripted(lambda _: sending(closing))
    with Netra(endpoint=server.url, max_retries=0) as client:
        for _ in range(3):
            assert client.usage.get_session_usage("session-123", START, END)
    assert server.connections == 3
