"""The transport of the process-wide default client: set by `Netra.init`, read by workers of an executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .transport import Transport

__all__ = ["get_default_transport", "set_default_transport"]

_transport: Transport | None = None


def get_default_transport() -> Transport | None:
    return _transport


def set_default_transport(transport: Transport | None) -> None:
    global _transport
    _transport = transport
