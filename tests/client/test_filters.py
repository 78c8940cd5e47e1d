"""Conditions on the way: they go out with every request of a call, and what the service refuses is named."""

from __future__ import annotations

import pickle
from concurrent.futures import Future, ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from netra import APIConnectionError, BadRequestError, InvalidRequestError, Netra
from netra.filters import Filter, fields
from tests.support.blocking import ClientClass, both_clients, both_clients_many_cases
from tests.support.methods import TRACE_ITERATORS, get_method
from tests.support.rows import END, START, page, requested_id, span
from tests.support.scripted import Reply, Request, Scripted, respond
from tests.support.timeline import Timeline

CONDITIONS = [
    fields.total_cost > Decimal("0.5"),
    fields.models.any_of("gpt-4o", "gpt-4o-mini"),
    fields.metadata["plan"] == "pro",
    ~fields.has_error,
    fields.has_pii,
    fields.user_id.is_null(),
]
SENT = [
    {"field": "tenant_id", "operator": "equals", "type": "string", "value": "AceTech"},
    {"field": "total_cost", "operator": "greater_than", "type": "number", "value": 0.5},
    {"field": "models", "operator": "any_of", "type": "arrayOptions", "value": ["gpt-4o", "gpt-4o-mini"]},
    {"field": "metadata", "operator": "equals", "type": "object", "key": "plan", "value": "pro"},
    {"field": "has_error", "operator": "equals", "type": "boolean", "value": False},
    {"field": "has_pii", "operator": "equals", "type": "boolean", "value": True},
    {"field": "user_id", "operator": "is_null", "type": "string"},
]


@both_clients
@pytest.mark.parametrize("method", ["list_traces", *TRACE_ITERATORS])
def test_conditions_go_out_behind_the_documented_ids(
    scripted: Scripted, client_class: ClientClass, method: str
) -> None:
    timeline = Timeline([number * 1000 for number in range(25)])

    def reply(request: Request) -> Reply:
        if request.method == "GET":
            return respond(page([span(trace_id=requested_id(request.path))]))
        return timeline(request)

    server = scripted(reply)
    with client_class(endpoint=server.url) as client:
        found = get_method(client.usage, method)(
            START, END, tenant_id="AceTech", limit=10, filters=iter(CONDITIONS)
        )
        assert len(list(found)) == (10 if method == "list_traces" else 25)
    lists = [sent for sent in server.requests if sent.method == "POST"]
    assert len(lists) == 1 if method == "list_traces" else len(lists) > 2
    for sent in lists:
        assert sent.json["filters"] == SENT


@both_clients
def test_a_400_names_what_no_published_client_sends(scripted: Scripted, client_class: ClientClass) -> None:
    server = scripted(lambda _: respond({"message": "unknown filter"}, status=400))
    with client_class(endpoint=server.url) as client:
        with pytest.raises(BadRequestError, match="unknown filter") as caught:
            client.usage.list_traces(START, END, filters=CONDITIONS)
        for shown in ("fields.has_error == False", "fields.has_pii == True", "fields.user_id.is_null()"):
            assert shown in str(caught.value)
        assert "fields.total_cost" not in str(caught.value)
        with pytest.raises(BadRequestError) as caught:
            client.usage.list_traces(START, END, filters=[fields.total_cost > 1])
        assert "no published client" not in str(caught.value)


WRONG = [fields.total_cost > 1, "total_cost > 1", {"total_cost": 1}, 5, [True], [fields.total_cost], [None]]


@both_clients_many_cases
@pytest.mark.parametrize("method", ["list_traces", *TRACE_ITERATORS])
@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_what_is_no_list_of_conditions_is_refused(client_class: ClientClass, method: str, wrong: Any) -> None:
    with (
        client_class(endpoint="http://127.0.0.1:1") as client,
        pytest.raises(InvalidRequestError, match="filters must"),
    ):
        get_method(client.usage, method)(START, END, filters=wrong)


def test_conditions_travel_with_the_tasks_of_workers() -> None:
    tasks: list[Any] = []

    class Keeping(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            tasks.extend(args)
            raise RuntimeError("kept")

    with Netra(endpoint="http://127.0.0.1:1") as client, Keeping(1) as executor:
        walk = client.usage.iter_traces(START, END, filters=CONDITIONS).in_parallel(executor=executor)
        with pytest.raises(APIConnectionError, match="kept"):
            next(walk)
    assert tasks
    for task in tasks:
        conditions = pickle.loads(pickle.dumps(task)).query.conditions
        assert [condition.to_dict() for condition in conditions] == SENT[1:]
        assert all(type(condition) is Filter for condition in conditions)
    assert "fields.total_cost > 0.5" in repr(walk)
