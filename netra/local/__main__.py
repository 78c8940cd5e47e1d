"""`python -m netra.local`: runs the server until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading

from netra.local import LocalServer


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in signals}
    try:
        return _serve(options, stop)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _serve(options: argparse.Namespace, stop: threading.Event) -> int:
    try:
        server = LocalServer(
            options.db, options.api_key, options.host, options.port, options.faults, options.faults_seed
        )
        server.start()
    except (OSError, OverflowError, ValueError, RuntimeError, sqlite3.Error) as error:
        print(f"netra.local: cannot start: {error}", file=sys.stderr)
        return 1
    try:
        print(
            f"netra.local listens on {server.url} and keeps its data in {options.db};"
            f" set NETRA_OTLP_ENDPOINT={server.endpoint}",
            flush=True,
        )
        if options.faults:
            print(
                f"faults: a share of {options.faults:g} of the reading requests, seed {options.faults_seed}",
                flush=True,
            )
        stop.wait()
    finally:
        server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m netra.local",
        description=(
            "Netra's usage API on this machine. Takes OpenTelemetry traces (OTLP/HTTP, protobuf"
            " or JSON) at /telemetry/v1/traces and answers questions about usage, traces and spans."
            " For demos and tests; Ctrl-C ends it."
        ),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8765, help="port to listen on; 0 takes a free one")
    parser.add_argument(
        "--db",
        default="./netra-local.db",
        metavar="PATH",
        help="SQLite file that keeps the data; made if it does not exist",
    )
    parser.add_argument(
        "--api-key",
        default=None,
        metavar="KEY",
        help="what requests must send as x-api-key; without this, every request is taken",
    )
    parser.add_argument(
        "--faults",
        type=float,
        default=0.0,
        metavar="SHARE",
        help=(
            "share, from 0 to 1, of the reading requests that meet a fault: 503, 429 with Retry-After,"
            " a reset connection, a truncated answer or a late one. Taking spans in never fails on"
            " purpose, because exporters drop the spans that they cannot send"
        ),
    )
    parser.add_argument(
        "--faults-seed",
        type=int,
        default=0,
        metavar="N",
        help=(
            "the same seed gives the same requests in the same order the same faults; where they run"
            " side by side, chance decides which meets which"
        ),
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
