"""The ASGI application: routes, the check of the API key, and errors as JSON."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._cors import CrossOriginMiddleware
from ._errors import RequestError, UnsupportedMediaError, error_response
from ._faults import FaultInjector
from ._otlp import EMPTY_RESPONSE, JSON, PROTOBUF, parse_spans
from ._request_body import decompress, media_type, read_body
from ._requests import decode_path_id, parse_span_query, parse_trace_query, parse_usage_window
from ._responses import Body, session_usage_body, spans_body, tenant_usage_body, traces_body
from ._store import Store

_T = TypeVar("_T")
Handler = Callable[[Request], Awaitable[Response]]

_WORKER_THREADS = 8
_REQUEST_ID = "netra.request_id"
_log = logging.getLogger("netra.local")


def create_app(
    store: Store,
    api_key: str | None = None,
    faults: FaultInjector | None = None,
    cors_origins: frozenset[str] = frozenset(),
) -> ASGIApp:
    """Create the ASGI application for a store.

    With `api_key`, every request must send it as `x-api-key`. Faults are injected into the four
    operations of the contract only, because exporters drop the spans that they cannot send. Pages of
    the `cors_origins` may call it from a browser. The caller closes the store, after the
    application's lifespan has ended.
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
    # A path with an extra slash is a different path: answer 404 instead of a redirect.
    app.router.redirect_slashes = False
    outer: ASGIApp = _AuthAndRawPathMiddleware(app, api_key)
    if cors_origins:  # outside, because a preflight carries no key, and errors need the headers, too
        outer = CrossOriginMiddleware(outer, cors_origins)
    return _RequestIdMiddleware(outer)


def _route(method: str, path: str, handler: Handler, faults: FaultInjector | None = None) -> Route:
    middleware = [Middleware(faults.wrap)] if faults else None
    return Route(path, _with_error_responses(handler), methods=[method], middleware=middleware)


class _RequestIdMiddleware:
    """Give each response a random `X-Request-Id`, which the log names for an unexpected error."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = secrets.token_hex(8)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        await self._app({**scope, _REQUEST_ID: request_id}, receive, send_with_id)


class _AuthAndRawPathMiddleware:
    """Check the API key, then route on the raw path.

    ASGI's `path` is already percent-decoded, so `a%2Fb` and `a/b` look the same. On the raw path
    an id is always one segment.
    """

    def __init__(self, app: ASGIApp, api_key: str | None) -> None:
        self._app = app
        self._key = None if api_key is None else api_key.encode("utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not self._is_authorized(scope):
            response = error_response(401, "x-api-key: missing or wrong")
            await response(scope, receive, send)
        else:
            raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode("ascii")
            path = raw.partition(b"?")[0].decode("latin-1")
            await self._app({**scope, "path": path}, receive, send)

    def _is_authorized(self, scope: Scope) -> bool:
        if self._key is None:
            return True
        sent = [value for name, value in scope["headers"] if name == b"x-api-key"]
        return len(sent) == 1 and hmac.compare_digest(sent[0], self._key)


class _Handlers:
    """The request handlers, one method per operation. Blocking work (SQLite, parsing) runs in threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads: ThreadPoolExecutor | None = None

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        # Our own pool ends with the lifespan; the threads of Starlette would live a little longer.
        with ThreadPoolExecutor(_WORKER_THREADS, thread_name_prefix="netra-local") as self._threads:
            yield

    async def _run_in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def export_traces(self, request: Request) -> Response:
        content_type = media_type(request, PROTOBUF, JSON)
        encoding = request.headers.get("content-encoding", "")
        body = await read_body(request)
        await self._run_in_thread(
            lambda: self._store.ingest(parse_spans(decompress(body, encoding), content_type))
        )
        return Response(EMPTY_RESPONSE[content_type], media_type=content_type)

    async def session_usage(self, request: Request) -> Response:
        session_id = _path_id(request, "sessionId")
        window = parse_usage_window(request.scope["query_string"])
        usage = await self._run_in_thread(lambda: self._store.session_usage(session_id, window))
        return JSONResponse(session_usage_body(session_id, usage))

    async def tenant_usage(self, request: Request) -> Response:
        tenant_id = _path_id(request, "tenantId")
        window = parse_usage_window(request.scope["query_string"])
        usage = await self._run_in_thread(lambda: self._store.tenant_usage(tenant_id, window))
        return JSONResponse(tenant_usage_body(tenant_id, usage))

    async def list_traces(self, request: Request) -> Response:
        encoding = request.headers.get("content-encoding", "")

        def page() -> Body:
            query = parse_trace_query(decompress(body, encoding))
            return traces_body(self._store.traces(query), query)

        try:
            media_type(request, JSON)
            body = await read_body(request)
            return JSONResponse(await self._run_in_thread(page))
        except UnsupportedMediaError as error:
            # In the contract, every malformed request has the status 400.
            raise RequestError(error.message) from None

    async def list_spans(self, request: Request) -> Response:
        query = parse_span_query(_path_id(request, "traceId"), request.scope["query_string"])
        page = await self._run_in_thread(lambda: self._store.spans(query))
        return JSONResponse(spans_body(page))


def _path_id(request: Request, name: str) -> str:
    segment: str = request.path_params["id"]
    if "/" in segment:
        raise HTTPException(404)
    return decode_path_id(name, segment)


# ---------------------------------------------------------------------- errors


def _with_error_responses(handler: Handler) -> Handler:
    """Wrap a handler so that its exceptions become error responses."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except RequestError as error:
            return error_response(error.status_code, error.message)
        except ClientDisconnect:
            return error_response(400, "the body ended too early")
        except HTTPException:
            raise
        except Exception:
            _log.exception("%s %s failed (%s)", request.method, request.url.path, request.scope[_REQUEST_ID])
            return error_response(500, "unexpected error; the server's log has the details")

    return handle


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    messages = {404: "no such path", 405: f"this path does not take {request.method}"}
    message = messages.get(error.status_code, error.detail)
    return error_response(error.status_code, message, dict(error.headers or {}))
