"""Errors of the generated client."""

from __future__ import annotations

from typing import Any


class UnexpectedStatus(Exception):
    """Raised for an undocumented status when `Client.raise_on_unexpected_status` is set."""

    def __init__(self, status_code: int, content: bytes):
        self.status_code = status_code
        self.content = content

        super().__init__(
            f"Unexpected status code: {status_code}\n\nResponse content:\n{content.decode(errors='ignore')}"
        )


class PayloadError(ValueError):
    """A JSON value is not what the contract promises. `path` leads to it, `problem` says what is wrong."""

    def __init__(self, problem: str, path: tuple[str | int, ...] = ()):
        super().__init__(problem, path)
        self.problem = problem
        self.path = path

    @classmethod
    def expected(cls, what: str, value: Any) -> PayloadError:
        shown = (
            repr(value)
            if isinstance(value, bool | int | float | None)
            else f"a value of type {type(value).__name__}"
        )
        return cls(f"expected {what}, got {shown}")

    def within(self, step: str | int) -> PayloadError:
        """The same error, seen from the value that holds this one under `step`."""
        return PayloadError(self.problem, (step, *self.path))

    @property
    def place(self) -> str:
        """The path as text, like `data.data[3].total_cost`."""
        steps = (
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path
        )
        return "".join(steps).lstrip(".")

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}" if self.path else self.problem


__all__ = ["PayloadError", "UnexpectedStatus"]
