"""What a fork changes: the only module that knows the process.

A fork copies the memory of the process and only the thread that forked. In the child, threads are gone, connections
are shared with the parent, and locks may be held for ever. So whatever owns one of these notes the generation it
was made in, or registers itself here. https://docs.python.org/3/library/os.html#os.register_at_fork
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol

__all__ = ["ForkAware", "generation", "reset_after_fork"]


class ForkAware(Protocol):
    """An object that must let go of what belongs to the parent process."""

    def after_fork(self) -> None: ...


_generation = 0
_fork_aware: weakref.WeakSet[ForkAware] = weakref.WeakSet()


def generation() -> int:
    """Return how many forks lie between the first process and this one."""
    return _generation


def reset_after_fork(owner: ForkAware) -> None:
    """Call `owner.after_fork()` in the child of each fork, as long as the owner lives."""
    _fork_aware.add(owner)


def _in_child() -> None:
    global _generation
    _generation += 1
    for owner in list(_fork_aware):
        owner.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
