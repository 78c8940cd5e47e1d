"""The HTTP library, and the only module of ours that names it.

httpx is what this package installs and uses by itself. A caller's `http_client` may also be one of httpx2, which
continues httpx under the same names; so what belongs to a caller's client is told by its name, not by its class.
"""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

from httpx import (
    URL,
    AsyncClient,
    Client,
    ConnectError,
    ConnectTimeout,
    InvalidURL,
    Limits,
    ReadTimeout,
    Response,
    Timeout,
    WriteTimeout,
    create_ssl_context,
)

from .errors import ConfigurationError

__all__ = [
    "URL",
    "AsyncClient",
    "Client",
    "ConnectError",
    "ConnectTimeout",
    "InvalidURL",
    "ReadTimeout",
    "Response",
    "Timeout",
    "WriteTimeout",
    "check_kind",
    "is_a",
    "open_http",
]

LIBRARIES = ("httpx", "httpx2")

Http = TypeVar("Http", Client, AsyncClient)


def is_a(value: object, *names: str) -> bool:
    """Whether it is an instance of one of these classes, of either library."""
    return any(
        cls.__name__ in names and cls.__module__.partition(".")[0] in LIBRARIES for cls in type(value).__mro__
    )


def check_kind(http_client: object, kind: str) -> None:
    if http_client is not None and not is_a(http_client, kind):
        cls = type(http_client)
        raise ConfigurationError(
            f"http_client must be an httpx.{kind} or httpx2.{kind}, not {cls.__module__}.{cls.__qualname__}."
        )


class _OwnClient(Client):
    def _get_proxy_map(self, proxy: Any, allow_env_proxies: bool) -> dict[str, Any]:
        return _readable(super()._get_proxy_map(proxy, allow_env_proxies))


class _OwnAsyncClient(AsyncClient):
    def _get_proxy_map(self, proxy: Any, allow_env_proxies: bool) -> dict[str, Any]:
        return _readable(super()._get_proxy_map(proxy, allow_env_proxies))


def _readable(proxies: dict[str, Any]) -> dict[str, Any]:
    """The proxies of the environment without what NO_PROXY names and no URL can express, such as `fd00::/8`."""
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


def open_http(kind: type[Http]) -> Http:
    """A client of the library for ourselves."""
    own: Any = _OwnClient if kind is Client else _OwnAsyncClient
    try:
        certificates = _certificates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        # As many connections as calls: a call that waited for a free one would spend its timeout before it began.
        http: Http = own(
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
def _certificates(*_: str | None) -> ssl.SSLContext:
    """What is trusted, as the library reads it from the environment: read once, because it takes longest of all."""
    return create_ssl_context()


_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
