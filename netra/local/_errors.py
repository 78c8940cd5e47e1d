"""What a request can do wrong, with the HTTP status that tells the caller so; and the answer that does."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse


class RequestError(Exception):
    """A request that is answered with an error; `message` is what the caller reads."""

    status_code = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TooLargeError(RequestError):
    """The body is larger than the server takes, as sent or after decompression."""

    status_code = 413


class UnsupportedMediaError(RequestError):
    """The body's content type or content encoding is not one that the server reads."""

    status_code = 415


def error_answer(status_code: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The contract's ErrorResponse."""
    words = HTTPStatus(status_code).phrase
    body = {"statusCode": status_code, "message": message, "error": words}
    return JSONResponse(body, status_code, headers)
