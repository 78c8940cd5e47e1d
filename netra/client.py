"""`Netra`, as the process-wide default client or one of many.

httpx, attrs and most of this package are loaded with the first client, not with this module: a program that may send no
request, such as a command line that prints its help, starts without them.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterable, Mapping
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ._copying import NotCopied
from ._core.protocols import HttpClient, TimeoutLike
from ._sync.default import set_default_transport
from .errors import NotInitializedError

if TYPE_CHECKING:
    from ._core.config import Arguments
    from .usage import Usage

__all__ = ["Netra"]


class _UsageAttribute:
    """`Netra.usage` is the default client's, `client.usage` the client's own.

    Without a default client it still shows its methods, to mocks and to whoever asks `hasattr`; calling them raises.
    """

    def __get__(self, client: Netra | None, owner: type[Netra]) -> Usage:
        found = client or owner._default
        return found._usage if found is not None else _usage_without_client()


def _usage_without_client() -> Usage:
    from ._core.options import Options
    from .usage import Usage

    nothing: Any = _NoTransport()
    return Usage(nothing, Options())


class _NoTransport:
    config = SimpleNamespace(base_url="no client: call Netra.init")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what copying, pickling and mocks look for
            raise AttributeError(name)
        raise NotInitializedError("There is no default client: call Netra.init(app_name=...) first.")


class Netra(NotCopied):
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
            parts of the response. Else `NETRA_USAGE_TIMEOUT`, then 10.
        max_retries: How often a call is tried again after a failure that may pass. Default 4; 0 switches it off.
        deadline: Seconds that a whole call may take, waits and retries included. Default 300; `math.inf` for none.
        max_response_bytes: The largest response that is read, decoded. Default 100 MB.
        prefetch: Whether iterators ask for the next page while you work on the rows of this one. Default True.
        http_client: A `Client` of yours to send with, of httpx or httpx2, for its proxies, certificates or HTTP/2. It
            stays yours to close.
        secret_headers: Names of headers whose values no error may show, should the service echo them. The API key, and
            headers whose name says key, token, secret, auth, cookie or password, are hidden anyway.

    Raises:
        ConfigurationError: an argument or a variable makes no sense, or the hosted service has no key.
    """

    usage = _UsageAttribute()

    _instead = "Make one in each process, with Netra(...) or Netra.init(...). The threads of a process can share one."
    _default: ClassVar[Netra | None] = None
    _lock: ClassVar[threading.Lock] = threading.Lock()
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
        http_client: HttpClient | None = None,
        secret_headers: Iterable[str] | None = None,
    ) -> None:
        from ._core.config import Arguments

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

    def _set_up(self, arguments: Arguments, http_client: HttpClient | None) -> None:
        from ._core.config import read_config
        from ._sync.transport import Transport
        from .usage import Usage

        config = read_config(arguments)
        config.warn_if_exposed(stacklevel=4)
        self._base_url = config.base_url
        self._transport = Transport(config, http_client)
        self._usage = Usage(self._transport, config.options)

    @classmethod
    def init(
        cls,
        app_name: str | None = None,
        headers: Mapping[str, str] | str | None = None,
        *,
        api_key: str | None = None,
        endpoint: str | None = None,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        prefetch: bool | None = None,
        http_client: HttpClient | None = None,
        secret_headers: Iterable[str] | None = None,
    ) -> None:
        """Set up the default client, `Netra.usage`. A second call changes nothing and warns.

        Takes the arguments of the class, and raises what it raises.

        Example:
            >>> Netra.init(app_name="analytics-app", headers="x-api-key=your-api-key")
        """
        from ._core.config import Arguments

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
        del headers, api_key
        with cls._lock:
            if cls._default is not None:
                warnings.warn(
                    "Netra.init was called before, and this call changes nothing. "
                    "Call Netra.shutdown() first, or use a client of your own: Netra(api_key=...).",
                    stacklevel=2,
                )
                return
            client = cls.__new__(cls)
            client._set_up(arguments, http_client)
            Netra._default = client
            set_default_transport(client._transport)

    @classmethod
    def is_initialized(cls) -> bool:
        """Return whether there is a default client.

        Example:
            >>> if not Netra.is_initialized():
            ...     Netra.init(app_name="billing")
        """
        return cls._default is not None

    @classmethod
    def shutdown(cls) -> None:
        """Close the default client, if there is one; `Netra.init` may then be called again.

        Example:
            >>> Netra.shutdown()
            >>> Netra.init(app_name="billing", endpoint=another_endpoint)
        """
        with cls._lock:
            client, Netra._default = cls._default, None
            set_default_transport(None)
        if client is not None:
            client.close()

    def close(self) -> None:
        """Close the connections. Afterwards every call raises `NotInitializedError`; closing twice is fine.

        Example:
            >>> client = Netra(api_key="…")
            >>> try:
            ...     client.usage.list_traces(start, end)
            ... finally:
            ...     client.close()
        """
        self._transport.close()

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
