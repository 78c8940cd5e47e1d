"""`AsyncNetra`, the client for async code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from netra._copying import NotCopied
from netra._core.config import Arguments, read_config
from netra._core.protocols import AsyncHttpClient, TimeoutLike

from .transport import AsyncTransport
from .usage import AsyncUsage

__all__ = ["AsyncNetra"]


class AsyncNetra(NotCopied):
    """A client for async code. It belongs to the event loop that first uses it, so there is no default one.

        >>> async with AsyncNetra(api_key="…") as client:
        ...     async for trace in client.usage.iter_traces(start, end):
        ...         print(trace.id, trace.total_cost)

    Takes the arguments of `Netra`, and raises what it raises; `http_client` is an `AsyncClient` of httpx or
    httpx2.
    """

    _instead = "Make one in each process and for each event loop, with AsyncNetra(...)."
    _base_url = ""  # so that repr() works if __init__ fails

    def __init__(
        self,
        *,
        app_name: str | None = None,
        headers: Mapping[str, str] | str | None = None,
        api_key: str | None = None,
        endpoint: str | None = None,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        prefetch: bool | None = None,
        http_client: AsyncHttpClient | None = None,
        secret_headers: Iterable[str] | None = None,
    ) -> None:
        arguments = Arguments(
            app_name=app_name,
            headers=headers,
            api_key=api_key,
            endpoint=endpoint,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
            prefetch=prefetch,
            secret_headers=secret_headers,
        )
        del headers, api_key  # they hold the key, and this frame may end up in an error report
        self._set_up(arguments, http_client)

    def _set_up(self, arguments: Arguments, http_client: AsyncHttpClient | None) -> None:
        config = read_config(arguments)
        config.warn_if_exposed(stacklevel=4)
        self._base_url = config.base_url
        self._transport = AsyncTransport(config, http_client)
        self._usage = AsyncUsage(self._transport, config.options)

    @property
    def usage(self) -> AsyncUsage:
        """The documented methods, to be awaited."""
        return self._usage

    async def close(self) -> None:
        """Close the connections. Afterwards every call raises `NotInitializedError`; closing twice is fine.

        Example:
            >>> client = AsyncNetra(api_key="…")
            >>> try:
            ...     await client.usage.list_traces(start, end)
            ... finally:
            ...     await client.close()
        """
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={self._base_url!r})"
