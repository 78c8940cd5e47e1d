"""`models.ts`: an interface for each model of requests and responses, and a type for each closed set of values."""

from __future__ import annotations

import json
import re

from contract.document import Document, stop
from contract.operations import operations, request_models, response_models
from contract.schemas import Enum, Field, Model, Shape, enum, model, named_in

from .layout import WIDTH, doc, quoted
from .names import PRESENCE, field_name

__all__ = ["models_file", "presence_of", "type_of"]

SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def models_file(document: Document) -> str:
    requests, responses = request_models(document), response_models(document)
    if both := sorted(set(requests) & set(responses)):
        stop(f"schemas.{both[0]}", "the generator knows models of requests or of responses, not of both")
    enums = enums_of_requests(document)
    parts = []
    for name in document.schemas:
        if name in enums:
            parts.append(enum_type(enum(document, name)))
        elif name in requests:
            parts.append(request_interface(model(document, name)))
        elif name in responses:
            parts.append(response_interface(model(document, name)))
    return "\n".join(parts)


def enums_of_requests(document: Document) -> set[str]:
    shapes = [parameter.shape for operation in operations(document) for parameter in operation.parameters]
    for name in request_models(document):
        shapes += [field.shape for field in model(document, name).fields]
    return {named_in(shape) for shape in shapes if named_in(shape)} - set(request_models(document))


def enum_type(found: Enum) -> str:
    values = [quoted(value) for value in found.values]
    line = f"export type {found.name} = {' | '.join(values)};\n"
    if len(line) > WIDTH + 1:
        line = f"export type {found.name} =" + "".join(f"\n  | {value}" for value in values) + ";\n"
    return doc(found.description) + line


def request_interface(found: Model) -> str:
    """Requests have the names of the wire: they are sent as they are."""
    if found.is_open:
        stop(f"schemas.{found.name}", "a model of a request must have additionalProperties: false")
    lines = []
    for field in found.fields:
        place = f"schemas.{found.name}.{field.name}"
        if field.shape.nullable or field.has_default:
            stop(place, "the generator knows no null and no default in requests")
        type_name = type_of(field.shape, place)
        ending = f": {type_name}" if field.required else f"?: {or_undefined(type_name)}"
        lines.append(f"{doc(field.description, '  ')}  readonly {field.name}{ending};\n")
    return interface(found.name, found.description, lines)


def or_undefined(type_name: str) -> str:
    return type_name if type_name == "unknown" else f"{type_name} | undefined"


def response_interface(found: Model) -> str:
    if not found.is_open:
        stop(
            f"schemas.{found.name}", "a model of a response must be open: without additionalProperties: false"
        )
    renamed = {field.name: field_name(field.name) for field in found.fields}
    lines = []
    for field in found.fields:
        type_name = type_of(field.shape, f"schemas.{found.name}.{field.name}", of_response=True)
        if is_null_possible(field) and type_name != "unknown":
            type_name += " | null"
        text = re.sub(r"`(\w+)`", lambda name: f"`{renamed.get(name[1], name[1])}`", field.description)
        lines.append(f"{doc(text, '  ')}  readonly {renamed[field.name]}: {type_name};\n")
        if presence := presence_of(field):
            lines.append(presence_line(field, *presence))
    return interface(found.name, found.description, lines)


def interface(name: str, description: str, lines: list[str]) -> str:
    return f"{doc(description)}export interface {name} {{\n{''.join(lines)}}}\n"


def is_null_possible(field: Field) -> bool:
    """Null and absent are one thing in a result, null, unless the contract says what they mean."""
    return not field.has_default and (field.shape.nullable or not field.required)


def presence_of(field: Field) -> tuple[str, str] | None:
    """Return the name of the field that says whether this one was sent, and what it holds."""
    return PRESENCE.get(field.name) if field.shape.nullable else None


def presence_line(field: Field, name: str, what: str) -> str:
    shown = json.dumps(field.default if field.has_default else None).removesuffix(".0")
    text = f"Whether the service sent {what}; where it did not, `{field_name(field.name)}` is {shown}."
    return f"{doc(text, '  ')}  readonly {name}: boolean;\n"


def type_of(shape: Shape, place: str, *, of_response: bool = False) -> str:
    """Return the type without null."""
    if of_response and (shape.kind == "enum" or shape.limits):
        what = "enum" if shape.kind == "enum" else ", ".join(shape.limits)
        stop(place, f"the generator knows no {what} in responses: readers take what is new")
    if shape.kind in ("model", "enum"):
        return shape.name
    if shape.kind == "list":
        assert shape.items
        inner = type_of(shape.items, f"{place}.items", of_response=of_response)
        if shape.items.nullable:
            stop(f"{place}.items", "the generator knows no null in lists")
        return f"readonly {inner}[]"
    if shape.kind == "object":
        return "Readonly<Record<string, unknown>>"
    return SCALARS.get(shape.kind, "unknown")
