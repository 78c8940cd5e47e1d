from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..errors import PayloadError
from ..types import (
    fields,
    read,
)

if TYPE_CHECKING:
    from ..models.tenant_usage_data import TenantUsageData


@_attrs_define
class TenantUsageResponse:
    """The envelope of a tenant's usage. `data` is null (some deployments send an empty object, or one
    without `tenant_id`) when the window holds no such tenant. The envelope itself may be absent."""

    data: TenantUsageData | None
    """ The usage, or null. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)
    """ Fields that the contract does not know. """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, unknown fields included; what is None is left out unless the contract requires it."""
        field_dict: dict[str, Any] = {}
        field_dict["data"] = None if self.data is None else self.data.to_dict()
        field_dict.update(self.additional_properties)
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        value = d.pop("data", None)
        if value is None and "data" not in src_dict:
            raise PayloadError("missing", ("data",))
        if value is not None:
            from ..models.tenant_usage_data import TenantUsageData

            value = read(TenantUsageData.from_dict, src_dict, "data")
        self.data = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        return self

    def __getitem__(self, key: str) -> Any:
        """A field by its name in the JSON, as `to_dict` has it; also one that the contract does not know."""
        return self.to_dict()[key]

    def __contains__(self, key: str) -> bool:
        return key in self.to_dict()
