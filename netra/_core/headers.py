"""The headers of every request: what callers and the environment give, checked. One of them is the API key."""

from __future__ import annotations

import os
import string
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from netra._version import __version__
from netra.errors import ConfigurationError

__all__ = ["API_KEY_HEADER", "USER_AGENT", "header_names", "read_headers", "user_agent"]

API_KEY_HEADER = "x-api-key"
USER_AGENT = "user-agent"

# RFC 9110, section 5.6.2: the characters of a token.
_NAME_CHARACTERS = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")

_RESERVED_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def read_headers(headers: Mapping[str, str] | str | None, api_key: str | None) -> dict[str, str]:
    """Return all headers to send, by lower-case name; the API key is one of them."""
    if headers is not None:
        result = _parse_headers(headers, "headers")
    else:
        result = _parse_headers(os.environ.get("NETRA_HEADERS", ""), "NETRA_HEADERS")
    if api_key is not None:
        result[API_KEY_HEADER] = _header_value(api_key, "api_key")
    elif (headers is None or API_KEY_HEADER not in result) and (variable := os.environ.get("NETRA_API_KEY")):
        result[API_KEY_HEADER] = _header_value(variable, "NETRA_API_KEY")
    if not result.get(API_KEY_HEADER):
        result.pop(API_KEY_HEADER, None)
    return result


def _parse_headers(headers: Mapping[str, str] | str, source: str) -> dict[str, str]:
    """Parse a mapping, or W3C Correlation-Context text: `k1=v1,k2=v2` with percent-encoded values."""
    if isinstance(headers, str):
        entries = [entry.partition("=") for entry in headers.split(",") if entry.strip()]
        if not all(equals for _, equals, _ in entries):
            raise ConfigurationError(f"{source} must look like 'name=value,name=value': an entry has no '='.")
        pairs = [(name.strip(), unquote(value.strip(" \t"))) for name, _, value in entries]
    elif isinstance(headers, Mapping):
        pairs = list(headers.items())
    else:
        raise ConfigurationError(f"{source} must be a mapping or a str, not {type(headers).__name__}.")
    result = {}
    for name, value in pairs:
        if not isinstance(name, str) or not name or not _NAME_CHARACTERS.issuperset(name):
            raise ConfigurationError(f"{source} holds a name that no HTTP header can have.")
        if name.lower() in _RESERVED_HEADERS:
            raise ConfigurationError(f"{source}: {name} is set by the request itself; leave it out.")
        result[name.lower()] = _header_value(value, f"{source}: {name}")
    return result


def _header_value(value: str, source: str) -> str:
    """Return the value without blanks around it. Errors name its source, never the value: it may be the key."""
    if not isinstance(value, str):
        raise ConfigurationError(f"{source} must be a str, not {type(value).__name__}.")
    value = value.strip(" \t")
    if not (value.isascii() and value.replace("\t", "").isprintable()):
        raise ConfigurationError(
            f"{source} holds a line break or another character that no HTTP header can have; "
            "look for a stray newline at its end."
        )
    return value


def header_names(names: Iterable[str] | None) -> tuple[str, ...]:
    """Check the names of headers and write them in lower case."""
    found = (names,) if isinstance(names, str) else tuple(names or ())
    if not all(isinstance(name, str) for name in found):
        raise ConfigurationError("secret_headers must hold names of headers: a list of str.")
    return tuple(name.lower() for name in found)


def user_agent(app_name: str | None) -> str:
    """Return the `User-Agent`: this package and, where it is known, the program that uses it."""
    agent = f"netra-sdk-python/{__version__}"
    if not app_name:
        return agent
    visible = quote(app_name, safe=" !#$&'*+,-./:;<=>?@[]^_`{|}~", errors="replace")
    return f"{agent} ({visible})"
