from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    ABSENT,
    OpenModel,
    boolean,
    fields,
    read,
    string,
)


@_attrs_define(repr=False)
class PageInfo(OpenModel):
    """Whether the walk goes on."""

    _api_names: ClassVar[dict[str, str]] = {
        "has_next_page": "hasNextPage",
        "next_cursor": "nextCursor",
    }
    _required: ClassVar[frozenset[str]] = frozenset(
        [
            "has_next_page",
        ]
    )

    has_next_page: bool
    """ Whether more items follow in the direction of the walk. """
    next_cursor: str | None = None
    """ Not known to be sent: the next cursor is the `cursor` of the page's last item. Readers use this
    one only where the page has no item to take it from. """
    additional_properties: dict[str, Any] = _attrs_field(factory=dict, kw_only=True)
    """ Fields that the contract does not know. """
    _nulls: int = _attrs_field(default=0, kw_only=True, eq=False)
    """ A bit for each field, in their order: whether it came as null, and was not just left out. """

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        """All fields under the names of the attributes, unknown ones included; None is what was null or absent.
        With `use_api_names` the JSON object as it came.
        """
        values = {
            "has_next_page": self.has_next_page,
            "next_cursor": self.next_cursor,
        }
        return self._as_it_came(values) if use_api_names else self._with_unknown(values)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        nulls = 0
        value = d.pop("hasNextPage", None)
        if type(value) is not bool:
            value = read(boolean, src_dict, "hasNextPage")
        self.has_next_page = value
        value = d.pop("nextCursor", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 2
            else:
                value = read(string, src_dict, "nextCursor")
        self.next_cursor = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        self._nulls = nulls
        return self
