"""A soak test: one client in many threads reads from a faulty backend, for ten minutes or any other time.

Every row, its position and every sum must be exactly as sent. The retries must hide every fault. The memory and the
number of open files of this process must stay constant; the backend runs in another process and does not count.
"""

from __future__ import annotations

import argparse
import logging
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import attrs
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode, Tracer, set_span_in_context

from netra import Netra

THREADS = 16
CONCURRENCY = 3
FAULTS = 0.1
MAX_RETRIES = 8
"""Enough to hide every fault: nine attempts in a row do not fail by chance."""

TRACES, MAX_SPANS = 300, 30
SESSIONS, TENANTS = 30, 5
START, END = "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.999Z"
START_NS, MONTH_NS = 1_767_225_600 * 10**9, 30 * 86_400 * 10**9

SECONDS_BETWEEN_LINES = 10.0
WARM_UP_SECONDS, WARM_UP_SHARE = 60.0, 0.2
"""Memory growth counts from the shorter of these two times."""
MAX_GROWTH_MB = 3.0
MALLOC_SETTINGS = {"MALLOC_ARENA_MAX": "1", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
"""Without these, glibc keeps memory that threads have freed (here 1 MB per minute), which would hide a small leak."""
MAX_FAILURES = 20
"""The soak stops after this number of failures."""


# ---------------------------------------------------------------------- sent data


@attrs.frozen
class Sent:
    """A span as it was sent, or a trace of several spans."""

    id: str
    name: str
    start_ns: int
    latency_ns: int
    session: str
    tenant: str
    tokens: int
    cost: float
    has_error: bool
    spans: Sequence[Sent] = ()
    """The spans of a trace, in the order of their start."""

    @property
    def row(self) -> Row:
        return self.id, self.name, self.session, self.tenant, self.tokens, self.cost, self.has_error


Row = tuple[str, str, str | None, str | None, int | None, float | None, bool | None]


def send_traces(endpoint: str, chance: random.Random) -> list[Sent]:
    """Record traces with OpenTelemetry, export them, and return them."""
    recorded = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(recorded))
    tracer = provider.get_tracer("soak")
    exporter = OTLPSpanExporter(f"{endpoint}/v1/traces")
    traces = []
    for _ in range(TRACES):
        record_trace(tracer, chance)
        spans = recorded.get_finished_spans()
        recorded.clear()
        # Export here, because a batch processor drops spans that it cannot send in time.
        if exporter.export(spans) is not SpanExportResult.SUCCESS:
            raise SystemExit("the backend did not accept the spans")
        traces.append(sent_trace(spans))
    exporter.shutdown()  # type: ignore[no-untyped-call]
    provider.shutdown()
    return traces


def record_trace(tracer: Tracer, chance: random.Random) -> None:
    session = chance.randrange(SESSIONS)
    who = {"netra.session_id": f"session-{session}", "netra.tenant_id": f"tenant-{session % TENANTS}"}
    now = START_NS + chance.randrange(MONTH_NS)
    context = None
    for number in range(chance.randint(1, MAX_SPANS)):
        name = f"answer-{chance.randrange(10)}" if number == 0 else f"step-{number}"
        span = tracer.start_span(name, context, start_time=now, attributes=who)
        span.set_attribute("gen_ai.usage.input_tokens", chance.randrange(4000))
        span.set_attribute("gen_ai.usage.output_tokens", chance.randrange(900))
        span.set_attribute("gen_ai.usage.cost", chance.random() / 100)
        if chance.random() < 0.02:
            span.set_status(Status(StatusCode.ERROR))
        context = context or set_span_in_context(span)
        now += chance.randrange(1, 10**9)
        span.end(now)


def sent_span(span: ReadableSpan) -> Sent:
    attributes: dict[str, Any] = dict(span.attributes or {})
    assert span.context
    assert span.start_time
    assert span.end_time
    return Sent(
        id=f"{span.context.span_id:016x}",
        name=span.name,
        start_ns=span.start_time,
        latency_ns=span.end_time - span.start_time,
        session=attributes["netra.session_id"],
        tenant=attributes["netra.tenant_id"],
        tokens=attributes["gen_ai.usage.input_tokens"] + attributes["gen_ai.usage.output_tokens"],
        cost=attributes["gen_ai.usage.cost"],
        has_error=span.status.status_code is StatusCode.ERROR,
    )


