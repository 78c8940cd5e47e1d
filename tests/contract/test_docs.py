"""What README, docs and docstrings show is what a careful user would write; and they leave out nothing public."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import netra

ROOT = Path(__file__).parents[2]
DOCS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
FOR_USERS = ["README.md", *DOCS]
LINKING = [
    *FOR_USERS,
    "CONTRIBUTING.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "BENCHMARKS.md",
    "generated/README.md",
    "typescript/README.md",
    "typescript/CHANGELOG.md",
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def shown() -> Iterator[tuple[str, str]]:
    """The README, the docs, and every docstring of a public name."""
    for page in FOR_USERS:
        yield page, read(page)
    yield "typescript/README.md", read("typescript/README.md")
    yield "netra", netra.__doc__ or ""
    for name in netra.__all__:
        value = getattr(netra, name)
        yield name, inspect.getdoc(value) or ""
        for member, found in vars(value).items() if inspect.isclass(value) else ():
            yield f"{name}.{member}", inspect.getdoc(found) or ""


def test_no_window_loses_the_last_second_of_its_month() -> None:
    """But for the documentation's own example, which says what its end leaves out."""
    for where, text in shown():
        is_page = where.endswith(".md")
        for example in text.split("```") if is_page else [text]:
            if where == "README.md" and "# Initialize the SDK" in example:
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
    assert "walks the traces of **all** tenants" in read("README.md")
    assert "proves nothing" in read("docs/reading-results.md")
    for method in ("list_traces", "iter_traces"):
        assert "None means the traces of all tenants" in (inspect.getdoc(getattr(netra.Usage, method)) or "")


def test_what_installs_the_backend_is_what_its_extra_names() -> None:
    extra = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]["local"]
    names = [re.split(r"[><=~! \[]", requirement)[0] for requirement in extra]
    hint = f"pip install {' '.join(names)}"
    for place in ("README.md", "docs/backend.md", "netra/local/__init__.py"):
        assert hint in read(place), place


# ---------------------------------------------------------------- nothing public is left out


@pytest.fixture(scope="module")
def code_words() -> set[str]:
    """The words in code, inline or in blocks, of all pages for users."""
    text = "\n".join(map(read, FOR_USERS))
    code = re.findall(r"```.*?```", text, re.DOTALL) + re.findall(r"`[^`\n]+`", text)
    return {word for part in code for word in re.findall(r"\w+", part)}


@pytest.mark.parametrize("name", netra.__all__)
def test_every_public_name_is_in_the_docs(name: str, code_words: set[str]) -> None:
    assert name in code_words


@pytest.mark.parametrize("name", inspect.signature(netra.Netra.init).parameters)
def test_every_argument_of_init_is_in_the_table_of_the_readme(name: str) -> None:
    assert re.search(rf"^\| `{name}` \|", read("README.md"), re.MULTILINE)


@pytest.mark.parametrize(
    "method", [name for name in vars(netra.Usage) if not name.startswith("_")] + ["with_spans", "in_parallel"]
)
def test_every_method_is_in_the_readme(method: str) -> None:
    assert f"{method}(" in read("README.md")


@pytest.mark.parametrize(
    "model", [netra.SessionUsageData, netra.TenantUsageData, netra.TraceSummary, netra.TraceSpan]
)
def test_every_field_has_its_row(model: type) -> None:
    section = read("docs/results.md").partition(f"### {model.__name__}\n")[2].partition("\n#")[0]
    fields = list(vars(model.__base__)["_api_names"])
    fields += [name for name, value in vars(model).items() if isinstance(value, property)]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == fields


# ---------------------------------------------------------------- links


def without_code(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.+)$", without_code(page.read_text(encoding="utf-8")), re.MULTILINE):
        shown_text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown_text.strip().lower()).replace(" ", "-")
        count = sum(
            one == anchor or re.fullmatch(rf"{re.escape(anchor)}-\d+", one) is not None for one in found
        )
        found.add(f"{anchor}-{count}" if count else anchor)
    return found


def broken_links(page: Path) -> list[str]:
    broken = []
    for link in re.findall(r"\[[^]]*\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", LINKING)
def test_every_link_leads_somewhere(page: str) -> None:
    assert broken_links(ROOT / page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A page\n\n## Nobody else's `x`\n\n[1](#a-page) [2](#nobody-elses-x) [3](page.md#a-page) [4](https://x.org)\n"
        "[5](gone.md) [6](#gone) [7](page.md#gone)\n\n```\n# code\n[8](gone.md)\n```\n[9](#code)\n",
        encoding="utf-8",
    )
    assert broken_links(page) == ["gone.md", "#gone", "page.md#gone", "#code"]


def test_no_page_is_too_long_to_read() -> None:
    for page in DOCS:
        assert len(read(page).splitlines()) <= 150, page
