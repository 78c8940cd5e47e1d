"""Types of what a caller may bring, by form: HTTP clients and timeouts of httpx or httpx2, and conditions.

Nothing is imported for them.
"""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["AsyncHttpClient", "FilterLike", "HttpClient", "TimeoutLike"]


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


class FilterLike(Protocol):
    """A condition of `netra.filters`: a `Filter`, or a boolean field, which stands for itself."""

    def _as_filter(self) -> Any: ...
