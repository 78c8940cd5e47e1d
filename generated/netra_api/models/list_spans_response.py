from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    OpenModel,
    fields,
    read,
)

if TYPE_CHECKING:
    from ..models.spans_result import SpansResult


@_attrs_define(repr=False)
class ListSpansResponse(OpenModel):
    """The envelope of a page of spans."""

    _api_names: ClassVar[dict[str, str]] = {
        "data": "data",
    }
    _required: ClassVar[frozenset[str]] = frozenset(
        [
            "data",
        ]
    )

    data: SpansResult
    """ A page of spans. """
    additional_properties: dict[str, Any] = _attrs_field(factory=dict, kw_only=True)
    """ Fields that the contract does not know. """
    _nulls: int = _attrs_field(default=0, kw_only=True, eq=False)
    """ A bit for each field, in their order: whether it came as null, and was not just left out. """

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        """All fields under the names of the attributes, unknown ones included; None is what was null or absent.
        With `use_api_names` the JSON object as it came.
        """
        values = {
            "data": self.data.to_dict(use_api_names=use_api_names),
        }
        return self._as_it_came(values) if use_api_names else self._with_unknown(values)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        from ..models.spans_result import SpansResult

        self.data = read(SpansResult.from_dict, src_dict, "data")
        del d["data"]
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        self._nulls = 0
        return self
