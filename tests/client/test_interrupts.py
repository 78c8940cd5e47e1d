"""Ctrl-C at any moment: nothing hangs, and no row is lost or repeated.

Python handles a signal only in the main thread, and only at the start of a function, after a call, and at the end of
a loop iteration. `interrupt_everywhere` raises a `KeyboardInterrupt` at each of these places, one after the other.
"""

from __future__ import annotations

import dis
import inspect
import linecache
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import netra
from netra import TracesPage, TraceSpan, TraceSummary
from netra._core.config import Arguments, read_config
from netra._core.lookahead import Spans
from netra._core.operations import list_traces
from netra._core.options import Options
from netra._core.partition import Partition
from netra._core.plan import ParallelPlan, TracesPlan
from netra._core.request_flow import CallGroup
from netra._core.scheduler import PartitionScheduler
from netra._sync.parallel import PartitionCall, TracesInParallel
from netra._sync.trace_spans import TracesWithSpans
from netra._sync.traces import TracesIterator
from netra._sync.transport import Transport
from netra._sync.worker_task import PartitionTask
from netra._sync.workers import DaemonThreadExecutor, Prefetch
from tests.support.methods import traces_query
from tests.support.rows import span, trace
from tests.support.timeline import Timeline, time_at

pytestmark = pytest.mark.slow


OURS = str(Path(netra.__file__).parent)
TRACED = (OURS, threading.__file__)
SECONDS = 10
"""After this time a check is regarded as hanging."""


class _Interrupter:
    """A trace function that raises at the nth place where Python may handle a signal."""

    def __init__(self, nth: int) -> None:
        self._left = nth
        self.has_raised = False
        self._before: dict[FrameType, tuple[str, int | None]] = {}

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "call" and (not frame.f_code.co_filename.startswith(TRACED) or _is_in_finalizer(frame)):
            return None
        frame.f_trace_opcodes = True
        if event == "call":
            # Python ignores an exception raised here when a generator is closed.
            if not (frame.f_code.co_flags & inspect.CO_GENERATOR and frame.f_lasti > 0):
                self._pass()
        elif event == "opcode":
            name = dis.opname[frame.f_code.co_code[frame.f_lasti]]
            before, line = self._before.get(frame, ("", frame.f_lineno))
            # An exception after a call counts as raised by the call, so not where the block is already being left.
            leaves = line != frame.f_lineno and _line(frame).startswith("with ")
            if (before.startswith("CALL") and not leaves) or name == "JUMP_BACKWARD":
                self._pass()
            if name != "CACHE":
                self._before[frame] = name, frame.f_lineno
        elif event == "exception":
            # A call that raised is not a place: Python enters the handler first. Raising there would leave a stale
            # exception in the state of this thread, which later tests would see.
            self._before.pop(frame, None)
        elif event == "return":
            self._before.pop(frame, None)
        return self

    def forget(self) -> None:
        """Release the frames: they keep the tested objects and their threads alive."""
        self._before.clear()

    def _pass(self) -> None:
        self._left -= 1
        if self._left == 0:
            self.has_raised = True
            raise KeyboardInterrupt


def _is_in_finalizer(frame: FrameType | None) -> bool:
    """Whether the frame runs inside a finalizer, where Python ignores exceptions."""
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


def _line(frame: FrameType) -> str:
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno or 0).lstrip()


def interrupt_everywhere(
    begin: Callable[[], tuple[Callable[[], object], Callable[[], None]]], stride: int = 1
) -> int:
    """Interrupt at each place, or at every `stride`th one; return the number of places.

    `begin()` returns the action to interrupt, and a check that must then succeed in time.
    """
    for nth in range(1, 100_000, stride):
        action, check = begin()
        interrupter = _Interrupter(nth)
        sys.settrace(interrupter)
        try:
            action()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
            interrupter.forget()
        failures: list[BaseException] = []

        def checked(check: Callable[[], None] = check, failures: list[BaseException] = failures) -> None:
            try:
                check()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=checked, daemon=True)
        thread.start()
        thread.join(SECONDS)
        assert not thread.is_alive(), f"hangs after an interrupt at place {nth}"
        assert failures == [], f"place {nth}"
        if not interrupter.has_raised:
            return nth - 1
    raise AssertionError("unreachable")


