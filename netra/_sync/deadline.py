"""Bound each wait of a sync call on its sockets by what is left of the call's deadline.

httpx bounds each single read, so a response that drips can take any time. Every read, write and connection of ours goes
through httpcore's network backend, with proxies as without; so the bound is put there. Async code needs none of this:
`asyncio.timeout` ends a call as a whole. A caller's `http_client` is left as it is.

Not bounded: a TLS handshake inside another TLS connection (an https proxy), where httpcore itself waits on the socket.
"""

from __future__ import annotations

import math
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from netra._core.connection_errors import AttemptLimits
from netra._core.http import Client, ConnectError, ConnectTimeout, ReadTimeout, WriteTimeout

from .workers import DaemonThreadExecutor

__all__ = ["call_deadline", "install_deadline"]

WRITE_SIZE = 65_536
"""Bytes per write, so that no single write waits for a slow peer beyond the deadline."""


def _no_limit() -> float:
    return math.inf


class _Current(threading.local):
    seconds_left: Callable[[], float] = staticmethod(_no_limit)


_current = _Current()
"""What the call of this thread has left. httpx sends and receives in the thread of its caller."""


@contextmanager
def call_deadline(limits: AttemptLimits) -> Iterator[None]:
    """Let nothing that is done within wait longer than the limits leave."""
    outer = _current.seconds_left  # not without limit where a hook makes a call inside a call
    _current.seconds_left = lambda: min(limits.seconds_left, outer())
    try:
        yield
    finally:
        _current.seconds_left = outer


def install_deadline(http: Client) -> None:
    """Put the bound under a client of our own: under its transport, and those that lead through proxies."""
    for transport in (http._transport, *http._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)
        if pool is not None:
            pool._network_backend = _BoundedBackend(pool._network_backend)


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    left = _current.seconds_left()
    if left <= 0:
        raise error("the deadline is over")
    least = min(left, math.inf if timeout is None else timeout)
    return None if least == math.inf else least


class _BoundedBackend:
    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **how: Any) -> _BoundedStream:
        """Try the addresses of a host one after the other, all of them within the deadline."""
        failure: Exception | None = None
        for address in _addresses(host, port, timeout):
            try:
                left = _left(timeout, ConnectTimeout)
                return _BoundedStream(self._backend.connect_tcp(address, port, timeout=left, **how))
            except Exception as error:
                failure = error
        try:
            raise failure or ConnectError(f"{host} has no address")
        finally:
            del failure  # its traceback holds this frame

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)


def _addresses(host: str, port: int, timeout: float | None) -> list[str]:
    """Resolve the host. The system's resolver knows no timeout, so it runs in a thread that may be left behind."""
    if _is_address(host):
        return [host]
    left = _left(timeout, ConnectTimeout)
    resolve = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        if left is None:
            found = resolve()
        else:
            call = DaemonThreadExecutor(1).submit(resolve)  # its thread ends with its only call
            if not call.wait(left):
                raise ConnectTimeout(f"{host} could not be resolved in time")
            found = call.result()
    except OSError as error:
        raise ConnectError(str(error)) from error
    return [_text(address) for *_, address in found]


def _text(address: Any) -> str:
    scope = address[3] if len(address) > 3 else 0  # of a link-local IPv6 address
    return f"{address[0]}%{scope}" if scope else str(address[0])


def _is_address(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except (OSError, ValueError):
            continue
        return True
    return False


class _BoundedStream:
    def __init__(self, stream: Any) -> None:
        self._inner = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            data: bytes = self._inner.read(max_bytes, _left(timeout, ReadTimeout))
        except BaseException:
            self._inner.close()  # httpcore forgets a SOCKS proxy's connection that fails while it is being set up
            raise
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            for start in range(0, len(buffer), WRITE_SIZE):
                self._inner.write(buffer[start : start + WRITE_SIZE], _left(timeout, WriteTimeout))
        except BaseException:
            self._inner.close()
            raise

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _BoundedStream:
        return _BoundedStream(
            self._inner.start_tls(ssl_context, server_hostname, _left(timeout, ConnectTimeout))
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
