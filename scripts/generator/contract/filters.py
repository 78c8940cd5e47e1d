"""The filter fields: `x-filter-fields` and its companions in `TraceFilter`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .document import Document, only, stop, text_of
from .schemas import enum

__all__ = ["UNCONFIRMED", "FilterField", "Filters", "filters"]

UNCONFIRMED = "No published client sends it: the service may answer 400."


@dataclass(frozen=True)
class FilterField:
    name: str
    type: str
    description: str
    """Says also whether it is unconfirmed."""
    is_unconfirmed: bool


@dataclass(frozen=True)
class Filters:
    fields: tuple[FilterField, ...]
    operators: Mapping[str, tuple[str, ...]]
    """Those that fit each type."""
    unconfirmed_operators: tuple[str, ...]
    unconfirmed_types: tuple[str, ...]

    @property
    def types(self) -> dict[str, str]:
        """The type of each field."""
        return {field.name: field.type for field in self.fields}

    @property
    def unconfirmed_fields(self) -> list[str]:
        return sorted(field.name for field in self.fields if field.is_unconfirmed)


def filters(document: Document) -> Filters:
    """Return the filter fields. Types and operators must be those of `FilterType` and `FilterOperator`."""
    schema = document.schemas["TraceFilter"]
    types = enum(document, "FilterType").values
    operators = enum(document, "FilterOperator").values
    fields = []
    for name, field in schema["x-filter-fields"].items():
        place = f"x-filter-fields.{name}"
        only({"type", "description", "unconfirmed"}, field, place)
        _among(types, [field["type"]], f"{place}.type")
        unconfirmed = bool(field.get("unconfirmed"))
        text = f"{text_of(field)} {UNCONFIRMED}" if unconfirmed else text_of(field)
        fields.append(FilterField(name, field["type"], text, unconfirmed))
    fitting = schema["x-filter-operators"]
    if set(fitting) != set(types):
        stop("x-filter-operators", "its types must be those of FilterType")
    for type_name, names in fitting.items():
        _among(operators, names, f"x-filter-operators.{type_name}")
    unconfirmed_ones = schema["x-filter-unconfirmed"]
    only({"operators", "types"}, unconfirmed_ones, "x-filter-unconfirmed")
    _among(operators, unconfirmed_ones["operators"], "x-filter-unconfirmed.operators")
    _among(types, unconfirmed_ones["types"], "x-filter-unconfirmed.types")
    return Filters(
        tuple(fields),
        {type_name: tuple(names) for type_name, names in fitting.items()},
        tuple(unconfirmed_ones["operators"]),
        tuple(unconfirmed_ones["types"]),
    )


def _among(allowed: tuple[str, ...], names: list[str], place: str) -> None:
    if unknown := sorted(set(names) - set(allowed)):
        stop(place, f"{', '.join(unknown)}: not among {', '.join(allowed)}")
