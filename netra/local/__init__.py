"""The embedded backend: a server that ingests OpenTelemetry traces and serves the usage API.

Use it for demos, and for tests here and in your own project. It is for one machine; production is
the hosted service. It needs three packages: `pip install opentelemetry-proto starlette uvicorn`. Run
it with `python -m netra.local`, or in your own process with `LocalServer`.

Example:
    with LocalServer() as server:
        Netra.init(app_name="tests", endpoint=server.endpoint)
"""

from __future__ import annotations

try:
    from ._server import LocalServer
except ModuleNotFoundError as missing:
    if (missing.name or "").partition(".")[0] not in {
        "google",
        "opentelemetry",
        "starlette",
        "uvicorn",
    }:
        raise
    raise ImportError(
        f"netra.local needs {missing.name}, which is not installed: "
        "pip install opentelemetry-proto starlette uvicorn",
        name=missing.name,
    ) from missing

__all__ = ["LocalServer"]
