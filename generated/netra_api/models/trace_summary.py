from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    ABSENT,
    STR,
    OpenModel,
    anything,
    boolean,
    fields,
    integer,
    list_of,
    number,
    read,
    string,
)


@_attrs_define(repr=False)
class TraceSummary(OpenModel):
    """One trace, with totals over its spans."""

    _api_names: ClassVar[dict[str, str]] = {
        "id": "id",
        "name": "name",
        "kind": "kind",
        "latency_ms": "latency_ms",
        "start_time": "start_time",
        "end_time": "end_time",
        "cursor": "cursor",
        "organisation_id": "organisation_id",
        "project_id": "project_id",
        "session_id": "session_id",
        "tenant_id": "tenant_id",
        "user_id": "user_id",
        "environment": "environment",
        "service": "service",
        "models": "models",
        "prompt_tokens": "prompt_tokens",
        "completion_tokens": "completion_tokens",
        "cached_tokens": "cached_tokens",
        "total_tokens": "total_tokens",
        "prompt_tokens_cost": "prompt_tokens_cost",
        "completion_tokens_cost": "completion_tokens_cost",
        "cached_tokens_cost": "cached_tokens_cost",
        "total_cost": "total_cost",
        "has_pii": "has_pii",
        "pii_entities": "pii_entities",
        "has_violation": "has_violation",
        "violations": "violations",
        "has_error": "has_error",
    }
    _required: ClassVar[frozenset[str]] = frozenset(
        [
            "id",
            "name",
            "kind",
            "latency_ms",
            "start_time",
            "end_time",
            "cursor",
            "organisation_id",
            "project_id",
        ]
    )

    id: str
    """ The trace's identifier. """
    name: str
    """ The trace's name, usually that of its root span. """
    kind: str
    """ What kind of work the root span is, for example `workflow` or `agent`. """
    latency_ms: float
    """ Duration in milliseconds, from the first start to the last end; may be fractional. """
    start_time: str
    """ When the trace started (ISO 8601, UTC). """
    end_time: str
    """ When the trace ended (ISO 8601, UTC). """
    cursor: str
    """ Where this item stands in the list; asks for what follows it. """
    organisation_id: str
    """ The identifier of the organization. """
    project_id: str
    """ The identifier of the project. """
    session_id: str | None = None
    """ The session that the trace belongs to. """
    tenant_id: str | None = None
    """ The tenant that the trace belongs to. """
    user_id: str | None = None
    """ The user that caused the trace. """
    environment: str | None = None
    """ The deployment environment, for example `production`. """
    service: str | None = None
    """ The name of the service that recorded the trace. """
    models: list[str] | None = None
    """ The distinct models that the trace called. """
    prompt_tokens: int | None = None
    """ Input tokens. """
    completion_tokens: int | None = None
    """ Output tokens. """
    cached_tokens: int | None = None
    """ Input tokens read from a cache. """
    _total_tokens: int | None = None
    """ Total tokens. Null or absent means 0. """
    prompt_tokens_cost: float | None = None
    """ Cost of the input tokens in USD. """
    completion_tokens_cost: float | None = None
    """ Cost of the output tokens in USD. """
    cached_tokens_cost: float | None = None
    """ Cost of the cached tokens in USD. """
    _total_cost: float | None = None
    """ Total cost in USD. Null or absent means 0. """
    has_pii: bool | None = None
    """ Whether personal data was found. """
    pii_entities: list[Any] | None = None
    """ The personal data that was found. """
    has_violation: bool | None = None
    """ Whether a policy was violated. """
    violations: list[Any] | None = None
    """ The policies that were violated. """
    has_error: bool | None = None
    """ Whether any span of the trace failed. """
    additional_properties: dict[str, Any] = _attrs_field(factory=dict, kw_only=True)
    """ Fields that the contract does not know. """
    _nulls: int = _attrs_field(default=0, kw_only=True, eq=False)
    """ A bit for each field, in their order: whether it came as null, and was not just left out. """

    @property
    def total_tokens(self) -> int:
        """Total tokens. Null or absent means 0."""
        return 0 if self._total_tokens is None else self._total_tokens

    @total_tokens.setter
    def total_tokens(self, value: int) -> None:
        self._total_tokens = value

    @property
    def total_cost(self) -> float:
        """Total cost in USD. Null or absent means 0."""
        return 0.0 if self._total_cost is None else self._total_cost

    @total_cost.setter
    def total_cost(self, value: float) -> None:
        self._total_cost = value

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        """All fields under the names of the attributes, unknown ones included; None is what was null or absent.
        With `use_api_names` the JSON object as it came.
        """
        values = {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "latency_ms": self.latency_ms,
            "start_time": self.start_time,
            "end_time": self.end_time,
            "cursor": self.cursor,
            "organisation_id": self.organisation_id,
            "project_id": self.project_id,
            "session_id": self.session_id,
            "tenant_id": self.tenant_id,
            "user_id": self.user_id,
            "environment": self.environment,
            "service": self.service,
            "models": None if self.models is None else list(self.models),
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cached_tokens": self.cached_tokens,
            "total_tokens": self._total_tokens,
            "prompt_tokens_cost": self.prompt_tokens_cost,
            "completion_tokens_cost": self.completion_tokens_cost,
            "cached_tokens_cost": self.cached_tokens_cost,
            "total_cost": self._total_cost,
            "has_pii": self.has_pii,
            "pii_entities": None
            if self.pii_entities is None
            else list(self.pii_entities),
            "has_violation": self.has_violation,
            "violations": None if self.violations is None else list(self.violations),
            "has_error": self.has_error,
        }
        return self._as_it_came(values) if use_api_names else self._with_unknown(values)

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
        nulls = 0
        value = d.pop("id", None)
        if type(value) is not str:
            value = read(string, src_dict, "id")
        self.id = value
        value = d.pop("name", None)
        if type(value) is not str:
            value = read(string, src_dict, "name")
        self.name = value
        value = d.pop("kind", None)
        if type(value) is not str:
            value = read(string, src_dict, "kind")
        self.kind = value
        value = d.pop("latency_ms", None)
        if type(value) is not float or value - value != 0.0:
            value = read(number, src_dict, "latency_ms")
        self.latency_ms = value
        value = d.pop("start_time", None)
        if type(value) is not str:
            value = read(string, src_dict, "start_time")
        self.start_time = value
        value = d.pop("end_time", None)
        if type(value) is not str:
            value = read(string, src_dict, "end_time")
        self.end_time = value
        value = d.pop("cursor", None)
        if type(value) is not str:
            value = read(string, src_dict, "cursor")
        self.cursor = value
        value = d.pop("organisation_id", None)
        if type(value) is not str:
            value = read(string, src_dict, "organisation_id")
        self.organisation_id = value
        value = d.pop("project_id", None)
        if type(value) is not str:
            value = read(string, src_dict, "project_id")
        self.project_id = value
        value = d.pop("session_id", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 512
            else:
                value = read(string, src_dict, "session_id")
        self.session_id = value
        value = d.pop("tenant_id", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 1024
            else:
                value = read(string, src_dict, "tenant_id")
        self.tenant_id = value
        value = d.pop("user_id", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 2048
            else:
                value = read(string, src_dict, "user_id")
        self.user_id = value
        value = d.pop("environment", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 4096
            else:
                value = read(string, src_dict, "environment")
        self.environment = value
        value = d.pop("service", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 8192
            else:
                value = read(string, src_dict, "service")
        self.service = value
        value = d.pop("models", ABSENT)
        if type(value) is not list or not STR.issuperset(map(type, value)):
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 16384
            else:
                value = read(list_of(string), src_dict, "models")
        self.models = value
        value = d.pop("prompt_tokens", ABSENT)
        if type(value) is not int:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 32768
            else:
                value = read(integer, src_dict, "prompt_tokens")
        self.prompt_tokens = value
        value = d.pop("completion_tokens", ABSENT)
        if type(value) is not int:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 65536
            else:
                value = read(integer, src_dict, "completion_tokens")
        self.completion_tokens = value
        value = d.pop("cached_tokens", ABSENT)
        if type(value) is not int:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 131072
            else:
                value = read(integer, src_dict, "cached_tokens")
        self.cached_tokens = value
        value = d.pop("total_tokens", ABSENT)
        if type(value) is not int:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 262144
            else:
                value = read(integer, src_dict, "total_tokens")
        self._total_tokens = value
        value = d.pop("prompt_tokens_cost", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 524288
            else:
                value = read(number, src_dict, "prompt_tokens_cost")
        self.prompt_tokens_cost = value
        value = d.pop("completion_tokens_cost", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 1048576
            else:
                value = read(number, src_dict, "completion_tokens_cost")
        self.completion_tokens_cost = value
        value = d.pop("cached_tokens_cost", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 2097152
            else:
                value = read(number, src_dict, "cached_tokens_cost")
        self.cached_tokens_cost = value
        value = d.pop("total_cost", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 4194304
            else:
                value = read(number, src_dict, "total_cost")
        self._total_cost = value
        value = d.pop("has_pii", ABSENT)
        if type(value) is not bool:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 8388608
            else:
                value = read(boolean, src_dict, "has_pii")
        self.has_pii = value
        value = d.pop("pii_entities", ABSENT)
        if type(value) is not list:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 16777216
            else:
                value = read(list_of(anything), src_dict, "pii_entities")
        self.pii_entities = value
        value = d.pop("has_violation", ABSENT)
        if type(value) is not bool:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 33554432
            else:
                value = read(boolean, src_dict, "has_violation")
        self.has_violation = value
        value = d.pop("violations", ABSENT)
        if type(value) is not list:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 67108864
            else:
                value = read(list_of(anything), src_dict, "violations")
        self.violations = value
        value = d.pop("has_error", ABSENT)
        if type(value) is not bool:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 134217728
            else:
                value = read(boolean, src_dict, "has_error")
        self.has_error = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        self._nulls = nulls
        return self
