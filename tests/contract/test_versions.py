"""One release is one number: in both packages, in what they install, and in their changelogs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from netra._version import __version__

ROOT = Path(__file__).parents[2]
STAGES = {"a": "alpha", "b": "beta", "rc": "rc"}


def npm_version(version: str) -> str:
    """Write a version of Python's packages (PEP 440) as npm writes it: 2.0.0a1 is 2.0.0-alpha.1."""
    found = re.fullmatch(r"(\d+\.\d+\.\d+)(?:(a|b|rc)(\d+))?", version)
    assert found, f"{version} has no form that npm knows"
    number, stage, count = found.groups()
    return f"{number}-{STAGES[stage]}.{count}" if stage else number


def latest(changelog: str) -> str:
    """Return the version that the first section of a changelog is about."""
    found = re.search(r"^## (\S+)", (ROOT / changelog).read_text(encoding="utf-8"), re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("python", "npm"),
    [
        ("2.0.0a1", "2.0.0-alpha.1"),
        ("2.1.0b12", "2.1.0-beta.12"),
        ("3.0.0rc1", "3.0.0-rc.1"),
        ("3.0.0", "3.0.0"),
    ],
)
def test_a_version_has_one_form_in_each_language(python: str, npm: str) -> None:
    assert npm_version(python) == npm


def test_both_packages_are_of_the_same_release() -> None:
    package = json.loads((ROOT / "typescript/package.json").read_text(encoding="utf-8"))
    lock = json.loads((ROOT / "typescript/package-lock.json").read_text(encoding="utf-8"))
    assert package["version"] == npm_version(__version__)
    assert lock["version"] == lock["packages"][""]["version"] == package["version"]


def test_both_changelogs_begin_with_this_release() -> None:
    assert latest("CHANGELOG.md") == __version__
    assert latest("typescript/CHANGELOG.md") == npm_version(__version__)


@pytest.mark.parametrize("lock", ["typescript/package-lock.json", "scripts/spec-lint/package-lock.json"])
def test_a_lock_names_what_is_installed_and_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for path, package in packages.items() if path)
    assert [path for path, package in packages.items() if "resolved" in package] == []


def test_the_tools_of_typescript_are_pinned() -> None:
    package = json.loads((ROOT / "typescript/package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package
    for name, version in package["devDependencies"].items():
        assert re.fullmatch(r"(npm:\w+@)?\d+\.\d+\.\d+", version), name
