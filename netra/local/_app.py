"""The HTTP face: routes, the API key, and errors as JSON."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ._answers import Body, session_usage_body, spans_body, tenant_usage_body, traces_body
from ._bodies import decompressed, media_type, read_body
from ._errors import RequestError, UnsupportedMediaError, error_answer
from ._faults import Faults
from ._otlp import EMPTY_ANSWER, JSON, PROTOBUF, spans_of
from ._requests import path_id, span_query, trace_query, usage_window
from ._store import Store

_T = TypeVar("_T")
Handler = Callable[[Request], Awaitable[Response]]

_THREADS = 8
_log = logging.getLogger("netra.local")


def create_app(store: Store, api_key: str | None = None, faults: Faults | None = None) -> ASGIApp:
    """The ASGI application over a store; with `api_key`, requests must bring it as `x-api-key`.

    Faults meet the four operations only: exporters drop the spans that they cannot send.
    The store stays the caller's to close, after the application's lifespan has ended.
    """
    handlers = _Handlers(store)
    app = Starlette(
        routes=[
            _route("POST", "/telemetry/v1/traces", handlers.export_traces),
            _route("GET", "/usage/sessions/{id:path}", handlers.session_usage, faults),
            _route("GET", "/usage/tenants/{id:path}", handlers.tenant_usage, faults),
            _route("POST", "/sdk/traces", handlers.list_traces, faults),
            _route("GET", "/sdk/traces/{id:path}/spans", handlers.list_spans, faults),
        ],
        exception_handlers={HTTPException: _http_error},
        lifespan=handlers.lifespan,
    )
    # A path with one slash too many is another path, not a redirect.
    app.router.redirect_slashes = False
    return _Door(app, api_key)


def _route(method: str, path: str, handler: Handler, faults: Faults | None = None) -> Route:
    middleware = [Middleware(faults.around)] if faults else None
    return Route(path, _answering(handler), methods=[method], middleware=middleware)


class _Door:
    """What comes before routing: the API key, and paths as they were sent.

    ASGI hands over paths with their percent-encoding undone, where `a%2Fb` can no longer be told
    from `a/b`. Routing on the raw path keeps an id one segment, whatever is in it.
    """

    def __init__(self, app: ASGIApp, api_key: str | None) -> None:
        self._app = app
        self._key = None if api_key is None else api_key.encode("utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not self._may_enter(scope):
            refusal = error_answer(401, "x-api-key: missing or wrong")
            await refusal(scope, receive, send)
        else:
            raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
            path = raw.partition(b"?")[0].decode("latin-1")
            await self._app({**scope, "path": path}, receive, send)

    def _may_enter(self, scope: Scope) -> bool:
        if self._key is None:
            return True
        sent = [value for name, value in scope["headers"] if name == b"x-api-key"]
        return len(sent) == 1 and hmac.compare_digest(sent[0], self._key)


class _Handlers:
    """One method per operation. SQLite and parsing block, so they run in threads of their own."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads: ThreadPoolExecutor | None = None

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        # A pool of our own ends with the application; Starlette's threads outlive it for a moment.
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="netra-local") as self._threads:
            yield

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def export_traces(self, request: Request) -> Response:
        content_type = media_type(request, PROTOBUF, JSON)
        encoding = request.headers.get("content-encoding", "")
        body = await read_body(request)
        await self._in_thread(lambda: self._store.add(spans_of(decompressed(body, encoding), content_type)))
        return Response(EMPTY_ANSWER[content_type], media_type=content_type)

    async def session_usage(self, request: Request) -> Response:
        session_id = _id(request, "sessionId")
        window = usage_window(request.scope["query_string"])
        usage = await self._in_thread(lambda: self._store.session_usage(session_id, window))
        return JSONResponse(session_usage_body(session_id, usage))

    async def tenant_usage(self, request: Request) -> Response:
        tenant_id = _id(request, "tenantId")
        window = usage_window(request.scope["query_string"])
        usage = await self._in_thread(lambda: self._store.tenant_usage(tenant_id, window))
        return JSONResponse(tenant_usage_body(tenant_id, usage))

    async def list_traces(self, request: Request) -> Response:
        encoding = request.headers.get("content-encoding", "")

        def page() -> Body:
            query = trace_query(decompressed(body, encoding))
            return traces_body(self._store.traces(query), query)

        try:
            media_type(request, JSON)
            body = await read_body(request)
            return JSONResponse(await self._in_thread(page))
        except UnsupportedMediaError as error:
            # The contract knows one status for every malformed request.
            raise RequestError(error.message) from None

    async def list_spans(self, request: Request) -> Response:
        query = span_query(_id(request, "traceId"), request.scope["query_string"])
        page = await self._in_thread(lambda: self._store.spans(query))
        return JSONResponse(spans_body(page))


def _id(request: Request, name: str) -> str:
    segment: str = request.path_params["id"]
    if "/" in segment:
        raise HTTPException(404)
    return path_id(name, segment)


# ---------------------------------------------------------------------- errors


def _answering(handler: Handler) -> Handler:
    """The handler, with its errors turned into answers."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RequestError as error:
            return error_answer(error.status_code, error.message)
        except ClientDisconnect:
            return error_answer(400, "the body ended too early")
        except HTTPException:
            raise
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return error_answer(500, "unexpected error; the server's log has the details")

    return answer


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    messages = {404: "no such path", 405: f"this path does not take {request.method}"}
    message = messages.get(error.status_code, error.detail)
    return error_answer(error.status_code, message, dict(error.headers or {}))
