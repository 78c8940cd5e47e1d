"""Say what changed since the last release: a word for the contract, one for Python, one for TypeScript.

Usage: api_diff.py [--release]

The word is `breaking`, `additive` or `none`. Below it: each change, and the version that is expected. Fails where the
contract's version does not allow what changed, or where something broke in a package whose version does not allow it.
With `--release`, the packages' versions must allow their additions, too. A pre-release (2.0.0a1) allows everything.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.document import load

from . import RELEASED, ROOT
from .changes import Change, Version, VersionError, expected, version_problem, word_of
from .contract_changes import contract_changes
from .python_surface import from_text, python_surface
from .surfaces import Surface, surface_changes

__all__ = [
    "contract_version",
    "main",
    "package_version",
    "python_version",
    "report",
    "typescript",
    "typescript_surfaces",
]

SCRIPT = ROOT / "scripts/releasing/typescript_surface.mjs"
DECLARATIONS = ROOT / "typescript/dist/index.d.ts"


def main(arguments: Sequence[str]) -> int:
    is_release = "--release" in arguments
    versions = json.loads((RELEASED / "versions.json").read_text(encoding="utf-8"))
    contract = contract_changes(RELEASED / "openapi.yaml", ROOT / "openapi.yaml")
    released = from_text((RELEASED / "python.json").read_text(encoding="utf-8"))
    python = surface_changes(released, python_surface(ROOT))
    types = surface_changes(*typescript_surfaces(RELEASED / "typescript.d.ts", DECLARATIONS))
    problems = [
        report("the contract (openapi.yaml)", versions["contract"], contract_version(ROOT), contract),
        report(
            "the Python package", versions["python"], python_version(ROOT), python, is_lenient=not is_release
        ),
        report(
            "the TypeScript package",
            versions["typescript"],
            package_version(ROOT),
            types,
            is_lenient=not is_release,
        ),
    ]
    for problem in filter(None, problems):
        print(problem, file=sys.stderr)
    return 1 if any(problems) else 0


def report(
    name: str, released: str, current: str, changes: Sequence[Change], *, is_lenient: bool = False
) -> str:
    """Print the word, what changed and the versions. Return what is wrong, or an empty text.

    Lenient is right between releases of a package: what was added waits for the next one.
    """
    word = word_of(changes)
    print(word)
    try:
        demanded = expected(Version.parse(released), word)
        problem = version_problem(f"The version of {name}", released, current, changes)
    except VersionError as error:
        return f"The version of {name}: {error}."
    if word == "none" and changes:
        wanted = f"{released}, or a patch"
    else:
        wanted = released if str(demanded) == str(Version.parse(released)) else f"{demanded}"
    print(f"  {name} since {released}: expected is {wanted} or later; it is {current}")
    for change in changes:
        print(f"  {change.word if change.word != 'none' else 'text'}: {change.what}")
    return "" if is_lenient and word == "additive" else problem


def typescript(command: str, *declarations: Path) -> str:
    """Run a command of typescript_surface.mjs."""
    done = subprocess.run(
        ["node", SCRIPT, command, *declarations], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"node {SCRIPT.name} failed:\n{done.stderr}")
    return done.stdout


def typescript_surfaces(*declarations: Path) -> list[Surface]:
    return [from_text(line) for line in typescript("surface", *declarations).splitlines()]


def contract_version(root: Path) -> str:
    return str(load(root / "openapi.yaml").content["info"]["version"])


def python_version(root: Path) -> str:
    text = (root / "netra/_version.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "(.+)"', text)
    return found[1] if found else ""


def package_version(root: Path) -> str:
    return str(json.loads((root / "typescript/package.json").read_text(encoding="utf-8"))["version"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
