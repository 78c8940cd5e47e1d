"""The one place where bytes go out and come in."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import time
import weakref
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar

import httpx

from ._answers import Answer, BodyReader, connection_error
from ._config import Config, Limits
from ._exchange import Pace, Wait, exchange
from ._operations import Operation
from .errors import ConfigurationError, NetraError, NotInitializedError

__all__ = ["AsyncSender", "Sender"]

T = TypeVar("T")
Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)


class Sender:
    """Sends operations to the configured origin, and nowhere else. May be used from many threads."""

    def __init__(self, config: Config, http_client: httpx.Client | None = None) -> None:
        _check_kind(http_client, httpx.Client)
        self._config = config
        self._callers_http = http_client
        self._own_http = None if http_client else self._open()
        self._refusal: str | None = None
        self._lock = threading.Lock()
        _senders.add(self)

    def send(self, operation: Operation[T], limits: Limits, pace: Pace | None = None) -> T:
        """The operation's result, or one of the errors of `netra.errors`."""
        steps = exchange(operation, limits, pace or Pace())
        try:
            step = next(steps)
            while True:
                if isinstance(step, Wait):
                    time.sleep(step.seconds)
                    step = next(steps)
                    continue
                try:
                    answer = self._attempt(operation, limits, step.seconds)
                except NetraError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    def _attempt(self, operation: Operation[T], limits: Limits, seconds: float) -> Answer:
        http = self._http()
        body = BodyReader(operation, limits.max_response_bytes, seconds)
        try:
            request = _request(http, operation, self._config, limits.timeout, seconds)
            response = http.send(request, stream=True, follow_redirects=False)
            try:
                body.begin(response.headers)
                for chunk in response.iter_bytes():
                    body.add(chunk)
            finally:
                response.close()
        except NetraError:
            raise
        except httpx.HTTPStatusError as error:  # from an event hook of the caller's http_client
            return Answer(operation, self._config, error.response.status_code, error.response.headers, b"")
        except Exception as error:
            self._http()  # says so if the client was closed meanwhile
            raise connection_error(operation, self._config, error) from error
        except BaseException:
            self._retire(http)
            raise
        return Answer(operation, self._config, response.status_code, response.headers, body.content)

    def _retire(self, http: httpx.Client) -> None:
        """After an interrupt in its midst the pool may hold a lock for ever: it is left alone, not even closed."""
        if self._own_http is http:
            self._own_http = None
            self._finalizer.detach()

    # ---------------------------------------------------------------- the client that httpx gives

    def _http(self) -> httpx.Client:
        if self._refusal is not None:
            raise NotInitializedError(self._refusal)
        if self._callers_http is not None:
            if self._callers_http.is_closed:
                raise NotInitializedError(_CALLERS_CLOSED)
            return self._callers_http
        if self._own_http is None:  # in the child of a fork, or after an interrupt
            with self._lock:
                self._own_http = self._own_http or self._open()
        return self._own_http

    def _open(self) -> httpx.Client:
        http = _open(httpx.Client)
        # A client that nobody closed closes its sockets when it is collected, or at the end of the process.
        self._finalizer = weakref.finalize(self, _close_in, os.getpid(), http)
        return http

    def close(self) -> None:
        """Closes the connections; a caller's own httpx client stays open."""
        self._refusal = _CLOSED
        if self._own_http is not None:
            self._own_http.close()

    def after_fork(self) -> None:
        """In the child: the parent's connections are left alone, two processes would mix up their answers."""
        self._lock = threading.Lock()
        if self._own_http is not None:
            _parents_http.append(self._own_http)
            self._own_http = None
        if self._callers_http is not None:
            self._refusal = (
                "This client and its http_client are the parent process's: make new ones after the fork."
            )


