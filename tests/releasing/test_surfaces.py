"""Each kind of change of a public API has its word: Python's as griffe reads it, TypeScript's as tsc does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from releasing import api_diff
from releasing.changes import Change, Version, VersionError, expected, version_problem, word_of
from releasing.python_surface import as_text, from_text, python_surface
from releasing.surfaces import surface_changes

ROOT = Path(__file__).parents[2]

PYTHON = '''
from typing import Literal, overload

__all__ = ["Error", "Order", "Rows", "load", "read"]

Order = Literal["up"]

class _Hidden(Exception):
    status: int

class Error(_Hidden):
    """An error."""

class Rows:
    count: int
    def __init__(self, size: int = 1) -> None: ...
    @property
    def first(self) -> str | None: ...
    def _private(self) -> None: ...

def load(path: str, limit: int | None = None, *, strict: bool = True) -> Rows: ...

@overload
def read(path: str) -> str: ...
@overload
def read(path: bytes) -> bytes: ...
def read(path): ...
'''

PYTHON_VARIANTS = [
    ("breaking", ', "load"', ""),
    ("breaking", "path: str, limit: int | None = None", "limit: int | None = None"),
    ("breaking", "path: str, limit: int | None = None", "limit: int | None = None, path: str = ''"),
    ("breaking", "limit: int | None = None", "most: int | None = None"),
    ("breaking", "limit: int | None = None", "limit: int | None = 3"),
    ("breaking", "limit: int | None = None", "limit: int | None"),
    ("breaking", "limit: int | None = None, *", "*, limit: int | None = None"),
    ("breaking", "limit: int | None = None", "limit: int = 1"),
    ("breaking", "path: str, limit", "path: str, new: int, limit"),
    ("breaking", "path: str, limit", "path: str, new: int = 1, limit"),
    ("breaking", "strict: bool = True", "strict: bool = True, new: int"),
    ("breaking", ") -> Rows", ") -> Rows | None"),
    ("breaking", "def load", "async def load"),
    ("breaking", "    count: int\n", ""),
    ("breaking", "status: int", "code: int"),
    ("breaking", "(Exception)", ""),
    ("breaking", "size: int = 1", "size: int"),
    ("breaking", "@overload\ndef read(path: bytes) -> bytes: ...\n", ""),
    ("additive", "strict: bool = True", "strict: bool = True, new: int = 1"),
    ("additive", "path: str, limit", "path: str | bytes, limit"),
    ("additive", "*, strict", "strict"),
    ("additive", "-> str | None", "-> str"),
    ("additive", "    count: int\n", "    count: int\n    size: int\n"),
    ("additive", "def load", "class New: ...\ndef load"),
    ("none", "An error.", "Other words."),
    ("none", "_private", "_other"),
    ("none", "class _Hidden(Exception)", "class _Renamed(Exception)"),
]


def python(directory: Path, source: str) -> dict[str, object]:
    for name in ("netra", "generated/netra_api"):
        (directory / name).mkdir(parents=True, exist_ok=True)
        (directory / name / "__init__.py").write_text("")
    (directory / "netra/rows.py").write_text(source)
    return dict(python_surface(directory, modules=("netra.rows",)))


@pytest.mark.parametrize(("word", "old", "new"), PYTHON_VARIANTS)
def test_each_change_of_python_has_its_word(word: str, old: str, new: str, tmp_path: Path) -> None:
    assert old in PYTHON
    source = PYTHON.replace(old, new, 1)
    if "class _Renamed" in source:
        source = source.replace("(_Hidden)", "(_Renamed)")
    if "class New" in source:
        source = source.replace('"load"', '"load", "New"')
    before, after = python(tmp_path / "old", PYTHON), python(tmp_path / "new", source)
    assert word_of(surface_changes(from_text(as_text(before)), after)) == word  # type: ignore[arg-type]


TYPESCRIPT = """
interface Options {
  readonly size?: number | undefined;
  readonly path: string;
}
/** A row. */
interface Row {
  readonly name: string;
  readonly cost: number | null;
  readonly kind?: string;
}
type Order = "up" | "down";
declare class Hidden {
  get cursor(): string;
}
declare class Rows extends Hidden {
  #hidden: number;
  private constructor();
  load(path: string, options?: Options): Promise<Row>;
  read(path: string): string;
  read(path: number): number;
}
declare const rows: Rows;
export { type Options, type Order, type Row, Rows, rows };
"""

TYPESCRIPT_VARIANTS = [
    ("breaking", "type Row, ", ""),
    ("breaking", "  readonly name: string;\n", ""),
    ("breaking", "readonly name: string", "readonly name: string | null"),
    ("breaking", "readonly name: string", "readonly name?: string"),
    ("breaking", "readonly path: string;", "readonly path: string;\n  readonly must: string;"),
    ("breaking", "readonly size?: number | undefined", "readonly size: number | undefined"),
    ("breaking", "readonly size?: number | undefined", "readonly size?: undefined"),
    ("breaking", '"up" | ', ""),
    ("breaking", "path: string, options?: Options", "path: string, options: Options"),
    ("breaking", "path: string, options?: Options", "path: string"),
    ("breaking", "path: string, options", "path: string, more: string, options"),
    ("breaking", "Promise<Row>", "Promise<Row | null>"),
    ("breaking", "  read(path: number): number;\n", ""),
    ("additive", "  readonly cost:", "  readonly plan: string | null;\n  readonly cost:"),
    ("additive", "readonly cost: number | null", "readonly cost: number"),
    ("additive", "readonly kind?: string", "readonly kind: string"),
    ("additive", "readonly path: string;", "readonly path: string;\n  readonly may?: string;"),
    ("additive", "readonly path: string", "readonly path?: string"),
    ("additive", '"down"', '"down" | "random"'),
    ("additive", "options?: Options)", "options?: Options, more?: string)"),
    ("additive", "export {", "declare const more: Rows;\nexport { more,"),
    ("none", "A row.", "Other words."),
    ("none", "#hidden: number", "#other: string"),
    ("none", "#hidden: number", "get cursor(): string"),
    ("breaking", "  get cursor(): string;\n", ""),
    ("breaking", "get cursor(): string", "get cursor(): string | null"),
    ("breaking", " extends Hidden", ""),
    ("none", "load(path", "load(where"),
]


@pytest.mark.process
@pytest.mark.skipif(
    not (ROOT / "typescript/node_modules/typescript").exists(),
    reason="`make ts-build` installs what reads TypeScript",
)
def test_each_change_of_typescript_has_its_word(tmp_path: Path) -> None:
    path = tmp_path / "index.d.ts"
    path.write_text(TYPESCRIPT)
    stripped = tmp_path / "released.d.ts"
    stripped.write_text(api_diff.typescript("strip", path))
    assert "A row" not in stripped.read_text()
    variants = [tmp_path / f"{number}.d.ts" for number in range(len(TYPESCRIPT_VARIANTS))]
    for variant, (_, old, new) in zip(variants, TYPESCRIPT_VARIANTS, strict=True):
        assert old in TYPESCRIPT
        variant.write_text(TYPESCRIPT.replace(old, new, 1))
    released, *surfaces = api_diff.typescript_surfaces(stripped, *variants)
    for (word, old, new), surface in zip(TYPESCRIPT_VARIANTS, surfaces, strict=True):
        assert word_of(surface_changes(released, surface)) == word, (old, new)


# ---------------------------------------------------------------- versions


@pytest.mark.parametrize(
    ("word", "released", "current", "is_right"),
    [
        ("breaking", "1.2.3", "1.9.0", False),
        ("breaking", "1.2.3", "2.0.0", True),
        ("additive", "1.2.3", "1.2.4", False),
        ("additive", "1.2.3", "1.3.0", True),
        ("additive", "1.2.3", "2.0.0", True),
        ("none", "1.2.3", "1.2.3", True),
        ("none", "1.2.3", "1.2.4", True),
        ("none", "1.2.3", "1.2.2", False),
        ("breaking", "2.0.0a1", "2.0.0a1", True),
        ("breaking", "2.0.0-alpha.2", "2.0.0-alpha.1", False),
        ("breaking", "1.2.3", "2.0.0a1", False),
    ],
)
def test_a_change_demands_its_version(word: str, released: str, current: str, is_right: bool) -> None:
    changes = [Change(word, "x")]  # type: ignore[arg-type]
    problem = version_problem("It", released, current, changes)
    assert (problem == "") == is_right
    if problem:
        demanded = expected(Version.parse(released), word)  # type: ignore[arg-type]
        assert problem.startswith(f"It is {current}; expected is {demanded} or later, because ")


def test_the_same_version_has_two_forms() -> None:
    assert Version.parse("2.0.0a1") == Version.parse("2.0.0-alpha.1") < Version.parse("2.0.0b1")
    assert Version.parse("2.0.0rc9") < Version.parse("2.0.0")
    with pytest.raises(VersionError, match=r"'2\.0' is not a version"):
        Version.parse("2.0")


def test_the_word_comes_first_and_what_changed_below(capsys: pytest.CaptureFixture[str]) -> None:
    changes = [Change("additive", "added x"), Change("none", "said it otherwise")]
    problem = api_diff.report("the contract", "1.0.0", "1.0.0", changes)
    assert capsys.readouterr().out.splitlines() == [
        "additive",
        "  the contract since 1.0.0: expected is 1.1.0 or later; it is 1.0.0",
        "  additive: added x",
        "  text: said it otherwise",
    ]
    assert (
        problem
        == "The version of the contract is 1.0.0; expected is 1.1.0 or later, because something was added since 1.0.0."
    )
    assert api_diff.report("a package", "1.0.0", "1.0.0", changes, is_lenient=True) == ""
    assert api_diff.report("a package", "1.0.0", "1.0.0", [Change("breaking", "x")], is_lenient=True)
