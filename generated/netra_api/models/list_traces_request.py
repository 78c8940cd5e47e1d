from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _attrs_define

from ..errors import PayloadError
from ..models.sort_order import SORT_ORDER_VALUES, SortOrder
from ..types import (
    among,
    fields,
    list_of,
    read,
    string,
)

if TYPE_CHECKING:
    from ..models.pagination import Pagination
    from ..models.trace_filter import TraceFilter


@_attrs_define
class ListTracesRequest:
    """A window of time, filters, and which page of what order."""

    start_time: str
    """ Start of the time window, inclusive; UTC with milliseconds, in exactly this form. """
    end_time: str
    """ End of the time window, inclusive; UTC with milliseconds, in exactly this form. """
    filters: list[TraceFilter]
    """ Conditions that must all hold; an empty list for none. """
    pagination: Pagination | None = None
    """ Which page. """
    sort_field: str | None = None
    """ The field to sort by; the service sorts by `start_time` when it is left out. Known today:
    `start_time`, `latency_ms`, `name`, `total_cost`, `total_tokens`, `has_error`, `has_pii`,
    `has_violation`, `environment`, `service`. """
    sort_order: SortOrder | None = None
    """ Ascending or descending. """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object; what is None is left out unless the contract requires it."""
        field_dict: dict[str, Any] = {}
        field_dict["startTime"] = self.start_time
        field_dict["endTime"] = self.end_time
        field_dict["filters"] = [item.to_dict() for item in self.filters]
        if self.pagination is not None:
            field_dict["pagination"] = self.pagination.to_dict()
        if self.sort_field is not None:
            field_dict["sortField"] = self.sort_field
        if self.sort_order is not None:
            field_dict["sortOrder"] = self.sort_order
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        value = d.pop("startTime", None)
        if type(value) is not str:
            value = read(string, src_dict, "startTime")
        self.start_time = value
        value = d.pop("endTime", None)
        if type(value) is not str:
            value = read(string, src_dict, "endTime")
        self.end_time = value
        from ..models.pagination import Pagination
        from ..models.trace_filter import TraceFilter

        self.filters = read(list_of(TraceFilter.from_dict), src_dict, "filters")
        del d["filters"]
        if "pagination" in d:
            from ..models.pagination import Pagination
            from ..models.trace_filter import TraceFilter

            self.pagination = read(Pagination.from_dict, src_dict, "pagination")
            del d["pagination"]
        else:
            self.pagination = None
        if "sortField" in d:
            self.sort_field = read(string, src_dict, "sortField")
            del d["sortField"]
        else:
            self.sort_field = None
        if "sortOrder" in d:
            self.sort_order = read(among(SORT_ORDER_VALUES), src_dict, "sortOrder")
            del d["sortOrder"]
        else:
            self.sort_order = None
        for key in d:
            raise PayloadError("no such field", (key,))
        return self
