"""Schemas: what a value may be, and the fields of the models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from .document import Document, Node, only, stop, text_of

__all__ = ["Enum", "Field", "Model", "Shape", "enum", "model", "models_below", "named_in", "shape_of"]

Kind = Literal["string", "integer", "number", "boolean", "list", "object", "any", "model", "enum"]

SCALARS = ("string", "integer", "number", "boolean")
NOTES = {"description", "examples"}
LIMITS = {
    "string": {"pattern", "minLength"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum"},
}
"""What narrows a type further: for the service to check."""
FILTER_TABLES = {"x-filter-fields", "x-filter-operators", "x-filter-unconfirmed"}
"""Read by `filters`."""


@dataclass(frozen=True)
class Shape:
    """What a value may be."""

    kind: Kind
    nullable: bool = False
    name: str = ""
    """Of the model or enum."""
    items: Shape | None = None
    """Of a list."""
    limits: tuple[str, ...] = ()
    """The keywords that narrow the type further."""

    def core(self) -> Shape:
        """The same without null."""
        return replace(self, nullable=False)


@dataclass(frozen=True)
class Field:
    name: str
    shape: Shape
    required: bool
    description: str
    has_default: bool = False
    default: Any = None
    """What null or absent means, where the contract says so."""


@dataclass(frozen=True)
class Model:
    """An object with named fields."""

    name: str
    description: str
    fields: tuple[Field, ...]
    is_open: bool
    """Whether it may hold fields that the contract does not know: those of responses do."""


@dataclass(frozen=True)
class Enum:
    name: str
    description: str
    values: tuple[str, ...]


def shape_of(document: Document, schema: Node, place: str) -> Shape:
    """Return what a schema allows. Objects with fields and closed sets of values must have a name."""
    if "$ref" in schema:
        only({"$ref", *NOTES}, schema, place)
        return _named_shape(document, schema["$ref"], place)
    for combiner in ("allOf", "anyOf"):
        if combiner in schema:
            only({combiner, *NOTES}, schema, place)
            return _combined_shape(document, schema[combiner], combiner, f"{place}.{combiner}")
    if "type" not in schema:
        only({*NOTES, "default"}, schema, place)
        return Shape("any")
    kinds = [schema["type"]] if isinstance(schema["type"], str) else list(schema["type"])
    nullable = "null" in kinds
    if nullable:
        kinds.remove("null")
    if len(kinds) != 1:
        stop(place, f"the generator knows one type, or one and null, not {schema['type']}")
    return replace(_typed_shape(document, schema, kinds[0], place), nullable=nullable)


def _named_shape(document: Document, reference: str, place: str) -> Shape:
    name, target = document.target(reference, place)
    if "enum" in target:
        return Shape("enum", name=enum(document, name).name)
    if target.get("type") == "object" and "properties" in target:
        return Shape("model", name=name)
    return shape_of(document, target, f"schemas.{name}")


def _combined_shape(document: Document, options: list[Node], combiner: str, place: str) -> Shape:
    """`allOf` holds one reference, which gets a description this way; `anyOf` one option and null."""
    others = [option for option in options if option != {"type": "null"}]
    if len(others) != 1 or (combiner == "allOf" and len(options) != 1):
        stop(place, "the generator knows allOf with one schema, and anyOf with one schema and null")
    shape = shape_of(document, others[0], f"{place}[{options.index(others[0])}]")
    return replace(shape, nullable=shape.nullable or len(options) > len(others))


def _typed_shape(document: Document, schema: Node, kind: str, place: str) -> Shape:
    known = {"type", "default", *NOTES}
    if kind in SCALARS:
        limits = LIMITS.get(kind, set())
        only({*known, *limits}, schema, place)
        scalar: Any = kind
        return Shape(scalar, limits=tuple(sorted(limits & set(schema))))
    if kind == "array":
        only({*known, "items"}, schema, place)
        if "items" not in schema:
            stop(place, "a list needs items")
        return Shape("list", items=shape_of(document, schema["items"], f"{place}.items"))
    if kind == "object":
        if "properties" in schema:
            stop(place, "an object with fields needs a name: put it in components.schemas")
        only({*known, "additionalProperties"}, schema, place)
        if schema.get("additionalProperties", True) is not True:
            stop(place, "the generator knows additionalProperties: true for an object without fields")
        return Shape("object")
    return stop(place, f"the generator does not know the type {kind!r}")


def model(document: Document, name: str) -> Model:
    """Return the model of this name in `components.schemas`."""
    schema, place = document.schemas[name], f"schemas.{name}"
    only(
        {"type", "description", "required", "properties", "additionalProperties", *FILTER_TABLES},
        schema,
        place,
    )
    is_open = schema.get("additionalProperties", True)
    if not isinstance(is_open, bool):
        stop(place, "the generator knows additionalProperties: true or false")
    required = schema.get("required", [])
    if unknown := sorted(set(required) - set(schema["properties"])):
        stop(place, f"required names fields that do not exist: {', '.join(unknown)}")
    fields = (
        _field(document, field_name, field, field_name in required, f"{place}.{field_name}")
        for field_name, field in schema["properties"].items()
    )
    return Model(name, text_of(schema), tuple(fields), is_open)


def _field(document: Document, name: str, schema: Node, required: bool, place: str) -> Field:
    shape = shape_of(document, schema, place)
    description = text_of(schema) or _description_of_reference(document, schema, place)
    return Field(name, shape, required, description, "default" in schema, schema.get("default"))


def _description_of_reference(document: Document, schema: Node, place: str) -> str:
    return text_of(document.target(schema["$ref"], place)[1]) if "$ref" in schema else ""


def enum(document: Document, name: str) -> Enum:
    schema, place = document.schemas[name], f"schemas.{name}"
    only({"type", "enum", *NOTES}, schema, place)
    if schema.get("type") != "string" or not all(isinstance(value, str) for value in schema["enum"]):
        stop(place, "the generator knows enums of strings")
    return Enum(name, text_of(schema), tuple(schema["enum"]))


def named_in(shape: Shape) -> str:
    """Return the name of the model or enum that a value is, or that the items of a list are, or an empty text."""
    return named_in(shape.items) if shape.items else shape.name


def models_below(document: Document, roots: Iterable[str]) -> list[str]:
    """Return these models and those that their fields hold, in the contract's order."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for field in model(document, name).fields:
            inner = named_in(field.shape)
            if inner and "enum" not in document.schemas[inner]:
                waiting.append(inner)
    return [name for name in document.schemas if name in found]
