"""Hides the values of headers in what a service sends back, in every form in which it can come back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

__all__ = ["Hider"]

HIDDEN = "***"
SHORT = 8
"""Characters. Shorter values are words of everyday, and hidden only where they stand alone."""
TAIL = 6
"""Characters of the beginning of a secret that are hidden at the end of a text."""

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
        self._pattern: re.Pattern[str] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._secrets)} secrets)"

    def hide(self, text: str) -> str:
        """The text without the secrets. One that is cut off at its end is hidden, too."""
        if not self._secrets:
            return text
        if self._pattern is None:
            self._pattern = re.compile("|".join(map(_forms, self._secrets)), re.IGNORECASE)
        return self._without_tail(self._pattern.sub(HIDDEN, text))

    def beginning(self, body: bytes, characters: int) -> str:
        """The first characters of a body without the secrets: hidden first, and cut afterwards."""
        longest = max(map(len, self._secrets), default=0) * _LONGEST_FORM
        raw = characters + longest
        while True:
            raw *= 4
            text = self.hide(body[:raw].decode(errors="replace"))
            if len(text) >= characters + longest or raw >= len(body):
                return text[:characters]  # far from where the body was cut, or not cut at all

    def _without_tail(self, text: str) -> str:
        end = len(text.rstrip("\"'}])>,;:. \t\r\n\\"))
        for secret in self._secrets:
            for length in range(len(secret) - 1, TAIL - 1, -1):
                if text[max(end - length, 0) : end].lower() == secret[:length].lower():
                    return text[: end - length] + HIDDEN + text[end:]
        return text


@cache
def _entities(character: str) -> list[str]:
    """The names that HTML has for a character."""
    from html.entities import html5  # here, because it is large and almost never needed

    return [name for name, meaning in html5.items() if meaning == character]


def _forms(secret: str) -> str:
    """A pattern for the secret as it is, and as JSON, HTML and URLs write it, also several times over."""
    pattern = "".join(map(_forms_of, secret))
    return pattern if len(secret) >= SHORT else rf"(?<![0-9A-Za-z]){pattern}(?![0-9A-Za-z])"


def _forms_of(character: str) -> str:
    code = ord(character)
    forms = [
        rf"\\*{re.escape(character)}",
        rf"\\+u{code:04x}",
        rf"\\+x{code:02x}",
        "%(?:25)*" + "(?:25)*".join([f"{byte:02x}" for byte in character.encode()]),
        rf"&(?:amp;)*#0*{code};?",
        rf"&(?:amp;)*#x0*{code:x};?",
        *(rf"&(?:amp;)*{name}" for name in _entities(character)),
    ]
    if character == " ":
        forms.append(r"\+")
    return f"(?:{'|'.join(forms)})"
