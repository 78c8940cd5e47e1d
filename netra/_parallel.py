"""A window read in parallel: its parts side by side, its rows in order."""

from __future__ import annotations

import os
import queue
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, Self

import attrs

from ._config import USER_AGENT, Arguments, Options, read_config
from ._exchange import Pace
from ._operations import check_flag
from ._parts import Parts
from ._sending import Sender
from ._threads import Call, Threads
from ._windows import Query, Reading, Stretch, Window
from .errors import AuthenticationError, ConfigurationError, InvalidRequestError, NetraError
from .models import TraceSummary

__all__ = ["PartCall", "TracesInParallel", "Work", "read"]


@attrs.frozen(kw_only=True)
class Work:
    """One part of a window to be read, by this process or by another one.

    Where it is pickled, client and API key stay behind: the worker uses a set-up of its own, but for `headers`, which
    the caller may choose to send along. Each item is unique, because some executors, as Dask's, remember the results of
    calls that look alike, and would answer from an earlier time.
    """

    unique: str = attrs.field(init=False, factory=lambda: uuid.uuid4().hex)

    query: Query
    window: Window
    options: Options
    base_url: str
    user_agent: str
    headers: Mapping[str, str] | None = attrs.field(repr=False)
    secret_headers: tuple[str, ...]
    here: tuple[Sender, Pace] | None = attrs.field(repr=False)
    """What this process reads it with."""

    @classmethod
    def by(
        cls, query: Query, window: Window, sender: Sender, pace: Pace, options: Options, share_key: bool
    ) -> Self:
        query.page(window, window.cursor)  # bad arguments are refused here, not by the workers
        check_flag(share_key, "share_key")
        config = sender.config
        return cls(
            query=query,
            window=window,
            options=options,
            base_url=config.base_url,
            user_agent=config.headers[USER_AGENT],
            headers=config.headers if share_key else None,
            secret_headers=config.secret_headers,
            here=(sender, pace),
        )

    def __getstate__(self) -> dict[str, Any]:
        return attrs.asdict(self, recurse=False, filter=lambda field, _: field.name != "here")

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "here": None}.items():
            object.__setattr__(self, name, value)


def read(work: Work) -> Stretch:
    """Reads what the work item asks for. This is what an executor's workers run."""
    sender, pace = work.here or (_workers_sender(work), Pace())
    reading = Reading(work.query, work.window)
    try:
        while (operation := reading.next_page()) is not None:
            reading.take(sender.send(operation, work.options, pace))
    except NetraError as error:
        if isinstance(error, AuthenticationError) and work.here is None:
            error.add_note(_WORKERS_KEY)
        return reading.stretch_before(error)
    return reading.stretch()


def check_executor(executor: object) -> None:
    if not isinstance(executor, Executor):
        raise InvalidRequestError(
            f"executor must be a concurrent.futures.Executor, not {type(executor).__name__}. "
            "For Dask, pass client.get_executor()."
        )


_WORKERS_KEY = (
    "This comes from a worker in another process, which uses a key of its own: set NETRA_API_KEY there, or pass "
    "share_key=True to send this client's along."
)
_senders: dict[tuple[str, frozenset[tuple[str, str]]], Sender] = {}
_lock = threading.Lock()


def _workers_sender(work: Work) -> Sender:
    """A sender for work that came from another process; it is kept, for its connections."""
    from .client import Netra  # not at the top: the client is made of what is here

    own = Netra._default and Netra._default._sender
    # One that a fork brought along is the parent's, and its key may not be that of the caller.
    if work.headers is None and own and own.config.base_url == work.base_url and own.process == os.getpid():
        return own
    arguments = Arguments(endpoint=work.base_url, headers=work.headers, secret_headers=work.secret_headers)
    try:
        config = read_config(arguments)
    except ConfigurationError as error:
        error.add_note(_WORKERS_KEY)
        raise
    config = attrs.evolve(config, headers={**config.headers, USER_AGENT: work.user_agent})
    with _lock:
        key = config.base_url, frozenset(config.headers.items())
        sender = _senders.get(key)
        if sender is None:
            sender = _senders[key] = Sender(config)
    return sender


