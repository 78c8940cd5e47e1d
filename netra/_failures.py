"""What an attempt that gave no answer becomes: which of our errors, and whether it may pass. No I/O."""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Iterator
from typing import Any

import attrs

from ._config import Config
from ._http import is_a
from ._operations import Operation
from .errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InvalidRequestError,
    NetraError,
)

__all__ = ["Limits", "connection_error"]

TRANSPORTS = ("httpx", "httpx2", "httpcore", "httpcore2", "anyio", "h11", "h2", "socksio")
"""Packages whose errors tell of the network. Others come from code that was hooked in, and do not pass."""


@attrs.frozen
class Limits:
    """Of one attempt, for messages."""

    attempt: int
    """Which one it is, counted from 1."""
    deadline: float
    """Seconds for the whole call."""
    ends: float
    """When the call ends, on `time.monotonic`'s clock."""
    timeout: dict[str, float | None]
    """Seconds for each part of the attempt, as httpx names them."""

    def passed(self) -> str:
        """The limit that was passed, and how to change it."""
        attempts = f"{self.attempt} attempt{'s' if self.attempt > 1 else ''}"
        if time.monotonic() >= self.ends - 0.001:
            return f"deadline={self.deadline:g} s is over, after {attempts}. Try again, or raise deadline=..."
        seconds = ", ".join(f"{name} {part:g} s" for name, part in self.timeout.items() if part is not None)
        return (
            f"timeout ({seconds}) is over, in {attempts}. Try again, or raise timeout=... "
            "(NETRA_USAGE_TIMEOUT) or deadline=..."
        )


def connection_error(
    operation: Operation[Any], config: Config, error: Exception, limits: Limits, proxy: str | None
) -> NetraError:
    """Our error for anything that the HTTP library, or what lies below it, raised instead of giving an answer."""
    if is_a(error, "RequestError"):
        # It holds the API key; whatever pickles errors with their causes, as Dask does, would send it along.
        error.request = None  # type: ignore[attr-defined]
    what = config.hide(f"{type(error).__name__}: {error}".rstrip(": "))
    through = f" through the proxy {proxy}" if proxy else ""
    where = f"{operation.asked}: no usable answer from {config.base_url}{through} ({what})."
    if is_a(error, "TimeoutException") or isinstance(error, TimeoutError):
        return APITimeoutError(f"{where} {limits.passed()}")
    if is_a(error, "UnsupportedProtocol", "InvalidURL"):
        return ConfigurationError(f"{where} Check the endpoint and the proxy settings.")
    if is_a(error, "LocalProtocolError"):
        return InvalidRequestError(f"{where} HTTP cannot express this request; check headers and arguments.")
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return _final(f"{where} Check the certificate, and SSL_CERT_FILE or SSL_CERT_DIR.")
    if is_a(error, "ProxyError"):
        refused = str(error)[:1] == "4" and str(error)[:3] not in ("408", "425", "429")
        failure = _final if refused else APIConnectionError
        return failure(f"{where} Check the proxy and its user and password (HTTPS_PROXY, ALL_PROXY, ...).")
    if not _comes_from_the_network(error):
        return _final(f"{where} It was raised by code around the HTTP client, such as a hook of http_client.")
    return APIConnectionError(f"{where} Check the endpoint, the network and the proxy settings.")


def _final(message: str) -> APIConnectionError:
    error = APIConnectionError(message)
    error._is_final = True
    return error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _comes_from_the_network(error: Exception) -> bool:
    if isinstance(error, ConnectionError | zlib.error | ssl.SSLError | EOFError):
        return True
    return type(error).__module__.partition(".")[0] in TRANSPORTS
