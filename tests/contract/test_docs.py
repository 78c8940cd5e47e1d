"""What README and docstrings show is what a careful user would write."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import netra

ROOT = Path(__file__).parents[2]


def shown() -> Iterator[tuple[str, str]]:
    """The README, and every docstring of a public name."""
    yield "README.md", (ROOT / "README.md").read_text(encoding="utf-8")
    yield "netra", netra.__doc__ or ""
    for name in netra.__all__:
        value = getattr(netra, name)
        yield name, inspect.getdoc(value) or ""
        for member, found in vars(value).items() if inspect.isclass(value) else ():
            yield f"{name}.{member}", inspect.getdoc(found) or ""


def test_no_window_loses_the_last_second_of_its_month() -> None:
    """But for the documentation's own example, which says what its end leaves out."""
    for where, text in shown():
        own = "# Initialize the SDK" in text
        examples = text.split("```python") if where == "README.md" else [text]
        for example in examples:
            if own and "# Initialize the SDK" in example:
                assert ":59.000Z leaves out the last 999 ms" in example
                continue
            assert re.findall(r"T23:59:59(?!\.999Z)[^\"'`)]*", example) == [], where
            assert re.findall(r"end_time=[\"']\d{4}-\d\d-\d\d[\"']", example) == [], where
            assert re.findall(r"[\"']\d{4}-\d\d-\d\d[\"'],\s*[\"']\d{4}-\d\d-\d\d[\"']", example) == [], where


def test_no_example_bills_from_a_walk_that_a_missing_id_would_widen() -> None:
    for where, text in shown():
        for example in re.split(r"```", text):
            if re.search(r"\b(bill|invoice)\(", example):
                assert "iter_traces" not in example, where
                assert "get_tenant_usage" in example, where
                assert "is None" in example, where


def test_the_docs_say_what_no_tenant_means_and_what_cannot_be_proved() -> None:
    readme = dict(shown())["README.md"]
    assert "walks the traces of **all** tenants" in readme
    assert "proves nothing" in readme
    for method in ("list_traces", "iter_traces"):
        assert "None means the traces of all tenants" in (inspect.getdoc(getattr(netra.Usage, method)) or "")
