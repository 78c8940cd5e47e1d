"""Read request bodies: their size limit, content type and content encoding."""

from __future__ import annotations

import zlib

from starlette.requests import Request

from ._errors import RequestError, TooLargeError, UnsupportedMediaError

MAX_BYTES = 64 * 1024 * 1024
"""The size limit of a body in bytes, before and after decompression."""

# Values of zlib's `wbits`: gzip; zlib, which HTTP calls deflate; and raw deflate, which some clients
# send as deflate.
_GZIP, _ZLIB, _RAW = 31, 15, -15


async def read_body(request: Request) -> bytes:
    """Read the body as sent. Raises TooLargeError as soon as it is over the limit."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BYTES:
        raise _too_large()
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def media_type(request: Request, *supported: str) -> str:
    """Return the content type without parameters. Raises UnsupportedMediaError unless it is supported."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in supported:
        raise UnsupportedMediaError(f"Content-Type must be {' or '.join(supported)}")
    return sent


def decompress(body: bytes, content_encoding: str) -> bytes:
    """Decode the body's content encoding: gzip, deflate or identity.

    Raises UnsupportedMediaError for another encoding, TooLargeError when the decoded body is larger
    than `MAX_BYTES`, and RequestError for corrupt data.
    """
    match content_encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _inflate(body, _GZIP)
        case "deflate":
            has_header = body[:1] == b"\x78" and int.from_bytes(body[:2]) % 31 == 0
            return _inflate(body, _ZLIB if has_header else _RAW)
        case _:
            raise UnsupportedMediaError("Content-Encoding must be gzip, deflate or identity")


def _inflate(body: bytes, wbits: int) -> bytes:
    stream = zlib.decompressobj(wbits)
    try:
        data = stream.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise RequestError("the body does not decompress") from None
    if len(data) > MAX_BYTES:
        raise _too_large()
    if not stream.eof:
        raise RequestError("the compressed body ends too early")
    if stream.unused_data:
        raise RequestError("the compressed body is followed by something else")
    return data


def _too_large() -> TooLargeError:
    return TooLargeError(f"the body is larger than {MAX_BYTES} bytes")
