"""Times as arguments, in requests and in responses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from netra import APIResponseValidationError, InvalidRequestError
from netra._timestamps import from_wire, to_wire, window


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00z", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01t05:30+0530", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T05:30:00.0009-00", "2026-01-01T05:30:00.000Z"),
        ("2026-01-01T23:59-2359", "2026-01-02T23:58:00.000Z"),
        ("2026-01-01T05:30:00.9999999999999999999999z", "2026-01-01T05:30:00.999Z"),
        ("2026-01-01 05:30", "2026-01-01T05:30:00.000Z"),
        ("2026-01-01T05:30:00+05:30", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00-08:00", "2026-01-01T08:00:00.000Z"),
        ("2026-01-31T23:59:59.999999Z", "2026-01-31T23:59:59.999Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.000Z"),
        (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00.000Z"),
        (datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), "2026-01-01T00:00:00.000Z"),
    ],
)
def test_any_iso_time_is_sent_in_utc_with_milliseconds(given: str | datetime, sent: str) -> None:
    assert to_wire(given, "start_time") == sent


@pytest.mark.parametrize(
    "given",
    [
        "",
        "yesterday",
        "2026-13-01",
        "1768469400",
        "1709121200000",
        "2026-01-01X00:00",
        "2026-01-01T",
        "2026-01-01T09",
        "2026-01-01T09Z",
        "2026-01-01T0930",
        "2026-01-01T09:3000",
        "2026-01-01T09:30:00,5",
        "2026-01-01T09:30:00.",
        "2026-01-01T09:30.5",
        "2026-01-01T24:00",
        "2026-01-01T23:59:60",
        "2026-01-01T23:60",
        "2026-01-01T09:30+24:00",
        "2026-01-01T09:30+05:60",
        "2026-01-01T09:30+5",
        "2026-01-01T09:30+05:",
        "2026-01-01T09:30+05:30:00",
        "2026-01-01T09:30 Z",
        "2026-01-01T09:30\u221205:00",
        "2026-01-01  09:30",
        "2026-01-01Z",
        "2026-02-29",
        "0000-01-01",
        "+2026-01-01",
        "26-01-01",
        "20260101",
        "20260101T0530Z",
        "2026-01",
        "2026-001",
        "2026-W01",
        "2026-W01-4",
        "2026W014",
        "\uff12026-01-01",
        "2026-01-01T09:30:00.\u0665",
        "2026-01-01T00:00:00.000Z\n",
        "2026-01-01T00:00:00.000Z ",
        datetime(2026, 1, 1),
        "0001-01-01T00:00:00+14:00",
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        1768469400,
        None,
        datetime(2026, 1, 1, tzinfo=UTC).date(),
    ],
)
def test_any_other_time_is_rejected_by_name(given: Any) -> None:
    with pytest.raises(InvalidRequestError, match="start_time"):
        to_wire(given, "start_time")


def test_a_window_error_names_the_wrong_argument() -> None:
    with pytest.raises(InvalidRequestError, match=r"^start_time='soon' is not an ISO 8601 time"):
        window("soon", "2026-01-01T00:00:00Z")
    with pytest.raises(InvalidRequestError, match=r"^end_time='soon' is not an ISO 8601 time"):
        window("2026-01-01", "soon")
    number: Any = 5
    with pytest.raises(
        InvalidRequestError, match=r"^end_time must be ISO 8601 text or an aware datetime, not int"
    ):
        window("2026-01-01", number)


@pytest.mark.parametrize("end", ["2026-10-31", date(2026, 10, 31)])
def test_an_end_without_a_time_of_day_is_rejected(end: Any) -> None:
    """It would leave out that whole day."""
    with pytest.raises(InvalidRequestError, match=r"^end_time.*T23:59:59\.999Z'") as caught:
        window("2026-10-01", end)
    assert "2026-10-31T23:59:59.999Z" in str(caught.value)
    with pytest.raises(InvalidRequestError, match=r"2026-02-31 is a day that does not exist"):
        window("2026-02-01", "2026-02-31")


def test_a_day_as_start_means_its_first_instant() -> None:
    assert window("2026-10-31", "2026-10-31T23:59:59.999Z")[0] == "2026-10-31T00:00:00.000Z"
    a_date: Any = date(2026, 10, 31)
    with pytest.raises(InvalidRequestError, match=r"write '2026-10-31T00:00:00\.000Z'"):
        window(a_date, "2026-10-31T23:59:59.999Z")


def test_a_window_that_ends_before_it_starts_is_rejected() -> None:
    assert window("2026-01-01", "2026-01-01T00:00Z") == ("2026-01-01T00:00:00.000Z",) * 2
    with pytest.raises(InvalidRequestError, match="after end_time"):
        window("2026-01-02", "2026-01-01T00:00Z")
    with pytest.raises(InvalidRequestError, match="after end_time"):
        window("2026-01-01T00:00:00-01:00", "2026-01-01T00:30:00Z")


@pytest.mark.parametrize(
    "received",
    ["2026-01-15T09:30:00.250Z", "2026-01-15 10:30:00.25+01", "2026-01-15t09:30:00.250", "1768469400250"],
)
def test_a_received_time_is_read_as_iso_text_or_milliseconds(received: str) -> None:
    moment = from_wire(received, "start_time")
    assert moment == datetime(2026, 1, 15, 9, 30, 0, 250_000, tzinfo=UTC)
    assert moment.tzinfo is UTC


def test_a_received_time_before_1970_may_be_negative_milliseconds() -> None:
    assert from_wire("-1", "start_time") == datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)


def test_a_received_time_keeps_its_microseconds_and_is_never_rounded() -> None:
    assert from_wire("2026-01-15T09:30:59.9999999Z", "start_time").microsecond == 999_999


@pytest.mark.parametrize(
    "received",
    [
        "",
        "soon",
        "9" * 30,
        "9" * 5_000,
        "-",
        "--1",
        "1_000",
        "1.5",
        "²",
        "\u0661",
        "2026-01-15T24:00:00.000Z",
        "2026-W03-4",
        "2026-01-15T09:30:00,250Z",
        "0001-01-01T00:00+01:00",
    ],
)
def test_an_unreadable_received_time_raises_and_names_the_field(received: str) -> None:
    with pytest.raises(APIResponseValidationError, match="start_time"):
        from_wire(received, "start_time")
