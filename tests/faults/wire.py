"""What goes wrong on the wire: each fault takes the right answer's bytes and sends something else, or not at all."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Callable

from tests.support.scripted import Reply, answer, answer_bytes, sending

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
    """The head of an answer with another body, whose length is given only where no header says otherwise."""
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


# ---------------------------------------------------------------- how a connection can end


def then_reset(part: Callable[[bytes], bytes]) -> Fault:
    def fault(good: bytes) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(part(good))
            await wire.drain()
            await asyncio.sleep(0.01)  # so that what was sent arrives before the reset overtakes it
            raw: socket.socket = wire.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.transport.abort()

        return write

    return fault


def then_close(part: Callable[[bytes], bytes]) -> Fault:
    def fault(good: bytes) -> Reply:
        async def write(wire: asyncio.StreamWriter) -> None:
            wire.write(part(good))
            await wire.drain()
            wire.close()

        return write

    return fault


def then_silence(part: Callable[[bytes], bytes]) -> Fault:
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


def drip_for_ever(good: bytes) -> Reply:
    async def write(wire: asyncio.StreamWriter) -> None:
        wire.write(_with_body(good, b"", b"transfer-encoding: chunked"))
        while True:
            wire.write(b"1\r\n \r\n")
            await wire.drain()
            await asyncio.sleep(0.02)

    return write


def drip_in_time(good: bytes) -> Reply:
    async def write(wire: asyncio.StreamWriter) -> None:
        step = len(good) // 8 + 1
        for start in range(0, len(good), step):
            wire.write(good[start : start + step])
            await wire.drain()
            await asyncio.sleep(0.002)

    return write


def always(reply: Reply) -> Fault:
    """The same reply, whatever would have been right."""
    return lambda _: reply


def status(code: int, body: bytes = b'{"message": "no"}', **headers: str) -> Fault:
    return always(
        answer(status=code, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
    )


def body(content: bytes, *headers: bytes) -> Fault:
    return lambda good: sending(_with_body(good, content, *headers))


def rewritten(change: Callable[[bytes], bytes], *headers: bytes) -> Fault:
    """The right answer with its body rewritten."""
    return lambda good: sending(_with_body(good, change(_head_and_body(good)[1]), *headers))


FAULTS: dict[str, Fault] = {
    # nothing wrong, only unusual
    "answers in chunks": rewritten(_chunked, b"transfer-encoding: chunked"),
    "answers with gzip": rewritten(gzip.compress, b"content-encoding: gzip"),
    "answers slowly, but in time": drip_in_time,
    "answers twice": lambda good: sending(good + good),
    "sends bytes behind its answer": lambda good: sending(good + b"HTTP/1.1 "),
    "hints before it answers": lambda good: sending(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + good),
    "closes after each answer": then_close(whole),
    "resets after each answer": then_reset(whole),
    # broken connections
    "resets before it answers": then_reset(nothing),
    "closes before it answers": then_close(nothing),
    "resets in the head": then_reset(_middle_of_head),
    "closes in the head": then_close(_middle_of_head),
    "resets in the body": then_reset(_middle_of_body),
    "closes in the body": then_close(_middle_of_body),
    "cuts off its chunks": lambda good: then_close(
        lambda _: _with_body(good, _chunked(_head_and_body(good)[1], end=b""), b"transfer-encoding: chunked")
    )(good),
    "sends a bad chunk size": body(b"zz\r\n{}\r\n0\r\n\r\n", b"transfer-encoding: chunked"),
    "sends garbage": always(sending(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" * 20 + b"\r\n\r\n")),
    "sends a header of 200 kB": lambda good: sending(
        good.replace(b"\r\n", b"\r\nx-long: " + b"x" * 200_000 + b"\r\n", 1)
    ),
    "sends broken gzip": rewritten(lambda text: b"\x1f\x8b" + text, b"content-encoding: gzip"),
    "cuts off its gzip": rewritten(lambda text: gzip.compress(text)[:-12], b"content-encoding: gzip"),
    # silence
    "is silent": then_silence(nothing),
    "falls silent in the head": then_silence(_middle_of_head),
    "falls silent in the body": then_silence(_middle_of_body),
    "drips for ever": drip_for_ever,
    # statuses that may pass
    "answers 408": status(408),
    "answers 425": status(425),
    "answers 429": status(429),
    "answers 429, wait 0.05 s": status(429, retry_after="0.05"),
    "answers 503, wait until a past date": status(503, retry_after="Thu, 01 Jan 2026 00:00:00 GMT"),
    "answers 500": status(500),
    "answers 502 with HTML": status(502, b"<html>Bad Gateway</html>", content_type="text/html"),
    "answers 503": status(503),
    "answers 504 with nothing": status(504, b""),
    "answers 520": status(520),
    "answers 524": status(524),
    # statuses that stay
    "answers 301": status(301, b"", location="http://127.0.0.1:1/elsewhere"),
    "answers 307": status(307, b"", location="/elsewhere"),
    "answers 400": status(400),
    "answers 401": status(401),
    "answers 403 with HTML": status(403, b"<html>Forbidden</html>"),
    "answers 404": status(404),
    "answers 409": status(409),
    "answers 418": status(418),
    "answers 422": status(422),
    "answers 429, wait an hour": status(429, retry_after="3600"),
    "answers 499": status(499),
    "answers 501": status(501),
    "answers 598": status(598),
    # successes that are none
    "answers 204": always(sending(answer_bytes(status=204, body=b""))),
    "answers 200 with nothing": body(b""),
    "answers 200 with HTML": body(b"<html>Log in</html>"),
    "answers 200 with half of its JSON": rewritten(lambda text: text[: len(text) // 2]),
    "answers 200 with bytes that are no text": body(b'{"data": "\xff"}'),
    "answers 200 with null": body(b"null"),
    "answers 200 with a list": body(b"[]"),
    "answers 200 with a text as data": body(b'{"data": "none"}'),
    "answers 200 with a list as data": body(b'{"data": []}'),
    "answers 200 with numbers as text": rewritten(
        lambda text: json.dumps(json.loads(text, parse_int=str, parse_float=str)).encode()
    ),
    "answers 200 with NaN for numbers": rewritten(
        lambda text: json.dumps(
            json.loads(text, parse_int=lambda _: float("nan"), parse_float=lambda _: float("nan"))
        ).encode()
    ),
    "answers 200 with 100,000 levels": body(b"[" * 100_000 + b"]" * 100_000),
    "answers 200 with more than is allowed": body(b" " * 300_000),
    "answers 200 with another's ids": rewritten(
        lambda text: (
            text.replace(b"session-123", b"session-456")
            .replace(b"AceTech", b"Zenith")
            .replace(b'"trace_id": "trace-', b'"trace_id": "other-')
        )
    ),
    "answers 200 with an error as an object": body(b'{"error": {"message": "out of memory"}}'),
    "answers 200 with no data and a message": body(b'{"data": null, "message": "Internal server error"}'),
}
