"""Fault injection: failures of networks, proxies and overloaded services, for tests of clients."""

from __future__ import annotations

import logging
import os
import random
import socket
import struct
from asyncio import Transport, sleep
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._errors import error_response

_log = logging.getLogger("netra.local")


class FaultInjector:
    """Inject a fault into a share of the requests.

    The kinds are equally likely: 503, 429, a reset connection, a truncated response, a delayed one.
    With the same seed, the same sequence of requests gets the same faults. Each request draws the
    same number of random values, with or without a fault, so a larger share adds faults and does not
    change the others.

    The server must use `TransportInScopeProtocol`.
    """

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        # Only the thread of the event loop draws, without an `await` between the draws: no lock needed.
        self._random = random.Random(seed)

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Wrap an application in fault injection."""

        async def maybe_fail(scope: Scope, receive: Receive, send: Send) -> None:
            # Only random() gives the same numbers in every version of Python; choice() may change.
            chance, kind, fraction = (self._random.random() for _ in range(3))
            if chance >= self._share:
                await app(scope, receive, send)
                return
            name, fault = _FAULTS[int(kind * len(_FAULTS))]
            _log.debug("%s %s meets a fault: %s", scope["method"], scope["path"], name)
            await fault(fraction, app, scope, receive, send)

        return maybe_fail


class TransportInScopeProtocol(H11Protocol):
    """HTTP/1.1 with the connection's transport in the ASGI scope, so that a fault can break it."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        # All connections share one state dict, so replace it instead of changing it.
        self.app_state = {**self.app_state, "netra.transport": transport}
        super().connection_made(transport)


# ---------------------------------------------------------------------- the faults
# Arguments: a random number from 0 to 1, which sets how long or how much; then the application and
# its own arguments.


async def _unavailable(fraction: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _read_request(receive)
    response = error_response(503, "a fault on purpose: try again")
    await response(scope, receive, send)


async def _rate_limited(fraction: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _read_request(receive)
    seconds = "0" if fraction < 0.5 else "1"
    response = error_response(429, "a fault on purpose: try again", {"Retry-After": seconds})
    await response(scope, receive, send)


async def _reset(fraction: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _read_request(receive)
    transport = _transport(scope)
    # With a linger time of zero, close sends RST instead of FIN.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ZERO_LINGER)
    transport.abort()
    await _wait_for_disconnect(receive)


async def _truncated(fraction: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    messages: list[Message] = []

    async def buffer(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, buffer)
    start, *parts = messages
    body: bytes = b"".join(part.get("body", b"") for part in parts)
    await send(start)
    cut = body[: int(len(body) * fraction)]
    await send({"type": "http.response.body", "body": cut, "more_body": True})
    _transport(scope).close()
    await _wait_for_disconnect(receive)


async def _delayed(fraction: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await sleep(0.05 + 0.25 * fraction)
    await app(scope, receive, send)


_FAULTS: list[tuple[str, Callable[[float, ASGIApp, Scope, Receive, Send], Awaitable[None]]]] = [
    ("503", _unavailable),
    ("429", _rate_limited),
    ("reset", _reset),
    ("truncated", _truncated),
    ("delayed", _delayed),
]

# `struct linger`: on, zero seconds. Its fields are shorts on Windows and ints elsewhere.
_ZERO_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


def _transport(scope: Scope) -> Transport:
    transport: Transport = scope["state"]["netra.transport"]
    return transport


async def _read_request(receive: Receive) -> None:
    """Read the whole request, so that the client gets the fault while it reads the response."""
    while (await receive()).get("more_body"):
        pass


async def _wait_for_disconnect(receive: Receive) -> None:
    """Wait until the connection is closed; uvicorn logs an error if the application returns earlier."""
    while (await receive())["type"] != "http.disconnect":
        pass
