"""Collect the body of a response from its raw chunks: decode it within a bound, and watch the deadline.

httpx would decode a chunk whole before anybody could count its bytes, and would return the connection to its pool
before anybody could inspect it; so the chunks are taken from its raw stream.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from netra.errors import APIConnectionError, APIResponseValidationError, APITimeoutError

from .connection_errors import AttemptLimits
from .http import ACCEPT_ENCODING
from .operations import Operation

__all__ = ["ResponseBody"]

_IDENTITY = ("", "identity")
_GZIP = ("gzip", "x-gzip")
_GZIP_MAGIC = b"\x1f\x8b"


class ResponseBody:
    """Collects a body: call `begin`, feed every chunk, then take `content`."""

    def __init__(self, operation: Operation[Any], max_bytes: int, limits: AttemptLimits) -> None:
        self._operation = operation
        self._max_bytes = max_bytes
        self._limits = limits
        self._chunks: list[bytes] = []
        self._size = 0
        self._decoder: _Decoder | None = None
        self._has_length = True

    def begin(self, headers: Mapping[str, str]) -> None:
        """Refuse codings that were not asked for: some decode a few bytes to gigabytes at once."""
        coding = headers.get("content-encoding", "").strip().lower()
        if coding in (*_GZIP, "deflate"):
            self._decoder = _Decoder(coding)
        elif coding not in _IDENTITY:
            raise APIResponseValidationError(
                f"{self._operation.request_line} answered with the content codings {coding[:100]!r}, "
                f"which were not asked for; one of {ACCEPT_ENCODING} can be read, codings within codings cannot."
            )
        self._has_length = "content-length" in headers or "transfer-encoding" in headers

    def feed(self, chunk: bytes) -> None:
        """Take a raw chunk."""
        if self._decoder is not None:
            chunk = self._decoder.decode(chunk, self._max_bytes + 1 - self._size)
        self.feed_decoded(chunk)
        if self._limits.seconds_left < 0:
            raise APITimeoutError(
                f"{self._operation.request_line}: the answer began to come, but was not whole in time: "
                f"{self._limits.exceeded()}"
            )

    def feed_decoded(self, chunk: bytes) -> None:
        """Take a chunk that needs no decoding."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > self._max_bytes:
            error = APIResponseValidationError(
                f"{self._operation.request_line} answered with more than {self._max_bytes} bytes. "
                "Raise max_response_bytes=..."
            )
            error._is_too_large = True
            raise error

    @property
    def content(self) -> bytes:
        """The whole body. Where only the end of the connection ends it, its coding tells whether it was cut off."""
        if self._decoder is not None and not self._decoder.is_whole and not self._has_length:
            raise APIConnectionError(
                f"{self._operation.request_line}: the answer was cut off inside its content coding. Try again."
            )
        return b"".join(self._chunks)


class _Decoder:
    """Decodes gzip (any number of members) or deflate (with or without zlib's frame), within a bound."""

    def __init__(self, coding: str) -> None:
        self._is_gzip = coding in _GZIP
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16 if self._is_gzip else zlib.MAX_WBITS)
        self._has_begun = False

    @property
    def is_whole(self) -> bool:
        return self._inflate.eof

    def decode(self, chunk: bytes, max_bytes: int) -> bytes:
        """Return at most `max_bytes` decoded bytes. Raise `zlib.error` where the chunk holds something else."""
        try:
            decoded = self._inflate.decompress(chunk, max(max_bytes, 1))
        except zlib.error:
            if self._is_gzip or self._has_begun:
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers leave zlib's frame out
            decoded = self._inflate.decompress(chunk, max(max_bytes, 1))
        self._has_begun = True
        while (
            self._is_gzip and self._inflate.unused_data.startswith(_GZIP_MAGIC) and len(decoded) < max_bytes
        ):
            following, self._inflate = self._inflate.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 16)
            decoded += self._inflate.decompress(following, max_bytes - len(decoded))
        return decoded
