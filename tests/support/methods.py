"""Find the methods of `usage` and the trace iterators by name, so that one test can run with all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netra._core.parameters import TracesQuery

TRACE_ITERATORS = ["iter_traces", "with_spans", "in_parallel", "in_parallel_with_spans"]
"""All kinds of iterators over traces."""

_PARALLEL_OPTIONS = ("executor", "share_key")


def get_method(usage: Any, name: str) -> Callable[..., Any]:
    """Return a method of `usage`, or a function that makes the named iterator.

    Such a function takes the arguments of `iter_traces`, and those of `in_parallel` and `with_spans` as well.
    """
    if name not in TRACE_ITERATORS[1:]:
        method: Callable[..., Any] = getattr(usage, name)
        return method

    def iterate(*arguments: Any, concurrency: int | None = None, **options: Any) -> Any:
        limit = {} if concurrency is None else {"concurrency": concurrency}
        parallel = {key: options.pop(key) for key in _PARALLEL_OPTIONS if key in options}
        traces = usage.iter_traces(*arguments, **options)
        if name.startswith("in_parallel"):
            traces = traces.in_parallel(**limit, **parallel)
        return traces.with_spans(**limit) if name.endswith("with_spans") else traces

    return iterate


def traces_query(
    start: Any, end: Any, *, limit: int | None = None, cursor: str | None = None, order: Any = None
) -> TracesQuery:
    """Return a checked query without filters."""
    return TracesQuery.checked(
        start, end, None, None, None, None, limit, cursor, "down", None, order
    )  # fmt: skip
