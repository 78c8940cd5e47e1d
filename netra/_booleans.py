"""Flags as callers give them."""

from __future__ import annotations

from typing import Any

__all__ = ["is_boolean", "problem_with_flag"]

NUMPY_NAMES = ("bool", "bool_")
"""Of numpy 2, and of numpy 1."""


def is_numpy_bool(value: Any) -> bool:
    """Return whether it is a boolean of numpy, which is no `bool`, though it may be written in the same way."""
    return type(value).__module__ == "numpy" and type(value).__name__ in NUMPY_NAMES


def is_boolean(value: Any) -> bool:
    """Return whether it stands for true or false, and so for no number."""
    return isinstance(value, bool) or is_numpy_bool(value)


def problem_with_flag(value: Any) -> str | None:
    """Return what is wrong with a flag, and what to do; None for True and False."""
    if isinstance(value, bool):
        return None
    if is_numpy_bool(value):
        return "is a bool of numpy, not of Python: convert it with bool(...)."
    return "must be True or False."
