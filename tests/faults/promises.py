"""What the clients of all languages promise for each fault, and the service that has the fault.

The table shows what the client promises for a fault that happens once, and for one that happens always. A cell has one
of two outcomes: the complete and correct result, or the right error with the right cursor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.rows import page, session_usage, span, tenant_usage, trace
from tests.support.scripted import Reply, Request, response_bytes, send_bytes

from .wire import Fault

TABLE = """
the service                             | once                       | always
----------------------------------------|----------------------------|---------------------------
responds in chunks                      | complete                   | complete
responds with gzip                      | complete                   | complete
responds slowly, but in time            | complete                   | complete
responds twice                          | complete                   | complete
sends extra bytes after the response    | complete                   | complete
sends 103 before the response           | complete                   | complete
closes after each response              | complete                   | complete
resets after each response              | complete                   | complete
resets before the response              | complete                   | APIConnectionError
closes before the response              | complete                   | APIConnectionError
resets in the head                      | complete                   | APIConnectionError
closes in the head                      | complete                   | APIConnectionError
resets in the body                      | complete                   | APIConnectionError
closes in the body                      | complete                   | APIConnectionError
cuts off its chunks                     | complete                   | APIConnectionError
sends a bad chunk size                  | complete                   | APIConnectionError
sends garbage                           | complete                   | APIConnectionError
sends a header of 200 kB                | complete                   | APIConnectionError
sends broken gzip                       | complete                   | APIConnectionError
cuts off its gzip                       | APIResponseValidationError | APIResponseValidationError
sends nothing                           | complete                   | APITimeoutError
stops in the head                       | complete                   | APITimeoutError
stops in the body                       | complete                   | APITimeoutError
sends an endless body slowly            | APITimeoutError            | APITimeoutError
responds 408                            | complete                   | APIStatusError
responds 425                            | complete                   | APIStatusError
responds 429                            | complete                   | RateLimitError
responds 429, wait 0.05 s               | complete                   | RateLimitError
responds 503, wait until a past date    | complete                   | ServerError
responds 500                            | complete                   | ServerError
responds 502 with HTML                  | complete                   | ServerError
responds 503                            | complete                   | ServerError
responds 504 with no body               | complete                   | ServerError
responds 520                            | complete                   | ServerError
responds 524                            | complete                   | ServerError
responds 301                            | APIStatusError             | APIStatusError
responds 307                            | APIStatusError             | APIStatusError
responds 400                            | BadRequestError            | BadRequestError
responds 401                            | AuthenticationError        | AuthenticationError
responds 403 with HTML                  | PermissionDeniedError      | PermissionDeniedError
responds 404                            | NotFoundError              | NotFoundError
responds 409                            | ConflictError              | ConflictError
responds 418                            | APIStatusError             | APIStatusError
responds 422                            | UnprocessableEntityError   | UnprocessableEntityError
responds 429, wait an hour              | RateLimitError             | RateLimitError
responds 499                            | APIStatusError             | APIStatusError
responds 501                            | ServerError                | ServerError
responds 598                            | ServerError                | ServerError
responds 204                            | APIResponseValidationError | APIResponseValidationError
responds 200 with no body               | APIResponseValidationError | APIResponseValidationError
responds 200 with HTML                  | APIResponseValidationError | APIResponseValidationError
responds 200 with half of its JSON      | APIResponseValidationError | APIResponseValidationError
responds 200 with invalid UTF-8         | APIResponseValidationError | APIResponseValidationError
responds 200 with null                  | APIResponseValidationError | APIResponseValidationError
responds 200 with a list                | APIResponseValidationError | APIResponseValidationError
responds 200 with a text as data        | APIResponseValidationError | APIResponseValidationError
responds 200 with a list as data        | APIResponseValidationError | APIResponseValidationError
responds 200 with numbers as text       | APIResponseValidationError | APIResponseValidationError
responds 200 with NaN for numbers       | APIResponseValidationError | APIResponseValidationError
responds 200 with 100,000 levels        | APIResponseValidationError | APIResponseValidationError
responds 200 with a too large body      | complete, usage: APIResponseValidationError | APIResponseValidationError
responds 200 with other ids             | APIResponseValidationError | APIResponseValidationError
responds 200 with an error as an object | APIResponseValidationError | APIResponseValidationError
responds 200 with no data and a message | APIResponseValidationError | APIResponseValidationError
"""
PROMISES = {
    name: {"once": once, "always": always}
    for name, once, always in ([cell.strip() for cell in line.split("|")] for line in TABLE.splitlines()[3:])
}

ROWS = 6  # in three pages of two
CURSORS = {"first": None, "middle": "cursor-2", "last": "cursor-4", "spans of the third": "cursor-2"}
"""The cursor of the request for each page, and of the error when that page, or those spans, fail."""
PAGES = ("first", "middle", "last")
TRACES_WITH_PAGES_OF_SPANS = ("trace-1", "trace-3")
"""Those whose spans may fail; the spans of the others come in one page, which saves half of all requests."""

SLOW_FAULTS = {"sends nothing", "stops in the head", "stops in the body", "sends an endless body slowly"}
"""Faults that only a time limit ends. Their cells run side by side, so that the limits can be long enough for a slow
machine."""

USAGE: dict[str, Callable[[], dict[str, Any]]] = {
    "get_session_usage": session_usage,
    "get_tenant_usage": tenant_usage,
}


def promised(fault: str, how_often: str, method: str) -> str:
    """Return the promised outcome; methods without pages may have another one."""
    pages, _, usage = PROMISES[fault][how_often].partition(", usage: ")
    return usage if usage and method in USAGE else pages


def correct_response(request: Request) -> bytes:
    for name, usage in (("/sessions/", session_usage), ("/tenants/", tenant_usage)):
        if name in request.path:
            return response_bytes({"data": usage()})
    first = first_row_after(cursor_of(request))
    last = first + 1
    spent: dict[str, Any] = {"total_cost": 0.25, "total_tokens": 7}
    if request.method == "GET":
        trace_id = request.path.split("/")[3]
        if trace_id not in TRACES_WITH_PAGES_OF_SPANS:
            last = ROWS
        rows = [span(number, trace_id=trace_id, **spent) for number in range(first, last + 1)]
    else:
        rows = [trace(number, tenant_id="AceTech", **spent) for number in range(first, last + 1)]
    return response_bytes(page(rows, more=last < ROWS))


def cursor_of(request: Request) -> str | None:
    pagination: dict[str, str] = request.query if request.method == "GET" else request.json["pagination"]
    return pagination.get("cursor")


class Service:
    """Respond correctly, except for the broken page: respond to that one with the fault."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._times = 0

    def break_page(self, method: str, place: str, times: int) -> None:
        self._method, self._place, self._times = method, place, times

    def _is_broken(self, request: Request) -> bool:
        if self._place == "spans of the third":
            return "trace-3" in request.path and cursor_of(request) is None
        if self._method.endswith("with_spans") and request.method == "GET":
            return False
        return self._place == "only" or cursor_of(request) == CURSORS[self._place]

    def repair(self) -> None:
        self._times = 0

    def __call__(self, request: Request) -> Reply:
        good = correct_response(request)
        if self._times and self._is_broken(request):
            self._times -= 1
            return self._fault(good)
        return send_bytes(good)


def first_row_after(cursor: str | None) -> int:
    return int((cursor or "cursor-0").removeprefix("cursor-")) + 1
