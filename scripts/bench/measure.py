"""Runs subjects in processes of their own, and counts: seconds, instructions, memory."""

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
# Strings hash alike in each run, and nothing of the shell that calls us changes what is measured.
ENVIRONMENT = {"PYTHONHASHSEED": "0", "PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}

Subject = tuple[Environment, str]
"""Where it is installed, and the name of its script."""


@contextmanager
def service() -> Iterator[str]:
    """The server in a process of its own; gives its address."""
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
        cwd=HERE,  # where no other `netra` lies
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def in_turn(rounds: int, figure: str, runs: dict[str, tuple[Subject, str, str]]) -> dict[str, list[float]]:
    """The figure per row of each run, side by side: a, b, c, a, b, c, … so that a slow minute meets them all."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, (subject, job, url) in runs.items():
            result = run(subject, job, url)
            found[name].append(result[figure] / result["rows"])
    return found


def ratio(found: dict[str, list[float]], one: str, other: str) -> float | None:
    """The median of the ratios of runs that stood side by side."""
    if one not in found or other not in found:
        return None
    return median(a / b for a, b in zip(found[one], found[other], strict=True))


def instructions(environment: Environment, *arguments: str | Path) -> float:
    """How many instructions a Python program takes; repeats to a fraction of a percent on any machine."""
    done = subprocess.run(
        [
            *("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"),
            *(environment.python, *arguments),
        ],
        env=ENVIRONMENT,
        cwd=HERE,  # where no other `netra` lies
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    counted = re.findall(r"I +refs: +([\d,]+)", done.stderr)
    return float(counted[0].replace(",", ""))


def instructions_per_trace(subject: Subject, url: str) -> float:
    """The slope between few and many traces: start and first connection cancel out."""
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
