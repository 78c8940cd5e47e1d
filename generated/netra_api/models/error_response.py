from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    fields,
    integer,
    list_of,
    one_of,
    read,
    string,
)


@_attrs_define
class ErrorResponse:
    """What went wrong. Any of the fields may be missing."""

    status_code: int | None = None
    """ The HTTP status again. """
    message: str | list[str] | None = None
    """ What is wrong, in one sentence or several. """
    error: str | None = None
    """ The status in words. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)
    """ Fields that the contract does not know. """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, unknown fields included; what is None is left out unless the contract requires it."""
        field_dict: dict[str, Any] = {}
        if self.status_code is not None:
            field_dict["statusCode"] = self.status_code
        if self.message is not None:
            field_dict["message"] = self.message
        if self.error is not None:
            field_dict["error"] = self.error
        field_dict.update(self.additional_properties)
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        if "statusCode" in d:
            self.status_code = read(integer, src_dict, "statusCode")
            del d["statusCode"]
        else:
            self.status_code = None
        if "message" in d:
            self.message = read(
                one_of(
                    string,
                    list_of(string),
                ),
                src_dict,
                "message",
            )
            del d["message"]
        else:
            self.message = None
        if "error" in d:
            self.error = read(string, src_dict, "error")
            del d["error"]
        else:
            self.error = None
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        return self

    def __getitem__(self, key: str) -> Any:
        """A field by its name in the JSON, as `to_dict` has it; also one that the contract does not know."""
        return self.to_dict()[key]

    def __contains__(self, key: str) -> bool:
        return key in self.to_dict()
