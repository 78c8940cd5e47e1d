"""Virtual environments for the measured programs: this client as users install it, plain httpx, and the peer."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEER = "netra-sdk==1.2.2"
PREINSTALLED = re.compile(r"pip|setuptools|pkg_resources|_distutils_hack|distutils-precedence\.pth")


class Environment:
    def __init__(self, name: str) -> None:
        self.path = ROOT / f".venv-bench-{name}"
        self.python = self.path / "bin" / "python"

    def install(self, *requirements: str | Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--clear", self.path], check=True)
        pip = (self.python, "-m", "pip", "install", "-qq", "--disable-pip-version-check")
        subprocess.run([*pip, *requirements], check=True)

    @property
    def packages(self) -> Path:
        (found,) = self.path.glob("lib/python*/site-packages")
        return found

    def size(self) -> tuple[int, float]:
        """Return the number of distributions and the megabytes that an installation adds."""
        count, size = 0, 0
        for entry in self.packages.iterdir():
            if PREINSTALLED.match(entry.name):
                continue
            count += entry.suffix == ".dist-info"
            files = [entry] if entry.is_file() else entry.rglob("*")
            size += sum(file.stat().st_size for file in files if file.is_file())
        return count, size / 1e6


def ours() -> Environment:
    """Install a wheel of this tree, with the tested versions of its dependencies."""
    environment = Environment("ours")
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", directory, ROOT],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (wheel,) = Path(directory).glob("*.whl")
        environment.install("-c", constraints(Path(directory)), wheel)
    return environment


def plain() -> Environment:
    environment = Environment("plain")
    with tempfile.TemporaryDirectory() as directory:
        environment.install("-c", constraints(Path(directory)), "httpx", "attrs", "python-dateutil")
    return environment


def peer() -> Environment | None:
    """Install the published client; None if that fails. It takes minutes, so the environment is kept."""
    environment = Environment("peer")
    installed = environment.path / PEER
    if not installed.exists():
        try:
            environment.install(PEER)
        except subprocess.CalledProcessError:
            shutil.rmtree(environment.path, ignore_errors=True)
            return None
        installed.touch()
    return environment


def constraints(directory: Path) -> Path:
    """Write the tested versions without hashes; a wheel built here has no hash."""
    pins = re.findall(r"^[\w.-]+==\S+", (ROOT / "scripts/requirements/dev.txt").read_text(), re.MULTILINE)
    file = directory / "constraints.txt"
    file.write_text("\n".join(pins))
    return file
