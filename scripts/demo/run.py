"""The main use in one run: an instrumented program, the embedded backend, and the documented example.

Everything runs on this machine, and nothing remains afterwards.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from netra.local import LocalServer

HERE = Path(__file__).parent
API_KEY = "your-api-key"  # the one that the documented example sends


def run(script: str, **environment: str) -> None:
    """Run a script without the OpenTelemetry, Netra and proxy settings of the caller."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "NETRA_")) and not name.lower().endswith("_proxy")
    }
    subprocess.run(
        [sys.executable, HERE / script],
        env={**inherited, "PYTHONIOENCODING": "utf-8", **environment},
        check=True,
    )


def main() -> None:
    with LocalServer(api_key=API_KEY) as server:
        print(f"1. The embedded backend listens at {server.url}", flush=True)

        print("2. An agent answers January's questions and exports its spans with OpenTelemetry", flush=True)
        run(
            "agent.py",
            OTEL_EXPORTER_OTLP_ENDPOINT=server.endpoint,
            OTEL_EXPORTER_OTLP_HEADERS=f"x-api-key={API_KEY}",
        )

        print("3. The documented example reads the costs\n", flush=True)
        run("complete_example.py", NETRA_OTLP_ENDPOINT=server.endpoint)
    print("\nDone; the backend has stopped.")


if __name__ == "__main__":
    main()
