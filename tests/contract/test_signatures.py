"""The methods have exactly the parameters that the documentation of the service shows."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from netra import Usage

TRACES: dict[str, Any] = {
    "start_time": inspect.Parameter.empty,
    "end_time": inspect.Parameter.empty,
    "trace_id": None,
    "session_id": None,
    "user_id": None,
    "tenant_id": None,
    "limit": None,
    "cursor": None,
    "direction": "down",
    "sort_field": None,
    "sort_order": None,
}
SPANS: dict[str, Any] = {
    "trace_id": inspect.Parameter.empty,
    "cursor": None,
    "direction": "down",
    "limit": None,
    "span_name": None,
}
DOCUMENTED: dict[str, dict[str, Any]] = {
    "get_session_usage": dict.fromkeys(["session_id", "start_time", "end_time"], inspect.Parameter.empty),
    "get_tenant_usage": dict.fromkeys(["tenant_id", "start_time", "end_time"], inspect.Parameter.empty),
    "list_traces": TRACES,
    "iter_traces": TRACES,
    "list_spans_by_trace_id": SPANS,
    "iter_spans_by_trace_id": SPANS,
}


@pytest.mark.parametrize("method", DOCUMENTED)
def test_parameters_order_and_defaults_are_the_documented_ones(method: str) -> None:
    parameters = list(inspect.signature(getattr(Usage, method)).parameters.values())[1:]
    by_name = [p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    documented = [p for p in parameters if p not in by_name]
    assert [(p.name, p.default) for p in documented] == list(DOCUMENTED[method].items())
    assert {p.kind for p in documented} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    added = {"filters": None} if "traces" in method else {}
    assert {p.name: p.default for p in by_name} == added


def test_there_are_no_other_public_methods() -> None:
    public = {name for name in vars(Usage) if not name.startswith("_")}
    assert public == {*DOCUMENTED, "with_options"}
