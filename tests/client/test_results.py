"""A body becomes a result, None only where the contract says so, or an error that names the place."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from netra import (
    APIResponseValidationError,
    AuthenticationError,
    Netra,
    PaginationError,
    SpansPage,
    TracesPage,
)
from tests.support.blocking import BlockingAsyncNetra
from tests.support.methods import get_method
from tests.support.rows import END, START, page, session_usage, span, tenant_usage, trace
from tests.support.scripted import Scripted, respond

IDS = {"get_session_usage": "session-123", "get_tenant_usage": "AceTech"}


@pytest.fixture(params=[Netra, BlockingAsyncNetra], ids=["sync", "async"])
def call(scripted: Scripted, request: pytest.FixtureRequest) -> Any:
    """`call(method, body)` returns the result of the method for this response body."""

    def run(method: str, value: Any = None, **options: Any) -> Any:
        server = scripted(lambda _: respond(value, **options))
        arguments = (
            ["trace-1"]
            if "spans" in method
            else [START, END]
            if "traces" in method
            else [IDS[method], START, END]
        )
        with request.param(endpoint=server.url) as client:
            return get_method(client.usage, method)(*arguments)

    return run


def test_session_usage_has_the_documented_fields(call: Any) -> None:
    usage = call("get_session_usage", {"data": session_usage()})
    assert (usage.session_id, usage.token_count, usage.request_count, usage.total_cost) == (
        "session-123",
        30,
        2,
        0.25,
    )


def test_tenant_usage_has_the_documented_fields(call: Any) -> None:
    usage = call("get_tenant_usage", {"data": tenant_usage()})
    assert (usage.tenant_id, usage.organisation_id) == ("AceTech", "org")
    assert (usage.token_count, usage.request_count, usage.session_count, usage.total_cost) == (30, 2, 1, 0.25)


def test_the_envelope_may_be_absent(call: Any) -> None:
    assert call("get_session_usage", session_usage()).total_cost == 0.25
    assert call("get_tenant_usage", tenant_usage()).total_cost == 0.25


ZEROS = {"session_id": None, "tenant_id": None, "tokenCount": 0, "requestsCount": 0, "totalCost": 0.0}
NOTHING = [
    {"data": None},
    {"data": {}},
    {"data": {"tokenCount": 0}},
    {"data": ZEROS},
    {"statusCode": 200, "data": None},
]


@pytest.mark.parametrize("body", NOTHING)
def test_none_means_there_is_no_such_session_or_tenant(call: Any, body: Any) -> None:
    assert call("get_session_usage", body) is None
    assert call("get_tenant_usage", body) is None


WRONG: list[Any] = [None, "12", True, [], {}]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "session_id"),
        ({"message": "try later"}, "session_id"),
        ([], "object"),
        (None, "object"),
        ("ok", "object"),
        ({"data": []}, "data"),
        ({"data": "ok"}, "data"),
        *[
            ({"data": session_usage(**{field: value})}, f"data.{field}")
            for field in ("tokenCount", "requestsCount", "totalCost")
            for value in [*WRONG, 1.5 if field != "totalCost" else 10**400]
        ],
        ({"data": {"session_id": "s", "tokenCount": 1, "requestsCount": 1}}, "data.totalCost: missing"),
        ({"data": session_usage(session_id=7)}, "data.session_id"),
        ({"data": session_usage(session_id=None)}, "data.session_id"),
        ({"data": {"data": session_usage()}}, "data.session_id: missing"),
        ({"statusCode": 500, "message": "the database is down", "data": None}, "failure"),
        ({"error": "Internal Server Error", "data": None}, "failure"),
    ],
)
def test_a_missing_or_wrong_count_is_an_error_and_never_zero(call: Any, body: Any, place: str) -> None:
    with pytest.raises(APIResponseValidationError, match=place):
        call("get_session_usage", body)


def test_counts_are_ints_and_costs_are_floats(call: Any) -> None:
    """However the service writes these numbers."""
    usage = call("get_session_usage", {"data": session_usage(tokenCount=30.0, totalCost=1)})
    assert (type(usage.token_count), type(usage.total_cost)) == (int, float)


BEYOND = ["9007199254740992", "-9007199254740992", "9007199254740992.0", "1e300", "-1e300", "1" + "0" * 4_000]
"""Integers as JSON writes them, of which not every language has the exact value."""


@pytest.mark.parametrize("number", BEYOND)
@pytest.mark.parametrize(
    ("method", "field", "place"),
    [
        ("get_session_usage", "tokenCount", "data.tokenCount"),
        ("get_tenant_usage", "sessionsCount", "data.sessionsCount"),
        ("list_traces", "total_tokens", r"data.data\[0\].total_tokens"),
        ("list_spans_by_trace_id", "prompt_tokens", r"data.data\[0\].prompt_tokens"),
    ],
)
def test_a_count_that_cannot_be_exact_is_an_error_that_names_it(
    call: Any, number: str, method: str, field: str, place: str
) -> None:
    with pytest.raises(
        APIResponseValidationError, match=f"{place}: .* not exact, got {number[:2]}"
    ) as caught:
        call(method, body=json.dumps(_body_of(method, field, "?")).replace('"?"', number).encode())
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("number", [2**53 - 1, 1 - 2**53, -1, 0, 9007199254740991.0])
def test_every_exact_count_is_read(call: Any, number: Any) -> None:
    assert (
        call("get_session_usage", _body_of("get_session_usage", "tokenCount", number)).token_count == number
    )
    (row,) = call("list_traces", _body_of("list_traces", "prompt_tokens", number)).traces
    assert (row.prompt_tokens, type(row.prompt_tokens)) == (number, int)


def _body_of(method: str, field: str, value: Any) -> Any:
    """The body of an answer with this value in a field of it."""
    row = {
        "get_session_usage": session_usage,
        "get_tenant_usage": tenant_usage,
        "list_traces": trace,
        "list_spans_by_trace_id": span,
    }[method](**{field: value})
    return {"data": row} if "usage" in method else page([row])


def test_a_page_of_traces_has_rows_and_a_cursor(call: Any) -> None:
    result = call("list_traces", page([trace(1), trace(2)], more=True))
    assert isinstance(result, TracesPage)
    assert [row.id for row in result.traces] == [row.id for row in result] == ["trace-1", "trace-2"]
    assert (result.has_next_page, result.next_cursor, len(result)) == (True, "cursor-2", 2)


def test_a_page_of_spans_has_rows_and_a_cursor(call: Any) -> None:
    result = call("list_spans_by_trace_id", page([span(1)]))
    assert isinstance(result, SpansPage)
    assert [row.id for row in result.spans] == [row.id for row in result] == ["span-1"]
    assert (result.has_next_page, result.next_cursor, len(result)) == (False, None, 1)


@pytest.mark.parametrize("row", [trace(), trace(total_tokens=None, total_cost=None)])
def test_a_trace_without_tokens_or_cost_shows_zero(call: Any, row: Any) -> None:
    """Other missing fields are None."""
    (found,) = call("list_traces", page([row])).traces
    assert (found.total_tokens, f"{found.total_cost:.4f}") == (0, "0.0000")
    assert found.session_id is None
    assert found.models is None
    assert found.has_error is None


def test_a_row_holds_no_unset_sentinel(call: Any) -> None:
    (found,) = call("list_spans_by_trace_id", page([span()])).spans
    assert {type(value) for value in found.to_dict().values()} == {str, type(None)}


def test_times_are_available_as_text_and_datetime(call: Any) -> None:
    (found,) = call("list_traces", page([trace()])).traces
    assert found.start_time == "2026-01-15T09:30:00.000Z"
    assert (found.end_datetime - found.start_datetime).total_seconds() == 2.5
    (step,) = call(
        "list_spans_by_trace_id", page([span(start_time_ms="1768469400000", end_time_ms=None)])
    ).spans
    assert step.start_time == "1768469400000"
    assert step.start_datetime == datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
    assert step.end_time is step.end_datetime is None
    assert step.created_datetime == datetime(2026, 1, 15, 9, 30, 3, tzinfo=UTC)


def test_fields_unknown_to_the_contract_are_kept(call: Any) -> None:
    row = trace(x_region="eu", kind="a-kind-of-tomorrow", x_score={"a": [1]})
    (found,) = call("list_traces", page([row])).traces
    assert (found["x_region"], found.kind) == ("eu", "a-kind-of-tomorrow")
    assert "x_region" in found
    assert "name" not in found.additional_properties
    assert found.to_dict(use_api_names=True) == row


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([trace(1), trace(2, total_cost="0.5")], r"data\.data\[1\]\.total_cost"),
        ([trace(1, total_cost=10**400)], r"data\.data\[0\]\.total_cost"),
        ([trace(1, total_tokens=True)], r"data\.data\[0\]\.total_tokens"),
        ([trace(1, models=["m", 5])], r"data\.data\[0\]\.models\[1\]"),
        ([trace(1, cursor=None), trace(2)], r"data\.data\[0\]\.cursor"),
        ([{"id": "t"}], r"data\.data\[0\]\.name: missing"),
        (["row"], r"data\.data\[0\]: expected an object"),
        ({"0": trace()}, r"data\.data: expected a list"),
        (None, r"data\.data: expected a list"),
    ],
)
def test_one_bad_row_fails_its_page_and_the_error_names_it(call: Any, rows: Any, place: str) -> None:
    with pytest.raises(APIResponseValidationError, match=place) as caught:
        call("list_traces", page(rows), headers={"x-request-id": "req-1"})
    assert caught.value.request_id == "req-1"
    assert caught.value.body.startswith('{"data"')
    assert "POST /sdk/traces" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "data: missing"),
        ({"data": None}, "data: expected an object, got None"),
        ({"data": {"data": []}}, r"data\.pageInfo: missing"),
        ({"data": {"pageInfo": {"hasNextPage": False}}}, r"data\.data: missing"),
        ({"data": {"data": [], "pageInfo": {}}}, r"data\.pageInfo\.hasNextPage: missing"),
        (page([], more="yes"), r"data\.pageInfo\.hasNextPage"),  # type: ignore[arg-type]
    ],
)
def test_a_bad_envelope_is_an_error_that_names_the_place(call: Any, body: Any, place: str) -> None:
    for method in ("list_traces", "list_spans_by_trace_id"):
        with pytest.raises(APIResponseValidationError, match=place):
            call(method, body)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{", b"\xff\xfe\xff", b"[" * 100_000, b'{"data": NaN}', b"1" * 5_000]
)
def test_a_body_that_is_no_json_object_is_an_error(call: Any, body: bytes) -> None:
    for method in ("get_session_usage", "list_traces"):
        with pytest.raises(APIResponseValidationError):
            call(method, body=body)


NOT_JSON = {
    "UTF-16": (json.dumps({"data": None}).encode("utf-16"), "it is UTF-16, not UTF-8"),
    "UTF-16 without a mark": (json.dumps({"data": None}).encode("utf-16-le"), "it is UTF-16-LE, not UTF-8"),
    "UTF-16, other order": (json.dumps({"data": None}).encode("utf-16-be"), "it is UTF-16-BE, not UTF-8"),
    "UTF-32": (json.dumps({"data": None}).encode("utf-32-be"), "it is UTF-32-BE, not UTF-8"),
    "Latin 1": ('{"data": null, "a": "é"}'.encode("latin-1"), "it is not UTF-8: .* at byte 21"),
    "encoded half": (b'{"data": null, "a": "\xed\xa0\x80"}', "it is not UTF-8: .* at byte 21"),
    "cut character": (b'{"data": null, "a": "\xe2\x82"}', "it is not UTF-8: .* at byte 21"),
    "overlong": (b'{"data": null, "a": "\xc0\xaf"}', "it is not UTF-8: .* at byte 21"),
    "NaN": (b'{"data": null, "a": NaN}', "NaN is not a JSON number"),
    "Infinity": (b'{"data": null, "a": [Infinity]}', "Infinity is not a JSON number"),
    "-Infinity": (b'{"data": null, "a": -Infinity}', "-Infinity is not a JSON number"),
    "two marks": (b'\xef\xbb\xbf\xef\xbb\xbf{"data": null}', "Expecting value"),
}


@pytest.mark.parametrize(("body", "problem"), NOT_JSON.values(), ids=NOT_JSON.keys())
def test_a_body_that_is_not_json_in_utf8_is_an_error_that_says_what_it_is(
    call: Any, body: bytes, problem: str
) -> None:
    """Each would be a usage of nobody, or None, if it were read."""
    for method in ("get_session_usage", "list_traces", "list_spans_by_trace_id"):
        with pytest.raises(APIResponseValidationError, match=rf"the body is not JSON \({problem}") as caught:
            call(method, body=body)
        assert caught.value.__context__ is None


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_is_read_with_and_without_a_mark(call: Any, mark: bytes) -> None:
    body = json.dumps(page([trace(name="Größe 📏", session_id="\ud83d")]), ensure_ascii=True).encode()
    (row,) = call("list_traces", body=mark + body).traces
    assert (row.name, row.session_id) == ("Größe 📏", "\ud83d"), "an escaped half is JSON"
    body = json.dumps(page([trace(name="Größe 📏")]), ensure_ascii=False).encode()
    (row,) = call("list_traces", body=mark + body).traces
    assert row.name == "Größe 📏"


def test_an_error_in_another_encoding_keeps_its_status(call: Any) -> None:
    body = json.dumps({"message": "no such key"}).encode("utf-16")
    with pytest.raises(AuthenticationError, match="401"):
        call("list_traces", status=401, body=body)


def test_an_empty_success_response_is_an_error(call: Any) -> None:
    with pytest.raises(APIResponseValidationError, match="204"):
        call("list_traces", status=204, body=b"")


@pytest.mark.parametrize("rows", [[], [trace(1, cursor="")], [trace(1, cursor=None)], [{}], ["row"]])
def test_a_single_page_with_more_pages_needs_a_cursor(call: Any, rows: Any) -> None:
    with pytest.raises(PaginationError, match="no cursor"):
        call("list_traces", page(rows, more=True))
