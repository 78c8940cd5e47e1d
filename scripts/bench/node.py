"""Compare the TypeScript client with plain `fetch` + `JSON.parse` on Node."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Iterator
from statistics import median
from typing import Any

import environments
from measure import ENVIRONMENT, HERE

TRACES = 10_000
TYPESCRIPT = environments.ROOT / "typescript"
IMPORTS = {
    "everything": 'export * from "./dist/index.js"',
    "without `fields`": 'export { Netra } from "./dist/index.js"',
}
"""What a program imports, whose minified and compressed size is given."""

Line = tuple[str, str, str, str]


def node_lines(service_url: str) -> Iterator[Line]:
    """Yield the lines of the table; the package must be installed and built (`make ts-build`)."""
    if shutil.which("node") is None:
        return
    subprocess.run(["npm", "run", "--silent", "build"], cwd=TYPESCRIPT, check=True, stdout=subprocess.DEVNULL)
    url = f"{service_url}/{TRACES}/0"
    cpu = [{name: _run(name, "iterate", url) for name in ("ours", "plain")} for _ in range(7)]
    ratio = median(one["ours"]["cpu"] / one["plain"]["cpu"] for one in cpu)
    yield (
        f"TypeScript: CPU time of {TRACES:,} traces through `iterTraces` (plain: `fetch` + `JSON.parse`)",
        "1.35 × plain",
        f"{ratio:.2f} × plain",
        f"{median(one['ours']['cpu'] for one in cpu) / TRACES * 1e6:.0f} µs a trace",
    )
    kept = {name: _run(name, "kept", url)["bytes"] / TRACES for name in ("ours", "plain")}
    yield (
        "TypeScript: memory of a trace that is kept",
        "1.1 × plain",
        f"{kept['ours'] / kept['plain']:.2f} × plain",
        f"{kept['ours']:.0f} bytes",
    )
    growth = median(_run("ours", "growth", url)["bytes"] for _ in range(3)) / 1e6
    yield f"TypeScript: growth of the heap over {TRACES:,} traces", "1 MB", f"{growth:.2f} MB", ""
    load = median(_run("ours", "load", url)["milliseconds"] for _ in range(7))
    yield "TypeScript: import", "5 ms", f"{load:.1f} ms", ""
    for what, limit in zip(IMPORTS, ("8 kB", "6 kB"), strict=True):
        size = len(gzip.compress(_bundle(IMPORTS[what]), 9)) / 1000
        yield f"TypeScript: size of {what}, minified and with gzip", limit, f"{size:.1f} kB", ""


def _run(subject: str, job: str, url: str) -> Any:
    done = subprocess.run(
        ["node", "--expose-gc", HERE / "node_client.mjs", subject, job, url],
        env=ENVIRONMENT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


def _bundle(program: str) -> bytes:
    done = subprocess.run(
        ["node_modules/.bin/esbuild", "--bundle", "--minify", "--format=esm", "--target=es2022"],
        input=program.encode(),
        cwd=TYPESCRIPT,
        check=True,
        stdout=subprocess.PIPE,
    )
    return done.stdout
