"""A call as a transcript: what it does and when, on a clock that the test moves. No socket, no waiting."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netra import (
    APIConnectionError,
    APIResponseValidationError,
    AuthenticationError,
    NetraError,
    NotInitializedError,
    RateLimitError,
    ServerError,
)
from netra._core.clock import Clock
from netra._core.operations import Operation, list_traces
from netra._core.options import Options
from netra._core.request_flow import CallGroup, Received, Send, Sleep, request_flow
from tests.support.methods import traces_query
from tests.support.rows import END, START

RESULT = object()


class MovedClock(Clock):
    """Moves only when told; its jitter is one half."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now

    def utc_now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    def jitter(self) -> float:
        return 0.5


def page(limit: int = 100) -> Operation[Any]:
    query = traces_query(START, END, limit=limit)
    return list_traces(query, None, query.limit)


def replay(
    outcomes: list[Any], group: CallGroup, seconds: float = 0.1, **options: Any
) -> tuple[list[Any], Any]:
    """Run a call. Each attempt takes `seconds`, and then has the next outcome: an error, or the result.

    Return the transcript (the limit of each attempt's page; the seconds of each sleep), and the outcome.
    """
    clock: Any = group.clock
    flow = request_flow(page(), Options(**options), group)
    left = iter(outcomes)
    transcript: list[Any] = []
    try:
        step = next(flow)
        while True:
            if isinstance(step, Sleep):
                transcript.append(round(step.seconds, 3))
                clock.now += step.seconds
                step = next(flow)
                continue
            assert isinstance(step, Send)
            transcript.append(f"page of {step.operation.limit}")
            clock.now += seconds
            outcome = next(left)
            step = (
                flow.throw(outcome) if isinstance(outcome, NetraError) else flow.send(Received(200, outcome))
            )
    except StopIteration as end:
        return transcript, end.value
    except NetraError as error:
        return transcript, error


def status(code: int, retry_after: float | None = None) -> NetraError:
    kind = {401: AuthenticationError, 429: RateLimitError}.get(code, ServerError)
    return kind("m", status_code=code, retry_after=retry_after)


P = "page of 100"


@pytest.mark.parametrize(
    ("outcomes", "transcript"),
    [
        ([RESULT], [P]),
        ([status(503), RESULT], [P, 0.25, P]),
        ([status(503), status(502), APIConnectionError("m"), RESULT], [P, 0.25, P, 0.5, P, 1.0, P]),
        ([status(503, retry_after=7), RESULT], [P, 7.0, P]),
        ([status(429, retry_after=7), RESULT], [P, 7.0, P]),
        ([status(429), RESULT], [P, 0.25, P]),
    ],
)
def test_failures_that_pass_cost_a_backoff(outcomes: list[Any], transcript: list[Any]) -> None:
    assert replay(outcomes, CallGroup(MovedClock())) == (transcript, RESULT)


@pytest.mark.parametrize("final", [status(401), status(503, retry_after=61), APIResponseValidationError("m")])
def test_failures_that_stay_are_raised_at_once(final: NetraError) -> None:
    transcript, outcome = replay([final], CallGroup(MovedClock()))
    assert (transcript, outcome) == ([P], final)
    assert outcome.attempts == 1


def test_retries_end_after_max_retries() -> None:
    last = status(503)
    transcript, outcome = replay([status(503), status(503), last], CallGroup(MovedClock()), max_retries=2)
    assert transcript == [P, 0.25, P, 0.5, P]
    assert outcome is last
    assert outcome.attempts == 3


def test_no_backoff_begins_that_the_deadline_would_cut() -> None:
    last = status(503)
    transcript, outcome = replay([status(503), last], CallGroup(MovedClock()), seconds=4.0, deadline=8.5)
    assert (transcript, outcome) == ([P, 0.25, P], last)


def test_a_429_pauses_every_call_of_the_group_and_no_other() -> None:
    group = CallGroup(MovedClock())
    assert replay([status(429, retry_after=9)], group, max_retries=0)[0] == [P]
    group.pause_for(9)
    assert replay([RESULT], group) == ([9.0, P], RESULT)
    assert replay([RESULT], CallGroup(group.clock)) == ([P], RESULT)


def test_a_pause_lasts_no_longer_than_the_deadline() -> None:
    group = CallGroup(MovedClock())
    group.pause_for(1_000)
    assert replay([RESULT], group, deadline=5)[0] == [5.0, P]


def test_a_cancelled_group_makes_no_attempt() -> None:
    group = CallGroup(MovedClock())
    group.cancelled = True
    transcript, outcome = replay([RESULT], group)
    assert transcript == []
    assert isinstance(outcome, NotInitializedError)


def test_pages_that_are_too_large_are_halved_for_the_group() -> None:
    group = CallGroup(MovedClock())

    def too_large() -> NetraError:
        error = APIResponseValidationError("m")
        error._is_too_large = True
        return error

    transcript, outcome = replay([too_large(), too_large(), RESULT], group, max_retries=0)
    assert transcript == [P, "page of 50", "page of 25"]
    assert outcome is RESULT
    assert replay([RESULT], group)[0] == ["page of 25"]
    assert replay([too_large() for _ in range(5)], group, max_retries=0)[0][-1] == "page of 1"


def test_attempts_know_what_the_deadline_leaves() -> None:
    group = CallGroup(MovedClock())
    clock: Any = group.clock
    flow = request_flow(page(), Options(deadline=5), group)
    step = next(flow)
    assert isinstance(step, Send)
    assert step.limits.seconds_left == 5
    clock.now += 4
    assert step.limits.seconds_left == 1
    assert "timeout (" in step.limits.exceeded()
    clock.now += 1
    assert step.limits.exceeded().startswith("deadline=5 s is over, after 1 attempt.")
    endless = next(request_flow(page(), Options(deadline=math.inf), CallGroup(clock)))
    assert isinstance(endless, Send)
    assert endless.limits.seconds_left == math.inf
