"""Checks of a condition: field, type, operator and value must fit each other, as the contract lists them."""

from __future__ import annotations

import math
import numbers
import re
from decimal import Decimal
from typing import Any

from netra_api.filter_fields import FIELD_TYPES, OPERATORS

from netra._booleans import is_boolean, problem_with_flag
from netra._integers import as_integer
from netra._text import is_unicode
from netra.errors import InvalidRequestError

__all__ = [
    "LIST_OPERATORS",
    "METHODS",
    "NULL_OPERATORS",
    "SYMBOLS",
    "TEXT_OPERATORS",
    "check_name",
    "check_value",
    "field_repr",
    "freeze",
    "split_key",
    "type_of",
]

SYMBOLS = {
    "equals": "==",
    "not_equals": "!=",
    "less_than": "<",
    "less_equal_to": "<=",
    "greater_than": ">",
    "greater_equal_to": ">=",
}
METHODS = {"starts_with": "startswith", "ends_with": "endswith"}
ORDER_OPERATORS = ("less_than", "less_equal_to", "greater_than", "greater_equal_to")
TEXT_OPERATORS = ("contains", "not_contains", "starts_with", "ends_with")
LIST_OPERATORS = ("any_of", "none_of")
NULL_OPERATORS = ("is_null", "is_not_null")
_KEYED_FIELD = re.compile(r"(\w+)(?:\.(.+)|\[(['\"])(.+)\3\])", re.DOTALL)


def check_name(name: Any, what: str) -> str:
    """Check the name of a field, an attribute or a key."""
    if not isinstance(name, str) or not name:
        raise InvalidRequestError(f"{what} must be text, and not empty.")
    if not is_unicode(name):
        raise InvalidRequestError(f"{what} holds a lone surrogate and cannot be sent.")
    return str.__str__(name)


def split_key(field: str, key: str | None, kind: str) -> tuple[str, str | None]:
    """Split `metadata.plan` into the field and its key."""
    check_name(field, f"field={field!r:.100}")
    if key is not None:
        check_name(key, f"key={key!r:.100}")
    found = None if key is not None or kind else _KEYED_FIELD.fullmatch(field)
    if found is not None and FIELD_TYPES.get(found[1]) == "object":
        return found[1], found[2] or found[4]
    return field, key


def freeze(value: Any, operator: str) -> Any:
    """Return the value in a form that cannot change any more."""
    if isinstance(operator, str) and operator in LIST_OPERATORS and isinstance(value, str):
        raise InvalidRequestError(f"{operator} needs several values, such as [{value!r}].")
    return tuple(value) if isinstance(value, list | tuple | set | frozenset) else value


def type_of(value: Any, field: str) -> str:
    """Find the type of a field that the contract does not know."""
    sample = value[0] if isinstance(value, tuple) and value else value
    if is_boolean(sample):  # also one of numpy, which is refused with the value
        return "boolean"
    if isinstance(sample, str) or sample is None:
        return "string"
    if isinstance(sample, numbers.Real | Decimal) or as_integer(sample) is not None:
        return "number"
    raise InvalidRequestError(
        f"{field}: a {type(sample).__name__} cannot be compared; give text, a number or a bool."
    )


def check_value(field: str, operator: str, value: Any, kind: str, key: str | None) -> Any:
    """Check that field, type, operator and value fit; return the value as it is sent."""
    where = field_repr(field, kind, key)
    known = FIELD_TYPES.get(field)
    if not isinstance(kind, str) or kind not in OPERATORS:
        raise InvalidRequestError(f"{where}: type={kind!r} must be one of {', '.join(OPERATORS)}.")
    if known is not None and kind not in (known, "attributeKey"):
        raise InvalidRequestError(f"{where} is of the type {known!r}, not {kind!r}.")
    if (kind == "object") != (key is not None):
        raise InvalidRequestError(f"{where}: a key is needed with the type 'object', and only there.")
    if not isinstance(operator, str) or operator not in OPERATORS[kind]:
        fitting = ", ".join(map(_shown_operator, OPERATORS[kind]))
        raise InvalidRequestError(f"{where}: {_shown_operator(operator)} does not fit; these do: {fitting}.")
    if operator in NULL_OPERATORS:
        if value is not None:
            raise InvalidRequestError(f"{where}: {operator} takes no value.")
        return None
    if operator in LIST_OPERATORS:
        if not isinstance(value, tuple) or not value:
            raise InvalidRequestError(f"{where}: {operator} needs at least one value.")
        items = tuple(_checked_value(where, operator, item, kind) for item in value)
        if len({_kind_of(item) for item in items}) > 1:
            raise InvalidRequestError(f"{where}: {operator} needs values of one type.")
        return items
    if isinstance(value, tuple):
        if kind != "arrayOptions" or operator not in ("equals", "not_equals"):
            raise InvalidRequestError(
                f"{where}: {_shown_operator(operator)} compares with one value; use any_of()."
            )
        return tuple(_checked_value(where, operator, item, kind) for item in value)
    return _checked_value(where, operator, value, kind)


