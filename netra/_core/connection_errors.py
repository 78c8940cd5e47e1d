"""Map an attempt that got no response to one of our errors, and decide whether the failure may pass."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import attrs

from netra.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InvalidRequestError,
    NetraError,
)

from .clock import SYSTEM_CLOCK, Clock
from .config import Config
from .http import is_instance
from .operations import Operation

__all__ = ["AttemptLimits", "connection_error"]

NETWORK_PACKAGES = ("httpx", "httpx2", "httpcore", "httpcore2", "anyio", "h11", "h2", "socksio")
"""Packages whose errors tell of the network. Others come from code that was hooked in, and do not pass."""


@attrs.frozen
class AttemptLimits:
    """The limits of one attempt, and what to say when one is exceeded."""

    attempt: int
    """Number of the attempt, from 1."""
    deadline: float
    """Seconds for the whole call."""
    ends: float
    """When the call ends, on the clock."""
    timeout: dict[str, float | None]
    """Seconds for each part of the attempt, as httpx names them."""
    clock: Clock = SYSTEM_CLOCK

    @property
    def seconds_left(self) -> float:
        return self.ends - self.clock.monotonic()

    def exceeded(self) -> str:
        """Name the limit that was exceeded, and how to change it."""
        attempts = f"{self.attempt} attempt{'s' if self.attempt > 1 else ''}"
        if self.seconds_left <= 0.001:
            return f"deadline={self.deadline:g} s is over, after {attempts}. Try again, or raise deadline=..."
        seconds = ", ".join(f"{name} {part:g} s" for name, part in self.timeout.items() if part is not None)
        return (
            f"timeout ({seconds}) is over, in {attempts}. Try again, or raise timeout=... "
            "(NETRA_USAGE_TIMEOUT) or deadline=..."
        )


def connection_error(
    operation: Operation[Any], config: Config, error: Exception, limits: AttemptLimits, proxy: str | None
) -> NetraError:
    """Return our error for what the HTTP library, or a layer below it, raised instead of giving a response."""
    if is_instance(error, "RequestError"):
        # It holds the API key; whatever pickles errors with their causes, as Dask does, would send it along.
        error.request = None  # type: ignore[attr-defined]
    what = config.redact(f"{type(error).__name__}: {error}".rstrip(": "))
    through = f" through the proxy {proxy}" if proxy else ""
    where = f"{operation.request_line}: no usable answer from {config.base_url}{through} ({what})."
    if is_instance(error, "TimeoutException") or isinstance(error, TimeoutError):
        return APITimeoutError(f"{where} {limits.exceeded()}")
    if is_instance(error, "UnsupportedProtocol", "InvalidURL"):
        return ConfigurationError(f"{where} Check the endpoint and the proxy settings.")
    if is_instance(error, "LocalProtocolError"):
        return InvalidRequestError(f"{where} HTTP cannot express this request; check headers and arguments.")
    if any(type(cause).__name__ == "SSLCertVerificationError" for cause in _causes(error)):
        return _final(f"{where} Check the certificate, and SSL_CERT_FILE or SSL_CERT_DIR.")
    if is_instance(error, "ProxyError"):
        refused = str(error)[:1] == "4" and str(error)[:3] not in ("408", "425", "429")
        failure = _final if refused else APIConnectionError
        return failure(f"{where} Check the proxy and its user and password (HTTPS_PROXY, ALL_PROXY, ...).")
    if not _is_network_error(error):
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


def _is_network_error(error: Exception) -> bool:
    if isinstance(error, ConnectionError | zlib.error | EOFError):
        return True
    if any(cls.__module__ == "ssl" for cls in type(error).__mro__):
        return True
    return type(error).__module__.partition(".")[0] in NETWORK_PACKAGES
