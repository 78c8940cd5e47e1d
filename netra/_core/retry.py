"""The retry policy: whether to try again, and how long to back off before. Pure; the transports do the waiting.

RFC 9110, section 9.2.2, allows to repeat idempotent requests. All operations only read.
"""

from __future__ import annotations

from collections.abc import Callable

from netra.errors import APIConnectionError, APIStatusError, NetraError

__all__ = ["backoff_before_retry"]

INITIAL_BACKOFF = 0.5
"""Seconds: the longest wait before the first retry. Each further one may wait twice as long."""
MAX_BACKOFF = 8.0
"""Seconds: the longest wait that the client chooses itself."""
MAX_RETRY_AFTER = 60.0
"""Seconds: the longest `Retry-After` that is obeyed; longer ones are left to the caller."""

TRANSIENT_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, *range(520, 525)})


def backoff_before_retry(
    error: NetraError, retry: int, max_retries: int, seconds_left: float, jitter: Callable[[], float]
) -> float | None:
    """Return the seconds to wait before the next attempt, or None where the error is final.

    The backoff is exponential with full jitter, and never shorter than the service's `Retry-After`.

    Args:
        error: What the last attempt raised.
        retry: Number of the retry that would follow, from 1.
        max_retries: How many retries one call may make.
        seconds_left: What the call's deadline leaves.
        jitter: Gives a number from 0 to 1.
    """
    if retry > max_retries or not _is_transient(error):
        return None
    retry_after = error.retry_after if isinstance(error, APIStatusError) else None
    if retry_after is not None and retry_after > MAX_RETRY_AFTER:
        return None
    backoff = jitter() * min(MAX_BACKOFF, INITIAL_BACKOFF * 2 ** min(retry - 1, 16))
    backoff = max(backoff, retry_after or 0.0)
    return backoff if backoff < seconds_left else None


def _is_transient(error: NetraError) -> bool:
    if isinstance(error, APIStatusError):
        return error.status_code in TRANSIENT_STATUSES
    return isinstance(error, APIConnectionError) and not error._is_final
