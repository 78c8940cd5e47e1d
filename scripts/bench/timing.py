"""Shared by the three subjects: command line and measurement."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

START, END = "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.999Z"
TRACE = "0" * 31 + "1"

Job = Callable[[], int]


def report(job: Job) -> None:
    """Run the job once; print the seconds of wall and CPU time, the rows, and the peak memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    rows = job()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"wall": wall, "cpu": cpu, "rows": rows, "peak_kb": peak}))


def main(jobs: dict[str, Job], warm_up: Job) -> None:
    """Run `subject.py JOB URL`: the job after a warm-up. `first` runs without one and is measured from outside."""
    job = sys.argv[1]
    if job == "first":
        jobs[job]()
        return
    warm_up()
    report(jobs[job])
