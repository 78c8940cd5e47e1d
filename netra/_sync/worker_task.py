"""The work item for one partition: what is pickled for an executor's workers, and whose API key they use."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Any

import attrs

from netra._core.config import Arguments, Config, read_config
from netra._core.fork import generation
from netra._core.headers import USER_AGENT
from netra._core.options import Options
from netra._core.parameters import TracesQuery
from netra._core.partition import Partition, PartitionReader, PartitionResult
from netra._core.request_flow import CallGroup
from netra.errors import AuthenticationError, ConfigurationError, InvalidRequestError, NetraError

from .default import get_default_transport
from .transport import Transport

__all__ = ["PartitionTask", "check_executor", "open_transport", "run_task"]


@attrs.frozen(kw_only=True)
class PartitionTask:
    """One partition to be read, in this process or in another one.

    Pickling drops the client and the API key; a worker uses its own, unless the caller chose to share the headers. Each
    task is unique, because some executors, as Dask's, remember the results of calls that look alike.
    """

    id: str = attrs.field(init=False, factory=lambda: uuid.uuid4().hex)
    query: TracesQuery
    partition: Partition
    options: Options
    base_url: str
    user_agent: str
    headers: Mapping[str, str] | None = attrs.field(repr=False)
    secret_headers: tuple[str, ...]
    local: tuple[Transport, CallGroup] | None = attrs.field(repr=False)
    """What this process reads it with; None in another one."""

    @classmethod
    def create(
        cls,
        query: TracesQuery,
        partition: Partition,
        transport: Transport,
        group: CallGroup,
        options: Options,
        share_key: bool,
    ) -> PartitionTask:
        """Make a task; `attrs.evolve` makes others of it, for other partitions."""
        config = transport.config
        return cls(
            query=query,
            partition=partition,
            options=options,
            base_url=config.base_url,
            user_agent=config.headers[USER_AGENT],
            headers=config.headers if share_key else None,
            secret_headers=config.secret_headers,
            local=(transport, group),
        )

    def __getstate__(self) -> dict[str, Any]:
        return attrs.asdict(self, recurse=False, filter=lambda field, _: field.name != "local")

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in {**state, "local": None}.items():
            object.__setattr__(self, name, value)


def run_task(task: PartitionTask) -> PartitionResult:
    """Read the partition of a task. This is what an executor's workers run."""
    transport, group = task.local or (_workers_transport(task), CallGroup())
    reader = PartitionReader(task.query, task.partition)
    try:
        while (operation := reader.next_request()) is not None:
            reader.feed(transport.send(operation, task.options, group))
    except NetraError as error:
        if isinstance(error, AuthenticationError) and task.local is None:
            error.add_note(_WORKERS_KEY)
        return reader.result_before(error)
    return reader.result()


def check_executor(executor: object) -> None:
    if executor is not None and not isinstance(executor, Executor):
        raise InvalidRequestError(
            f"executor must be a concurrent.futures.Executor, not {type(executor).__name__}. "
            "For Dask, pass client.get_executor()."
        )


def open_transport(config: Config) -> Transport:
    """Make a transport for the threads of an executor, for an async client."""
    return Transport(config)


_WORKERS_KEY = (
    "This comes from a worker in another process, which uses a key of its own: set NETRA_API_KEY there, or pass "
    "share_key=True to send this client's along."
)
_transports: dict[tuple[str, frozenset[tuple[str, str]]], Transport] = {}
_lock = threading.Lock()


def _workers_transport(task: PartitionTask) -> Transport:
    """Return a transport for a task of another process. It is kept, for its connections."""
    own = get_default_transport()
    # A default client that a fork brought along is the parent's, and its key may not be that of the caller.
    if (
        task.headers is None
        and own is not None
        and own.config.base_url == task.base_url
        and own.generation == generation()
    ):
        return own
    arguments = Arguments(endpoint=task.base_url, headers=task.headers, secret_headers=task.secret_headers)
    try:
        config = read_config(arguments)
    except ConfigurationError as error:
        error.add_note(_WORKERS_KEY)
        raise
    config = attrs.evolve(config, headers={**config.headers, USER_AGENT: task.user_agent})
    with _lock:
        key = config.base_url, frozenset(config.headers.items())
        transport = _transports.get(key)
        if transport is None:
            transport = _transports[key] = Transport(config)
    return transport
