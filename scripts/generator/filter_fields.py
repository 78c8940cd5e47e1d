"""Write `filter_fields.py` of the generated package: the filter fields of the contract, with the type of each.

Usage: filter_fields.py openapi.yaml netra_api/filter_fields.py
"""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from contract.document import load, stop
from contract.filters import FilterField, Filters, filters

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
    Path(target).write_text(module(filters(load(contract))), encoding="utf-8")


def module(found: Filters) -> str:
    head = HEAD.format(
        variables="\n".join(f'{variable} = TypeVar("{variable}")' for variable, _ in KINDS.values()),
        types=found.types,
        operators=found.operators,
        fields=found.unconfirmed_fields,
        unconfirmed_operators=list(found.unconfirmed_operators),
        unconfirmed_types=list(found.unconfirmed_types),
        names=", ".join(variable for variable, _ in KINDS.values()),
        parameters="\n".join(
            f"        {kind}: Callable[[str], {variable}]," for variable, kind in KINDS.values()
        ),
        assignments="\n".join(f"        self._{kind} = {kind}" for _, kind in KINDS.values()),
    )
    return head + "".join(map(property_of, found.fields))


def property_of(field: FilterField) -> str:
    if field.type not in KINDS:
        stop(f"x-filter-fields.{field.name}", f"the generator knows no field of type {field.type!r}")
    variable, kind = KINDS[field.type]
    description = "\n".join(textwrap.wrap(field.description, 100, subsequent_indent="        "))
    return PROPERTY.format(name=field.name, variable=variable, kind=kind, description=description)


if __name__ == "__main__":
    main(*sys.argv[1:])
