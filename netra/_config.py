"""How a client is set up: argument, then `NETRA_*`, then `OTEL_*`, then default."""

from __future__ import annotations

import ipaddress
import math
import os
import re
import string
import warnings
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

import attrs

from ._http import URL, InvalidURL, Timeout, is_a
from ._integers import integer_of
from ._protocols import TimeoutLike
from ._secrets import Hider
from ._version import __version__
from .errors import ConfigurationError

__all__ = ["Arguments", "Config", "Options", "read_config"]

DEFAULT_ENDPOINT = "https://api.getnetra.ai"
KEY_HEADER = "x-api-key"
USER_AGENT = "user-agent"

# What RFC 9110 allows in the name of a header.
_NAME_CHARACTERS = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")

_warned_about: set[str] = set()

_HEADERS_OF_THE_REQUEST = frozenset(
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


@attrs.frozen(kw_only=True)
class Arguments:
    """What the caller gave, unchecked. The repr hides what may hold a secret."""

    app_name: str | None = None
    headers: Mapping[str, str] | str | None = attrs.field(default=None, repr=False)
    api_key: str | None = attrs.field(default=None, repr=False)
    endpoint: str | None = attrs.field(default=None, repr=False)
    timeout: float | TimeoutLike | None = None
    max_retries: int | None = None
    deadline: float | None = None
    max_response_bytes: int | None = None
    prefetch: bool | None = None
    secret_headers: Iterable[str] | None = None


@attrs.frozen(kw_only=True)
class Options:
    """How long, how often and how much: what a single call may be given for itself."""

    timeout: Timeout = attrs.field(factory=lambda: Timeout(10.0))
    """Of one attempt: seconds to connect, to send, and between two parts of the answer."""
    max_retries: int = 4
    """Attempts after the first."""
    deadline: float = 300.0
    """Seconds for the whole call: all attempts and the waits between them."""
    max_response_bytes: int = 100_000_000
    """The largest body that is read, unpacked."""
    prefetch: bool = True
    """Whether iterators ask for the next page while the consumer works on the rows of this one."""

    def changed(
        self,
        timeout: float | TimeoutLike | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        prefetch: bool | None = None,
    ) -> Options:
        """The same options but for those that are not None. Refuses values that make no sense."""
        changes: dict[str, Any] = {}
        if timeout is not None:
            changes["timeout"] = _timeout(timeout)
        if max_retries is not None:
            changes["max_retries"] = _count(max_retries, "max_retries", least=0)
        if deadline is not None:
            changes["deadline"] = math.inf if deadline == math.inf else _seconds(deadline, "deadline")
        if max_response_bytes is not None:
            changes["max_response_bytes"] = _count(max_response_bytes, "max_response_bytes", least=1)
        if prefetch is not None:
            if not isinstance(prefetch, bool):
                raise ConfigurationError(f"prefetch={prefetch!r} must be True or False.")
            changes["prefetch"] = prefetch
        return attrs.evolve(self, **changes)


@attrs.frozen(kw_only=True)
class Config:
    """A checked setup. The repr hides the headers, because they hold the API key."""

    base_url: str
    source: str = "endpoint"
    """The argument or the variable that the base URL comes from."""
    headers: Mapping[str, str] = attrs.field(repr=False)
    secret_headers: tuple[str, ...] = ()
    options: Options
    hider: Hider = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(
            lambda config: _hider_of(config.headers, config.secret_headers), takes_self=True
        ),
    )

    def warn_if_exposed(self, stacklevel: int) -> None:
        """Warns, once for each address, when requests, and the API key with them, would cross a network unencrypted."""
        url = URL(self.base_url)
        if url.scheme == "http" and not _is_this_machine(url.host) and self.base_url not in _warned_about:
            warnings.warn(
                f"{self.base_url} is not encrypted: the API key and all data can be read on the way. Use https.",
                stacklevel=stacklevel,
            )
            _warned_about.add(self.base_url)  # afterwards: where warnings are errors, it has not been shown

    def hide(self, text: str) -> str:
        """The text without our secrets, should something out there have echoed them."""
        return self.hider.hide(text)

    @property
    def came_from(self) -> str:
        """The address, and the variable that names it, for errors: a collector may have been taken for the service."""
        named = f", which {self.source} names" if self.source.isupper() else ""
        return f"{self.base_url}{named}"


def _hider_of(headers: Mapping[str, str], secret_headers: Iterable[str]) -> Hider:
    ours = {name: value for name, value in headers.items() if name != USER_AGENT}
    return Hider(ours, KEY_HEADER, secret_headers)


def read_config(arguments: Arguments) -> Config:
    """Checks the arguments and asks the environment for those that are None."""
    try:
        return _read_config(arguments)
    except ConfigurationError as error:
        # The frames below hold the key in plain; error reports that print local variables must not see them.
        raise error.with_traceback(None) from None
    except Exception as error:
        kind = type(error).__name__
    raise ConfigurationError(f"An argument or a variable makes no sense ({kind}).")


