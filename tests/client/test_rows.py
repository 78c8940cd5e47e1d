"""A row of the service in Python: one dictionary form, exact costs, and unknown costs that differ from zero."""

from __future__ import annotations

import copy
import csv
import io
import json
import pickle
import sys
import threading
import time
from decimal import Decimal
from typing import Any

import attrs
import fastapi
import httpx
import netra_api.models
import numpy
import pandas
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from netra_api.types import OpenModel

import netra
from netra import Netra, SessionUsageData, TenantUsageData, TraceSpan, TraceSummary
from tests.support.rows import END, START, page, session_usage, span, tenant_usage, trace
from tests.support.scripted import Scripted, respond

SENT: dict[type[Any], dict[str, Any]] = {
    SessionUsageData: session_usage(),
    TenantUsageData: tenant_usage(),
    TraceSummary: trace(total_cost=None, session_id=None, models=["m"], tenant_id="AceTech"),
    TraceSpan: span(
        start_time_ms="1768469400000",
        end_time_ms=None,
        parent_span_id="p",
        latency_ms=1.25,
        total_cost=0.5,
        pii_entities=[{"type": "email"}],
        pii_actions={"email": "masked"},
        metadata={"a": {"b": None}},
        has_error=False,
    ),
}
MODELS = list(SENT)
each_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
UNKNOWN = {"x_quality": {"score": [1, None]}, "x_region": None}
"""Fields that are unknown to the contract."""


@each_model
def test_attributes_items_and_dictionary_have_the_same_names(model: type[Any]) -> None:
    row = model.from_dict({**SENT[model], **UNKNOWN})
    shown = row.to_dict()
    assert shown == dict(row) == {name: row[name] for name in row} == {**row}
    assert list(shown) == list(row.keys()) == [*model.from_dict(SENT[model]).to_dict(), *UNKNOWN]
    for name, value in shown.items():
        assert name in row
        assert row.get(name, "absent") == value
        if name not in UNKNOWN:
            assert getattr(row, name) == value or (value is None and name in ("total_cost", "total_tokens"))
    assert "nothing" not in row
    assert row.get("nothing") is None
    with pytest.raises(KeyError):
        row["nothing"]


@each_model
def test_rows_use_the_documented_names(model: type[Any]) -> None:
    row = model.from_dict(SENT[model])
    for name in (
        "requestsCount",
        "requests_count",
        "sessionsCount",
        "tokenCount",
        "start_time_ms",
        "totalCost",
    ):
        assert name not in row
        assert not hasattr(row, name)
    documented = {
        SessionUsageData: "session_id token_count request_count total_cost",
        TenantUsageData: "tenant_id organisation_id token_count request_count session_count total_cost",
        TraceSummary: "id name total_tokens total_cost start_time end_time",
        TraceSpan: "id name kind latency_ms start_time end_time",
    }
    assert set(documented[model].split()) <= set(row)


@each_model
def test_all_rows_of_a_model_have_the_same_keys(model: type[Any]) -> None:
    required = {name: value for name, value in SENT[model].items() if name not in ("session_id", "models")}
    if "session_id" in model._required:
        required = SENT[model]
    assert list(model.from_dict(required).to_dict()) == list(model.from_dict(SENT[model]).to_dict())
    assert set(model._api_names) == set(model.from_dict(required))


@each_model
def test_to_dict_with_api_names_restores_what_was_sent(model: type[Any]) -> None:
    sent = {**SENT[model], **UNKNOWN}
    row = model.from_dict(sent)
    assert row.to_dict(use_api_names=True) == sent
    assert list(row.to_dict(use_api_names=True)) == sorted(
        sent, key=[*model._api_names.values(), *sent].index
    )
    assert model.from_dict(row.to_dict(use_api_names=True)) == row


def test_a_documented_field_hides_an_unknown_one_of_its_name() -> None:
    row = TraceSpan.from_dict(span(start_time_ms="1", start_time="another form"))
    assert row.start_time == row["start_time"] == row.to_dict()["start_time"] == "1"
    assert row.to_dict(use_api_names=True)["start_time"] == "another form"


def test_an_unknown_field_fills_a_missing_documented_one() -> None:
    row = TraceSpan.from_dict(span(start_time="another form"))
    assert row["start_time"] == row.to_dict()["start_time"] == "another form"


