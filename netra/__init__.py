"""A client for Netra's usage, traces and spans API.

>>> from netra import Netra
>>> Netra.init(app_name="sample-app")
>>> Netra.usage.get_session_usage("session-123", "2026-01-01T00:00:00Z", "2026-01-31T23:59:59Z")
"""

from . import errors
from ._drilling import AsyncTracesWithSpans, TracesWithSpans
from ._paging import AsyncPagedIterator, PagedIterator
from ._version import __version__
from .client import AsyncNetra, Netra
from .errors import *  # noqa: F403  (exactly the tree)
from .models import (
    SessionUsageData,
    SpansPage,
    TenantUsageData,
    TracesPage,
    TraceSpan,
    TraceSummary,
    TraceWithSpans,
)
from .usage import AsyncUsage, Usage

__all__ = [
    "AsyncNetra",
    "AsyncPagedIterator",
    "AsyncTracesWithSpans",
    "AsyncUsage",
    "Netra",
    "PagedIterator",
    "SessionUsageData",
    "SpansPage",
    "TenantUsageData",
    "TraceSpan",
    "TraceSummary",
    "TraceWithSpans",
    "TracesPage",
    "TracesWithSpans",
    "Usage",
    "__version__",
]
__all__ += errors.__all__
