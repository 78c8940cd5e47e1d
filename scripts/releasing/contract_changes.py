"""What changed between two contracts: redocly's judgement, and ours where it is silent or does not look."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from contract.document import load

from . import ROOT
from .changes import Change, Word
from .filter_changes import filter_changes

__all__ = ["SPEC_LINT", "contract_changes", "wire_changes"]

SPEC_LINT = ROOT / "scripts/spec-lint"
IMPACTS: dict[str, Word] = {"major": "breaking", "minor": "additive", "patch": "additive"}
"""What redocly takes for a patch is text, or structure that it has no rule for: that is no less than an addition."""
TEXT = {
    "description",
    "summary",
    "title",
    "examples",
    "example",
    "externalDocs",
    "license",
    "contact",
    "version",
}
"""What only people read. The version is looked at by itself."""


def contract_changes(released: Path, current: Path) -> list[Change]:
    """Return the changes from the contract in one file to that in another, each once."""
    return [*wire_changes(released, current), *filter_changes(load(released), load(current))]


def wire_changes(released: Path, current: Path) -> list[Change]:
    """Return what redocly looks at: all but the extensions."""
    return sorted({_change(change) for change in _redocly(released, current)})


def _redocly(released: Path, current: Path) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        program = SPEC_LINT / "node_modules/.bin/redocly"
        options = ["--config", SPEC_LINT / "redocly-diff.yaml", "--format", "json", "--fail-on", "none"]
        command = [program, "diff", *options, "--output", report, released, current]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
        if done.returncode or not report.exists():
            raise RuntimeError(f"redocly diff failed:\n{done.stdout}{done.stderr}")
        changes: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))["changes"]
        return changes


def _change(change: dict[str, Any]) -> Change:
    place = (
        change["path"]
        .removeprefix("#/")
        .removeprefix("paths/")
        .replace("/content/application~1json/schema", "")
    )
    place = place.replace("/properties/", ".").replace("/items", "[]").replace("~1", "/").replace("~0", "~")
    if name := change.get("property", ""):
        place += f" · {name}"
    value = (change.get("revision") or change.get("base") or {}).get("value")
    if change["typeName"] == "Parameter" and isinstance(value, dict) and "name" in value:
        place += f" ({value['name']})"
    messages = [verdict["message"] for verdict in change["verdicts"]]
    return Change(_word(change), " ".join([f"{change['kind']} {place}", *messages]))


def _word(change: dict[str, Any]) -> Word:
    path, name = change["path"], change.get("property", "")
    if name in TEXT or path.startswith("#/tags/"):
        return "none"
    old, new = (change.get(side, {}).get("value") for side in ("base", "revision"))
    in_response, in_request = "/responses/" in path, "/requestBody" in path or "/parameters/" in path
    is_option = change["typeName"] == "Schema" and path.rpartition("/")[0].endswith(("/anyOf", "/oneOf"))
    if (
        # What null or absent means.
        name == "default"
        # A closed set of values, as readers know it, grew.
        or (name == "enum" and in_response and old and (not new or set(new) - set(old)))
        # Callers may set values that were open before.
        or (name == "enum" and in_request and not old)
        or (name == "additionalProperties" and in_request and new is False)
        # One more thing that a reader must take, or one less that a caller may send.
        or (is_option and change["kind"] == ("added" if in_response else "removed"))
    ):
        return "breaking"
    return IMPACTS[change["impact"]]
