"""The one source of time and chance, so that a recorded call can be replayed with another one."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

__all__ = ["SYSTEM_CLOCK", "Clock"]


class Clock:
    """The system's clock. Retries, deadlines and rate limits ask it; a replay gives its own."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""
        return time.monotonic()

    def utc_now(self) -> datetime:
        """Return the time of day, for a `Retry-After` that holds a date."""
        return datetime.now(UTC)

    def jitter(self) -> float:
        """Return a random number from 0 to 1, by which a backoff is shortened."""
        return random.random()


SYSTEM_CLOCK = Clock()
