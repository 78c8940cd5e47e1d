"""An `AsyncNetra` that a test can use like a `Netra`, and a parametrisation over both clients."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Self

import pytest

from netra import AsyncNetra, Netra

_END = object()


class BlockingIterator:
    """An async iterator that a test can use like a sync one: reading a row blocks until the row is there."""

    def __init__(self, rows: Any, runner: asyncio.Runner) -> None:
        self.rows = rows
        self._runner = runner

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        row = self._runner.run(self._next())
        if row is _END:
            raise StopIteration
        return row

    async def _next(self) -> Any:
        return await anext(self.rows, _END)

    @property
    def cursor(self) -> str | None:
        cursor: str | None = self.rows.cursor
        return cursor

    def pages(self) -> BlockingIterator:
        return BlockingIterator(self.rows.pages(), self._runner)

    def with_spans(self, **options: Any) -> BlockingIterator:
        return BlockingIterator(self.rows.with_spans(**options), self._runner)

    def in_parallel(self, **options: Any) -> BlockingIterator:
        return BlockingIterator(self.rows.in_parallel(**options), self._runner)


class BlockingAsyncNetra:
    """An `AsyncNetra` whose calls block until they are done, all in one event loop."""

    def __init__(self, **arguments: Any) -> None:
        self._runner = asyncio.Runner()
        self.client = AsyncNetra(**arguments)

    @property
    def usage(self) -> Self:
        return self

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            result = getattr(self.client.usage, method)(*arguments, **options)
            return (
                BlockingIterator(result, self._runner)
                if isinstance(result, AsyncIterator)
                else self._runner.run(result)
            )

        return call

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self._runner.run(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.client.close())
        self._runner.close()


ClientClass = type[Netra | BlockingAsyncNetra]

both_clients = pytest.mark.parametrize("client_class", [Netra, BlockingAsyncNetra], ids=["sync", "async"])
"""Run a test with the sync client and with the async client."""

both_clients_many_cases = pytest.mark.parametrize(
    "client_class",
    [Netra, pytest.param(BlockingAsyncNetra, marks=pytest.mark.slow)],
    ids=["sync", "async"],
)
"""The same for a test with many cases: `make quick` runs them with the sync client only."""
