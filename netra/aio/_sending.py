"""Where bytes go out and come in for async code."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from netra._answers import Answer, result_of, status_error
from netra._body import Body
from netra._config import Config, Options
from netra._connections import give_up_connection, proxy_of
from netra._exchange import Answered, Attempt, Pace, Wait, exchange
from netra._failures import connection_error
from netra._http import AsyncClient, Response, check_kind, is_a, open_http
from netra._operations import Operation
from netra._protocols import AsyncHttpClient
from netra._sending import CALLERS_CLOSED, CLOSED, Sender, build_request, content_read_already, tell_of_forks
from netra.errors import APIStatusError, InvalidRequestError, NetraError, NotInitializedError

from ._tasks import running_loop

__all__ = ["AsyncSender"]

T = TypeVar("T")


class AsyncSender:
    """What `Sender` is, for the tasks of one event loop."""

    def __init__(self, config: Config, http_client: AsyncHttpClient | None = None) -> None:
        check_kind(http_client, "AsyncClient")
        self.config = config
        self._callers_http = http_client
        self._own_http = None if http_client else open_http(AsyncClient)
        self._threads_sender: Sender | None = None
        self._refusal: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._under_way: set[asyncio.Timeout] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._is_idle = asyncio.Event()
        tell_of_forks(self)

    def for_threads(self) -> Sender:
        """A sender for the threads of an executor. It is closed with this one."""
        if self._callers_http is not None:
            raise InvalidRequestError(
                "executor cannot be used with http_client: an AsyncClient serves tasks only."
            )
        if self._threads_sender is None:
            self._threads_sender = Sender(self.config)
            if self._refusal is not None:
                self._threads_sender.close()
        return self._threads_sender

    async def send(self, operation: Operation[T], options: Options, pace: Pace | None = None) -> T:
        """The operation's result, or one of the errors of `netra.errors`."""
        steps = exchange(operation, options, pace or Pace())
        try:
            step = next(steps)
            while True:
                if isinstance(step, Wait):
                    await self._wait(step.seconds)
                    step = next(steps)
                    continue
                try:
                    answered = await self._attempt(step, options)
                except NetraError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(answered)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with self._at_most(seconds):
                await asyncio.Event().wait()

    async def _attempt(self, attempt: Attempt, options: Options) -> Answered[Any]:
        http: Any = self._http()
        operation, limits = attempt.operation, attempt.limits
        body = Body(operation, options.max_response_bytes, limits)
        try:
            async with self._at_most(limits.ends - time.monotonic()):
                request = build_request(http, attempt, self.config)
                response = await http.send(request, stream=True, follow_redirects=False)
                fits = False
                try:
                    await _receive(response, body)
                    answer = Answer(
                        operation, self.config, response.status_code, response.headers, body.content
                    )
                    result = result_of(answer)  # here, as in the twin: while the connection is ours
                    fits = True
                except APIStatusError:
                    fits = True
                    raise
                finally:
                    if (stream := give_up_connection(response, fits)) is not None:
                        await stream.aclose()
                    await self._closed(response)
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
                await stream.aclose()
        else:
            return Answered(answer.status, result)
        raise status_error(answer)  # here, because the hook's error would come along, and it holds the key

    async def _closed(self, response: Response) -> None:
        """Closes it in a task of its own: cancelled in the midst of it, httpcore would keep the connection for ever."""
        closing = asyncio.create_task(response.aclose())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await asyncio.shield(closing)

    @asynccontextmanager
    async def _at_most(self, seconds: float) -> AsyncIterator[None]:
        """Ends what is done within after these seconds, or when the client is closed, with a TimeoutError."""
        async with asyncio.timeout(None if seconds == math.inf else max(seconds, 0.0)) as limit:
            self._under_way.add(limit)
            try:
                yield
            finally:
                self._under_way.discard(limit)
                if not self._under_way:
                    self._is_idle.set()

    def _http(self) -> AsyncHttpClient:
        if self._refusal is not None:
            raise NotInitializedError(self._refusal)
        http = self._callers_http or self._own_http
        assert http is not None
        if http.is_closed:
            raise NotInitializedError(CALLERS_CLOSED)
        loop = running_loop()
        if self._loop not in (None, loop):
            raise NotInitializedError(
                "This client belongs to another event loop: make an AsyncNetra inside each asyncio.run."
            )
        self._loop = loop
        return http

    async def close(self) -> None:
        """Closes the connections; a caller's own httpx client stays open."""
        self._refusal = CLOSED
        if self._threads_sender is not None:
            self._threads_sender.close()
        loop = running_loop()
        if self._loop not in (None, loop):
            return  # its connections ended with their event loop
        for limit in self._under_way:
            if not limit.expired():
                limit.reschedule(loop.time())
        if self._own_http is not None:
            while self._under_way:  # closing the pool first would leave a socket open that is just connecting
                self._is_idle.clear()
                await self._is_idle.wait()
            await asyncio.gather(*self._closing, return_exceptions=True)
            await self._own_http.aclose()

    def after_fork(self) -> None:
        """In the child: an event loop does not outlive a fork."""
        self._refusal = "This client is the parent process's: make an AsyncNetra after the fork."


async def _receive(response: Response, body: Body) -> None:
    if (content := content_read_already(response)) is not None:
        body.add_unpacked(content)
        return
    body.begin(response.headers)
    parts: Any = response.stream
    async for part in parts:
        body.add(part)
        del part  # it may echo the key, and this frame may end up in an error report
