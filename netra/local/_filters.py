"""Filters of a trace listing → SQL conditions on a row of the table `trace`.

Whatever a caller sends is bound as a parameter; the SQL is put together from the texts in this
file. Texts that are missing are stored as "", so the negative operators hold for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from netra_api.models.trace_filter import TraceFilter

from ._errors import RequestError
from ._json import dump_json

MOST_FILTERS = 50
MOST_CHOICES = 500
"""Values in one `any_of` or `none_of`; times filters, fewer than SQLite's 32766 parameters."""

Value = str | int | float


class Condition(NamedTuple):
    """A condition of SQL and the values of its parameters."""

    sql: str
    values: tuple[Value, ...] = ()
    narrows_to: str = ""
    """The column that must equal the only value, when that is what the condition says."""


_TEXT_COLUMNS = {
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
    **dict.fromkeys(_TEXT_COLUMNS, "string"),
    "parent_span_id": "string",
    **dict.fromkeys(_NUMBER_COLUMNS, "number"),
    **dict.fromkeys(_BOOLEAN_COLUMNS, "boolean"),
    "models": "arrayOptions",
    "metadata": "object",
}

_NULLNESS = {"is_null", "is_not_null"}
_CHOICE = {"any_of", "none_of"}
_EQUALITY = {"equals": "=", "not_equals": "<>"}
_ORDER = {
    "greater_than": ">",
    "less_than": "<",
    "greater_equal_to": ">=",
    "less_equal_to": "<=",
}
_PIECES = {
    "contains": "instr({}, ?) > 0",
    "not_contains": "instr({}, ?) = 0",
    "starts_with": "starts_with({}, ?)",
    "ends_with": "ends_with({}, ?)",
}
_OPERATORS = {
    "string": {*_EQUALITY, *_PIECES, *_CHOICE, *_NULLNESS},
    "number": {*_EQUALITY, *_ORDER, *_CHOICE, *_NULLNESS},
    "boolean": {*_EQUALITY, *_NULLNESS},
    "arrayOptions": {*_EQUALITY, "contains", "not_contains", *_CHOICE, *_NULLNESS},
}


def condition_of(trace_filter: TraceFilter) -> Condition:
    """The condition that a filter stands for.

    Raises RequestError for an unknown field, and where field, type, operator and value do not fit.
    """
    field, kind, operator = trace_filter.field, trace_filter.type_, trace_filter.operator
    if (trace_filter.key is not None) != (kind == "object"):
        raise RequestError("key: needed with the type object, and only there")
    if operator in _NULLNESS and trace_filter.value is not None:
        raise RequestError(f"value: {operator} takes none")
    if kind == "attributeKey":
        return _attribute(field, operator, trace_filter.value)
    expected = _FIELD_TYPES.get(field)
    if expected is None:
        raise RequestError(f"field: unknown; known are {', '.join(sorted(_FIELD_TYPES))}")
    if kind != expected:
        raise RequestError(f"type: the field {field} has the type {expected}, not {kind}")
    if kind == "object":
        return _attribute(trace_filter.key or "", operator, trace_filter.value)
    if operator not in _OPERATORS[kind]:
        raise RequestError(f"operator: {operator} does not fit the type {kind}")
    if field == "models":
        return _models(operator, trace_filter.value)
    if field == "parent_span_id":
        inner = _compare("span.parent_span_id", "string", operator, trace_filter.value)
        exists = f"EXISTS (SELECT 1 FROM span WHERE {_SPAN_OF_TRACE} AND {inner.sql})"
        return Condition(exists, inner.values)
    columns = {**_TEXT_COLUMNS, **_NUMBER_COLUMNS, **_BOOLEAN_COLUMNS}
    return _compare(columns[field], kind, operator, trace_filter.value)


