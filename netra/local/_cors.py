"""Cross-origin requests (CORS): browsers let pages of the allowed origins call the server and read its responses.

Not Starlette's `CORSMiddleware`: it answers a preflight with 200 and a text, refuses one in a form that is not the
contract's, and its versions differ in when they send `Vary`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._errors import error_response

ANY = "*"

# What the operations and OTLP/HTTP exporters send beyond what browsers always allow.
_ALLOWED_HEADERS = "x-api-key, content-type, content-encoding"
_EXPOSED_HEADERS = "retry-after, x-request-id"
_MAX_AGE_SECONDS = 600

_PREFLIGHT_HEADERS = frozenset({"origin", "access-control-request-method"})

_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.-]*)://(?:[a-z0-9_-][a-z0-9._-]*|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?", re.ASCII
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def checked_origins(origins: Iterable[str]) -> frozenset[str]:
    """Return the origins as a set. Raises ValueError for one that no browser would send in this form."""
    if isinstance(origins, str):
        raise ValueError(f"cors_origins must be a list of origins, not text: write [{origins!r}]")
    checked = frozenset(origins)
    for origin in checked:
        if origin != ANY and not _is_origin(origin):
            raise ValueError(
                f"{origin!r} is not an origin as browsers send it (scheme, host and port; no path, no default port):"
                f" write {_suggestion(origin)!r}"
            )
    return checked


def _is_origin(text: str) -> bool:
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return False
    scheme, port = found.groups()
    return port is None or (int(port) <= 65_535 and int(port) != _DEFAULT_PORTS.get(scheme))


def _suggestion(text: str) -> str:
    try:
        parts = urlsplit(text.strip().lower())
        port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
        host = parts.hostname or ""
    except ValueError:
        return "http://localhost:5173"
    origin = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
    return origin if _is_origin(origin) else "http://localhost:5173"


class CrossOriginMiddleware:
    """Answer preflights, before the API key is checked, and add the headers of CORS to every other response."""

    def __init__(self, app: ASGIApp, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Headers(scope=scope)
        allowed = self._allowed_origin(request.get("origin"))

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if allowed is not None:
                    headers["Access-Control-Allow-Origin"] = allowed
                    headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
            await send(message)

        app = self._app
        if scope["method"] == "OPTIONS" and _PREFLIGHT_HEADERS.issubset(request):
            app = _preflight_response(request["origin"], allowed)
        await app(scope, receive, send_with_headers)

    def _allowed_origin(self, origin: str | None) -> str | None:
        if ANY in self._origins:
            return ANY
        return origin if origin in self._origins else None


def _preflight_response(origin: str, allowed: str | None) -> Response:
    if allowed is None:
        return error_response(
            403, f"the origin {origin} is not allowed: start the server with --cors-origin {origin}"
        )
    headers = {
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(_MAX_AGE_SECONDS),
    }
    return Response(status_code=204, headers=headers)
