"""The HTTP library, and the only module of ours that names it; and the request that both transports build with it.

httpx is what this package installs and uses by itself. A caller's `http_client` may also be one of httpx2, which
continues httpx under the same names; so what belongs to a caller's client is recognised by class names.
"""

from __future__ import annotations

import math
import os
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

from httpx import (
    URL,
    AsyncClient,
    Client,
    ConnectError,
    ConnectTimeout,
    InvalidURL,
    Limits,
    ReadTimeout,
    Timeout,
    WriteTimeout,
    create_ssl_context,
)
from httpx import Response as HttpResponse

from netra.errors import ConfigurationError

from .protocols import AsyncHttpClient, HttpClient

if TYPE_CHECKING:
    from .config import Config
    from .request_flow import Send

__all__ = [
    "CALLERS_CLIENT_CLOSED",
    "CLIENT_CLOSED",
    "URL",
    "AsyncClient",
    "Client",
    "ConnectError",
    "ConnectTimeout",
    "HttpResponse",
    "InvalidURL",
    "ReadTimeout",
    "Timeout",
    "WriteTimeout",
    "build_request",
    "check_http_client",
    "is_instance",
    "open_http_client",
    "preloaded_content",
]

CLIENT_CLOSED = "This client is closed: make a new one, or call Netra.init again."
CALLERS_CLIENT_CLOSED = "The http_client of this client is closed: make new ones."

ACCEPT_ENCODING = "gzip, deflate"
"""The content codings that `response_body` decodes."""

LIBRARIES = ("httpx", "httpx2")

ClientT = TypeVar("ClientT", Client, AsyncClient)


def is_instance(value: object, *names: str) -> bool:
    """Return whether the value is an instance of one of these classes, of either library."""
    return any(
        cls.__name__ in names and cls.__module__.partition(".")[0] in LIBRARIES for cls in type(value).__mro__
    )


def check_http_client(http_client: object, kind: str) -> None:
    """Refuse what is not a client of this kind, `Client` or `AsyncClient`; None is fine."""
    if http_client is not None and not is_instance(http_client, kind):
        cls = type(http_client)
        raise ConfigurationError(
            f"http_client must be an httpx.{kind} or httpx2.{kind}, not {cls.__module__}.{cls.__qualname__}."
        )


# ---------------------------------------------------------------- our own client


class _OwnClient(Client):
    def _get_proxy_map(self, proxy: Any, allow_env_proxies: bool) -> dict[str, Any]:
        return _parsable(super()._get_proxy_map(proxy, allow_env_proxies))


class _OwnAsyncClient(AsyncClient):
    def _get_proxy_map(self, proxy: Any, allow_env_proxies: bool) -> dict[str, Any]:
        return _parsable(super()._get_proxy_map(proxy, allow_env_proxies))


def _parsable(proxies: dict[str, Any]) -> dict[str, Any]:
    """Drop what NO_PROXY names and no URL can express, such as `fd00::/8`: httpx would refuse to start."""
    found = {}
    for pattern, proxy in proxies.items():
        for form in (pattern, pattern.replace("/128]", "]"), pattern.replace("*[", "[")):
            try:
                URL(form)
            except InvalidURL:
                continue
            found[form] = proxy
            break
    return found


def open_http_client(kind: type[ClientT]) -> ClientT:
    """Make a client of the library for ourselves."""
    own: Any = _OwnClient if kind is Client else _OwnAsyncClient
    try:
        certificates = _certificates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        # As many connections as calls: a call that waited for a free one would spend its timeout before it began.
        http: ClientT = own(
            verify=certificates,
            follow_redirects=False,
            limits=Limits(max_connections=None, max_keepalive_connections=100),
        )
    except Exception as error:
        raise ConfigurationError(
            f"httpx cannot be set up: {error}. Check the variables for proxies (HTTPS_PROXY, ALL_PROXY, NO_PROXY, "
            "...) and certificates (SSL_CERT_FILE, SSL_CERT_DIR)."
        ) from error
    http.cookies.jar.set_policy(_NO_COOKIES)  # threads and tasks would share them; the API needs none
    return http


@lru_cache(4)
def _certificates(*_: str | None) -> Any:
    """Read the trusted certificates as the library does. Cached, because this takes longest of all."""
    return create_ssl_context()


_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])


# ---------------------------------------------------------------- requests and responses


def build_request(http: HttpClient | AsyncHttpClient, send: Send, config: Config) -> Any:
    """Build the library's request for one attempt. No part of it may wait beyond the call's deadline."""
    request, limits = send.operation.request, send.limits
    left = limits.seconds_left
    return http.build_request(
        request["method"],
        config.base_url + request["url"],
        params=request.get("params"),
        json=request.get("json"),
        headers={"accept-encoding": ACCEPT_ENCODING, **config.headers, **request.get("headers", {})},
        # A dict, because each library knows only its own Timeout.
        extensions={"timeout": {name: _shorter(left, part) for name, part in limits.timeout.items()}},
    )


def _shorter(seconds: float, timeout: float | None) -> float | None:
    shorter = min(seconds, math.inf if timeout is None else timeout)
    return None if shorter == math.inf else max(shorter, 0.001)


def preloaded_content(response: HttpResponse) -> bytes | None:
    """Return the body that a mock holds, or that a hook of the caller's `http_client` has read; None else."""
    try:
        return response.content
    except RuntimeError:  # ResponseNotRead, of whichever library
        return None
