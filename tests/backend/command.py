"""Run the server as a command, in its own process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run `python -m netra.local` with these arguments; yield the process, its first line and its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "netra.local", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = re.search(r"http://[^ ]+", line)
        yield process, line, url.group() if url else ""
    finally:
        process.kill()
        process.communicate()
