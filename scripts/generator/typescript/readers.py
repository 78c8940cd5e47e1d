"""`readers.ts`: for each model of responses, a function that checks a JSON object and gives it our names.

A reader is one object literal with plain property access, so that engines see one shape of what comes and one of what
goes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from contract.document import Document, stop
from contract.operations import response_models
from contract.schemas import Field, Model, Shape, model

from .layout import doc, imports, quoted, wrapped
from .models import presence_of
from .names import constant, field_name, lower_first, upper_first

__all__ = ["readers_file"]

CHECKS = ("string", "boolean", "number", "integer", "object", "list")
"""The checks that have the name of what they let pass."""
CALLED = {*CHECKS, "listOf", "nested", "present"}
CALLED |= {f"nullable{upper_first(name)}" for name in CALLED - {"present"}}


@dataclass(frozen=True)
class Check:
    """A call of a function of `checks.ts`."""

    function: str
    arguments: tuple[str, ...]
    ending: str = ""

    @property
    def uses(self) -> set[str]:
        """The functions of `checks.ts` that it names."""
        named = {argument.partition("(")[0] for argument in (self.function, *self.arguments)}
        return named & CALLED


def readers_file(document: Document) -> str:
    bodies, checks = [], {"keepUnknown", "object", "type Sent"}
    names = response_models(document)
    for name in names:
        found = model(document, name)
        entries = {field.name: check_of(field, found) for field in found.fields}
        for check in entries.values():
            checks |= check.uses
        if any(presence_of(field) for field in found.fields):
            checks.add("isNothing")
        bodies.append(reader(found, entries))
    head = imports(checks, "checks") + imports(names, "models", types=True)
    return "\n".join([head, *bodies])


def reader(found: Model, checks: dict[str, Check]) -> str:
    names, known = f"{lower_first(found.name)}Names", f"{constant(found.name)}_FIELDS"
    taken: set[str] = set()
    lines = []
    for field in found.fields:
        entries = [entry(field_name(field.name), checks[field.name])]
        if presence := presence_of(field):
            entries.append(f"    {presence[0]}: !isNothing({source_of(field)}),\n")
        for line in entries:
            name = line.strip().partition(":")[0]
            if name in taken:
                stop(f"schemas.{found.name}.{field.name}", f"two fields would have the name {name}")
            taken.add(name)
        lines += entries
    return (
        wrapped(f"const {names} = [", [quoted(field.name) for field in found.fields], "] as const;")
        + "\n"
        + doc(f"The names on the wire of the fields of a `{found.name}`.")
        + wrapped(f"export const {known}: ReadonlySet<string> = /* @__PURE__ */ new Set(", [names], ");")
        + "\n"
        + doc(f"Makes a `{found.name}` of a JSON value, or throws a `PayloadError` that names the place.")
        + f"export function read{found.name}(value: unknown): {found.name} {{\n"
        + f"  const source: Sent<typeof {names}> = object(value);\n"
        + f"  const row: {found.name} = {{\n{''.join(lines)}  }};\n"
        + f"  keepUnknown(row, source, {known});\n"
        + "  return row;\n"
        + "}\n"
    )


def entry(name: str, check: Check) -> str:
    if not check.function:
        return f"    {name}: {check.arguments[0]}{check.ending},\n"
    return wrapped(f"{name}: {check.function}(", check.arguments, f"){check.ending},", "    ")


def source_of(field: Field) -> str:
    return f"source.{field.name}"


def check_of(field: Field, found: Model) -> Check:
    place = f"schemas.{found.name}.{field.name}"
    source, name = source_of(field), quoted(field.name)
    if not field.name.isidentifier():
        stop(place, "the generator knows names of letters, digits and underscores")
    ending = default_ending(field, place)
    if field.shape.kind == "any":
        return Check("present", (source, name)) if field.required else Check("", (source,), " ?? null")
    function, arguments = function_of(field.shape, place)
    if field.shape.nullable and field.required:
        return Check(nullable(function), (*arguments, f"present({source}, {name})", name), ending)
    if field.shape.nullable:
        return Check(nullable(function), (*arguments, source, name), ending)
    if not field.required:
        stop(place, "the generator knows no field of a response that may be absent, but not null")
    return Check(function, (*arguments, source, name), ending)


def default_ending(field: Field, place: str) -> str:
    if not field.has_default:
        return ""
    if field.required or not field.shape.nullable or isinstance(field.default, list | dict | None):
        stop(
            place,
            "the generator knows a default that is text, a number or a boolean, of a nullable, optional field",
        )
    return f" ?? {json.dumps(field.default).removesuffix('.0')}"


def nullable(function: str) -> str:
    return f"nullable{upper_first(function)}"


def function_of(shape: Shape, place: str) -> tuple[str, tuple[str, ...]]:
    """Return the check, and what it takes before value and name."""
    if shape.kind == "model":
        return "nested", (f"read{shape.name}",)
    if shape.kind == "list":
        assert shape.items
        if shape.items.kind == "any":
            return "list", ()
        if shape.items.nullable or shape.items.kind == "list":
            stop(f"{place}.items", "the generator knows no null and no lists in lists")
        inner, arguments = function_of(shape.items, f"{place}.items")
        return "listOf", arguments or (inner,)
    if shape.kind not in CHECKS:
        stop(place, f"the generator knows no {shape.kind} in responses")
    return shape.kind, ()