def sent_trace(spans: Sequence[ReadableSpan]) -> Sent:
    in_time = sorted((sent_span(span) for span in spans), key=lambda span: span.start_ns)
    root, last = in_time[0], in_time[-1]
    assert spans[0].context
    return Sent(
        id=f"{spans[0].context.trace_id:032x}",
        name=root.name,
        start_ns=root.start_ns,
        latency_ns=last.start_ns + last.latency_ns - root.start_ns,
        session=root.session,
        tenant=root.tenant,
        tokens=sum(span.tokens for span in in_time),
        cost=math.fsum(span.cost for span in in_time),
        has_error=any(span.has_error for span in in_time),
        spans=in_time,
    )


# ---------------------------------------------------------------------- read data


class Tally:
    """The counts and failures of all threads."""

    def __init__(self) -> None:
        self.iterations = 0
        self.rows = 0
        self.sums = 0
        self.failures: list[str] = []
        self.must_stop = threading.Event()
        """Set after too many failures."""
        self._lock = threading.Lock()

    def count(self, *, iterations: int = 0, rows: int = 0, sums: int = 0) -> None:
        with self._lock:
            self.iterations += iterations
            self.rows += rows
            self.sums += sums

    def fail(self, failure: str) -> None:
        with self._lock:
            self.failures.append(failure)
            if len(self.failures) >= MAX_FAILURES:
                self.must_stop.set()


Direction = Literal["up", "down"]
DIRECTIONS: list[Direction] = ["up", "down"]
ORDERS: list[Literal["asc", "desc"]] = ["asc", "desc"]
SORTS: dict[str, Callable[[Sent], Any]] = {
    "start_time": lambda trace: trace.start_ns,
    "latency_ms": lambda trace: trace.latency_ns,
    "name": lambda trace: trace.name,
    "total_cost": lambda trace: trace.cost,
    "total_tokens": lambda trace: trace.tokens,
    "has_error": lambda trace: trace.has_error,
}


