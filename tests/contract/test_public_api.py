"""What `import netra` provides: every public name, with a description, and nothing else."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
import types
from collections.abc import Iterator

import pytest

import netra

PUBLIC = [name for name in netra.__all__ if name != "__version__"]


def members(cls: type) -> Iterator[str]:
    """Yield the public names that a class defines."""
    for name, value in vars(cls).items():
        if not name.startswith("_") and (
            callable(getattr(value, "__func__", value)) or isinstance(value, property)
        ):
            yield name


def test_all_public_names_exist_and_no_others_are_public() -> None:
    assert sorted(netra.__all__) == sorted(set(netra.__all__))
    public = {
        name
        for name in dir(netra)
        if not name.startswith("_") and not isinstance(getattr(netra, name), types.ModuleType)
    }
    assert public == set(netra.__all__) - {"__version__"}


@pytest.mark.parametrize("name", [name for name in PUBLIC if isinstance(getattr(netra, name), type)])
def test_every_public_class_has_a_docstring_with_example(name: str) -> None:
    cls = getattr(netra, name)
    doc = inspect.getdoc(cls) or ""
    assert "Example:" in doc or ">>>" in doc
    for member in members(cls):
        value = vars(cls)[member]
        doc = inspect.getdoc(value) or ""
        assert doc, f"{name}.{member}"
        assert isinstance(value, property) or "Example:" in doc, f"{name}.{member}"


@pytest.mark.parametrize(
    "method", sorted(name for name in vars(netra.Usage) if name.startswith(("get_", "list_", "iter_")))
)
def test_method_docs_name_arguments_example_and_operation(method: str) -> None:
    doc = inspect.getdoc(getattr(netra.Usage, method)) or ""
    for part in ("Contract: `", "Args:", "Example:"):
        assert part in doc
    for parameter in list(inspect.signature(getattr(netra.Usage, method)).parameters)[1:]:
        assert f"    {parameter}: " in doc


def run_in_new_process(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.mark.process
def test_importing_netra_does_not_load_the_backend() -> None:
    modules = run_in_new_process("import netra, sys; print(*sys.modules)").split()
    assert "netra.client" in modules
    for unwanted in ("netra.local", "starlette", "uvicorn", "opentelemetry", "google.protobuf", "sqlite3"):
        assert unwanted not in modules


@pytest.mark.process
def test_filters_and_periods_load_only_when_needed() -> None:
    code = (
        "import sys; from netra import Netra; client = Netra(endpoint='http://127.0.0.1:1')\n"
        "client.usage.iter_traces('2026-01-01', '2026-02-01T00:00Z')\n"
        "print(*sys.modules)"
    )
    modules = run_in_new_process(code).split()
    for unwanted in ("dateutil", "zoneinfo", "netra.periods", "netra.filters", "netra_api.filter_fields"):
        assert unwanted not in modules


@pytest.mark.process
def test_httpx_attrs_and_asyncio_load_only_when_needed() -> None:
    code = (
        "import sys, netra; from netra import Netra; first = set(sys.modules)\n"
        "Netra(endpoint='http://127.0.0.1:1'); second = set(sys.modules)\n"
        "from netra import AsyncNetra\n"
        "for name in ('httpx', 'attrs', 'asyncio'): print(name in first, name in second, name in sys.modules)"
    )
    assert run_in_new_process(code).splitlines() == ["False True True", "False True True", "False False True"]


def test_nothing_outside_the_backend_imports_it() -> None:
    for module in pkgutil.walk_packages(netra.__path__, "netra."):
        if not module.name.startswith("netra.local"):
            source = inspect.getsource(importlib.import_module(module.name))
            assert "netra.local" not in source
            assert "from .local" not in source


@pytest.mark.process
def test_the_generated_client_does_not_import_netra() -> None:
    code = "import pkgutil, importlib, netra_api, sys\n" + (
        "for m in pkgutil.walk_packages(netra_api.__path__, 'netra_api.'): importlib.import_module(m.name)\n"
        "print('netra' in sys.modules)"
    )
    assert run_in_new_process(code) == "False"


def test_the_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version

    assert netra.__version__ == version("netra-sdk")
