"""The sync transport: the one place where bytes go out and come in. `netra.aio.transport` is its async twin.

Invariants:

- Threads: one transport serves any number of them. What they share is httpx's connection pool, the set of sleeping
  calls, and `_closed_reason`, which is only ever set. The lock guards nothing but the opening of a new pool.
- Interrupts: after one in the midst of a call, our connection pool is in an unknown state and is dropped without
  closing. A caller's `http_client` stays in use; the locks that the call left held are released (`pool_locks`).
- Forks: the child never uses the parent's connections, or two processes would mix up their responses. Our own pool is
  replaced, a caller's `http_client` is refused.
- Garbage collection: sockets of a transport that nobody closed are closed when it is collected, or at exit.
- Secrets: a frame that holds a request or a response does not end up in the traceback of an error.
"""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from typing import Any, TypeVar

from netra._core.config import Config
from netra._core.connection_errors import connection_error
from netra._core.connection_reuse import discard_unsafe_connection, proxy_url
from netra._core.fork import generation, reset_after_fork
from netra._core.http import (
    CALLERS_CLIENT_CLOSED,
    CLIENT_CLOSED,
    Client,
    HttpResponse,
    build_request,
    check_http_client,
    is_instance,
    open_http_client,
    preloaded_content,
)
from netra._core.operations import Operation
from netra._core.options import Options
from netra._core.protocols import HttpClient
from netra._core.request_flow import CallGroup, Received, Send, Sleep, request_flow
from netra._core.response_body import ResponseBody
from netra._core.responses import Response, parse_response, status_error
from netra.errors import APIStatusError, NetraError, NotInitializedError

from .deadline import call_deadline, install_deadline
from .pool_locks import release_held_locks

__all__ = ["Transport"]

T = TypeVar("T")