class Reader:
    """The work of one thread, repeated: all traces, the spans of a session, its usage, and the usage of its tenant."""

    def __init__(self, client: Netra, traces: Sequence[Sent], tally: Tally, chance: random.Random) -> None:
        self._usage = client.usage
        self._traces = traces
        self._tally = tally
        self._chance = chance

    def read_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._read_all_traces()
                one = self._chance.choice(self._traces)
                of_session = [trace for trace in self._traces if trace.session == one.session]
                for trace in of_session:
                    self._read_spans(trace)
                self._read_with_spans(one.tenant)
                self._read_in_parallel()
                self._read_session(one.session, of_session)
                self._read_tenant(one.tenant)
            except Exception:
                self._tally.fail(traceback.format_exc())
            self._tally.count(iterations=1)

    def _read_all_traces(self) -> None:
        field, key = self._chance.choice(list(SORTS.items()))
        order, direction = self._chance.choice(ORDERS), self._chance.choice(DIRECTIONS)
        limit = self._chance.randint(1, 100)
        rows = self._usage.iter_traces(
            START, END, limit=limit, direction=direction, sort_field=field, sort_order=order
        )
        descending = (order == "desc") != (direction == "up")
        sent = sorted(self._traces, key=lambda trace: (key(trace), trace.id), reverse=descending)
        what = f"traces by {field} {order} {direction} in pages of {limit}"
        self._check_rows(what, [_row_of(row) for row in rows], [trace.row for trace in sent])

    def _read_spans(self, trace: Sent) -> None:
        direction, limit = self._chance.choice(DIRECTIONS), self._chance.randint(1, 100)
        rows = self._usage.iter_spans_by_trace_id(trace.id, direction=direction, limit=limit)
        sent = trace.spans if direction == "down" else trace.spans[::-1]
        what = f"spans of {trace.id} {direction} in pages of {limit}"
        self._check_rows(what, [_row_of(row) for row in rows], [span.row for span in sent])

    def _read_with_spans(self, tenant: str) -> None:
        walk: Any = self._usage.iter_traces(START, END, tenant_id=tenant)
        if self._chance.random() < 0.5:
            walk = walk.in_parallel(concurrency=CONCURRENCY)
        found = walk.with_spans(concurrency=CONCURRENCY)
        rows = [_row_of(row) for trace, spans in found for row in (trace, *spans)]
        traces = sorted(self._traces, key=lambda trace: (trace.start_ns, trace.id), reverse=True)
        of_tenant = [trace for trace in traces if trace.tenant == tenant]
        sent = [row for trace in of_tenant for row in (trace.row, *(span.row for span in trace.spans))]
        self._check_rows(f"traces of {tenant} with spans", rows, sent)

    def _read_in_parallel(self) -> None:
        order, limit = self._chance.choice(ORDERS), self._chance.randint(1, 100)
        found = self._usage.iter_traces(START, END, limit=limit, sort_order=order).in_parallel(
            concurrency=CONCURRENCY
        )
        sent = sorted(self._traces, key=lambda trace: (trace.start_ns, trace.id), reverse=order == "desc")
        what = f"traces in parallel {order} in pages of {limit}"
        self._check_rows(what, [_row_of(row) for row in found], [trace.row for trace in sent])

    def _read_session(self, session: str, traces: Sequence[Sent]) -> None:
        usage = self._usage.get_session_usage(session, START, END)
        found = usage and (usage.session_id, usage.request_count, usage.token_count, usage.total_cost)
        self._check_sum(found, (session, len(traces), *_sum(traces)))

    def _read_tenant(self, tenant: str) -> None:
        traces = [trace for trace in self._traces if trace.tenant == tenant]
        sessions = len({trace.session for trace in traces})
        usage = self._usage.get_tenant_usage(tenant, START, END)
        found = usage and (
            usage.tenant_id,
            usage.session_count,
            usage.request_count,
            usage.token_count,
            usage.total_cost,
        )
        self._check_sum(found, (tenant, sessions, len(traces), *_sum(traces)))

    def _check_rows(self, what: str, found: list[Row], sent: list[Row]) -> None:
        self._tally.count(rows=len(found))
        if found != sent:
            place = next((n for n, (a, b) in enumerate(zip(found, sent, strict=False)) if a != b), None)
            first = "" if place is None else f"; row {place} is {found[place]}, sent was {sent[place]}"
            self._tally.fail(f"{what}: {len(found)} rows, sent were {len(sent)}{first}")

    def _check_sum(self, found: object, sent: tuple[object, ...]) -> None:
        self._tally.count(sums=1)
        if found != sent:
            self._tally.fail(f"usage: {found}, sent was {sent}")


def _row_of(row: Any) -> Row:
    return row.id, row.name, row.session_id, row.tenant_id, row.total_tokens, row.total_cost, row.has_error


def _sum(traces: Sequence[Sent]) -> tuple[int, float]:
    spans = [span for trace in traces for span in trace.spans]
    return sum(span.tokens for span in spans), math.fsum(span.cost for span in spans)


# ---------------------------------------------------------------------- memory and files


@attrs.frozen
class Resources:
    """The memory and the open files of this process at one moment."""

    mb: float
    files: int
    sockets: int

    def __str__(self) -> str:
        return f"RSS {self.mb:6.1f} MB, {self.files} files open, {self.sockets} of them sockets"


def current_resources() -> Resources | None:
    """Return None on systems without /proc."""
    if not Path("/proc/self/statm").exists():
        return None
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    targets = []
    for name in os.listdir("/proc/self/fd"):
        try:
            targets.append(os.readlink(f"/proc/self/fd/{name}"))
        except FileNotFoundError:  # closed meanwhile, or the file of the listing itself
            continue
    sockets = sum(target.startswith("socket:") for target in targets)
    return Resources(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(targets), sockets)


class RetryCount(logging.Handler):
    """Count the retries in the log of the client, to show that there were faults."""

    def __init__(self) -> None:
        super().__init__()
        self.retries = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.retries += "next attempt" in record.getMessage()


