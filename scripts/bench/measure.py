"""Run subjects in separate processes, and measure seconds, instructions and memory."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from environments import Environment

HERE = Path(__file__).parent
# String hashes are the same in each run, and the environment of the shell does not change the results.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}

Subject = tuple[Environment, str]
"""An environment, and the name of the script to run in it."""


@contextmanager
def service() -> Iterator[str]:
    """Run the server in a separate process; yield its address."""
    server = subprocess.Popen([sys.executable, HERE / "server.py"], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    finally:
        server.kill()
        server.wait()
        server.stdout.close()


def run(subject: Subject, job: str, url: str) -> Any:
    environment, script = subject
    done = subprocess.run(
        [environment.python, HERE / f"{script}.py", job, url],
        env=ENVIRONMENT,
        cwd=HERE,  # a directory without another `netra`
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def in_turn(rounds: int, figure: str, runs: dict[str, tuple[Subject, str, str]]) -> dict[str, list[float]]:
    """Return the figure per row of each run. The runs alternate (a, b, c, a, …), so that a slow minute affects all."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (subject, job, url) in runs.items():
            result = run(subject, job, url)
            found[name].append(result[figure] / result["rows"])
    return found


def ratio(found: dict[str, list[float]], one: str, other: str) -> float | None:
    """Return the median of the ratios of neighbouring runs."""
    if one not in found or other not in found:
        return None
    return median(a / b for a, b in zip(found[one], found[other], strict=True))


def instructions(environment: Environment, *arguments: str | Path) -> float:
    """Count the instructions of a Python program; results differ by a fraction of a percent."""
    done = subprocess.run(
        [
            *("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
            *(environment.python, *arguments),
        ],
        env=ENVIRONMENT,
        cwd=HERE,  # a directory without another `netra`
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    counted = re.findall(r"I +refs: +([\d,]+)", done.stderr)
    return float(counted[0].replace(",", ""))


def instructions_per_trace(subject: Subject, url: str) -> float:
    """Return the slope between few and many traces; the costs of start and first connection cancel out."""
    environment, script = subject
    few, many = 1_000, 4_000
    counts = [
        instructions(environment, HERE / f"{script}.py", "iterate", f"{url}/{traces}/0")
        for traces in (few, many)
    ]
    return (counts[1] - counts[0]) / (many - few)


def need_valgrind() -> None:
    if shutil.which("valgrind") is None:
        subprocess.run(["apt-get", "install", "-y", "-qq", "valgrind"], check=True, stdout=sys.stderr)
