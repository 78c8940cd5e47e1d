"""Checks of single arguments: the page size, a text, a choice. Each returns the value in the form that is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, get_args
from urllib.parse import quote

from netra._booleans import problem_with_flag
from netra._integers import as_integer
from netra._text import is_unicode
from netra.errors import InvalidRequestError

if TYPE_CHECKING:
    from netra.filters import Filter

__all__ = [
    "MAX_PAGE_SIZE",
    "check_choice",
    "check_concurrency",
    "check_conditions",
    "check_flag",
    "check_page_size",
    "check_path_segment",
    "check_text",
    "is_sendable_text",
]

T = TypeVar("T")

MAX_PAGE_SIZE = 100
"""Rows. The contract's maximum, and what walks ask for where no limit is given."""
MAX_ENCODED_LENGTH = 20_000
"""Bytes of a text in a URL: httpx refuses URLs of more than 65,536, and shows the request in its error's frames."""


def check_page_size(limit: int | None) -> int | None:
    if limit is None:
        return None
    number = as_integer(limit)
    if number is None or not 1 <= number <= MAX_PAGE_SIZE:
        raise InvalidRequestError(
            f"limit={limit!r} must be an integer from 1 to {MAX_PAGE_SIZE}: it is the page size."
        )
    return number


def check_concurrency(concurrency: int) -> int:
    number = as_integer(concurrency)
    if number is None or number < 1:
        raise InvalidRequestError(f"concurrency={concurrency!r} must be an integer from 1.")
    return number


def check_flag(value: bool, name: str) -> bool:
    problem = problem_with_flag(value)
    if problem is not None:
        raise InvalidRequestError(f"{name}={value!r} {problem}")
    return value


def check_choice(value: T | None, name: str, choices: Any) -> T | None:
    """Check a value of a `Literal` type, or None."""
    if value is None:
        return None
    allowed = get_args(choices)
    for choice in allowed:
        if isinstance(value, str) and value == choice:
            found: T = choice
            return found
    raise InvalidRequestError(f"{name}={value!r} must be one of {', '.join(map(repr, allowed))}.")


def check_text(value: str | None, name: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} must be a str, not {type(value).__name__}: give its text form.")
    if not value:
        raise InvalidRequestError(f"{name} is empty: leave it out, or give a value.")
    if not is_unicode(value):
        raise InvalidRequestError(f"{name}={value[:100]!r} holds a lone surrogate and cannot be sent.")
    if not _fits_url(value):
        raise InvalidRequestError(
            f"{name}={value[:40]!r}... is too long: {len(value)} characters, more than a URL can hold."
        )
    return str.__str__(value)  # the value of a str enum, not the name of its member


def check_path_segment(value: str, name: str) -> str:
    """Check an id that becomes one segment of the path."""
    text = check_text(value, name)
    if text is None:
        raise InvalidRequestError(f"{name}=None: give an id.")
    if text in (".", ".."):
        raise InvalidRequestError(
            f"{name}={text!r} cannot be sent: in a URL it stands for a folder, not for an id."
        )
    return text


def is_sendable_text(value: str) -> bool:
    """Return whether the text can be sent in a URL: not empty, valid Unicode, and not too long."""
    return bool(value) and is_unicode(value) and _fits_url(value)


def _fits_url(value: str) -> bool:
    return 12 * len(value) <= MAX_ENCODED_LENGTH or len(quote(value, safe="")) <= MAX_ENCODED_LENGTH


def check_conditions(filters: Iterable[Any]) -> tuple[Filter, ...]:
    from netra.filters import Filter, as_filter  # here, because few calls have conditions

    if isinstance(filters, Filter | str | Mapping) or not isinstance(filters, Iterable):
        raise InvalidRequestError(f"filters must be a list of conditions, such as [{filters!r:.100}].")
    return tuple(map(as_filter, filters))
