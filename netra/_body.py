"""The body of an answer, from its raw parts: unpacked, and refused where it is too large or too late. No I/O.

httpx would unpack a part whole before anybody could count it, and would give the connection back before anybody could
look at it; so the parts are taken from its stream.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from typing import Any

from ._failures import Limits
from ._operations import Operation
from .errors import APIConnectionError, APIResponseValidationError, APITimeoutError

__all__ = ["ACCEPTED", "Body"]

ACCEPTED = "gzip, deflate"
"""The codings that can be unpacked with a bound; others are refused."""

_IDENTITY = ("", "identity")
_GZIP = ("gzip", "x-gzip")
_GZIP_MAGIC = b"\x1f\x8b"


class Body:
    """Collects a body. Feed it every part, then take `content`."""

    def __init__(self, operation: Operation[Any], most_bytes: int, limits: Limits) -> None:
        self._operation = operation
        self._most_bytes = most_bytes
        self._limits = limits
        self._parts: list[bytes] = []
        self._size = 0
        self._unpacker: _Unpacker | None = None
        self._has_length = True

    def begin(self, headers: Mapping[str, str]) -> None:
        """Refuses codings that were not asked for: some unpack a few bytes to gigabytes at once."""
        coding = headers.get("content-encoding", "").strip().lower()
        if coding in (*_GZIP, "deflate"):
            self._unpacker = _Unpacker(coding)
        elif coding not in _IDENTITY:
            raise APIResponseValidationError(
                f"{self._operation.asked} answered with the content codings {coding[:100]!r}, "
                f"which were not asked for; one of {ACCEPTED} can be read, codings within codings cannot."
            )
        self._has_length = "content-length" in headers or "transfer-encoding" in headers

    def add(self, part: bytes) -> None:
        """Takes a raw part."""
        if self._unpacker is not None:
            part = self._unpacker.unpack(part, self._most_bytes + 1 - self._size)
        self.add_unpacked(part)
        if time.monotonic() > self._limits.ends:
            raise APITimeoutError(
                f"{self._operation.asked}: the answer began to come, but was not whole in time: "
                f"{self._limits.passed()}"
            )

    def add_unpacked(self, part: bytes) -> None:
        self._parts.append(part)
        self._size += len(part)
        if self._size > self._most_bytes:
            error = APIResponseValidationError(
                f"{self._operation.asked} answered with more than {self._most_bytes} bytes. "
                "Raise max_response_bytes=..."
            )
            error._is_too_large = True
            raise error

    @property
    def content(self) -> bytes:
        """The whole body. Where only the end of the connection ends it, a coding tells whether it was cut off."""
        if self._unpacker is not None and not self._unpacker.is_whole and not self._has_length:
            raise APIConnectionError(
                f"{self._operation.asked}: the answer was cut off inside its content coding. Try again."
            )
        return b"".join(self._parts)


class _Unpacker:
    """gzip (any number of members) or deflate (with or without zlib's frame), with a bound."""

    def __init__(self, coding: str) -> None:
        self._is_gzip = coding in _GZIP
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 16 if self._is_gzip else zlib.MAX_WBITS)
        self._has_begun = False

    @property
    def is_whole(self) -> bool:
        return self._inflate.eof

    def unpack(self, part: bytes, most: int) -> bytes:
        """At most so many bytes of what the part holds; raises `zlib.error` where it holds something else."""
        try:
            unpacked = self._inflate.decompress(part, max(most, 1))
        except zlib.error:
            if self._is_gzip or self._has_begun:
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers leave zlib's frame out
            unpacked = self._inflate.decompress(part, max(most, 1))
        self._has_begun = True
        while self._is_gzip and self._inflate.unused_data.startswith(_GZIP_MAGIC) and len(unpacked) < most:
            following, self._inflate = self._inflate.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 16)
            unpacked += self._inflate.decompress(following, most - len(unpacked))
        return unpacked
