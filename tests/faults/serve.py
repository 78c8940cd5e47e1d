"""Serve every cell of the fault matrix, so that the clients of other languages run it: `python -m tests.faults.serve`.

Prints one line of JSON: for each fault what is promised, and the URL of its server. Each has a server of its own,
because connections that a fault broke stay in the pools of some HTTP libraries, for the next request to the server.

The base URL of a cell is `/once/METHOD/PLACE` below that URL, with names of `promises.py` (percent-encoded), or the
same with `always`. A request to `/repair` below the cell's base URL ends its fault. Serves until standard input ends.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from urllib.parse import unquote

import attrs

from tests.support.scripted import Reply, Request, ScriptedServer, respond

from .promises import CURSORS, PAGES, PROMISES, ROWS, SLOW_FAULTS, Service
from .wire import FAULTS, Fault

TIMES = {"once": 1, "always": 1_000}


class Cells:
    """Respond to the requests of all cells of a fault."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._services: dict[str, Service] = {}

    def __call__(self, request: Request) -> Reply:
        parts = request.target.split("/", 4)
        cell, rest = "/".join(parts[:4]), f"/{parts[4]}"
        service = self._services.get(cell) or self._break(cell)
        if rest == "/repair":
            service.repair()
            return respond({})
        return service(attrs.evolve(request, target=rest))

    def _break(self, cell: str) -> Service:
        how_often, method, place = map(unquote, cell.split("/")[1:])
        service = self._services[cell] = Service(self._fault)
        service.break_page(method, place, TIMES[how_often])
        return service


def main() -> None:
    with ExitStack() as servers:
        urls = {
            name: servers.enter_context(ScriptedServer(Cells(fault))).url for name, fault in FAULTS.items()
        }
        described = {
            "faults": [
                {"name": name, "url": url, "is_slow": name in SLOW_FAULTS, **PROMISES[name]}
                for name, url in urls.items()
            ],
            "rows": ROWS,
            "cursors": CURSORS,
            "pages": PAGES,
        }
        print(json.dumps(described), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
