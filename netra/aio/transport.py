"""The async transport: where bytes go out and come in. Twin of `netra._sync.transport`.

Invariants:

- Event loops: the transport belongs to the loop of its first call; another loop is refused.
- Cancellation: `asyncio.timeout` ends a call at its deadline or when the client is closed. A response is closed in a
  task of its own, because httpcore keeps a connection for ever whose closing was cancelled.
- Closing waits for calls in flight: closing the pool first would leave a socket open that is just connecting.
- Forks: an event loop does not outlive a fork, so the client is refused in the child.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from netra._core.config import Config
from netra._core.connection_errors import connection_error
from netra._core.connection_reuse import discard_unsafe_connection, proxy_url
from netra._core.fork import reset_after_fork
from netra._core.http import (
    CALLERS_CLIENT_CLOSED,
    CLIENT_CLOSED,
    AsyncClient,
    HttpResponse,
    build_request,
    check_http_client,
    is_instance,
    open_http_client,
    preloaded_content,
)
from netra._core.operations import Operation
from netra._core.options import Options
from netra._core.protocols import AsyncHttpClient
from netra._core.request_flow import CallGroup, Received, Send, Sleep, request_flow
from netra._core.response_body import ResponseBody
from netra._core.responses import Response, parse_response, status_error
from netra.errors import APIStatusError, InvalidRequestError, NetraError, NotInitializedError

from .socks import close_failed_handshakes
from .workers import running_loop

if TYPE_CHECKING:
    from netra._sync.transport import Transport

__all__ = ["AsyncTransport"]

T = TypeVar("T")


class AsyncTransport:
    """What `Transport` is, for the tasks of one event loop."""

    def __init__(self, config: Config, http_client: AsyncHttpClient | None = None) -> None:
        check_http_client(http_client, "AsyncClient")
        self.config = config
        self._callers_http = http_client
        self._own_http = None if http_client else _open()
        self._executor_transport: Transport | None = None
        self._closed_reason: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timeouts: set[asyncio.Timeout] = set()
        """Of the calls in flight."""
        self._closing: set[asyncio.Task[None]] = set()
        """Tasks that close a response."""
        self._is_idle = asyncio.Event()
        reset_after_fork(self)

    def for_executor(self) -> Transport:
        """Return a transport for the threads of an executor. It is closed with this one."""
        from netra._sync.worker_task import open_transport

        if self._callers_http is not None:
            raise InvalidRequestError(
                "executor cannot be used with http_client: an AsyncClient serves tasks only."
            )
        if self._executor_transport is None:
            self._executor_transport = open_transport(self.config)
            if self._closed_reason is not None:
                self._executor_transport.close()
        return self._executor_transport

    async def send(self, operation: Operation[T], options: Options, group: CallGroup | None = None) -> T:
        """Return the operation's result. Raise a `NetraError`."""
        flow = request_flow(operation, options, group or CallGroup())
        try:
            step = next(flow)
            while True:
                if isinstance(step, Sleep):
                    await self._sleep(step.seconds)
                    step = next(flow)
                    continue
                try:
                    received = await self._attempt(step, options)
                except NetraError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(received)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with self._timeout(seconds):
                await asyncio.Event().wait()

    async def _attempt(self, send: Send, options: Options) -> Received[Any]:
        http: Any = self._http()
        operation, limits = send.operation, send.limits
        body = ResponseBody(operation, options.max_response_bytes, limits)
        try:
            async with self._timeout(limits.seconds_left):
                request = build_request(http, send, self.config)
                http_response = await http.send(request, stream=True, follow_redirects=False)
                is_valid = False
                try:
                    await _read_body(http_response, body)
                    response = Response.of(operation, self.config, http_response, body.content, limits)
                    result = parse_response(response)  # here, as in the twin: while the connection is ours
                    is_valid = True
                except APIStatusError:
                    is_valid = True
                    raise
                finally:
                    if (stream := discard_unsafe_connection(http_response, is_valid)) is not None:
                        await stream.aclose()
                    await self._close_response(http_response)
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
                await stream.aclose()
        else:
            return Received(response.status, result)
        raise status_error(
            response
        )  # outside, because the hook's error holds the key, and would be its context

    async def _close_response(self, response: HttpResponse) -> None:
        closing = asyncio.create_task(response.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await asyncio.shield(closing)

    @asynccontextmanager
    async def _timeout(self, seconds: float) -> AsyncIterator[None]:
        """End what is done within after these seconds, or when the client is closed, with a TimeoutError."""
        async with asyncio.timeout(None if seconds == math.inf else max(seconds, 0.0)) as timeout:
            self._timeouts.add(timeout)
            try:
                yield
            finally:
                self._timeouts.discard(timeout)
                if not self._timeouts:
                    self._is_idle.set()

    # ---------------------------------------------------------------- the HTTP client

    def _http(self) -> AsyncHttpClient:
        if self._closed_reason is not None:
            raise NotInitializedError(self._closed_reason)
        http = self._callers_http or self._own_http
        assert http is not None
        if http.is_closed:
            raise NotInitializedError(CALLERS_CLIENT_CLOSED)
        loop = running_loop()
        if self._loop not in (None, loop):
            raise NotInitializedError(
                "This client belongs to another event loop: make an AsyncNetra inside each asyncio.run."
            )
        self._loop = loop
        return http

    async def close(self) -> None:
        """Close the connections; a caller's own `http_client` stays open."""
        self._closed_reason = CLIENT_CLOSED
        if self._executor_transport is not None:
            self._executor_transport.close()
        loop = running_loop()
        if self._loop not in (None, loop):
            return  # its connections ended with their event loop
        for timeout in self._timeouts:
            if not timeout.expired():
                timeout.reschedule(loop.time())
        if self._own_http is not None:
            while self._timeouts:
                self._is_idle.clear()
                await self._is_idle.wait()
            await asyncio.gather(*self._closing, return_exceptions=True)
            await self._own_http.aclose()

    def after_fork(self) -> None:
        self._closed_reason = "This client is the parent process's: make an AsyncNetra after the fork."


def _open() -> AsyncClient:
    http = open_http_client(AsyncClient)
    close_failed_handshakes(http)
    return http


async def _read_body(response: HttpResponse, body: ResponseBody) -> None:
    if (content := preloaded_content(response)) is not None:
        body.feed_decoded(content)
        return
    body.begin(response.headers)
    chunks: Any = response.stream
    async for chunk in chunks:
        body.feed(chunk)
        del chunk  # it may echo the key, and this frame may end up in an error report
