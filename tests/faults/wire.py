"""Faults on the wire: each fault takes the bytes of the correct response and sends something else, or nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Callable

from tests.support.scripted import Reply, respond, response_bytes, send_bytes

Fault = Callable[[bytes], Reply]


def _head_and_body(good: bytes) -> tuple[bytes, bytes]:
    head, _, body = good.partition(b"\r\n\r\n")
    return head, body


def _middle_of_head(good: bytes) -> bytes:
    return good[: good.index(b"\r\n") + 10]


def _middle_of_body(good: bytes) -> bytes:
    head, body = _head_and_body(good)
    return head + b"\r\n\r\n" + body[: len(body) // 2]


def _with_body(good: bytes, body: bytes, *more_headers: bytes) -> bytes:
    """Return the head of a response with another body; its length is stated unless the transfer encoding is given."""
    lines = [
        line for line in _head_and_body(good)[0].split(b"\r\n") if not line.startswith(b"content-length")
    ]
    if not any(header.startswith(b"transfer-encoding") for header in more_headers):
        lines.append(b"content-length: %d" % len(body))
    return b"\r\n".join([*lines, *more_headers]) + b"\r\n\r\n" + body


def _chunked(body: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    half = len(body) // 2
    parts = (body[:half], body[half:])
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part) + end


# ---------------------------------------------------------------- ends of a connection


def then_reset(part: Callable[[bytes], bytes]) -> Fault:
    """Send a part of the correct response, then reset the connection."""

    def fault(good: bytes) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(part(good))
            await wire.drain()
            await asyncio.sleep(0.01)  # so that the bytes arrive before the reset
            raw: socket.socket = wire.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.transport.abort()

        return write

    return fault


def then_close(part: Callable[[bytes], bytes]) -> Fault:
    """Send a part of the correct response, then close the connection."""

    def fault(good: bytes) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(part(good))
            await wire.drain()
            wire.close()

        return write

    return fault


def then_silence(part: Callable[[bytes], bytes]) -> Fault:
    """Send a part of the correct response, then nothing more."""

    def fault(good: bytes) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(part(good))
            await wire.drain()
            await asyncio.Event().wait()

        return write

    return fault


def nothing(_: bytes) -> bytes:
    return b""


def whole(good: bytes) -> bytes:
    return good


def drip_forever(good: bytes) -> Reply:
    """Send an endless body, byte by byte."""

    async def write(wire: asyncio.StreamWriter) -> None:
        wire.write(_with_body(good, b"", b"transfer-encoding: chunked"))
        while True:
            wire.write(b"1\r\n \r\n")
            await wire.drain()
            await asyncio.sleep(0.02)

    return write


def drip_in_time(good: bytes) -> Reply:
    """Send the correct response slowly, in a few pieces."""

    async def write(wire: asyncio.StreamWriter) -> None:
        step = len(good) // 8 + 1
        for start in range(0, len(good), step):
            wire.write(good[start : start + step])
            await wire.drain()
            await asyncio.sleep(0.002)

    return write


def always(reply: Reply) -> Fault:
    """Send the same reply, whatever the correct response is."""
    return lambda _: reply


def status(code: int, body: bytes = b'{"message": "no"}', **headers: str) -> Fault:
    return always(
        respond(status=code, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
    )


def body(content: bytes, *headers: bytes) -> Fault:
    return lambda good: send_bytes(_with_body(good, content, *headers))


def rewritten(change: Callable[[bytes], bytes], *headers: bytes) -> Fault:
    """Send the correct response with a rewritten body."""
    return lambda good: send_bytes(_with_body(good, change(_head_and_body(good)[1]), *headers))


FAULTS: dict[str, Fault] = {
    # correct, but unusual
    "responds in chunks": rewritten(_chunked, b"transfer-encoding: chunked"),
    "responds with gzip": rewritten(gzip.compress, b"content-encoding: gzip"),
    "responds slowly, but in time": drip_in_time,
    "responds twice": lambda good: send_bytes(good + good),
    "sends extra bytes after the response": lambda good: send_bytes(good + b"HTTP/1.1 "),
    "sends 103 before the response": lambda good: send_bytes(
        b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + good
    ),
    "closes after each response": then_close(whole),
    "resets after each response": then_reset(whole),
    # broken connections
    "resets before the response": then_reset(nothing),
    "closes before the response": then_close(nothing),
    "resets in the head": then_reset(_middle_of_head),
    "closes in the head": then_close(_middle_of_head),
    "resets in the body": then_reset(_middle_of_body),
    "closes in the body": then_close(_middle_of_body),
    "cuts off its chunks": lambda good: then_close(
        lambda _: _with_body(good, _chunked(_head_and_body(good)[1], end=b""), b"transfer-encoding: chunked")
    )(good),
    "sends a bad chunk size": body(b"zz\r\n{}\r\n0\r\n\r\n", b"transfer-encoding: chunked"),
    "sends garbage": always(send_bytes(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" * 20 + b"\r\n\r\n")),
    "sends a header of 200 kB": lambda good: send_bytes(
        good.replace(b"\r\n", b"\r\nx-long: " + b"x" * 200_000 + b"\r\n", 1)
    ),
    "sends broken gzip": rewritten(lambda text: b"\x1f\x8b" + text, b"content-encoding: gzip"),
    "cuts off its gzip": rewritten(lambda text: gzip.compress(text)[:-12], b"content-encoding: gzip"),
    # silence
    "sends nothing": then_silence(nothing),
    "stops in the head": then_silence(_middle_of_head),
    "stops in the body": then_silence(_middle_of_body),
    "sends an endless body slowly": drip_forever,
    # transient statuses
    "responds 408": status(408),
    "responds 425": status(425),
    "responds 429": status(429),
    "responds 429, wait 0.05 s": status(429, retry_after="0.05"),
    "responds 503, wait until a past date": status(503, retry_after="Thu, 01 Jan 2026 00:00:00 GMT"),
    "responds 500": status(500),
    "responds 502 with HTML": status(502, b"<html>Bad Gateway</html>", content_type="text/html"),
    "responds 503": status(503),
    "responds 504 with no body": status(504, b""),
    "responds 520": status(520),
    "responds 524": status(524),
    # permanent statuses
    "responds 301": status(301, b"", location="http://127.0.0.1:1/elsewhere"),
    "responds 307": status(307, b"", location="/elsewhere"),
    "responds 400": status(400),
    "responds 401": status(401),
    "responds 403 with HTML": status(403, b"<html>Forbidden</html>"),
    "responds 404": status(404),
    "responds 409": status(409),
    "responds 418": status(418),
    "responds 422": status(422),
    "responds 429, wait an hour": status(429, retry_after="3600"),
    "responds 499": status(499),
    "responds 501": status(501),
    "responds 598": status(598),
    # invalid successes
    "responds 204": always(send_bytes(response_bytes(status=204, body=b""))),
    "responds 200 with no body": body(b""),
    "responds 200 with HTML": body(b"<html>Log in</html>"),
    "responds 200 with half of its JSON": rewritten(lambda text: text[: len(text) // 2]),
    "responds 200 with invalid UTF-8": body(b'{"data": "\xff"}'),
    "responds 200 with null": body(b"null"),
    "responds 200 with a list": body(b"[]"),
    "responds 200 with a text as data": body(b'{"data": "none"}'),
    "responds 200 with a list as data": body(b'{"data": []}'),
    "responds 200 with numbers as text": rewritten(
        lambda text: json.dumps(json.loads(text, parse_int=str, parse_float=str)).encode()
    ),
    "responds 200 with NaN for numbers": rewritten(
        lambda text: json.dumps(
            json.loads(text, parse_int=lambda _: float("nan"), parse_float=lambda _: float("nan"))
        ).encode()
    ),
    "responds 200 with 100,000 levels": body(b"[" * 100_000 + b"]" * 100_000),
    "responds 200 with a too large body": body(b" " * 300_000),
    "responds 200 with other ids": rewritten(
        lambda text: (
            text.replace(b"session-123", b"session-456")
            .replace(b"AceTech", b"Zenith")
            .replace(b'"trace_id": "trace-', b'"trace_id": "other-')
        )
    ),
    "responds 200 with an error as an object": body(b'{"error": {"message": "out of memory"}}'),
    "responds 200 with no data and a message": body(b'{"data": null, "message": "Internal server error"}'),
}
