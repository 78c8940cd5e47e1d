from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    OpenModel,
    fields,
    integer,
    number,
    read,
    string,
)


@_attrs_define(repr=False)
class TenantUsageData(OpenModel):
    """What one tenant used inside the window, over all its sessions."""

    _api_names: ClassVar[dict[str, str]] = {
        "tenant_id": "tenant_id",
        "organisation_id": "organisation_id",
        "token_count": "tokenCount",
        "request_count": "requestsCount",
        "session_count": "sessionsCount",
        "total_cost": "totalCost",
    }
    _required: ClassVar[frozenset[str]] = frozenset(
        [
            "tenant_id",
            "organisation_id",
            "token_count",
            "request_count",
            "session_count",
            "total_cost",
        ]
    )

    tenant_id: str
    """ The tenant's identifier. """
    organisation_id: str
    """ The identifier of the organization that the tenant belongs to. """
    token_count: int
    """ Total tokens used. """
    request_count: int
    """ Number of requests (traces). """
    session_count: int
    """ Number of distinct sessions. """
    total_cost: float
    """ Total cost in USD. """
    additional_properties: dict[str, Any] = _attrs_field(factory=dict, kw_only=True)
    """ Fields that the contract does not know. """
    _nulls: int = _attrs_field(default=0, kw_only=True, eq=False)
    """ A bit for each field, in their order: whether it came as null, and was not just left out. """

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        """All fields under the names of the attributes, unknown ones included; None is what was null or absent.
        With `use_api_names` the JSON object as it came.
        """
        values = {
            "tenant_id": self.tenant_id,
            "organisation_id": self.organisation_id,
            "token_count": self.token_count,
            "request_count": self.request_count,
            "session_count": self.session_count,
            "total_cost": self.total_cost,
        }
        return self._as_it_came(values) if use_api_names else self._with_unknown(values)

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
        self.request_count = value
        value = d.pop("sessionsCount", None)
        if type(value) is not int:
            value = read(integer, src_dict, "sessionsCount")
        self.session_count = value
        value = d.pop("totalCost", None)
        if type(value) is not float or value - value != 0.0:
            value = read(number, src_dict, "totalCost")
        self.total_cost = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        self._nulls = 0
        return self
