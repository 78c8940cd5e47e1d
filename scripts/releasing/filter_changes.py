"""What changed in the filter fields of two contracts: `x-filter-…` of `TraceFilter`, which redocly does not compare."""

from __future__ import annotations

from collections.abc import Iterator

from contract.document import Document
from contract.filters import Filters, filters

from .changes import Change

__all__ = ["filter_changes"]


def filter_changes(released: Document, current: Document) -> list[Change]:
    old, new = filters(released), filters(current)
    return [*_fields(old, new), *_operators(old, new), *_confirmations(old, new)]


def _fields(old: Filters, new: Filters) -> Iterator[Change]:
    for name, kind in old.types.items():
        if name not in new.types:
            yield Change("breaking", f"removed the filter field {name}")
        elif new.types[name] != kind:
            yield Change("breaking", f"changed the filter field {name} from {kind} to {new.types[name]}")
    for name, kind in new.types.items():
        if name not in old.types:
            yield Change("additive", f"added the filter field {name} ({kind})")
    texts = {field.name: field.description for field in old.fields}
    for field in new.fields:
        if texts.get(field.name, field.description) != field.description:
            yield Change("none", f"described the filter field {field.name} otherwise")


def _operators(old: Filters, new: Filters) -> Iterator[Change]:
    for kind in dict.fromkeys((*old.operators, *new.operators)):
        before, after = (set(found.operators.get(kind, ())) for found in (old, new))
        for operator in sorted(before - after):
            yield Change("breaking", f"removed the operator {operator} of filter fields of type {kind}")
        for operator in sorted(after - before):
            yield Change("additive", f"added the operator {operator} to filter fields of type {kind}")


def _confirmations(old: Filters, new: Filters) -> Iterator[Change]:
    """What may be answered by 400 is no longer promised."""
    for what, before, after in (
        ("filter field", set(old.unconfirmed_fields), set(new.unconfirmed_fields)),
        ("operator", set(old.unconfirmed_operators), set(new.unconfirmed_operators)),
        ("filter type", set(old.unconfirmed_types), set(new.unconfirmed_types)),
    ):
        known = {*old.types, *old.unconfirmed_operators, *old.unconfirmed_types}
        known |= {*old.operators, *(name for names in old.operators.values() for name in names)}
        for name in sorted((after - before) & known):
            yield Change("breaking", f"the {what} {name} became unconfirmed")
        for name in sorted(before - after):
            yield Change("additive", f"the {what} {name} is confirmed, or gone")
