"""Where settings come from: argument, NETRA_*, OTEL_*, default; and which values are rejected."""

from __future__ import annotations

from typing import Any

import attrs
import httpx
import pytest

from netra import ConfigurationError, Netra, NotFoundError
from netra._core.config import Arguments, Config, read_config
from tests.support.rows import END, START
from tests.support.scripted import Scripted, respond

LOCAL = "http://127.0.0.1:1"


def config(**arguments: Any) -> Config:
    nothing = dict.fromkeys(field.name for field in attrs.fields(Arguments))
    return read_config(Arguments(**{**nothing, **arguments}))


def test_precedence_of_the_endpoint_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument, then NETRA_OTLP_ENDPOINT, then OTEL_EXPORTER_OTLP_ENDPOINT, then the default."""
    assert config(api_key="k").base_url == "https://api.getnetra.ai"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel/telemetry")
    assert config().base_url == "http://otel"
    monkeypatch.setenv("NETRA_OTLP_ENDPOINT", "http://netra/telemetry")
    assert config().base_url == "http://netra"
    assert config(endpoint="http://argument").base_url == "http://argument"


@pytest.mark.parametrize(
    ("endpoint", "base_url"),
    [
        ("http://h", "http://h"),
        ("http://h/", "http://h"),
        ("http://h/telemetry", "http://h"),
        ("http://h/telemetry/", "http://h"),
        ("http://h/base/telemetry/", "http://h/base"),
        ("http://h/base", "http://h/base"),
        ("http://h/telemetryx", "http://h/telemetryx"),
        ("https://[::1]:8443/telemetry", "https://[::1]:8443"),
    ],
)
def test_only_a_trailing_telemetry_segment_is_removed(endpoint: str, base_url: str) -> None:
    assert config(endpoint=endpoint, api_key="k").base_url == base_url


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://xn--a.de",
        "http://h?",
        "http://h#",
        "h",
        "h:80",
        "ftp://h",
        "http://",
        "http://u:p@h",
        "http://h?x=1",
        "http://h#x",
        "http://h:port",
        7,
    ],
)
def test_an_endpoint_that_is_no_plain_url_is_rejected(endpoint: Any) -> None:
    with pytest.raises(ConfigurationError, match="endpoint"):
        config(endpoint=endpoint, api_key="k")


def test_the_error_names_the_variable_with_the_bad_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere")
    with pytest.raises(ConfigurationError, match="OTEL_EXPORTER_OTLP_ENDPOINT"):
        config()


def test_precedence_of_the_api_key_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument `api_key`, then `headers`, then NETRA_API_KEY, then NETRA_HEADERS."""

    def key(**arguments: Any) -> str | None:
        return config(endpoint=LOCAL, **arguments).headers.get("x-api-key")

    assert key() is None
    monkeypatch.setenv("NETRA_HEADERS", "X-API-Key=from-netra-headers")
    assert key() == "from-netra-headers"
    monkeypatch.setenv("NETRA_API_KEY", "from-netra-api-key")
    assert key() == "from-netra-api-key"
    assert key(headers={"other": "1"}) == "from-netra-api-key"
    assert key(headers="x-api-key=from-headers") == "from-headers"
    assert key(headers="x-api-key=from-headers", api_key="from-argument") == "from-argument"


def test_headers_of_another_vendor_are_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=another-vendors-secret")
    assert set(config(endpoint=LOCAL).headers) == {"user-agent"}


@pytest.mark.parametrize("endpoint", [None, "https://api.eu.getnetra.ai/telemetry"])
def test_the_hosted_service_needs_a_key(endpoint: str | None) -> None:
    for nothing in ({}, {"api_key": ""}, {"headers": "x-api-key="}):
        with pytest.raises(ConfigurationError, match="NETRA_API_KEY"):
            config(endpoint=endpoint, **nothing)


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("x-api-key=abc", {"x-api-key": "abc"}),
        (" a = 1 , b = 2 ", {"a": "1", "b": "2"}),
        ("a=b=c==", {"a": "b=c=="}),
        ("a=one%2C%20two%3D", {"a": "one, two="}),
        ("a=1,,", {"a": "1"}),
        ("", {}),
        ({"A": "b"}, {"a": "b"}),
    ],
)
def test_headers_are_a_mapping_or_comma_separated_text(text: Any, headers: dict[str, str]) -> None:
    found = dict(config(endpoint=LOCAL, headers=text).headers)
    del found["user-agent"]
    assert found == headers


SECRET = "key-7f3a"


