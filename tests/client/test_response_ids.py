"""A request for one tenant, session or trace never returns the data of another, and never hides a failure."""

from __future__ import annotations

import enum
import uuid
from typing import Any

import pytest

from netra import APIResponseValidationError, InvalidRequestError, Netra, NetraError, PaginationError
from tests.support.blocking import ClientClass, both_clients, both_clients_many_cases
from tests.support.methods import TRACE_ITERATORS, get_method
from tests.support.rows import END, START, page, requested_id, session_usage, span, tenant_usage, trace
from tests.support.scripted import Reply, Request, Scripted, respond

ROWS = ["list_traces", *TRACE_ITERATORS]
SPANS = ["list_spans_by_trace_id", "iter_spans_by_trace_id"]
WRONG_ID = pytest.raises(APIResponseValidationError, match="was asked for")


def call(client_class: ClientClass, url: str, method: str, *arguments: Any, **options: Any) -> Any:
    if "parallel" in method:
        options["concurrency"] = 1  # the servers in this module ignore the window
    with client_class(endpoint=url, max_retries=0) as client:
        found = get_method(client.usage, method)(*arguments, **options)
        return found if method.startswith("get") else list(found)


# ---------------------------------------------------------------- data of another id


@both_clients
@pytest.mark.parametrize("found", ["Zenith", "acetech", "AceTech ", ""])
@pytest.mark.parametrize("envelope", [True, False])
def test_the_usage_of_another_id_is_rejected(
    scripted: Scripted, client_class: ClientClass, found: str, envelope: bool
) -> None:
    for method, usage in (
        ("get_tenant_usage", tenant_usage(tenant_id=found)),
        ("get_session_usage", session_usage(session_id=found)),
    ):
        reply = respond({"data": usage} if envelope else usage)
        server = scripted(lambda _, reply=reply: reply)  # type: ignore[misc]
        with pytest.raises(
            APIResponseValidationError, match=f"{found!r} was answered, 'AceTech' was asked for"
        ):
            call(client_class, server.url, method, "AceTech", START, END)


@both_clients_many_cases
@pytest.mark.parametrize("method", ROWS)
@pytest.mark.parametrize(
    ("filter_name", "field"),
    [("trace_id", "id"), ("session_id", "session_id"), ("user_id", "user_id"), ("tenant_id", "tenant_id")],
)
def test_a_row_with_another_id_is_rejected(
    scripted: Scripted,
    client_class: ClientClass,
    method: str,
    filter_name: str,
    field: str,
) -> None:
    rows = [trace(1, **{field: "mine"}), trace(2, **{field: "theirs"})]
    server = scripted(lambda request: respond(page(rows if request.method == "POST" else [])))
    with pytest.raises(APIResponseValidationError, match=rf"data\.data\[1\]\.{field}: 'theirs' was answered"):
        call(client_class, server.url, method, START, END, **{filter_name: "mine"})


@both_clients_many_cases
@pytest.mark.parametrize("method", ROWS)
@pytest.mark.parametrize("name", ["session_id", "user_id", "tenant_id"])
def test_a_row_without_an_id_is_accepted(
    scripted: Scripted, client_class: ClientClass, method: str, name: str
) -> None:
    rows = [trace(1), trace(2, **{name: None}), trace(3, **{name: ""}), trace(4, **{name: "mine"})]
    server = scripted(lambda request: respond(page(rows if request.method == "POST" else [])))
    assert len(call(client_class, server.url, method, START, END, **{name: "mine"})) == 4


@both_clients
@pytest.mark.parametrize("method", SPANS)
def test_the_spans_of_another_trace_are_rejected(
    scripted: Scripted, client_class: ClientClass, method: str
) -> None:
    server = scripted(lambda _: respond(page([span(1, trace_id="t-1"), span(2, trace_id="t-2")])))
    with pytest.raises(APIResponseValidationError, match=r"data\.data\[1\]\.trace_id: 't-2' was answered"):
        call(client_class, server.url, method, "t-1")


