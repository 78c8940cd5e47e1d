"""The SQLite schema, and connections with the SQL functions that the statements use."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path
from typing import Any, get_type_hints

from ._rollup import Rollup
from ._span import Span

LIVE = 2**63 - 1
"""The value of `superseded_at` in the live row of a trace: its newest version."""

_APPLICATION_ID = 0x4E657472  # "Netr": marks the file as ours
_SCHEMA_VERSION = 2


_COLUMN_TYPES = {
    str: "TEXT NOT NULL",
    int: "INTEGER NOT NULL",
    int | None: "INTEGER",
    float: "REAL NOT NULL",
    float | None: "REAL",
}


def _columns(row: type[tuple[Any, ...]]) -> str:
    """Return the column definitions of a table whose rows have the fields of this named tuple."""
    return ", ".join(f"{name} {_COLUMN_TYPES[kind]}" for name, kind in get_type_hints(row).items())


def _trace_index(name: str, columns: str) -> str:
    # The last two columns let SQLite skip the rows outside the snapshot without reading the table.
    return (
        f"CREATE INDEX IF NOT EXISTS trace_by_{name} ON trace ({columns}, trace_id, version, superseded_at);"
    )


_SORT_COLUMNS = (
    "start_ns",
    "latency_ns",
    "name",
    "total_cost",
    "total_tokens",
    "has_error",
    "has_pii",
    "has_violation",
    "environment",
    "service",
)
_OWNER_COLUMNS = ("session_id", "tenant_id", "user_id")
_TRACE_INDEXES = "\n".join(
    [
        *(_trace_index(column, column) for column in _SORT_COLUMNS),
        *(_trace_index(column, f"{column}, start_ns") for column in _OWNER_COLUMNS),
    ]
)

_SCHEMA = f"""
BEGIN IMMEDIATE;

CREATE TABLE IF NOT EXISTS span (
    {_columns(Span)},
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (trace_id, span_id)
);
CREATE INDEX IF NOT EXISTS span_by_start ON span (trace_id, start_ns, span_id);

-- One row per version of a trace's rollup. A row belongs to the snapshots from `version` on, up to
-- but not including `superseded_at`.
CREATE TABLE IF NOT EXISTS trace (
    {_columns(Rollup)},
    -- Always 0: nothing detects these two. Traces can be filtered and sorted by them.
    has_pii INTEGER NOT NULL DEFAULT 0,
    has_violation INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL,
    superseded_at INTEGER NOT NULL DEFAULT {LIVE}
);
CREATE UNIQUE INDEX IF NOT EXISTS trace_live ON trace (trace_id) WHERE superseded_at = {LIVE};
CREATE INDEX IF NOT EXISTS trace_superseded ON trace (superseded_at) WHERE superseded_at < {LIVE};
CREATE INDEX IF NOT EXISTS trace_by_trace_id ON trace (trace_id);
{_TRACE_INDEXES}
-- The snapshots that can be read. Each ingest that changes a rollup adds the next number; expired
-- snapshots are deleted.
CREATE TABLE IF NOT EXISTS snapshot (
    number INTEGER PRIMARY KEY,
    taken_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS snapshot_by_time ON snapshot (taken_ms);
INSERT OR IGNORE INTO snapshot (number, taken_ms) VALUES (0, 0);

PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_SCHEMA_VERSION};
COMMIT;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection in autocommit mode; the store begins and ends transactions itself.

    A connection is used by several threads, but by one at a time, so the thread check of `sqlite3`
    is off.
    """
    db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
    except BaseException:  # for example, the file is not a database
        db.close()
        raise
    db.create_aggregate("fsum", 1, _ExactSum)
    db.create_function("starts_with", 2, str.startswith, deterministic=True)
    db.create_function("ends_with", 2, str.endswith, deterministic=True)
    db.create_function("casefold", 1, str.casefold, deterministic=True)
    return db


def create_schema(db: sqlite3.Connection) -> None:
    """Create the tables in a new file. Raises ValueError for a file of another program or version."""
    (owner,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if (owner, version) == (_APPLICATION_ID, _SCHEMA_VERSION):
        return
    if owner or version or tables:
        raise ValueError("not a database of this version of netra.local; name another file")
    db.executescript(_SCHEMA)


class _ExactSum:
    """SQL aggregate `fsum`: the exact sum, rounded once, so the order of the rows does not matter."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def step(self, value: float | None) -> None:
        if value is not None:
            self._values.append(value)

    def finalize(self) -> Any:  # a float, but typeshed expects an int
        return math.fsum(self._values)