def test_the_executor_works_after_an_interrupt() -> None:
    def begin() -> tuple[Callable[[], object], Callable[[], None]]:
        threads = DaemonThreadExecutor(1)

        def check() -> None:
            assert [threads.submit(pow, 2, 5).result() for _ in range(3)] == [32, 32, 32]
            threads.shutdown()
            assert threads.submit(pow, 2, 5).result() == 32

        return lambda: [threads.submit(pow, 2, number).result() for number in range(3)], check

    assert interrupt_everywhere(begin) > 100


def test_a_prefetch_works_after_an_interrupt() -> None:
    def begin() -> tuple[Callable[[], object], Callable[[], None]]:
        threads = DaemonThreadExecutor(1)

        def check() -> None:
            assert Prefetch(threads, lambda: 5).result() == 5

        return lambda: Prefetch(threads, lambda: 5).result(), check

    assert interrupt_everywhere(begin) > 30


def test_an_interrupted_shutdown_keeps_the_executor_usable() -> None:
    def begin() -> tuple[Callable[[], object], Callable[[], None]]:
        threads = DaemonThreadExecutor(2)
        assert threads.submit(pow, 2, 5).result() == 32

        def check() -> None:
            assert threads.submit(pow, 2, 5).result() == 32

        return threads.shutdown, check

    assert interrupt_everywhere(begin) > 3


TIMELINE = Timeline([number * 0.4 for number in range(16)] + [900.0], exact=True, rounding="half up")
QUERY = traces_query(time_at(0), time_at(1_000), limit=5, order="asc").for_partitions()
IDS = TIMELINE.ids(descending=False)


class LocalTransport:
    """A transport that returns pages of the timeline at once, without sockets."""

    config = read_config(Arguments(endpoint="http://127.0.0.1:1"))

    def send(self, operation: Any, *_: Any) -> Any:
        return operation.parse(TIMELINE.page(operation.request["json"]))

    def check_open(self) -> None: ...

    def cancel(self, _: CallGroup) -> None: ...


TRANSPORT: Any = LocalTransport()


def plan(**options: Any) -> TracesPlan:
    return TracesPlan(
        open=lambda _: None,
        transport=TRANSPORT,
        options=Options(**options),
        query=QUERY,
        spans_concurrency=3,
        parallel=ParallelPlan(3, None, False),
    )


def paged(prefetch: bool) -> TracesIterator:
    def fetch(cursor: str | None) -> TracesPage:
        page: TracesPage = TRANSPORT.send(list_traces(QUERY, cursor, 5))
        return page

    return TracesIterator(plan(prefetch=prefetch), fetch, lambda: None)


def read_spans(found: TraceSummary) -> Spans:
    return [TraceSpan.from_dict(span(trace_id=found.id))]


def with_spans(traces: TracesIterator | TracesInParallel | None = None) -> Iterator[TraceSummary]:
    found = TracesWithSpans(plan(), traces or paged(prefetch=True), read_spans, lambda: None)
    return map(_trace_of, found)


def _trace_of(row: Any) -> TraceSummary:
    assert [one.trace_id for one in row.spans] == [row.trace.id]
    found: TraceSummary = row.trace
    return found


def in_parallel(executor: Executor | None = None) -> TracesInParallel:
    task = PartitionTask.create(
        QUERY, Partition.whole(QUERY), TRANSPORT, CallGroup(), Options(), share_key=False
    )
    scheduler = PartitionScheduler[PartitionCall](QUERY, 3)
    return TracesInParallel(plan(), scheduler, task, executor or DaemonThreadExecutor(3), lambda: None)


ITERATORS: dict[str, Callable[[], Iterator[TraceSummary]]] = {
    "iter_traces": partial(paged, prefetch=True),
    "iter_traces without prefetch": partial(paged, prefetch=False),
    "with_spans": with_spans,
    "in_parallel": in_parallel,
    "in_parallel_with_spans": lambda: with_spans(in_parallel()),
}


