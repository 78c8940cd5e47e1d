"""Fail if an import or a trace costs more than its limit. Only instructions are counted, no time is measured.

The limits are a little above the last measurement, and never above what the project promises (BENCHMARKS.md).
"""

from __future__ import annotations

import sys

import environments
from measure import HERE, instructions, instructions_per_trace, need_valgrind, service

LIMITS = {
    "a trace through iter_traces, to httpx + json.loads": 1.7,
    "import netra, to httpx + attrs + dateutil": 0.3,
    "import and first list_traces, to httpx": 1.4,
}


def ratios() -> list[float]:
    ours, plain = environments.ours(), environments.plain()
    with service() as url:
        per_trace = [instructions_per_trace(subject, url) for subject in ((ours, "ours"), (plain, "plain"))]
        first = [
            instructions(environment, HERE / f"{script}.py", "first", f"{url}/100/0")
            for environment, script in ((ours, "ours"), (plain, "plain"))
        ]
    imports = [
        instructions(ours, "-c", "import netra"),
        instructions(plain, "-c", "import httpx, attrs, dateutil.parser"),
    ]
    return [one / other for one, other in (per_trace, imports, first)]


def main() -> None:
    need_valgrind()
    exceeded = False
    for (what, limit), found in zip(LIMITS.items(), ratios(), strict=True):
        print(f"{found:5.2f} of at most {limit}: {what}")
        exceeded |= found > limit
    sys.exit("The cost exceeds its limit; see scripts/bench/gate.py." if exceeded else 0)


if __name__ == "__main__":
    main()
