"""Calendar periods: they tile in every zone, do not drift, and mean what the customer's clock shows."""

from __future__ import annotations

import bisect
import itertools
import pickle
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from netra import InvalidRequestError
from netra._timestamps import window
from netra.periods import (
    Period,
    billing_periods,
    day,
    last,
    month,
    previous_month,
    quarter,
    this_month,
    today,
    week,
    year,
    yesterday,
)

VIENNA, SANTIAGO, SAMOA = "Europe/Vienna", "America/Santiago", "Pacific/Apia"
MICROSECOND = timedelta(microseconds=1)
NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # the clocks of Vienna jump half an hour later


@pytest.mark.parametrize("period", [day, week, month, quarter, year])
def test_a_moment_means_the_period_in_tz_and_not_in_its_own_zone(period: Any) -> None:
    moment = datetime(2024, 1, 1, 0, 30, tzinfo=ZoneInfo(VIENNA))  # a Monday; in UTC it is 2023
    assert period(moment) == period(date(2023, 12, 31))
    assert period(moment, VIENNA) == period(date(2024, 1, 1), VIENNA)


@pytest.mark.parametrize(
    ("period", "start", "end", "label"),
    [
        (month("2026-10"), "2026-10-01T00:00:00.000Z", "2026-10-31T23:59:59.999Z", "2026-10"),
        (month("2026-10", VIENNA), "2026-09-30T22:00:00.000Z", "2026-10-31T22:59:59.999Z", "2026-10"),
        (month(date(2026, 10, 15), VIENNA), "2026-09-30T22:00:00.000Z", "2026-10-31T22:59:59.999Z", "2026-10"),
        (month("2026-10-31"), "2026-10-01T00:00:00.000Z", "2026-10-31T23:59:59.999Z", "2026-10"),
        (month("2024-02"), "2024-02-01T00:00:00.000Z", "2024-02-29T23:59:59.999Z", "2024-02"),
        (day("2026-03-29", VIENNA), "2026-03-28T23:00:00.000Z", "2026-03-29T21:59:59.999Z", "2026-03-29"),
        (day(NOW, "Asia/Kolkata"), "2026-03-28T18:30:00.000Z", "2026-03-29T18:29:59.999Z", "2026-03-29"),
        (day(datetime(2026, 1, 1, 1, tzinfo=UTC), "America/New_York"),
         "2025-12-31T05:00:00.000Z", "2026-01-01T04:59:59.999Z", "2025-12-31"),
        (week("2026-W44", VIENNA), "2026-10-25T23:00:00.000Z", "2026-11-01T22:59:59.999Z", "2026-W44"),
        (week(date(2026, 1, 1)), "2025-12-29T00:00:00.000Z", "2026-01-04T23:59:59.999Z", "2026-W01"),
        (quarter("2026-Q4"), "2026-10-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z", "2026-Q4"),
        (quarter(date(2026, 5, 31)), "2026-04-01T00:00:00.000Z", "2026-06-30T23:59:59.999Z", "2026-Q2"),
        (year("2026", SANTIAGO), "2026-01-01T03:00:00.000Z", "2027-01-01T02:59:59.999Z", "2026"),
        # A midnight that does not exist is the first instant after it: 2026-09-06 00:00 in Santiago.
        (day("2026-09-06", SANTIAGO), "2026-09-06T04:00:00.000Z", "2026-09-07T02:59:59.999Z", "2026-09-06"),
        # Of two midnights it is the first: 2026-11-01 00:00 in Havana.
        (day("2026-11-01", "America/Havana"), "2026-11-01T04:00:00.000Z", "2026-11-02T04:59:59.999Z", "2026-11-01"),
        (today(VIENNA, NOW), "2026-03-28T23:00:00.000Z", "2026-03-29T21:59:59.999Z", "2026-03-29"),
        (yesterday(VIENNA, NOW), "2026-03-27T23:00:00.000Z", "2026-03-28T22:59:59.999Z", "2026-03-28"),
        (yesterday(SAMOA, datetime(2011, 12, 30, 12, tzinfo=UTC)),
         "2011-12-29T10:00:00.000Z", "2011-12-30T09:59:59.999Z", "2011-12-29"),
        (this_month(VIENNA, NOW), "2026-02-28T23:00:00.000Z", "2026-03-31T21:59:59.999Z", "2026-03"),
        (previous_month(VIENNA, NOW), "2026-01-31T23:00:00.000Z", "2026-02-28T22:59:59.999Z", "2026-02"),
        (last(hours=24, tz=VIENNA, now=NOW), "2026-03-28T00:30:00.000Z", "2026-03-29T00:29:59.999Z", "last 24 hours"),
        (last(days=1, tz=VIENNA, now=NOW + timedelta(hours=1)),
         "2026-03-28T02:30:00.000Z", "2026-03-29T01:29:59.999Z", "last 1 day"),
        (last(months=1, now=datetime(2026, 3, 31, tzinfo=UTC)),
         "2026-02-28T00:00:00.000Z", "2026-03-30T23:59:59.999Z", "last 1 month"),
    ],
)  # fmt: skip
def test_a_period_is_what_the_clock_of_its_zone_means(
    period: Period, start: str, end: str, label: str
) -> None:
    assert tuple(period) == (start, end) == window(*period)
    assert period.label == label


