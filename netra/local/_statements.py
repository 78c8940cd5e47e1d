"""Build the SQL statement for one page of a list.

Keyset pagination: the statement seeks to the cursor in an index, so every page costs the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ._cursors import SortKey, SpanCursor, TraceCursor
from ._filters import Condition, Value
from ._rollup import Rollup
from ._span import Span

Order = Literal["asc", "desc"]
Direction = Literal["up", "down"]

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class Sort(NamedTuple):
    """A sort field: its column in the table `trace`, and the types of its values."""

    column: str
    types: tuple[type, ...]


SORTS = {
    "start_time": Sort("start_ns", (int,)),
    "latency_ms": Sort("latency_ns", (int,)),
    "name": Sort("name", (str,)),
    "total_cost": Sort("total_cost", (int, float)),
    "total_tokens": Sort("total_tokens", (int,)),
    "has_error": Sort("has_error", (int,)),
    "has_pii": Sort("has_pii", (int,)),
    "has_violation": Sort("has_violation", (int,)),
    "environment": Sort("environment", (str,)),
    "service": Sort("service", (str,)),
}


class Window(NamedTuple):
    """A time window in nanoseconds; the start is inclusive, the end exclusive."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """A request for one page of traces."""

    window: Window
    conditions: Sequence[Condition] = ()
    sort_field: str = "start_time"
    sort_order: Order = "desc"
    direction: Direction = "down"
    limit: int = DEFAULT_LIMIT
    cursor: TraceCursor | None = None

    @property
    def sort(self) -> Sort:
        """The column to sort by."""
        return SORTS[self.sort_field]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanQuery:
    """A request for one page of a trace's spans, sorted by start."""

    trace_id: str
    name: str = ""
    """Match spans whose name or kind contains this, case-insensitively."""
    direction: Direction = "down"
    limit: int = DEFAULT_LIMIT
    cursor: SpanCursor | None = None


class Statement(NamedTuple):
    """An SQL statement and the values of its parameters."""

    sql: str
    values: list[Value]


TRACE_COLUMNS = ", ".join(Rollup._fields)
SPAN_COLUMNS = ", ".join((*Span._fields, "created_ms"))


def select_trace_page(query: TraceQuery, snapshot: int) -> Statement:
    """Select the page from a snapshot, plus one row, which tells whether there is a next page."""
    descending = (query.sort_order == "desc") != (query.direction == "up")
    column = query.sort.column
    conditions = [
        Condition("version <= ? AND superseded_at > ?", (snapshot, snapshot)),
        *query.conditions,
    ]
    position: tuple[SortKey, str] | None = None
    if query.cursor is not None:
        position = (query.cursor.sort_key, query.cursor.trace_id)
    if column == "start_ns":
        # The window is one range of this index: seek to its first bound, or to the cursor if that is
        # further, and stop at its other bound.
        lower, upper = query.window
        if descending:
            bound: tuple[SortKey, str] = (upper, "")
            position = min(position, bound) if position else bound
            conditions.append(Condition("start_ns >= ?", (lower,)))
        else:
            # The lower bound is inclusive: "" sorts before every id.
            bound = (lower, "")
            position = max(position, bound) if position else bound
            conditions.append(Condition("start_ns < ?", (upper,)))
    else:
        conditions.append(Condition("start_ns >= ? AND start_ns < ?", query.window))
    if position is not None:
        sql = f"({column}, trace_id) {'<' if descending else '>'} (?, ?)"
        conditions.append(Condition(sql, position))
    return Statement(
        # Without statistics, SQLite may choose another index and sort; this index gives the order.
        f"SELECT {TRACE_COLUMNS} FROM trace INDEXED BY {_choose_index(query)}"
        f" WHERE {' AND '.join(condition.sql for condition in conditions)}"
        f" {_order_by(column, 'trace_id', descending)} LIMIT ?",
        [*(value for condition in conditions for value in condition.values), query.limit + 1],
    )


def _choose_index(query: TraceQuery) -> str:
    equality_columns = {condition.equality_column for condition in query.conditions}
    if "trace_id" in equality_columns:
        return "trace_by_trace_id"
    if query.sort_field == "start_time":
        for column in ("session_id", "user_id", "tenant_id"):
            if column in equality_columns:
                return f"trace_by_{column}"
    return f"trace_by_{query.sort.column}"


def select_span_page(query: SpanQuery) -> Statement:
    """Select the page, plus one row, which tells whether there is a next page."""
    descending = query.direction == "up"
    conditions = [Condition("trace_id = ?", (query.trace_id,))]
    if query.name:
        substring = query.name.casefold()
        sql = "(instr(casefold(name), ?) > 0 OR instr(casefold(kind), ?) > 0)"
        conditions.append(Condition(sql, (substring, substring)))
    if query.cursor is not None:
        sql = f"(start_ns, span_id) {'<' if descending else '>'} (?, ?)"
        conditions.append(Condition(sql, (query.cursor.start_ns, query.cursor.span_id)))
    return Statement(
        f"SELECT {SPAN_COLUMNS} FROM span INDEXED BY span_by_start"
        f" WHERE {' AND '.join(condition.sql for condition in conditions)}"
        f" {_order_by('start_ns', 'span_id', descending)} LIMIT ?",
        [*(value for condition in conditions for value in condition.values), query.limit + 1],
    )


def _order_by(column: str, tie_breaker: str, descending: bool) -> str:
    keyword = "DESC" if descending else "ASC"
    return f"ORDER BY {column} {keyword}, {tie_breaker} {keyword}"
