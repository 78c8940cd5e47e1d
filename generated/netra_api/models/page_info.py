from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    boolean,
    fields,
    read,
    string,
)


@_attrs_define
class PageInfo:
    """Whether the walk goes on."""

    has_next_page: bool
    """ Whether more items follow in the direction of the walk. """
    next_cursor: str | None = None
    """ Not known to be sent: the next cursor is the `cursor` of the page's last item. Readers use this
    one only where the page has no item to take it from. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)
    """ Fields that the contract does not know. """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, unknown fields included; what is None is left out unless the contract requires it."""
        field_dict: dict[str, Any] = {}
        field_dict["hasNextPage"] = self.has_next_page
        if self.next_cursor is not None:
            field_dict["nextCursor"] = self.next_cursor
        field_dict.update(self.additional_properties)
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        value = d.pop("hasNextPage", None)
        if type(value) is not bool:
            value = read(boolean, src_dict, "hasNextPage")
        self.has_next_page = value
        value = d.pop("nextCursor", None)
        if value is not None and type(value) is not str:
            value = read(string, src_dict, "nextCursor")
        self.next_cursor = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        return self

    def __getitem__(self, key: str) -> Any:
        """A field by its name in the JSON, as `to_dict` has it; also one that the contract does not know."""
        return self.to_dict()[key]

    def __contains__(self, key: str) -> bool:
        return key in self.to_dict()
