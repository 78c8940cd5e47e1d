"""The client inside a user's program: contexts, program exit, inspection tools, and unusual arguments."""

from __future__ import annotations

import contextvars
import copy
import datetime
import inspect
import io
import pickle
import socket
import ssl
import subprocess
import sys
import threading
import typing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any
from unittest import mock

import httpx
import httpx2
import numpy
import pandas
import pytest
import trio
import trustme
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider

import netra
from netra import (
    APIConnectionError,
    AsyncNetra,
    ConfigurationError,
    InvalidRequestError,
    Netra,
    NetraError,
    NotInitializedError,
    Usage,
)
from tests.support.blocking import ClientClass, both_clients
from tests.support.methods import TRACE_ITERATORS, get_method
from tests.support.rows import END, START, page, requested_id, session_usage, span, trace
from tests.support.scripted import Reply, Request, Scripted, respond


def three_pages(request: Request) -> Reply:
    if request.method == "GET":
        return respond(page([span(trace_id=requested_id(request.path))]))
    number = int(request.json["pagination"].get("cursor", "cursor-0").removeprefix("cursor-")) + 1
    return respond(page([trace(number)], more=number < 3))


# ---------------------------------------------------------------- contexts

RID: contextvars.ContextVar[str] = contextvars.ContextVar("rid")


@pytest.mark.parametrize("method", TRACE_ITERATORS)
def test_the_callers_context_reaches_every_request(scripted: Scripted, method: str) -> None:
    tracer = TracerProvider().get_tracer("host")

    def hook(request: httpx.Request) -> None:
        request.headers["x-rid"] = RID.get("lost")
        request.headers["x-trace"] = f"{otel.get_current_span().get_span_context().trace_id:032x}"

    server = scripted(three_pages)
    http = httpx.Client(event_hooks={"request": [hook]})
    options: dict[str, Any] = {"concurrency": 2} if method != "iter_traces" else {}
    with (
        http,
        Netra(endpoint=server.url, http_client=http) as client,
        tracer.start_as_current_span("walk") as walk,
    ):
        RID.set("abc")
        assert list(get_method(client.usage, method)(START, END, **options))
        wanted = f"{walk.get_span_context().trace_id:032x}"
    assert len(server.requests) >= 3
    assert {sent.headers["x-rid"] for sent in server.requests} == {"abc"}
    assert {sent.headers["x-trace"] for sent in server.requests} == {wanted}


# ---------------------------------------------------------------- the end of the program

AT_EXIT = """
import atexit, sys
from netra import Netra
url, start, end = sys.argv[1:]
kept = {}
def report():
    print(kept["client"].usage.get_session_usage("session-123", start, end).total_cost)
    print(len(list(kept["client"].usage.iter_traces(start, end))))
atexit.register(report)
kept["client"] = Netra(endpoint=url)
kept["client"].usage.get_session_usage("session-123", start, end)
"""


@pytest.mark.process
def test_an_atexit_function_can_still_send_requests(scripted: Scripted) -> None:
    def reply(request: Request) -> Reply:
        return respond({"data": session_usage()}) if request.method == "GET" else three_pages(request)

    url = scripted(reply).url
    result = subprocess.run(
        [sys.executable, "-c", AT_EXIT, url, START, END],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.stdout.split(), result.stderr) == (["0.25", "3"], "")


SUBINTERPRETER = """
import sys
try:
    import _interpreters as interpreters
    made = interpreters.create("legacy")
    run = interpreters.run_string
except ImportError:
    import _xxsubinterpreters as interpreters
    made = interpreters.create(isolated=False)
    run = interpreters.run_string
run(made, '''
from netra import Netra
client = Netra(endpoint="%s")
rows = client.usage.iter_traces("%s", "%s")
print(next(rows).id, flush=True)
''' % tuple(sys.argv[1:]))
interpreters.destroy(made)
print("still here")
"""


