"""Schemathesis generates requests from openapi.yaml and finds no violation of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from netra.local import LocalServer

from .otlp import PROTOBUF, Value, body_of, make_span, trace_id

# The ids exist on the server. The check `positive_data_acceptance` is off, because a schema cannot
# say that a string must be a cursor or a real time, or that the start must not be after the end.
CONFIGURATION = f"""
[parameters]
"path.sessionId" = "session"
"path.tenantId" = "tenant"
"path.traceId" = "{trace_id(1)}"
[checks]
positive_data_acceptance.enabled = false
"""


@pytest.mark.slow
@pytest.mark.process
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    owners: dict[str, Value] = {
        "netra.session_id": "session",
        "netra.tenant_id": "tenant",
        "gen_ai.usage.cost": 0.1,
    }
    spans = [
        make_span(trace, trace * 10 + span, owners, parent=trace * 10 if span else None)
        for trace in range(1, 60)
        for span in range(3)
    ]
    with LocalServer(api_key="secret") as server:
        headers = {"content-type": PROTOBUF, "x-api-key": "secret"}
        httpx.post(f"{server.endpoint}/v1/traces", content=body_of(spans), headers=headers)
        result = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run"),
                str(Path(__file__).parents[2] / "openapi.yaml"),
                *("--url", server.url),
                *("--header", "x-api-key: secret"),
                *("--max-examples", "25"),
                *("--seed", "1"),
                "--no-color",
            ],
            cwd=tmp_path,
            env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Tested: 4" in result.stdout
