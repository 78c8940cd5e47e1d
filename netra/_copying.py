"""What cannot be copied or pickled says what to do in place of it."""

from __future__ import annotations

from typing import ClassVar, NoReturn, SupportsIndex

from netra.errors import InvalidRequestError

__all__ = ["NotCopied"]


class NotCopied:
    """Holds connections, locks or a position in a walk: a copy would share some of them, and a pickle none."""

    __slots__ = ()

    _instead: ClassVar[str]
    """What to do instead."""

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise InvalidRequestError(f"{type(self).__name__} cannot be copied or pickled. {self._instead}")
