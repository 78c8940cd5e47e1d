"""Compile the filters of a request into SQL conditions on the table `trace`.

The SQL is built only from strings in this file; values of a request are bound as parameters.
Missing strings are stored as "", so the negative operators match them. An unknown cost matches no
comparison.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from netra_api.models.trace_filter import TraceFilter

from ._errors import RequestError
from ._json import dump_json

MAX_FILTERS = 50
MAX_LIST_VALUES = 500
"""Values in one list. `MAX_FILTERS` times this stays below SQLite's limit of 32766 parameters."""

Value = str | int | float


class Condition(NamedTuple):
    """An SQL condition and the values of its parameters."""

    sql: str
    values: tuple[Value, ...] = ()
    equality_column: str = ""
    """The column that the condition compares with `=` to its only value; else empty."""


_STRING_COLUMNS = {
    "name": "name",
    "tenant_id": "tenant_id",
    "user_id": "user_id",
    "session_id": "session_id",
    "trace_id": "trace_id",
    "environment": "environment",
    "service": "service",
    "project_id": "'local'",
}
_NUMBER_COLUMNS = {"total_cost": "total_cost", "latency": "(latency_ns / 1e6)"}
_BOOLEAN_COLUMNS = {
    "has_pii": "has_pii",
    "has_violation": "has_violation",
    "has_error": "has_error",
}
_FIELD_TYPES = {
    **dict.fromkeys(_STRING_COLUMNS, "string"),
    "parent_span_id": "string",
    **dict.fromkeys(_NUMBER_COLUMNS, "number"),
    **dict.fromkeys(_BOOLEAN_COLUMNS, "boolean"),
    "models": "arrayOptions",
    "metadata": "object",
}

_NULL_OPERATORS = {"is_null", "is_not_null"}
_LIST_OPERATORS = {"any_of", "none_of"}
_EQUALITY_OPERATORS = {"equals": "=", "not_equals": "<>"}
_ORDER_OPERATORS = {
    "greater_than": ">",
    "less_than": "<",
    "greater_equal_to": ">=",
    "less_equal_to": "<=",
}
_SUBSTRING_OPERATORS = {
    "contains": "instr({}, ?) > 0",
    "not_contains": "instr({}, ?) = 0",
    "starts_with": "starts_with({}, ?)",
    "ends_with": "ends_with({}, ?)",
}
_OPERATORS_BY_TYPE = {
    "string": {*_EQUALITY_OPERATORS, *_SUBSTRING_OPERATORS, *_LIST_OPERATORS, *_NULL_OPERATORS},
    "number": {*_EQUALITY_OPERATORS, *_ORDER_OPERATORS, *_LIST_OPERATORS, *_NULL_OPERATORS},
    "boolean": {*_EQUALITY_OPERATORS, *_NULL_OPERATORS},
    "arrayOptions": {*_EQUALITY_OPERATORS, "contains", "not_contains", *_LIST_OPERATORS, *_NULL_OPERATORS},
}


def compile_filter(trace_filter: TraceFilter) -> Condition:
    """Compile a filter into an SQL condition.

    Raises RequestError for an unknown field, and if field, type, operator and value do not match.
    """
    field, kind, operator = trace_filter.field, trace_filter.type_, trace_filter.operator
    if (trace_filter.key is not None) != (kind == "object"):
        raise RequestError("key: needed with the type object, and only there")
    if operator in _NULL_OPERATORS and trace_filter.value is not None:
        raise RequestError(f"value: {operator} takes none")
    if kind == "attributeKey":
        return _attribute_condition(field, operator, trace_filter.value)
    expected = _FIELD_TYPES.get(field)
    if expected is None:
        raise RequestError(f"field: unknown; known are {', '.join(sorted(_FIELD_TYPES))}")
    if kind != expected:
        raise RequestError(f"type: the field {field} has the type {expected}, not {kind}")
    if kind == "object":
        return _attribute_condition(trace_filter.key or "", operator, trace_filter.value)
    if operator not in _OPERATORS_BY_TYPE[kind]:
        raise RequestError(f"operator: {operator} does not fit the type {kind}")
    if field == "models":
        return _models_condition(operator, trace_filter.value)
    if field == "parent_span_id":
        inner = _compare("span.parent_span_id", "string", operator, trace_filter.value)
        exists = f"EXISTS (SELECT 1 FROM span WHERE {_SPAN_OF_TRACE} AND {inner.sql})"
        return Condition(exists, inner.values)
    columns = {**_STRING_COLUMNS, **_NUMBER_COLUMNS, **_BOOLEAN_COLUMNS}
    if field == "total_cost":
        return _cost_condition(operator, trace_filter.value)
    return _compare(columns[field], kind, operator, trace_filter.value)


