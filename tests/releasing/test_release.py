"""A release is refused where its versions, its changelogs and its tag do not say the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from releasing.versions import problems

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What a release looks like."""
    for name in ("netra", "typescript"):
        (tmp_path / name).mkdir()
    (tmp_path / "netra/_version.py").write_text('__version__ = "2.1.0a3"\n')
    (tmp_path / "typescript/package.json").write_text('{"version": "2.1.0-alpha.3"}')
    lock = {"version": "2.1.0-alpha.3", "packages": {"": {"version": "2.1.0-alpha.3"}}}
    (tmp_path / "typescript/package-lock.json").write_text(json.dumps(lock))
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 2.1.0a3 (2026-02-01)\n\n## 2.0.0 (2026-01-01)\n"
    )
    (tmp_path / "typescript/CHANGELOG.md").write_text("# Changelog\n\n## 2.1.0-alpha.3 (2026-02-01)\n")
    return tmp_path


@pytest.mark.parametrize("tag", ["2.1.0a3", "v2.1.0a3", ""])
def test_a_release_whose_versions_agree_has_no_problem(project: Path, tag: str) -> None:
    assert list(problems(project, tag)) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (
            "netra/_version.py",
            "2.1.0a3",
            "2.1.0a4",
            "netra/_version.py has 2.1.0a4, and typescript/package.json 2.1.0-alpha.3: make them the same.",
        ),
        ("netra/_version.py", "2.1.0a3", "2.1", "'2.1' is not a version"),
        ("typescript/package-lock.json", "alpha.3", "alpha.2", "run `npm install --package-lock-only`"),
        (
            "CHANGELOG.md",
            "2.1.0a3",
            "2.1.0a2",
            "CHANGELOG.md begins with '2.1.0a2 (2026-02-01)', but the version is 2.1.0a3",
        ),
        (
            "CHANGELOG.md",
            "## 2.1.0a3 (2026-02-01)\n\n",
            "",
            "CHANGELOG.md begins with '2.0.0 (2026-01-01)', but",
        ),
        ("CHANGELOG.md", "2026-02-01", "unreleased", "put the day in, as in '## 2.1.0a3 (2026-01-31)'"),
        ("typescript/CHANGELOG.md", "2026-02-01", "unreleased", "as in '## 2.1.0-alpha.3 (2026-01-31)'"),
    ],
)
def test_each_disagreement_is_told(project: Path, file: str, old: str, new: str, problem: str) -> None:
    path = project / file
    path.write_text(path.read_text().replace(old, new))
    assert problem in "\n".join(problems(project, "2.1.0a3"))


def test_without_a_tag_the_day_may_be_missing(project: Path) -> None:
    path = project / "CHANGELOG.md"
    path.write_text(path.read_text().replace("2026-02-01", "unreleased"))
    assert list(problems(project)) == []


def test_a_tag_has_the_name_of_the_version(project: Path) -> None:
    assert list(problems(project, "2.1.0")) == [
        "The tag is 2.1.0, and the version 2.1.0a3: tag the commit with its version."
    ]


@pytest.mark.process
def test_a_commit_without_a_tag_is_not_released(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/release.sh", tmp_path / "scripts")
    for command in (
        ["init", "-q"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)

    def release(**more: str) -> tuple[int, str]:
        environment = {"PATH": str(Path("/usr/bin")), "HOME": str(tmp_path), **more}
        done = subprocess.run(
            ["sh", "scripts/release.sh"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    assert release() == (
        1,
        "There is no tag at HEAD: tag the commit with its version, or try it with RELEASE_REF=HEAD.\n",
    )
    assert release(RELEASE_REF="none") == (1, "RELEASE_REF=none is no commit.\n")
    assert not (tmp_path / "dist").exists()
