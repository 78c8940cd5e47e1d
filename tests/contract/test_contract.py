"""openapi.yaml is the source: generated code follows it, and values that are written twice agree with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from netra._core import checks
from netra.local import _statements

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def contract() -> Any:
    return yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))


def test_the_page_size_is_the_one_in_the_contract(contract: Any) -> None:
    maximum = contract["components"]["schemas"]["PageSize"]["maximum"]
    assert maximum == checks.MAX_PAGE_SIZE == _statements.MAX_LIMIT


def test_the_contract_names_no_language() -> None:
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8").lower()
    for language in (
        "python",
        "typescript",
        "javascript",
        "datetime",
        "golang",
        "java",
        "snake_case",
        "camelcase",
    ):
        assert not re.search(rf"\b{language}\b", text)


def test_requests_are_closed_and_responses_open(contract: Any) -> None:
    schemas = contract["components"]["schemas"]
    requests = {"TraceFilter", "Pagination", "ListTracesRequest"}
    for name, schema in schemas.items():
        if schema["type"] == "object":
            assert schema.get("additionalProperties", True) is (name not in requests), name
            if name not in requests:
                assert "enum" not in yaml.safe_dump(schema), name


@pytest.mark.slow
@pytest.mark.process
def test_make_generate_alone_adds_a_new_optional_field(tmp_path: Path) -> None:
    for name in ("netra", "scripts", "docs", "openapi.yaml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, tmp_path / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__")
            )
        else:
            shutil.copy(source, tmp_path / name)
    contract = tmp_path / "openapi.yaml"
    text = contract.read_text(encoding="utf-8")
    anchor = "        has_error:\n          type: [boolean, 'null']\n          description: Whether any span"
    assert text.count(anchor) == 1
    new = "        quality_score:\n          type: [number, 'null']\n          description: How good this trace is.\n"
    contract.write_text(text.replace(anchor, new + anchor), encoding="utf-8")

    tools = Path(sys.executable).parent
    subprocess.run(
        ["sh", tmp_path / "scripts/generate.sh"],
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        check=True,
        capture_output=True,
    )
    models = (tmp_path / "generated/typescript/models.ts").read_text(encoding="utf-8")
    assert "  /** How good this trace is. */\n  readonly qualityScore: number | null;\n" in models
    readers = (tmp_path / "generated/typescript/readers.ts").read_text(encoding="utf-8")
    assert 'qualityScore: nullableNumber(source.quality_score, "quality_score"),' in readers
    script = (
        "from netra import TraceSummary\n"
        "from tests.support.rows import trace\n"
        "old, new = TraceSummary.from_dict(trace()), TraceSummary.from_dict(trace(quality_score=1))\n"
        "print(old.quality_score, new.quality_score, new.to_dict()['quality_score'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, tmp_path / "generated", ROOT)))},
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert result.stdout.split() == ["None", "1.0", "1.0"]
