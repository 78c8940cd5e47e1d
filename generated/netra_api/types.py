"""Shared types, and the readers that check JSON values against the contract."""

import math
from collections.abc import Callable, Iterator, KeysView, Mapping, MutableMapping
from http import HTTPStatus
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    BinaryIO,
    ClassVar,
    Generic,
    Self,
    TypeAlias,
    TypeVar,
)

from attrs import define, evolve

from .errors import PayloadError

# Absent, null and "not set" are one thing: None.
if TYPE_CHECKING:
    Unset: TypeAlias = None
else:
    Unset = type(None)
UNSET: Unset = None

ABSENT: Any = object()
"""What a field is that the JSON does not have."""
STR = frozenset({str})
"""What the items of a list of strings are."""

T = TypeVar("T")


def fields(value: Any) -> dict[str, Any]:
    """The fields of a JSON object, as a new dict."""
    if type(value) is not dict and not isinstance(value, Mapping):
        raise PayloadError.expected("an object", value)
    return dict(value)


class OpenModel:
    """What the models of answers share: the fields by name, as in a mapping.

    The names are those of the attributes. `None` is what was null or absent, unless an attribute stands in for it, as
    its documentation then says.
    """

    __slots__ = ()

    _api_names: ClassVar[dict[str, str]]
    """The name in the JSON for the name of each attribute."""
    _required: ClassVar[frozenset[str]]
    """The attributes that are never absent in the JSON."""
    additional_properties: dict[str, Any]
    _nulls: int

    def __attrs_post_init__(self) -> None:
        self.additional_properties = dict(
            self.additional_properties
        )  # a changed copy has its own

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        raise NotImplementedError

    def _with_unknown(self, values: dict[str, Any]) -> dict[str, Any]:
        for name, value in self.additional_properties.items():
            if (
                values.get(name) is None
            ):  # a name of ours stays ours, where something came for it
                values[name] = value
        return values

    def _as_it_came(self, values: dict[str, Any]) -> dict[str, Any]:
        known = {
            api_name: values[name]
            for place, (name, api_name) in enumerate(self._api_names.items())
            if values[name] is not None
            or name in self._required
            or self._nulls >> place & 1
        }
        return {**known, **self.additional_properties}

    def __copy__(self) -> Self:
        copy: Self = evolve(self)  # type: ignore[misc]
        return copy

    def keys(self) -> KeysView[str]:
        """The names of all fields."""
        return self.to_dict().keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_dict())

    def __contains__(self, name: object) -> bool:
        return name in self._api_names or name in self.additional_properties

    def __getitem__(self, name: str) -> Any:
        return self.to_dict()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A field, or the default where there is no such field; a field that was null or absent is None."""
        return self.to_dict().get(name, default)

    def __repr__(self) -> str:
        shown = (
            f"{name}={value!r}"
            for name, value in self.to_dict().items()
            if value is not None
        )
        return f"{type(self).__name__}({', '.join(shown)})"


def read(reader: Callable[[Any], T], source: Mapping[str, Any], key: str) -> T:
    """What `reader` makes of a field; its errors name the field."""
    if key not in source:
        raise PayloadError("missing", (key,))
    try:
        return reader(source[key])
    except PayloadError as error:
        raise error.within(key) from None


def list_of(reader: Callable[[Any], T]) -> Callable[[Any], list[T]]:
    """A reader of lists; its errors name the item."""

    def read_list(value: Any) -> list[T]:
        if not isinstance(value, list):
            raise PayloadError.expected("a list", value)
        items: list[T] = []
        try:
            for item in value:
                items.append(reader(item))
        except PayloadError as error:
            raise error.within(len(items)) from None
        return items

    return read_list


def one_of(*readers: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader that takes what the first fitting reader makes of the value."""

    def read_one(value: Any) -> Any:
        for reader in readers[:-1]:
            try:
                return reader(value)
            except PayloadError:
                continue
        return readers[-1](value)

    return read_one


def among(allowed: set[T]) -> Callable[[Any], T]:
    """A reader of a closed set of values."""

    def read_member(value: Any) -> T:
        if not isinstance(value, str) or value not in allowed:
            raise PayloadError.expected(
                "one of " + ", ".join(sorted(map(str, allowed))), value
            )
        return value

    return read_member


def anything(value: Any) -> Any:
    return value


def string(value: Any) -> str:
    if not isinstance(value, str):
        raise PayloadError.expected("a string", value)
    return value


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise PayloadError.expected("true or false", value)
    return value


def integer(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise PayloadError.expected("an integer", value)
    return value


def number(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            if math.isfinite(value):
                return float(value)
        except OverflowError:
            pass
    raise PayloadError.expected("a finite number", value)


# The types that `httpx.Client(files=)` can accept, copied from that library.
FileContent = IO[bytes] | bytes | str
FileTypes = (
    # (filename, file (or bytes), content_type)
    tuple[str | None, FileContent, str | None]
    # (filename, file (or bytes), content_type, headers)
    | tuple[str | None, FileContent, str | None, Mapping[str, str]]
)
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """Contains information for file uploads"""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """Return a tuple representation that httpx will accept for multipart/form-data"""
        return self.file_name, self.payload, self.mime_type


@define
class Response(Generic[T]):
    """A response from an endpoint"""

    status_code: HTTPStatus
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None


__all__ = [
    "ABSENT",
    "STR",
    "UNSET",
    "File",
    "FileTypes",
    "OpenModel",
    "RequestFiles",
    "Response",
    "Unset",
    "among",
    "anything",
    "boolean",
    "fields",
    "integer",
    "list_of",
    "number",
    "one_of",
    "read",
    "string",
]
