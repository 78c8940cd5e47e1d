"""An `AsyncNetra` that a test can use like a `Netra`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Self

from netra import AsyncNetra


async def collect(rows: AsyncIterator[Any]) -> list[Any]:
    return [row async for row in rows]


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
            return self._runner.run(collect(found) if isinstance(found, AsyncIterator) else found)

        return call

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self._runner.run(work)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self.client.close())
        self._runner.close()
