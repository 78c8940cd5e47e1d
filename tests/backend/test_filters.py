"""Every filter matches the same traces as an evaluation of the filter in Python."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from netra_api.models.filter_operator import FILTER_OPERATOR_VALUES
from netra_api.models.filter_type import FILTER_TYPE_VALUES
from netra_api.models.trace_filter import TraceFilter

from netra import Netra
from netra.filters import Filter as TypedFilter
from netra.local import LocalServer
from netra.local._errors import RequestError
from netra.local._filters import compile_filter
from netra.local._statements import TraceQuery, Window
from netra.local._store import Store

from .contract import contract_client
from .otlp import EPOCH_MS, PROTOBUF, WINDOW, Value, body_of, make_span, span_id, trace_id

Filter = dict[str, Any]


@dataclass
class Trace:
    """The expected fields of a trace."""

    id: str
    strings: dict[str, str]
    total_cost: float | None
    latency: float
    has_error: bool
    models: list[str]
    parents: list[str]
    attributes: list[dict[str, Value]]


NAMES = ["plan", "plan trip", "Plan", "100%_done", "ünï", "trip"]
OWNERS = ["", "a", "ab", "b'c", "A"]
MODELS = ["", "small", "large", 'odd"name']
ATTRIBUTES: dict[str, list[Value]] = {
    "colour": ["red", "redder", "green", ""],
    "count": [1, 2, 30, 2.5],
    "mixed": ["7", 7, 7.5, True, False],
    "flag": [True, False],
}


def send_traces(client: httpx.Client) -> list[Trace]:
    """Send traces with various values; return their expected fields."""
    chance = random.Random(11)
    traces = []
    for number in range(1, 61):
        resource = {"service.name": chance.choice(OWNERS), "deployment.environment": chance.choice(OWNERS)}
        owners = {
            "netra.session_id": chance.choice(OWNERS),
            "netra.tenant_id": chance.choice(OWNERS),
            "netra.user_id": chance.choice(OWNERS),
        }
        name, latency_ns = chance.choice(NAMES), chance.choice([0, 1_500_000, 2_000_000])
        cost, failed = chance.choice([0.0, 0.25, 1.0]), chance.random() < 0.3
        start_ns = EPOCH_MS * 1_000_000
        first = number * 10
        spans = [make_span(number, first, owners, name=name, start_ns=start_ns, duration_ns=latency_ns)]
        models, parents, attributes = set(), [""], [dict[str, Value](owners)]
        for child in range(chance.randrange(4)):
            model = chance.choice(MODELS)
            child_attributes: dict[str, Value] = {
                key: chance.choice(values) for key, values in ATTRIBUTES.items() if chance.random() < 0.5
            }
            if model:
                child_attributes["gen_ai.request.model"] = model
                models.add(model)
            if child == 0:
                child_attributes["gen_ai.usage.cost"] = cost
            attributes.append(child_attributes)
            parents.append(span_id(first))
            span = make_span(
                number,
                first + 1 + child,
                child_attributes,
                parent=first,
                start_ns=start_ns,
                duration_ns=0,
                error=failed,
            )
            spans.append(span)
        headers = {"content-type": PROTOBUF}
        client.post("/telemetry/v1/traces", content=body_of(spans, resource), headers=headers)
        traces.append(
            Trace(
                id=trace_id(number),
                strings={
                    "name": name,
                    "trace_id": trace_id(number),
                    "session_id": owners["netra.session_id"],
                    "tenant_id": owners["netra.tenant_id"],
                    "user_id": owners["netra.user_id"],
                    "service": resource["service.name"],
                    "environment": resource["deployment.environment"],
                    "project_id": "local",
                },
                total_cost=cost if len(spans) > 1 else None,
                latency=latency_ns / 1e6,
                has_error=failed and len(spans) > 1,
                models=sorted(models),
                parents=parents,
                attributes=attributes,
            )
        )
    return traces


@pytest.fixture(scope="module")
def sent() -> Iterator[tuple[httpx.Client, list[Trace]]]:
    with LocalServer() as server, contract_client(server) as client, Netra(endpoint=server.url) as netra:
        TYPED[str(client.base_url)] = netra
        yield client, send_traces(client)


TYPED: dict[str, Netra] = {}
"""Our client for each server: what it lists must be what the raw request lists."""


STRING_OPERATORS: dict[str, Callable[[str, Any], bool]] = {
    "equals": lambda actual, value: actual == value,
    "not_equals": lambda actual, value: actual != value,
    "contains": lambda actual, value: value in actual,
    "not_contains": lambda actual, value: value not in actual,
    "starts_with": lambda actual, value: actual.startswith(value),
    "ends_with": lambda actual, value: actual.endswith(value),
    "any_of": lambda actual, value: actual in value,
    "none_of": lambda actual, value: actual not in value,
    "is_null": lambda actual, value: actual == "",
    "is_not_null": lambda actual, value: actual != "",
}
NUMBER_OPERATORS: dict[str, Callable[[float, Any], bool]] = {
    "equals": lambda actual, value: actual == value,
    "not_equals": lambda actual, value: actual != value,
    "greater_than": lambda actual, value: actual > value,
    "less_than": lambda actual, value: actual < value,
    "greater_equal_to": lambda actual, value: actual >= value,
    "less_equal_to": lambda actual, value: actual <= value,
    "any_of": lambda actual, value: actual in value,
    "none_of": lambda actual, value: actual not in value,
    "is_null": lambda actual, value: False,
    "is_not_null": lambda actual, value: True,
}
COST_OPERATORS: dict[str, Callable[[float | None, Any], bool]] = {
    name: lambda actual, value, test=test: actual is not None and test(actual, value)  # type: ignore[misc]
    for name, test in NUMBER_OPERATORS.items()
}
"""An unknown cost matches no comparison."""
COST_OPERATORS["is_null"] = lambda actual, _: actual is None
LIST_OPERATORS: dict[str, Callable[[list[str], Any], bool]] = {
    "equals": lambda actual, value: actual == (sorted(set(value)) if isinstance(value, list) else [value]),
    "not_equals": lambda actual, value: (
        actual != (sorted(set(value)) if isinstance(value, list) else [value])
    ),
    "contains": lambda actual, value: value in actual,
    "not_contains": lambda actual, value: value not in actual,
    "any_of": lambda actual, value: any(item in value for item in actual),
    "none_of": lambda actual, value: not any(item in value for item in actual),
    "is_null": lambda actual, value: actual == [],
    "is_not_null": lambda actual, value: actual != [],
}


def listed(client: httpx.Client, *filters: Filter) -> set[str]:
    body = {**WINDOW, "filters": filters, "pagination": {"limit": 100}}
    response = client.post("/sdk/traces", json=body)
    assert response.status_code == 200, response.text
    ids = [trace["id"] for trace in response.json()["data"]["data"]]
    assert len(ids) == len(set(ids))
    if all(
        filter_.get("value") != [] or filter_["operator"] not in ("any_of", "none_of") for filter_ in filters
    ):
        typed = [TypedFilter(**filter_) for filter_ in filters]
        assert [condition.to_dict() for condition in typed] == list(filters)
        walk = TYPED[str(client.base_url)].usage.iter_traces(
            WINDOW["startTime"], WINDOW["endTime"], filters=typed
        )
        assert [trace.id for trace in walk] == ids
    return set(ids)


def values_for(operator: str, values: list[Any]) -> list[Any]:
    if operator in ("is_null", "is_not_null"):
        return [None]
    if operator in ("any_of", "none_of"):
        return [[], values[:1], values[1:3], values]
    return values


def check(
    sent: tuple[httpx.Client, list[Trace]],
    filter_: Filter,
    operators: dict[str, Callable[[Any, Any], bool]],
    values: list[Any],
    matches: Callable[[Trace, Callable[[Any], bool]], bool],
) -> None:
    """Compare the result of all operators with all values to what `matches` returns for each trace."""
    client, traces = sent
    selective = 0
    for operator, test in operators.items():
        for value in values_for(operator, values):
            complete = {**filter_, "operator": operator, "value": value}
            if value is None:
                del complete["value"]

            def satisfies(actual: Any, test: Any = test, value: Any = value) -> bool:
                return bool(test(actual, value))

            expected = {trace.id for trace in traces if matches(trace, satisfies)}
            assert listed(client, complete) == expected, complete
            selective += 0 < len(expected) < len(traces)
    assert selective or filter_["field"] in ("project_id", "has_pii", "has_violation")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", ["plan", "Plan", "trip", "%", "_", "ünï", "ï", "nothing", "", " "]),
        ("session_id", OWNERS),
        ("tenant_id", OWNERS),
        ("user_id", OWNERS),
        ("environment", OWNERS),
        ("service", OWNERS),
        ("trace_id", [trace_id(7), "7", trace_id(7).upper(), "x\x00y"]),
        ("project_id", ["local", "loc", "other"]),
    ],
)
def test_string_fields(field: str, values: list[str], sent: tuple[httpx.Client, list[Trace]]) -> None:
    filter_ = {"field": field, "type": "string"}
    check(sent, filter_, STRING_OPERATORS, values, lambda trace, test: test(trace.strings[field]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("total_cost", [0, 0.25, 1, 1.0, -1, 10**18, 10**30, 1e300]),
        ("latency", [0, 1.5, 2, 2.5, -(10**20)]),
    ],
)
def test_number_fields(field: str, values: list[float], sent: tuple[httpx.Client, list[Trace]]) -> None:
    filter_ = {"field": field, "type": "number"}
    operators = COST_OPERATORS if field == "total_cost" else NUMBER_OPERATORS
    check(sent, filter_, operators, values, lambda trace, test: test(getattr(trace, field)))


@pytest.mark.parametrize("field", ["has_error", "has_pii", "has_violation"])
def test_boolean_fields(field: str, sent: tuple[httpx.Client, list[Trace]]) -> None:
    operators = {name: NUMBER_OPERATORS[name] for name in ("equals", "not_equals", "is_null", "is_not_null")}
    filter_ = {"field": field, "type": "boolean"}
    check(sent, filter_, operators, [True, False], lambda trace, test: test(getattr(trace, field, False)))


def test_models_field(sent: tuple[httpx.Client, list[Trace]]) -> None:
    filter_ = {"field": "models", "type": "arrayOptions"}
    values = ["small", "large", "smal", 'odd"name', "x"]
    check(sent, filter_, LIST_OPERATORS, values, lambda trace, test: test(trace.models))
    equality = {name: LIST_OPERATORS[name] for name in ("equals", "not_equals")}
    lists: list[Any] = [["small"], ["small", "large"], ["large", "small", "small"], []]
    check(sent, filter_, equality, lists, lambda trace, test: test(trace.models))


def test_parent_span_id_of_any_span(sent: tuple[httpx.Client, list[Trace]]) -> None:
    filter_ = {"field": "parent_span_id", "type": "string"}
    values = [span_id(10), span_id(20), "a", ""]
    check(sent, filter_, STRING_OPERATORS, values, lambda trace, test: any(map(test, trace.parents)))


def as_string(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.slow
@pytest.mark.parametrize("key", [*ATTRIBUTES, "netra.session_id", "nowhere", "a.b['c']"])
@pytest.mark.parametrize("kind", ["object", "attributeKey"])
def test_attributes_of_any_span(key: str, kind: str, sent: tuple[httpx.Client, list[Trace]]) -> None:
    filter_: Filter = {"field": key, "type": kind}
    if kind == "object":
        filter_ = {"field": "metadata", "type": kind, "key": key}

    def values_of(trace: Trace) -> list[Value]:
        return [attributes[key] for attributes in trace.attributes if key in attributes]

    def compare(
        operators: dict[str, Callable[[Any, Any], bool]],
        values: list[Any],
        matches: Callable[[Trace, Callable[[Any], bool]], bool],
    ) -> None:
        chosen = {name: test for name, test in operators.items() if "null" not in name}
        client, traces = sent
        for operator, test in chosen.items():
            for value in values_for(operator, values):
                expected = {
                    trace.id
                    for trace in traces
                    if matches(trace, lambda item, test=test, value=value: test(item, value))  # type: ignore[misc]
                }
                complete = {**filter_, "operator": operator, "value": value}
                assert listed(client, complete) == expected, complete

    strings = ["red", "re", "7", "7.5", "true", "1", "", "a"]
    compare(
        STRING_OPERATORS, strings, lambda trace, test: any(test(as_string(item)) for item in values_of(trace))
    )
    numbers = [1, 2.5, 7, 7.0, 30]
    choice = {name: test for name, test in NUMBER_OPERATORS.items() if name not in ("any_of", "none_of")}
    compare(
        choice,
        numbers,
        lambda trace, test: any(test(item) for item in values_of(trace) if type(item) in (int, float)),
    )
    equality = {name: NUMBER_OPERATORS[name] for name in ("equals", "not_equals")}
    compare(
        equality,
        [True, False],
        lambda trace, test: any(test(item) for item in values_of(trace) if type(item) is bool),
    )
    client, traces = sent
    missing = {trace.id for trace in traces if not values_of(trace)}
    assert listed(client, {**filter_, "operator": "is_null"}) == missing
    assert listed(client, {**filter_, "operator": "is_not_null"}) == {t.id for t in traces} - missing


def test_all_conditions_must_hold(sent: tuple[httpx.Client, list[Trace]]) -> None:
    client, traces = sent
    filters: list[Filter] = [
        {"field": "session_id", "operator": "equals", "type": "string", "value": "a"},
        {"field": "user_id", "operator": "is_not_null", "type": "string"},
        {"field": "total_cost", "operator": "greater_equal_to", "type": "number", "value": 0.25},
    ]
    expected = {
        trace.id
        for trace in traces
        if trace.strings["session_id"] == "a" and trace.strings["user_id"] and (trace.total_cost or 0) >= 0.25
    }
    assert expected
    assert listed(client, *filters) == expected


@pytest.mark.slow
def test_every_combination_of_a_filter_is_rejected_or_works(tmp_path: Any) -> None:
    """All combinations of field, type, operator, value and key: a RequestError, or SQL that runs."""
    fields = ["name", "parent_span_id", "total_cost", "has_error", "models", "metadata", "any", "' OR 1"]
    values: list[Any] = [None, "", "x", "\x00", "%'\"", 1, -1.5, 2**63, 1e308, True]
    values += [[], ["x"], [1], [None], [[]], {}]
    store = Store(tmp_path / "db")
    window = Window(0, 2**62)
    rejected = accepted = 0
    for field in fields:
        for kind in FILTER_TYPE_VALUES:
            for operator in FILTER_OPERATOR_VALUES:
                for value in values:
                    for key in (None, "", "k", "\x00'"):
                        try:
                            condition = compile_filter(TraceFilter(field, operator, kind, key, value))
                        except RequestError:
                            rejected += 1
                            continue
                        accepted += 1
                        store.traces(TraceQuery(window=window, conditions=[condition]))
    store.close()
    assert rejected
    assert accepted
