"""Conditions for traces: `filters=[...]` of `list_traces` and `iter_traces`.

    >>> from netra.filters import fields
    >>> Netra.usage.iter_traces(start, end, filters=[fields.total_cost > 0.5, fields.models.any_of("gpt-4o")])

A trace is listed when all conditions hold. The fields, their types and the operators that fit come from the contract
(`x-filter-fields` and `x-filter-operators` of `TraceFilter`). No published client sends `is_null`,
`is_not_null`, span attributes, `name`, `parent_span_id` or `has_…`: the service may answer them with 400, and the
error then names them.

"""

from __future__ import annotations

from ._condition import Condition, Filter
from ._fields import (
    AnyField,
    BooleanField,
    ListField,
    NumberField,
    ObjectField,
    StringField,
    as_filter,
    fields,
)

__all__ = [
    "AnyField",
    "BooleanField",
    "Condition",
    "Filter",
    "ListField",
    "NumberField",
    "ObjectField",
    "StringField",
    "as_filter",
    "fields",
]
