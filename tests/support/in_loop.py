"""An `AsyncNetra` that a test can use like a `Netra`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Self

from netra import AsyncNetra


async def collect(rows: AsyncIterator[Any]) -> list[Any]:
    return [row async for row in rows]


_END = object()


class WalkInLoop:
    """An async iterator that a test can use like a sync one. Each row is waited for by itself."""

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
        found: str | None = self.rows.cursor
        return found

    def pages(self) -> WalkInLoop:
        return WalkInLoop(self.rows.pages(), self._runner)

    def with_spans(self, **options: Any) -> WalkInLoop:
        return WalkInLoop(self.rows.with_spans(**options), self._runner)

    def in_parallel(self, **options: Any) -> WalkInLoop:
        return WalkInLoop(self.rows.in_parallel(**options), self._runner)


class InLoop:
    """Runs each call of an `AsyncNetra` to its end, all in one event loop."""

    def __init__(self, **arguments: Any) -> None:
        self._runner = asyncio.Runner()
        self.client = AsyncNetra(**arguments)

    @property
    def usage(self) -> Self:
        return self

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            found = getattr(self.client.usage, method)(*arguments, **options)
            return (
                WalkInLoop(found, self._runner)
                if isinstance(found, AsyncIterator)
                else self._runner.run(found)
            )

        return call

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self._runner.run(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.client.close())
        self._runner.close()
