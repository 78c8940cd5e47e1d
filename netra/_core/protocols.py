"""Types of what a caller may bring: an HTTP client or a timeout of httpx or httpx2. Neither library is imported."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["AsyncHttpClient", "HttpClient", "TimeoutLike"]


class TimeoutLike(Protocol):
    """An `httpx.Timeout` or `httpx2.Timeout`."""

    def as_dict(self) -> dict[str, float | None]: ...


class HttpClient(Protocol):
    """An `httpx.Client` or `httpx2.Client`."""

    @property
    def is_closed(self) -> bool: ...
    def build_request(self, *args: Any, **kwargs: Any) -> Any: ...
    def send(self, *args: Any, **kwargs: Any) -> Any: ...
    def close(self) -> None: ...


class AsyncHttpClient(Protocol):
    """An `httpx.AsyncClient` or `httpx2.AsyncClient`."""

    @property
    def is_closed(self) -> bool: ...
    def build_request(self, *args: Any, **kwargs: Any) -> Any: ...
    async def send(self, *args: Any, **kwargs: Any) -> Any: ...
    async def aclose(self) -> None: ...