@both_clients
def test_with_spans_rejects_the_spans_of_another_trace(scripted: Scripted, client_class: ClientClass) -> None:
    def reply(request: Request) -> Reply:
        if request.method == "POST":
            return respond(page([trace(1), trace(2)]))
        return respond(page([span(trace_id="trace-1")]))

    with WRONG_ID as caught:
        call(client_class, scripted(reply).url, "with_spans", START, END)
    assert caught.value.cursor == "cursor-1"


ID = uuid.UUID("45a32b90-f28c-4e88-839f-c5db103e9943")


@both_clients
@pytest.mark.parametrize("requested", [str(ID), ID.hex, str(ID).upper()])
@pytest.mark.parametrize("found", [str(ID), ID.hex, ID.hex.upper()])
def test_trace_ids_match_in_any_case_and_with_dashes(
    scripted: Scripted, client_class: ClientClass, requested: str, found: str
) -> None:
    def reply(request: Request) -> Reply:
        return respond(page([trace(id=found)] if request.method == "POST" else [span(trace_id=found)]))

    url = scripted(reply).url
    assert len(call(client_class, url, "iter_traces", START, END, trace_id=requested)) == 1
    assert len(call(client_class, url, "iter_spans_by_trace_id", requested)) == 1


def test_a_rejected_response_is_not_requested_again(scripted: Scripted) -> None:
    """The message shows only a part of a long id."""
    server = scripted(lambda _: respond({"data": tenant_usage(tenant_id="x" * 10_000)}))
    with Netra(endpoint=server.url) as client, WRONG_ID as caught:
        client.usage.get_tenant_usage("AceTech", START, END)
    assert len(server.requests) == 1
    assert len(str(caught.value)) < 1_000


# ---------------------------------------------------------------- error bodies with status 200

FAILURES: list[dict[str, Any]] = [
    {"message": "Internal server error"},
    {"message": ["first", "second"]},
    {"error": "Internal Server Error"},
    {"error": {"message": "out of memory"}},
    {"errors": [{"message": "out of memory"}]},
    {"success": False},
    {"success": "no"},
    {"statusCode": 500},
    {"statusCode": 404, "message": "no such table"},
    {"code": "E_TIMEOUT"},
    {"status": "error"},
    {"detail": "upstream failed", "statusCode": 200},
]


@both_clients_many_cases
@pytest.mark.parametrize("nothing", [None, {}, {"tokenCount": 0, "session_id": None}], ids=str)
@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_an_error_body_with_status_200_is_not_missing_usage(
    scripted: Scripted, client_class: ClientClass, failure: dict[str, Any], nothing: Any
) -> None:
    server = scripted(lambda _: respond({"data": nothing, **failure}))
    for method in ("get_session_usage", "get_tenant_usage"):
        with pytest.raises(APIResponseValidationError, match="body of a failure"):
            call(client_class, server.url, method, "AceTech", START, END)


@both_clients
@pytest.mark.parametrize(
    "success",
    [{}, {"success": True}, {"statusCode": 200}, {"statusCode": 201, "message": None, "error": None}],
    ids=str,
)
def test_a_success_without_data_means_no_usage(
    scripted: Scripted, client_class: ClientClass, success: dict[str, Any]
) -> None:
    server = scripted(lambda _: respond({"data": None, **success}))
    assert call(client_class, server.url, "get_tenant_usage", "AceTech", START, END) is None


@pytest.mark.parametrize("inside", [{"success": False}, {"message": "out of memory"}, {"error": 5}], ids=str)
def test_an_error_body_inside_data_is_not_missing_usage(scripted: Scripted, inside: dict[str, Any]) -> None:
    server = scripted(lambda _: respond({"data": inside}))
    with pytest.raises(APIResponseValidationError):
        call(Netra, server.url, "get_tenant_usage", "AceTech", START, END)


