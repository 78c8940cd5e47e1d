"""Whole numbers as callers give them."""

from __future__ import annotations

import operator
from typing import Any

__all__ = ["as_integer"]


def as_integer(value: Any) -> int | None:
    """Return an `int`, also for what counts as one, such as numpy's; None for anything else, `True` included."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except Exception:  # a caller's class may raise anything
        return None
