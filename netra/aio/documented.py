"""Documentation that async twins share with the sync originals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["documented_by"]

F = TypeVar("F", bound=Callable[..., Any])


def documented_by(twin: Any) -> Callable[[F], F]:
    """Give a method the docstring of its twin."""

    def copy(method: F) -> F:
        method.__doc__ = twin.__doc__
        return method

    return copy
