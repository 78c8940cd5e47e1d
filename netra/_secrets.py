"""Hides the values of headers in what a service sends back, in every form in which it can come back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

__all__ = ["Hider"]

HIDDEN = "***"
SHORT = 8
"""Characters. Shorter values are words of everyday, and hidden only where they stand alone. Of longer ones this many
are enough to know them by: what is cut off behind is hidden, too."""

_TELLING = re.compile(r"key|token|secret|auth|cookie|password", re.IGNORECASE)

_LONGEST_FORM = 24
"""More characters than one character of a secret is ever written with."""


class Hider:
    """Knows the secrets among the headers: the API key, those whose name says so, and those that the caller named."""

    def __init__(self, headers: Mapping[str, str], key_header: str, named: Iterable[str]) -> None:
        always = {key_header, *(name.lower() for name in named)}
        secrets: set[str] = set()
        for name, value in headers.items():
            for form in {value, value.rpartition(" ")[2]}:  # without its scheme, such as "Bearer"
                if form and (name in always or (len(form) >= SHORT and _TELLING.search(name))):
                    secrets.add(form)
        self._secrets = sorted(secrets, key=len, reverse=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._secrets)} secrets)"

    def hide(self, text: str) -> str:
        """The text without the secrets, whole or cut off."""
        for secret in self._secrets:
            text = _without(secret, text)
        return text

    def beginning(self, body: bytes, characters: int) -> str:
        """The first characters of a body without the secrets: hidden first, and cut afterwards."""
        longest = max(map(len, self._secrets), default=0) * _LONGEST_FORM
        raw = characters + longest
        while True:
            raw *= 4
            text = self.hide(body[:raw].decode(errors="replace"))
            if len(text) >= characters + longest or raw >= len(body):
                return text[:characters]  # far from where the body was cut, or not cut at all


@cache
def _entities(character: str) -> list[str]:
    """The names that HTML has for a character."""
    from html.entities import html5  # here, because it is large and almost never needed

    return sorted((name for name, meaning in html5.items() if meaning == character), key=len, reverse=True)


def _without(secret: str, text: str) -> str:
    beginning = _pattern(secret[:SHORT], stands_alone=len(secret) < SHORT)
    kept, place = [], 0
    while (found := beginning.search(text, place)) is not None:
        kept.append(text[place : found.start()])
        place = found.end()
        for character in secret[SHORT:]:
            more = _pattern(character).match(text, place)
            if more is None:
                break
            place = more.end()
    return HIDDEN.join([*kept, text[place:]]) if kept else text


@lru_cache(512)
def _pattern(text: str, stands_alone: bool = False) -> re.Pattern[str]:
    """Finds the text as it is, and as JSON, HTML and URLs write it, also several times over."""
    forms = "".join(map(_forms, text))
    return re.compile(rf"(?<![0-9A-Za-z]){forms}(?![0-9A-Za-z])" if stands_alone else forms, re.IGNORECASE)


def _forms(character: str) -> str:
    code = ord(character)
    forms = [  # the longer ones first: of "&amp;" the "&" alone would do for "&"
        *(rf"&(?:amp;)*{name}" for name in _entities(character)),
        rf"&(?:amp;)*#0*{code};?",
        rf"&(?:amp;)*#x0*{code:x};?",
        rf"\\+u{code:04x}",
        rf"\\+x{code:02x}",
        "%(?:25)*" + "(?:25)*".join([f"{byte:02x}" for byte in character.encode()]),
        rf"\\*{re.escape(character)}",
    ]
    if character == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"
