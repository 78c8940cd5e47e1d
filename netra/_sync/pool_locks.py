"""Release the locks of an httpx client that an interrupt left held.

httpx and its cookie jar guard themselves with locks written in Python, so a `KeyboardInterrupt` can come between taking
and releasing one (https://github.com/python/cpython/issues/74174). Every later call would then wait for ever.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

__all__ = ["release_held_locks"]

WAIT_FOR_HOLDER = 1.0
"""Seconds. A running thread holds these locks for microseconds."""


def release_held_locks(http: Any) -> None:
    """Release what a call of this thread left held when it was interrupted.

    What such a lock guards was either not begun or complete: an interrupt in between releases the lock by itself.
    """
    cookies: Any = getattr(http.cookies.jar, "_cookies_lock", None)
    while cookies is not None and cookies._is_owned():
        cookies.release()
    for lock in _locks_of(http):
        lock.acquire(timeout=WAIT_FOR_HOLDER)
        with contextlib.suppress(RuntimeError):  # its holder was only slow
            lock.release()


def _locks_of(http: Any) -> Iterator[Any]:
    holders: list[tuple[Any, str]] = []
    for transport in (http._transport, *http._mounts.values()):
        pool = getattr(transport, "_pool", None)
        holders.append((pool, "_optional_thread_lock"))
        for outer in getattr(pool, "connections", ()):
            connection = getattr(outer, "_connection", None)
            if connection is not None:  # else it may be connecting, and rightly holds its lock
                holders += [(outer, "_request_lock"), (connection, "_state_lock")]
    for holder, name in holders:
        lock = getattr(getattr(holder, name, None), "_lock", None)
        if lock is not None and lock.locked():
            yield lock