def _checked_value(where: str, operator: str, value: Any, kind: str) -> str | int | float | bool:
    is_free = kind in ("object", "attributeKey")
    if isinstance(value, str) and (kind in ("string", "arrayOptions") or is_free):
        if is_free and operator in ORDER_OPERATORS:
            raise InvalidRequestError(f"{where}: {_shown_operator(operator)} compares numbers, not text.")
        if not is_unicode(value):
            raise InvalidRequestError(f"{where}: {value[:100]!r} holds a lone surrogate and cannot be sent.")
        return str.__str__(value)
    if is_boolean(value):
        fits = kind == "boolean" or (is_free and operator in ("equals", "not_equals"))
        problem = problem_with_flag(value) if fits else None
        if problem is not None:
            raise InvalidRequestError(
                f"{where} {_shown_operator(operator)} {_shown(value)}: the value {problem}"
            )
        if fits:
            return bool(value)
    elif kind == "number" or (is_free and operator not in TEXT_OPERATORS):
        number = _number(value)
        if number is not None:
            return number
    if value is None:
        raise InvalidRequestError(f"{where}: None is not a value; use is_null() or is_not_null().")
    raise InvalidRequestError(
        f"{where} {_shown_operator(operator)} {_shown(value)}: {_expected(kind, operator, is_free)} is needed, "
        f"not {type(value).__name__}."
    )


def _expected(kind: str, operator: str, is_free: bool) -> str:
    if kind == "number" or (is_free and operator in ORDER_OPERATORS):
        return "a finite number"
    if is_free and operator in LIST_OPERATORS:
        return "text or a finite number"
    if is_free and operator not in TEXT_OPERATORS:
        return "text, a finite number or a bool"
    return "True or False" if kind == "boolean" else "text"


MAX_INTEGER = 10**308
"""Larger ones have no place among the numbers of JSON."""


def _shown(value: Any) -> str:
    try:
        return repr(value)[:100]
    except Exception:  # Python refuses to write an integer of thousands of digits
        return f"a {type(value).__name__}"


def _kind_of(value: str | int | float | bool) -> str:
    return "text" if isinstance(value, str) else "bool" if isinstance(value, bool) else "number"


def _number(value: Any) -> int | float | None:
    """Return the number as it is sent; None for what is none, or not finite.

    A whole one is sent with all its digits, any other as the nearest float, which is what JSON holds.
    """
    integer = as_integer(value)
    if integer is not None:
        return integer if abs(integer) < MAX_INTEGER else None
    if not isinstance(value, numbers.Real | Decimal):  # the floats of numpy are Real
        return None
    exact: Any = value
    try:
        number = float(exact)
        if isinstance(exact, float) or not abs(number) < MAX_INTEGER:
            return number if math.isfinite(number) else None
        whole = int(exact)
    except (ArithmeticError, ValueError):  # too large for a float, or a signalling NaN
        return None
    return whole if exact == whole else number


def field_repr(field: str, kind: str, key: str | None) -> str:
    """Write a field as a program would."""
    if kind == "attributeKey":
        return f"fields.attribute({field!r})"
    name = f"fields.{field}" if field in FIELD_TYPES else f"fields[{field!r}]"
    return name if key is None else f"{name}[{key!r}]"


def _shown_operator(operator: str) -> str:
    return (
        SYMBOLS.get(operator) or METHODS.get(operator, operator)
        if isinstance(operator, str)
        else repr(operator)
    )
