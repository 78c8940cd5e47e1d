"""The store: takes spans, keeps their roll-ups, answers questions about them.

**Snapshots.** Late spans change a trace's cost, its error flag, its start: the very keys that a
reader may be walking by. So a roll-up is never changed in place. Each ingest that changes one gets
the next number; it marks the old row as superseded at that number and adds the new row as a version
of that number. A walk reads all of its pages at the number that was the newest when it began, which
its cursors carry: every trace that was there is listed exactly once, however much arrives
meanwhile.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from ._database import LIVE, connect, prepare
from ._errors import RequestError
from ._listing import SpanQuery, TraceQuery, Window, span_page, trace_page
from ._rollup import RollUp, roll_up
from ._span import Span
from ._times import NS_PER_MS

KEEP_SUPERSEDED_MS = 24 * 60 * 60 * 1000
"""How long a walk may take: a snapshot can be read at least this long."""


class Usage(NamedTuple):
    """Totals of the traces of a session or tenant; cost in US dollars."""

    traces: int
    sessions: int
    tokens: int
    cost: float


class TracePage(NamedTuple):
    """Traces in the order of the walk, and the snapshot that they were read from."""

    traces: list[RollUp]
    has_next: bool
    snapshot: int


class StoredSpan(NamedTuple):
    """A span, and when it was taken in, in milliseconds since 1970."""

    span: Span
    created_ms: int


class SpanPage(NamedTuple):
    """Spans in the order of the walk."""

    spans: list[StoredSpan]
    has_next: bool


def _now_ms() -> int:
    return time.time_ns() // NS_PER_MS


class Store:
    """A SQLite file of spans and traces. Any thread may call its methods, until `close()`.

    One connection writes, behind a lock. Readers never wait for it: each borrows a connection of
    its own from a pool. `now_ms` is the clock, in milliseconds since 1970.
    """

    def __init__(self, path: Path, now_ms: Callable[[], int] = _now_ms) -> None:
        if str(path) == ":memory:":  # each connection would have a memory of its own
            raise ValueError("the data needs a file; without one named, LocalServer uses a temporary one")
        self._path = path
        self._now_ms = now_ms
        self._write_lock = Lock()
        self._pool_lock = Lock()
        self._idle_readers: list[sqlite3.Connection] = []
        self._writer = connect(path)
        try:
            prepare(self._writer)
        except BaseException:
            self._writer.close()
            raise

    def close(self) -> None:
        """Closes the file. No other method may be running, or be called after."""
        for reader in self._idle_readers:
            reader.close()
        self._idle_readers.clear()
        self._writer.close()

    # ------------------------------------------------------------------ taking spans in

    def add(self, spans: Sequence[Span]) -> None:
        """Stores spans that are not yet there and brings their traces up to date; all or nothing."""
        with self._writing() as db:
            now_ms = self._now_ms()
            before = db.total_changes
            db.executemany(_INSERT_SPAN, ((*span, now_ms) for span in spans))
            if db.total_changes == before:
                return
            number = _newest_snapshot(db) + 1
            trace_ids = {span.trace_id for span in spans}
            changed = [_supersede(db, trace_id, number) for trace_id in trace_ids]
            if any(changed):
                db.execute("INSERT INTO snapshot (number, taken_ms) VALUES (?, ?)", (number, now_ms))
            _forget_snapshots(db, now_ms - KEEP_SUPERSEDED_MS)

    # ------------------------------------------------------------------ answering

    def session_usage(self, session_id: str, window: Window) -> Usage | None:
        """Totals of the session's traces that start in the window; None when there are none."""
        return self._usage("session_id", session_id, window)

    def tenant_usage(self, tenant_id: str, window: Window) -> Usage | None:
        """Totals of the tenant's traces that start in the window; None when there are none."""
        return self._usage("tenant_id", tenant_id, window)

    def _usage(self, column: str, owner: str, window: Window) -> Usage | None:
        # Costs are summed over spans: a sum of the traces' rounded sums would be rounded twice.
        sql = f"""
            SELECT count(DISTINCT trace.trace_id), count(DISTINCT nullif(trace.session_id, '')),
                ifnull(sum(span.total_tokens), 0), fsum(span.total_cost)
            FROM trace INDEXED BY trace_by_{column} CROSS JOIN span
            WHERE span.trace_id = trace.trace_id AND trace.superseded_at = {LIVE}
                AND trace.{column} = ? AND trace.start_ns >= ? AND trace.start_ns < ?
        """
        with self._reading() as db:
            usage = Usage._make(db.execute(sql, (owner, *window)).fetchone())
        return usage if usage.traces else None

    def traces(self, query: TraceQuery) -> TracePage:
        """A page of traces. Raises RequestError when the cursor's snapshot is no longer kept."""
        with self._reading() as db:
            newest = _newest_snapshot(db)
            snapshot = newest if query.cursor is None else query.cursor.snapshot
            if snapshot > newest:
                raise RequestError("cursor: it was made by another database")
            if snapshot < _oldest_snapshot(db):
                raise RequestError("cursor: it has expired; begin again without a cursor")
            rows = db.execute(*trace_page(query, snapshot)).fetchall()
        traces = [RollUp._make(row) for row in rows[: query.limit]]
        return TracePage(traces, len(rows) > query.limit, snapshot)

    def spans(self, query: SpanQuery) -> SpanPage:
        """A page of the spans of a trace; empty when there is no such trace."""
        with self._reading() as db:
            rows = db.execute(*span_page(query)).fetchall()
        spans = [StoredSpan(Span._make(row[:-1]), row[-1]) for row in rows[: query.limit]]
        return SpanPage(spans, len(rows) > query.limit)

    # ------------------------------------------------------------------ connections

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._write_lock, _transaction(self._writer, "BEGIN IMMEDIATE") as db:
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction, so that all it reads is of one moment."""
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


# ---------------------------------------------------------------------- versions of roll-ups

_INSERT_SPAN = (
    f"INSERT INTO span ({', '.join((*Span._fields, 'created_ms'))})"
    f" VALUES ({', '.join('?' * (len(Span._fields) + 1))})"
    " ON CONFLICT (trace_id, span_id) DO NOTHING"
)
_INSERT_TRACE = (
    f"INSERT INTO trace ({', '.join((*RollUp._fields, 'version'))})"
    f" VALUES ({', '.join('?' * (len(RollUp._fields) + 1))})"
)
# Roll-ups need none of the long texts, which stand last in a span.
_WIDE = ("attributes", "events", "links", "resources")
_NARROW_SPANS = (
    f"SELECT {', '.join(name for name in Span._fields if name not in _WIDE)}, '', '', '', ''"
    " FROM span WHERE trace_id = ?"
)
_LIVE_TRACE = f"trace_id = ? AND superseded_at = {LIVE}"


def _supersede(db: sqlite3.Connection, trace_id: str, number: int) -> bool:
    """Makes a new version of the trace's roll-up if its spans call for one; says if it did."""
    current = roll_up([Span._make(row) for row in db.execute(_NARROW_SPANS, (trace_id,))])
    live = db.execute(
        f"SELECT {', '.join(RollUp._fields)} FROM trace WHERE {_LIVE_TRACE}", (trace_id,)
    ).fetchone()
    if live == current:
        return False
    db.execute(f"UPDATE trace SET superseded_at = ? WHERE {_LIVE_TRACE}", (number, trace_id))
    db.execute(_INSERT_TRACE, (*current, number))
    return True


def _newest_snapshot(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT max(number) FROM snapshot").fetchone()[0])


def _oldest_snapshot(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT min(number) FROM snapshot").fetchone()[0])


def _forget_snapshots(db: sqlite3.Connection, before_ms: int) -> None:
    """Drops the snapshots that had ended by then, and the versions that only they can see."""
    ended = db.execute(
        "SELECT number FROM snapshot WHERE taken_ms < ? ORDER BY taken_ms DESC LIMIT 1",
        (before_ms,),
    ).fetchone()
    if ended is not None and ended[0] > _oldest_snapshot(db):
        # The snapshot taken last before that moment was still the newest at that moment: it stays.
        db.execute("DELETE FROM snapshot WHERE number < ?", ended)
        db.execute(f"DELETE FROM trace WHERE superseded_at <= ? AND superseded_at < {LIVE}", ended)
