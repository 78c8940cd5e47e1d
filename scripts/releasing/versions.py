"""Hold the versions of a release against each other: both packages, the lock, both changelogs, the tag.

Usage: versions.py [TAG]

With a tag, the release is meant: it has the version's name, and both changelogs the day.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from . import ROOT
from .api_diff import package_version, python_version
from .changes import Version, VersionError

__all__ = ["problems"]

CHANGELOGS = ("CHANGELOG.md", "typescript/CHANGELOG.md")


def problems(root: Path, tag: str = "") -> Iterator[str]:
    """Yield what does not fit below `root`."""
    python, package = python_version(root), package_version(root)
    try:
        if Version.parse(python) != Version.parse(package):
            yield f"netra/_version.py has {python}, and typescript/package.json {package}: make them the same."
    except VersionError as error:
        yield f"netra/_version.py or typescript/package.json: {error}."
    lock = json.loads((root / "typescript/package-lock.json").read_text(encoding="utf-8"))
    if {lock["version"], lock["packages"][""]["version"]} != {package}:
        yield (
            f"typescript/package-lock.json has {lock['version']}, and package.json {package}: "
            f"run `npm install --package-lock-only` in typescript/."
        )
    for changelog, version in zip(CHANGELOGS, (python, package), strict=True):
        yield from _changelog_problems(root, changelog, version, is_release=bool(tag))
    if tag and tag.removeprefix("v") != python:
        yield f"The tag is {tag}, and the version {python}: tag the commit with its version."


def _changelog_problems(root: Path, changelog: str, version: str, *, is_release: bool) -> Iterator[str]:
    text = (root / changelog).read_text(encoding="utf-8")
    heading = next(iter(re.findall(r"^## (.+)$", text, re.MULTILINE)), "")
    named, _, day = heading.partition(" ")
    if named != version:
        yield f"{changelog} begins with {heading!r}, but the version is {version}: describe it first."
    elif is_release and re.fullmatch(r"\(\d{4}-\d\d-\d\d\)", day) is None:
        yield f"{changelog} has {heading!r}: put the day in, as in '## {version} (2026-01-31)'."


if __name__ == "__main__":
    found = list(problems(ROOT, *sys.argv[1:]))
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)
