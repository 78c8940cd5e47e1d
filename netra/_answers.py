"""From what came back to a result or an error. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Generic, TypeVar

import attrs
from netra_api.errors import PayloadError

from ._config import Config
from ._error_bodies import html_title, message_in
from ._operations import Operation
from .errors import (
    APIResponseValidationError,
    APIStatusError,
    error_class_for,
)

__all__ = ["Answer", "result_of", "retry_after", "status_error"]

T = TypeVar("T")

BODY_SHOWN = 2_000
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
class Answer(Generic[T]):
    """What came back. `headers` looks names up in any case."""

    operation: Operation[T]
    config: Config
    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)  # these two may echo the key
    body: bytes = attrs.field(repr=False)

    @property
    def asked(self) -> str:
        return self.operation.asked

    def values_of(self, name: str) -> list[str]:
        """Each value of a header that may come more than once."""
        get_list: Any = getattr(self.headers, "get_list", None)
        found: list[str] = (
            get_list(name) if get_list else [self.headers[name]] if name in self.headers else []
        )
        return found

    @property
    def request_id(self) -> str | None:
        found = (self.headers[name] for name in _REQUEST_ID_HEADERS if name in self.headers)
        return next(map(self.config.hide, found), None)

    @property
    def body_shown(self) -> str:
        """The beginning of the body as text; services that echo their request do not get the key in here."""
        return self.config.hider.beginning(self.body, BODY_SHOWN)


def result_of(answer: Answer[T]) -> T:
    """The operation's result. Raises `APIStatusError`, `APIResponseValidationError` or `PaginationError`."""
    if not 200 <= answer.status <= 299:
        raise status_error(answer)
    try:
        return answer.operation.read(json.loads(answer.body))
    except PayloadError as error:
        problem = answer.config.hide(str(error))
    except (ValueError, RecursionError) as error:
        problem = f"the body is {_page_shown(answer) or f'not JSON ({error})'}"
    raise APIResponseValidationError(
        f"{answer.asked} answered {answer.status}, but not as the contract promises: {problem}."
        f"{_id_note(answer)} Something between here and the service may have answered in its place; "
        "if not, the service has changed and this package needs an update.",
        body=answer.body_shown,
        request_id=answer.request_id,
    )


def status_error(answer: Answer[Any]) -> APIStatusError:
    """The error for a status that is not a success."""
    status = answer.status
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:  # 499, 520, 598: no registry knows them
        phrase = ""
    said = _service_message(answer)
    location = answer.headers.get("location")
    if 300 <= status <= 399 and location:
        advice = _REDIRECT_ADVICE.format(location=answer.config.hide(location)[:BODY_SHOWN])
    else:
        advice = _ADVICE.get(status, _SERVER_ADVICE if 500 <= status <= 599 else "")
    wait = retry_after(answer.values_of("retry-after"), datetime.now(UTC))
    if wait is not None:
        advice = f"{advice} The service asks to wait {wait:g} s.".strip()
    message = (
        f"{answer.asked} answered {status}{phrase}{f': {said}' if said else ''}.{_id_note(answer)} "
        f"It came from {answer.config.came_from}. {advice}"
    )
    return error_class_for(status)(
        message.strip(),
        status_code=status,
        body=answer.body_shown,
        request_id=answer.request_id,
        retry_after=wait,
    )


def _service_message(answer: Answer[Any]) -> str:
    """The service's own words, a page's title, or the beginning of the body."""
    try:
        message = message_in(json.loads(answer.body))
    except (ValueError, RecursionError):
        message = None
    if message:
        return answer.config.hide(message)[:BODY_SHOWN].rstrip(".")
    return _page_shown(answer) or " ".join(answer.body_shown[:200].split())


def _page_shown(answer: Answer[Any]) -> str:
    """An HTML page by its title and its content type; "" for any other body."""
    kind = answer.headers.get("content-type", "no content type")
    title = html_title(answer.body[: 8 * BODY_SHOWN].decode(errors="replace"), kind)
    if title is None:
        return ""
    return answer.config.hide(f"an HTML page ({kind})" + (f" with the title {title!r}" if title else ""))[
        :300
    ]


def _id_note(answer: Answer[Any]) -> str:
    return f" (request id {answer.request_id})" if answer.request_id else ""


def retry_after(values: list[str], now: datetime) -> float | None:
    """Seconds from `Retry-After` headers, the longest of them; None if there is none that can be read.

    Each holds seconds or an HTTP date; or, where a proxy has put several into one, seconds with commas between.
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