def test_the_nth_billing_period_does_not_drift() -> None:
    periods = list(billing_periods(date(2026, 1, 31), "month", SANTIAGO, count=4))
    assert [f"{period.start:%m-%d %H:%M}" for period in periods] == [
        "01-31 00:00",
        "02-28 00:00",
        "03-31 00:00",
        "04-30 00:00",
    ]
    assert [period.label for period in periods][:2] == ["from 2026-01-31", "from 2026-02-28"]


def test_billing_periods_end_by_count_or_by_day() -> None:
    by_count = list(billing_periods("2026-01-01", "month", VIENNA, count=12))
    assert by_count == list(billing_periods("2026-01-01", "month", VIENNA, until="2027-01-01"))
    assert by_count == [month(f"2026-{number:02}", VIENNA) for number in range(1, 13)]
    by_delta = billing_periods("2026-01-01", relativedelta(months=1), VIENNA, count=12)
    assert [tuple(one) for one in by_delta] == [tuple(one) for one in by_count]
    assert list(billing_periods("2026-01-01", count=0)) == []
    at_nine = next(billing_periods(datetime(2026, 1, 5, 8, tzinfo=UTC), "week", VIENNA, count=1))
    assert tuple(at_nine) == ("2026-01-05T08:00:00.000Z", "2026-01-12T07:59:59.999Z")
    assert at_nine.label == "from 2026-01-05 09:00"


def tiles(periods: list[Period]) -> None:
    for one, following in itertools.pairwise(periods):
        assert one.end_exclusive.astimezone(UTC) == following.start.astimezone(UTC)
        end, start = (datetime.fromisoformat(text) for text in (one.end_time, following.start_time))
        assert start - end == timedelta(milliseconds=1)


ODD = [
    VIENNA,
    SANTIAGO,
    SAMOA,
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Casablanca",
    "Asia/Gaza",
]


@pytest.mark.parametrize("zone", ODD)
@pytest.mark.parametrize("every", ["day", "week", "month", "quarter", "year", relativedelta(days=10)])
def test_billing_periods_tile_from_the_31st(zone: str, every: Any) -> None:
    found = list(billing_periods(date(2024, 1, 31), every, zone, until=date(2026, 2, 1)))
    tiles(found)
    assert found[0].start.date() == date(2024, 1, 31)


def changes_of_offset(zone: str, first: datetime, days: int) -> list[tuple[float, timedelta | None]]:
    """Return the offset from UTC at first, and each later one with the second from which it holds."""
    tz = ZoneInfo(zone)

    def offset(second: float) -> timedelta | None:
        return datetime.fromtimestamp(second, tz).utcoffset()

    start = int(first.timestamp())
    found: list[tuple[float, timedelta | None]] = [(start, offset(start))]
    for before in range(start, start + days * 86_400, 86_400):
        after = before + 86_400
        if offset(after) != found[-1][1]:
            second = bisect.bisect_left(
                range(before, after), True, key=lambda second: offset(second) != found[-1][1]
            )
            found.append((before + second, offset(after)))
    return found


def zones_with_clocks_of_their_own() -> list[str]:
    """One zone for each way in which clocks go in the years of the next test: most names share theirs with others."""
    names: dict[str, str] = {}
    for zone in sorted(available_timezones()):
        clocks = [
            changes_of_offset(zone, datetime(2010, 12, 28, tzinfo=UTC), 3 * 366 + 6),
            changes_of_offset(zone, datetime(2024, 1, 28, tzinfo=UTC), 2 * 366 + 6),
        ]
        names.setdefault(str(clocks), zone)
    return list(names.values())


