"""Wait for threads and sockets, and find the threads that the client has started."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until the condition is true; return False if it is still false after this time."""
    for _ in range(int(seconds * 100)):
        if condition():
            return True
        time.sleep(0.01)
    return False


_existing: set[threading.Thread] = set()


def remember_threads() -> None:
    """Remember the threads that exist now: they belong to other tests."""
    _existing.clear()
    _existing.update(threading.enumerate())


def new_netra_threads() -> list[threading.Thread]:
    """Return the threads that the client has started in this test and that are still running."""
    return [thread for thread in threading.enumerate() if thread.name == "netra" and thread not in _existing]
