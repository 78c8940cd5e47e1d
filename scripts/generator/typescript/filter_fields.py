"""`filter-fields.ts`: the filter fields, their types, and the operators that fit."""

from __future__ import annotations

from collections.abc import Iterable

from contract.document import Document, stop
from contract.filters import FilterField, Filters, filters

from .layout import doc, imports, quoted, wrapped
from .names import camel

__all__ = ["filter_fields_file"]

VARIABLES = {
    "string": "StringT",
    "number": "NumberT",
    "boolean": "BooleanT",
    "arrayOptions": "ListT",
    "object": "ObjectT",
}
"""For each type of a field, the type variable that stands for what a field of it can do."""

PARAMETERS = ", ".join(VARIABLES.values())


def filter_fields_file(document: Document) -> str:
    found = filters(document)
    return "\n".join(
        [
            imports(["FilterOperator", "FilterType"], "models", types=True),
            field_types(found),
            operators(found),
            unconfirmed(found),
            interface(found),
            FACTORY,
        ]
    )


def field_types(found: Filters) -> str:
    lines = "".join(f"  {name}: {quoted(kind)},\n" for name, kind in found.types.items())
    text = doc("The type of each field, by its name on the wire.")
    return f"{text}export const FIELD_TYPES = {{\n{lines}}} as const;\n"


def operators(found: Filters) -> str:
    lines = "".join(
        wrapped(f"{kind}: [", list(map(quoted, names)), "],", "  ") for kind, names in found.operators.items()
    )
    return (
        doc("The operators that fit each type.")
        + "export const OPERATORS: Readonly<Record<FilterType, readonly FilterOperator[]>> = {\n"
        + f"{lines}}};\n"
    )


def unconfirmed(found: Filters) -> str:
    return (
        doc("Fields that no published client sends: the service may answer 400.")
        + string_set("UNCONFIRMED_FIELDS", found.unconfirmed_fields)
        + doc("The same for operators, on whatever field.")
        + string_set("UNCONFIRMED_OPERATORS", found.unconfirmed_operators)
        + doc("The same for types of fields.")
        + string_set("UNCONFIRMED_TYPES", found.unconfirmed_types)
    )


def string_set(name: str, values: Iterable[str]) -> str:
    head = f"export const {name}: ReadonlySet<string> = /* @__PURE__ */ new Set(["
    return wrapped(head, list(map(quoted, values)), "]);")


def interface(found: Filters) -> str:
    names = [camel(field.name) for field in found.fields]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        stop("x-filter-fields", f"two fields would have the name {twice[0]}")
    return (
        doc("The fields as properties. The type variables say what a field of each type can do.")
        + f"export interface FilterFields<{PARAMETERS}> {{\n"
        + "".join(map(property_of, found.fields))
        + "}\n"
    )


def property_of(field: FilterField) -> str:
    if field.type not in VARIABLES:
        stop(f"x-filter-fields.{field.name}", f"the generator knows no field of type {field.type!r}")
    return f"{doc(field.description, '  ')}  readonly {camel(field.name)}: {VARIABLES[field.type]};\n"


FACTORY = f"""\
/** For each type of a field, what makes one, given its name on the wire. */
export interface FieldMakers<{PARAMETERS}> {{
{"".join(f"  readonly {kind}: (name: string) => {variable};" + chr(10) for kind, variable in VARIABLES.items())}}}

/** Makes the fields of `FIELD_TYPES`. */
export function filterFields<{PARAMETERS}>(
  make: FieldMakers<{PARAMETERS}>,
): FilterFields<{PARAMETERS}> {{
  const fields: Record<string, unknown> = {{}};
  for (const [name, type] of Object.entries(FIELD_TYPES)) {{
    fields[name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())] = make[type](name);
  }}
  return fields as unknown as FilterFields<{PARAMETERS}>;
}}
"""
