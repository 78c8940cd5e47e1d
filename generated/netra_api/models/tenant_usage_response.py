from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..errors import PayloadError
from ..types import (
    ABSENT,
    OpenModel,
    fields,
    read,
)

if TYPE_CHECKING:
    from ..models.tenant_usage_data import TenantUsageData


@_attrs_define(repr=False)
class TenantUsageResponse(OpenModel):
    """The envelope of a tenant's usage. `data` is null (some deployments send an empty object, or one
    without `tenant_id`) when the window holds no such tenant; then every other key is null, absent, or
    says success (`success` is true, `statusCode` is 200 or 201). The envelope itself may be absent."""

    _api_names: ClassVar[dict[str, str]] = {
        "data": "data",
    }
    _required: ClassVar[frozenset[str]] = frozenset(
        [
            "data",
        ]
    )

    data: TenantUsageData | None
    """ The usage, or null. """
    additional_properties: dict[str, Any] = _attrs_field(factory=dict, kw_only=True)
    """ Fields that the contract does not know. """
    _nulls: int = _attrs_field(default=0, kw_only=True, eq=False)
    """ A bit for each field, in their order: whether it came as null, and was not just left out. """

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        """All fields under the names of the attributes, unknown ones included; None is what was null or absent.
        With `use_api_names` the JSON object as it came.
        """
        values = {
            "data": None
            if self.data is None
            else self.data.to_dict(use_api_names=use_api_names),
        }
        return self._as_it_came(values) if use_api_names else self._with_unknown(values)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        nulls = 0
        value = d.pop("data", ABSENT)
        if value is ABSENT:
            raise PayloadError("missing", ("data",))
        elif value is None:
            nulls |= 1
        else:
            from ..models.tenant_usage_data import TenantUsageData

            value = read(TenantUsageData.from_dict, src_dict, "data")
        self.data = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        self._nulls = nulls
        return self
