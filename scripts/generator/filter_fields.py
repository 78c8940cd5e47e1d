"""Write `filter_fields.py` of the generated package: the filter fields of the contract, with the type of each.

Usage: filter_fields.py openapi.yaml netra_api/filter_fields.py
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import Any

import yaml

KNOWN = {"type", "description", "unconfirmed"}

KINDS = {
    "string": ("StringT", "string"),
    "number": ("NumberT", "number"),
    "boolean": ("BooleanT", "boolean"),
    "arrayOptions": ("ListT", "list_"),
    "object": ("ObjectT", "object_"),
}
"""For each type of a field: the type variable and the constructor argument that stand for it."""

HEAD = '''"""The filter fields that the contract knows (`x-filter-fields` of `TraceFilter`), with the type of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

{variables}

FIELD_TYPES: dict[str, str] = {types}
"""The type of each field."""

OPERATORS: dict[str, tuple[str, ...]] = {operators}
"""The operators that fit each type."""

UNCONFIRMED_FIELDS = frozenset({fields})
"""Fields that no published client sends: the service may answer 400."""
UNCONFIRMED_OPERATORS = frozenset({unconfirmed_operators})
UNCONFIRMED_TYPES = frozenset({unconfirmed_types})


class FilterFields(Generic[{names}]):
    """The fields as attributes. A subclass decides what a field of each type can do."""

    def __init__(
        self,
{parameters}
    ) -> None:
{assignments}
'''

PROPERTY = '''
    @property
    def {name}(self) -> {variable}:
        """{description}"""
        return self._{kind}("{name}")
'''


def main(contract: str, target: str) -> None:
    schema = yaml.safe_load(Path(contract).read_text(encoding="utf-8"))["components"]["schemas"]
    Path(target).write_text(module(schema), encoding="utf-8")


def module(schemas: dict[str, Any]) -> str:
    trace_filter = schemas["TraceFilter"]
    fields, operators = trace_filter["x-filter-fields"], trace_filter["x-filter-operators"]
    unconfirmed = trace_filter["x-filter-unconfirmed"]
    check(fields, operators, schemas)
    head = HEAD.format(
        variables="\n".join(f'{variable} = TypeVar("{variable}")' for variable, _ in KINDS.values()),
        types={name: field["type"] for name, field in fields.items()},
        operators={kind: tuple(found) for kind, found in operators.items()},
        fields=sorted(name for name, field in fields.items() if field.get("unconfirmed")),
        unconfirmed_operators=unconfirmed["operators"],
        unconfirmed_types=unconfirmed["types"],
        names=", ".join(variable for variable, _ in KINDS.values()),
        parameters="\n".join(
            f"        {kind}: Callable[[str], {variable}]," for variable, kind in KINDS.values()
        ),
        assignments="\n".join(f"        self._{kind} = {kind}" for _, kind in KINDS.values()),
    )
    return head + "".join(property_of(name, field) for name, field in fields.items())


def property_of(name: str, field: dict[str, Any]) -> str:
    variable, kind = KINDS[field["type"]]
    text = " ".join(field["description"].split())
    if field.get("unconfirmed"):
        text += " No published client sends it: the service may answer 400."
    description = "\n".join(textwrap.wrap(text, 100, subsequent_indent="        "))
    return PROPERTY.format(name=name, variable=variable, kind=kind, description=description)


def check(fields: dict[str, Any], operators: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Stop at anything that this generator does not know."""
    for name, field in fields.items():
        if unknown := set(field) - KNOWN:
            sys.exit(f"x-filter-fields.{name}: unknown keys {sorted(unknown)}")
        if field["type"] not in KINDS:
            sys.exit(f"x-filter-fields.{name}: unknown type {field['type']!r}")
    if set(operators) != set(schemas["FilterType"]["enum"]):
        sys.exit("x-filter-operators must have the types of FilterType")
    for kind, found in operators.items():
        if unknown := set(found) - set(schemas["FilterOperator"]["enum"]):
            sys.exit(f"x-filter-operators.{kind}: unknown operators {sorted(unknown)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
