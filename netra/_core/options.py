"""The limits of a call: how long, how often and how much."""

from __future__ import annotations

import math
from typing import Any

import attrs

from netra._booleans import is_boolean, problem_with_flag
from netra._integers import as_integer
from netra.errors import ConfigurationError

from .http import Timeout, is_instance
from .protocols import TimeoutLike

__all__ = ["Options", "seconds_of"]


@attrs.frozen(kw_only=True)
class Options:
    """Limits of one call. They have defaults for the client, and can be changed for single calls."""

    timeout: Timeout = attrs.field(factory=lambda: Timeout(10.0))
    """Of one attempt: seconds to connect, to send, and between two parts of the response."""
    max_retries: int = 4
    """Attempts after the first."""
    deadline: float = 300.0
    """Seconds for the whole call: all attempts and the waits between them."""
    max_response_bytes: int = 100_000_000
    """The largest body that is read, decoded."""
    prefetch: bool = True
    """Whether iterators ask for the next page while the caller works on the rows of this one."""

    def changed(
        self,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        prefetch: bool | None = None,
    ) -> Options:
        """Return the same options with those that are not None replaced. Refuse values that make no sense."""
        changes: dict[str, Any] = {}
        if timeout is not None:
            changes["timeout"] = _timeout(timeout)
        if max_retries is not None:
            changes["max_retries"] = _count(max_retries, "max_retries", minimum=0)
        if deadline is not None:
            changes["deadline"] = math.inf if deadline == math.inf else seconds_of(deadline, "deadline")
        if max_response_bytes is not None:
            changes["max_response_bytes"] = _count(max_response_bytes, "max_response_bytes", minimum=1)
        if prefetch is not None:
            problem = problem_with_flag(prefetch)
            if problem is not None:
                raise ConfigurationError(f"prefetch={prefetch!r} {problem}")
            changes["prefetch"] = prefetch
        return attrs.evolve(self, **changes)


def _timeout(value: float | TimeoutLike) -> Timeout:
    if is_instance(value, "Timeout"):
        parts: Any = value
        return Timeout(**parts.as_dict())
    seconds: Any = value
    return Timeout(seconds_of(seconds, "timeout"))


def seconds_of(value: float | str, source: str) -> float:
    """Check a number of seconds. `source` names the argument or the variable, for errors."""
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if is_boolean(value) or not 0 < seconds < math.inf:
        raise ConfigurationError(f"{source}={value!r} must be a number of seconds above 0.")
    return seconds


def _count(value: int, source: str, minimum: int) -> int:
    number = as_integer(value)
    if number is None or number < minimum:
        raise ConfigurationError(f"{source}={value!r} must be an integer from {minimum}.")
    return number