@both_clients_many_cases
@pytest.mark.parametrize("method", [*ROWS, *SPANS])
@pytest.mark.parametrize(
    "failure",
    [
        {"error": "no"},
        {"error": {"message": "no"}},
        {"errors": ["no"]},
        {"success": False},
        {"statusCode": 503},
    ],
    ids=str,
)
def test_an_error_body_with_status_200_is_not_an_empty_page(
    scripted: Scripted, client_class: ClientClass, method: str, failure: dict[str, Any]
) -> None:
    server = scripted(lambda _: respond({**page([]), **failure}))
    arguments = ["trace-1"] if method in SPANS else [START, END]
    with pytest.raises(APIResponseValidationError, match="body of a failure"):
        call(client_class, server.url, method, *arguments)


ZEROS = {"tokenCount": 0, "requestsCount": 0, "sessionsCount": 0, "totalCost": 0.0}


@both_clients
@pytest.mark.parametrize(
    "body",
    [
        {"data": tenant_usage(**ZEROS), "message": "Internal server error"},
        {"data": tenant_usage(**ZEROS), "error": "boom"},
        {"data": tenant_usage(**ZEROS, error="boom")},
        {"data": tenant_usage(**ZEROS, message="boom")},
        {"data": tenant_usage(**ZEROS, success=False)},
        tenant_usage(**ZEROS, message="boom"),
        {"data": {"success": 0}},
        {"data": {"code": 0, "error": None}},
        {"data": None, "success": 1},
        {"data": None, "statusCode": True},
    ],
    ids=str,
)
def test_an_error_body_with_status_200_is_not_zero_usage(
    scripted: Scripted, client_class: ClientClass, body: Any
) -> None:
    with pytest.raises(APIResponseValidationError):
        call(client_class, scripted(lambda _: respond(body)).url, "get_tenant_usage", "AceTech", START, END)


def test_zero_usage_is_a_valid_result(scripted: Scripted) -> None:
    for body in (
        {"data": tenant_usage(**ZEROS)},
        tenant_usage(**ZEROS),
        {"data": tenant_usage(**ZEROS), "success": True},
    ):
        url = scripted(lambda _, body=body: respond(body)).url  # type: ignore[misc]
        assert call(Netra, url, "get_tenant_usage", "AceTech", START, END).total_cost == 0


@both_clients_many_cases
@pytest.mark.parametrize("method", [*ROWS, *SPANS])
@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({"message": "Internal server error"}, {}),
        ({}, {"message": "timeout"}),
        ({}, {"error": {"message": "timeout"}}),
        ({}, {"success": False}),
        ({"code": "E"}, {}),
    ],
    ids=str,
)
def test_an_empty_page_with_an_error_message_is_rejected(
    scripted: Scripted, client_class: ClientClass, method: str, outer: Any, inner: Any
) -> None:
    body = page([])
    server = scripted(lambda _: respond({"data": {**body["data"], **inner}, **outer}))
    arguments = ["trace-1"] if method in SPANS else [START, END]
    with pytest.raises(APIResponseValidationError, match="body of a failure"):
        call(client_class, server.url, method, *arguments)


def test_a_page_with_rows_may_have_a_message(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({**page([trace()]), "message": "ok", "statusCode": 200}))
    assert len(call(Netra, server.url, "list_traces", START, END)) == 1


class Customer(str, enum.Enum):  # noqa: UP042  (the older form: its str() is not its value)
    ACME = "acme"


def test_a_text_enum_is_sent_as_its_value(scripted: Scripted) -> None:
    def reply(request: Request) -> Reply:
        if request.method == "POST":
            return respond(page([]))
        if "spans" in request.path:
            return respond(page([span(trace_id="acme")]))
        return respond({"data": tenant_usage(tenant_id=requested_id(request.path))})

    server = scripted(reply)
    with Netra(endpoint=server.url) as client:
        usage = client.usage.get_tenant_usage(Customer.ACME, START, END)
        assert usage is not None
        client.usage.list_traces(START, END, tenant_id=Customer.ACME)
        client.usage.list_spans_by_trace_id(Customer.ACME, cursor=Customer.ACME, span_name=Customer.ACME)
    assert server.requests[0].path == "/usage/tenants/acme"
    assert server.requests[1].json["filters"][0]["value"] == "acme"
    assert server.requests[2].path == "/sdk/traces/acme/spans"
    assert (server.requests[2].query["cursor"], server.requests[2].query["spanName"]) == ("acme", "acme")


