"""The lower bound: httpx and json, without checks, retries or types."""

from __future__ import annotations

import json
import sys
from typing import Any

import httpx
from timing import END, START, TRACE, main

URL = sys.argv[2]
http = httpx.Client(headers={"x-api-key": "k"}, timeout=10)


def page(limit: int, cursor: str | None) -> Any:
    pagination: dict[str, Any] = {"limit": limit, "direction": "down"}
    if cursor is not None:
        pagination["cursor"] = cursor
    body = {"startTime": START, "endTime": END, "filters": [], "pagination": pagination}
    response = http.post(URL + "/sdk/traces", json=body)
    response.raise_for_status()
    return json.loads(response.content)["data"]


def first() -> int:
    return len(page(10, None)["data"])


def iterate() -> int:
    rows = 0
    cost = 0.0
    cursor = None
    while True:
        found = page(100, cursor)
        for trace in found["data"]:
            rows += 1
            cost += trace["total_cost"]
        if not found["pageInfo"]["hasNextPage"]:
            break
        cursor = found["data"][-1]["cursor"]
    assert cost == rows * 0.25
    return rows


def spans() -> int:
    rows = 0
    for _ in range(300):
        response = http.get(f"{URL}/sdk/traces/{TRACE}/spans", params={"direction": "down"})
        response.raise_for_status()
        rows += len(json.loads(response.content)["data"]["data"])
    return rows


main({"first": first, "iterate": iterate, "spans": spans}, warm_up=first)
