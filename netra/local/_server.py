"""Run the server in a thread of this process, with uvicorn."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ._app import create_app
from ._cors import checked_origins
from ._faults import FaultInjector, TransportInScopeProtocol
from ._store import Store

_GRACE_SECONDS = 5


class LocalServer:
    """Serve Netra's API on this machine: ingest OpenTelemetry traces and answer usage requests.

    The server runs in a thread of this process, from `start()` to `stop()`, or for the length of a
    `with` block. After it stops, no thread, no open file and no bound port is left, and it can be
    started again.

    Args:
        db: Path of the SQLite file for the data. None uses a temporary directory that `stop()`
            removes.
        api_key: The key that every request must send as `x-api-key`, for exports and for reads.
            None accepts requests with any key or none.
        host: Address to listen on.
        port: Port to listen on; 0 chooses a free one.
        faults: The share, from 0 to 1, of read requests that get an injected fault, to test how a
            program handles it. The kinds are equally likely: 503, 429 with `Retry-After` (0 or 1 s),
            a reset connection, a truncated response, or the correct response up to 0.3 s late.
            Ingest gets no faults, because exporters drop the spans that they cannot send.
        faults_seed: With the same seed, the same sequence of requests gets the same faults, after
            each start. With concurrent requests, their order of arrival varies.
        cors_origins: Origins, like `http://localhost:5173`, whose pages may export and read from a
            browser; `"*"` allows all pages. Without any, browsers refuse to.

    Raises:
        ValueError: The API key is empty, `faults` is not from 0 to 1, one of `cors_origins` is not an
            origin, or (on start) the file is the database of another program or version.
        OSError: (On start) The port is in use, or the file cannot be opened.

    Example:
        with LocalServer(api_key="secret") as server:
            httpx.post(f"{server.endpoint}/v1/traces", ...)
            Netra.init(endpoint=server.endpoint, headers="x-api-key=secret")

        with LocalServer(db="filled.db", faults=0.3) as server:
            ...  # the program under test
    """

    def __init__(
        self,
        db: str | os.PathLike[str] | None = None,
        api_key: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: float = 0.0,
        faults_seed: int = 0,
        cors_origins: Iterable[str] = (),
    ) -> None:
        if api_key == "":
            raise ValueError("api_key must not be empty; leave it out to take every request")
        if not 0 <= faults <= 1:
            raise ValueError(f"faults must be a share from 0 to 1, not {faults}")
        self._db = db
        self._api_key = api_key
        self._host = host
        self._port = port
        self._faults = faults
        self._faults_seed = faults_seed
        self._cors_origins = checked_origins(cors_origins)
        self._running: ExitStack | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """The API's base URL, like `http://127.0.0.1:8765`. Raises RuntimeError unless running."""
        if self._running is None:
            raise RuntimeError("the server is not running")
        return self._url

    @property
    def endpoint(self) -> str:
        """The telemetry endpoint, for `NETRA_OTLP_ENDPOINT`: the URL with `/telemetry`."""
        return f"{self.url}/telemetry"

    def start(self) -> None:
        """Start the server and wait until it serves. Raises RuntimeError if it is already running."""
        if self._running is not None:
            raise RuntimeError("the server is already running")
        with ExitStack() as stack:
            path = self._db
            if path is None:
                directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="netra-local-"))
                path = Path(directory) / "netra-local.db"
            store = Store(Path(path))
            stack.callback(store.close)
            listener = stack.enter_context(_listen(self._host, self._port))
            host, port = listener.getsockname()[:2]
            self._url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            faults = FaultInjector(self._faults, self._faults_seed) if self._faults else None
            app = create_app(store, self._api_key, faults, self._cors_origins)
            thread = _ServerThread(app, listener, TransportInScopeProtocol if faults else H11Protocol)
            stack.callback(thread.stop)
            thread.start_serving()
            self._running = stack.pop_all()

    def stop(self) -> None:
        """Finish the requests in progress, then stop the server. Do nothing if it is not running."""
        running, self._running = self._running, None
        if running is not None:
            running.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the protocol of the socket is IPPROTO_TCP, which
    # socket.create_server() does not set. Without TCP_NODELAY each response takes 40 ms longer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    return listener


class _ServerThread(threading.Thread):
    """Run uvicorn on a socket that already listens, so that no early request is refused."""

    def __init__(self, app: ASGIApp, listener: socket.socket, protocol: type[H11Protocol]) -> None:
        super().__init__(name="netra-local-server", daemon=True)
        config = uvicorn.Config(
            app,
            # Use the same parser and event loop on every machine, and leave the logging of the host
            # program alone.
            http=protocol,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._listener = listener
        self._ready = threading.Event()
        self._server = _Server(config, self._ready)
        self._error: BaseException | None = None

    def start_serving(self) -> None:
        """Start the thread and wait until it serves. Raises RuntimeError if uvicorn fails to start."""
        self.start()
        self._ready.wait()
        if not self._server.started:
            self.join()
            raise RuntimeError("the server did not start") from self._error

    def run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._listener]))
        except BaseException as failure:  # uvicorn raises SystemExit if it cannot start
            self._error = failure
        finally:
            self._ready.set()

    def stop(self) -> None:
        self._server.should_exit = True
        if self.ident is not None:
            self.join()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()
