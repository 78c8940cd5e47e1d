"""What a request can do wrong, with the HTTP status that tells the caller so."""

from __future__ import annotations


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
