"""The README's sections on periods, filters and failures run as they stand, against the embedded backend."""

from __future__ import annotations

import contextlib
import io
import re
from decimal import Decimal
from pathlib import Path

import httpx

from netra import Netra
from netra.local import LocalServer
from netra.periods import month
from tests.backend.otlp import PROTOBUF, Value, body_of, make_span, trace_id

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
MILLISECOND = 1_000_000
OCTOBER = month("2026-10", "Europe/Vienna")
START, END = (int(moment.timestamp() * 1000) for moment in (OCTOBER.start, OCTOBER.end_exclusive))
"""The first millisecond of October in Vienna, and of November."""

TRACES: list[tuple[int, str, Value, str, bool]] = [
    (START - 1, "AceTech", 0.1, "gpt-4o", False),  # September
    (START, "AceTech", 0.7, "gpt-4o", False),
    (START + 1, "Globex", 5.0, "gpt-4o", False),
    (START + 86_400_000, "AceTech", 0.1, "gpt-4o-mini", False),
    (START + 2 * 86_400_000, "AceTech", 1.2, "gpt-4o-mini", True),
    (START + 3 * 86_400_000, "AceTech", 1.3, "another", False),
    (END - 1, "AceTech", 0.9, "gpt-4o-mini", False),
    (END, "AceTech", 100.0, "gpt-4o", False),  # November
]


def snippet(heading: str) -> str:
    section = README.partition(f"### {heading}\n")[2].partition("\n##")[0]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    return str(code)


def record(server: LocalServer) -> None:
    spans = []
    for number, (start_ms, tenant, cost, model, failed) in enumerate(TRACES, 1):
        attributes = {"netra.tenant_id": tenant, "gen_ai.usage.cost": cost, "gen_ai.response.model": model}
        start_ns = start_ms * MILLISECOND
        spans.append(make_span(number, number, attributes, start_ns=start_ns, error=failed))
        if failed:  # a tool that fails, and its caller with it; what comes after is fine
            spans += [
                make_span(number, 100, parent=number, name="search", start_ns=start_ns + 1, error=True),
                make_span(number, 101, parent=100, name="fetch", start_ns=start_ns + 2, error=True),
                make_span(number, 102, parent=number, name="apologize", start_ns=start_ns + 3),
            ]
    response = httpx.post(
        f"{server.endpoint}/v1/traces", content=body_of(spans), headers={"content-type": PROTOBUF}
    )
    assert response.status_code == 200


def printed_by(*headings: str) -> list[str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec("".join(map(snippet, headings)), {"Netra": Netra})
    return printed.getvalue().splitlines()


def test_a_customers_month_is_exact_to_the_cent(local_server: LocalServer) -> None:
    record(local_server)
    Netra.init(app_name="readme", endpoint=local_server.endpoint)
    first, *traces = printed_by("A customer's month", "Filters")
    due = sum(
        Decimal(str(cost))
        for start, tenant, cost, *_ in TRACES
        if tenant == "AceTech" and START <= start < END
    )
    assert first == f"2026-10: ${due}" == "2026-10: $4.2"
    assert [line.rpartition(" ")[2] for line in traces] == ["0.9", "1.2", "0.7"]


def test_the_span_where_a_failure_began_is_found(local_server: LocalServer) -> None:
    record(local_server)
    Netra.init(app_name="readme", endpoint=local_server.endpoint)
    _, *found = printed_by("A customer's month", "Find what failed")
    assert found == [f"work ({trace_id(5)}): span fetch, []"]
