"""A client for Netra's usage, traces and spans API.

>>> from netra import Netra
>>> Netra.init(app_name="sample-app")
>>> Netra.usage.get_session_usage("session-123", "2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999Z")
"""

import importlib as _importlib
import typing as _typing

from . import errors
from ._version import __version__
from .client import Netra
from .errors import *  # noqa: F403  (exactly the tree)

if _typing.TYPE_CHECKING:
    from ._core.parameters import Direction as Direction
    from ._core.parameters import SortOrder as SortOrder
    from ._sync.pagination import PagedIterator as PagedIterator
    from ._sync.parallel import TracesInParallel as TracesInParallel
    from ._sync.trace_spans import TracesWithSpans as TracesWithSpans
    from ._sync.traces import TracesIterator as TracesIterator
    from ._timestamps import Timestamp as Timestamp
    from .aio.client import AsyncNetra as AsyncNetra
    from .aio.pagination import AsyncPagedIterator as AsyncPagedIterator
    from .aio.parallel import AsyncTracesInParallel as AsyncTracesInParallel
    from .aio.trace_spans import AsyncTracesWithSpans as AsyncTracesWithSpans
    from .aio.traces import AsyncTracesIterator as AsyncTracesIterator
    from .aio.usage import AsyncUsage as AsyncUsage
    from .models import SessionUsageData as SessionUsageData
    from .models import SpansPage as SpansPage
    from .models import TenantUsageData as TenantUsageData
    from .models import TracesPage as TracesPage
    from .models import TraceSpan as TraceSpan
    from .models import TraceSummary as TraceSummary
    from .models import TracesWithSpansPage as TracesWithSpansPage
    from .models import TraceWithSpans as TraceWithSpans
    from .usage import Usage as Usage

# What is loaded when it is first asked for, by its module; the async client, for example, loads asyncio.
_MODULES = {
    "AsyncNetra": "aio.client",
    "AsyncPagedIterator": "aio.pagination",
    "AsyncTracesInParallel": "aio.parallel",
    "AsyncTracesIterator": "aio.traces",
    "AsyncTracesWithSpans": "aio.trace_spans",
    "AsyncUsage": "aio.usage",
    "Direction": "_core.parameters",
    "PagedIterator": "_sync.pagination",
    "SessionUsageData": "models",
    "SortOrder": "_core.parameters",
    "SpansPage": "models",
    "TenantUsageData": "models",
    "Timestamp": "_timestamps",
    "TraceSpan": "models",
    "TraceSummary": "models",
    "TraceWithSpans": "models",
    "TracesInParallel": "_sync.parallel",
    "TracesIterator": "_sync.traces",
    "TracesPage": "models",
    "TracesWithSpans": "_sync.trace_spans",
    "TracesWithSpansPage": "models",
    "Usage": "usage",
}

__all__ = ["Netra", "__version__", *errors.__all__, *_MODULES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> _typing.Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _importlib.import_module(f".{_MODULES[name]}", __name__)
    return globals().setdefault(name, getattr(module, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
