"""Each kind of change of the contract has its word. Without redocly's rules for diffs, everything would be harmless."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from releasing.changes import word_of
from releasing.contract_changes import SPEC_LINT, contract_changes, wire_changes
from releasing.filter_changes import filter_changes

from contract.document import Document, load  # isort: skip

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        not (SPEC_LINT / "node_modules").exists(), reason="`make spec-lint` installs what compares contracts"
    ),
]

Contract = dict[str, Any]
SPANS = "/sdk/traces/{traceId}/spans"
TEXT = {"type": "string", "description": "."}
NULLABLE = {"type": ["string", "null"], "description": "."}
QUERY = {"name": "q", "in": "query", "description": ".", "schema": {"type": "string"}}


def schemas(contract: Contract) -> Any:
    return contract["components"]["schemas"]


def spans(contract: Contract) -> Any:
    return contract["paths"][SPANS]["get"]


def fields(contract: Contract, name: str) -> Any:
    return schemas(contract)[name]["properties"]


def filter_fields(contract: Contract) -> Any:
    return schemas(contract)["TraceFilter"]["x-filter-fields"]


def operators(contract: Contract, kind: str) -> Any:
    return schemas(contract)["TraceFilter"]["x-filter-operators"][kind]


def with_an_operation(contract: Contract) -> None:
    contract["paths"]["/sdk/spans"] = {"get": {**spans(contract), "operationId": "listSpans"}}


def with_a_status_enum(contract: Contract) -> None:
    """A closed set in a response, which the contract does not have."""
    fields(contract, "TraceSpan")["kind"]["enum"] = ["tool", "agent"]


VARIANTS: dict[str, tuple[str, Callable[[Contract], object]]] = {
    "a path is gone": ("breaking", lambda c: c["paths"].pop(SPANS)),
    "another method": ("breaking", lambda c: c["paths"][SPANS].update(put=c["paths"][SPANS].pop("get"))),
    "a field of a response is gone": ("breaking", lambda c: fields(c, "TraceSpan").pop("status")),
    "a field of a response is optional": (
        "breaking",
        lambda c: schemas(c)["TraceSpan"]["required"].remove("kind"),
    ),
    "a field of a response may be null": (
        "breaking",
        lambda c: fields(c, "TraceSpan")["kind"].update(type=["string", "null"]),
    ),
    "the type of a response": (
        "breaking",
        lambda c: fields(c, "SessionUsageData")["tokenCount"].update(type="number"),
    ),
    "the default of a response": (
        "breaking",
        lambda c: fields(c, "TraceSummary")["total_cost"].update(default=1),
    ),
    "the type of a request": (
        "breaking",
        lambda c: fields(c, "ListTracesRequest")["sortField"].update(type="integer"),
    ),
    "a value of a request is gone": ("breaking", lambda c: schemas(c)["SortOrder"]["enum"].remove("asc")),
    "a set of values in a request": (
        "breaking",
        lambda c: fields(c, "ListTracesRequest")["sortField"].update(enum=["name"]),
    ),
    "a limit is narrower": ("breaking", lambda c: schemas(c)["PageSize"].update(maximum=50)),
    "a new required parameter": (
        "breaking",
        lambda c: spans(c)["parameters"].append({**QUERY, "required": True}),
    ),
    "a parameter is required": ("breaking", lambda c: spans(c)["parameters"][-1].update(required=True)),
    "a parameter is gone": ("breaking", lambda c: spans(c)["parameters"].pop()),
    "a new required field of a request": (
        "breaking",
        lambda c: (
            fields(c, "ListTracesRequest").update(new=TEXT),
            schemas(c)["ListTracesRequest"]["required"].append("new"),
        ),
    ),
    "one more form of a response": (
        "breaking",
        lambda c: fields(c, "ErrorResponse")["message"]["anyOf"].append({"type": "number"}),
    ),
    "another header of the key": (
        "breaking",
        lambda c: c["components"]["securitySchemes"]["apiKey"].update(name="x-k"),
    ),
    "a new operation": ("additive", with_an_operation),
    "a new field of a response": ("additive", lambda c: fields(c, "TraceSpan").update(new=NULLABLE)),
    "a new optional field of a request": (
        "additive",
        lambda c: fields(c, "ListTracesRequest").update(new=TEXT),
    ),
    "a new optional parameter": ("additive", lambda c: spans(c)["parameters"].append(QUERY)),
    "a value of a request": ("additive", lambda c: schemas(c)["SortOrder"]["enum"].append("random")),
    "a limit is wider": ("additive", lambda c: schemas(c)["PageSize"].update(maximum=200)),
    "a field of a response is promised": (
        "additive",
        lambda c: schemas(c)["TraceSpan"]["required"].append("status"),
    ),
    "text only": (
        "none",
        lambda c: (
            schemas(c)["TraceSpan"].update(description="Other words."),
            spans(c).update(summary="Other words"),
            c["info"].update(description="Other words."),
            c["tags"][0].update(description="Other words."),
            filter_fields(c)["latency"].update(description="Other words."),
            fields(c, "TraceSpan")["kind"].update(examples=["other"]),
        ),
    ),
    "nothing": ("none", lambda c: None),
}

FILTER_VARIANTS: dict[str, tuple[str, Callable[[Contract], object]]] = {
    "a filter field is gone": ("breaking", lambda c: filter_fields(c).pop("service")),
    "the type of a filter field": ("breaking", lambda c: filter_fields(c)["latency"].update(type="string")),
    "a filter operator is gone": ("breaking", lambda c: operators(c, "boolean").remove("equals")),
    "a filter field may be refused": (
        "breaking",
        lambda c: filter_fields(c)["latency"].update(unconfirmed=True),
    ),
    "a new filter field": ("additive", lambda c: filter_fields(c).update(new=TEXT)),
    "a new filter operator": ("additive", lambda c: operators(c, "boolean").append("any_of")),
    "a confirmed filter field": ("additive", lambda c: filter_fields(c)["has_pii"].pop("unconfirmed")),
    "the words of a filter field": (
        "none",
        lambda c: filter_fields(c)["latency"].update(description="Other words."),
    ),
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    # Through JSON: what YAML shares by anchors is a copy each.
    found: Contract = json.loads(json.dumps(load(ROOT / "openapi.yaml").content))
    return found


def word_for(directory: Path, released: Contract, current: Contract) -> str:
    for name, content in (("released", released), ("current", current)):
        (directory / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    return word_of(wire_changes(directory / "released.yaml", directory / "current.yaml"))


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_change_has_its_word(variant: str, contract: Contract, tmp_path: Path) -> None:
    word, change = VARIANTS[variant]
    current = copy.deepcopy(contract)
    change(current)
    assert word_for(tmp_path, contract, current) == word


@pytest.mark.parametrize("variant", FILTER_VARIANTS)
def test_each_change_of_a_filter_field_has_its_word(variant: str, contract: Contract) -> None:
    word, change = FILTER_VARIANTS[variant]
    current = copy.deepcopy(contract)
    change(current)
    assert word_of(filter_changes(Document(contract), Document(current))) == word


def test_both_kinds_of_changes_are_told(contract: Contract, tmp_path: Path) -> None:
    current = copy.deepcopy(contract)
    schemas(current)["PageSize"]["maximum"] = 200
    filter_fields(current).pop("service")
    changed = tmp_path / "openapi.yaml"
    changed.write_text(json.dumps(current), encoding="utf-8")
    changes = contract_changes(ROOT / "openapi.yaml", changed)
    assert [change.what for change in changes if "service" in change.what] == [
        "removed the filter field service"
    ]
    assert [change.word for change in changes if "PageSize" in change.what or "maximum" in change.what] == [
        "additive"
    ]


@pytest.mark.parametrize(("values", "word"), [(["tool", "agent", "new"], "breaking"), (["tool"], "additive")])
def test_readers_know_the_values_of_a_closed_set(
    values: list[str], word: str, contract: Contract, tmp_path: Path
) -> None:
    released = copy.deepcopy(contract)
    with_a_status_enum(released)
    current = copy.deepcopy(released)
    fields(current, "TraceSpan")["kind"]["enum"] = values
    assert word_for(tmp_path, released, current) == word


def test_what_requests_and_responses_share_is_judged_in_both(contract: Contract, tmp_path: Path) -> None:
    released = copy.deepcopy(contract)
    fields(released, "TraceSpan")["order"] = {"$ref": "#/components/schemas/SortOrder"}
    current = copy.deepcopy(released)
    schemas(current)["SortOrder"]["enum"].append("random")
    assert word_for(tmp_path, released, current) == "breaking"