def _compare(column: str, kind: str, operator: str, value: object) -> Condition:
    """Compares an SQL expression that is never NULL with a value of the given type."""
    if operator in _NULLNESS:
        missing = f"{column} = ''" if kind == "string" else "FALSE"
        return Condition(missing if operator == "is_null" else f"NOT ({missing})")
    if operator in _CHOICE:
        return _choice(column, operator, [_checked(item, kind) for item in _list(value)])
    checked = _checked(value, kind)
    if operator in _PIECES:
        return Condition(_PIECES[operator].format(column), (checked,))
    symbol = _EQUALITY.get(operator) or _ORDER[operator]
    return Condition(f"{column} {symbol} ?", (checked,), column if operator == "equals" else "")


def _choice(column: str, operator: str, values: Sequence[Value]) -> Condition:
    verb = "IN" if operator == "any_of" else "NOT IN"
    return Condition(f"{column} {verb} ({', '.join('?' * len(values))})", tuple(values))


def _models(operator: str, value: object) -> Condition:
    """`models` is a JSON list of distinct texts, sorted."""
    if operator in _NULLNESS:
        return Condition("models = '[]'" if operator == "is_null" else "models <> '[]'")
    if operator in _EQUALITY:
        items = _list(value) if isinstance(value, list) else [value]
        wanted = sorted({_text(item) for item in items})
        return Condition(f"models {_EQUALITY[operator]} ?", (dump_json(wanted),))
    choices = [_text(item) for item in _list(value)] if operator in _CHOICE else [_text(value)]
    among = _choice("value", "any_of", choices)
    exists = f"EXISTS (SELECT 1 FROM json_each(trace.models) WHERE {among.sql})"
    negative = operator in ("none_of", "not_contains")
    return Condition(f"NOT {exists}" if negative else exists, among.values)


_SPAN_OF_TRACE = "span.trace_id = trace.trace_id"
# Written as the JSON spells it, so that a text filter finds truth values and numbers as well.
_ATTRIBUTE_TEXT = (
    "(CASE attribute.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'"
    " ELSE ifnull(CAST(attribute.value AS TEXT), '') END)"
)
_ATTRIBUTE_TYPES = {"number": "('integer', 'real')", "boolean": "('true', 'false')"}


def _attribute(name: str, operator: str, value: object) -> Condition:
    """Some span of the trace has an attribute of that name that satisfies the operator."""
    if operator in _NULLNESS:
        found = _some_attribute("attribute.type <> 'null'")
        return Condition(f"NOT {found}" if operator == "is_null" else found, (name,))
    sample = _list(value)[:1] if operator in _CHOICE else [value]
    kind = "string"
    if sample and not isinstance(sample[0], str):
        kind = "boolean" if isinstance(sample[0], bool) else "number"
    if operator not in _OPERATORS[kind]:
        raise RequestError(f"operator: {operator} does not fit a {kind} value")
    if kind == "string":
        inner = _compare(_ATTRIBUTE_TEXT, kind, operator, value)
        sql = f"attribute.type <> 'null' AND {inner.sql}"
    else:
        inner = _compare("attribute.value", kind, operator, value)
        sql = f"attribute.type IN {_ATTRIBUTE_TYPES[kind]} AND {inner.sql}"
    return Condition(_some_attribute(sql), (name, *inner.values))


def _some_attribute(condition: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM span, json_each(span.attributes) AS attribute"
        f" WHERE {_SPAN_OF_TRACE} AND attribute.key = ? AND {condition})"
    )


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise RequestError("value: expected a list")
    if len(value) > MOST_CHOICES:
        raise RequestError(f"value: at most {MOST_CHOICES} in a list")
    return value


def _checked(value: object, kind: str) -> Value:
    if kind == "string":
        return _text(value)
    if kind == "boolean":
        if not isinstance(value, bool):
            raise RequestError("value: expected true or false")
        return int(value)
    return _number(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise RequestError("value: expected a text")
    return value


def _number(value: object) -> int | float:
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
