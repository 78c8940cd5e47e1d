"""The one place where bytes go out and come in."""

from __future__ import annotations

import weakref
from typing import TypeVar

import httpx

from ._answers import Answer, result_of
from ._config import Config
from ._operations import Operation
from .errors import APIConnectionError, APITimeoutError, NotInitializedError

__all__ = ["Sender"]

T = TypeVar("T")


class Sender:
    """Sends operations to the configured origin, and nowhere else."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._http = httpx.Client(timeout=config.timeout, follow_redirects=False)
        # A client that nobody closed closes its sockets when it is collected, or at the end of the process.
        weakref.finalize(self, self._http.close)

    def send(self, operation: Operation[T]) -> T:
        """The operation's result, or one of the errors of `netra.errors`."""
        if self._http.is_closed:
            raise NotInitializedError("This client is closed: make a new one, or call Netra.init again.")
        asked = f"{operation.request['method'].upper()} {operation.request['url']}"
        try:
            response = self._http.send(self._request(operation))
        except httpx.TimeoutException as error:
            raise APITimeoutError(
                f"{asked}: no answer from {self._config.base_url} in time ({type(error).__name__}). "
                "Try again, or raise the timeout (timeout=…, NETRA_USAGE_TIMEOUT)."
            ) from error
        except httpx.HTTPError as error:
            raise APIConnectionError(
                f"{asked}: no usable answer from {self._config.base_url} ({type(error).__name__}: {error}). "
                "Check the endpoint, the network and the proxy settings."
            ) from error
        return result_of(operation, Answer(asked, response.status_code, response.headers, response.content))

    def _request(self, operation: Operation[T]) -> httpx.Request:
        request = operation.request
        return self._http.build_request(
            request["method"],
            self._config.base_url + request["url"],
            params=request.get("params"),
            json=request.get("json"),
            headers={**self._config.headers, **request.get("headers", {})},
        )

    def close(self) -> None:
        self._http.close()