@contextmanager
def faulty_backend(directory: Path, seed: int) -> Iterator[str]:
    """Run the backend; yield its endpoint."""
    options = ["--port", "0", "--db", str(directory / "soak.db")]
    faults = ["--faults", str(FAULTS), "--faults-seed", str(seed)]
    process = subprocess.Popen(
        [sys.executable, "-m", "netra.local", *options, *faults], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        endpoint = re.search(r"NETRA_OTLP_ENDPOINT=(\S+)", line)
        if endpoint is None:
            raise SystemExit("the backend did not start")
        yield endpoint[1]
    finally:
        process.terminate()
        process.communicate()


# ---------------------------------------------------------------------- the soak


def soak(endpoint: str, seconds: float, seed: int) -> bool:
    """Fill the backend, read from it for this time, and print the results. Return True if all is well."""
    traces = send_traces(endpoint, random.Random(seed))
    print(f"{len(traces)} traces with {sum(len(trace.spans) for trace in traces)} spans sent", flush=True)

    tally, stop, log = Tally(), threading.Event(), RetryCount()
    logging.getLogger("netra").addHandler(log)
    logging.getLogger("netra").setLevel(logging.DEBUG)
    logging.getLogger("netra").propagate = False
    before = current_resources()
    samples: list[tuple[float, Resources]] = []
    with Netra(endpoint=endpoint, max_retries=MAX_RETRIES) as client, ThreadPoolExecutor(THREADS) as pool:
        began = time.monotonic()
        try:
            for number in range(THREADS):
                reader = Reader(client, traces, tally, random.Random(f"{seed} {number}"))
                pool.submit(reader.read_until, stop)
            passed = 0.0
            while passed < seconds and not tally.must_stop.is_set():
                tally.must_stop.wait(min(SECONDS_BETWEEN_LINES, seconds / 10, seconds - passed))
                passed = time.monotonic() - began
                taken = current_resources()
                if taken is not None:
                    samples.append((passed, taken))
                print(
                    f"{passed:5.0f} s: {tally.iterations} iterations, {tally.rows} rows, {tally.sums} sums,"
                    f" {log.retries} retries, {len(tally.failures)} failures; {taken or 'no /proc'}",
                    flush=True,
                )
        finally:
            stop.set()
    return print_verdict(tally, log.retries, seconds, before, samples, current_resources())


def print_verdict(
    tally: Tally,
    retries: int,
    seconds: float,
    before: Resources | None,
    samples: Sequence[tuple[float, Resources]],
    after: Resources | None,
) -> bool:
    """Print the table of all conditions. Return True if all of them hold."""
    for failure in tally.failures[:MAX_FAILURES]:
        print(f"\nFAILURE: {failure.rstrip()}")
    table = [
        (
            tally.rows > 0 and tally.sums > 0 and not tally.failures,
            "rows and sums",
            f"{tally.rows} rows and {tally.sums} sums compared with what was sent, {len(tally.failures)} failures",
        ),
        (retries > 0, "faults", f"{retries} retries"),
    ]
    if before is not None and after is not None:
        warm_up = min(WARM_UP_SECONDS, WARM_UP_SHARE * seconds)
        warm = next((taken for passed, taken in samples if passed >= warm_up), samples[-1][1])
        last = samples[-1][1]
        max_files = max(taken.files for _, taken in samples)
        growth = last.mb - warm.mb
        table += [
            (
                growth <= MAX_GROWTH_MB,
                "memory",
                f"{growth:+.1f} MB since the warm-up, from {warm.mb:.1f} to {last.mb:.1f}; up to"
                f" {MAX_GROWTH_MB:+.1f} is allowed",
            ),
            (
                max_files <= before.files + THREADS * (CONCURRENCY + 1),
                "open files",
                f"at most {max_files}; {before.files} and {CONCURRENCY + 1} for each of {THREADS} threads are allowed",
            ),
            (
                after.files == before.files,
                "left open",
                f"{after.files} after the client was closed, {before.files} before it was made",
            ),
        ]
    print("\nverdict")
    for holds, name, found in table:
        print(f"  {'ok' if holds else 'FAILED':8}{name:15}{found}")
    return all(holds for holds, _, _ in table)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to read (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="for the data, the requests and the faults")
    options = parser.parse_args()
    if Path("/proc/self/statm").exists() and any(os.environ.get(k) != v for k, v in MALLOC_SETTINGS.items()):
        # The allocator reads its settings when a process starts, so this process restarts itself.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **MALLOC_SETTINGS})
    # Use no proxy between two processes of this machine.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    with (
        tempfile.TemporaryDirectory(prefix="netra-soak-") as directory,
        faulty_backend(Path(directory), options.seed) as endpoint,
    ):
        return 0 if soak(endpoint, options.minutes * 60, options.seed) else 1


if __name__ == "__main__":
    sys.exit(main())
