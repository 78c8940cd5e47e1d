"""A service that responds from memory: any number of traces, evenly distributed over January 2026, with ten spans each.

The endpoint sets both: `http://127.0.0.1:PORT/10000/20` holds 10,000 traces and responds after 20 ms. The server is
simple, so that the measured time is that of the clients. It prints its port and runs until it is killed.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

T0 = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW_MS = 31 * 86_400_000

# Latencies have no fraction, because the peer rejects fractions.
ROW = json.dumps(
    {
        "id": "@ID@",
        "name": "answer_question",
        "kind": "workflow",
        "latency_ms": 1234.0,
        "start_time": "@TIME@",
        "end_time": "@TIME@",
        "cursor": "@CURSOR@",
        "organisation_id": "0192f1a4-5b7d-7c4e-9a55-2f6d3a1c8e90",
        "project_id": "0192f1a4-6c8e-7d5f-8b66-3a7e4b2d9fa1",
        "session_id": "session-123",
        "tenant_id": "AceTech",
        "user_id": "user-42",
        "environment": "production",
        "models": ["gpt-4o", "text-embedding-3-small"],
        "prompt_tokens": 812,
        "completion_tokens": 164,
        "cached_tokens": 0,
        "total_tokens": 976,
        "prompt_tokens_cost": 0.00203,
        "completion_tokens_cost": 0.00164,
        "cached_tokens_cost": 0.0,
        "total_cost": 0.25,
        "has_pii": False,
        "pii_entities": [],
        "has_violation": False,
        "violations": [],
        "has_error": False,
        "service": "support-bot",
    }
)
SPAN = json.dumps(
    {
        "id": "@ID@",
        "trace_id": "@TRACE@",
        "name": "openai.chat",
        "kind": "generation",
        "organisation_id": "0192f1a4-5b7d-7c4e-9a55-2f6d3a1c8e90",
        "project_id": "0192f1a4-6c8e-7d5f-8b66-3a7e4b2d9fa1",
        "created_at": "2026-01-15T09:30:03.000Z",
        "cursor": "@CURSOR@",
        "parent_span_id": "a1b2c3d4e5f60718",
        "latency_ms": 321.0,
        "start_time_ms": "2026-01-15T09:30:00.000Z",
        "end_time_ms": "2026-01-15T09:30:00.321Z",
        "model_name": "gpt-4o",
        "prompt_tokens": 81,
        "completion_tokens": 16,
        "total_tokens": 97,
        "total_cost": 0.025,
        "has_error": False,
        "attributes": json.dumps({"gen_ai.request.model": "gpt-4o", "gen_ai.system": "openai"}),
    }
)


def time_of(number: int, count: int) -> str:
    moment = T0 + timedelta(milliseconds=number * (WINDOW_MS // count))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def milliseconds(time: str) -> int:
    return (datetime.fromisoformat(time) - T0) // timedelta(milliseconds=1)


def traces_page(requested: dict[str, object], count: int) -> str:
    step = WINDOW_MS // count
    pagination = requested.get("pagination")
    assert isinstance(pagination, dict)
    limit = pagination.get("limit", 20)
    cursor = pagination.get("cursor")
    first = max(-(-milliseconds(str(requested["startTime"])) // step), 0)
    last = min(milliseconds(str(requested["endTime"])) // step, count - 1)
    if requested.get("sortOrder", "desc") == "desc":
        last = last if cursor is None else min(last, int(cursor) - 1)
        numbers = range(last, max(first - 1, last - limit), -1)
        more = last - limit >= first
    else:
        first = first if cursor is None else max(first, int(cursor) + 1)
        numbers = range(first, min(last + 1, first + limit))
        more = first + limit <= last
    rows = (
        ROW.replace("@ID@", f"{number:032x}")
        .replace("@TIME@", time_of(number, count))
        .replace("@CURSOR@", str(number))
        for number in numbers
    )
    return envelope(",".join(rows), more)


def spans_page(trace: str) -> str:
    rows = (
        SPAN.replace("@ID@", f"{number:016x}").replace("@TRACE@", trace).replace("@CURSOR@", str(number))
        for number in range(10)
    )
    return envelope(",".join(rows), more=False)


def envelope(rows: str, more: bool) -> str:
    return f'{{"data": {{"data": [{rows}], "pageInfo": {{"hasNextPage": {json.dumps(more)}}}}}}}'


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = head.split(" ", 2)[1].partition("?")[0]
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            _, count, delay, *path = target.split("/")
            if path[-1] == "traces" and path[0] == "sdk":
                body_text = traces_page(json.loads(body), int(count))
            elif path[-1] == "spans":
                body_text = spans_page(path[-2])
            else:
                body_text = "{}"  # telemetry, if a client sends any
            if delay != "0":
                await asyncio.sleep(int(delay) / 1000)
            content = body_text.encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                b"content-length: %d\r\n\r\n%s" % (len(content), content)
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
