"""`python -m netra.local`: run the server until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading

from netra.local import LocalServer


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
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
            options.db,
            options.api_key,
            options.host,
            options.port,
            options.faults,
            options.faults_seed,
            options.cors_origin,
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
        if options.cors_origin:
            print(f"browsers: pages of {', '.join(options.cors_origin)} may call it", flush=True)
        stop.wait()
    finally:
        server.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m netra.local",
        description=(
            "Netra's usage API on this machine. Ingests OpenTelemetry traces (OTLP/HTTP, protobuf"
            " or JSON) at /telemetry/v1/traces and serves usage, traces and spans."
            " For demos and tests; Ctrl-C stops it."
        ),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8765, help="port to listen on; 0 chooses a free one")
    parser.add_argument(
        "--db",
        default="./netra-local.db",
        metavar="PATH",
        help="SQLite file for the data; created if it does not exist",
    )
    parser.add_argument(
        "--api-key",
        default=None,
        metavar="KEY",
        help="key that requests must send as x-api-key; without it, every request is accepted",
    )
    parser.add_argument(
        "--faults",
        type=float,
        default=0.0,
        metavar="SHARE",
        help=(
            "share, from 0 to 1, of the read requests that get an injected fault: 503, 429 with"
            " Retry-After, a reset connection, a truncated response or a delayed one. Ingest gets no"
            " faults, because exporters drop the spans that they cannot send"
        ),
    )
    parser.add_argument(
        "--faults-seed",
        type=int,
        default=0,
        metavar="N",
        help=(
            "with the same seed, the same sequence of requests gets the same faults; with concurrent"
            " requests, their order of arrival varies"
        ),
    )
    parser.add_argument(
        "--cors-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help=(
            "origin, like http://localhost:5173, whose pages may export and read from a browser; can be"
            " given several times; * allows the pages of every site, so use it with --api-key"
        ),
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
