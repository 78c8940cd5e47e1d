"""A server over real sockets whose every response is scripted, down to the bytes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import attrs

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Write a response, or a part of one. The connection stays open unless the reply closes it."""


@attrs.frozen
class Request:
    """A request that the server has received."""

    method: str
    target: str
    """The path and query, exactly as they were sent."""
    headers: Mapping[str, str]
    body: bytes
    connection: int
    """The number of its connection, counted from 1."""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True, strict_parsing=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


def response_bytes(
    value: Any = None,
    *,
    status: int = 200,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Build a whole HTTP response: `value` as JSON, or `body` unchanged."""
    content = json.dumps(value).encode() if body is None else body
    lines = {"content-type": "application/json", **(headers or {})}
    if status != 204:
        lines["content-length"] = str(len(content))
    head = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n".encode() + content


def respond(value: Any = None, **options: Any) -> Reply:
    """Send the response that `response_bytes` builds from the arguments."""
    return send_bytes(response_bytes(value, **options))


def send_bytes(data: bytes) -> Reply:
    """Send these bytes and leave the connection open."""

    async def write(wire: asyncio.StreamWriter) -> None:
        wire.write(data)
        await wire.drain()

    return write


class ScriptedServer:
    """A server that calls `script(request)` for the reply to each request, and keeps all requests in `requests`."""

    def __init__(self, script: Callable[[Request], Reply], tls: ssl.SSLContext | None = None) -> None:
        self.script = script
        self._tls = tls
        self.requests: list[Request] = []
        self.connections = 0
        self._port: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @property
    def open_connections(self) -> int:
        return len(self._connections)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port.result(10)}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._port.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=2**26, ssl=self._tls)
        self._port.set_result(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        # asyncio does not close what it has accepted when the server is closed before the connection is made. So first
        # nothing more is accepted, and what was accepted just now reaches `_accept`.
        self._loop.remove_reader(server.sockets[0])
        for _ in range(5):
            await asyncio.sleep(0)
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.sleep(0)  # closed transports let go of their sockets

    # Not a coroutine: of a connection that is accepted just before the end, its task might never begin to run, and
    # nothing would close it.
    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stop.is_set():
            writer.close()
            return
        self.connections += 1
        task = self._loop.create_task(self._connection(reader, writer, self.connections))
        self._connections[task] = writer
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._connections.pop(task).close()
        if not task.cancelled():
            task.result()

    async def _connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                request = await self._read(reader, number)
                self.requests.append(request)
                await self.script(request)(writer)

    @staticmethod
    async def _read(reader: asyncio.StreamReader, connection: int) -> Request:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Request(method, target, headers, body, connection)


Scripted = Callable[[Callable[[Request], Reply]], ScriptedServer]
"""The type of the fixture `scripted`, which starts a server for a script."""