@pytest.mark.process
def test_an_open_iterator_in_a_subinterpreter_is_harmless(scripted: Scripted) -> None:
    url = scripted(three_pages).url
    result = subprocess.run(
        [sys.executable, "-c", SUBINTERPRETER, url, START, END],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.stdout.split("\n")[:2] == ["trace-1", "still here"], result.stderr


# ---------------------------------------------------------------- inspection tools


def test_tools_can_inspect_the_client_before_init() -> None:
    assert hasattr(Netra, "usage")
    assert isinstance(Netra.usage, Usage)
    assert "usage" in dict(inspect.getmembers(Netra))
    for spec in (Netra, AsyncNetra):
        mocked: Any = mock.create_autospec(spec)
        mocked(api_key="k")
        with pytest.raises(TypeError):
            mocked(no_such_argument=1)
    spec_of_usage: Any = mock.create_autospec(Netra.usage)
    with pytest.raises(TypeError):
        spec_of_usage.get_tenant_usage()
    with mock.patch("netra.Netra", autospec=True) as patched:
        patched.usage.get_tenant_usage.return_value = None
        assert netra.Netra.usage.get_tenant_usage("AceTech", START, END) is None


# ---------------------------------------------------------------- copies and pickles

TO_COPY: dict[str, Callable[[Any], Any]] = {
    "client": lambda client: client,
    "usage": lambda client: client.usage,
    "method": lambda client: client.usage.get_tenant_usage,
    "iter_traces": lambda client: client.usage.iter_traces(START, END),
    "iter_spans": lambda client: client.usage.iter_spans_by_trace_id("t"),
    "with_spans": lambda client: client.usage.iter_traces(START, END).with_spans(),
    "in_parallel": lambda client: client.usage.iter_traces(START, END).in_parallel(),
    "both": lambda client: client.usage.iter_traces(START, END).in_parallel().with_spans(),
    "pages": lambda client: client.usage.iter_traces(START, END).pages(),
}


WAYS = [
    (way, what)
    for way in (copy.copy, copy.deepcopy, pickle.dumps)
    for what in TO_COPY
    # Python gives the method itself, and other pages of the same walk.
    if (what != "method" or way is pickle.dumps) and (what != "pages" or way is not copy.copy)
]


@pytest.mark.parametrize("client_class", [Netra, AsyncNetra])
@pytest.mark.parametrize(("way", "what"), WAYS)
def test_what_cannot_be_copied_or_pickled_says_what_to_do(
    client_class: Any, way: Callable[[Any], Any], what: str
) -> None:
    advice = {
        "client": "Make one in each process",
        "usage": "make a client with",
        "method": "make a client with",
    }
    original = TO_COPY[what](client_class(endpoint="http://127.0.0.1:1", api_key="key-7f3a"))
    with pytest.raises(InvalidRequestError, match="cannot be copied or pickled") as caught:
        way(original)
    assert advice.get(what, "begin a new walk with the same arguments and cursor=") in str(caught.value)


@pytest.mark.process
def test_a_process_pool_that_is_given_a_method_tells_what_to_do() -> None:
    with Netra(endpoint="http://127.0.0.1:1") as client, ProcessPoolExecutor(1) as pool:
        sent = pool.submit(client.usage.get_tenant_usage, "AceTech", START, END)
        with pytest.raises(InvalidRequestError, match="In another process, make a client"):
            sent.result(30)


@pytest.mark.parametrize("method", [name for name in vars(Usage) if not name.startswith("_")])
def test_without_init_every_method_raises_when_called(method: str) -> None:
    arguments = {"with_options": (), "list_spans_by_trace_id": ("t",), "iter_spans_by_trace_id": ("t",)}
    given: tuple[str, ...] = arguments.get(method, (START, END) if "traces" in method else ("s", START, END))
    with pytest.raises(NotInitializedError, match=r"Netra\.init"):
        use(method, given)


def use(method: str, arguments: tuple[str, ...]) -> None:
    found = get_method(Netra.usage, method)(*arguments)
    found.get_session_usage("s", START, END)  # for `with_options`, which sends nothing itself


@pytest.mark.parametrize("name", [name for name in netra.__all__ if isinstance(getattr(netra, name), type)])
def test_type_hints_can_be_evaluated(name: str) -> None:
    cls = getattr(netra, name)
    if getattr(cls.__init__, "__module__", "").startswith(
        "netra."
    ):  # otherwise it is generated, or of Python itself
        typing.get_type_hints(cls.__init__)
    for member, value in vars(cls).items():
        if not member.startswith("_") and inspect.isfunction(getattr(value, "__func__", value)):
            typing.get_type_hints(getattr(value, "__func__", value))


@pytest.mark.process
def test_type_hints_of_init_do_not_import_httpx() -> None:
    code = (
        "import typing, sys; from netra import Netra\n"
        "print(sorted(typing.get_type_hints(Netra.init))[:2], typing.get_type_hints(Netra.__init__)['api_key'])\n"
        "print('httpx' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.splitlines() == ["['api_key', 'app_name'] str | None", "False"]


# ---------------------------------------------------------------- unusual arguments


class _Failing(datetime.tzinfo):
    def utcoffset(self, _: Any) -> Any:
        raise ValueError("no offset today")

    def dst(self, _: Any) -> None: ...
    def tzname(self, _: Any) -> None: ...


class _FailingLater(datetime.tzinfo):
    def utcoffset(self, _: Any) -> datetime.timedelta:
        return datetime.timedelta(days=3)

    def dst(self, _: Any) -> None: ...
    def tzname(self, _: Any) -> None: ...


@pytest.mark.parametrize(
    ("time", "advice"),
    [
        (pandas.NaT, "NaTType"),
        (datetime.datetime(2026, 1, 1, tzinfo=_Failing()), "no offset today"),
        (datetime.datetime(2026, 1, 1, tzinfo=_FailingLater()), "start_time"),
        ("2026-02-31T00:00:00Z", "2026-02-31 is a day that does not exist"),
        ("20260231", "20260231 is a day that does not exist"),
        ("2026-13-01", "2026-13-01 is a day that does not exist"),
        ("20260101", "write the date as 2026-01-01"),
        ("20260101T0930Z", "write the date as 2026-01-01"),
        ("2026-W01-1", "write the date, like '2026-01-01'"),
        ("2026-001", "write the date, like '2026-01-01'"),
        ("2026-01-01T09", "write minutes"),
        ("2026-01-01T0930", "write the time of day behind the date, like '2026-01-01T09:30:00.000Z'"),
        ("2026-01-01Z", "write the time of day behind the date, like '2026-01-01T09:30:00.000Z'"),
        ("2026-01-01T09:30:00,5Z", r"behind a point, like '\.5'"),
        ("2026-01-01T09:30.5Z", "only seconds have a fraction"),
        ("2026-01-01T24:00Z", "write 00:00 of the next day"),
        ("2026-12-31T23:59:60Z", "write 59.999, or the next minute"),
        ("2026-01-01T09:30+01:00:30", "write the zone as Z, or from -23:59"),
        ("2026-01-01T09:30:00.5+24:00", "write the zone as Z, or from -23:59"),
        (" 2026-01-01T00:00:00Z", "blanks around it"),
        ("2026-01-01T00:00:00Z\n", "blanks around it"),
        (1768469400, r"datetime.fromtimestamp\(seconds, tz=timezone.utc\)"),
        (numpy.datetime64("2026-01-01"), "not datetime64"),
        (datetime.date(2026, 1, 1), "write '2026-01-01T00:00:00.000Z'"),
    ],
)
def test_an_invalid_time_is_rejected_with_advice(time: Any, advice: str) -> None:
    with Netra(endpoint="http://127.0.0.1:1") as client, pytest.raises(InvalidRequestError, match=advice):
        client.usage.list_traces(time, END)


def test_a_pandas_timestamp_is_accepted(scripted: Scripted) -> None:
    server = scripted(three_pages)
    with Netra(endpoint=server.url) as client:
        client.usage.list_traces(pandas.Timestamp("2026-01-01", tz="Europe/Vienna"), END)
    assert server.requests[0].json["startTime"] == "2025-12-31T23:00:00.000Z"


@both_clients
def test_numpy_integers_are_accepted(scripted: Scripted, client_class: ClientClass) -> None:
    server = scripted(three_pages)
    numbers: dict[str, Any] = {"max_retries": numpy.int64(1), "max_response_bytes": numpy.int32(100_000)}
    with client_class(endpoint=server.url, **numbers) as client:
        usage: Any = client.usage
        usage.list_traces(START, END, limit=numpy.int64(7))
        list(usage.iter_traces(START, END).with_spans(concurrency=numpy.uint8(2)))
    assert server.requests[0].json["pagination"]["limit"] == 7


@pytest.mark.parametrize("wrong", [numpy.bool_(True), numpy.float64(7), 7.0, "7", True, numpy.array([7, 8])])
def test_a_limit_that_is_no_integer_is_rejected(wrong: Any) -> None:
    with Netra(endpoint="http://127.0.0.1:1") as client, pytest.raises(InvalidRequestError, match=r"^limit="):
        client.usage.list_traces(START, END, limit=wrong)


@both_clients
@pytest.mark.parametrize(
    "use",
    [
        lambda client: type(client)(endpoint="http://127.0.0.1:1", prefetch=numpy.True_),
        lambda client: client.usage.with_options(prefetch=numpy.False_),
        lambda client: client.usage.iter_traces(START, END).in_parallel(share_key=numpy.True_),
    ],
)
def test_a_bool_of_numpy_is_refused_as_such(client_class: ClientClass, use: Callable[[Any], Any]) -> None:
    with client_class(endpoint="http://127.0.0.1:1") as client:
        with pytest.raises(
            NetraError, match=r"a bool of numpy, not of Python: convert it with bool\(\.\.\.\)"
        ):
            use(client)
        usage: Any = client.usage
        with pytest.raises(ConfigurationError, match="must be a number of seconds"):
            usage.with_options(timeout=numpy.True_)


@pytest.mark.parametrize("call", ["list_traces", *TRACE_ITERATORS])
def test_trio_gets_an_error_that_names_asyncio(call: str) -> None:
    async def main() -> None:
        found = get_method(AsyncNetra(endpoint="http://127.0.0.1:1").usage, call)(START, END)
        if call == "list_traces":
            await found
        async for _ in found:
            pass

    with pytest.raises(NotInitializedError, match="asyncio"):
        trio.run(main)


# ---------------------------------------------------------------- proxies


@pytest.mark.parametrize(
    "no_proxy",
    ["localhost,127.0.0.0/8,::1/128", "::1/128", "fd00::/8,10.0.0.0/8", "[::1],localhost", "*", ",,"],
)
@both_clients
def test_the_client_works_with_any_value_of_no_proxy(
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    no_proxy: str,
    client_class: ClientClass,
) -> None:
    monkeypatch.setenv("NO_PROXY", no_proxy)
    with client_class(endpoint=scripted(lambda _: respond({"data": session_usage()})).url) as client:
        assert client.usage.get_session_usage("session-123", START, END)


@both_clients
@pytest.mark.parametrize("status", [407, 403, 502])
def test_a_proxy_error_names_the_proxy_without_its_password(
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    client_class: ClientClass,
) -> None:
    proxy = scripted(lambda _: respond(status=status, body=b""))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://user:pass-7f3a@"))
    monkeypatch.setattr("netra._core.retry.INITIAL_BACKOFF", 0.001)
    rejected = pytest.raises(APIConnectionError, match=f"through the proxy {proxy.url}")
    with client_class(endpoint="https://netra.example", max_retries=2) as client, rejected as caught:
        client.usage.get_session_usage("s", START, END)
    assert "pass-7f3a" not in str(caught.value)
    assert len(proxy.requests) == caught.value.attempts == (1 if status < 500 else 3)


# ---------------------------------------------------------------- permanent errors


@both_clients
def test_a_certificate_error_is_not_retried(
    client_class: ClientClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    taken: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                taken.append(1)
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        rejected = pytest.raises(APIConnectionError, match="SSL_CERT_FILE")
        endpoint = f"https://localhost:{server.getsockname()[1]}"
        with client_class(endpoint=endpoint, api_key="k") as client, rejected as caught:
            client.usage.get_session_usage("s", START, END)
        server.shutdown(socket.SHUT_RDWR)
    assert caught.value.attempts == 1
    assert len(taken) == 1


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("error", [ValueError("bad hook"), FileNotFoundError("log.txt"), KeyError("x")])
def test_an_error_in_a_hook_is_not_retried(scripted: Scripted, library: Any, error: Exception) -> None:
    def hook(_: Any) -> None:
        raise error

    server = scripted(lambda _: respond({"data": session_usage()}))
    http = library.Client(event_hooks={"response": [hook]})
    rejected = pytest.raises(APIConnectionError, match="hook of http_client")
    with http, Netra(endpoint=server.url, http_client=http) as client, rejected as caught:
        client.usage.get_session_usage("s", START, END)
    assert len(server.requests) == caught.value.attempts == 1


# ---------------------------------------------------------------- messages


def test_error_body_are_ascii(scripted: Scripted) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    found: list[NetraError] = []

    def note(call: Any, *arguments: Any, **options: Any) -> None:
        try:
            call(*arguments, **options)
        except NetraError as error:
            found.append(error)

    for status in (200, 204, 302, 400, 401, 403, 404, 429, 500, 502, 520):
        server = scripted(lambda _, status=status: respond(status=status, body=b""))  # type: ignore[misc]
        with Netra(endpoint=server.url, max_retries=0, max_response_bytes=1) as client:
            note(client.usage.list_traces, START, END)
            note(client.usage.list_traces, END, START)
            note(client.usage.list_traces, "2026-10-01", "2026-10-31")
            note(client.usage.list_traces, 7, END)
            note(client.usage.list_traces, START, END, limit=0)
            note(client.usage.list_traces, START, END, tenant_id=7)
            note(client.usage.get_session_usage, None, START, END)
        note(client.usage.list_traces, START, END)
    for how in ({"endpoint": "localhost"}, {"endpoint": "ftp://h"}, {"api_key": "\n"}, {"timeout": 0}, {}):
        note(Netra, **how)
    note(Netra(endpoint="http://127.0.0.1:1", max_retries=0).usage.list_traces, START, END)
    note(Netra.usage.list_traces, START, END)
    assert len(found) > 80
    for error in found:
        print(error, file=stream)
    stream.flush()


def test_message_strings_in_the_source_are_ascii() -> None:
    """Only strings in calls, such as messages of errors and warnings; docstrings may use any characters."""
    import ast
    from pathlib import Path

    for file in [*Path(netra.__file__).parent.glob("*.py"), *Path(netra.__file__).parent.glob("aio/*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value) > 1:
                        assert part.value.isascii(), (file.name, part.value)


def test_a_warning_raised_as_an_error_is_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        with pytest.raises(UserWarning, match="not encrypted"):
            Netra(endpoint="http://netra-three.example")
    with pytest.warns(UserWarning, match="not encrypted"):
        Netra(endpoint="http://netra-three.example")
    Netra(endpoint="http://netra-three.example")


# ---------------------------------------------------------------- httpx2


@pytest.mark.parametrize(
    "wrong",
    [httpx2.AsyncClient(), httpx.AsyncClient(), "http", object(), httpx.HTTPTransport()],
    ids=lambda wrong: str(type(wrong)),
)
def test_a_wrong_http_client_is_rejected_by_its_full_name(wrong: Any) -> None:
    name = f"{type(wrong).__module__}.{type(wrong).__qualname__}"
    with pytest.raises(ConfigurationError, match=rf"httpx\.Client or httpx2\.Client, not {name}"):
        Netra(endpoint="http://127.0.0.1:1", http_client=wrong)


def test_timeouts_of_both_http_libraries_are_accepted(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({"data": session_usage()}))
    for library in (httpx, httpx2):
        parts: Any = library.Timeout(5, connect=1)
        with Netra(endpoint=server.url, timeout=parts) as client:
            assert client.usage._options.timeout == httpx.Timeout(5, connect=1)
            assert client.usage.with_options(timeout=parts).get_session_usage("session-123", START, END)