def _put(ended: queue.SimpleQueue[None], _: object) -> None:
    """Knows the queue alone: calls shall not keep an iterator alive whose loop was left."""
    ended.put(None)


def _note_end(is_done: threading.Lock, ended: queue.SimpleQueue[None], _: object) -> None:
    is_done.release()
    ended.put(None)


class _Watched:
    """A call of a caller's executor. Its future is not touched before it has ended: it has a lock of Python's own."""

    def __init__(self, future: Future[Stretch], ended: queue.SimpleQueue[None]) -> None:
        self._future = future
        self._is_done = threading.Lock()
        self._is_done.acquire()
        # The callback does not hold this, or future and callback would keep each other alive.
        future.add_done_callback(partial(_note_end, self._is_done, ended))

    def done(self) -> bool:
        return not self._is_done.locked()

    def cancelled(self) -> bool:
        return self._future.cancelled()

    def cancel(self) -> bool:
        return self._future.cancel()

    def exception(self) -> BaseException | None:
        return self._future.exception()

    def result(self) -> Stretch:
        return self._future.result()


PartCall = Call[Stretch] | _Watched


class TracesInParallel(Iterator[TraceSummary]):
    """An iterator over the traces of a window whose parts are read side by side.

    Rows and order are those of `iter_traces`. An error is raised where its rows would have come, not before; its
    `cursor` tells where to go on, and the iterator itself can go on as well: it then reads that part again.

    Example:
        >>> traces = Netra.usage.iter_traces_in_parallel(start, end)
        >>> for trace in traces:
        ...     export(trace)
    """

    _give_up: Callable[[], None] | None = None

    def __init__(
        self,
        parts: Parts[PartCall],
        work: Work,
        executor: Executor | Threads,
        give_up: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._work = work
        self._executor = executor
        self._process = os.getpid()
        self._ended: queue.SimpleQueue[None] = queue.SimpleQueue()
        """One item for each call that has ended. Not an `Event` (see `_threads.py`)."""
        self._lock = threading.Lock()  # threads that share an iterator share out its rows
        self._give_up = give_up  # last, for __del__

    @property
    def cursor(self) -> str | None:
        """The resume point: with it as `cursor=`, a later call goes on after the last trace handed out here."""
        return self._parts.cursor

    def __next__(self) -> TraceSummary:
        with self._lock:
            if self._process != os.getpid():
                self._go_on_in_a_child()
            while True:
                if not self._ended.empty():
                    self._go_on()
                row = self._parts.next_row()
                if row is not None:
                    return row
                if self._parts.is_done:
                    if isinstance(self._executor, Threads):
                        self._executor.shutdown()
                    raise StopIteration
                self._go_on()
                if self._parts.must_wait:
                    self._ended.get()

    def _go_on_in_a_child(self) -> None:
        """After a fork: the calls are the parent's, and so are the threads or processes of its executor."""
        self._process = os.getpid()
        self._executor = Threads(self._parts.concurrency)
        self._ended = queue.SimpleQueue()
        self._parts.forget_calls()

    def _go_on(self) -> None:
        while not self._ended.empty():  # first, so that no end between here and there goes unnoticed
            self._ended.get()
        self._parts.collect()
        self._parts.begin(self._begin)

    def _begin(self, window: Window) -> PartCall:
        if self._work.here is not None:
            self._work.here[0].refuse_if_closed()
        work = attrs.evolve(self._work, window=window)
        if isinstance(self._executor, Threads):
            call = self._executor.submit(read, work)
            call.add_done_callback(partial(_put, self._ended))
            return call
        return _Watched(self._executor.submit(read, work), self._ended)

    def __del__(self) -> None:
        if self._give_up is not None and self._parts.cancel():
            self._give_up()
