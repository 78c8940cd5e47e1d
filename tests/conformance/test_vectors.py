"""Run every vector of `conformance/` with the sync and the async client, over real sockets."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from netra import NetraError
from netra._core.clock import SYSTEM_CLOCK
from netra._sync.transport import Transport
from netra.aio.transport import AsyncTransport
from netra.filters import Filter
from tests.faults.wire import then_close, then_reset
from tests.support.blocking import ClientClass, both_clients_many_cases
from tests.support.scripted import Reply, Request, Scripted, response_bytes, send_bytes

FOLDER = Path(__file__).parents[2] / "conformance"
ROWS: dict[str, dict[str, Any]] = json.loads((FOLDER / "rows.json").read_text(encoding="utf-8"))
VECTORS = [
    pytest.param(vector, id=f"{file.stem}: {vector['name']}")
    for file in sorted(FOLDER.glob("*.json"))
    if file.name != "rows.json"
    for vector in json.loads(file.read_text(encoding="utf-8"))["vectors"]
]
OWN_NAMES = {"start_time_ms": "start_time", "end_time_ms": "end_time"}
"""What the documentation for Python names otherwise, in spans."""


@both_clients_many_cases
@pytest.mark.parametrize("vector", VECTORS)
def test_vector(
    vector: dict[str, Any], client_class: ClientClass, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchanges: list[dict[str, Any]] = []
    problems: list[str] = []

    def reply(request: Request) -> Reply:
        if not exchanges:
            problems.append(f"not expected: {request.method} {request.target}")
            return send_bytes(response_bytes(status=500))
        exchange = exchanges.pop(0)
        problems.extend(differences(exchange.get("request", {}), request))
        return reply_of(exchange["response"])

    server = scripted(reply)
    for name, value in vector.get("environment", {}).items():
        monkeypatch.setenv(name, expand(value, server.url))
    waits = replace_clock(monkeypatch, vector.get("clock", {}))
    config = expand({"endpoint": "{server}", "prefetch": False, **vector.get("config", {})}, server.url)
    client: Any = None
    rows: Any = None
    for step in vector["steps"]:
        exchanges[:] = expand(step.get("exchanges", []), server.url)
        waits.clear()
        expected = expand(step["expect"], server.url)
        found: Any = []
        error: NetraError | None = None
        try:
            if client is None:
                client = client_class(**config)
            if not step.get("go_on"):
                rows = call(client.usage, step["call"])
            if step.get("go_on") or step["call"]["method"].startswith("iter"):
                take(rows, step.get("take"), found)
            else:
                found = rows
        except NetraError as raised:
            error = raised
        check_error(expected.get("error"), error)
        check_result(expected, found, rows)
        assert problems == []
        assert exchanges == [], "these requests were not sent"
        assert waits == pytest.approx(step.get("waits", waits))
    if client is not None:
        client.__exit__(None, None, None)


def call(usage: Any, what: dict[str, Any]) -> Any:
    arguments = dict(what.get("arguments", {}))
    if "filters" in arguments:
        arguments["filters"] = [Filter(**condition) for condition in arguments["filters"]]
    result = getattr(usage, what["method"])(**arguments)
    if "with_spans" in what:
        result = result.with_spans(**what["with_spans"])
    return result.pages() if what.get("pages") else result


def take(rows: Any, count: int | None, found: list[Any]) -> None:
    """Add so many rows, or all that follow, to those that were found."""
    while count is None or len(found) < count:
        try:
            found.append(next(rows))
        except StopIteration:
            break


def expand(value: Any, url: str) -> Any:
    """Replace `{server}` and the short form of rows."""
    if isinstance(value, str):
        return value.replace("{server}", url)
    if isinstance(value, list):
        return [expand(item, url) for item in value]
    if isinstance(value, dict):
        found = {name: expand(item, url) for name, item in value.items()}
        return {**ROWS[found.pop("$row")], **found} if "$row" in found else found
    return value


# ---------------------------------------------------------------- what is sent, and what comes back


def differences(expected: dict[str, Any], request: Request) -> Iterator[str]:
    target = urlsplit(request.target)
    sent = {
        "method": request.method,
        "path": [unquote(segment) for segment in target.path.split("/")[1:]],
        "query": [list(pair) for pair in parse_qsl(target.query, keep_blank_values=True)],
        "json": request.json,
        "headers": {name: request.headers.get(name) for name in expected.get("headers", {})},
    }
    for part, value in expected.items():
        if sent[part] != value:
            yield f"{part} was {sent[part]!r}, expected was {value!r}"


def reply_of(response: dict[str, Any]) -> Reply:
    content = (
        json.dumps(response["json"]).encode()
        if "json" in response
        else base64.b64decode(response["base64"])
        if "base64" in response
        else response.get("text", "").encode()
    )
    whole = response_bytes(
        body=content, status=response.get("status", 200), headers=response.get("headers", {})
    )
    if "fault" not in response:
        return send_bytes(whole)
    faults = {
        "reset": then_reset(lambda _: b""),
        "close": then_close(lambda _: b""),
        "cut": then_close(lambda good: good[:-10]),
    }
    return faults[response["fault"]](whole)


def replace_clock(monkeypatch: pytest.MonkeyPatch, clock: dict[str, Any]) -> list[float]:
    """Let waits be over at once. Return the list that they are noted in, in seconds."""
    waits: list[float] = []
    passed = 0.0

    def sleep(seconds: float) -> None:
        nonlocal passed
        waits.append(round(seconds, 3))
        passed += seconds

    async def async_sleep(_: Any, seconds: float) -> None:
        sleep(seconds)

    now = datetime.fromisoformat(clock.get("now", "2026-02-01T00:00:00+00:00"))
    monkeypatch.setattr(SYSTEM_CLOCK, "monotonic", lambda: time.monotonic() + passed)
    monkeypatch.setattr(SYSTEM_CLOCK, "utc_now", lambda: now)
    monkeypatch.setattr(SYSTEM_CLOCK, "jitter", lambda: clock.get("jitter", 1.0))
    monkeypatch.setattr(Transport, "_sleep", lambda _, seconds, group: sleep(seconds))
    monkeypatch.setattr(AsyncTransport, "_sleep", async_sleep)
    return waits


# ---------------------------------------------------------------- what is found


def check_result(expected: dict[str, Any], found: Any, rows: Any) -> None:
    if "result" in expected:
        check_fields(expected["result"], found)
    if "rows" in expected:
        assert [short(row) for row in found] == expected["rows"]
    for row, fields in zip(found if "fields" in expected else (), expected.get("fields", ()), strict=False):
        check_fields(fields, row)
    for name in ("has_next_page", "next_cursor"):
        if name in expected:
            assert getattr(found, name) == expected[name]
    if "cursor" in expected:
        assert rows.cursor == expected["cursor"]


def short(row: Any) -> Any:
    """Return the id of a row; of a trace with spans, its id and theirs; of a page, those of its rows."""
    if hasattr(row, "has_next_page"):
        return [short(each) for each in row]
    return [row.trace.id, [span.id for span in row.spans]] if hasattr(row, "spans") else row.id


def check_fields(expected: dict[str, Any] | None, found: Any) -> None:
    """Compare the fields that are named. A field that the row does not have is no field at all."""
    if expected is None:
        assert found is None
        return
    assert found is not None
    for name, value in expected.items():
        if "start_time" not in expected:
            name = OWN_NAMES.get(name, name)
        actual = getattr(found, name) if hasattr(type(found), name) else found[name]
        assert actual == value, name
        assert isinstance(actual, bool) == isinstance(value, bool), name


def check_error(expected: dict[str, Any] | None, error: NetraError | None) -> None:
    if expected is None or error is None:
        assert error is None, f"{type(error).__name__}: {error}"
        assert expected is None, f"{expected['name']} was expected"
        return
    assert type(error).__name__ == expected["name"], str(error)
    names = [cls.__name__ for cls in type(error).__mro__]
    assert [name for name in expected.get("bases", []) if name not in names] == []
    for name in ("status_code", "cursor", "attempts", "request_id", "retry_after", "body"):
        if name in expected:
            assert getattr(error, name) == expected[name], name
    for words in expected.get("says", []):
        assert words in str(error)
    everything = f"{error!r} {error} {vars(error)!r} {error.__cause__!r} {error.__context__!r}"
    for words in expected.get("never_says", []):
        assert words not in everything


def test_no_vector_is_lost() -> None:
    """A file that is not found, or a list that is cut off, would make every run green."""
    assert len(VECTORS) >= 400