@pytest.mark.slow
def test_days_of_three_years_tile_in_every_zone() -> None:
    zones = zones_with_clocks_of_their_own()
    assert len(zones) > 100
    for zone in zones:
        try:
            days_and_months_tile(zone)
        except BaseException as error:
            error.add_note(f"in {zone}")
            raise


def days_and_months_tile(zone: str) -> None:
    tiles(list(billing_periods(date(2024, 1, 31), "month", zone, count=24)))
    end: datetime | None = None
    skipped = 0
    for number in range(3 * 366):
        try:
            one = day(date(2010, 12, 30) + timedelta(days=number), zone)
        except InvalidRequestError:  # each day is made by itself: only a day that the zone skipped may fail
            skipped += 1
            continue
        assert end in (None, one.start.astimezone(UTC))
        end = one.end_exclusive.astimezone(UTC)
    assert skipped <= 1


@pytest.mark.parametrize("zone", ODD)
@pytest.mark.parametrize(
    "whole", [month("2026-10"), year("2026"), week("2026-W13"), month("2011-12")], ids=str
)
def test_the_parts_of_a_period_tile_it(whole: Period, zone: str) -> None:
    whole = {4: year, 7: month, 8: week}[len(whole.label)](whole.label, zone)
    for every in ("day", "week", "month"):
        parts = whole.split(every)
        tiles(parts)
        assert (parts[0].start_time, parts[-1].end_time) == tuple(whole)
    assert whole.split("day")[0] == day(whole.start, zone)


def test_a_day_that_a_zone_skipped_is_refused_and_left_out() -> None:
    with pytest.raises(
        InvalidRequestError, match=r"2011-12-30 does not exist in Pacific/Apia: the zone skipped it"
    ):
        day("2011-12-30", SAMOA)
    labels = [one.label for one in month("2011-12", SAMOA).split("day")]
    assert "2011-12-30" not in labels
    assert len(labels) == 30
    assert "2011-12-30" not in [one.label for one in billing_periods("2011-12-28", "day", SAMOA, count=5)]


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(ODD),
)
def test_every_moment_lies_in_its_day_and_in_no_other(moment: datetime, zone: str) -> None:
    found = day(moment, zone)
    assert found.contains(moment)
    assert not yesterday(zone, moment).contains(moment)
    assert not day(found.end_exclusive, zone).contains(moment)
    for make in (week, month, quarter, year):
        assert make(moment, zone).contains(moment)


def test_periods_are_values() -> None:
    one, same, other = (
        month("2026-10", VIENNA),
        month("2026-10", ZoneInfo(VIENNA)),
        month("2026-10", "Europe/Berlin"),
    )
    assert one == same
    assert one != other
    assert len({one, same, other, pickle.loads(pickle.dumps(one))}) == 2
    assert pickle.loads(pickle.dumps(one)) == one
    fold = [
        Period(datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(VIENNA), fold=fold), NOW.replace(year=2027), "x")
        for fold in (0, 1)
    ]
    assert fold[0] != fold[1]


@pytest.mark.parametrize(
    "period", [month("2026-10"), last(days=7, now=NOW), day("2026-10-31", "America/Argentina/ComodRivadavia")]
)
def test_a_repr_names_the_zone_and_a_str_is_short(period: Period) -> None:
    zone = period.tz.key  # type: ignore[attr-defined]
    assert zone in repr(period)
    assert period.label in repr(period)
    assert len(str(period)) <= 80
    assert zone in str(period)


class NoTime(datetime):
    """What pandas.NaT is: a `datetime` that knows nothing."""

    def utcoffset(self) -> timedelta:
        raise ValueError("NaT does not support utcoffset")


NO_TIME: Any = NoTime(2026, 1, 1)


class FailingZone(tzinfo):
    def fail(self, _: datetime | None) -> Any:
        raise RuntimeError("no data")

    utcoffset = dst = tzname = fail