class AsyncSender:
    """What `Sender` is, for the tasks of one event loop."""

    def __init__(self, config: Config, http_client: httpx.AsyncClient | None = None) -> None:
        _check_kind(http_client, httpx.AsyncClient)
        self._config = config
        self._callers_http = http_client
        self._own_http = None if http_client else _open(httpx.AsyncClient)
        self._refusal: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        _senders.add(self)

    async def send(self, operation: Operation[T], limits: Limits, pace: Pace | None = None) -> T:
        """The operation's result, or one of the errors of `netra.errors`."""
        steps = exchange(operation, limits, pace or Pace())
        try:
            step = next(steps)
            while True:
                if isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                    step = next(steps)
                    continue
                try:
                    answer = await self._attempt(operation, limits, step.seconds)
                except NetraError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _attempt(self, operation: Operation[T], limits: Limits, seconds: float) -> Answer:
        http = self._http()
        body = BodyReader(operation, limits.max_response_bytes, seconds)
        try:
            async with asyncio.timeout(None if seconds == math.inf else max(seconds, 0.0)):
                request = _request(http, operation, self._config, limits.timeout, seconds)
                response = await http.send(request, stream=True, follow_redirects=False)
                try:
                    body.begin(response.headers)
                    async for chunk in response.aiter_bytes():
                        body.add(chunk)
                finally:
                    await response.aclose()
        except NetraError:
            raise
        except httpx.HTTPStatusError as error:  # from an event hook of the caller's http_client
            return Answer(operation, self._config, error.response.status_code, error.response.headers, b"")
        except Exception as error:
            self._http()  # says so if the client was closed meanwhile
            raise connection_error(operation, self._config, error) from error
        return Answer(operation, self._config, response.status_code, response.headers, body.content)

    def _http(self) -> httpx.AsyncClient:
        if self._refusal is not None:
            raise NotInitializedError(self._refusal)
        http = self._callers_http or self._own_http
        assert http is not None
        if http.is_closed:
            raise NotInitializedError(_CALLERS_CLOSED)
        loop = asyncio.get_running_loop()
        if self._loop not in (None, loop):
            raise NotInitializedError(
                "This client belongs to another event loop: make an AsyncNetra inside each asyncio.run."
            )
        self._loop = loop
        return http

    async def close(self) -> None:
        """Closes the connections; a caller's own httpx client stays open."""
        self._refusal = _CLOSED
        if self._own_http is not None:
            await self._own_http.aclose()

    def after_fork(self) -> None:
        """In the child: an event loop does not outlive a fork."""
        self._refusal = "This client is the parent process's: make an AsyncNetra after the fork."


_CLOSED = "This client is closed: make a new one, or call Netra.init again."
_CALLERS_CLOSED = "The http_client of this client is closed: make new ones."


def _check_kind(http_client: object, kind: type) -> None:
    if http_client is not None and not isinstance(http_client, kind):
        raise ConfigurationError(
            f"http_client must be an httpx.{kind.__name__}, not {type(http_client).__name__}."
        )


def _open(kind: type[Http]) -> Http:
    """A client of httpx for ourselves."""
    try:
        # As many connections as calls: a call that waited for a free one would spend its timeout before it began.
        http = kind(
            follow_redirects=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=20)
        )
    except Exception as error:
        raise ConfigurationError(
            f"httpx cannot be set up: {error}. Check the variables for proxies (HTTPS_PROXY, ALL_PROXY, …) "
            "and certificates (SSL_CERT_FILE, SSL_CERT_DIR)."
        ) from error
    http.cookies.jar.set_policy(_NO_COOKIES)  # threads and tasks would share them; the API needs none
    return http


def _request(
    http: httpx.Client | httpx.AsyncClient,
    operation: Operation[T],
    config: Config,
    timeout: httpx.Timeout,
    seconds: float,
) -> httpx.Request:
    request = operation.request
    return http.build_request(
        request["method"],
        config.base_url + request["url"],
        params=request.get("params"),
        json=request.get("json"),
        headers={**config.headers, **request.get("headers", {})},
        timeout=httpx.Timeout(**{name: _at_most(seconds, part) for name, part in timeout.as_dict().items()}),
    )


def _at_most(seconds: float, part: float | None) -> float | None:
    least = min(seconds, math.inf if part is None else part)
    return None if least == math.inf else max(least, 0.001)


_NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
_senders: weakref.WeakSet[Sender | AsyncSender] = weakref.WeakSet()
_parents_http: list[httpx.Client] = []


def _after_fork() -> None:
    for sender in list(_senders):
        sender.after_fork()


def _close_in(process: int, http: httpx.Client) -> None:
    if os.getpid() == process:
        http.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
