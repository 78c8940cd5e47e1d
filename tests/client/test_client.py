"""The default client, separate clients, and how they are closed."""

from __future__ import annotations

import pydoc
from collections.abc import Callable
from threading import Thread

import pytest

from netra import Netra, NotInitializedError, Usage
from tests.support.rows import END, START, page, trace
from tests.support.scripted import Scripted, respond

NOWHERE = "http://127.0.0.1:1"


def in_threads(number: int, work: Callable[[], None]) -> None:
    threads = [Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_without_init_the_error_says_to_call_init() -> None:
    assert not Netra.is_initialized()
    with pytest.raises(NotInitializedError, match=r"Netra\.init"):
        Netra.usage.list_traces(START, END)


def test_init_sets_up_the_default_client(scripted: Scripted) -> None:
    server = scripted(lambda _: respond(page([trace()])))
    Netra.init("sample-app", "x-api-key=k", endpoint=server.url)
    assert Netra.is_initialized()
    assert Netra.usage.list_traces(START, END).traces[0].id == "trace-1"
    assert server.requests[0].headers["x-api-key"] == "k"


def test_a_second_init_changes_nothing_and_warns() -> None:
    Netra.init(endpoint=NOWHERE)
    first = Netra.usage
    with pytest.warns(UserWarning, match="changes nothing") as caught:
        Netra.init(endpoint="http://127.0.0.1:2")
    assert caught[0].filename == __file__
    assert Netra.usage is first


def test_shutdown_closes_and_allows_a_new_init() -> None:
    Netra.init(endpoint=NOWHERE)
    old = Netra.usage
    Netra.shutdown()
    Netra.shutdown()
    assert not Netra.is_initialized()
    with pytest.raises(NotInitializedError, match="closed"):
        old.list_traces(START, END)
    Netra.init(endpoint=NOWHERE)
    assert Netra.usage is not old


@pytest.mark.filterwarnings("ignore:Netra.init was called before")
def test_many_inits_at_once_make_one_client() -> None:
    found: list[Usage] = []

    def init() -> None:
        Netra.init(endpoint=NOWHERE)
        found.append(Netra.usage)

    in_threads(16, init)
    assert len(found) == 16
    assert len(set(map(id, found))) == 1


def test_each_client_has_its_own_usage(scripted: Scripted) -> None:
    first, second = (scripted(lambda _: respond(page([]))) for _ in range(2))
    Netra.init(endpoint=NOWHERE)
    with Netra(endpoint=first.url, api_key="1") as one, Netra(endpoint=second.url, api_key="2") as two:
        assert isinstance(one.usage, Usage)
        assert len({id(one.usage), id(two.usage), id(Netra.usage)}) == 3
        assert one.usage is one.usage
        one.usage.list_traces(START, END)
        two.usage.list_traces(START, END)
    assert [server.requests[0].headers["x-api-key"] for server in (first, second)] == ["1", "2"]


def test_a_closed_client_raises_and_closing_twice_is_allowed() -> None:
    client = Netra(endpoint=NOWHERE)
    with client as entered:
        assert entered is client
    client.close()
    with pytest.raises(NotInitializedError, match="closed"):
        client.usage.get_session_usage("s", START, END)


def test_one_client_serves_many_threads(scripted: Scripted) -> None:
    server = scripted(lambda _: respond(page([trace()])))
    got: list[str] = []
    with Netra(endpoint=server.url) as client:
        in_threads(32, lambda: got.extend(row.id for row in client.usage.iter_traces(START, END)))
    assert got == ["trace-1"] * 32


def test_help_works_before_init(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pydoc.TextDoc, "bold", lambda _, text: text)
    assert "get_session_usage" in pydoc.render_doc(Usage)
    assert "shutdown" in pydoc.render_doc(Netra)
