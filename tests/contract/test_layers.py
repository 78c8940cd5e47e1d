"""The layers of the package: who may import whom, as CONTRIBUTING.md draws it. Read from the sources with `ast`.

Imports inside functions count; those under `if TYPE_CHECKING:` do not, because nothing runs them.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import netra

PACKAGE = Path(netra.__file__).parent

VALUES = {
    "netra.errors",
    "netra.models",
    "netra._timestamps",
    "netra._integers",
    "netra._text",
    "netra._booleans",
    "netra._copying",
    "netra._version",
}
"""Values: everything may use them."""

ALLOWED: dict[str, set[str]] = {
    "netra.errors": set(),
    "netra._version": set(),
    "netra._timestamps": VALUES,
    "netra.models": {*VALUES, "netra_api"},
    "netra._integers": set(),
    "netra._text": set(),
    "netra._booleans": set(),
    "netra._copying": {"netra.errors"},
    "netra.filters": {*VALUES, "netra.filters", "netra_api"},
    "netra.periods": {*VALUES, "netra.periods"},
    "netra._core": {*VALUES, "netra.filters", "netra._core", "netra_api"},
    "netra._sync": {*VALUES, "netra._core", "netra._sync"},
    "netra.usage": {*VALUES, "netra._core", "netra._sync"},
    "netra.client": {*VALUES, "netra._core", "netra._sync", "netra.usage"},
    # The twins' documentation, and an executor's workers, which are threads or other processes.
    "netra.aio": {*VALUES, "netra._core", "netra.aio", "netra.usage", "netra._sync"},
    "netra.local": {"netra.local", "netra._version", "netra_api"},
    "netra": {*VALUES, "netra.client"},
}
"""What each layer may import of ours. A layer is the longest name here that begins a module's name."""

AIO_USES_OF_SYNC = {
    "netra.aio.traces": {"netra._sync.traces"},
    "netra.aio.transport": {"netra._sync.worker_task"},
    "netra.aio.walks": {"netra._sync.worker_task"},
}

BLOCKING = {
    "_thread",
    "asyncio",
    "concurrent",
    "multiprocessing",
    "queue",
    "select",
    "selectors",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "threading",
}
"""What `_core` may not import: sockets, threads, event loops, processes."""


def module_names() -> dict[str, Path]:
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = module_names()


def layer_of(module: str) -> str:
    fitting = [name for name in ALLOWED if module == name or module.startswith(f"{name}.")]
    return max(fitting, key=len)


def imports_of(module: str, source: str) -> Iterator[str]:
    """Yield each module that is imported when this one runs."""
    package = module if MODULES.get(module, Path()).name == "__init__.py" else module.rpartition(".")[0]
    nodes: list[ast.AST] = [ast.parse(source)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            nodes += node.orelse
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [node.module])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole in MODULES else base


def of_ours(module: str, source: str) -> set[str]:
    return {name for name in imports_of(module, source) if name.partition(".")[0] in ("netra", "netra_api")}


def broken_rules(module: str, source: str) -> list[str]:
    allowed = ALLOWED[layer_of(module)]
    found = []
    for name in of_ours(module, source):
        if not any(name == layer or name.startswith(f"{layer}.") for layer in allowed):
            found.append(f"{module} imports {name}")
    if layer_of(module) == "netra.aio":
        used = {name for name in of_ours(module, source) if name.startswith("netra._sync")}
        found += [f"{module} imports {name}" for name in used - AIO_USES_OF_SYNC.get(module, set())]
    if layer_of(module) == "netra._core":
        roots = {name.partition(".")[0] for name in imports_of(module, source)}
        found += [f"{module} imports {name}" for name in sorted(roots & BLOCKING)]
        if "time" in roots and module != "netra._core.clock":
            found.append(f"{module} imports time: ask the clock")
        if module == "netra._core.clock":
            found += ["the clock sleeps"] if "sleep" in source else []
    if module != "netra._core.http":
        roots = {name.partition(".")[0] for name in imports_of(module, source)}
        found += [f"{module} names {name}" for name in sorted(roots & {"httpx", "httpx2"})]
    return found


@pytest.mark.parametrize("module", sorted(MODULES))
def test_each_module_imports_only_its_own_and_lower_layers(module: str) -> None:
    assert broken_rules(module, MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("netra._core.retry", "import threading"),
        ("netra._core.retry", "def f():\n    import socket"),
        ("netra._core.retry", "from time import sleep"),
        ("netra._core.retry", "import asyncio.events"),
        ("netra._core.retry", "from netra._sync import workers"),
        ("netra._core.retry", "from .._sync.workers import Prefetch"),
        ("netra._core.retry", "import httpx"),
        ("netra._sync.workers", "from netra.client import Netra"),
        ("netra._sync.workers", "from netra import aio"),
        ("netra.aio.pagination", "from netra._sync.pagination import PagedIterator"),
        ("netra.usage", "from .client import Netra"),
        ("netra.errors", "from . import models"),
        ("netra.models", "from ._core import config"),
        ("netra.local._app", "from netra.client import Netra"),
        ("netra.client", "from netra.local import LocalServer"),
    ],
)
def test_a_broken_rule_is_found(module: str, source: str) -> None:
    assert broken_rules(module, source) != []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: of_ours(module, path.read_text(encoding="utf-8")) & set(MODULES) - {"netra"}
        for module, path in MODULES.items()
    }
    packages = {module for module, path in MODULES.items() if path.name == "__init__.py"}
    graph = {module: names - packages for module, names in graph.items()}
    order = list(
        graphlib.TopologicalSorter(graph).static_order()
    )  # raises CycleError, which names the circle
    assert order.index("netra.errors") < order.index("netra.client")


def test_no_module_is_longer_than_350_lines() -> None:
    """But `usage.py`, which is the documentation of the methods."""
    lengths = {module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in MODULES.items()}
    assert {module for module, lines in lengths.items() if lines > 350} <= {"netra.usage"}


def test_the_signature_of_list_traces_stands_at_most_five_times() -> None:
    sources = [path.read_text(encoding="utf-8") for path in MODULES.values()]
    definitions = [
        node
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and {"start_time", "user_id", "sort_field"} <= {argument.arg for argument in node.args.args}
    ]
    assert 0 < len(definitions) <= 5


def test_sync_and_async_modules_have_the_same_names() -> None:
    def names(package: str) -> set[str]:
        return {path.stem for path in (PACKAGE / package).glob("*.py")}

    only_sync = {"deadline", "default", "pool_locks", "worker_task"}
    only_async = {"client", "documented", "socks", "usage"}
    assert names("_sync") - only_sync == names("aio") - only_async
