"""Whether to try again, and after how long. Pure: the waiting is done elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from .errors import APIConnectionError, APIStatusError, NetraError

__all__ = ["wait_before_retry"]

FIRST_WAIT = 0.5
"""Seconds: the most that the first retry waits. Each further one may wait twice as long."""
LONGEST_WAIT = 8.0
"""Seconds: the most that any retry waits by itself."""
LONGEST_RETRY_AFTER = 60.0
"""Seconds: the longest `Retry-After` that is obeyed; the caller decides about longer ones."""

TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 525)})


def wait_before_retry(
    error: NetraError, attempt: int, max_retries: int, seconds_left: float, random: Callable[[], float]
) -> float | None:
    """Seconds to wait before the next attempt, or None where the error is final.

    Exponential backoff with full jitter, and never less than the service asks for. `attempt` counts from 1,
    `seconds_left` is what the call's deadline leaves, `random` gives a number from 0 to 1.
    """
    if attempt > max_retries or not _is_transient(error):
        return None
    asked = error.retry_after if isinstance(error, APIStatusError) else None
    if asked is not None and asked > LONGEST_RETRY_AFTER:
        return None
    backoff = random() * min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempt - 1, 16))
    wait = max(backoff, asked or 0.0)
    return wait if wait < seconds_left else None


def _is_transient(error: NetraError) -> bool:
    """All operations are reads, so whatever may pass by itself may be asked again."""
    if isinstance(error, APIStatusError):
        return error.status_code in TRANSIENT_STATUSES
    return isinstance(error, APIConnectionError) and not error._is_final
