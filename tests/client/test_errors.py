"""Each response that is not a success becomes the right error, with all known details."""

from __future__ import annotations

import pickle
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

import netra
from netra import errors
from netra._core.responses import retry_after_seconds
from tests.support.methods import get_method
from tests.support.rows import END, START
from tests.support.scripted import Scripted, respond, send_bytes

STATUSES = {
    300: netra.APIStatusError,
    301: netra.APIStatusError,
    307: netra.APIStatusError,
    400: netra.BadRequestError,
    401: netra.AuthenticationError,
    403: netra.PermissionDeniedError,
    404: netra.NotFoundError,
    408: netra.APIStatusError,
    409: netra.ConflictError,
    418: netra.APIStatusError,
    422: netra.UnprocessableEntityError,
    429: netra.RateLimitError,
    499: netra.APIStatusError,
    500: netra.ServerError,
    503: netra.ServerError,
    520: netra.ServerError,
    598: netra.ServerError,
    699: netra.APIStatusError,
}
METHODS = {
    "get_session_usage": ("s", START, END),
    "get_tenant_usage": ("t", START, END),
    "list_traces": (START, END),
    "iter_traces": (START, END),
    "list_spans_by_trace_id": ("t",),
    "iter_spans_by_trace_id": ("t",),
}


@pytest.fixture
def error(scripted: Scripted) -> Any:
    """`error(method, …)` returns the error that the method raises for this response."""

    def run(method: str = "list_traces", value: Any = None, **options: Any) -> Any:
        server = scripted(lambda _: respond(value, **options))
        with (
            netra.Netra(endpoint=server.url, max_retries=0) as client,
            pytest.raises(netra.NetraError) as caught,
        ):
            list(get_method(client.usage, method)(*METHODS[method]))
        return caught.value

    return run


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", [b'{"message": "no"}', b"<html>no</html>", b"", b"\xff", b"[]", b"{"])
def test_every_status_has_its_class_for_any_body(error: Any, status: int, body: bytes) -> None:
    found = error(status=status, body=body)
    assert type(found) is STATUSES[status]
    assert found.status_code == status
    assert f"POST /sdk/traces answered {status}" in str(found)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_raises_on_an_error_status(error: Any, method: str) -> None:
    for status in (401, 404, 500):
        assert type(error(method, {"message": "no"}, status=status)) is STATUSES[status]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"statusCode": 400, "message": "startTime is bad", "error": "Bad Request"}, "startTime is bad"),
        ({"message": ["startTime is bad", "limit is bad"]}, "startTime is bad; limit is bad"),
        ({"error": "Bad Request"}, "Bad Request"),
        ({"message": {"deep": 1}}, "deep"),
        ({"error": {"message": "startTime is bad"}}, ": startTime is bad. "),
        ({"error": {"message": ["one", "two"], "code": 7}}, ": one; two. "),
        ({"error": {"error": {"message": "deep down"}}}, ": deep down. "),
        ({"errors": [{"message": "one"}, {"message": "two"}]}, ": one; two. "),
        ({"message": None, "error": "Bad Request"}, ": Bad Request. "),
        ({"message": "", "error": {"message": "said here"}}, ": said here. "),
        ([{"message": "in a list"}], ": in a list. "),
    ],
)
def test_the_message_quotes_the_service_and_gives_advice(error: Any, value: Any, message: str) -> None:
    found = error(value=value, status=400, headers={"X-Request-Id": "req-9"})
    for part in (message, "req-9", "Check the arguments"):
        assert part in str(found)
    assert found.request_id == "req-9"


PAGE = b"\n<!DOCTYPE html><html><head>\n<title>\n 502 Bad&nbsp;Gateway &amp; more\n</title></head><body>..</body>"


@pytest.mark.parametrize("status", [200, 403, 502])
def test_an_html_page_is_described_by_title_and_content_type(error: Any, status: int) -> None:
    for method in METHODS:
        found = error(method, status=status, body=PAGE, headers={"content-type": "text/html; charset=utf-8"})
        assert "an HTML page (text/html; charset=utf-8) with the title '502 Bad Gateway & more'" in str(found)
        assert "<" not in str(found)


@pytest.mark.parametrize(
    "page",
    [
        b"<html></html>",
        b"<html><title>never closed",
        b"\xef\xbb\xbf <!-- x --><HTML>",
        b"<h1>Hi</h1>",
        b"<?xml version='1.0'?>\n<!DOCTYPE html>",
    ],
)
def test_an_html_page_without_title_is_described_as_html(error: Any, page: bytes) -> None:
    assert "an HTML page (text/html)" in str(
        error(status=502, body=page, headers={"content-type": "text/html"})
    )


def test_other_bodies_are_described_by_their_beginning(error: Any) -> None:
    xml = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
    assert "AccessDenied" in str(error(status=403, body=xml))
    assert "upstream timed out" in str(error(status=504, body=b"upstream timed out"))


