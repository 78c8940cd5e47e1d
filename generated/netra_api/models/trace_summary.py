from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    STR,
    anything,
    boolean,
    fields,
    integer,
    list_of,
    number,
    read,
    string,
)


@_attrs_define
class TraceSummary:
    """One trace, with totals over its spans."""

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
    total_tokens: int = 0
    """ Total tokens. Null or absent means 0. """
    prompt_tokens_cost: float | None = None
    """ Cost of the input tokens in USD. """
    completion_tokens_cost: float | None = None
    """ Cost of the output tokens in USD. """
    cached_tokens_cost: float | None = None
    """ Cost of the cached tokens in USD. """
    total_cost: float = 0.0
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
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)
    """ Fields that the contract does not know. """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, unknown fields included; what is None is left out unless the contract requires it."""
        field_dict: dict[str, Any] = {}
        field_dict["id"] = self.id
        field_dict["name"] = self.name
        field_dict["kind"] = self.kind
        field_dict["latency_ms"] = self.latency_ms
        field_dict["start_time"] = self.start_time
        field_dict["end_time"] = self.end_time
        field_dict["cursor"] = self.cursor
        field_dict["organisation_id"] = self.organisation_id
        field_dict["project_id"] = self.project_id
        if self.session_id is not None:
            field_dict["session_id"] = self.session_id
        if self.tenant_id is not None:
            field_dict["tenant_id"] = self.tenant_id
        if self.user_id is not None:
            field_dict["user_id"] = self.user_id
        if self.environment is not None:
            field_dict["environment"] = self.environment
        if self.service is not None:
            field_dict["service"] = self.service
        if self.models is not None:
            field_dict["models"] = list(self.models)
        if self.prompt_tokens is not None:
            field_dict["prompt_tokens"] = self.prompt_tokens
        if self.completion_tokens is not None:
            field_dict["completion_tokens"] = self.completion_tokens
        if self.cached_tokens is not None:
            field_dict["cached_tokens"] = self.cached_tokens
        field_dict["total_tokens"] = self.total_tokens
        if self.prompt_tokens_cost is not None:
            field_dict["prompt_tokens_cost"] = self.prompt_tokens_cost
        if self.completion_tokens_cost is not None:
            field_dict["completion_tokens_cost"] = self.completion_tokens_cost
        if self.cached_tokens_cost is not None:
            field_dict["cached_tokens_cost"] = self.cached_tokens_cost
        field_dict["total_cost"] = self.total_cost
        if self.has_pii is not None:
            field_dict["has_pii"] = self.has_pii
        if self.pii_entities is not None:
            field_dict["pii_entities"] = list(self.pii_entities)
        if self.has_violation is not None:
            field_dict["has_violation"] = self.has_violation
        if self.violations is not None:
            field_dict["violations"] = list(self.violations)
        if self.has_error is not None:
            field_dict["has_error"] = self.has_error
        field_dict.update(self.additional_properties)
        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Reads the JSON object; raises PayloadError, which names the place, where it does not fit."""
        self = cls.__new__(cls)
        d = fields(src_dict)
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
        value = d.pop("session_id", None)
        if value is not None and type(value) is not str:
            value = read(string, src_dict, "session_id")
        self.session_id = value
        value = d.pop("tenant_id", None)
        if value is not None and type(value) is not str:
            value = read(string, src_dict, "tenant_id")
        self.tenant_id = value
        value = d.pop("user_id", None)
        if value is not None and type(value) is not str:
            value = read(string, src_dict, "user_id")
        self.user_id = value
        value = d.pop("environment", None)
        if value is not None and type(value) is not str:
            value = read(string, src_dict, "environment")
        self.environment = value
        value = d.pop("service", None)
        if value is not None and type(value) is not str:
            value = read(string, src_dict, "service")
        self.service = value
        value = d.pop("models", None)
        if value is not None and (
            type(value) is not list or not STR.issuperset(map(type, value))
        ):
            value = read(list_of(string), src_dict, "models")
        self.models = value
        value = d.pop("prompt_tokens", None)
        if value is not None and type(value) is not int:
            value = read(integer, src_dict, "prompt_tokens")
        self.prompt_tokens = value
        value = d.pop("completion_tokens", None)
        if value is not None and type(value) is not int:
            value = read(integer, src_dict, "completion_tokens")
        self.completion_tokens = value
        value = d.pop("cached_tokens", None)
        if value is not None and type(value) is not int:
            value = read(integer, src_dict, "cached_tokens")
        self.cached_tokens = value
        value = d.pop("total_tokens", None)
        if value is None:
            value = 0
        if value is not None and type(value) is not int:
            value = read(integer, src_dict, "total_tokens")
        self.total_tokens = value
        value = d.pop("prompt_tokens_cost", None)
        if value is not None and (type(value) is not float or value - value != 0.0):
            value = read(number, src_dict, "prompt_tokens_cost")
        self.prompt_tokens_cost = value
        value = d.pop("completion_tokens_cost", None)
        if value is not None and (type(value) is not float or value - value != 0.0):
            value = read(number, src_dict, "completion_tokens_cost")
        self.completion_tokens_cost = value
        value = d.pop("cached_tokens_cost", None)
        if value is not None and (type(value) is not float or value - value != 0.0):
            value = read(number, src_dict, "cached_tokens_cost")
        self.cached_tokens_cost = value
        value = d.pop("total_cost", None)
        if value is None:
            value = 0.0
        if value is not None and (type(value) is not float or value - value != 0.0):
            value = read(number, src_dict, "total_cost")
        self.total_cost = value
        value = d.pop("has_pii", None)
        if value is not None and type(value) is not bool:
            value = read(boolean, src_dict, "has_pii")
        self.has_pii = value
        value = d.pop("pii_entities", None)
        if value is not None and type(value) is not list:
            value = read(list_of(anything), src_dict, "pii_entities")
        self.pii_entities = value
        value = d.pop("has_violation", None)
        if value is not None and type(value) is not bool:
            value = read(boolean, src_dict, "has_violation")
        self.has_violation = value
        value = d.pop("violations", None)
        if value is not None and type(value) is not list:
            value = read(list_of(anything), src_dict, "violations")
        self.violations = value
        value = d.pop("has_error", None)
        if value is not None and type(value) is not bool:
            value = read(boolean, src_dict, "has_error")
        self.has_error = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        return self

    def __getitem__(self, key: str) -> Any:
        """A field by its name in the JSON, as `to_dict` has it; also one that the contract does not know."""
        return self.to_dict()[key]

    def __contains__(self, key: str) -> bool:
        return key in self.to_dict()
