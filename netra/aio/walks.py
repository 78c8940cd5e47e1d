"""Make the async iterators: from a checked query or plan, and a transport."""

from __future__ import annotations

import asyncio
from typing import Any

import attrs

from netra._core.lookahead import Spans
from netra._core.operations import list_spans_by_trace_id, list_traces
from netra._core.options import Options
from netra._core.parameters import SpansQuery, TracesQuery
from netra._core.partition import Partition, PartitionReader, PartitionResult
from netra._core.plan import TracesPlan
from netra._core.request_flow import CallGroup
from netra._core.scheduler import PartitionScheduler
from netra.errors import NetraError
from netra.models import SpansPage, TracesPage, TraceSpan, TraceSummary

from .pagination import AsyncPagedIterator
from .parallel import AsyncTracesInParallel, PartitionCall
from .trace_spans import AsyncTracesWithSpans
from .traces import AsyncTracesIterator
from .transport import AsyncTransport

__all__ = ["iter_spans", "iter_traces"]


def iter_traces(transport: AsyncTransport, options: Options, query: TracesQuery) -> AsyncTracesIterator:
    plan = TracesPlan(open=_open, transport=transport, options=options, query=query.in_large_pages())
    return _page_by_page(plan, CallGroup())


def iter_spans(
    transport: AsyncTransport, options: Options, query: SpansQuery
) -> AsyncPagedIterator[TraceSpan, SpansPage]:
    pages = _span_pages(transport, options, CallGroup(), query.in_large_pages())
    return AsyncPagedIterator(pages, query.cursor, options.prefetch, f" of trace {query.trace_id!r}")


def _open(plan: TracesPlan) -> Any:
    """Make the iterator of a plan. The calls of all its parts are one group."""
    group = CallGroup()
    traces = _page_by_page(plan, group) if plan.parallel is None else _in_parallel(plan, group)
    return traces if plan.spans_concurrency is None else _with_spans(plan, traces, group)


# The functions below capture the transport, the options and the group, but no iterator: a reference to the iterator
# from its own task would keep it alive after its loop is left.


def _page_by_page(plan: TracesPlan, group: CallGroup) -> AsyncTracesIterator:
    transport, options, query = plan.transport, plan.options, plan.query

    async def fetch(cursor: str | None) -> TracesPage:
        page: TracesPage = await transport.send(list_traces(query, cursor, query.limit), options, group)
        return page

    return AsyncTracesIterator(plan, fetch)


def _in_parallel(plan: TracesPlan, group: CallGroup) -> AsyncTracesInParallel:
    transport, options, parallel = plan.transport, plan.options, plan.parallel
    assert parallel is not None
    query = plan.query.for_partitions()
    scheduler = PartitionScheduler[PartitionCall](query, parallel.concurrency)
    if parallel.executor is not None:
        return _by_executor(plan, scheduler, query, group)

    async def read(partition: Partition) -> PartitionResult:
        reader = PartitionReader(query, partition)
        try:
            while (operation := reader.next_request()) is not None:
                reader.feed(await transport.send(operation, options, group))
        except NetraError as error:
            return reader.result_before(error)
        return reader.result()

    return AsyncTracesInParallel(plan, scheduler, lambda partition: asyncio.create_task(read(partition)))


def _by_executor(
    plan: TracesPlan, scheduler: PartitionScheduler[PartitionCall], query: TracesQuery, group: CallGroup
) -> AsyncTracesInParallel:
    # Here, because only executors need the sync client.
    from netra._sync.worker_task import PartitionTask, check_executor, run_task

    parallel = plan.parallel
    assert parallel is not None
    executor = parallel.executor
    check_executor(executor)
    transport = plan.transport.for_executor()
    task = PartitionTask.create(
        query, Partition.whole(query), transport, group, plan.options, parallel.share_key
    )

    def start(partition: Partition) -> PartitionCall:
        transport.check_open()
        return asyncio.wrap_future(executor.submit(run_task, attrs.evolve(task, partition=partition)))

    return AsyncTracesInParallel(plan, scheduler, start, lambda: transport.cancel(group))


def _with_spans(
    plan: TracesPlan, traces: AsyncTracesIterator | AsyncTracesInParallel, group: CallGroup
) -> AsyncTracesWithSpans:
    transport, options = plan.transport, plan.options

    async def read_spans(trace: TraceSummary) -> Spans:
        pages = _span_pages(transport, options, group, SpansQuery.of_trace(trace.id))
        return [span async for span in AsyncPagedIterator[TraceSpan, SpansPage](pages, None)]

    return AsyncTracesWithSpans(plan, traces, read_spans)


def _span_pages(transport: AsyncTransport, options: Options, group: CallGroup, query: SpansQuery) -> Any:
    async def fetch(cursor: str | None) -> SpansPage:
        return await transport.send(list_spans_by_trace_id(query, cursor, query.limit), options, group)

    return fetch
