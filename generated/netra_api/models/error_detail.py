from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    OpenModel,
    fields,
    read,
    string,
)


@_attrs_define(repr=False)
class ErrorDetail(OpenModel):
    """What went wrong, as some deployments send it inside `error`."""

    _api_names: ClassVar[dict[str, str]] = {
        "message": "message",
    }
    _required: ClassVar[frozenset[str]] = frozenset([])

    message: str | None = None
    """ What is wrong, in one sentence. """
    additional_properties: dict[str, Any] = _attrs_field(factory=dict, kw_only=True)
    """ Fields that the contract does not know. """
    _nulls: int = _attrs_field(default=0, kw_only=True, eq=False)
    """ A bit for each field, in their order: whether it came as null, and was not just left out. """

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        """All fields under the names of the attributes, unknown ones included; None is what was null or absent.
        With `use_api_names` the JSON object as it came.
        """
        values = {
            "message": self.message,
        }
        return self._as_it_came(values) if use_api_names else self._with_unknown(values)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        if "message" in d:
            self.message = read(string, src_dict, "message")
            del d["message"]
        else:
            self.message = None
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        self._nulls = 0
        return self