untyped: Any = {"year": year, "month": month, "last": last, "Period": Period, "relativedelta": relativedelta}
"""For what a type checker would refuse."""


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: month("2026-13"), "'2026-13' is not a month: write it like '2026-10'"),
        (lambda: month("October"), "is not a month"),
        (lambda: day("2026-02-30"), "is not a day"),
        (lambda: day("2026-10"), "is not a day"),
        (lambda: week("2026-W54"), "is not a week"),
        (lambda: quarter("2026-Q5"), "is not a quarter"),
        (lambda: year("26"), "is not a year"),
        (lambda: untyped["year"](2026), "is not a year"),
        (lambda: month(datetime(2026, 1, 1)), "has no time zone"),
        (lambda: month("2026-10", "Vienna"), "tz='Vienna' is not the name of a time zone"),
        (lambda: month("2026-10", "../etc"), "is not the name of a time zone"),
        (lambda: untyped["month"]("2026-10", 5), "must be the name of a time zone"),
        (lambda: month("2026-10", FailingZone()), "The time zone fails"),
        (lambda: year("9999"), "outside the years"),
        (lambda: day("0001-01-01", "Asia/Tokyo"), "outside the years"),
        (lambda: last(), "give a whole number above 0"),
        (lambda: last(days=-1), "give a whole number above 0"),
        (lambda: untyped["last"](days=1.5), "give a whole number above 0"),
        (lambda: last(days=1, now=datetime(2026, 1, 1)), "must be an aware datetime"),
        (lambda: billing_periods("2026-01-01"), "give one of count"),
        (lambda: billing_periods("2026-01-01", count=1, until="2027-01-01"), "give one of count"),
        (lambda: billing_periods("2026-01-01", count=-1), "must be an integer from 0"),
        (lambda: billing_periods("2026-01-01", "fortnight", count=1), "must be one of 'day'"),
        (lambda: list(billing_periods("2026-01-01", relativedelta(), count=1)), "does not lead forward"),
        (
            lambda: list(billing_periods("2026-01-01", relativedelta(days=-1), count=1)),
            "does not lead forward",
        ),
        (lambda: list(billing_periods("2026-01-01", relativedelta(day=5), count=2)), "does not lead forward"),
        (lambda: list(billing_periods("9998-06-01", "year", count=3)), "outside the years"),
        (lambda: month("2026-10").split("fortnight"), "must be one of 'day'"),
        (lambda: month("2026-10").contains(datetime(2026, 10, 1)), "is not an aware datetime"),
        (lambda: Period(NOW, NOW, "x"), "holds no millisecond"),
        (lambda: Period(NOW + MICROSECOND, NOW + 2 * MICROSECOND, "x"), "holds no millisecond"),
        (lambda: untyped["Period"]("a", "b", "x"), "has no time zone"),
        (lambda: untyped["month"](NO_TIME), "has no time zone"),
        (lambda: untyped["last"](days=1, now=NO_TIME), "must be an aware datetime"),
        (lambda: month("2026-10").contains(NO_TIME), "is not an aware datetime"),
        (lambda: last(hours=10**8), "outside the years"),
        (lambda: previous_month(now=datetime(1, 1, 5, tzinfo=UTC)), "outside the years"),
        (lambda: yesterday(now=datetime(1, 1, 1, tzinfo=UTC)), "outside the years"),
        (lambda: day(datetime(9999, 12, 31, 23, tzinfo=UTC), "Asia/Tokyo"), "outside the years"),
        (lambda: today(FailingZone()), "The time zone fails"),
        (
            lambda: list(billing_periods("2026-01-01", untyped["relativedelta"](hours=1.5), count=1)),
            "must be a whole number",
        ),
        (lambda: Period(datetime(2026, 1, 1), NOW, "x"), "has no time zone"),
    ],
)
def test_nonsense_is_refused_with_what_to_do(wrong: Any, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        wrong()


def test_an_anchor_in_a_doubled_hour_is_the_one_that_was_given() -> None:
    second = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo(VIENNA), fold=1)
    (found,) = billing_periods(second, "day", VIENNA, count=1)
    assert found.start_time == "2026-10-25T01:30:00.000Z"
    assert [one.end_time for one in billing_periods("2026-10-24", "day", VIENNA, until=second)][
        -1
    ] > found.start_time


def test_a_period_is_no_plain_tuple_and_does_not_change() -> None:
    one = month("2026-10")
    assert one != tuple(one)
    assert tuple(one) != one
    assert len({one, tuple(one)}) == 2
    with pytest.raises(AttributeError, match="cannot be changed"):
        one.label = "x"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del one.start


def test_fixed_offsets_and_sub_millisecond_ends() -> None:
    offset = timezone(timedelta(hours=5, minutes=45))
    assert tuple(day("2026-01-01", offset)) == ("2025-12-31T18:15:00.000Z", "2026-01-01T18:14:59.999Z")
    exact = last(hours=1, now=datetime(2026, 1, 1, 12, 0, 0, 1, tzinfo=UTC))
    assert tuple(exact) == ("2026-01-01T11:00:00.001Z", "2026-01-01T12:00:00.000Z")