def _cost_condition(operator: str, value: object) -> Condition:
    """Compare the cost. An unknown one, for which the column holds 0, matches no comparison."""
    if operator in _NULL_OPERATORS:
        return Condition("has_cost = 0" if operator == "is_null" else "has_cost = 1")
    inner = _compare("total_cost", "number", operator, value)
    return Condition(f"has_cost = 1 AND {inner.sql}", inner.values)


def _compare(column: str, kind: str, operator: str, value: object) -> Condition:
    """Compare an SQL expression that is never NULL with a value of this type."""
    if operator in _NULL_OPERATORS:
        missing = f"{column} = ''" if kind == "string" else "FALSE"
        return Condition(missing if operator == "is_null" else f"NOT ({missing})")
    if operator in _LIST_OPERATORS:
        return _in_list(column, operator, [_check_value(item, kind) for item in _check_list(value)])
    checked = _check_value(value, kind)
    if operator in _SUBSTRING_OPERATORS:
        return Condition(_SUBSTRING_OPERATORS[operator].format(column), (checked,))
    symbol = _EQUALITY_OPERATORS.get(operator) or _ORDER_OPERATORS[operator]
    return Condition(f"{column} {symbol} ?", (checked,), column if operator == "equals" else "")


def _in_list(column: str, operator: str, values: Sequence[Value]) -> Condition:
    keyword = "IN" if operator == "any_of" else "NOT IN"
    return Condition(f"{column} {keyword} ({', '.join('?' * len(values))})", tuple(values))


def _models_condition(operator: str, value: object) -> Condition:
    """Compare the column `models`, a sorted JSON list of distinct strings."""
    if operator in _NULL_OPERATORS:
        return Condition("models = '[]'" if operator == "is_null" else "models <> '[]'")
    if operator in _EQUALITY_OPERATORS:
        items = _check_list(value) if isinstance(value, list) else [value]
        wanted = sorted({_check_string(item) for item in items})
        return Condition(f"models {_EQUALITY_OPERATORS[operator]} ?", (dump_json(wanted),))
    values = _check_list(value) if operator in _LIST_OPERATORS else [value]
    membership = _in_list("value", "any_of", [_check_string(item) for item in values])
    exists = f"EXISTS (SELECT 1 FROM json_each(trace.models) WHERE {membership.sql})"
    negative = operator in ("none_of", "not_contains")
    return Condition(f"NOT {exists}" if negative else exists, membership.values)


_SPAN_OF_TRACE = "span.trace_id = trace.trace_id"
# The value as a string, as JSON writes it, so that string operators match booleans and numbers too.
_ATTRIBUTE_AS_STRING = (
    "(CASE attribute.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'"
    " ELSE ifnull(CAST(attribute.value AS TEXT), '') END)"
)
_ATTRIBUTE_TYPES = {"number": "('integer', 'real')", "boolean": "('true', 'false')"}


def _attribute_condition(name: str, operator: str, value: object) -> Condition:
    """Match traces with a span whose attribute of this name satisfies the operator."""
    if operator in _NULL_OPERATORS:
        found = _attribute_exists("attribute.type <> 'null'")
        return Condition(f"NOT {found}" if operator == "is_null" else found, (name,))
    sample = _check_list(value)[:1] if operator in _LIST_OPERATORS else [value]
    kind = "string"
    if sample and not isinstance(sample[0], str):
        kind = "boolean" if isinstance(sample[0], bool) else "number"
    if operator not in _OPERATORS_BY_TYPE[kind]:
        raise RequestError(f"operator: {operator} does not fit a {kind} value")
    if kind == "string":
        inner = _compare(_ATTRIBUTE_AS_STRING, kind, operator, value)
        sql = f"attribute.type <> 'null' AND {inner.sql}"
    else:
        inner = _compare("attribute.value", kind, operator, value)
        sql = f"attribute.type IN {_ATTRIBUTE_TYPES[kind]} AND {inner.sql}"
    return Condition(_attribute_exists(sql), (name, *inner.values))


def _attribute_exists(condition: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM span, json_each(span.attributes) AS attribute"
        f" WHERE {_SPAN_OF_TRACE} AND attribute.key = ? AND {condition})"
    )


def _check_list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise RequestError("value: expected a list")
    if len(value) > MAX_LIST_VALUES:
        raise RequestError(f"value: at most {MAX_LIST_VALUES} in a list")
    return value


def _check_value(value: object, kind: str) -> Value:
    if kind == "string":
        return _check_string(value)
    if kind == "boolean":
        if not isinstance(value, bool):
            raise RequestError("value: expected true or false")
        return int(value)
    return _check_number(value)


def _check_string(value: object) -> str:
    if not isinstance(value, str):
        raise RequestError("value: expected a text")
    return value


def _check_number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RequestError("value: expected a number")
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise RequestError("value: a number out of range")
    return number
