"""Strict JSON: what this reads can be stored, compared and sent again without surprises."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(data: bytes | str) -> Any:
    """The value of a JSON text. Raises ValueError for anything that is not JSON in valid UTF-8.

    Python's own reader also takes NaN, lone surrogates (which no text column can hold) and, by way
    of RecursionError, leaves the caller with an error of another kind for deep nesting.
    """
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def dump_json(value: object) -> str:
    """Compact JSON text; raises ValueError for NaN and infinities, which JSON does not know."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