def _read_config(arguments: Arguments) -> Config:
    endpoint, source = _first(
        arguments.endpoint, "endpoint", "NETRA_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    app_name, _ = _first(arguments.app_name, "app_name", "NETRA_APP_NAME", "OTEL_SERVICE_NAME")
    base_url = _base_url(DEFAULT_ENDPOINT if endpoint is None else endpoint, source)
    headers = _headers(arguments.headers, arguments.api_key)
    if KEY_HEADER not in headers and "getnetra" in URL(base_url).host:
        raise ConfigurationError(
            f"{base_url} needs an API key: set NETRA_API_KEY, or pass api_key='...' or headers='x-api-key=...'."
        )
    return Config(
        base_url=base_url,
        source=source,
        secret_headers=_header_names(arguments.secret_headers),
        headers={USER_AGENT: _user_agent(app_name), **headers},
        options=_options(arguments),
    )


def _first(argument: str | None, name: str, *variables: str) -> tuple[str | None, str]:
    """The argument or the first variable that is set, and the name of where it was found."""
    if argument is not None:
        if not isinstance(argument, str):
            raise ConfigurationError(f"{name} must be a str, not {type(argument).__name__}.")
        return argument, name
    for variable in variables:
        if value := os.environ.get(variable):
            return value, variable
    return None, name


def _base_url(endpoint: str, source: str) -> str:
    """The telemetry endpoint without a trailing `/v1/traces`, and then a trailing `/telemetry`."""
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
    """What httpx would let pass, or tell in other words."""
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


def _headers(headers: Mapping[str, str] | str | None, api_key: str | None) -> dict[str, str]:
    """All headers to send, by lower-case name; the API key is one of them."""
    if headers is not None:
        result = _parse_headers(headers, "headers")
    else:
        result = _parse_headers(os.environ.get("NETRA_HEADERS", ""), "NETRA_HEADERS")
    if api_key is not None:
        result[KEY_HEADER] = _header_value(api_key, "api_key")
    elif (headers is None or KEY_HEADER not in result) and (variable := os.environ.get("NETRA_API_KEY")):
        result[KEY_HEADER] = _header_value(variable, "NETRA_API_KEY")
    if not result.get(KEY_HEADER):
        result.pop(KEY_HEADER, None)
    return result


def _parse_headers(headers: Mapping[str, str] | str, source: str) -> dict[str, str]:
    """A mapping, or W3C Correlation-Context text: `k1=v1,k2=v2` with percent-encoded values."""
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
        if name.lower() in _HEADERS_OF_THE_REQUEST:
            raise ConfigurationError(f"{source}: {name} is set by the request itself; leave it out.")
        result[name.lower()] = _header_value(value, f"{source}: {name}")
    return result


def _header_value(value: str, source: str) -> str:
    """The value without blanks around it. Errors name its source, never the value: it may be the key."""
    if not isinstance(value, str):
        raise ConfigurationError(f"{source} must be a str, not {type(value).__name__}.")
    value = value.strip(" \t")
    if not (value.isascii() and value.replace("\t", "").isprintable()):
        raise ConfigurationError(
            f"{source} holds a line break or another character that no HTTP header can have; "
            "look for a stray newline at its end."
        )
    return value


def _header_names(names: Iterable[str] | None) -> tuple[str, ...]:
    found = (names,) if isinstance(names, str) else tuple(names or ())
    if not all(isinstance(name, str) for name in found):
        raise ConfigurationError("secret_headers must hold names of headers: a list of str.")
    return tuple(name.lower() for name in found)


def _user_agent(app_name: str | None) -> str:
    agent = f"netra-sdk-python/{__version__}"
    if not app_name:
        return agent
    visible = quote(app_name, safe=" !#$&'*+,-./:;<=>?@[]^_`{|}~", errors="replace")
    return f"{agent} ({visible})"


def _options(arguments: Arguments) -> Options:
    options = Options()
    if variable := os.environ.get("NETRA_USAGE_TIMEOUT"):
        options = attrs.evolve(options, timeout=Timeout(_seconds(variable, "NETRA_USAGE_TIMEOUT")))
    return options.changed(
        arguments.timeout,
        arguments.max_retries,
        arguments.deadline,
        arguments.max_response_bytes,
        arguments.prefetch,
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _timeout(value: float | TimeoutLike) -> Timeout:
    if is_a(value, "Timeout"):
        parts: Any = value
        return Timeout(**parts.as_dict())
    seconds: Any = value
    return Timeout(_seconds(seconds, "timeout"))


def _seconds(value: float | str, source: str) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if isinstance(value, bool) or not 0 < seconds < math.inf:
        raise ConfigurationError(f"{source}={value!r} must be a number of seconds above 0.")
    return seconds


def _count(value: int, source: str, least: int) -> int:
    number = integer_of(value)
    if number is None or number < least:
        raise ConfigurationError(f"{source}={value!r} must be an integer from {least}.")
    return number
