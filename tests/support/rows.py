"""Rows and pages as the service sends them."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

START, END = "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.000Z"


def trace(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"trace-{number}",
        "name": "answer_question",
        "kind": "workflow",
        "latency_ms": 12.5,
        "start_time": "2026-01-15T09:30:00.000Z",
        "end_time": "2026-01-15T09:30:02.500Z",
        "cursor": f"cursor-{number}",
        "organisation_id": "org",
        "project_id": "project",
        **changes,
    }


def span(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"span-{number}",
        "trace_id": "trace-1",
        "name": "openai.chat",
        "kind": "generation",
        "organisation_id": "org",
        "project_id": "project",
        "created_at": "2026-01-15T09:30:03.000Z",
        "cursor": f"cursor-{number}",
        **changes,
    }


def page(rows: list[Any], more: bool = False, **info: Any) -> dict[str, Any]:
    return {"data": {"data": rows, "pageInfo": {"hasNextPage": more, **info}}}


def session_usage(**changes: Any) -> dict[str, Any]:
    return {"session_id": "session-123", "tokenCount": 30, "requestsCount": 2, "totalCost": 0.25, **changes}


def tenant_usage(**changes: Any) -> dict[str, Any]:
    return {
        "tenant_id": "AceTech",
        "organisation_id": "org",
        "tokenCount": 30,
        "requestsCount": 2,
        "sessionsCount": 1,
        "totalCost": 0.25,
        **changes,
    }


def requested_id(path: str) -> str:
    """Return the id in the path of a request: the id of a session, a tenant or a trace."""
    return unquote(path.removesuffix("/spans").rpartition("/")[2])
