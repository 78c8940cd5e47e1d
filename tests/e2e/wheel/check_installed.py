"""Check an installed wheel. scripts/wheel.sh runs this in an environment with only the wheel and its dependencies."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import distribution, requires

import netra_api

import netra

START, END = "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.000Z"


def check_contents() -> None:
    files = [str(file) for file in distribution("netra-sdk").files or [] if ".dist-info" not in str(file)]
    assert {file.split("/")[0] for file in files} == {"netra", "netra_api"}, files
    assert {"netra/py.typed", "netra_api/py.typed"} <= set(files), files
    assert not [file for file in files if not file.endswith((".py", ".pyc", "py.typed"))], files


def check_imports() -> None:
    for package in (netra, netra_api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.startswith("netra.local"):
                importlib.import_module(module.name)
    needed = [line for line in requires("netra-sdk") or [] if "extra ==" not in line]
    names = sorted(re.split("[<>=]", line)[0] for line in needed)
    assert names == ["attrs", "httpx", "python-dateutil", "tzdata"], needed


def check_a_call() -> None:
    message = "no error"
    with netra.Netra(endpoint="http://127.0.0.1:9/telemetry", api_key="k", max_retries=0) as client:
        try:
            client.usage.get_session_usage("s", START, END)
        except netra.APIConnectionError as error:
            message = str(error)
    assert "127.0.0.1:9" in message, message


def check_that_the_backend_names_its_packages() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "netra.local"], capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert "pip install opentelemetry-proto starlette uvicorn" in result.stderr, result.stderr


def check_backend() -> None:
    from netra.local import LocalServer

    with LocalServer() as server, netra.Netra(endpoint=server.endpoint) as client:
        assert client.usage.get_session_usage("s", START, END) is None
        assert list(client.usage.iter_traces(START, END)) == []


if __name__ == "__main__":
    if "--with-backend" in sys.argv:
        check_backend()
    else:
        check_contents()
        check_imports()
        check_a_call()
        check_that_the_backend_names_its_packages()
    print("the installed wheel is complete:", *sys.argv[1:] or ["plain"])
