from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ..types import (
    fields,
)


class JsonObject(dict[str, Any]):
    """Any JSON object."""

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        return dict(self)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        return cls(fields(src_dict))
