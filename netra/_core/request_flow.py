"""One call from the first attempt to its result: attempts, backoff, deadline, smaller pages, log lines.

`request_flow` is a generator: it yields what to do next (`Send`, `Sleep`) and receives the outcome. The transports do
it, with threads or with asyncio, so this logic exists once for both.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Generator
from typing import Any, Generic, TypeVar

import attrs

from netra.errors import APIStatusError, NetraError, NotInitializedError, RateLimitError

from .clock import SYSTEM_CLOCK, Clock
from .connection_errors import AttemptLimits
from .operations import Operation
from .options import Options
from .retry import backoff_before_retry

__all__ = ["CallGroup", "Received", "Send", "Sleep", "request_flow"]

T = TypeVar("T")

_log = logging.getLogger("netra")


@attrs.frozen
class Send:
    """Send the request of the operation. The response must be complete before `limits.ends`."""

    operation: Operation[Any]
    limits: AttemptLimits


@attrs.frozen
class Sleep:
    """Do nothing for `seconds`."""

    seconds: float


@attrs.frozen
class Received(Generic[T]):
    """The outcome of an attempt that succeeded."""

    status: int
    result: T


class CallGroup:
    """Shared by the calls of one iterator: a 429 pauses all of them, and cancelling it cancels them."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self.clock = clock
        self.cancelled = False
        """Whether nobody waits for these calls any more: they end instead of trying again."""
        self._paused_until = 0.0
        self._max_rows: dict[str, int] = {}
        """For each operation whose pages were too large: how many rows fit."""

    def pause_for(self, seconds: float) -> None:
        """Let no call of the group begin an attempt before these seconds are over."""
        self._paused_until = max(self._paused_until, self.clock.monotonic() + seconds)

    @property
    def pause_left(self) -> float:
        return self._paused_until - self.clock.monotonic()

    def limit_page(self, operation: Operation[T]) -> Operation[T]:
        """Return the operation with a page no larger than those that fit into `max_response_bytes`."""
        fitting = self._max_rows.get(operation.name)
        if fitting is None or operation.with_limit is None or operation.limit <= fitting:
            return operation
        return operation.with_limit(fitting)

    def halve_pages(self, operation: Operation[T]) -> bool:
        """Ask for smaller pages from now on. Return False if the operation's page cannot be smaller."""
        if operation.with_limit is None or operation.limit <= 1:
            return False
        half = operation.limit // 2
        self._max_rows[operation.name] = min(half, self._max_rows.get(operation.name, half))
        return True


def request_flow(
    operation: Operation[T], options: Options, group: CallGroup
) -> Generator[Send | Sleep, Received[T] | None, T]:
    """Yield what to do; expect a `Received` or a thrown `NetraError` for each `Send`; return the result."""
    clock = group.clock
    ends = clock.monotonic() + options.deadline
    timeout = options.timeout.as_dict()
    retries = 0
    for attempt in itertools.count(1):
        if (pause := min(group.pause_left, ends - clock.monotonic())) > 0:
            yield Sleep(pause)
        if group.cancelled:
            raise NotInitializedError("Cancelled: the iterator that made this call was closed.")
        began = clock.monotonic()
        limited = group.limit_page(operation)
        try:
            received = yield Send(limited, AttemptLimits(attempt, options.deadline, ends, timeout, clock))
            assert received is not None
        except NetraError as error:
            error.attempts = attempt
            if error._is_too_large and group.halve_pages(limited):
                _log_attempt(operation, "too large, asked for in smaller pages", attempt, clock, began, 0.0)
                continue
            retries += 1
            backoff = backoff_before_retry(
                error, retries, options.max_retries, ends - clock.monotonic(), clock.jitter
            )
            outcome = error.status_code if isinstance(error, APIStatusError) else type(error).__name__
            _log_attempt(operation, outcome, attempt, clock, began, backoff)
            if backoff is None:
                raise
            if isinstance(error, RateLimitError):
                group.pause_for(backoff)  # for the other calls, too
                continue
        else:
            _log_attempt(operation, received.status, attempt, clock, began, None)
            return received.result
        yield Sleep(backoff)
    raise AssertionError("unreachable")


def _log_attempt(
    operation: Operation[T], outcome: object, attempt: int, clock: Clock, began: float, backoff: float | None
) -> None:
    if _log.isEnabledFor(logging.DEBUG):
        milliseconds = (clock.monotonic() - began) * 1000
        then = "" if backoff is None else f", next attempt in {backoff:.2f} s"
        _log.debug(
            "%s: %s, attempt %d, %.0f ms%s", operation.request_line, outcome, attempt, milliseconds, then
        )
