"""Lines of TypeScript, broken where biome would break them at a width of 100."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence

__all__ = ["doc", "imports", "quoted", "wrapped"]

WIDTH = 100


def doc(text: str, indent: str = "") -> str:
    """Return a JSDoc comment and a line break, or nothing for an empty text."""
    if not text:
        return ""
    text = text.replace("*/", "*\\/")
    line = f"{indent}/** {text} */\n"
    if "\n" not in text and len(line) <= WIDTH + 1:
        return line
    start = f"{indent} * "
    lines = [
        found
        for paragraph in text.split("\n")
        for found in textwrap.wrap(
            paragraph, WIDTH - len(start), break_long_words=False, break_on_hyphens=False
        )
        or [""]
    ]
    return "\n".join([f"{indent}/**", *((start + found).rstrip() for found in lines), f"{indent} */"]) + "\n"


def wrapped(before: str, items: Sequence[str], after: str, indent: str = "") -> str:
    """Return a bracket's content on one line, or each item on a line of its own. `before` ends with the bracket."""
    padding = " " if before.endswith("{") else ""
    line = f"{indent}{before}{padding}{', '.join(items)}{padding}{after}"
    if len(line) <= WIDTH:
        return f"{line}\n"
    return f"{indent}{before}\n" + "".join(f"{indent}  {item},\n" for item in items) + f"{indent}{after}\n"


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def imports(names: Iterable[str], module: str, *, types: bool = False) -> str:
    found = sorted(set(names), key=lambda name: (name.lower(), name))
    return (
        wrapped(f"import {'type ' if types else ''}{{", found, f'}} from "./{module}.js";') if found else ""
    )
