"""Whole numbers as callers give them."""

from __future__ import annotations

import operator
from typing import Any

__all__ = ["integer_of"]


def integer_of(value: Any) -> int | None:
    """An `int`, or what counts as one, such as numpy's integers; None for anything else, `True` among it."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except Exception:  # a class of the caller's may raise anything
        return None
