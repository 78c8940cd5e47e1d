from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define

from ..errors import PayloadError
from ..models.direction import DIRECTION_VALUES, Direction
from ..types import (
    among,
    fields,
    integer,
    read,
    string,
)


@_attrs_define
class Pagination:
    """Which page."""

    limit: int | None = None
    """ Most items on one page. """
    cursor: str | None = None
    """ The `cursor` of the last item already read. Left out for the first page. """
    direction: Direction | None = None
    """ Which way to walk from the cursor, or, without one, from the end of the list that lies in the other
    direction. `down` follows the sort order, `up` runs against it, and the items of a page come in the
    order of the walk. The service's documentation words it as `down` for newer and `up` for older. """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object; what is None is left out unless the contract requires it."""
        field_dict: dict[str, Any] = {}
        if self.limit is not None:
            field_dict["limit"] = self.limit
        if self.cursor is not None:
            field_dict["cursor"] = self.cursor
        if self.direction is not None:
            field_dict["direction"] = self.direction
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        if "limit" in d:
            self.limit = read(integer, src_dict, "limit")
            del d["limit"]
        else:
            self.limit = None
        if "cursor" in d:
            self.cursor = read(string, src_dict, "cursor")
            del d["cursor"]
        else:
            self.cursor = None
        if "direction" in d:
            self.direction = read(among(DIRECTION_VALUES), src_dict, "direction")
            del d["direction"]
        else:
            self.direction = None
        for key in d:
            raise PayloadError("no such field", (key,))
        return self
