from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    OpenModel,
    fields,
    integer,
    list_of,
    one_of,
    read,
    string,
)

if TYPE_CHECKING:
    from ..models.error_detail import ErrorDetail


@_attrs_define(repr=False)
class ErrorResponse(OpenModel):
    """What went wrong. Any of the fields may be missing."""

    _api_names: ClassVar[dict[str, str]] = {
        "status_code": "statusCode",
        "message": "message",
        "error": "error",
    }
    _required: ClassVar[frozenset[str]] = frozenset([])

    status_code: int | None = None
    """ The HTTP status again. """
    message: str | list[str] | None = None
    """ What is wrong, in one sentence or several. """
    error: str | ErrorDetail | None = None
    """ The status in words, or an object that holds the message. """
    additional_properties: dict[str, Any] = _attrs_field(factory=dict, kw_only=True)
    """ Fields that the contract does not know. """
    _nulls: int = _attrs_field(default=0, kw_only=True, eq=False)
    """ A bit for each field, in their order: whether it came as null, and was not just left out. """

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        """All fields under the names of the attributes, unknown ones included; None is what was null or absent.
        With `use_api_names` the JSON object as it came.
        """
        values = {
            "status_code": self.status_code,
            "message": self.message,
            "error": None
            if self.error is None
            else self.error.to_dict(use_api_names=use_api_names)
            if hasattr(self.error, "to_dict")
            else self.error,
        }
        return self._as_it_came(values) if use_api_names else self._with_unknown(values)

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
            from ..models.error_detail import ErrorDetail

            self.error = read(
                one_of(
                    string,
                    ErrorDetail.from_dict,
                ),
                src_dict,
                "error",
            )
            del d["error"]
        else:
            self.error = None
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        self._nulls = 0
        return self
