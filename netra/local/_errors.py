"""Errors of a request with their HTTP status, and the error response."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse


class RequestError(Exception):
    """The request is invalid; `message` goes into the error response."""

    status_code = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TooLargeError(RequestError):
    """The body is larger than the size limit, before or after decompression."""

    status_code = 413


class UnsupportedMediaError(RequestError):
    """The body's content type or content encoding is not supported."""

    status_code = 415


def error_response(status_code: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Build an ErrorResponse of the contract."""
    phrase = HTTPStatus(status_code).phrase
    body = {"statusCode": status_code, "message": message, "error": phrase}
    return JSONResponse(body, status_code, headers)
