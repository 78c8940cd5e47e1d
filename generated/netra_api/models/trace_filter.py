from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define

from ..errors import PayloadError
from ..models.filter_operator import (
    FILTER_OPERATOR_VALUES,
    FilterOperator,
)
from ..models.filter_type import FILTER_TYPE_VALUES, FilterType
from ..types import (
    among,
    fields,
    read,
    string,
)


@_attrs_define
class TraceFilter:
    """One condition. A trace is listed when all conditions hold."""

    field: str
    """ The field to compare. Known today: `name`, `tenant_id`, `user_id`, `session_id`, `trace_id`,
    `environment`, `service`, `metadata`, `project_id`, `parent_span_id`, `has_pii`,
    `has_violation`, `has_error`, `models`, `total_cost`, `latency`. """
    operator: FilterOperator
    """ How the field is compared with `value`. `is_null` and `is_not_null` take no value. """
    type_: FilterType
    """ What kind of value the filter compares. `arrayOptions` fits fields that hold a list, such as
    `models`; `object` looks up `key` inside the field, such as `metadata`; `attributeKey` takes the
    field as the name of a span attribute. """
    key: str | None = None
    """ The key to look up. Only with the type `object`. """
    value: Any = None
    """ What to compare with, of the kind that `type` names; a list for `any_of` and `none_of`. """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object; what is None is left out unless the contract requires it."""
        field_dict: dict[str, Any] = {}
        field_dict["field"] = self.field
        field_dict["operator"] = self.operator
        field_dict["type"] = self.type_
        if self.key is not None:
            field_dict["key"] = self.key
        if self.value is not None:
            field_dict["value"] = self.value
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        value = d.pop("field", None)
        if type(value) is not str:
            value = read(string, src_dict, "field")
        self.field = value

        self.operator = read(among(FILTER_OPERATOR_VALUES), src_dict, "operator")
        del d["operator"]

        self.type_ = read(among(FILTER_TYPE_VALUES), src_dict, "type")
        del d["type"]
        if "key" in d:
            self.key = read(string, src_dict, "key")
            del d["key"]
        else:
            self.key = None
        self.value = d.pop("value", None)
        for key in d:
            raise PayloadError("no such field", (key,))
        return self
