"""Make the iterators: from a checked query or plan, and a transport.

What few programs need is imported when it is first asked for, so that a first call stays cheap.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from netra._core.operations import list_spans_by_trace_id, list_traces
from netra._core.options import Options
from netra._core.parameters import SpansQuery, TracesQuery
from netra._core.plan import TracesPlan
from netra._core.request_flow import CallGroup
from netra.models import SpansPage, TracesPage, TraceSpan, TraceSummary

from .pagination import PagedIterator
from .traces import TracesIterator
from .transport import Transport

if TYPE_CHECKING:
    from .parallel import TracesInParallel
    from .trace_spans import TracesWithSpans

__all__ = ["iter_spans", "iter_traces"]


def iter_traces(transport: Transport, options: Options, query: TracesQuery) -> TracesIterator:
    plan = TracesPlan(open=_open, transport=transport, options=options, query=query.in_large_pages())
    return _page_by_page(plan, CallGroup())


def iter_spans(
    transport: Transport, options: Options, query: SpansQuery
) -> PagedIterator[TraceSpan, SpansPage]:
    group = CallGroup()
    pages = _span_pages(transport, options, group, query.in_large_pages())
    cancel = partial(transport.cancel, group)
    description = f" of trace {query.trace_id!r}"
    return PagedIterator(pages, query.cursor, options.prefetch, cancel, description)


def _open(plan: TracesPlan) -> Any:
    """Make the iterator of a plan. The calls of all its parts are one group."""
    group = CallGroup()
    traces = _page_by_page(plan, group) if plan.parallel is None else _in_parallel(plan, group)
    return traces if plan.spans_concurrency is None else _with_spans(plan, traces, group)


# The functions below capture the transport, the options and the group, but no iterator: a reference to the iterator
# from its own worker would keep it alive after its loop is left.


def _page_by_page(plan: TracesPlan, group: CallGroup) -> TracesIterator:
    transport, options, query = plan.transport, plan.options, plan.query

    def fetch(cursor: str | None) -> TracesPage:
        page: TracesPage = transport.send(list_traces(query, cursor, query.limit), options, group)
        return page

    return TracesIterator(plan, fetch, partial(transport.cancel, group))


def _in_parallel(plan: TracesPlan, group: CallGroup) -> TracesInParallel:
    from netra._core.partition import Partition
    from netra._core.scheduler import PartitionScheduler

    from .parallel import PartitionCall, TracesInParallel
    from .worker_task import PartitionTask, check_executor
    from .workers import DaemonThreadExecutor

    transport, parallel = plan.transport, plan.parallel
    assert parallel is not None
    check_executor(parallel.executor)
    query = plan.query.for_partitions()
    scheduler = PartitionScheduler[PartitionCall](query, parallel.concurrency)
    task = PartitionTask.create(
        query, Partition.whole(query), transport, group, plan.options, parallel.share_key
    )
    executor = DaemonThreadExecutor(parallel.concurrency) if parallel.executor is None else parallel.executor
    return TracesInParallel(plan, scheduler, task, executor, partial(transport.cancel, group))


def _with_spans(
    plan: TracesPlan, traces: TracesIterator | TracesInParallel, group: CallGroup
) -> TracesWithSpans:
    from .trace_spans import TracesWithSpans

    transport, options = plan.transport, plan.options

    def read_spans(trace: TraceSummary) -> list[TraceSpan]:
        pages = _span_pages(transport, options, group, SpansQuery.of_trace(trace.id))
        return list(PagedIterator[TraceSpan, SpansPage](pages, None))

    return TracesWithSpans(plan, traces, read_spans, partial(transport.cancel, group))


def _span_pages(transport: Transport, options: Options, group: CallGroup, query: SpansQuery) -> Any:
    def fetch(cursor: str | None) -> SpansPage:
        return transport.send(list_spans_by_trace_id(query, cursor, query.limit), options, group)

    return fetch
