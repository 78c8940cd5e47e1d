"""The methods of `usage` and the ways to walk over traces, by name: so that one test can go through them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netra._core.parameters import TracesQuery

WAYS = ["iter_traces", "with_spans", "in_parallel", "in_parallel_with_spans"]
"""All ways to walk over traces."""

_PARALLEL = ("executor", "share_key")


def method_of(usage: Any, name: str) -> Callable[..., Any]:
    """A method of `usage`, or a walk that takes the arguments of all its parts: those of `iter_traces` first."""
    if name not in WAYS[1:]:
        found: Callable[..., Any] = getattr(usage, name)
        return found

    def walk(*arguments: Any, concurrency: int | None = None, **options: Any) -> Any:
        limit = {} if concurrency is None else {"concurrency": concurrency}
        parallel = {key: options.pop(key) for key in _PARALLEL if key in options}
        traces = usage.iter_traces(*arguments, **options)
        if name.startswith("in_parallel"):
            traces = traces.in_parallel(**limit, **parallel)
        return traces.with_spans(**limit) if name.endswith("with_spans") else traces

    return walk


def traces_query(
    start: Any, end: Any, *, limit: int | None = None, cursor: str | None = None, order: Any = None
) -> TracesQuery:
    """A checked query without filters."""
    return TracesQuery.checked(
        start, end, None, None, None, None, limit, cursor, "down", None, order
    )  # fmt: skip
