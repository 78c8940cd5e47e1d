"""The examples of the service's documentation, word for word, against the embedded backend with real spans in it."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from netra.local import LocalServer
from tests.support.agent import record_the_documented_trace, run_agent

ROOT = Path(__file__).parents[2]
DOCUMENTED = sorted((Path(__file__).parent / "documented").glob("*.py"))
assert DOCUMENTED
COMPLETE = ROOT / "scripts/demo/complete_example.py"
KEY = "your-api-key"


@pytest.fixture(scope="module")
def backend() -> Iterator[tuple[LocalServer, list[ReadableSpan]]]:
    with LocalServer(api_key=KEY) as server:
        record_the_documented_trace(server.endpoint, api_key=KEY)
        yield server, run_agent(server.endpoint, api_key=KEY)


def run(example: Path, server: LocalServer) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-W", "error", example],
        env={
            "PATH": os.environ["PATH"],
            "NETRA_OTLP_ENDPOINT": server.endpoint,
            "NETRA_API_KEY": KEY,
            "PYTHONIOENCODING": "utf-8",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout.splitlines()


def cost(spans: list[ReadableSpan]) -> float:
    return math.fsum(float(str((span.attributes or {}).get("gen_ai.usage.cost", 0))) for span in spans)


def belonging_to(spans: list[ReadableSpan], **who: str) -> list[ReadableSpan]:
    return [
        span
        for span in spans
        if all((span.attributes or {}).get(f"netra.{name}") == value for name, value in who.items())
    ]


SPAN_ID = "[0-9a-f]{16}"
TRACE_ID = "[0-9a-f]{32}"
PRINTED = {
    "get_session_usage": r"Session: b8a359f8-.*\nTokens: [1-9]\d*\nRequests: 9\nTotal cost \(USD\): 0\.\d+",
    "get_tenant_usage": r"Tenant: AceTech\nOrg: local\nTokens: [1-9]\d*\nRequests: 22\nSessions: 3\nTotal cost .+",
    "list_traces": rf"({TRACE_ID} answer_question \d+ 0\.\d+\n){{9}}Has next page\? False\nNext cursor: None",
    "iter_traces": "",  # its trace id is no OpenTelemetry id (those have no dashes), so no trace here can have it
    "list_spans_by_trace_id": rf"{SPAN_ID} openai.chat span \d.*\nHas next page\? False\nNext cursor: None",
    "iter_spans_by_trace_id": rf"Span: {SPAN_ID}, name=generation_pipeline, kind=span, duration_ms=\d.*",
}


@pytest.mark.parametrize("example", DOCUMENTED, ids=lambda path: path.stem)
def test_every_example_runs_unchanged(example: Path, backend: tuple[LocalServer, list[ReadableSpan]]) -> None:
    printed = "\n".join(run(example, backend[0]))
    assert re.fullmatch(PRINTED[example.stem], printed), printed


def test_the_complete_example_shows_what_was_sent(backend: tuple[LocalServer, list[ReadableSpan]]) -> None:
    server, spans = backend
    lines = run(COMPLETE, server)
    tenant = belonging_to(spans, tenant_id="AceTech")
    assert lines[0] == f"Session cost: ${cost(belonging_to(spans, session_id='session-123')):.4f}"
    assert lines[1] == f"Tenant total: 3 sessions, ${cost(tenant):.4f}"
    assert sum(line.startswith("Trace ") for line in lines) == len({span.context.trace_id for span in tenant})
    assert sum(line.startswith("  └─ ") for line in lines) == len(tenant)


def test_the_readme_shows_the_complete_example() -> None:
    assert f"```python\n{COMPLETE.read_text(encoding='utf-8')}```" in (ROOT / "README.md").read_text(
        encoding="utf-8"
    )


def test_the_first_example_of_the_readme_runs(
    backend: tuple[LocalServer, list[ReadableSpan]], tmp_path: Path
) -> None:
    server, spans = backend
    first = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert first is not None
    example = tmp_path / "first.py"
    example.write_text(first[1], encoding="utf-8")
    lines = run(example, server)
    tenant = belonging_to(spans, tenant_id="AceTech")
    sessions, dollars = lines[0].split(" sessions, $")
    assert int(sessions) == 3
    assert float(dollars) == pytest.approx(cost(tenant))
    assert len(lines) == 1 + len({span.context.trace_id for span in tenant})
    assert sum(int(line.split()[-2]) for line in lines[1:]) == len(tenant)
