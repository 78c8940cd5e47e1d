"""Faults on purpose: what networks, proxies and busy services do to a program that reads from them."""

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

from ._errors import error_answer

_log = logging.getLogger("netra.local")


class Faults:
    """Meets a share of the requests with a fault, chosen evenly from 503, 429, a reset connection, a
    truncated answer and a delayed one.

    The same seed gives the same faults to the same requests in the same order. Each request uses up
    the same amount of chance whatever becomes of it, so a larger share adds faults and changes none.

    The server must speak `FaultyProtocol`.
    """

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        # All draws happen on the event loop's thread, without an await in between: no lock is needed.
        self._random = random.Random(seed)

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application with faults."""

        async def perhaps_faulty(scope: Scope, receive: Receive, send: Send) -> None:
            # Python promises the same numbers in every version for random() only, not for choice().
            chance, kind, extent = (self._random.random() for _ in range(3))
            if chance >= self._share:
                await app(scope, receive, send)
                return
            name, fault = _FAULTS[int(kind * len(_FAULTS))]
            _log.debug("%s %s meets a fault: %s", scope["method"], scope["path"], name)
            await fault(extent, app, scope, receive, send)

        return perhaps_faulty


class FaultyProtocol(H11Protocol):
    """HTTP as ever, but the application finds its connection in the scope and can break it."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        # The state comes as one dict for all connections, so it is replaced and not changed.
        self.app_state = {**self.app_state, "netra.transport": transport}
        super().connection_made(transport)


# ---------------------------------------------------------------------- the faults
# Each takes the arguments of the application after its extent, a random number from 0 to 1.


async def _unavailable(extent: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _read_request(receive)
    answer = error_answer(503, "a fault on purpose: try again")
    await answer(scope, receive, send)


async def _too_many(extent: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _read_request(receive)
    seconds = "0" if extent < 0.5 else "1"
    answer = error_answer(429, "a fault on purpose: try again", {"Retry-After": seconds})
    await answer(scope, receive, send)


async def _reset(extent: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await _read_request(receive)
    transport = _transport(scope)
    # Closing without lingering is what makes the system send RST instead of FIN.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    transport.abort()
    await _disconnected(receive)


async def _truncated(extent: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    head, *parts = messages
    body: bytes = b"".join(part.get("body", b"") for part in parts)
    await send(head)
    cut = body[: int(len(body) * extent)]
    await send({"type": "http.response.body", "body": cut, "more_body": True})
    _transport(scope).close()
    await _disconnected(receive)


async def _delayed(extent: float, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await sleep(0.05 + 0.25 * extent)
    await app(scope, receive, send)


_FAULTS: list[tuple[str, Callable[[float, ASGIApp, Scope, Receive, Send], Awaitable[None]]]] = [
    ("503", _unavailable),
    ("429", _too_many),
    ("reset", _reset),
    ("truncated", _truncated),
    ("delayed", _delayed),
]

# struct linger: on, for no time. Its fields are shorts on Windows and ints everywhere else.
_NO_LINGERING = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


def _transport(scope: Scope) -> Transport:
    transport: Transport = scope["state"]["netra.transport"]
    return transport


async def _read_request(receive: Receive) -> None:
    """Takes the request in, so that a fault meets the caller while it reads, not while it still sends."""
    while (await receive()).get("more_body"):
        pass


async def _disconnected(receive: Receive) -> None:
    """Returns when the connection is gone; uvicorn would complain about an unfinished answer before."""
    while (await receive())["type"] != "http.disconnect":
        pass
