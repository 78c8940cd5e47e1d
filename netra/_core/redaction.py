"""Redact secret header values in what comes back: bodies, headers and errors may echo them, encoded in many ways."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

__all__ = ["Redactor"]

REDACTED = "***"
MIN_LENGTH = 8
"""Characters. A shorter secret may be an ordinary word, so it is redacted only where it stands alone. A longer one is
recognised by this many: a copy that was cut off behind them is redacted, too."""

_SECRET_NAMES = re.compile(r"key|token|secret|auth|cookie|password", re.IGNORECASE)

_MAX_FORM_LENGTH = 24
"""An upper bound: no encoding of one character is longer."""


class Redactor:
    """Knows the secret headers: the API key, those whose name says so, and those that the caller named."""

    def __init__(self, headers: Mapping[str, str], key_header: str, named: Iterable[str]) -> None:
        always = {key_header, *(name.lower() for name in named)}
        secrets: set[str] = set()
        for name, value in headers.items():
            for form in {value, value.rpartition(" ")[2]}:  # without its scheme, such as "Bearer"
                if form and (name in always or (len(form) >= MIN_LENGTH and _SECRET_NAMES.search(name))):
                    secrets.add(form)
        self._secrets = sorted(secrets, key=len, reverse=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._secrets)} secrets)"

    def redact(self, text: str) -> str:
        """Return the text without the secrets, whole or cut off."""
        for secret in self._secrets:
            text = _redacted(secret, text)
        return text

    def excerpt(self, body: bytes, characters: int) -> str:
        """Return the first characters of a body. Redact first and cut afterwards, so that no secret is cut in half."""
        longest = max(map(len, self._secrets), default=0) * _MAX_FORM_LENGTH
        raw = characters + longest
        while True:
            raw *= 4
            # Without NULs, text in UTF-16 and UTF-32 is plain, and so are the secrets in it.
            text = self.redact(body[:raw].decode(errors="replace").replace("\0", ""))
            if len(text) >= characters + longest or raw >= len(body):
                return text[:characters]  # far from where the body was cut, or not cut at all


@cache
def _entities(character: str) -> list[str]:
    """Return the names that HTML has for a character."""
    from html.entities import html5  # here, because it is large and almost never needed

    return sorted((name for name, meaning in html5.items() if meaning == character), key=len, reverse=True)


def _redacted(secret: str, text: str) -> str:
    beginning = _pattern(secret[:MIN_LENGTH], stands_alone=len(secret) < MIN_LENGTH)
    kept, place = [], 0
    while (found := beginning.search(text, place)) is not None:
        kept.append(text[place : found.start()])
        place = found.end()
        for character in secret[MIN_LENGTH:]:
            more = _pattern(character).match(text, place)
            if more is None:
                break
            place = more.end()
    return REDACTED.join([*kept, text[place:]]) if kept else text


@lru_cache(512)
def _pattern(text: str, stands_alone: bool = False) -> re.Pattern[str]:
    """Compile a pattern for the text as it is, and as JSON, HTML and URLs encode it, also several times over."""
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
