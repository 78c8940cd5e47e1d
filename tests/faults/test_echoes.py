"""If a service echoes the API key, in any form, no error shows it; and nothing else is hidden."""

from __future__ import annotations

import html
import json
import pickle
import traceback
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from netra import ConfigurationError, Netra, NetraError
from netra._core.redaction import Redactor
from tests.support.blocking import BlockingAsyncNetra, ClientClass
from tests.support.rows import END, START
from tests.support.scripted import Scripted, respond

KEY = "sk-7f3a/9c+Q=e\"<&>'~b;d4ee:51a0 c6-x2"
PART = 8
"""No piece of the key of this length may be shown."""


def numeric(text: str, form: str) -> str:
    return "".join(form.format(ord(character)) for character in text)


FORMS: dict[str, Callable[[str], str]] = {
    "unchanged": str,
    "in JSON": lambda key: json.dumps(key)[1:-1],
    "in JSON in JSON": lambda key: json.dumps(json.dumps(key)[1:-1])[1:-1],
    "with escaped slashes": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "as \\u escapes": lambda key: numeric(key, "\\u{:04x}"),
    "as upper case \\u escapes": lambda key: numeric(key, "\\u{:04X}"),
    "with \\u002B for +": lambda key: json.dumps(key)[1:-1].replace("+", "\\u002B"),
    "as \\x escapes": lambda key: numeric(key, "\\x{:02x}"),
    "in HTML": html.escape,
    "in HTML, decimal": lambda key: numeric(key, "&#{};"),
    "in HTML, hexadecimal": lambda key: numeric(key, "&#x{:X};"),
    "in HTML, by names": lambda key: key.replace("&", "&amp;").replace("+", "&plus;").replace("/", "&sol;"),
    "in HTML in HTML": lambda key: html.escape(html.escape(key)),
    "in a URL": lambda key: quote(key, safe=""),
    "in a URL, lower case": lambda key: "".join(c if c.isalnum() else f"%{ord(c):02x}" for c in key),
    "in a URL, all of it": lambda key: numeric(key, "%{:02X}"),
    "in a form": quote_plus,
    "in a URL in a URL": lambda key: quote(quote(key, safe=""), safe=""),
    "in upper case": str.upper,
    "as a Python repr": lambda key: repr(key)[1:-1],
}
PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "in the message": lambda echo: {"value": {"message": f"you sent {echo} to us"}},
    "in the error's message": lambda echo: {"value": {"error": {"message": f"you sent {echo} to us"}}},
    "in the body": lambda echo: {"body": f"you sent {echo} to us".encode()},
    "in a title": lambda echo: {"body": f"<title>{echo}</title>".encode()},
    "repeated": lambda echo: {"body": (f"{echo} " * 900).encode()},
    "repeated without spaces": lambda echo: {"body": (echo * 900).encode()},
    "at the end, cut off": lambda echo: {"body": f"you sent {echo[:-1]}".encode()},
    "in JSON, cut off": lambda echo: {"value": {"message": f"you sent {echo[: len(echo) * 2 // 3]}"}},
    "in the location header": lambda echo: {
        "headers": {"location": f"https://elsewhere.example/?k={echo}"},
        "value": {},
    },
    "in the request id": lambda echo: {"headers": {"x-request-id": echo}, "value": {}},
}


def pieces(key: str) -> set[str]:
    return {key[start : start + PART].lower() for start in range(len(key) - PART + 1)}


def shown_by(error: NetraError) -> str:
    frames = "".join(
        repr(frame.f_locals)
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).startswith("netra.")
    )
    return "\n".join(
        [
            str(error),
            repr(error),
            repr(vars(error)),
            pickle.dumps(error).decode("latin-1"),
            "".join(traceback.format_exception(error)),
            frames,
        ]
    )


