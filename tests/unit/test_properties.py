"""Properties that hold for all inputs, not only for examples."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, date, datetime, timedelta, timezone
from types import NoneType
from typing import Any, ClassVar, get_args, get_type_hints
from urllib.parse import quote, unquote

import attrs
import netra_api.models
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netra_api.models.json_object import JsonObject
from netra_api.types import MAX_INTEGER

import netra
from netra import NetraError, PagedIterator, PaginationError, TracesPage, TraceSummary
from netra._core.headers import _RESERVED_HEADERS, _parse_headers
from netra._core.operations import get_session_usage
from netra._core.parameters import UsageQuery
from netra._timestamps import from_wire, to_wire
from tests.support.rows import END, START, trace

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
datetimes = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=offsets)


@given(datetimes)
def test_a_datetime_is_truncated_to_ms_and_reads_back_the_same(time: datetime) -> None:
    sent = to_wire(time, "start_time")
    back = from_wire(sent, "start_time")
    assert timedelta(0) <= time - back < timedelta(milliseconds=1)
    assert (
        sent
        == back.strftime("%Y").zfill(4)
        + back.strftime("-%m-%dT%H:%M:%S.")
        + f"{back.microsecond // 1000:03}Z"
    )


@given(datetimes)
def test_text_and_datetime_of_one_time_are_sent_alike(time: datetime) -> None:
    assert to_wire(time.isoformat(), "start_time") == to_wire(time, "start_time")
    naive = time.replace(tzinfo=None)
    assert to_wire(naive.isoformat(), "start_time") == to_wire(naive.replace(tzinfo=UTC), "start_time")


@given(datetimes, datetimes)
def test_sent_times_keep_the_order_of_the_datetimes(one: datetime, other: datetime) -> None:
    assert (to_wire(one, "x") < to_wire(other, "x")) <= (one < other)


def written(numbers: st.SearchStrategy[int], digits: int) -> st.SearchStrategy[str]:
    return numbers.map(lambda number: f"{number:0{digits}}")


days = st.dates(date(1, 1, 2), date(9999, 12, 30))
minutes = st.tuples(written(st.integers(0, 23), 2), written(st.integers(0, 59), 2))
seconds = st.none() | st.tuples(written(st.integers(0, 59), 2), st.none() | st.text("0123456789", min_size=1))
zones = (
    st.none()
    | st.sampled_from("Zz")
    | st.tuples(st.sampled_from("+-"), minutes, st.sampled_from([":", "", None]))
)


@st.composite
def times_of_the_grammar(draw: st.DrawFn) -> tuple[str, datetime]:
    """Text as docs/timestamps.md allows it, and its moment by a way of reckoning of its own."""
    day = draw(days)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if draw(st.booleans()):
        return day.isoformat(), midnight
    hour, minute = draw(minutes)
    text = f"{day}{draw(st.sampled_from('Tt '))}{hour}:{minute}"
    since_midnight = timedelta(hours=int(hour), minutes=int(minute))
    second = draw(seconds)
    if second is not None:
        text += f":{second[0]}"
        since_midnight += timedelta(seconds=int(second[0]))
        if second[1] is not None:
            text += f".{second[1]}"
            since_midnight += timedelta(microseconds=int(second[1]) * 10**6 // 10 ** len(second[1]))
    zone = draw(zones)
    if isinstance(zone, str):
        text += zone
    elif zone is not None:
        sign, (zone_hours, zone_minutes), between = zone
        text += f"{sign}{zone_hours}" + ("" if between is None else f"{between}{zone_minutes}")
        offset = timedelta(hours=int(zone_hours), minutes=0 if between is None else int(zone_minutes))
        since_midnight -= offset if sign == "+" else -offset
    return text, midnight + since_midnight


@pytest.mark.slow
@given(times_of_the_grammar())
def test_all_that_the_grammar_allows_is_read_to_the_right_moment(time: tuple[str, datetime]) -> None:
    text, moment = time
    assert from_wire(text, "start_time") == moment
    assert to_wire(text, "start_time") == to_wire(moment, "start_time")


SHAPE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]+)?)?"
    r"(?:[Zz]|[+-](?P<zone_hour>[0-9]{2})(?::?(?P<zone_minute>[0-9]{2}))?)?)?"
)


@pytest.mark.slow
@given(times_of_the_grammar(), st.data())
def test_text_one_edit_away_is_refused_unless_the_grammar_allows_it(
    time: tuple[str, datetime], data: st.DataObject
) -> None:
    text = time[0]
    place = data.draw(st.integers(0, len(text)))
    removed = data.draw(st.integers(0, 1))
    put = data.draw(st.text("0123456789:-+.,TtZzWw \n\u0660\uff11\u2212", max_size=2))
    near = text[:place] + put + text[place + removed :]
    shape = SHAPE.fullmatch(near)
    is_allowed = shape is not None and all(
        int(number or 0) <= (23 if "hour" in name else 59) for name, number in shape.groupdict().items()
    )
    try:
        date(int(near[:4]), int(near[5:7]), int(near[8:10]))
    except ValueError:
        is_allowed = False
    refusal = ""
    try:
        to_wire(near, "start_time")
    except netra.InvalidRequestError as error:
        refusal = str(error)
    assert is_allowed == (not refusal or "outside the years" in refusal)


@pytest.mark.slow
@given(st.text())
def test_any_text_is_read_as_a_time_or_rejected(text: str) -> None:
    with contextlib.suppress(netra.InvalidRequestError):
        assert to_wire(to_wire(text, "x"), "x") == to_wire(text, "x")


@given(st.integers(-(10**13), 10**14))
def test_milliseconds_are_read_as_a_datetime(milliseconds: int) -> None:
    assert from_wire(str(milliseconds), "x") - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(
        milliseconds=milliseconds
    )


names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1).filter(
    lambda name: name not in _RESERVED_HEADERS
)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)).map(str.strip)


@pytest.mark.slow
@given(st.dictionaries(names, values))
def test_headers_survive_a_round_trip_through_text(headers: dict[str, str]) -> None:
    text = ",".join(f" {name} = {quote(value, safe='=')} " for name, value in headers.items())
    assert _parse_headers(text, "headers") == headers
    assert _parse_headers(headers, "headers") == headers


@given(st.text())
def test_any_header_text_is_read_or_rejected(text: str) -> None:
    try:
        found = _parse_headers(text, "headers")
    except netra.ConfigurationError:
        return
    assert all(value.isascii() and "\r" not in value and "\n" not in value for value in found.values())


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_any_id_is_one_path_segment_and_reads_back_the_same(identifier: str) -> None:
    try:
        query = UsageQuery.checked("session_id", identifier, START, END)
        url: str = get_session_usage(query).request["url"]
    except netra.InvalidRequestError:
        with pytest.raises(UnicodeEncodeError):
            identifier.encode()
        return
    before, _, segment = url.rpartition("/")
    assert before == "/usage/sessions"
    assert unquote(segment) == identifier
    assert set(segment) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~%")


# ---------------------------------------------------------------- paging


class Service:
    """Pages of any sizes, also empty ones. Some calls fail."""

    def __init__(self, sizes: list[int], failures: list[bool]) -> None:
        self._failures = iter(failures)
        self._pages: dict[str | None, TracesPage] = {}
        cursor: str | None = None
        rows = 0
        for number, size in enumerate(sizes):
            traces = [TraceSummary.from_dict(trace(rows + step)) for step in range(1, size + 1)]
            rows += size
            more = number < len(sizes) - 1
            following = (f"cursor-{rows}" if size else f"empty-{number}") if more else None
            self._pages[cursor] = TracesPage(traces, more, following)
            cursor = following
        self.all = [f"trace-{number}" for number in range(1, rows + 1)]

    def fetch(self, cursor: str | None) -> TracesPage:
        if next(self._failures, False):
            raise netra.ServerError("m", status_code=503)
        return self._pages[cursor]


sizes = st.lists(st.integers(0, 4), min_size=1, max_size=8)
failures = st.lists(st.booleans(), max_size=20)


@given(sizes, failures)
def test_rows_come_once_and_in_order_despite_failures(sizes: list[int], failures: list[bool]) -> None:
    service = Service(sizes, failures)
    iterator: PagedIterator[TraceSummary, TracesPage] = PagedIterator(service.fetch, None)
    got: list[str] = []
    for _ in range(len(failures) + 1):
        resume_points = {iterator.cursor}
        try:
            got.extend(row.id for row in iterator)
        except NetraError as error:
            resume_points = {error.cursor, iterator.cursor, f"cursor-{len(got)}" if got else None}
        assert len(resume_points) == 1
    assert got == service.all


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_circular_cursors_end_in_an_error_and_never_repeat(next_cursors: list[int]) -> None:
    def fetch(cursor: str | None) -> TracesPage:
        place = 0 if cursor is None else int(cursor)
        following = next_cursors[place % len(next_cursors)]
        return TracesPage([TraceSummary.from_dict(trace(cursor=str(following)))], True, str(following))

    got: list[str] = []
    iterator: PagedIterator[TraceSummary, TracesPage] = PagedIterator(fetch, None)
    with pytest.raises(PaginationError):
        got.extend(row.cursor for row in iterator)
    assert len(set(got)) == len(got)


# ---------------------------------------------------------------- models

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
unknown_fields = st.dictionaries(st.text().map(lambda text: f"unknown {text}"), json_values, max_size=3)


def any_value(kind: Any) -> st.SearchStrategy[Any]:
    arguments = get_args(kind)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(),
        int: st.integers(-MAX_INTEGER, MAX_INTEGER),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
        Any: json_values,
        NoneType: st.none(),
        JsonObject: st.dictionaries(st.text(), json_values, max_size=3).map(JsonObject),
    }
    if kind in simple:
        return simple[kind]
    if getattr(kind, "__origin__", None) is list:
        return st.lists(any_value(arguments[0]), max_size=3)
    return st.one_of(*map(any_value, arguments))


def instances(model: Any) -> st.SearchStrategy[Any]:
    """Instances of a model with any values of the declared types."""
    hints = get_type_hints(model, {**vars(netra_api.models), "Any": Any, "ClassVar": ClassVar})
    fields = {
        field.alias: any_value(hints[field.name])
        for field in attrs.fields(model)
        if field.alias not in ("additional_properties", "nulls")
    }
    return st.tuples(st.fixed_dictionaries(fields), unknown_fields).map(
        lambda values: model(**values[0], additional_properties=values[1])
    )


MODELS = [netra.SessionUsageData, netra.TenantUsageData, netra.TraceSummary, netra.TraceSpan]


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=50)
@given(data=st.data())
def test_every_model_survives_a_round_trip_through_a_dict(model: Any, data: st.DataObject) -> None:
    instance = data.draw(instances(model))
    sent = instance.to_dict(use_api_names=True)
    again = model.from_dict(sent)
    assert again == instance
    assert again.to_dict() == instance.to_dict() == dict(instance)
    assert again.to_dict(use_api_names=True) == sent
