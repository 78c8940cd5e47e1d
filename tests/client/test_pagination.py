"""Iterators emit every row once and in order, or raise an error with the cursor to resume from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from netra import InvalidRequestError, Netra, NetraError, PagedIterator, PaginationError, ServerError
from tests.support.rows import END, START, page, trace
from tests.support.scripted import Reply, Request, Scripted, respond

ROWS = 10


def service(rows: int = ROWS, fail_at: str | None = None) -> Callable[[Request], Reply]:
    """Serve traces in pages; respond 503 to the first request with the cursor `fail_at` ("" for no cursor)."""
    failures = [fail_at]

    def reply(request: Request) -> Reply:
        pagination = request.json["pagination"]
        cursor = pagination.get("cursor", "")
        if cursor in failures:
            failures.remove(cursor)
            return respond({"message": "try later"}, status=503)
        first = int(cursor.removeprefix("cursor-") or 0) + 1
        last = min(first + pagination["limit"] - 1, rows)
        return respond(page([trace(number) for number in range(first, last + 1)], more=last < rows))

    return reply


@pytest.fixture
def traces(scripted: Scripted) -> Iterator[Callable[..., Any]]:
    """`traces(script, limit=…)` returns the iterator of a new client."""
    clients: list[Netra] = []

    def start(script: Callable[[Request], Reply], limit: int = 3, **arguments: Any) -> Any:
        clients.append(Netra(endpoint=scripted(script).url, max_retries=0))
        return clients[-1].usage.iter_traces(START, END, limit=limit, **arguments)

    yield start
    for client in clients:
        client.close()


ALL = [f"trace-{number}" for number in range(1, ROWS + 1)]


@pytest.mark.parametrize("limit", [1, 3, 5, 10, 11])
def test_every_row_comes_once_and_in_order(traces: Callable[..., Any], limit: int) -> None:
    iterator = traces(service(), limit=limit)
    assert iter(iterator) is iterator
    assert isinstance(iterator, PagedIterator)
    assert [row.id for row in iterator] == ALL
    assert next(iterator, None) is None
    assert iterator.cursor == "cursor-10"


@pytest.mark.parametrize("rows", range(ROWS + 1))
def test_the_cursor_resumes_after_the_last_emitted_row(traces: Callable[..., Any], rows: int) -> None:
    iterator = traces(service())
    got = [next(iterator).id for _ in range(rows)]
    remainder = traces(service(), cursor=iterator.cursor)
    assert got + [row.id for row in remainder] == ALL


@pytest.mark.parametrize("fail_at", ["", "cursor-3", "cursor-9"])
def test_a_failed_page_raises_and_its_cursor_gives_the_rest(traces: Callable[..., Any], fail_at: str) -> None:
    script = service(fail_at=fail_at)
    iterator = traces(script)
    with pytest.raises(ServerError) as caught:
        list(iterator)
    got = ALL[: int(fail_at.removeprefix("cursor-") or 0)]
    assert caught.value.cursor == (fail_at or None)
    assert got + [row.id for row in traces(script, cursor=caught.value.cursor)] == ALL


def test_a_failure_right_after_resuming_keeps_the_cursor(traces: Callable[..., Any]) -> None:
    iterator = traces(service(fail_at="cursor-3"), cursor="cursor-3")
    assert iterator.cursor == "cursor-3"
    with pytest.raises(ServerError) as caught:
        next(iterator)
    assert caught.value.cursor == "cursor-3"


def test_the_same_iterator_continues_after_an_error(traces: Callable[..., Any]) -> None:
    iterator = traces(service(fail_at="cursor-6"))
    got: list[str] = []
    while len(got) < ROWS:
        try:
            got.append(next(iterator).id)
        except NetraError:
            got.append("error")
    assert got == [*ALL[:6], "error", *ALL[6:9]]
    assert next(iterator).id == ALL[9]


def test_pages_give_the_same_rows_and_cursors(traces: Callable[..., Any]) -> None:
    iterator = traces(service())
    cursors = []
    pages = []
    for one in iterator.pages():
        pages.append([row.id for row in one.traces])
        cursors.append(iterator.cursor)
    assert pages == [ALL[:3], ALL[3:6], ALL[6:9], ALL[9:]]
    assert cursors == ["cursor-3", "cursor-6", "cursor-9", "cursor-10"]


def test_pages_continue_after_an_error(traces: Callable[..., Any]) -> None:
    pages = traces(service(fail_at="cursor-3")).pages()
    got: list[Any] = [[row.id for row in next(pages)]]
    with pytest.raises(ServerError) as caught:
        next(pages)
    assert caught.value.cursor == "cursor-3"
    got += [[row.id for row in one] for one in pages]
    assert got == [ALL[:3], ALL[3:6], ALL[6:9], ALL[9:]]
    assert next(pages, None) is None


def test_pages_and_rows_of_one_iterator_cannot_be_mixed(traces: Callable[..., Any]) -> None:
    iterator = traces(service())
    pages = iterator.pages()
    next(pages)
    with pytest.raises(InvalidRequestError, match="This walk gives pages") as caught:
        next(iterator)
    assert caught.value.cursor == iterator.cursor == "cursor-3"
    assert [row.id for one in pages for row in one] == ALL[3:]


def test_pages_must_be_called_before_the_first_row(traces: Callable[..., Any]) -> None:
    iterator = traces(service())
    next(iterator)
    with pytest.raises(InvalidRequestError, match="pages"):
        iterator.pages()


def test_an_ignored_cursor_raises_before_a_row_repeats(traces: Callable[..., Any]) -> None:
    iterator = traces(lambda _: respond(page([trace(1), trace(2)], more=True)))
    assert [next(iterator).id, next(iterator).id] == ["trace-1", "trace-2"]
    with pytest.raises(PaginationError, match="repeat") as caught:
        next(iterator)
    assert caught.value.cursor == "cursor-2"


def test_a_cycle_of_cursors_raises(traces: Callable[..., Any]) -> None:
    next_cursor = {"": "a", "a": "b", "b": "c", "c": "a"}

    def reply(request: Request) -> Reply:
        cursor = next_cursor[request.json["pagination"].get("cursor", "")]
        return respond(page([trace(cursor=cursor, id=cursor)], more=True))

    got: list[str] = []
    iterator = traces(reply)
    with pytest.raises(PaginationError) as caught:
        got.extend(row.id for row in iterator)
    assert got == ["a", "b", "c"]
    assert caught.value.cursor == "c"


def test_a_cursor_that_leads_back_to_the_start_raises(traces: Callable[..., Any]) -> None:
    next_cursor = {"b": "c", "c": "b"}

    def reply(request: Request) -> Reply:
        cursor = next_cursor[request.json["pagination"]["cursor"]]
        return respond(page([trace(cursor=cursor, id=cursor)], more=True))

    iterator = traces(reply, cursor="b")
    assert next(iterator).id == "c"
    with pytest.raises(PaginationError, match="cursor 'c' leads to cursor 'b'") as caught:
        next(iterator)
    assert caught.value.cursor == "c"


def test_a_next_page_without_a_cursor_raises(traces: Callable[..., Any]) -> None:
    def reply(request: Request) -> Reply:
        if "cursor" in request.json["pagination"]:
            return respond(page([], more=True))
        return respond(page([trace(1)], more=True))

    iterator = traces(reply)
    assert next(iterator).id == "trace-1"
    with pytest.raises(PaginationError, match="no cursor") as caught:
        next(iterator)
    assert caught.value.cursor == "cursor-1"


def test_an_empty_page_with_a_new_cursor_is_followed(traces: Callable[..., Any]) -> None:
    pages = {
        None: page([], more=True, nextCursor="x"),
        "x": page([trace(1)], more=True),
        "cursor-1": page([], more=True, nextCursor="y"),
        "y": page([trace(2)]),
    }
    iterator = traces(lambda request: respond(pages[request.json["pagination"].get("cursor")]))
    assert [row.id for row in iterator] == ["trace-1", "trace-2"]


def test_a_page_larger_than_requested_loses_no_row(traces: Callable[..., Any]) -> None:
    rows = [trace(number) for number in range(1, 8)]
    assert [row.id for row in traces(lambda _: respond(page(rows)), limit=2)] == ALL[:7]


def test_the_last_rows_cursor_has_priority_over_the_pages(traces: Callable[..., Any]) -> None:
    def reply(request: Request) -> Reply:
        if request.json["pagination"].get("cursor") == "cursor-1":
            return respond(page([trace(2)]))
        return respond(page([trace(1)], more=True, nextCursor="another"))

    assert [row.id for row in traces(reply)] == ALL[:2]
