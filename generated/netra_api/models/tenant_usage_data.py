from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    fields,
    integer,
    number,
    read,
    string,
)


@_attrs_define
class TenantUsageData:
    """What one tenant used inside the window, over all its sessions."""

    tenant_id: str
    """ The tenant's identifier. """
    organisation_id: str
    """ The identifier of the organization that the tenant belongs to. """
    token_count: int
    """ Total tokens used. """
    requests_count: int
    """ Number of requests (traces). """
    sessions_count: int
    """ Number of distinct sessions. """
    total_cost: float
    """ Total cost in USD. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)
    """ Fields that the contract does not know. """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, unknown fields included; what is None is left out unless the contract requires it."""
        field_dict: dict[str, Any] = {}
        field_dict["tenant_id"] = self.tenant_id
        field_dict["organisation_id"] = self.organisation_id
        field_dict["tokenCount"] = self.token_count
        field_dict["requestsCount"] = self.requests_count
        field_dict["sessionsCount"] = self.sessions_count
        field_dict["totalCost"] = self.total_cost
        field_dict.update(self.additional_properties)
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        value = d.pop("tenant_id", None)
        if type(value) is not str:
            value = read(string, src_dict, "tenant_id")
        self.tenant_id = value
        value = d.pop("organisation_id", None)
        if type(value) is not str:
            value = read(string, src_dict, "organisation_id")
        self.organisation_id = value
        value = d.pop("tokenCount", None)
        if type(value) is not int:
            value = read(integer, src_dict, "tokenCount")
        self.token_count = value
        value = d.pop("requestsCount", None)
        if type(value) is not int:
            value = read(integer, src_dict, "requestsCount")
        self.requests_count = value
        value = d.pop("sessionsCount", None)
        if type(value) is not int:
            value = read(integer, src_dict, "sessionsCount")
        self.sessions_count = value
        value = d.pop("totalCost", None)
        if type(value) is not float or value - value != 0.0:
            value = read(number, src_dict, "totalCost")
        self.total_cost = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        return self

    def __getitem__(self, key: str) -> Any:
        """A field by its name in the JSON, as `to_dict` has it; also one that the contract does not know."""
        return self.to_dict()[key]

    def __contains__(self, key: str) -> bool:
        return key in self.to_dict()
