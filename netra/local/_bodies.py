"""Request bodies: as large as we take, in an encoding that we read."""

from __future__ import annotations

import zlib

from starlette.requests import Request

from ._errors import RequestError, TooLargeError, UnsupportedMediaError

MOST_BYTES = 64 * 1024 * 1024
"""Largest body, in bytes, both as sent and after decompression."""

# zlib's `wbits` for the header of gzip, for that of zlib (which HTTP calls deflate), and for none
# (which some programs send as deflate).
_GZIP, _ZLIB, _RAW = 31, 15, -15


async def read_body(request: Request) -> bytes:
    """The body as sent. Raises TooLargeError as soon as there is too much of it."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MOST_BYTES:
        raise _too_large()
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BYTES:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def media_type(request: Request, *known: str) -> str:
    """The content type without parameters. Raises UnsupportedMediaError unless it is known."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in known:
        raise UnsupportedMediaError(f"Content-Type must be {' or '.join(known)}")
    return sent


def decompressed(body: bytes, content_encoding: str) -> bytes:
    """The body without its content encoding.

    Raises UnsupportedMediaError for an encoding other than gzip, deflate and identity,
    TooLargeError before more than `MOST_BYTES` have been unpacked, and RequestError for damaged
    data.
    """
    match content_encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _inflated(body, _GZIP)
        case "deflate":
            has_header = body[:1] == b"\x78" and int.from_bytes(body[:2]) % 31 == 0
            return _inflated(body, _ZLIB if has_header else _RAW)
        case _:
            raise UnsupportedMediaError("Content-Encoding must be gzip, deflate or identity")


def _inflated(body: bytes, wbits: int) -> bytes:
    stream = zlib.decompressobj(wbits)
    try:
        data = stream.decompress(body, MOST_BYTES + 1)
    except zlib.error:
        raise RequestError("the body does not decompress") from None
    if len(data) > MOST_BYTES:
        raise _too_large()
    if not stream.eof:
        raise RequestError("the compressed body ends too early")
    if stream.unused_data:
        raise RequestError("the compressed body is followed by something else")
    return data


def _too_large() -> TooLargeError:
    return TooLargeError(f"the body is larger than {MOST_BYTES} bytes")