def test_the_error_quotes_the_failure_message(scripted: Scripted) -> None:
    server = scripted(lambda _: respond({"data": None, "error": {"message": "out of memory"}}))
    with pytest.raises(APIResponseValidationError, match=r"failure \(out of memory\)"):
        call(Netra, server.url, "get_tenant_usage", "AceTech", START, END)


# ---------------------------------------------------------------- wrong arguments


class _Incomparable:
    """A value that cannot be compared, like pandas.NA or an array."""

    def __eq__(self, _: object) -> bool:
        raise TypeError("boolean value of this is ambiguous")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong", [b"AceTech", 7, 7.5, float("nan"), uuid.UUID(int=7), True, ["AceTech"], _Incomparable()]
)
@pytest.mark.parametrize("name", ["trace_id", "session_id", "user_id", "tenant_id", "cursor", "sort_field"])
@pytest.mark.parametrize("method", ["list_traces", "iter_traces", "with_spans"])
def test_an_argument_that_is_no_text_is_rejected_by_name(wrong: Any, name: str, method: str) -> None:
    rejected = pytest.raises(InvalidRequestError, match=rf"^{name} must be a str, not {type(wrong).__name__}")
    with Netra(endpoint="http://127.0.0.1:1") as client, rejected:
        get_method(client.usage, method)(START, END, **{name: wrong})


@pytest.mark.parametrize("wrong", [None, b"AceTech", 7, float("nan"), uuid.UUID(int=7), _Incomparable(), ""])
def test_an_id_that_is_no_text_is_rejected_by_name(wrong: Any) -> None:
    with Netra(endpoint="http://127.0.0.1:1") as client:
        for method, name in (("get_session_usage", "session_id"), ("get_tenant_usage", "tenant_id")):
            with pytest.raises(InvalidRequestError, match=f"^{name}"):
                get_method(client.usage, method)(wrong, START, END)
        for method in SPANS:
            with pytest.raises(InvalidRequestError, match=r"^trace_id"):
                get_method(client.usage, method)(wrong)


@pytest.mark.parametrize("name", ["direction", "sort_order"])
@pytest.mark.parametrize("wrong", [_Incomparable(), 1, b"desc", "DESC", ["desc"]])
def test_an_unknown_choice_is_rejected_by_name(name: str, wrong: Any) -> None:
    with (
        Netra(endpoint="http://127.0.0.1:1") as client,
        pytest.raises(InvalidRequestError, match=f"^{name}="),
    ):
        client.usage.list_traces(START, END, **{name: wrong})


def test_every_method_rejects_an_end_without_a_time_of_day() -> None:
    end = "2026-10-31"
    with Netra(endpoint="http://127.0.0.1:1") as client:
        for method in ("get_session_usage", "get_tenant_usage"):
            with pytest.raises(InvalidRequestError, match="leave out the day"):
                get_method(client.usage, method)("AceTech", "2026-10-01", end)
        for method in ROWS:
            with pytest.raises(InvalidRequestError, match="leave out the day"):
                get_method(client.usage, method)("2026-10-01", end)


# ---------------------------------------------------------------- cursors and ids of the service

HALF = "\ud800"
"""Half of a character (a lone surrogate): valid in JSON and Python, but not in a request."""


@both_clients
@pytest.mark.parametrize("method", [*ROWS, *SPANS])
def test_a_cursor_that_cannot_be_sent_is_a_pagination_error(
    scripted: Scripted, client_class: ClientClass, method: str
) -> None:
    def reply(request: Request) -> Reply:
        if method.endswith("with_spans") and request.method == "GET":
            return respond(page([]))
        return respond(page([(span if method in SPANS else trace)(cursor=HALF)], more=True))

    arguments = ["trace-1"] if method in SPANS else [START, END]
    with pytest.raises(PaginationError, match="no cursor") as caught:
        call(client_class, scripted(reply).url, method, *arguments)
    assert caught.value.cursor is None


