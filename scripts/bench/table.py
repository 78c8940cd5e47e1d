"""Compare this client with plain httpx and the published client, and write the table into BENCHMARKS.md."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import environments
from measure import (
    HERE,
    Subject,
    in_turn,
    instructions,
    instructions_per_trace,
    need_valgrind,
    ratio,
    run,
    service,
)
from node import node_lines

DELAY = 20
"""Milliseconds after which the service responds, where the number of requests in flight matters."""

Line = tuple[str, str, str, str]
"""What is measured, its limit, the result, and the absolute figure of this client."""
Subjects = dict[str, Subject]


def cpu(subjects: Subjects, url: str) -> Iterator[Line]:
    limits = "2.0 × plain, 0.6 × peer"
    counted = {name: [instructions_per_trace(subject, url)] for name, subject in subjects.items()}
    yield (
        "CPU per trace through `iter_traces`, `limit=100`, in instructions",
        limits,
        against(counted, "plain", "peer"),
        f"{counted['ours'][0] / 1e3:.0f} thousand",
    )
    timed = in_turn(7, "cpu", {name: (one, "iterate", f"{url}/20000/0") for name, one in subjects.items()})
    yield "… in CPU time", limits, against(timed, "plain", "peer"), f"{median(timed['ours']) * 1e6:.0f} µs"


def one_call(subjects: Subjects, url: str) -> Iterator[Line]:
    timed = in_turn(7, "wall", {name: (one, "spans", f"{url}/100/0") for name, one in subjects.items()})
    yield (
        "One `list_spans_by_trace_id` of 10 spans, whole time",
        "1.3 × plain",
        against(timed, "plain", "peer"),
        f"{median(timed['ours']) * 10 * 1e6:.0f} µs",
    )


def imports(subjects: Subjects, url: str) -> Iterator[Line]:
    (ours, _), (plain, _) = subjects["ours"], subjects["plain"]
    counted = {
        "ours": [instructions(ours, "-c", "import netra")],
        "plain": [instructions(plain, "-c", "import httpx, attrs, dateutil.parser")],
    }
    if "peer" in subjects:
        counted["peer"] = [instructions(subjects["peer"][0], "-c", "import netra")]
    yield (
        "`import netra`, in instructions (plain: httpx, attrs, dateutil)",
        "1.0 × plain, 0.3 × peer",
        against(counted, "plain", "peer"),
        f"{counted['ours'][0] / 1e6:.0f} million",
    )
    first = {
        name: [instructions(environment, HERE / f"{script}.py", "first", f"{url}/100/0")]
        for name, (environment, script) in subjects.items()
    }
    yield (
        "Import and first `list_traces`, in instructions",
        "1.4 × plain",
        against(first, "plain", "peer"),
        f"{first['ours'][0] / 1e6:.0f} million",
    )


def with_spans(subjects: Subjects, url: str) -> Iterator[Line]:
    jobs = ("loop", "with-spans-8", "with-spans-16", "with-spans-32")
    timed = in_turn(5, "wall", {job: (subjects["ours"], job, f"{url}/200/{DELAY}") for job in jobs})
    for job in jobs[1:]:
        yield (
            f"`.with_spans(concurrency={job.removeprefix('with-spans-')})` over 200 traces, {DELAY} ms delay",
            "0.1 × the documented loop",
            f"{ratio(timed, job, 'loop'):.3f} × the loop",
            f"{median(timed[job]) * 2_000:.2f} s",
        )


def in_parallel(subjects: Subjects, url: str) -> Iterator[Line]:
    jobs = ("iterate", "parallel")
    timed = in_turn(5, "wall", {job: (subjects["ours"], job, f"{url}/10000/{DELAY}") for job in jobs})
    yield (
        f"`.in_parallel()` over 10,000 traces, {DELAY} ms delay",
        "0.167 × `iter_traces`",
        f"{ratio(timed, 'parallel', 'iterate'):.3f} × `iter_traces`",
        f"{median(timed['parallel']) * 10_000:.2f} s",
    )


def memory(subjects: Subjects, url: str) -> Iterator[Line]:
    few, many = (
        run(subjects["ours"], "iterate", f"{url}/{count}/0")["peak_kb"] for count in (10_000, 1_000_000)
    )
    yield (
        "Peak memory, iterating 1,000,000 traces",
        "5 MB above 10,000 traces",
        f"{(many - few) / 1024:.1f} MB above",
        f"{many / 1024:.0f} MB",
    )


def size(subjects: Subjects, _: str) -> Iterator[Line]:
    packages, megabytes = subjects["ours"][0].size()
    found = "no peer here"
    if "peer" in subjects:
        peers_packages, peers_megabytes = subjects["peer"][0].size()
        found = (
            f"{packages / peers_packages:.2f} of its {peers_packages} packages, "
            f"{megabytes / peers_megabytes:.2f} of its {peers_megabytes:.0f} MB"
        )
    yield "Installed packages, and megabytes", "0.1 × peer", found, f"{packages}, {megabytes:.1f} MB"


def against(found: dict[str, list[float]], *others: str) -> str:
    parts = [f"{ratio(found, 'ours', other):.2f} × {other}" for other in others if other in found]
    return ", ".join(parts)


def write(lines: list[Line]) -> None:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    machine = f"{model[1] if model else platform.machine()}, {platform.system()}, Python {platform.python_version()}"
    table = [f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine}.", ""]
    for line in (("what", "at most", "found", "this client"), ("---",) * 4, *lines):
        table.append("| " + " | ".join(line) + " |")
    print("\n".join(table))
    file = environments.ROOT / "BENCHMARKS.md"
    before, begin, rest = file.read_text().partition("<!-- table -->\n")
    _, end, after = rest.partition("<!-- end of the table -->\n")
    file.write_text(before + begin + "\n".join(table) + "\n" + end + after)


def typescript(_: Subjects, url: str) -> Iterator[Line]:
    yield from node_lines(url)


PARTS: list[Callable[[Subjects, str], Iterator[Line]]] = [
    cpu,
    one_call,
    imports,
    with_spans,
    in_parallel,
    memory,
    size,
    typescript,
]


def main() -> None:
    need_valgrind()
    print("installing", flush=True)
    subjects = {"ours": (environments.ours(), "ours"), "plain": (environments.plain(), "plain")}
    if (peer := environments.peer()) is not None:
        subjects["peer"] = (peer, "peer")
    lines: list[Line] = []
    with service() as url:
        for part in PARTS:
            print(f"measuring: {part.__name__}", flush=True)
            lines += part(subjects, url)
    write(lines)


if __name__ == "__main__":
    main()
