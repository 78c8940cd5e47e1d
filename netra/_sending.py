"""The one place where bytes go out and come in; `aio/_sending.py` is its twin for async code."""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from ._answers import Answer, result_of, status_error
from ._body import ACCEPTED, Body
from ._config import Config, Options
from ._connections import free_locks, give_up_connection, proxy_of
from ._deadline import bound_by_deadline, deadline
from ._exchange import Answered, Attempt, Pace, Wait, exchange
from ._failures import connection_error
from ._http import Client, Response, check_kind, is_a, open_http
from ._operations import Operation
from ._protocols import AsyncHttpClient, HttpClient
from .errors import APIStatusError, NetraError, NotInitializedError

__all__ = ["CALLERS_CLOSED", "CLOSED", "Sender", "build_request", "content_read_already", "tell_of_forks"]

T = TypeVar("T")


class Sender:
    """Sends operations to the configured origin, and nowhere else. May be used from many threads."""

    def __init__(self, config: Config, http_client: HttpClient | None = None) -> None:
        check_kind(http_client, "Client")
        self.config = config
        self.process = os.getpid()
        """That it was made in."""
        self._callers_http = http_client
        self._own_http = None if http_client else self._open()
        self._refusal: str | None = None
        self._lock = threading.Lock()
        self._waiting: set[threading.Lock] = set()
        """One held lock for each call that waits; whoever releases it wakes the call. Not a `Condition`, whose own
        lock an interrupt can leave held (see `_threads.py`)."""
        tell_of_forks(self)

    def send(self, operation: Operation[T], options: Options, pace: Pace | None = None) -> T:
        """The operation's result, or one of the errors of `netra.errors`."""
        pace = pace or Pace()
        steps = exchange(operation, options, pace)
        try:
            step = next(steps)
            while True:
                if isinstance(step, Wait):
                    self._wait(step.seconds, pace)
                    step = next(steps)
                    continue
                try:
                    answered = self._attempt(step, options)
                except NetraError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answered)
        except StopIteration as end:
            result: T = end.value
            return result

    def give_up(self, pace: Pace) -> None:
        """Ends the calls of this pace, at the latest when their attempt under way is over."""
        pace.is_given_up = True
        self._wake_all()

    def _wait(self, seconds: float, pace: Pace) -> None:
        ends = time.monotonic() + seconds
        wake = threading.Lock()
        wake.acquire()
        self._waiting.add(wake)
        try:
            while not pace.is_given_up and self._refusal is None and (left := ends - time.monotonic()) > 0:
                wake.acquire(timeout=min(left, threading.TIMEOUT_MAX))
        finally:
            self._waiting.discard(wake)

    def _wake_all(self) -> None:
        for wake in tuple(self._waiting):
            with suppress(RuntimeError):  # it is awake already
                wake.release()

    def _attempt(self, attempt: Attempt, options: Options) -> Answered[Any]:
        http: Any = self._http()
        operation, limits = attempt.operation, attempt.limits
        body = Body(operation, options.max_response_bytes, limits)
        try:
            with deadline(limits.ends):
                request = build_request(http, attempt, self.config)
                response = http.send(request, stream=True, follow_redirects=False)
                fits = False
                try:
                    _receive(response, body)
                    answer = Answer(
                        operation, self.config, response.status_code, response.headers, body.content
                    )
                    # Here, while the connection is ours: what does not fit must not leave it to the next request.
                    result = result_of(answer)
                    fits = True
                except APIStatusError:
                    fits = True
                    raise
                finally:
                    if (stream := give_up_connection(response, fits)) is not None:
                        stream.close()
                    response.close()
                    if self._refusal is not None and self._callers_http is None:
                        # Closed meanwhile: the pool has let go of a connection that was just being made.
                        response.extensions["network_stream"].close()
        except NetraError as error:
            raise error.with_traceback(None) from None  # the frames below hold what came: it may echo the key
        except Exception as error:
            self._http()  # says so if the client was closed meanwhile
            if not is_a(
                error, "HTTPStatusError"
            ):  # which an event hook of the caller's http_client may raise
                proxy = proxy_of(http, self.config.base_url)
                raise connection_error(operation, self.config, error, limits, proxy) from error
            found: Any = error
            response = found.response
            content = content_read_already(response) or b""
            answer = Answer(operation, self.config, response.status_code, response.headers, content)
            if (stream := give_up_connection(response, fits=True)) is not None:
                stream.close()
        except BaseException:
            self._retire(http)
            free_locks(http)
            raise
        else:
            return Answered(answer.status, result)
        raise status_error(answer)  # here, because the hook's error would come along, and it holds the key

    def _retire(self, http: object) -> None:
        """After an interrupt in its midst the pool is in no known state: it is left alone, not even closed."""
        if self._own_http is http:
            self._own_http = None
            self._finalizer.detach()

    # ---------------------------------------------------------------- the client that httpx gives

    def refuse_if_closed(self) -> None:
        if self._refusal is not None:
            raise NotInitializedError(self._refusal)

    def _http(self) -> HttpClient:
        self.refuse_if_closed()
        if self._callers_http is not None:
            if self._callers_http.is_closed:
                raise NotInitializedError(CALLERS_CLOSED)
            return self._callers_http
        own = self._own_http
        if (
            own is None or own.is_closed
        ):  # in the child of a fork, after an interrupt, in a function for atexit
            with self._lock:
                if self._own_http is own:
                    self._own_http = self._open()
                own = self._own_http
        assert own is not None
        return own

    def _open(self) -> Client:
        http = open_http(Client)
        bound_by_deadline(http)
        # A client that nobody closed closes its sockets when it is collected, or at the end of the process.
        self._finalizer = weakref.finalize(self, _close_in, os.getpid(), http)
        return http

    def close(self) -> None:
        """Closes the connections; a caller's own httpx client stays open."""
        self._refusal = CLOSED
        self._wake_all()
        if self._own_http is not None:
            self._own_http.close()

    def after_fork(self) -> None:
        """In the child: the parent's connections are left alone, two processes would mix up their answers."""
        self._lock = threading.Lock()
        self._waiting = set()
        if self._own_http is not None:
            _parents_http.append(self._own_http)
            self._own_http = None
        if self._callers_http is not None:
            self._refusal = (
                "This client and its http_client are the parent process's: make new ones after the fork."
            )


