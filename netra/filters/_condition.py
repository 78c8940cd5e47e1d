"""`Filter`: one condition, as the wire has it."""

from __future__ import annotations

from typing import Any, NoReturn

import attrs
from netra_api.filter_fields import FIELD_TYPES, UNCONFIRMED_FIELDS, UNCONFIRMED_OPERATORS, UNCONFIRMED_TYPES

from netra.errors import InvalidRequestError

from ._checks import (
    LIST_OPERATORS,
    METHODS,
    NULL_OPERATORS,
    SYMBOLS,
    check_value,
    field_repr,
    freeze,
    split_key,
    type_of,
)

__all__ = ["Condition", "Filter"]

_OPPOSITES = {
    "equals": "not_equals",
    "contains": "not_contains",
    "any_of": "none_of",
    "is_null": "is_not_null",
}
_OPPOSITES |= {negative: positive for positive, negative in _OPPOSITES.items()}


class Condition:
    """What `filters=` takes: a `Filter`, or a boolean field, which stands for itself.

    Example:
        >>> conditions: list[Condition] = [fields.total_cost > 0.5, fields.has_error]
    """

    __slots__ = ()

    def _as_filter(self) -> Filter:
        raise NotImplementedError


@attrs.frozen(repr=False)
class Filter(Condition):
    """One condition, as the wire has it. Most programs make it from `fields`: `fields.tenant_id == "AceTech"`.

    Args:
        field: A field of the contract, or another one that the service knows. A key of the metadata is
            `"metadata.plan"`.
        operator: `equals`, `not_equals`, `greater_than`, `less_than`, `greater_equal_to`, `less_equal_to`,
            `contains`, `not_contains`, `starts_with`, `ends_with`, `any_of`, `none_of`, `is_null`, `is_not_null`.
        value: What to compare with: text, a number or a bool; several for `any_of` and `none_of`; none for `is_null`
            and `is_not_null`. A `Decimal` goes out as a number.
        type: Found out from the field, or, where the contract does not know it, from the value.
        key: The key inside an object. Found out from the field.

    Raises:
        InvalidRequestError: the operator does not fit the field, or the value does not fit the operator.

    Example:
        >>> Filter("total_cost", "greater_than", 0.5)
        >>> ~(fields.metadata["plan"] == "pro")
    """

    field: str
    operator: str
    value: Any = None
    type: str = ""
    key: str | None = None

    def __init__(
        self, field: str, operator: str, value: Any = None, type: str = "", key: str | None = None
    ) -> None:
        field, key = split_key(field, key, type)
        value = freeze(value, operator)
        kind = type or FIELD_TYPES.get(field) or type_of(value, field)
        checked = check_value(field, operator, value, kind, key)
        self.__attrs_init__(field, operator, checked, kind, key)  # type: ignore[attr-defined]

    @property
    def is_confirmed(self) -> bool:
        """Whether published clients send such a condition; else the service may answer 400."""
        return not (
            self.field in UNCONFIRMED_FIELDS
            or self.operator in UNCONFIRMED_OPERATORS
            or self.type in UNCONFIRMED_TYPES
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the condition as it is sent."""
        sent: dict[str, Any] = {"field": self.field, "operator": self.operator, "type": self.type}
        if self.key is not None:
            sent["key"] = self.key
        if self.operator not in NULL_OPERATORS:
            sent["value"] = list(self.value) if isinstance(self.value, tuple) else self.value
        return sent

    def _as_filter(self) -> Filter:
        return self

    def __invert__(self) -> Filter:
        if self.type == "boolean" and self.operator == "equals":
            return attrs.evolve(self, value=not self.value)
        opposite = _OPPOSITES.get(self.operator)
        if opposite is None:
            raise InvalidRequestError(
                f"~({self!r}): the wire has no operator that negates {self.operator!r}. Write the condition that you "
                "mean. (A comparison with an unknown value is never true, so the opposite one is no negation.)"
            )
        return attrs.evolve(self, operator=opposite)

    def __bool__(self) -> NoReturn:
        raise InvalidRequestError(
            f"{self!r} has no truth value: `and`, `or`, `not` and chained comparisons would lose a condition. Put all "
            "conditions into the list, use any_of() for alternatives, and ~ for a negation."
        )

    def __repr__(self) -> str:
        field = field_repr(self.field, self.type, self.key)
        if self.operator in SYMBOLS:
            value = list(self.value) if isinstance(self.value, tuple) else self.value
            return f"{field} {SYMBOLS[self.operator]} {value!r}"
        values = (
            self.value
            if self.operator in LIST_OPERATORS
            else ()
            if self.operator in NULL_OPERATORS
            else (self.value,)
        )
        return f"{field}.{METHODS.get(self.operator, self.operator)}({', '.join(map(repr, values))})"
