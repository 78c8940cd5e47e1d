"""The store: ingest spans, maintain the rollups of their traces, answer queries.

**Snapshots.** Late spans change the cost, the error flag and the start of a trace, and these are
sort keys. A client that reads page after page could miss a trace, or get it twice. So a rollup row
is never changed in place. Each ingest that changes a rollup creates the next snapshot number: it
marks the old row as superseded at this number, and inserts the new row with this number as its
version. The first page is read from the newest snapshot, and its cursors hold that number. All
later pages read the same snapshot, so they list each of its traces exactly once.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from ._errors import RequestError
from ._rollup import Rollup, roll_up
from ._schema import LIVE, connect, create_schema
from ._span import Span
from ._statements import SpanQuery, TraceQuery, Window, select_span_page, select_trace_page
from ._times import NS_PER_MS

SNAPSHOT_RETENTION_MS = 24 * 60 * 60 * 1000
"""A snapshot stays readable for at least this long after a newer one replaces it."""


class Usage(NamedTuple):
    """Totals over the traces of a session or tenant; cost in US dollars."""

    traces: int
    sessions: int
    tokens: int
    cost: float


class TracePage(NamedTuple):
    """A page of traces, and the snapshot that it was read from."""

    traces: list[Rollup]
    has_next: bool
    snapshot: int


class StoredSpan(NamedTuple):
    """A span, and the time of its ingest in milliseconds since 1970."""

    span: Span
    created_ms: int


class SpanPage(NamedTuple):
    """A page of spans."""

    spans: list[StoredSpan]
    has_next: bool


def _now_ms() -> int:
    return time.time_ns() // NS_PER_MS


class Store:
    """Spans and rollups in a SQLite file. All methods but `close()` are thread-safe.

    A lock guards the only connection that writes. Readers do not wait for it: each takes its own
    connection from a pool. `now_ms` is the clock, in milliseconds since 1970.
    """

    def __init__(self, path: Path, now_ms: Callable[[], int] = _now_ms) -> None:
        if str(path) == ":memory:":  # each connection would get its own database
            raise ValueError("the data needs a file; without one named, LocalServer uses a temporary one")
        self._path = path
        self._now_ms = now_ms
        self._write_lock = Lock()
        self._pool_lock = Lock()
        self._idle_readers: list[sqlite3.Connection] = []
        self._writer = connect(path)
        try:
            create_schema(self._writer)
        except BaseException:
            self._writer.close()
            raise

    def close(self) -> None:
        """Close all connections. No other method may run during or after this."""
        for reader in self._idle_readers:
            reader.close()
        self._idle_readers.clear()
        self._writer.close()

    # ------------------------------------------------------------------ ingest

    def ingest(self, spans: Sequence[Span]) -> None:
        """Insert new spans, ignore known ones, and update the rollups, in one transaction."""
        with self._write_transaction() as db:
            now_ms = self._now_ms()
            before = db.total_changes
            db.executemany(_INSERT_SPAN, ((*span, now_ms) for span in spans))
            if db.total_changes == before:
                return
            number = _newest_snapshot(db) + 1
            trace_ids = {span.trace_id for span in spans}
            changed = [_update_rollup(db, trace_id, number) for trace_id in trace_ids]
            if any(changed):
                db.execute("INSERT INTO snapshot (number, taken_ms) VALUES (?, ?)", (number, now_ms))
            _delete_expired_snapshots(db, now_ms - SNAPSHOT_RETENTION_MS)

    # ------------------------------------------------------------------ queries

    def session_usage(self, session_id: str, window: Window) -> Usage | None:
        """Sum the session's traces that start in the window; None if there are none."""
        return self._usage("session_id", session_id, window)

    def tenant_usage(self, tenant_id: str, window: Window) -> Usage | None:
        """Sum the tenant's traces that start in the window; None if there are none."""
        return self._usage("tenant_id", tenant_id, window)

    def _usage(self, column: str, owner: str, window: Window) -> Usage | None:
        # Sum costs over spans: the total cost of a rollup is already rounded.
        sql = f"""
            SELECT count(DISTINCT trace.trace_id), count(DISTINCT nullif(trace.session_id, '')),
                ifnull(sum(span.total_tokens), 0), fsum(span.total_cost)
            FROM trace INDEXED BY trace_by_{column} CROSS JOIN span
            WHERE span.trace_id = trace.trace_id AND trace.superseded_at = {LIVE}
                AND trace.{column} = ? AND trace.start_ns >= ? AND trace.start_ns < ?
        """
        with self._read_transaction() as db:
            usage = Usage._make(db.execute(sql, (owner, *window)).fetchone())
        return usage if usage.traces else None

    def traces(self, query: TraceQuery) -> TracePage:
        """Read a page of traces. Raises RequestError if the snapshot of the cursor has expired."""
        with self._read_transaction() as db:
            newest = _newest_snapshot(db)
            snapshot = newest if query.cursor is None else query.cursor.snapshot
            if snapshot > newest:
                raise RequestError("cursor: it was made by another database")
            if snapshot < _oldest_snapshot(db):
                raise RequestError("cursor: it has expired; begin again without a cursor")
            rows = db.execute(*select_trace_page(query, snapshot)).fetchall()
        traces = [Rollup._make(row) for row in rows[: query.limit]]
        return TracePage(traces, len(rows) > query.limit, snapshot)

    def spans(self, query: SpanQuery) -> SpanPage:
        """Read a page of a trace's spans; empty for an unknown trace."""
        with self._read_transaction() as db:
            rows = db.execute(*select_span_page(query)).fetchall()
        spans = [StoredSpan(Span._make(row[:-1]), row[-1]) for row in rows[: query.limit]]
        return SpanPage(spans, len(rows) > query.limit)

    # ------------------------------------------------------------------ connections

    @contextmanager
    def _write_transaction(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, _transaction(self._writer, "BEGIN IMMEDIATE") as db:
            yield db

    @contextmanager
    def _read_transaction(self) -> Iterator[sqlite3.Connection]:
        """Begin a read transaction, in which all statements see the same state of the database."""
        with self._pool_lock:
            reader = self._idle_readers.pop() if self._idle_readers else None
        if reader is None:
            reader = connect(self._path)
        try:
            with _transaction(reader, "BEGIN") as db:
                yield db
        finally:
            with self._pool_lock:
                self._idle_readers.append(reader)


@contextmanager
def _transaction(db: sqlite3.Connection, begin: str) -> Iterator[sqlite3.Connection]:
    db.execute(begin)
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


# ---------------------------------------------------------------------- versions of rollups

_INSERT_SPAN = (
    f"INSERT INTO span ({', '.join((*Span._fields, 'created_ms'))})"
    f" VALUES ({', '.join('?' * (len(Span._fields) + 1))})"
    " ON CONFLICT (trace_id, span_id) DO NOTHING"
)
_INSERT_TRACE = (
    f"INSERT INTO trace ({', '.join((*Rollup._fields, 'version'))})"
    f" VALUES ({', '.join('?' * (len(Rollup._fields) + 1))})"
)
# A rollup does not need the long JSON columns, which are the last fields of `Span`.
_JSON_COLUMNS = ("attributes", "events", "links", "resources")
_SELECT_SPANS_FOR_ROLLUP = (
    f"SELECT {', '.join(name for name in Span._fields if name not in _JSON_COLUMNS)}, '', '', '', ''"
    " FROM span WHERE trace_id = ?"
)
_IS_LIVE_ROW = f"trace_id = ? AND superseded_at = {LIVE}"


def _update_rollup(db: sqlite3.Connection, trace_id: str, number: int) -> bool:
    """Insert a new version of the trace's rollup if its spans changed it; return whether they did."""
    current = roll_up([Span._make(row) for row in db.execute(_SELECT_SPANS_FOR_ROLLUP, (trace_id,))])
    live = db.execute(
        f"SELECT {', '.join(Rollup._fields)} FROM trace WHERE {_IS_LIVE_ROW}", (trace_id,)
    ).fetchone()
    if live == current:
        return False
    db.execute(f"UPDATE trace SET superseded_at = ? WHERE {_IS_LIVE_ROW}", (number, trace_id))
    db.execute(_INSERT_TRACE, (*current, number))
    return True


def _newest_snapshot(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT max(number) FROM snapshot").fetchone()[0])


def _oldest_snapshot(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT min(number) FROM snapshot").fetchone()[0])


def _delete_expired_snapshots(db: sqlite3.Connection, before_ms: int) -> None:
    """Delete the snapshots that were replaced before this time, and the versions that only they show."""
    oldest_kept = db.execute(
        "SELECT number FROM snapshot WHERE taken_ms < ? ORDER BY taken_ms DESC LIMIT 1",
        (before_ms,),
    ).fetchone()
    if oldest_kept is not None and oldest_kept[0] > _oldest_snapshot(db):
        # This snapshot was still the newest one at `before_ms`, so it is kept.
        db.execute("DELETE FROM snapshot WHERE number < ?", oldest_kept)
        db.execute(f"DELETE FROM trace WHERE superseded_at <= ? AND superseded_at < {LIVE}", oldest_kept)
