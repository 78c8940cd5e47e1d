"""How a client is set up: argument, then `NETRA_*`, then `OTEL_*`, then default."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping

import attrs

from netra.errors import ConfigurationError

from .endpoint import DEFAULT_ENDPOINT, base_url_of, is_this_machine
from .headers import API_KEY_HEADER, USER_AGENT, header_names, read_headers, user_agent
from .http import URL, Timeout
from .options import Options, seconds_of
from .protocols import TimeoutLike
from .redaction import Redactor

__all__ = ["Arguments", "Config", "read_config"]

_warned_about: set[str] = set()


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
class Config:
    """A checked setup. The repr hides the headers, because they hold the API key."""

    base_url: str
    source: str = "endpoint"
    """The argument or the variable that the base URL comes from."""
    headers: Mapping[str, str] = attrs.field(repr=False)
    secret_headers: tuple[str, ...] = ()
    options: Options
    redactor: Redactor = attrs.field(
        init=False,
        eq=False,
        repr=False,
        default=attrs.Factory(
            lambda config: _redactor_of(config.headers, config.secret_headers), takes_self=True
        ),
    )

    def warn_if_exposed(self, stacklevel: int) -> None:
        """Warn, once for each address, when the API key would cross a network unencrypted."""
        url = URL(self.base_url)
        if url.scheme == "http" and not is_this_machine(url.host) and self.base_url not in _warned_about:
            warnings.warn(
                f"{self.base_url} is not encrypted: the API key and all data can be read on the way. Use https.",
                stacklevel=stacklevel,
            )
            _warned_about.add(self.base_url)  # afterwards: where warnings are errors, nobody has seen it yet

    def redact(self, text: str) -> str:
        """Return the text without our secrets, in case the service or a proxy echoed them."""
        return self.redactor.redact(text)

    @property
    def host_note(self) -> str:
        """The base URL for error messages, with the variable that it comes from: it may name a collector instead."""
        named = f", which {self.source} names" if self.source.isupper() else ""
        return f"{self.base_url}{named}"


def _redactor_of(headers: Mapping[str, str], secret_headers: Iterable[str]) -> Redactor:
    ours = {name: value for name, value in headers.items() if name != USER_AGENT}
    return Redactor(ours, API_KEY_HEADER, secret_headers)


def read_config(arguments: Arguments) -> Config:
    """Check the arguments, and ask the environment for those that are None."""
    try:
        return _read_config(arguments)
    except ConfigurationError as error:
        # The frames below hold the key in plain text; error reports that print local variables must not see them.
        raise error.with_traceback(None) from None
    except Exception as error:
        kind = type(error).__name__
    raise ConfigurationError(f"An argument or a variable makes no sense ({kind}).")


def _read_config(arguments: Arguments) -> Config:
    endpoint, source = _first(
        arguments.endpoint, "endpoint", "NETRA_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    app_name, _ = _first(arguments.app_name, "app_name", "NETRA_APP_NAME", "OTEL_SERVICE_NAME")
    base_url = base_url_of(DEFAULT_ENDPOINT if endpoint is None else endpoint, source)
    headers = read_headers(arguments.headers, arguments.api_key)
    if API_KEY_HEADER not in headers and "getnetra" in URL(base_url).host:
        raise ConfigurationError(
            f"{base_url} needs an API key: set NETRA_API_KEY, or pass api_key='...' or headers='x-api-key=...'."
        )
    return Config(
        base_url=base_url,
        source=source,
        secret_headers=header_names(arguments.secret_headers),
        headers={USER_AGENT: user_agent(app_name), **headers},
        options=_options(arguments),
    )


def _first(argument: str | None, name: str, *variables: str) -> tuple[str | None, str]:
    """Return the argument or the first variable that is set, and the name of where it was found."""
    if argument is not None:
        if not isinstance(argument, str):
            raise ConfigurationError(f"{name} must be a str, not {type(argument).__name__}.")
        return argument, name
    for variable in variables:
        if value := os.environ.get(variable):
            return value, variable
    return None, name


def _options(arguments: Arguments) -> Options:
    options = Options()
    if variable := os.environ.get("NETRA_USAGE_TIMEOUT"):
        options = attrs.evolve(options, timeout=Timeout(seconds_of(variable, "NETRA_USAGE_TIMEOUT")))
    return options.changed(
        arguments.timeout,
        arguments.max_retries,
        arguments.deadline,
        arguments.max_response_bytes,
        arguments.prefetch,
    )
