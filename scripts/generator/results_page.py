"""Rewrite the tables of `docs/results.md`: one row for each field of the contract. All other text stays as it is.

Usage: results_page.py openapi.yaml docs/results.md
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from contract.document import load, stop
from contract.schemas import Field, Shape, model
from jinja2 import Environment, FileSystemLoader

MODELS = ("SessionUsageData", "TenantUsageData", "TraceSummary", "TraceSpan")
TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "list": "list",
    "object": "dict",
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
    document = load(contract)
    text = Path(page).read_text(encoding="utf-8")
    for name in MODELS:
        rows = "".join(row(name, field) for field in model(document, name).fields)
        pattern = (
            rf"(### {name}\n\n\|[^\n]*\n\|[-|]*\n)(?:\| `\w+` \|[^\n]*\n)*?(?=\| `(?:cost|has_cost)` \|)"
        )
        text, found = re.subn(pattern, lambda match, rows=rows: match[1] + rows, text)  # type: ignore[misc]
        if found != 1:
            sys.exit(f"{page}: no table for {name}")
    Path(page).write_text(text, encoding="utf-8")


def row(model_name: str, field: Field) -> str:
    unit = next((unit for pattern, unit in UNITS.items() if re.search(pattern, field.name)), "")
    kind = type_of(field.shape, f"schemas.{model_name}.{field.name}")
    if not field.has_default and (field.shape.nullable or not field.required):
        kind += " \\| None"
    name = documented_names().get(field.name, name_of(field.name))
    return f"| `{name}` | `{kind}` | {unit + ' ' if unit else ''}| {' '.join(field.description.split())} |\n"


def type_of(shape: Shape, place: str) -> str:
    if shape.kind not in TYPES:
        stop(place, f"the tables of the results know no field of kind {shape.kind!r}")
    is_text = shape.items is not None and shape.items.kind == "string"
    return "list[str]" if is_text else TYPES[shape.kind]


def name_of(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).lower()


def documented_names() -> dict[str, str]:
    """What the Python documentation names otherwise than the wire: from the generator's own template."""
    templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"))
    names: dict[str, str] = templates.get_template("documented_names.jinja").module.documented_names  # type: ignore[attr-defined]
    return names


if __name__ == "__main__":
    main(*sys.argv[1:])
