"""Strict JSON: every value that `parse_json` accepts can be stored and serialized again."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(data: bytes | str) -> Any:
    """Parse JSON in UTF-8. Raises ValueError for anything else.

    `json.loads` also accepts NaN and lone surrogates, which SQLite cannot store, and raises
    RecursionError for deep nesting.
    """
    text = data.decode("utf-8") if isinstance(data, bytes) else data
    try:
        value = json.loads(text, parse_constant=_reject_constant)
        if _SURROGATE_ESCAPE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def dump_json(value: object) -> str:
    """Serialize to compact JSON. Raises ValueError for NaN and infinities, which are not JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