@pytest.mark.parametrize(
    "place",
    [place if place == "in the message" else pytest.param(place, marks=pytest.mark.slow) for place in PLACES],
)
@pytest.mark.parametrize(
    ("form", "client_class"),
    [*((form, Netra) for form in FORMS), ("in JSON in JSON", BlockingAsyncNetra)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_no_form_of_the_key_is_shown(
    scripted: Scripted, form: str, place: str, client_class: ClientClass
) -> None:
    echo = FORMS[form](KEY)
    for status in (302,) if place == "in the location header" else (200, 502):
        response = PLACES[place](echo)
        server = scripted(lambda _, response=response, status=status: respond(status=status, **response))  # type: ignore[misc]
        client = client_class(endpoint=server.url, api_key=KEY, max_retries=0)
        with client, pytest.raises(NetraError) as caught:
            client.usage.get_session_usage("s", START, END)
        assert server.requests[0].headers["x-api-key"] == KEY
        text = shown_by(caught.value).lower()
        assert echo.lower() not in text
        # Pieces of an escaped form may look like ordinary text; pieces of the key itself must not appear.
        assert not [piece for piece in pieces(KEY) if piece in text]


@pytest.mark.slow
@pytest.mark.parametrize("length", [1, 8, 58, 500])
def test_keys_of_any_length_are_hidden_in_any_excerpt(length: int) -> None:
    key = ("q7Zx" * length)[:length]
    redactor = Redactor({"x-api-key": key}, "x-api-key", ())
    for repeated in (1, 3, 500):
        body = (f"<{key}>" * repeated).encode()
        for characters in (10, 200, 2_000):
            assert key[:PART] not in redactor.excerpt(body, characters) or length < PART


def redact(headers: Mapping[str, str], text: str, *named: str) -> str:
    return Redactor(headers, "x-api-key", named).redact(text)


def test_ordinary_headers_are_not_hidden(scripted: Scripted) -> None:
    reply = respond(
        {"message": "tenant 11 is not in stage 1"}, status=404, headers={"x-request-id": "req-101"}
    )
    server = scripted(lambda _: reply)
    headers = {"x-api-key": KEY, "x-stage": "1", "x-region": "eu-west-1-production", "x-auth-mode": "tenant"}
    with (
        Netra(endpoint=server.url, headers=headers, max_retries=0) as client,
        pytest.raises(NetraError) as caught,
    ):
        client.usage.get_session_usage("s", START, END)
    assert getattr(caught.value, "request_id", None) == "req-101"
    assert "tenant 11 is not in stage 1" in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "text", "shown"),
    [
        ({"x-api-key": "k1"}, "k1 in k12, xk1 and (k1)", "*** in k12, xk1 and (***)"),
        ({"x-api-key": "longer-key"}, "alonger-keyb", "a***b"),
        ({"authorization": "Bearer abcdefgh"}, "Bearer abcdefgh; abcdefgh", "***; ***"),
        ({"authorization": "Basic abc"}, "abc", "abc"),
        ({"cookie": "sid=12345678"}, "sid=12345678", "***"),
        ({"x-session-token": "12345678"}, "12345678", "***"),
        ({"x-session-token": "1234567"}, "1234567", "1234567"),
        ({"x-shop": "12345678"}, "12345678", "12345678"),
        ({}, "anything", "anything"),
        ({"x-api-key": "longer-key"}, "it ends with longer-k", "it ends with ***"),
        ({"x-api-key": "longer-key"}, '{"message": "longer-ke"}', '{"message": "***"}'),
        ({"x-api-key": "longer-key"}, "it is longer", "it is longer"),
        ({"x-api-key": "longer-key"}, '{"a": "longer-k", "b": 1}', '{"a": "***", "b": 1}'),
        ({"x-api-key": "longer-key"}, "longer-keylonger-key, longer-k", "******, ***"),
    ],
)
def test_which_header_values_are_hidden(headers: dict[str, str], text: str, shown: str) -> None:
    assert redact(headers, text) == shown


def test_headers_named_in_secret_headers_are_hidden(scripted: Scripted) -> None:
    assert redact({"x-shop": "12345678"}, "12345678", "X-Shop") == "***"
    server = scripted(lambda _: respond({"message": "for shop-7f3a-42"}, status=400))
    options: dict[str, Any] = {"headers": {"x-shop": "shop-7f3a-42"}, "secret_headers": ["X-Shop"]}
    with Netra(endpoint=server.url, **options) as client, pytest.raises(NetraError, match=r"for \*\*\*"):
        client.usage.get_session_usage("s", START, END)


@pytest.mark.parametrize("wrong", [[7], [b"x-shop"], 7])
def test_invalid_secret_header_names_are_rejected(wrong: Any) -> None:
    with pytest.raises(ConfigurationError):
        Netra(endpoint="http://127.0.0.1:1", secret_headers=wrong)


def test_a_long_argument_does_not_expose_the_key() -> None:
    """httpx refuses URLs of more than 65,536 characters, and its frames hold the request."""
    with Netra(endpoint="http://127.0.0.1:1", api_key=KEY) as client:
        calls: dict[str, Callable[[str], Any]] = {
            "session_id": lambda text: client.usage.get_session_usage(text, START, END),
            "tenant_id": lambda text: client.usage.get_tenant_usage(text, START, END),
            "trace_id": client.usage.list_spans_by_trace_id,
            "cursor": lambda text: client.usage.list_spans_by_trace_id("t", cursor=text),
            "span_name": lambda text: client.usage.list_spans_by_trace_id("t", span_name=text),
        }
        for name, call in calls.items():
            for text in ("x" * 70_000, "\U0001f600" * 2_000, "/" * 30_000):
                with pytest.raises(NetraError, match=f"{name}=.*is too long") as caught:
                    call(text)
                assert KEY not in shown_by(caught.value)
                assert len(str(caught.value)) < 500
