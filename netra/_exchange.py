"""One call from beginning to end, without I/O: attempts, waits between them, and the result.

`exchange` is a generator that says what to do next and is told what came of it; the senders in `_sending.py` do it.
So retries, deadlines and log lines exist once for every face of the client.
"""

from __future__ import annotations

import itertools
import logging
import random
import time
from collections.abc import Generator
from typing import Any, Generic, TypeVar

import attrs

from ._config import Options
from ._failures import Limits
from ._operations import Operation
from ._retries import wait_before_retry
from .errors import APIStatusError, NetraError, NotInitializedError, RateLimitError

__all__ = ["Answered", "Attempt", "Pace", "Wait", "exchange"]

T = TypeVar("T")

_log = logging.getLogger("netra")


@attrs.frozen
class Attempt:
    """Send the request; the answer must be whole before `limits.ends`."""

    operation: Operation[Any]
    limits: Limits


@attrs.frozen
class Answered(Generic[T]):
    """What came of an attempt that succeeded."""

    status: int
    result: T


@attrs.frozen
class Wait:
    """Do nothing for `seconds`."""

    seconds: float


class Pace:
    """What calls that belong together share: a 429 to one of them holds them all, and so does giving them up."""

    def __init__(self) -> None:
        self._not_before = 0.0
        self._most_rows: int | None = None
        self.is_given_up = False
        """Whether nobody waits for these calls any more: they end instead of trying again."""

    def hold(self, seconds: float) -> None:
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    @property
    def seconds_left(self) -> float:
        return self._not_before - time.monotonic()

    def in_small_pages(self, operation: Operation[T]) -> Operation[T]:
        """The operation with pages no larger than those that fitted."""
        if self._most_rows is None or operation.smaller is None or operation.rows <= self._most_rows:
            return operation
        return operation.smaller(self._most_rows)

    def halve_pages(self, operation: Operation[T]) -> bool:
        """Whether a smaller page than this one can be asked for; from now on these calls do."""
        if operation.smaller is None or operation.rows <= 1:
            return False
        fitting = operation.rows // 2
        self._most_rows = fitting if self._most_rows is None else min(self._most_rows, fitting)
        return True


def exchange(
    operation: Operation[T], options: Options, pace: Pace
) -> Generator[Attempt | Wait, Answered[T] | None, T]:
    """Yields what to do; expects an `Answered` or a thrown `NetraError` for each `Attempt`; returns the result."""
    ends = time.monotonic() + options.deadline
    timeout = options.timeout.as_dict()
    retries = 0
    for attempt in itertools.count(1):
        if (hold := min(pace.seconds_left, ends - time.monotonic())) > 0:
            yield Wait(hold)
        if pace.is_given_up:
            raise NotInitializedError("Given up: the loop that this call was made for was left.")
        began = time.monotonic()
        asked = pace.in_small_pages(operation)
        try:
            answered = yield Attempt(asked, Limits(attempt, options.deadline, ends, timeout))
            assert answered is not None
        except NetraError as error:
            error.attempts = attempt
            if error._is_too_large and pace.halve_pages(asked):
                _note(operation, "too large, asked for in smaller pages", attempt, began, 0.0)
                continue
            retries += 1
            wait = wait_before_retry(
                error, retries, options.max_retries, ends - time.monotonic(), random.random
            )
            came = error.status_code if isinstance(error, APIStatusError) else type(error).__name__
            _note(operation, came, attempt, began, wait)
            if wait is None:
                raise
            if isinstance(error, RateLimitError):
                pace.hold(wait)  # for the others, too
                continue
        else:
            _note(operation, answered.status, attempt, began, None)
            return answered.result
        yield Wait(wait)
    raise AssertionError("unreachable")


def _note(operation: Operation[T], came: object, attempt: int, began: float, wait: float | None) -> None:
    if _log.isEnabledFor(logging.DEBUG):
        milliseconds = (time.monotonic() - began) * 1000
        then = "" if wait is None else f", next attempt in {wait:.2f} s"
        _log.debug("%s: %s, attempt %d, %.0f ms%s", operation.asked, came, attempt, milliseconds, then)