class Transport:
    """Sends operations to the configured origin, and nowhere else. May be used from many threads."""

    def __init__(self, config: Config, http_client: HttpClient | None = None) -> None:
        check_http_client(http_client, "Client")
        self.config = config
        self.generation = generation()
        """Of the process that made it."""
        self._callers_http = http_client
        self._own_http = None if http_client else self._open()
        self._closed_reason: str | None = None
        self._lock = threading.Lock()
        self._sleeping: set[threading.Lock] = set()
        """One held lock for each call that sleeps; releasing it wakes the call. Not a `Condition`: see `workers`."""
        reset_after_fork(self)

    def send(self, operation: Operation[T], options: Options, group: CallGroup | None = None) -> T:
        """Return the operation's result. Raise a `NetraError`."""
        group = group or CallGroup()
        flow = request_flow(operation, options, group)
        try:
            step = next(flow)
            while True:
                if isinstance(step, Sleep):
                    self._sleep(step.seconds, group)
                    step = next(flow)
                    continue
                try:
                    received = self._attempt(step, options)
                except NetraError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(received)
        except StopIteration as end:
            result: T = end.value
            return result

    def cancel(self, group: CallGroup) -> None:
        """Cancel the group's calls. A request in flight is not aborted."""
        group.cancelled = True
        self._wake_sleepers()

    def _sleep(self, seconds: float, group: CallGroup) -> None:
        clock = group.clock
        ends = clock.monotonic() + seconds
        wake = threading.Lock()
        wake.acquire()
        self._sleeping.add(wake)
        try:
            while (
                not group.cancelled and self._closed_reason is None and (left := ends - clock.monotonic()) > 0
            ):
                wake.acquire(timeout=min(left, threading.TIMEOUT_MAX))
        finally:
            self._sleeping.discard(wake)

    def _wake_sleepers(self) -> None:
        for wake in tuple(self._sleeping):
            with suppress(RuntimeError):  # it is awake already
                wake.release()

    def _attempt(self, send: Send, options: Options) -> Received[Any]:
        http: Any = self._http()
        operation, limits = send.operation, send.limits
        body = ResponseBody(operation, options.max_response_bytes, limits)
        try:
            with call_deadline(limits):
                request = build_request(http, send, self.config)
                http_response = http.send(request, stream=True, follow_redirects=False)
                is_valid = False
                try:
                    _read_body(http_response, body)
                    response = Response.of(operation, self.config, http_response, body.content, limits)
                    # Parsed here, while the connection is ours: a wrong response must not be followed by another.
                    result = parse_response(response)
                    is_valid = True
                except APIStatusError:
                    is_valid = True
                    raise
                finally:
                    if (stream := discard_unsafe_connection(http_response, is_valid)) is not None:
                        stream.close()
                    http_response.close()
                    if self._closed_reason is not None and self._callers_http is None:
                        # Closed meanwhile: the pool has forgotten a connection that was just being made.
                        http_response.extensions["network_stream"].close()
        except NetraError as error:
            raise error.with_traceback(
                None
            ) from None  # the frames below hold the response: it may echo the key
        except Exception as error:
            self._http()  # says so if the client was closed meanwhile
            if not is_instance(error, "HTTPStatusError"):
                proxy = proxy_url(http, self.config.base_url)
                raise connection_error(operation, self.config, error, limits, proxy) from error
            # An event hook of the caller's http_client raised for the status.
            response = Response.of_hook_error(operation, self.config, error, limits)
            if (stream := discard_unsafe_connection(error.response, is_valid=True)) is not None:  # type: ignore[attr-defined]
                stream.close()
        except BaseException:
            self._abandon_pool(http)
            release_held_locks(http)
            raise
        else:
            return Received(response.status, result)
        raise status_error(
            response
        )  # outside, because the hook's error holds the key, and would be its context

    def _abandon_pool(self, http: object) -> None:
        """Drop our pool without closing it: after an interrupt its locks may still be held."""
        if self._own_http is http:
            self._own_http = None
            self._finalizer.detach()

    # ---------------------------------------------------------------- the HTTP client

    def check_open(self) -> None:
        if self._closed_reason is not None:
            raise NotInitializedError(self._closed_reason)

    def _http(self) -> HttpClient:
        self.check_open()
        if self._callers_http is not None:
            if self._callers_http.is_closed:
                raise NotInitializedError(CALLERS_CLIENT_CLOSED)
            return self._callers_http
        own = self._own_http
        if own is None or own.is_closed:  # after a fork, after an interrupt, in an atexit function
            with self._lock:
                if self._own_http is own:
                    self._own_http = self._open()
                own = self._own_http
        assert own is not None
        return own

    def _open(self) -> Client:
        http = open_http_client(Client)
        install_deadline(http)
        self._finalizer = weakref.finalize(self, _close_in, generation(), http)
        return http

    def close(self) -> None:
        """Close the connections; a caller's own `http_client` stays open."""
        self._closed_reason = CLIENT_CLOSED
        self._wake_sleepers()
        if self._own_http is not None:
            self._own_http.close()

    def after_fork(self) -> None:
        """In the child: leave the parent's connections alone."""
        self._lock = threading.Lock()
        self._sleeping = set()
        if self._own_http is not None:
            _parents_pools.append(self._own_http)
            self._own_http = None
        if self._callers_http is not None:
            self._closed_reason = (
                "This client and its http_client are the parent process's: make new ones after the fork."
            )


_parents_pools: list[Client] = []
"""Kept for ever: collecting one would close the parent's TLS connections."""


def _read_body(response: HttpResponse, body: ResponseBody) -> None:
    if (content := preloaded_content(response)) is not None:
        body.feed_decoded(content)
        return
    body.begin(response.headers)
    chunks: Any = response.stream
    for chunk in chunks:
        body.feed(chunk)
        del chunk  # it may echo the key, and this frame may end up in an error report


def _close_in(made_in: int, http: Client) -> None:
    if generation() == made_in:
        http.close()
