"""Decide whether a connection may serve another request. httpx itself does not check this.

A proxy that answers one request twice shifts every later response on the connection by one: the next caller would get
somebody else's numbers. RFC 9112, section 9.2: responses are matched to requests by their order alone.

This reaches into httpx and httpcore by private names; when they change, `tests/client/test_connections.py` fails.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .http import URL, HttpResponse

__all__ = ["discard_unsafe_connection", "proxy_url"]


def discard_unsafe_connection(response: HttpResponse, is_valid: bool) -> Any:
    """Have the connection closed with its response, if bytes of another response may come on it.

    That is so where bytes follow a complete response, and where the response is not a valid one for its request. In
    HTTP/2 each response carries the number of its request.

    Call it before the response is closed. Returns a stream for the caller to close where nothing better is possible,
    else None. (Closing the stream is weaker: the pool may reuse the connection before it notices.)
    """
    stream = response.extensions.get("network_stream")
    if stream is None or response.http_version.startswith("HTTP/2"):
        return None
    state = _h11_state(response)
    if is_valid and not (state is not None and state.trailing_data[0]) and not _has_buffered_bytes(stream):
        return None
    if state is None or response.is_closed:  # a hook has read it: the pool owns the connection again
        return stream
    state.send_failed()  # h11 then takes the connection for broken, and httpcore closes it
    return None


def _has_buffered_bytes(stream: Any) -> bool:
    """Return whether a layer below HTTP buffers bytes that were read from the socket already, as async streams do."""
    part = getattr(stream, "_stream", None)
    while part is not None:
        tls, incoming = getattr(part, "_ssl_object", None), getattr(part, "_read_bio", None)
        if (tls is not None and tls.pending()) or (incoming is not None and incoming.pending):
            return True
        if getattr(getattr(part, "_protocol", None), "read_queue", None):
            return True
        part = getattr(part, "transport_stream", None)
    return False


def _h11_state(response: HttpResponse) -> Any:
    part: Any = response.stream
    while part is not None:
        state = getattr(part, "_h11_state", None)
        if state is not None:
            return state
        inner = (getattr(part, name, None) for name in ("_stream", "_httpcore_stream", "_connection"))
        part = next((one for one in inner if one is not None), None)
    return None


def proxy_url(http: Any, url: str) -> str | None:
    """Return the proxy that requests to this URL go through, without user and password; None without one."""
    with contextlib.suppress(Exception):  # a mock, or a client of another kind
        proxy = http._transport_for_url(URL(url))._pool._proxy_url
        return f"{proxy.scheme.decode()}://{proxy.host.decode()}:{proxy.port}"
    return None
