"""`TracesIterator`, and what every walk over traces offers: `with_spans()` and `in_parallel()`."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from netra._core.plan import TracesPlan
from netra.models import TracesPage, TraceSummary

from .pagination import PagedIterator

if TYPE_CHECKING:
    from .parallel import TracesInParallel  # noqa: F401  (for the base class below)
    from .trace_spans import TracesWithSpans  # noqa: F401

__all__ = ["TracesIterator", "TracesWalk"]

WithSpansT = TypeVar("WithSpansT")
InParallelT = TypeVar("InParallelT")


class TracesWalk(Generic[WithSpansT, InParallelT]):
    """What can be asked of a walk over traces before it starts. Each method returns a new walk."""

    _plan: TracesPlan

    def _check_not_started(self, method: str) -> None:
        raise NotImplementedError

    def with_spans(self, concurrency: int = 8) -> WithSpansT:
        """Return a walk over the same traces, each with the list of all its spans.

        The spans of several traces are read at the same time, so this takes a fraction of the time of a loop that
        calls `iter_spans_by_trace_id` for each trace. A 429 pauses all requests of the walk; one that a
        worker of another process meets pauses only that worker.

        Contract: `listTraces`, `listSpansByTraceId`.

        Args:
            concurrency: How many traces have their spans read at the same time, and are at most ahead of the loop. With
                `in_parallel()`, the larger of both values bounds all requests in flight.

        Raises:
            InvalidRequestError: the walk has started, or `concurrency` is no integer from 1.

        Example:
            >>> for trace, spans in Netra.usage.iter_traces("2026-01-01", "2026-01-31T23:59:59.999Z").with_spans():
            ...     print(trace.name, trace.total_cost, [span.name for span in spans])
        """
        self._check_not_started("with_spans")
        walk: WithSpansT = self._plan.with_spans(concurrency)
        return walk

    def in_parallel(
        self, concurrency: int = 16, executor: Executor | None = None, share_key: bool = False
    ) -> InParallelT:
        """Return a walk over the same traces in the same order, whose window is read in partitions side by side.

        For exports of large windows that lie in the past: while traces still arrive or change, partitions that are
        read at different times may not fit together, where a walk page by page sees one state of things. Only the
        order by `start_time` can be read like this.

        Contract: `listTraces`.

        Args:
            concurrency: How many partitions are read at the same time. For each, some 8 to 16 pages may be held in
                memory.
            executor: What reads the partitions: any `concurrent.futures.Executor`, such as `dask.distributed`'s
                `client.get_executor()`. Default: this process.
            share_key: Whether tasks that go to other processes take this client's headers along, the API key among
                them. Else the workers need a key of their own that sees the same traces, from `Netra.init` for the
                same endpoint, or from `NETRA_API_KEY`. An `http_client` always stays behind.

        Raises:
            InvalidRequestError: the walk has started, has another order, or an argument makes no sense. Nothing was
                sent.

        Example:
            >>> for trace in Netra.usage.iter_traces("2026-01-01", "2026-12-31T23:59:59.999Z").in_parallel():
            ...     export(trace)
        """
        self._check_not_started("in_parallel")
        walk: InParallelT = self._plan.in_parallel(concurrency, executor, share_key)
        return walk


class TracesIterator(
    PagedIterator[TraceSummary, TracesPage], TracesWalk["TracesWithSpans", "TracesInParallel"]
):
    """An iterator over traces that fetches pages as it goes: the next one while you work on the rows of this one.

    It ends only where the service says that nothing follows. Anything else raises, and the error's `cursor`
    tells where to go on; the iterator itself can go on as well: it then asks for the same page again.

    Example:
        >>> traces = Netra.usage.iter_traces(start, end, cursor=saved)
        >>> for trace in traces:
        ...     export(trace)
        ...     save(traces.cursor)
    """

    def __init__(
        self, plan: TracesPlan, fetch: Callable[[str | None], TracesPage], cancel: Callable[[], None]
    ) -> None:
        super().__init__(fetch, plan.query.cursor, plan.options.prefetch, cancel, plan.describe())
        self._plan = plan

    def _try_next(self) -> Any:
        """Emit the next trace; wait for it if need be."""
        return next(self)
