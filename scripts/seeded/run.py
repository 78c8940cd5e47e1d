"""Take each behaviour away, in each language, and check that a vector notices.

Usage: run.py [words of a behaviour's name]. Exits with 1 where a client without a behaviour still passes all vectors.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from behaviours import BEHAVIOURS, Behaviour, Edit

ROOT = Path(__file__).parents[2]
COPIED = ("netra", "generated", "tests", "conformance", "typescript", "pyproject.toml")
RUNNERS = {
    "python": ["{python}", "-m", "pytest", "-q", "-x", "tests/conformance", "-p", "no:cacheprovider"],
    "typescript": [
        "node_modules/.bin/vitest",
        "run",
        "--project",
        "quick",
        "--bail",
        "1",
        "test/conformance.test.ts",
    ],
}


def main(words: list[str]) -> int:
    chosen = [one for one in BEHAVIOURS if all(word in one.name for word in words)]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        copy_to(work)
        for language in RUNNERS:
            if not is_green(work, language):
                sys.exit(f"{language}: the vectors fail without any change")
        missed = [
            f"{language}: {one.name}"
            for one in chosen
            for language in RUNNERS
            if not is_noticed(work, language, one)
        ]
    print(f"{len(chosen)} behaviours, each removed in {len(RUNNERS)} languages; {len(missed)} not noticed")
    print("\n".join(missed))
    return bool(missed)


def copy_to(work: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_file():
            shutil.copy(source, work)
        else:
            shutil.copytree(
                source, work / name, ignore=shutil.ignore_patterns("node_modules", "__pycache__", "dist")
            )
    (work / "typescript/node_modules").symlink_to(ROOT / "typescript/node_modules")


def is_noticed(work: Path, language: str, behaviour: Behaviour) -> bool:
    edit: Edit = getattr(behaviour, language)
    file = work / edit.file
    before = file.read_text(encoding="utf-8")
    if before.count(edit.old) != 1:
        sys.exit(f"{edit.file}: {edit.old!r} must stand there once; correct scripts/seeded/behaviours.py")
    file.write_text(before.replace(edit.old, edit.new), encoding="utf-8")
    try:
        noticed = not is_green(work, language)
    finally:
        file.write_text(before, encoding="utf-8")
    print(f"{'noticed' if noticed else 'NOT NOTICED'}: {language}: {behaviour.name}", flush=True)
    return noticed


def is_green(work: Path, language: str) -> bool:
    command = [part.format(python=sys.executable) for part in RUNNERS[language]]
    done = subprocess.run(
        command,
        cwd=work / "typescript" if language == "typescript" else work,
        env={**os.environ, "PYTHONPATH": f"{work}:{work / 'generated'}", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(done.stdout)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