def test_the_key_in_a_title_is_hidden(scripted: Scripted) -> None:
    server = scripted(lambda _: respond(status=502, body=b"<title>for sk-&#55;f3a-secret</title>"))
    client = netra.Netra(endpoint=server.url, api_key="sk-7f3a-secret", max_retries=0)
    with client, pytest.raises(netra.ServerError, match=r"for \*\*\*"):
        client.usage.list_traces(START, END)


def test_the_error_keeps_a_limited_part_of_the_body(error: Any) -> None:
    assert error(status=500, body=b"oh " * 10).body == "oh " * 10
    assert len(error(status=500, body=b"x" * 1_000_000).body) == 2_000
    assert len(str(error(status=500, body=b"x" * 1_000_000))) < 1_000


def test_a_redirect_is_not_followed(scripted: Scripted) -> None:
    elsewhere = scripted(lambda _: respond({}))
    server = scripted(lambda _: respond(status=307, headers={"location": f"{elsewhere.url}/x"}))
    redirected = pytest.raises(netra.APIStatusError, match="Redirects are not followed")
    with netra.Netra(endpoint=server.url, api_key="k") as client, redirected as caught:
        client.usage.list_traces(START, END)
    assert elsewhere.url in str(caught.value)
    assert elsewhere.requests == []


def test_a_refused_connection_is_a_connection_error() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rejected = pytest.raises(netra.APIConnectionError, match=f"127.0.0.1:{port}")
    with netra.Netra(endpoint=f"http://127.0.0.1:{port}", max_retries=0) as client, rejected as caught:
        client.usage.list_traces(START, END)
    assert not isinstance(caught.value, netra.APITimeoutError)


def test_no_response_is_a_timeout_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        late = pytest.raises(netra.APITimeoutError, match="NETRA_USAGE_TIMEOUT")
        with netra.Netra(endpoint=url, timeout=0.2, max_retries=0) as client, late:
            client.usage.list_traces(START, END)


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("1.5", 1.5),
        ("-3", None),
        ("1_0", None),
        ("٣", None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0),
        ("Thu, 01 Jan 2026 00:00:10 -0000", 10),
        ("Thu, 99 Jan 2026 00:00:10 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds([] if header is None else [header], NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["2", "2"], 2),
        (["1", "5", "3"], 5),
        (["2, 7"], 7),
        (["soon", "3"], 3),
        (["Thu, 01 Jan 2026 00:00:10 GMT", "3"], 10),
        (["soon", "later"], None),
    ],
)
def test_of_several_retry_after_headers_the_longest_counts(
    scripted: Scripted, headers: list[str], seconds: float | None
) -> None:
    assert retry_after_seconds(headers, NOW) == seconds
    lines = "".join(f"retry-after: {value}\r\n" for value in headers if "GMT" not in value).encode()
    head = b"HTTP/1.1 503 Scripted\r\ncontent-length: 0\r\n" + lines + b"\r\n"
    server = scripted(lambda _: send_bytes(head))
    with (
        netra.Netra(endpoint=server.url, max_retries=0) as client,
        pytest.raises(netra.ServerError) as caught,
    ):
        client.usage.list_traces(START, END)
    assert caught.value.retry_after == (3 if seconds == 10 else seconds)


def test_the_error_holds_retry_after(error: Any) -> None:
    found = error(status=429, headers={"Retry-After": "7"})
    assert found.retry_after == 7
    assert "wait 7 s" in str(found)


def classes(root: type[netra.NetraError]) -> list[type[netra.NetraError]]:
    return [root, *(found for child in root.__subclasses__() for found in classes(child))]


def test_all_error_classes_are_public_and_in_the_diagram() -> None:
    names = {found.__name__ for found in classes(netra.NetraError)}
    assert names == set(errors.__all__)
    assert names <= set(netra.__all__)
    assert errors.__doc__ is not None
    assert all(name in errors.__doc__ for name in names)


@pytest.mark.parametrize("cls", classes(netra.NetraError))
def test_every_error_survives_pickling(cls: type[netra.NetraError]) -> None:
    error: netra.NetraError
    if issubclass(cls, netra.APIStatusError):
        error = cls("m", status_code=599, body="b", request_id="r", retry_after=2.0)
    elif issubclass(cls, netra.APIResponseValidationError):
        error = cls("m", body="b", request_id="r")
    else:
        error = cls("m")
    error.cursor = "c"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert (str(again), again.args, vars(again)) == (str(error), error.args, vars(error))


def test_errors_have_the_expected_builtin_bases() -> None:
    assert issubclass(netra.ConfigurationError, ValueError)
    assert issubclass(netra.InvalidRequestError, ValueError)
    assert issubclass(netra.NotInitializedError, RuntimeError)
    assert issubclass(netra.APITimeoutError, netra.APIConnectionError)