@pytest.mark.parametrize("iterator", ITERATORS)
def test_an_interrupted_iterator_gives_each_row_once(iterator: str, thorough: bool) -> None:
    def begin() -> tuple[Callable[[], object], Callable[[], None]]:
        rows = ITERATORS[iterator]()
        got: list[str] = []

        def read_some() -> None:
            for _ in range(3):
                got.append(next(rows).id)

        def check() -> None:
            remainder = [row.id for row in rows]
            # The interrupt may have come after a row was emitted and before `got` received it.
            assert got + remainder == IDS or got + IDS[len(got) : len(got) + 1] + remainder == IDS

        return read_some, check

    # Thousands of places; `make walks` goes to each of them.
    strides = {"with_spans": 4, "in_parallel": 7, "in_parallel_with_spans": 23}
    stride = 1 if thorough else strides.get(iterator, 1)
    assert interrupt_everywhere(begin, stride) > 100


def test_sleeping_calls_of_other_threads_can_be_cancelled() -> None:
    config = read_config(Arguments(endpoint="http://127.0.0.1:1"))

    def begin() -> tuple[Callable[[], object], Callable[[], None]]:
        transport = Transport(config)
        group = CallGroup()

        def check() -> None:
            thread = threading.Thread(target=transport._sleep, args=(60, group), daemon=True)
            thread.start()
            while not transport._sleeping:
                pass
            transport.cancel(group)
            thread.join()
            transport._sleep(0.001, CallGroup())
            transport.close()

        def wait_and_wake() -> None:
            transport._sleep(0.001, group)
            transport.cancel(CallGroup())

        return wait_and_wake, check

    assert interrupt_everywhere(begin) > 10


def test_the_iterators_work_without_interrupts() -> None:
    """A control: without an interrupt, the iterators of this module give the expected rows."""
    assert [row.id for row in paged(prefetch=True)] == IDS
    assert [trace(1)["id"]] == ["trace-1"]
    with ThreadPoolExecutor(2) as executor:
        assert [row.id for row in in_parallel(executor)] == IDS


REAL = """
import faulthandler, random, signal, sys, threading, time
from netra import Netra

faulthandler.dump_traceback_later(100, exit=True)  # a hang shows where it hangs
random.seed(7)
url, start, end, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
main = threading.main_thread().ident
client = Netra(endpoint=url, timeout=20)
expected = [row.id for row in client.usage.iter_traces(start, end, limit=5)]

# Plain flags: the locks of a threading.Event would stay locked where a signal comes inside them.
may_interrupt = False
interrupting = False

def interrupt():
    global may_interrupt, interrupting
    while True:
        interrupting = False
        while not may_interrupt:
            time.sleep(0.001)
        time.sleep(random.random() ** 3 * 0.12)  # a new connection takes some time
        interrupting = True
        if may_interrupt:
            may_interrupt = False
            signal.pthread_kill(main, signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
interrupts = 0
while interrupts < rounds:
    kind = random.choice(["iter_traces", "with_spans", "in_parallel", "in_parallel_with_spans"])
    got, rows = [], None
    finished = False
    while not finished:
        try:
            may_interrupt = True
            if rows is None:
                rows = client.usage.iter_traces(start, end, limit=5)
                if kind.startswith("in_parallel"):
                    rows = rows.in_parallel()
                if kind.endswith("with_spans"):
                    rows = rows.with_spans()
            for row in rows:
                got.append(getattr(row, "trace", row).id)
            finished = True
            may_interrupt = False
            while interrupting:
                time.sleep(0.001)
        except KeyboardInterrupt:
            interrupts += 1
    missing = [one for one in expected if one not in set(got)]
    assert len(set(got)) == len(got), "a row came twice"
    assert [one for one in expected if one in set(got)] == got, "out of order"
    assert len(missing) <= interrupts, missing
client.close()
print("interrupts", interrupts)
"""


@pytest.mark.process
def test_real_signals_cause_no_hang_and_lose_no_row(scripted: Any) -> None:
    from tests.support.rows import page, requested_id
    from tests.support.scripted import respond

    timeline = Timeline(range(40))

    def reply(request: Any) -> Any:
        if request.method == "GET":
            return respond(page([span(trace_id=requested_id(request.path))]))
        return respond(timeline.page(request.json))

    server = scripted(reply)
    result = subprocess.run(
        [sys.executable, "-c", REAL, server.url, time_at(0), time_at(1_000), "150"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr[-3000:]
    assert int(result.stdout.split()[1]) >= 150