@each_model
def test_copies_keep_unknown_fields(model: type[Any]) -> None:
    row = model.from_dict({**SENT[model], **UNKNOWN})
    copies = [copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row)), attrs.evolve(row)]
    if sys.version_info >= (3, 13):
        copies.append(copy.replace(row))
    for again in copies:
        assert again == row
        assert type(again) is model
        assert again.to_dict(use_api_names=True) == row.to_dict(use_api_names=True)
    evolved = attrs.evolve(row, total_cost=9.5)
    assert (evolved.total_cost, evolved["x_region"], evolved["x_quality"]) == (
        9.5,
        None,
        UNKNOWN["x_quality"],
    )
    for again in (evolved, copy.copy(row), copy.deepcopy(row)):
        again.additional_properties["x_region"] = "eu"
    assert row["x_region"] is None


@each_model
def test_rows_compare_by_value_and_cannot_be_hashed(model: type[Any]) -> None:
    row = model.from_dict(SENT[model])
    assert row == model.from_dict(SENT[model])
    assert row != model.from_dict({**SENT[model], **UNKNOWN})
    assert bool(row)
    with pytest.raises(TypeError, match="unhashable"):
        hash(row)


def test_null_and_absent_are_the_same_value() -> None:
    assert TraceSummary.from_dict(trace()) == TraceSummary.from_dict(trace(total_cost=None))


@each_model
def test_the_repr_is_short_and_shows_only_fields_with_a_value(model: type[Any]) -> None:
    row = model.from_dict({**SENT[model], "x_region": "eu"})
    text = repr(row)
    assert text.startswith(f"{model.__name__}(")
    assert "None" not in text
    assert len(text) < 250
    parent: Any = model.__base__  # the generated model shows them all
    base = repr(parent.from_dict({**SENT[model], "x_region": "eu"}))
    assert "x_region='eu'" in base
    assert "None" not in base.replace("{'b': None}", "")


def test_the_repr_shows_no_cost_that_was_not_sent() -> None:
    assert "total_cost" not in repr(TraceSummary.from_dict(trace()))
    assert "total_cost=0.0" in repr(TraceSummary.from_dict(trace(total_cost=0)))


def names_of_the_model(model: type[Any]) -> set[str]:
    """Return the names that a handwritten model and the base of the generated models define."""
    namespaces = [vars(cls) for cls in model.__mro__ if cls.__module__ == "netra.models" or cls is OpenModel]
    return {name for namespace in namespaces for name in namespace}


def clashes(model: type[Any], fields: set[str]) -> set[str]:
    return names_of_the_model(model) & {slot for name in fields for slot in (name, f"_{name}")}


@each_model
def test_no_contract_field_clashes_with_a_name_of_the_models(model: type[Any]) -> None:
    assert clashes(model, set(model._api_names)) == set()
    for name in ("cost", "to_dict", "keys", "get", "additional_properties", "nulls"):
        assert clashes(model, {name}) or name in ("additional_properties", "nulls")


def test_no_response_has_two_fields_of_one_name() -> None:
    for model in vars(netra_api.models).values():
        if isinstance(model, type) and issubclass(model, OpenModel):
            sent = list(model._api_names.values())
            assert len(set(sent)) == len(sent) == len(model._api_names)


# ---------------------------------------------------------------- cost


def test_an_unknown_cost_differs_from_zero(scripted: Scripted) -> None:
    rows = [trace(1), trace(2, total_cost=None, total_tokens=None), trace(3, total_cost=0, total_tokens=0)]
    with Netra(endpoint=scripted(lambda _: respond(page([*rows, trace(4, total_cost=0.1)]))).url) as client:
        absent, null, zero, priced = client.usage.list_traces(START, END).traces
    assert [row.total_cost for row in (absent, null, zero, priced)] == [0.0, 0.0, 0.0, 0.1]
    assert [row.has_cost for row in (absent, null, zero, priced)] == [False, False, True, True]
    assert [row.cost for row in (absent, null, zero, priced)] == [None, None, Decimal(0), Decimal("0.1")]
    assert [row["total_cost"] for row in (absent, null, zero, priced)] == [None, None, 0.0, 0.1]
    assert [row["total_tokens"] for row in (absent, null, zero)] == [None, None, 0]
    assert {row.total_tokens for row in (absent, null, zero)} == {0}
    priced.total_cost = 0.0
    assert (priced.has_cost, priced["total_cost"]) == (True, 0.0)


