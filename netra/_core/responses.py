"""Map a response to the operation's result, or to an error that says what came and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import attrs
from netra_api.errors import PayloadError
from netra_api.types import load_json

from netra.errors import APIResponseValidationError, APIStatusError, error_class_for

from .clock import SYSTEM_CLOCK, Clock
from .config import Config
from .connection_errors import AttemptLimits
from .error_body import html_title, message_in
from .http import HttpResponse, preloaded_content
from .operations import Operation

__all__ = ["Response", "parse_response", "retry_after_seconds", "status_error"]

T = TypeVar("T")

MAX_EXCERPT = 2_000
"""How many characters of a body an error keeps."""

_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]+)?")
_REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id")

_ADVICE = {
    400: "Check the arguments.",
    401: "Check the API key: NETRA_API_KEY, or api_key='...'.",
    403: "The API key is valid but may not do this; ask for the permission, or use another key.",
    404: "Check the id, and that the endpoint is the service's.",
    429: "Send fewer requests, or wait.",
}
_REDIRECT_ADVICE = (
    "It points to {location}. Redirects are not followed, because they would show the API key to another "
    "address; if you trust that one, set it as the endpoint."
)
_SERVER_ADVICE = "The service failed; try again later."


@attrs.frozen
class Response(Generic[T]):
    """What came back for an operation."""

    operation: Operation[T]
    config: Config
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)  # headers and body may echo the key
    """Looks names up in any case."""
    body: bytes = attrs.field(repr=False)
    clock: Clock = SYSTEM_CLOCK

    @classmethod
    def of(
        cls,
        operation: Operation[T],
        config: Config,
        response: HttpResponse,
        body: bytes,
        limits: AttemptLimits,
    ) -> Response[T]:
        return cls(operation, config, response.status_code, response.headers, body, limits.clock)

    @classmethod
    def of_hook_error(
        cls, operation: Operation[T], config: Config, error: Any, limits: AttemptLimits
    ) -> Response[T]:
        """Return the response for which a hook of the caller's `http_client` raised an `HTTPStatusError`."""
        return cls.of(operation, config, error.response, preloaded_content(error.response) or b"", limits)

    @property
    def request_line(self) -> str:
        return self.operation.request_line

    def values_of(self, name: str) -> list[str]:
        """Return each value of a header that may come more than once."""
        get_list: Any = getattr(self.headers, "get_list", None)
        found: list[str] = (
            get_list(name) if get_list else [self.headers[name]] if name in self.headers else []
        )
        return found

    @property
    def request_id(self) -> str | None:
        found = (self.headers[name] for name in _REQUEST_ID_HEADERS if name in self.headers)
        return next(map(self.config.redact, found), None)

    @property
    def excerpt(self) -> str:
        """The beginning of the body as text, without our secrets."""
        return self.config.redactor.excerpt(self.body, MAX_EXCERPT)


def parse_response(response: Response[T]) -> T:
    """Return the operation's result.

    Raises:
        APIStatusError: the status is not a success.
        APIResponseValidationError: the body is not what the contract promises.
        PaginationError: the page says that more follow, but gives no cursor to ask for them.
    """
    if not 200 <= response.status <= 299:
        raise status_error(response)
    try:
        return response.operation.parse(load_json(response.body))
    except PayloadError as error:
        problem = response.config.redact(str(error))
    except (ValueError, RecursionError) as error:
        problem = f"the body is {_html_summary(response) or f'not JSON ({error})'}"
    raise APIResponseValidationError(
        f"{response.request_line} answered {response.status}, but not as the contract promises: {problem}."
        f"{_id_note(response)} Something between here and the service may have answered in its place; "
        "if not, the service has changed and this package needs an update.",
        body=response.excerpt,
        request_id=response.request_id,
    )


def status_error(response: Response[Any]) -> APIStatusError:
    """Return the error for a status that is not a success."""
    status = response.status
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:  # 499, 520, 598: no registry knows them
        phrase = ""
    message = _service_message(response)
    location = response.headers.get("location")
    if 300 <= status <= 399 and location:
        advice = _REDIRECT_ADVICE.format(location=response.config.redact(location)[:MAX_EXCERPT])
    else:
        advice = _ADVICE.get(status, _SERVER_ADVICE if 500 <= status <= 599 else "")
        if status == 400:
            advice = f"{advice} {response.operation.refusal_note}".strip()
    seconds = retry_after_seconds(response.values_of("retry-after"), response.clock.utc_now())
    if seconds is not None:
        advice = f"{advice} The service asks to wait {seconds:g} s.".strip()
    text = (
        f"{response.request_line} answered {status}{phrase}{f': {message}' if message else ''}.{_id_note(response)} "
        f"It came from {response.config.host_note}. {advice}"
    )
    return error_class_for(status)(
        text.strip(),
        status_code=status,
        body=response.excerpt,
        request_id=response.request_id,
        retry_after=seconds,
    )


def _service_message(response: Response[Any]) -> str:
    """Return the service's own message, a page's title, or the beginning of the body."""
    try:
        message = message_in(load_json(response.body))
    except (ValueError, RecursionError):
        message = None
    if message:
        return response.config.redact(message)[:MAX_EXCERPT].rstrip(".")
    return _html_summary(response) or " ".join(response.excerpt[:200].split())


def _html_summary(response: Response[Any]) -> str:
    """Describe an HTML page by its title and content type; "" for any other body."""
    content_type = response.headers.get("content-type", "no content type")
    title = html_title(response.body[: 8 * MAX_EXCERPT].decode(errors="replace"), content_type)
    if title is None:
        return ""
    summary = f"an HTML page ({content_type})" + (f" with the title {title!r}" if title else "")
    return response.config.redact(summary)[:300]


def _id_note(response: Response[Any]) -> str:
    return f" (request id {response.request_id})" if response.request_id else ""


def retry_after_seconds(values: list[str], now: datetime) -> float | None:
    """Return the longest wait that `Retry-After` headers ask for, in seconds; None if none can be read.

    Each value is a number of seconds or an HTTP date (RFC 9110, section 10.2.3); or seconds with commas between, where
    a proxy has joined several headers.
    """
    found = [seconds for value in values for seconds in _seconds_in(value.strip(), now)]
    return max(found, default=None)


def _seconds_in(value: str, now: datetime) -> list[float]:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        parts = [part.strip() for part in value.split(",")]
        return [float(part) for part in parts if _SECONDS.fullmatch(part)]
    return [max((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds(), 0.0)]
