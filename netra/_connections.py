"""What httpx does not look at: connections that must not serve another request, and locks that an interrupt left held.

This reaches into httpx and httpcore, by names that they may change; then nothing is found here, and
`tests/test_connections.py` fails.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ._http import URL, Response

__all__ = ["free_locks", "give_up_connection", "proxy_of"]

SHORT_WHILE = 1.0
"""Seconds. Threads that are well hold these locks for microseconds."""


def give_up_connection(response: Response, fits: bool) -> Any:
    """Has the connection closed with its response, if something else than the next answer may come on it.

    Such is one that holds bytes behind a complete answer, or whose answer does not fit what was asked: a proxy may
    have answered one request twice, and every later answer would be that of the request before. In HTTP/2 answers
    have numbers.

    Call it before the response is closed. It gives back a stream where that alone can be closed, else None. (Closing
    the stream is the weaker way: httpcore's pool may hand the connection on before it sees that it is closed.)
    """
    stream = response.extensions.get("network_stream")
    if stream is None or response.http_version.startswith("HTTP/2"):
        return None
    state = _h11_state(response)
    if fits and not (state is not None and state.trailing_data[0]) and not _holds_bytes(stream):
        return None
    if state is None or response.is_closed:  # a hook has read it: the pool has the connection already
        return stream
    state.send_failed()  # to h11 the connection is broken, and httpcore closes such a one
    return None


def _holds_bytes(stream: Any) -> bool:
    """Whether a layer below HTTP has bytes that were read from the socket already. Async streams have such layers."""
    part = getattr(stream, "_stream", None)
    while part is not None:
        tls, incoming = getattr(part, "_ssl_object", None), getattr(part, "_read_bio", None)
        if (tls is not None and tls.pending()) or (incoming is not None and incoming.pending):
            return True
        if getattr(getattr(part, "_protocol", None), "read_queue", None):
            return True
        part = getattr(part, "transport_stream", None)
    return False


def _h11_state(response: Response) -> Any:
    part: Any = response.stream
    while part is not None:
        state = getattr(part, "_h11_state", None)
        if state is not None:
            return state
        inner = (getattr(part, name, None) for name in ("_stream", "_httpcore_stream", "_connection"))
        part = next((one for one in inner if one is not None), None)
    return None


def proxy_of(http: Any, url: str) -> str | None:
    """The proxy that requests to this URL go through, without its user and password; None without one."""
    with contextlib.suppress(Exception):  # of another library's making, or a mock
        proxy = http._transport_for_url(URL(url))._pool._proxy_url
        return f"{proxy.scheme.decode()}://{proxy.host.decode()}:{proxy.port}"
    return None


def free_locks(http: Any) -> None:
    """After an interrupt in the midst of a call of this thread: frees the locks that the call has left held.

    They are written in Python, so an interrupt can come between taking and giving back. Whatever they guard was not
    begun, or was complete: an interrupt in between gives them back by itself.
    """
    cookies: Any = getattr(http.cookies.jar, "_cookies_lock", None)
    while cookies is not None and cookies._is_owned():
        cookies.release()
    for lock in _locks_of(http):
        lock.acquire(timeout=SHORT_WHILE)
        with contextlib.suppress(RuntimeError):  # its holder was just slow
            lock.release()


def _locks_of(http: Any) -> Iterator[Any]:
    holders: list[tuple[Any, str]] = []
    for transport in (http._transport, *http._mounts.values()):
        pool = getattr(transport, "_pool", None)
        holders.append((pool, "_optional_thread_lock"))
        for outer in getattr(pool, "connections", ()):
            connection = getattr(outer, "_connection", None)
            if connection is not None:  # else it may be connecting, for which it rightly holds its lock
                holders += [(outer, "_request_lock"), (connection, "_state_lock")]
    for holder, name in holders:
        lock = getattr(getattr(holder, name, None), "_lock", None)
        if lock is not None and lock.locked():
            yield lock