def test_spans_and_usage_have_exact_costs() -> None:
    assert TraceSpan.from_dict(span()).cost is None
    assert not TraceSpan.from_dict(span()).has_cost
    priced = TraceSpan.from_dict(span(total_cost=0.0012))
    assert (priced.cost, priced.has_cost) == (Decimal("0.0012"), True)
    assert SessionUsageData.from_dict(session_usage(totalCost=0.1)).cost == Decimal("0.1")
    assert TenantUsageData.from_dict(tenant_usage(totalCost=3)).cost == Decimal(3)


@given(st.integers(1, 10**15 - 1), st.integers(-30, 30))
def test_a_cost_keeps_fifteen_digits(digits: int, exponent: int) -> None:
    sent = f"{digits}e{exponent}"
    for model in MODELS:
        name = "totalCost" if "totalCost" in SENT[model] else "total_cost"
        row = model.from_dict({**SENT[model], **json.loads(f'{{"{name}": {sent}}}')})
        assert row.cost == Decimal(sent)


@pytest.mark.parametrize("cost", [numpy.float64(0.1), Decimal("0.1"), 0.1])
def test_a_cost_set_by_the_user_is_exact(cost: Any) -> None:
    assert attrs.evolve(TraceSummary.from_dict(trace()), total_cost=cost).cost == Decimal("0.1")


def test_sums_of_exact_costs_are_exact() -> None:
    rows = [TraceSummary.from_dict(trace(number, total_cost=0.1)) for number in range(1_000)]
    assert sum(row.cost for row in rows if row.cost is not None) == Decimal(100)
    assert sum(row.total_cost for row in rows) != 100


# ---------------------------------------------------------------- common uses of rows

TRACES = [trace(1, total_cost=0.5, models=["m"]), trace(2), trace(3, session_id="s", x_region="eu")]


def test_rows_can_be_written_to_a_csv_file() -> None:
    rows = [TraceSummary.from_dict(row) for row in TRACES]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(TraceSummary._api_names), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(row.to_dict() for row in rows)
    found = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert [row["total_cost"] for row in found] == ["0.5", "", ""]
    assert [row["session_id"] for row in found] == ["", "", "s"]


def test_rows_can_be_put_into_a_data_frame() -> None:
    rows = [TraceSummary.from_dict(row) for row in TRACES]
    frame = pandas.DataFrame([row.to_dict() for row in rows])
    assert list(frame["id"]) == ["trace-1", "trace-2", "trace-3"]
    assert frame["total_cost"].sum() == 0.5
    assert frame["total_cost"].isna().sum() == 2
    assert set(frame.columns) == {*TraceSummary._api_names, "x_region"}


@each_model
def test_rows_can_be_written_as_json(model: type[Any]) -> None:
    row = model.from_dict({**SENT[model], **UNKNOWN})
    assert json.loads(json.dumps(row.to_dict())) == row.to_dict()
    assert model.from_dict(json.loads(json.dumps(row.to_dict(use_api_names=True)))) == row


@pytest.mark.slow
def test_a_fastapi_handler_can_return_rows() -> None:
    app = fastapi.FastAPI()
    rows = [TraceSummary.from_dict(row) for row in TRACES]

    @app.get("/traces", response_model=None)
    def traces() -> Any:
        return {"traces": rows, "first": rows[0]}

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        found = httpx.get(f"http://127.0.0.1:{port}/traces").json()
    finally:
        server.should_exit = True
        thread.join()
    assert found == {"traces": [row.to_dict() for row in rows], "first": rows[0].to_dict()}


def test_a_row_cannot_be_unpacked_as_a_pair() -> None:
    with pytest.raises(ValueError, match="too many values"):
        [number for number, _ in [TraceSummary.from_dict(trace())]]


def test_all_public_models_are_tested_here() -> None:
    results = {getattr(netra, name) for name in netra.__all__ if isinstance(getattr(netra, name), type)}
    assert {cls for cls in results if issubclass(cls, OpenModel)} == set(MODELS)
