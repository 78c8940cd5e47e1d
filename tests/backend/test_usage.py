"""Usage sums the traces that start in the window, with both of its ends included."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import Export
from .otlp import EPOCH_MS, WINDOW, Value, make_span

USAGE: dict[str, Value] = {
    "netra.session_id": "s",
    "netra.tenant_id": "t",
    "gen_ai.usage.input_tokens": 1,
    "gen_ai.usage.cost": 0.5,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start_ns", "counts"),
    [
        (EPOCH_MS * 1_000_000 - 1, False),
        (EPOCH_MS * 1_000_000, True),
        ((EPOCH_MS + 1000) * 1_000_000 + 999_999, True),
        ((EPOCH_MS + 1001) * 1_000_000, False),
    ],
)
def test_a_window_includes_both_ends_in_whole_milliseconds(
    start_ns: int, counts: bool, client: httpx.Client, export: Export
) -> None:
    export([make_span(1, 1, USAGE, start_ns=start_ns, duration_ns=10**12)])
    window = {"startTime": "2026-01-01T00:00:00.000Z", "endTime": "2026-01-01T00:00:01.000Z"}
    for path in ("/usage/sessions/s", "/usage/tenants/t"):
        data = client.get(path, params=window).json()["data"]
        assert (data is not None) == counts
    listed = client.post("/sdk/traces", json={**window, "filters": []}).json()["data"]["data"]
    assert len(listed) == counts


def test_the_start_time_in_a_response_works_as_a_window(client: httpx.Client, export: Export) -> None:
    """A window of this one millisecond contains the trace."""
    export([make_span(1, 1, USAGE, start_ns=EPOCH_MS * 1_000_000 + 1_999_999)])
    body: dict[str, Any] = {**WINDOW, "filters": []}
    start_time = client.post("/sdk/traces", json=body).json()["data"]["data"][0]["start_time"]
    window = {"startTime": start_time, "endTime": start_time}
    assert client.get("/usage/sessions/s", params=window).json()["data"]["tokenCount"] == 1


def test_all_spans_of_a_trace_count_for_the_session_of_its_root(client: httpx.Client, export: Export) -> None:
    """Also the spans that name another session or start after the window."""
    after_the_window = (EPOCH_MS + 10**11) * 1_000_000
    export(
        [
            make_span(1, 1, {**USAGE, "netra.session_id": "s1"}),
            make_span(1, 2, {**USAGE, "netra.session_id": "else"}, parent=1),
            make_span(1, 3, USAGE, parent=1, start_ns=after_the_window),
            make_span(2, 4, {**USAGE, "netra.session_id": "s2"}),
            make_span(3, 5, {"netra.tenant_id": "t"}),
        ]
    )
    assert client.get("/usage/sessions/s1", params=WINDOW).json() == {
        "data": {"session_id": "s1", "tokenCount": 3, "requestsCount": 1, "totalCost": 1.5}
    }
    assert client.get("/usage/tenants/t", params=WINDOW).json() == {
        "data": {
            "tenant_id": "t",
            "organisation_id": "local",
            "tokenCount": 4,
            "requestsCount": 3,
            "sessionsCount": 2,
            "totalCost": 2.0,
        }
    }
    assert client.get("/usage/sessions/else", params=WINDOW).json() == {"data": None}


def test_late_spans_can_move_a_trace_to_another_session_or_time(client: httpx.Client, export: Export) -> None:
    child = make_span(1, 2, {**USAGE, "netra.session_id": "child's"}, parent=1)
    export([child])
    assert client.get("/usage/sessions/child's", params=WINDOW).json()["data"]["tokenCount"] == 1
    before_the_window = (EPOCH_MS - 1) * 1_000_000
    export([make_span(1, 1, {"netra.session_id": "root's"}, start_ns=before_the_window)])
    assert client.get("/usage/sessions/child's", params=WINDOW).json() == {"data": None}
    assert client.get("/usage/sessions/root's", params=WINDOW).json() == {"data": None}
    wider = {**WINDOW, "startTime": "2025-12-31T23:59:59.999Z"}
    assert client.get("/usage/sessions/root's", params=wider).json()["data"]["tokenCount"] == 1


def test_the_widest_window_contains_every_trace(client: httpx.Client, export: Export) -> None:
    export([make_span(1, 1, USAGE, start_ns=0), make_span(2, 2, USAGE, start_ns=2**63 - 10**7)])
    window = {"startTime": "0001-01-01T00:00:00.000Z", "endTime": "9999-12-31T23:59:59.999Z"}
    assert client.get("/usage/sessions/s", params=window).json()["data"]["requestsCount"] == 2
    body = {**window, "filters": []}
    listed = client.post("/sdk/traces", json=body).json()["data"]["data"]
    assert [trace["start_time"][:4] for trace in listed] == ["2262", "1970"]