@both_clients
@pytest.mark.parametrize("wrong", ["", ".", "..", HALF])
def test_a_trace_id_that_cannot_be_sent_is_a_response_error(
    scripted: Scripted, client_class: ClientClass, wrong: str
) -> None:
    def reply(request: Request) -> Reply:
        if request.method == "POST":
            return respond(page([trace(1), trace(2, id=wrong)]))
        return respond(page([]))

    with pytest.raises(APIResponseValidationError, match="because of its id") as caught:
        call(client_class, scripted(reply).url, "with_spans", START, END)
    assert caught.value.cursor == "cursor-1"


class CursorsOfPages:
    """Three pages of two rows. The pages have cursors, the rows have none."""

    def __init__(self, own: Any = "") -> None:
        self._own = own
        self.fail: str | None = None

    def __call__(self, request: Request) -> Reply:
        if request.method == "GET" and "trace-" in request.path and "spans" in request.path:
            return respond(status=503) if self.fail == request.path else respond(page([]))
        number = int((request.json["pagination"].get("cursor") or "page-0").removeprefix("page-"))
        if self.fail == f"page-{number}":
            return respond(status=503)
        rows = [trace(number * 2 + step, cursor=self._own) for step in (1, 2)]
        return respond(page(rows, more=number < 2, nextCursor=f"page-{number + 1}"))


@pytest.mark.slow
@both_clients
@pytest.mark.parametrize("own", ["", HALF])
@pytest.mark.parametrize("method", ROWS[1:])
@pytest.mark.parametrize("failing", [0, 1, 2])
def test_rows_without_a_cursor_resume_at_their_page(
    scripted: Scripted, client_class: ClientClass, own: str, method: str, failing: int
) -> None:
    service = CursorsOfPages(own)
    server = scripted(service)
    options: dict[str, Any] = {"concurrency": 1} if "parallel" in method else {}
    with client_class(endpoint=server.url, max_retries=0) as client:
        iterate = get_method(client.usage, method)
        everything = iterate(START, END, **options)
        assert [row_id(row) for row in everything] == [f"trace-{number}" for number in range(1, 7)]
        service.fail = f"page-{failing}"
        with pytest.raises(NetraError) as caught:
            list(iterate(START, END, **options))
        service.fail = None
        assert caught.value.cursor == (f"page-{failing}" if failing else None)
        remainder = [row_id(row) for row in iterate(START, END, cursor=caught.value.cursor, **options)]
        assert remainder == [f"trace-{number}" for number in range(2 * failing + 1, 7)]


@both_clients
def test_an_inexact_cursor_is_noted_on_the_error(scripted: Scripted, client_class: ClientClass) -> None:
    service = CursorsOfPages()
    service.fail = "/sdk/traces/trace-4/spans"
    with client_class(endpoint=scripted(service).url, max_retries=0) as client:
        with pytest.raises(NetraError) as caught:
            list(client.usage.iter_traces(START, END).with_spans())
        assert caught.value.cursor == "page-1"
        assert "emitted already" in caught.value.__notes__[0]


def test_the_same_iterator_continues_exactly(scripted: Scripted) -> None:
    service = CursorsOfPages()
    service.fail = "/sdk/traces/trace-4/spans"
    with Netra(endpoint=scripted(service).url, max_retries=0) as client:
        found = client.usage.iter_traces(START, END).with_spans()
        got = [next(found).trace.id for _ in range(3)]
        with pytest.raises(NetraError):
            next(found)
        service.fail = None
        assert [*got, *(row.trace.id for row in found)] == [f"trace-{number}" for number in range(1, 7)]


def row_id(row: Any) -> str:
    found: str = getattr(row, "trace", row).id
    return found
