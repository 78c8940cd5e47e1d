"""`fields`: what can be compared, and what comparing gives."""

from __future__ import annotations

from decimal import Decimal  # noqa: F401  (for the annotations that are text)
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from netra_api.filter_fields import FIELD_TYPES, FilterFields

from netra.errors import InvalidRequestError

from ._checks import LIST_OPERATORS, METHODS, TEXT_OPERATORS, check_name, field_repr
from ._condition import Condition, Filter

__all__ = [
    "AnyField",
    "BooleanField",
    "ListField",
    "NumberField",
    "ObjectField",
    "StringField",
    "as_filter",
    "fields",
]

V = TypeVar("V")


_METHOD_OPERATORS = {METHODS.get(name, name): name for name in (*LIST_OPERATORS, *TEXT_OPERATORS)}
"""The operators that are written as methods, by the name of the method."""


class _Field(Generic[V]):
    """A field of a trace. Comparing it gives a `Filter`."""

    __slots__ = ("_key", "_name", "_type")
    __hash__ = None  # type: ignore[assignment]  # `==` gives a Filter

    def __init__(self, name: str, type: str = "", key: str | None = None) -> None:
        self._name = name
        self._type = type or FIELD_TYPES.get(name, "")
        self._key = key

    def _filter(self, operator: str, value: Any = None) -> Filter:
        return Filter(self._name, operator, value, self._type, self._key)

    def __bool__(self) -> NoReturn:
        raise InvalidRequestError(f"{self!r} is a field: compare it with something.")

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self!r} is a field, not a list")

    def __repr__(self) -> str:
        return field_repr(self._name, self._type, self._key)

    if not TYPE_CHECKING:  # to a type checker, a field has only what fits it

        def __getattr__(self, name: str) -> Any:
            if name not in _METHOD_OPERATORS:
                # Without a repr: copying and pickling ask before there is anything to show.
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            return lambda *values: self._filter(_METHOD_OPERATORS[name], *values[:1])

        def __lt__(self, value: Any) -> Filter:
            return self._filter("less_than", value)

        def __le__(self, value: Any) -> Filter:
            return self._filter("less_equal_to", value)

        def __gt__(self, value: Any) -> Filter:
            return self._filter("greater_than", value)

        def __ge__(self, value: Any) -> Filter:
            return self._filter("greater_equal_to", value)

    def __eq__(self, value: V) -> Filter:  # type: ignore[override]
        return self._filter("equals", value)

    def __ne__(self, value: V) -> Filter:  # type: ignore[override]
        return self._filter("not_equals", value)

    def is_null(self) -> Filter:
        """Return the condition that the trace has no value here. The service may answer 400."""
        return self._filter("is_null")

    def is_not_null(self) -> Filter:
        """Return the condition that the trace has a value here. The service may answer 400."""
        return self._filter("is_not_null")


class _Listable(_Field[V]):
    __slots__ = ()

    def any_of(self, *values: V) -> Filter:
        """Return the condition that the field is one of the values; of a list, that it holds one of them."""
        return self._filter("any_of", _several(values, "any_of"))

    def none_of(self, *values: V) -> Filter:
        """Return the condition that the field is none of the values; of a list, that it holds none of them."""
        return self._filter("none_of", _several(values, "none_of"))


class _Ordered(_Field[V]):
    __slots__ = ()

    if TYPE_CHECKING:  # at run time every field has these, and what does not fit is refused

        def __lt__(self, value: V) -> Filter: ...
        def __le__(self, value: V) -> Filter: ...
        def __gt__(self, value: V) -> Filter: ...
        def __ge__(self, value: V) -> Filter: ...


class _Textual(_Field[V]):
    __slots__ = ()

    def contains(self, text: str) -> Filter:
        """Return the condition that the field holds this text."""
        return self._filter("contains", text)

    def not_contains(self, text: str) -> Filter:
        """Return the condition that the field does not hold this text."""
        return self._filter("not_contains", text)

    def startswith(self, text: str) -> Filter:
        """Return the condition that the field starts with this text."""
        return self._filter("starts_with", text)

    def endswith(self, text: str) -> Filter:
        """Return the condition that the field ends with this text."""
        return self._filter("ends_with", text)


class StringField(_Textual[str], _Listable[str]):
    """A field that holds text.

    Example:
        >>> fields.environment == "production"
        >>> fields.name.startswith("answer_")
    """

    __slots__ = ()


