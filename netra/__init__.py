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
    from ._drilling import TracesWithSpans
    from ._operations import Direction, SortOrder
    from ._paging import PagedIterator
    from ._parallel import TracesInParallel
    from ._timestamps import Timestamp
    from .aio._drilling import AsyncTracesWithSpans
    from .aio._paging import AsyncPagedIterator
    from .aio._parallel import AsyncTracesInParallel
    from .aio.client import AsyncNetra
    from .aio.usage import AsyncUsage
    from .models import (
        SessionUsageData,
        SpansPage,
        TenantUsageData,
        TracesPage,
        TraceSpan,
        TraceSummary,
        TraceWithSpans,
    )
    from .usage import Usage

__all__ = [
    "AsyncNetra",
    "AsyncPagedIterator",
    "AsyncTracesInParallel",
    "AsyncTracesWithSpans",
    "AsyncUsage",
    "Direction",
    "Netra",
    "PagedIterator",
    "SessionUsageData",
    "SortOrder",
    "SpansPage",
    "TenantUsageData",
    "Timestamp",
    "TraceSpan",
    "TraceSummary",
    "TraceWithSpans",
    "TracesInParallel",
    "TracesPage",
    "TracesWithSpans",
    "Usage",
    "__version__",
]
__all__ += errors.__all__

_HOMES = (
    "_timestamps",
    "models",
    "_operations",
    "usage",
    "_paging",
    "_drilling",
    "_parallel",
    "aio.client",
    "aio.usage",
    "aio._paging",
    "aio._drilling",
    "aio._parallel",
)


def __getattr__(name: str) -> _typing.Any:
    """Finds what is loaded when it is first asked for; the async face, for example, loads asyncio."""
    if name in __all__:
        for home in _HOMES:
            module = _importlib.import_module(f".{home}", __name__)
            if name in module.__all__:
                return globals().setdefault(name, getattr(module, name))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
