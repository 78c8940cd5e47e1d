"""Rewrite the tables of `docs/results.md`: one row for each field of the contract. All other text stays as it is.

Usage: results_page.py openapi.yaml docs/results.md
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader

MODELS = ("SessionUsageData", "TenantUsageData", "TraceSummary", "TraceSpan")
TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
    "null": "None",
}
UNITS = {
    r"(^|_)(cost|totalCost)$": "USD",
    r"(^|_)(tokens|tokenCount)$": "tokens",
    r"requestsCount": "requests",
    r"sessionsCount": "sessions",
    r"latency_ms": "ms",
    r"(_time|_time_ms|_at)$": "UTC",
}


def main(contract: str, page: str) -> None:
    schemas = yaml.safe_load(Path(contract).read_text(encoding="utf-8"))["components"]["schemas"]
    text = Path(page).read_text(encoding="utf-8")
    for model in MODELS:
        rows = "".join(row(name, schemas[model], schemas) for name in schemas[model]["properties"])
        pattern = (
            rf"(### {model}\n\n\|[^\n]*\n\|[-|]*\n)(?:\| `\w+` \|[^\n]*\n)*?(?=\| `(?:cost|has_cost)` \|)"
        )
        text, found = re.subn(pattern, lambda match, rows=rows: match[1] + rows, text)  # type: ignore[misc]
        if found != 1:
            sys.exit(f"{page}: no table for {model}")
    Path(page).write_text(text, encoding="utf-8")


def row(name: str, schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    field = schema["properties"][name]
    required = name in schema["required"]
    unit = next((unit for pattern, unit in UNITS.items() if re.search(pattern, name)), "")
    meaning = " ".join(field.get("description", "").split())
    kind = type_of(field, schemas)
    if "default" in field:
        kind = kind.removesuffix(" \\| None")
    elif not required and not kind.endswith("None"):
        kind += " \\| None"
    return f"| `{documented_names().get(name, name_of(name))}` | `{kind}` | {unit + ' ' if unit else ''}| {meaning} |\n"


def type_of(field: dict[str, Any], schemas: dict[str, Any]) -> str:
    if "$ref" in field:
        return type_of(schemas[field["$ref"].rpartition("/")[2]], schemas)
    options = field.get("anyOf") or field.get("oneOf") or field.get("allOf")
    if options:
        found = [type_of(option, schemas) for option in options]
    else:
        kinds = field.get("type", [])
        found = [TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)] or ["Any"]
        items = field.get("items", {})
        if "list" in found and items.get("type") == "string":
            found[found.index("list")] = "list[str]"
    return " \\| ".join(sorted(dict.fromkeys(found), key=lambda kind: kind == "None"))


def name_of(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()


def documented_names() -> dict[str, str]:
    """What the Python documentation names otherwise than the wire: from the generator's own template."""
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"))
    names: dict[str, str] = templates.get_template("documented_names.jinja").module.documented_names  # type: ignore[attr-defined]
    return names


if __name__ == "__main__":
    main(*sys.argv[1:])
