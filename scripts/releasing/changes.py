"""Changes, how bad they are, and the version that they demand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Change", "Version", "VersionError", "Word", "expected", "version_problem", "word_of"]

Word = Literal["breaking", "additive", "none"]
WORDS: tuple[Word, ...] = ("none", "additive", "breaking")
"""From harmless to breaking."""


class VersionError(Exception):
    """A version that is none, or not in the expected form."""


@dataclass(frozen=True, order=True)
class Change:
    word: Word
    """`none` for text that only readers see."""
    what: str


def word_of(changes: Iterable[Change]) -> Word:
    """Return the word of the worst change."""
    return max((change.word for change in changes), key=WORDS.index, default="none")


@dataclass(frozen=True, order=True)
class Version:
    major: int
    minor: int
    patch: int
    is_final: bool = True
    """A pre-release comes before its release."""
    prerelease: tuple[str, int] = ("", 0)

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.2.3`, Python's `1.2.3a4`, and npm's `1.2.3-alpha.4` for the same."""
        found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)(?:(a|b|rc)(\d+)|-(alpha|beta|rc)\.(\d+))?", text)
        if found is None:
            raise VersionError(f"{text!r} is not a version such as 1.2.3, 1.2.3a4 or 1.2.3-alpha.4")
        major, minor, patch = map(int, found.group(1, 2, 3))
        kind, number = found[4] or found[6], found[5] or found[7]
        if kind is None:
            return cls(major, minor, patch)
        return cls(major, minor, patch, False, ({"alpha": "a", "beta": "b"}.get(kind, kind), int(number)))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}" + (
            "" if self.is_final else f"{self.prerelease[0]}{self.prerelease[1]}"
        )


def expected(released: Version, word: Word) -> Version:
    """Return the lowest version that may hold such a change. A pre-release promises nothing yet."""
    if word == "none" or not released.is_final:
        return released
    if word == "breaking":
        return Version(released.major + 1, 0, 0)
    return Version(released.major, released.minor + 1, 0)


def version_problem(name: str, released: str, current: str, changes: Sequence[Change]) -> str:
    """Say what is wrong with the current version, or return an empty text."""
    word = word_of(changes)
    demanded = expected(Version.parse(released), word)
    if Version.parse(current) >= demanded:
        return ""
    return f"{name} is {current}; expected is {demanded} or later, because {REASONS[word]} since {released}."


REASONS: dict[Word, str] = {
    "breaking": "something broke",
    "additive": "something was added",
    "none": "versions only grow",
}