CLOSED = "This client is closed: make a new one, or call Netra.init again."
CALLERS_CLOSED = "The http_client of this client is closed: make new ones."


def _receive(response: Response, body: Body) -> None:
    if (content := content_read_already(response)) is not None:
        body.add_unpacked(content)
        return
    body.begin(response.headers)
    parts: Any = response.stream
    for part in parts:
        body.add(part)
        del part  # it may echo the key, and this frame may end up in an error report


def content_read_already(response: Response) -> bytes | None:
    """What a mock holds, or what a hook of the caller's `http_client` has read."""
    try:
        return response.content
    except RuntimeError:  # ResponseNotRead, of whichever library
        return None


def build_request(http: HttpClient | AsyncHttpClient, attempt: Attempt, config: Config) -> Any:
    request, limits = attempt.operation.request, attempt.limits
    left = limits.ends - time.monotonic()
    return http.build_request(
        request["method"],
        config.base_url + request["url"],
        params=request.get("params"),
        json=request.get("json"),
        headers={"accept-encoding": ACCEPTED, **config.headers, **request.get("headers", {})},
        # A dict, because each library knows only its own Timeout.
        extensions={"timeout": {name: _at_most(left, part) for name, part in limits.timeout.items()}},
    )


def _at_most(seconds: float, part: float | None) -> float | None:
    least = min(seconds, math.inf if part is None else part)
    return None if least == math.inf else max(least, 0.001)


_parents_http: list[Client] = []


class _Forked(Protocol):
    def after_fork(self) -> None: ...


_told_of_forks: weakref.WeakSet[_Forked] = weakref.WeakSet()


def tell_of_forks(sender: _Forked) -> None:
    """Calls `sender.after_fork()` in the child of each fork."""
    _told_of_forks.add(sender)


def _after_fork() -> None:
    for sender in list(_told_of_forks):
        sender.after_fork()


def _close_in(process: int, http: Client) -> None:
    if os.getpid() == process:
        http.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
