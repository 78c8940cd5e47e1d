"""Clients: `Netra`, as the process-wide default or one of many, and `AsyncNetra`."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import ClassVar, Self

import httpx

from ._config import Arguments, Config, read_config
from ._sending import AsyncSender, Sender
from .errors import NotInitializedError
from .usage import AsyncUsage, Usage

__all__ = ["AsyncNetra", "Netra"]


_warned_about: set[str] = set()


def _checked(arguments: Arguments) -> Config:
    """The set-up. Warns of connections that others can read, as if from the line that makes the client."""
    config = read_config(arguments)
    if config.is_exposed and config.base_url not in _warned_about:
        _warned_about.add(config.base_url)
        warnings.warn(
            f"{config.base_url} is not encrypted: the API key and all data can be read on the way. Use https.",
            stacklevel=4,
        )
    return config


class _UsageAttribute:
    """`Netra.usage` is the default client's, `client.usage` the client's own."""

    def __get__(self, client: Netra | None, owner: type[Netra]) -> Usage:
        return (client or owner._default_client())._usage


class Netra:
    """A client of the usage API. As a process-wide default:

        >>> Netra.init(app_name="sample-app")
        >>> Netra.usage.get_tenant_usage("AceTech", start, end)

    or as many clients of your own as needed:

        >>> with Netra(api_key="…", endpoint="https://netra.example") as client:
        ...     client.usage.list_traces(start, end)

    Every argument that is None is looked up in the environment. A client may be used from many threads.

    Args:
        app_name: Your program's name, for the `User-Agent`. Else `NETRA_APP_NAME`, `OTEL_SERVICE_NAME`.
        headers: Headers of every request: a mapping, or text like `"x-api-key=…,name=value"` with percent-encoded
            values. Else `NETRA_HEADERS`.
        api_key: The API key. Else `x-api-key` in `headers`, then `NETRA_API_KEY`. Sent to the endpoint only.
        endpoint: The telemetry endpoint or the API's base URL. Else `NETRA_OTLP_ENDPOINT`,
            `OTEL_EXPORTER_OTLP_ENDPOINT`, then the hosted service.
        timeout: Seconds (or an `httpx.Timeout`) that one attempt may take to connect, to send, and between two
            parts of the answer. Else `NETRA_USAGE_TIMEOUT`, then 10.
        max_retries: How often a call is tried again after a failure that may pass. Default 4; 0 switches it off.
        deadline: Seconds that a whole call may take, waits and retries included. Default 300; `math.inf` for none.
        max_response_bytes: The largest answer that is read, unpacked. Default 100 MB.
        http_client: An `httpx.Client` of yours to send with, for its proxies, certificates or HTTP/2. It stays
            yours to close.

    Raises:
        ConfigurationError: an argument or a variable makes no sense, or the hosted service has no key.
    """

    usage = _UsageAttribute()

    _default: ClassVar[Netra | None] = None
    _lock: ClassVar[threading.Lock] = threading.Lock()
    _base_url = ""  # for the repr in reports of an error during the set-up

    def __init__(
        self,
        *,
        app_name: str | None = None,
        headers: Mapping[str, str] | str | None = None,
        api_key: str | None = None,
        endpoint: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        http_client: httpx.Client | None = None,
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
        )
        del headers, api_key  # they hold the key, and this frame may end up in an error report
        self._set_up(arguments, http_client)

    def _set_up(self, arguments: Arguments, http_client: httpx.Client | None) -> None:
        config = _checked(arguments)
        self._base_url = config.base_url
        self._sender = Sender(config, http_client)
        self._usage = Usage(self._sender, config.limits)

    @classmethod
    def init(
        cls,
        app_name: str | None = None,
        headers: Mapping[str, str] | str | None = None,
        *,
        api_key: str | None = None,
        endpoint: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        http_client: httpx.Client | None = None,
    ) -> None:
        """Sets up the default client, `Netra.usage`. A second call changes nothing and warns.

        Takes the arguments of the class, and raises what it raises.

        Example:
            >>> Netra.init(app_name="analytics-app", headers="x-api-key=your-api-key")
        """
        arguments = Arguments(
            app_name=app_name,
            headers=headers,
            api_key=api_key,
            endpoint=endpoint,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            max_response_bytes=max_response_bytes,
        )
        del headers, api_key
        with cls._lock:
            if cls._default is not None:
                warnings.warn(
                    "Netra.init was called before, and this call changes nothing. "
                    "Call Netra.shutdown() first, or use a client of your own: Netra(api_key=…).",
                    stacklevel=2,
                )
                return
            client = cls.__new__(cls)
            client._set_up(arguments, http_client)
            Netra._default = client

    @classmethod
    def is_initialized(cls) -> bool:
        """Whether there is a default client.

        Example:
            >>> if not Netra.is_initialized():
            ...     Netra.init(app_name="billing")
        """
        return cls._default is not None

    @classmethod
    def shutdown(cls) -> None:
        """Closes the default client, if there is one; `Netra.init` may then be called again.

        Example:
            >>> Netra.shutdown()
            >>> Netra.init(app_name="billing", endpoint=another_endpoint)
        """
        with cls._lock:
            client, Netra._default = cls._default, None
        if client is not None:
            client.close()

    @classmethod
    def _default_client(cls) -> Netra:
        if cls._default is None:
            raise NotInitializedError("There is no default client: call Netra.init(app_name=…) first.")
        return cls._default

    def close(self) -> None:
        """Closes the connections. Afterwards every call raises `NotInitializedError`; closing twice is fine.

        Example:
            >>> client = Netra(api_key="…")
            >>> try:
            ...     client.usage.list_traces(start, end)
            ... finally:
            ...     client.close()
        """
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(endpoint={self._base_url!r})"


class AsyncNetra:
    """A client for async code. It belongs to the event loop that first uses it, so there is no default one.

        >>> async with AsyncNetra(api_key="…") as client:
        ...     async for trace in client.usage.iter_traces(start, end):
        ...         print(trace.id, trace.total_cost)

    Takes the arguments of `Netra`, and raises what it raises; `http_client` is an `httpx.AsyncClient`.
    """

    _base_url = ""  # for the repr in reports of an error during the set-up

    def __init__(
        self,
        *,
        app_name: str | None = None,
        headers: Mapping[str, str] | str | None = None,
        api_key: str | None = None,
        endpoint: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        http_client: httpx.AsyncClient | None = None,
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
        )
        del headers, api_key  # they hold the key, and this frame may end up in an error report
        self._set_up(arguments, http_client)

    def _set_up(self, arguments: Arguments, http_client: httpx.AsyncClient | None) -> None:
        config = _checked(arguments)
        self._base_url = config.base_url
        self._sender = AsyncSender(config, http_client)
        self._usage = AsyncUsage(self._sender, config.limits)

    @property
    def usage(self) -> AsyncUsage:
        """The documented methods, to be awaited."""
        return self._usage

    async def close(self) -> None:
        """Closes the connections. Afterwards every call raises `NotInitializedError`; closing twice is fine.

        Example:
            >>> client = AsyncNetra(api_key="…")
            >>> try:
            ...     await client.usage.list_traces(start, end)
            ... finally:
            ...     await client.close()
        """
        await self._sender.close()

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
