"""Find the message in the body of an error response, be it of the service or of a proxy before it."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["html_title", "message_in"]

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|title|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


def message_in(body: Any) -> str | None:
    """Return the message in a JSON error body, or None.

    Understands `message` (a text or a list of them), `error` (the same, or an object with a `message`), and
    `errors` (a list of such objects).
    """
    if isinstance(body, str):
        return body or None
    if isinstance(body, list):
        return "; ".join(message for message in map(message_in, body) if message) or None
    if isinstance(body, dict):
        return (
            message_in(body.get("message")) or message_in(body.get("error")) or message_in(body.get("errors"))
        )
    return None if body in (None, True, False) else str(body)


def html_title(text: str, content_type: str) -> str | None:
    """Return the title of an HTML page in one line; "" where it has none; None where the text is not HTML."""
    is_html = content_type.partition(";")[0].strip().lower() in _HTML_TYPES and text.lstrip().startswith("<")
    if not is_html and not _HTML.match(text.removeprefix("\ufeff")):
        return None
    found = _TITLE.search(text)
    if found is None:
        return ""
    import html  # here, because its tables are large and almost never needed

    return " ".join(html.unescape(found[1]).split())
