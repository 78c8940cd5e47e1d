"""Waiting for what threads and sockets do in their own time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether the condition comes true in this time."""
    for _ in range(int(seconds * 100)):
        if condition():
            return True
        time.sleep(0.01)
    return False


_before: set[threading.Thread] = set()


def note_threads() -> None:
    """Those that are there now belong to other tests."""
    _before.clear()
    _before.update(threading.enumerate())


def new_threads_of_ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "netra" and thread not in _before]
