"""The endpoint: what callers write, and the base URL that requests go to."""

from __future__ import annotations

import ipaddress
import re

from netra.errors import ConfigurationError

from .http import URL, InvalidURL

__all__ = ["DEFAULT_ENDPOINT", "base_url_of", "is_this_machine"]

DEFAULT_ENDPOINT = "https://api.getnetra.ai"


def base_url_of(endpoint: str, source: str) -> str:
    """Return the endpoint without a trailing `/v1/traces`, and then without a trailing `/telemetry`.

    `source` names the argument or the variable, for errors.
    """
    base = endpoint.strip()
    for suffix in ("/", "/v1/traces", "/", "/telemetry"):
        base = base.removesuffix(suffix)
    if any(character in base for character in "@?#"):  # first, and without showing it: it may hold a password
        raise ConfigurationError(
            f"{source} must hold scheme, host and path only, without user, password, '?' or '#'. "
            "The API key has its own argument, api_key."
        )
    problem = _problem_with(base)
    if problem is None:
        try:
            url = URL(base)
            if url.scheme in ("http", "https") and url.host:
                return base
        except (InvalidURL, ValueError) as error:  # ValueError: a host that IDNA cannot express
            problem = str(error)
    hint = problem or f"write it like {DEFAULT_ENDPOINT}"
    raise ConfigurationError(f"{source}={endpoint!r} is not a URL: {hint}.")


def _problem_with(base: str) -> str | None:
    """Find what httpx would accept, or report less clearly."""
    _, has_scheme, rest = base.partition("://")
    if not has_scheme:
        local = re.match(r"localhost\b|127\.|\[::1\]", base)
        return f"write it with its scheme, like {'http' if local else 'https'}://{base}"
    if any(character.isspace() or not character.isprintable() for character in base):
        return "it holds a blank or a control character"
    authority = rest.partition("/")[0]
    port = authority.rpartition("]")[2].partition(":")[2] if "]" in authority else authority.partition(":")[2]
    if (":" in authority.rpartition("]")[2]) and not (
        port.isdecimal() and port.isascii() and 1 <= int(port) <= 65_535
    ):
        return f"a port is a number from 1 to 65535, not {port!r}"
    return None


def is_this_machine(host: str) -> bool:
    """Return whether the host is a loopback address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