class NumberField(_Ordered["int | float | Decimal"], _Listable["int | float | Decimal"]):
    """A field that holds a number: a cost in USD, a latency in milliseconds.

    Example:
        >>> fields.total_cost > 0.5
        >>> fields.latency <= 2_000
    """

    __slots__ = ()


class BooleanField(_Field[bool], Condition):
    """A field that is true or false. It is a condition itself.

    Example:
        >>> filters = [fields.has_error, ~fields.has_pii]
    """

    __slots__ = ()

    def __invert__(self) -> Filter:
        return self._filter("equals", False)

    def _as_filter(self) -> Filter:
        return self._filter("equals", True)


class ListField(_Listable[str]):
    """A field that holds several texts.

    Example:
        >>> fields.models.any_of("gpt-4o", "gpt-4o-mini")
        >>> fields.models.contains("gpt-4o")
    """

    __slots__ = ()

    def __eq__(self, value: str | list[str]) -> Filter:  # type: ignore[override]
        return self._filter("equals", value)

    def __ne__(self, value: str | list[str]) -> Filter:  # type: ignore[override]
        return self._filter("not_equals", value)

    def contains(self, item: str) -> Filter:
        """Return the condition that one of the texts is this one."""
        return self._filter("contains", item)

    def not_contains(self, item: str) -> Filter:
        """Return the condition that none of the texts is this one."""
        return self._filter("not_contains", item)


class AnyField(
    _Textual["str | int | float | Decimal | bool"],
    _Ordered["str | int | float | Decimal | bool"],
    _Listable["str | int | float | Decimal | bool"],
):
    """A field whose type the contract does not know: the value decides. Or a key of an object, or a span attribute.

    Example:
        >>> fields["new_field"] == "text"
        >>> fields.metadata["plan"] == "pro"
    """

    __slots__ = ()


class ObjectField:
    """A field that holds values by key.

    Example:
        >>> fields.metadata["plan"] == "pro"
        >>> fields.metadata["seats"] >= 10
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, key: str) -> AnyField:
        return AnyField(self._name, "object", check_name(key, f"fields.{self._name}[{key!r:.100}]: a key"))

    def __iter__(self) -> NoReturn:
        raise TypeError(f"{self!r} is a field, not a list")

    def __bool__(self) -> NoReturn:
        raise InvalidRequestError(f"{self!r} is an object: compare one of its keys, {self!r}['key'].")

    if not TYPE_CHECKING:
        __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, _: bool(self)
        __hash__ = None

    def __repr__(self) -> str:
        return f"fields.{self._name}"


class _Fields(FilterFields[StringField, NumberField, BooleanField, ListField, ObjectField]):
    """The fields of a trace that can be compared. `fields["x"]` gives one that the contract does not know yet."""

    def __init__(self) -> None:
        super().__init__(StringField, NumberField, BooleanField, ListField, ObjectField)

    def __getitem__(self, name: str) -> AnyField:
        check_name(name, f"fields[{name!r:.100}]: a field")
        if FIELD_TYPES.get(name) == "object":
            raise InvalidRequestError(f"fields[{name!r}]: compare one of its keys, fields.{name}['key'].")
        return AnyField(name)

    def attribute(self, name: str) -> AnyField:
        """Return a span attribute of this name. No published client sends it: the service may answer 400."""
        return AnyField(check_name(name, f"fields.attribute({name!r:.100}): a name"), "attributeKey")

    def __iter__(self) -> NoReturn:
        raise TypeError("fields is not a list")

    def __dir__(self) -> list[str]:
        return [*FIELD_TYPES, "attribute"]

    def __repr__(self) -> str:
        return f"<fields {', '.join(FIELD_TYPES)}>"


fields = _Fields()
"""The fields of a trace that can be compared."""


def as_filter(value: Any) -> Filter:
    """Return a condition of `filters=`: a `Filter`, or a boolean field, which stands for itself."""
    if isinstance(value, Condition):
        return value._as_filter()
    what = (
        "a field: compare it with something"
        if isinstance(value, _Field | ObjectField)
        else type(value).__name__
    )
    raise InvalidRequestError(
        f"filters must hold conditions, such as fields.total_cost > 0.5; {value!r:.100} is {what}."
    )


def _several(values: tuple[Any, ...], operator: str) -> tuple[Any, ...]:
    if len(values) == 1 and isinstance(values[0], list | tuple | set | frozenset):
        raise InvalidRequestError(f"{operator}({values[0]!r}): write {operator}(*values), with a star.")
    return values
