"""One page of a list → one SQL statement, by keyset: a page costs the same wherever it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ._cursors import SortKey, SpanCursor, TraceCursor
from ._filters import Condition, Value
from ._rollup import RollUp
from ._span import Span

Order = Literal["asc", "desc"]
Direction = Literal["up", "down"]

DEFAULT_LIMIT = 20
MOST_LIMIT = 100


class Sort(NamedTuple):
    """A field to sort by: its column in the table `trace`, and the types its values may have."""

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
    """A window of time in nanoseconds, the start inclusive, the end exclusive."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceQuery:
    """Which page of which traces in which order."""

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
    """Which page of the spans of a trace, in the order of their start."""

    trace_id: str
    name: str = ""
    """Only spans whose name or kind holds this text, in upper or lower case."""
    direction: Direction = "down"
    limit: int = DEFAULT_LIMIT
    cursor: SpanCursor | None = None


class Statement(NamedTuple):
    """An SQL statement and the values of its parameters."""

    sql: str
    values: list[Value]


TRACE_COLUMNS = ", ".join(RollUp._fields)
SPAN_COLUMNS = ", ".join((*Span._fields, "created_ms"))


def trace_page(query: TraceQuery, snapshot: int) -> Statement:
    """The rows of the page as the snapshot shows them, and one more if there is one."""
    descending = (query.sort_order == "desc") != (query.direction == "up")
    column = query.sort.column
    conditions = [
        Condition("version <= ? AND superseded_at > ?", (snapshot, snapshot)),
        *query.conditions,
    ]
    start: tuple[SortKey, str] | None = None
    if query.cursor is not None:
        start = (query.cursor.key, query.cursor.trace_id)
    if column == "start_ns":
        # The window is a stretch of the index: enter at its edge, or at the cursor if that is
        # further on, and leave at its other edge.
        lower, upper = query.window
        if descending:
            edge: tuple[SortKey, str] = (upper, "")
            start = min(start, edge) if start else edge
            conditions.append(Condition("start_ns >= ?", (lower,)))
        else:
            # The edge itself is in the window; ids are never empty.
            edge = (lower, "")
            start = max(start, edge) if start else edge
            conditions.append(Condition("start_ns < ?", (upper,)))
    else:
        conditions.append(Condition("start_ns >= ? AND start_ns < ?", query.window))
    if start is not None:
        sql = f"({column}, trace_id) {'<' if descending else '>'} (?, ?)"
        conditions.append(Condition(sql, start))
    return Statement(
        # Without statistics SQLite may guess another index and sort; the order must come from this
        # one.
        f"SELECT {TRACE_COLUMNS} FROM trace INDEXED BY {_index(query)}"
        f" WHERE {' AND '.join(condition.sql for condition in conditions)}"
        f" {_order(column, 'trace_id', descending)} LIMIT ?",
        [*(value for condition in conditions for value in condition.values), query.limit + 1],
    )


def _index(query: TraceQuery) -> str:
    equal = {condition.narrows_to for condition in query.conditions}
    if "trace_id" in equal:
        return "trace_by_trace_id"
    if query.sort_field == "start_time":
        for column in ("session_id", "user_id", "tenant_id"):
            if column in equal:
                return f"trace_by_{column}"
    return f"trace_by_{query.sort.column}"


def span_page(query: SpanQuery) -> Statement:
    """The rows of the page, and one more if there is one."""
    descending = query.direction == "up"
    conditions = [Condition("trace_id = ?", (query.trace_id,))]
    if query.name:
        needle = query.name.casefold()
        sql = "(instr(casefold(name), ?) > 0 OR instr(casefold(kind), ?) > 0)"
        conditions.append(Condition(sql, (needle, needle)))
    if query.cursor is not None:
        sql = f"(start_ns, span_id) {'<' if descending else '>'} (?, ?)"
        conditions.append(Condition(sql, (query.cursor.start_ns, query.cursor.span_id)))
    return Statement(
        f"SELECT {SPAN_COLUMNS} FROM span INDEXED BY span_by_start"
        f" WHERE {' AND '.join(condition.sql for condition in conditions)}"
        f" {_order('start_ns', 'span_id', descending)} LIMIT ?",
        [*(value for condition in conditions for value in condition.values), query.limit + 1],
    )


def _order(column: str, tie_breaker: str, descending: bool) -> str:
    way = "DESC" if descending else "ASC"
    return f"ORDER BY {column} {way}, {tie_breaker} {way}"