@pytest.mark.parametrize(
    "arguments",
    [
        {"api_key": f"{SECRET}\n"},
        {"api_key": f"{SECRET}\r\nx: y"},
        {"api_key": f"{SECRET}ü"},
        {"api_key": f"{SECRET}\x00"},
        {"api_key": SECRET.encode()},
        {"headers": SECRET},
        {"headers": f"x-api-key={SECRET}%0d%0aevil=1"},
        {"headers": {"x-api-key": f"{SECRET}\n"}},
        {"headers": {f"bad name {SECRET}": "1"}},
        {"headers": {"": SECRET}},
        {"headers": [SECRET]},
        {"headers": {"a": 1, "x-api-key": SECRET}},
        {"api_key": SECRET, "endpoint": "http://xn--a.de"},
        {"api_key": SECRET, "endpoint": "ftp://h"},
        {"api_key": SECRET, "timeout": 10**400},
        {"api_key": SECRET, "app_name": 5},
        {"api_key": SECRET, "max_retries": -1},
        {"api_key": SECRET, "headers": {"host": "evil.example"}},
        {"api_key": SECRET, "headers": {"Content-Length": "5"}},
        {"api_key": SECRET, "headers": {"transfer-encoding": "chunked"}},
    ],
)
def test_bad_headers_are_rejected_without_showing_the_key(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Netra(**{"endpoint": LOCAL, **arguments})
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    trace = caught.value.__traceback__
    while trace:
        if trace.tb_frame.f_globals["__name__"].startswith("netra."):
            assert SECRET not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next


@pytest.mark.parametrize("endpoint", [f"http://u:{SECRET}@h:abc", f"ftp://{SECRET}@h"])
def test_a_password_in_an_endpoint_is_rejected_and_not_shown(endpoint: str) -> None:
    with pytest.raises(ConfigurationError, match="without user, password") as caught:
        config(endpoint=endpoint)
    assert SECRET not in str(caught.value)


def test_no_repr_shows_the_key() -> None:
    client = Netra(endpoint=LOCAL, api_key=SECRET)
    assert SECRET not in f"{client!r} {client.usage!r} {config(endpoint=LOCAL, api_key=SECRET)!r}"
    assert repr(client) == "Netra(endpoint='http://127.0.0.1:1')"


def test_precedence_of_the_timeout_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument, then NETRA_USAGE_TIMEOUT, then the default."""
    assert config(endpoint=LOCAL).options.timeout == httpx.Timeout(10)
    monkeypatch.setenv("NETRA_USAGE_TIMEOUT", "2.5")
    assert config(endpoint=LOCAL).options.timeout == httpx.Timeout(2.5)
    assert config(endpoint=LOCAL, timeout=7).options.timeout == httpx.Timeout(7)
    parts = httpx.Timeout(5, connect=1)
    assert config(endpoint=LOCAL, timeout=parts).options.timeout == parts


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 10**400, "soon", True])
def test_a_timeout_must_be_a_positive_number_of_seconds(timeout: Any) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        config(endpoint=LOCAL, timeout=timeout)


def test_a_bad_timeout_variable_is_rejected_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETRA_USAGE_TIMEOUT", "ten")
    with pytest.raises(ConfigurationError, match="NETRA_USAGE_TIMEOUT"):
        config(endpoint=LOCAL)


def test_precedence_of_the_app_name_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument, then NETRA_APP_NAME, then OTEL_SERVICE_NAME."""

    def agent(**arguments: Any) -> str:
        return config(endpoint=LOCAL, **arguments).headers["user-agent"]

    assert "(" not in agent()
    monkeypatch.setenv("OTEL_SERVICE_NAME", "service")
    assert agent().endswith(" (service)")
    monkeypatch.setenv("NETRA_APP_NAME", "app")
    assert agent().endswith(" (app)")
    assert agent(app_name="argument").endswith(" (argument)")
    assert agent(app_name="\ud800").endswith(" (?)")
    assert "(" not in agent(app_name="")


@pytest.mark.parametrize(
    ("endpoint", "hint"),
    [
        ("http://h:65536", "a port is a number from 1 to 65535, not '65536'"),
        ("http://127.0.0.1:70000/telemetry", "not '70000'"),
        ("http://h:0", "not '0'"),
        ("http://h:-1", "not '-1'"),
        ("http://h:", "not ''"),
        ("http://h:80:80", "a port"),
        ("http://h:８０", "a port"),
        ("http://[::1]:99999", "not '99999'"),
        ("http://a b", "blank"),
        ("http://h /x", "blank"),
        ("http://h\tx", "blank"),
        ("http://h\n", ""),
        ("localhost:8765", "like http://localhost:8765"),
        ("127.0.0.1:4318/telemetry", "like http://127.0.0.1:4318"),
        ("api.getnetra.ai", "like https://api.getnetra.ai"),
        ("netra.example:443", "like https://netra.example:443"),
    ],
)
def test_a_malformed_endpoint_is_rejected_with_a_hint(endpoint: str, hint: str) -> None:
    if not hint:  # surrounding whitespace is removed
        assert config(endpoint=endpoint, api_key="k").base_url == "http://h"
        return
    with pytest.raises(ConfigurationError, match="endpoint") as caught:
        config(endpoint=endpoint, api_key="k")
    assert hint in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "base"),
    [
        ("http://h:4318/v1/traces", "http://h:4318"),
        ("http://h/base/telemetry/v1/traces", "http://h/base"),
        ("http://h/base/telemetry/v1/traces/", "http://h/base"),
        ("http://h/v1/traces/extra", "http://h/v1/traces/extra"),
        ("http://[::1]:4318/telemetry", "http://[::1]:4318"),
        ("http://h:65535", "http://h:65535"),
        ("https://h:1/telemetry/", "https://h:1"),
    ],
)
def test_the_otlp_traces_address_gives_the_base_url(endpoint: str, base: str) -> None:
    assert config(endpoint=endpoint, api_key="k").base_url == base


def test_a_status_error_names_the_host_and_its_setting(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector = scripted(lambda _: respond(status=404, body=b"404 page not found"))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    for client, origin in (
        (Netra(max_retries=0), f"{collector.url}, which OTEL_EXPORTER_OTLP_ENDPOINT names"),
        (Netra(endpoint=collector.url), f"It came from {collector.url}. Check"),
    ):
        with client, pytest.raises(NotFoundError) as caught:
            client.usage.get_session_usage("s", START, END)
        assert origin in str(caught.value)
