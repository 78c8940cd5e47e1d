"""`AsyncTracesIterator`, and what every async walk over traces offers: `with_spans()` and `in_parallel()`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from netra._core.plan import TracesPlan
from netra._sync.traces import TracesWalk
from netra.models import TracesPage, TraceSummary

from .documented import documented_by
from .pagination import AsyncPagedIterator

if TYPE_CHECKING:
    from .parallel import AsyncTracesInParallel  # noqa: F401  (for the base class below)
    from .trace_spans import AsyncTracesWithSpans  # noqa: F401

__all__ = ["AsyncTracesIterator", "AsyncTracesWalk"]

WithSpansT = TypeVar("WithSpansT")
InParallelT = TypeVar("InParallelT")


class AsyncTracesWalk(Generic[WithSpansT, InParallelT]):
    """What can be asked of a walk over traces before it starts. Each method returns a new walk."""

    _plan: TracesPlan

    def _check_not_started(self, method: str) -> None:
        raise NotImplementedError

    @documented_by(TracesWalk.with_spans)
    def with_spans(self, concurrency: int = 8) -> WithSpansT:
        self._check_not_started("with_spans")
        walk: WithSpansT = self._plan.with_spans(concurrency)
        return walk

    @documented_by(TracesWalk.in_parallel)
    def in_parallel(
        self, concurrency: int = 16, executor: Executor | None = None, share_key: bool = False
    ) -> InParallelT:
        self._check_not_started("in_parallel")
        walk: InParallelT = self._plan.in_parallel(concurrency, executor, share_key)
        return walk


class AsyncTracesIterator(
    AsyncPagedIterator[TraceSummary, TracesPage],
    AsyncTracesWalk["AsyncTracesWithSpans", "AsyncTracesInParallel"],
):
    """What `TracesIterator` is, for `async for`.

    Example:
        >>> traces = client.usage.iter_traces(start, end, cursor=saved)
        >>> async for trace in traces:
        ...     await export(trace)
        ...     save(traces.cursor)
    """

    def __init__(
        self, plan: TracesPlan, fetch: Callable[[str | None], Coroutine[Any, Any, TracesPage]]
    ) -> None:
        super().__init__(fetch, plan.query.cursor, plan.options.prefetch, plan.describe())
        self._plan = plan

    async def _try_next(self) -> Any:
        """Emit the next trace; wait for it if need be."""
        return await anext(self)
