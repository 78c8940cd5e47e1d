from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import (
    ABSENT,
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

if TYPE_CHECKING:
    from ..models.json_object import JsonObject


@_attrs_define(repr=False)
class TraceSpan(OpenModel):
    """One step inside a trace."""

    _api_names: ClassVar[dict[str, str]] = {
        "id": "id",
        "trace_id": "trace_id",
        "name": "name",
        "kind": "kind",
        "organisation_id": "organisation_id",
        "project_id": "project_id",
        "created_at": "created_at",
        "cursor": "cursor",
        "parent_span_id": "parent_span_id",
        "latency_ms": "latency_ms",
        "start_time": "start_time_ms",
        "end_time": "end_time_ms",
        "session_id": "session_id",
        "tenant_id": "tenant_id",
        "user_id": "user_id",
        "environment": "environment",
        "model_name": "model_name",
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
        "pii_actions": "pii_actions",
        "has_violation": "has_violation",
        "violations": "violations",
        "violation_actions": "violation_actions",
        "status": "status",
        "attributes": "attributes",
        "events": "events",
        "links": "links",
        "resources": "resources",
        "metadata": "metadata",
        "has_error": "has_error",
    }
    _required: ClassVar[frozenset[str]] = frozenset(
        [
            "id",
            "trace_id",
            "name",
            "kind",
            "organisation_id",
            "project_id",
            "created_at",
            "cursor",
        ]
    )

    id: str
    """ The span's identifier. """
    trace_id: str
    """ The trace that the span belongs to. """
    name: str
    """ The span's name. """
    kind: str
    """ What kind of work the span is, for example `generation` or `tool`. """
    organisation_id: str
    """ The identifier of the organization. """
    project_id: str
    """ The identifier of the project. """
    created_at: str
    """ When the service recorded the span (ISO 8601, UTC). """
    cursor: str
    """ Where this item stands in the list; asks for what follows it. """
    parent_span_id: str | None = None
    """ The span that this one is a part of; null for a root. """
    latency_ms: float | None = None
    """ Duration in milliseconds; may be fractional. """
    start_time: str | None = None
    """ When the span started, as text. Whether ISO 8601 or milliseconds since 1970-01-01T00:00:00Z is
    not settled: readers accept both. """
    end_time: str | None = None
    """ When the span ended, as text in either of the forms of `start_time_ms`. """
    session_id: str | None = None
    """ The session that the span belongs to. """
    tenant_id: str | None = None
    """ The tenant that the span belongs to. """
    user_id: str | None = None
    """ The user that caused the span. """
    environment: str | None = None
    """ The deployment environment, for example `production`. """
    model_name: str | None = None
    """ The model that the span called. """
    prompt_tokens: int | None = None
    """ Input tokens. """
    completion_tokens: int | None = None
    """ Output tokens. """
    cached_tokens: int | None = None
    """ Input tokens read from a cache. """
    total_tokens: int | None = None
    """ Total tokens. """
    prompt_tokens_cost: float | None = None
    """ Cost of the input tokens in USD. """
    completion_tokens_cost: float | None = None
    """ Cost of the output tokens in USD. """
    cached_tokens_cost: float | None = None
    """ Cost of the cached tokens in USD. """
    total_cost: float | None = None
    """ Total cost in USD. """
    has_pii: bool | None = None
    """ Whether personal data was found. """
    pii_entities: list[Any] | None = None
    """ The personal data that was found. """
    pii_actions: JsonObject | None = None
    """ What was done about personal data. """
    has_violation: bool | None = None
    """ Whether a policy was violated. """
    violations: list[Any] | None = None
    """ The policies that were violated. """
    violation_actions: JsonObject | None = None
    """ What was done about violations. """
    status: str | None = None
    """ How the span ended, for example `OK` or `ERROR`. """
    attributes: str | None = None
    """ The span's attributes, as JSON text. """
    events: str | None = None
    """ The span's events, as JSON text. """
    links: str | None = None
    """ The span's links, as JSON text. """
    resources: str | None = None
    """ The attributes of the span's resource, as JSON text. """
    metadata: JsonObject | None = None
    """ Free-form data that the program attached. """
    has_error: bool | None = None
    """ Whether the span failed. """
    additional_properties: dict[str, Any] = _attrs_field(factory=dict, kw_only=True)
    """ Fields that the contract does not know. """
    _nulls: int = _attrs_field(default=0, kw_only=True, eq=False)
    """ A bit for each field, in their order: whether it came as null, and was not just left out. """

    def to_dict(self, *, use_api_names: bool = False) -> dict[str, Any]:
        """All fields under the names of the attributes, unknown ones included; None is what was null or absent.
        With `use_api_names` the JSON object as it came.
        """
        values = {
            "id": self.id,
            "trace_id": self.trace_id,
            "name": self.name,
            "kind": self.kind,
            "organisation_id": self.organisation_id,
            "project_id": self.project_id,
            "created_at": self.created_at,
            "cursor": self.cursor,
            "parent_span_id": self.parent_span_id,
            "latency_ms": self.latency_ms,
            "start_time": self.start_time,
            "end_time": self.end_time,
            "session_id": self.session_id,
            "tenant_id": self.tenant_id,
            "user_id": self.user_id,
            "environment": self.environment,
            "model_name": self.model_name,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cached_tokens": self.cached_tokens,
            "total_tokens": self.total_tokens,
            "prompt_tokens_cost": self.prompt_tokens_cost,
            "completion_tokens_cost": self.completion_tokens_cost,
            "cached_tokens_cost": self.cached_tokens_cost,
            "total_cost": self.total_cost,
            "has_pii": self.has_pii,
            "pii_entities": None
            if self.pii_entities is None
            else list(self.pii_entities),
            "pii_actions": None
            if self.pii_actions is None
            else self.pii_actions.to_dict(use_api_names=use_api_names),
            "has_violation": self.has_violation,
            "violations": None if self.violations is None else list(self.violations),
            "violation_actions": None
            if self.violation_actions is None
            else self.violation_actions.to_dict(use_api_names=use_api_names),
            "status": self.status,
            "attributes": self.attributes,
            "events": self.events,
            "links": self.links,
            "resources": self.resources,
            "metadata": None
            if self.metadata is None
            else self.metadata.to_dict(use_api_names=use_api_names),
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
        value = d.pop("trace_id", None)
        if type(value) is not str:
            value = read(string, src_dict, "trace_id")
        self.trace_id = value
        value = d.pop("name", None)
        if type(value) is not str:
            value = read(string, src_dict, "name")
        self.name = value
        value = d.pop("kind", None)
        if type(value) is not str:
            value = read(string, src_dict, "kind")
        self.kind = value
        value = d.pop("organisation_id", None)
        if type(value) is not str:
            value = read(string, src_dict, "organisation_id")
        self.organisation_id = value
        value = d.pop("project_id", None)
        if type(value) is not str:
            value = read(string, src_dict, "project_id")
        self.project_id = value
        value = d.pop("created_at", None)
        if type(value) is not str:
            value = read(string, src_dict, "created_at")
        self.created_at = value
        value = d.pop("cursor", None)
        if type(value) is not str:
            value = read(string, src_dict, "cursor")
        self.cursor = value
        value = d.pop("parent_span_id", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 256
            else:
                value = read(string, src_dict, "parent_span_id")
        self.parent_span_id = value
        value = d.pop("latency_ms", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 512
            else:
                value = read(number, src_dict, "latency_ms")
        self.latency_ms = value
        value = d.pop("start_time_ms", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 1024
            else:
                value = read(string, src_dict, "start_time_ms")
        self.start_time = value
        value = d.pop("end_time_ms", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 2048
            else:
                value = read(string, src_dict, "end_time_ms")
        self.end_time = value
        value = d.pop("session_id", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 4096
            else:
                value = read(string, src_dict, "session_id")
        self.session_id = value
        value = d.pop("tenant_id", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 8192
            else:
                value = read(string, src_dict, "tenant_id")
        self.tenant_id = value
        value = d.pop("user_id", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 16384
            else:
                value = read(string, src_dict, "user_id")
        self.user_id = value
        value = d.pop("environment", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 32768
            else:
                value = read(string, src_dict, "environment")
        self.environment = value
        value = d.pop("model_name", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 65536
            else:
                value = read(string, src_dict, "model_name")
        self.model_name = value
        value = d.pop("prompt_tokens", ABSENT)
        if type(value) is not int:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 131072
            else:
                value = read(integer, src_dict, "prompt_tokens")
        self.prompt_tokens = value
        value = d.pop("completion_tokens", ABSENT)
        if type(value) is not int:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 262144
            else:
                value = read(integer, src_dict, "completion_tokens")
        self.completion_tokens = value
        value = d.pop("cached_tokens", ABSENT)
        if type(value) is not int:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 524288
            else:
                value = read(integer, src_dict, "cached_tokens")
        self.cached_tokens = value
        value = d.pop("total_tokens", ABSENT)
        if type(value) is not int:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 1048576
            else:
                value = read(integer, src_dict, "total_tokens")
        self.total_tokens = value
        value = d.pop("prompt_tokens_cost", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 2097152
            else:
                value = read(number, src_dict, "prompt_tokens_cost")
        self.prompt_tokens_cost = value
        value = d.pop("completion_tokens_cost", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 4194304
            else:
                value = read(number, src_dict, "completion_tokens_cost")
        self.completion_tokens_cost = value
        value = d.pop("cached_tokens_cost", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 8388608
            else:
                value = read(number, src_dict, "cached_tokens_cost")
        self.cached_tokens_cost = value
        value = d.pop("total_cost", ABSENT)
        if type(value) is not float or value - value != 0.0:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 16777216
            else:
                value = read(number, src_dict, "total_cost")
        self.total_cost = value
        value = d.pop("has_pii", ABSENT)
        if type(value) is not bool:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 33554432
            else:
                value = read(boolean, src_dict, "has_pii")
        self.has_pii = value
        value = d.pop("pii_entities", ABSENT)
        if type(value) is not list:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 67108864
            else:
                value = read(list_of(anything), src_dict, "pii_entities")
        self.pii_entities = value
        value = d.pop("pii_actions", ABSENT)
        if value is ABSENT:
            value = None
        elif value is None:
            nulls |= 134217728
        else:
            from ..models.json_object import JsonObject

            value = read(JsonObject.from_dict, src_dict, "pii_actions")
        self.pii_actions = value
        value = d.pop("has_violation", ABSENT)
        if type(value) is not bool:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 268435456
            else:
                value = read(boolean, src_dict, "has_violation")
        self.has_violation = value
        value = d.pop("violations", ABSENT)
        if type(value) is not list:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 536870912
            else:
                value = read(list_of(anything), src_dict, "violations")
        self.violations = value
        value = d.pop("violation_actions", ABSENT)
        if value is ABSENT:
            value = None
        elif value is None:
            nulls |= 1073741824
        else:
            from ..models.json_object import JsonObject

            value = read(JsonObject.from_dict, src_dict, "violation_actions")
        self.violation_actions = value
        value = d.pop("status", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 2147483648
            else:
                value = read(string, src_dict, "status")
        self.status = value
        value = d.pop("attributes", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 4294967296
            else:
                value = read(string, src_dict, "attributes")
        self.attributes = value
        value = d.pop("events", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 8589934592
            else:
                value = read(string, src_dict, "events")
        self.events = value
        value = d.pop("links", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 17179869184
            else:
                value = read(string, src_dict, "links")
        self.links = value
        value = d.pop("resources", ABSENT)
        if type(value) is not str:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 34359738368
            else:
                value = read(string, src_dict, "resources")
        self.resources = value
        value = d.pop("metadata", ABSENT)
        if value is ABSENT:
            value = None
        elif value is None:
            nulls |= 68719476736
        else:
            from ..models.json_object import JsonObject

            value = read(JsonObject.from_dict, src_dict, "metadata")
        self.metadata = value
        value = d.pop("has_error", ABSENT)
        if type(value) is not bool:
            if value is ABSENT:
                value = None
            elif value is None:
                nulls |= 137438953472
            else:
                value = read(boolean, src_dict, "has_error")
        self.has_error = value
        self.additional_properties = (
            d or {}
        )  # the emptied one would keep the room of all fields
        self._nulls = nulls
        return self
