"""Close the connection to a SOCKS proxy whose handshake fails or is cancelled: httpcore forgets it.

`netra._sync.deadline` does the same for sync code. A caller's `http_client` is left as it is.
"""

from __future__ import annotations

from typing import Any

from netra._core.http import AsyncClient

__all__ = ["close_failed_handshakes"]


def close_failed_handshakes(http: AsyncClient) -> None:
    """Put the repair under those transports of our own client that lead through a SOCKS proxy."""
    for transport in (http._transport, *http._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)
        if "SOCKS" in type(pool).__name__:
            pool._network_backend = _ClosingBackend(pool._network_backend)


class _ClosingBackend:
    def __init__(self, backend: Any) -> None:
        self._backend = backend

    async def connect_tcp(self, *arguments: Any, **options: Any) -> _ClosingStream:
        return _ClosingStream(await self._backend.connect_tcp(*arguments, **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


class _ClosingStream:
    def __init__(self, stream: Any) -> None:
        self._inner = stream

    async def read(self, *arguments: Any, **options: Any) -> bytes:
        try:
            data: bytes = await self._inner.read(*arguments, **options)
        except BaseException:
            await self._inner.aclose()
            raise
        return data

    async def write(self, *arguments: Any, **options: Any) -> None:
        try:
            await self._inner.write(*arguments, **options)
        except BaseException:
            await self._inner.aclose()
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
