"""Days in filters: both calendars, digits of every script, and a refusal that names the field where there is no such day."""

from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from voc.days import parse_day, parse_end, parse_first_day
from voc.errors import InputError


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1402-12-11", date(2024, 3, 1)),
        ("1402/12/11", date(2024, 3, 1)),
        ("۱۴۰۲/۱۲/۱۱", date(2024, 3, 1)),
        ("١٤٠٢-١٢-١١", date(2024, 3, 1)),
        (" ۱۴۰۳/۱/۱ ", date(2024, 3, 20)),
        ("1403-12-30", date(2025, 3, 20)),  # the last day of a leap year
        ("2024-03-01", date(2024, 3, 1)),
        ("۲۰۲۴/۳/۱", date(2024, 3, 1)),
        ("2024-02-29", date(2024, 2, 29)),
    ],
)
def test_a_day_in_either_calendar(text: str, day: date) -> None:
    assert parse_day(text, "from") == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "امروز",
        "1402",
        "1402-12",
        "1402-13-01",
        "1402-12-30",
        "2023-02-29",
        "03/04/2024",
        "02-12-11",
        "1402-12-11T10:00",
        "0000-01-01",
    ],
)
def test_no_such_day(text: str) -> None:
    with pytest.raises(InputError, match="Write 2026-05-04, or 1405-02-14") as caught:
        parse_day(text, "to")
    assert caught.value.field == "to"


def test_a_long_text_is_not_repeated_whole() -> None:
    with pytest.raises(InputError) as caught:
        parse_day("۱" * 5_000, "to")
    assert len(caught.value.message) < 150


TEHRAN = ZoneInfo("Asia/Tehran")


@pytest.mark.parametrize(
    "text", ["0001-01-01", "۱۰۰۰-۰۱-۰۱", "1799-12-31", "2300-01-01", "9999-12-31", "9999-12-31T12:00", "0001-01-01T00:00"]
)
def test_a_day_without_room_before_or_after_it_is_refused(text: str) -> None:
    for parse in (parse_first_day, parse_end):
        with pytest.raises(InputError, match="years 1800 to 2299") as caught:
            parse(text, "to", TEHRAN)
        assert caught.value.field == "to"


@pytest.mark.parametrize(
    ("text", "day"), [("1200-01-01", date(1821, 3, 21)), ("1599-12-29", date(2221, 3, 20)), ("1800-01-01", date(1800, 1, 1))]
)
def test_every_day_of_the_jalali_years_is_taken(text: str, day: date) -> None:
    assert parse_day(text, "from") == day


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("1402-12-11", date(2024, 3, 1), date(2024, 3, 1)),
        ("۱۴۰۲/۱۲/۱۱", date(2024, 3, 1), date(2024, 3, 1)),
        ("2024-02-29T20:30:00.000Z", date(2024, 3, 1), date(2024, 3, 1)),  # midnight in Tehran, as Grafana's :date:iso
        ("2024-02-29T20:29:59.999Z", date(2024, 2, 29), date(2024, 3, 1)),
        ("2024-03-01T20:29:59.999Z", date(2024, 3, 1), date(2024, 3, 2)),
        ("2024-03-01T00:00:00+03:30", date(2024, 3, 1), date(2024, 3, 1)),
        ("2024-03-01T00:00:00.000001+0330", date(2024, 3, 1), date(2024, 3, 2)),
        ("2024-03-01T10:00", date(2024, 3, 1), date(2024, 3, 2)),  # by the clock of the zone
        ("2024-03-01 00:00", date(2024, 3, 1), date(2024, 3, 1)),
        ("1709238600000", date(2024, 3, 1), date(2024, 3, 1)),  # the same midnight, as Grafana's ${__from}
        ("1709238599999", date(2024, 2, 29), date(2024, 3, 1)),
        (" 1709324999999 ", date(2024, 3, 1), date(2024, 3, 2)),
        ("0", date(1970, 1, 1), date(1970, 1, 2)),
        ("-12345678901", date(1969, 8, 11), date(1969, 8, 12)),
    ],
)
def test_a_span_between_moments_is_that_of_all_days_that_it_touches(text: str, first: date, end: date) -> None:
    assert parse_first_day(text, "from", TEHRAN) == first
    assert parse_end(text, "to", TEHRAN) == end


@pytest.mark.parametrize("zone", [UTC, TEHRAN])
@pytest.mark.parametrize(
    "text",
    [
        "1709238600",  # seconds would be read as a day of 1970
        "20240301",
        "14021211",
        "170923860000000",
        "۱۷۰۹۲۳۸۶۰۰۰۰۰",
        "1402-12-11T10:00",
        "2024-02-30T10:00:00Z",
        "2024-03-01T25:00:00Z",
        "2024-03-01T10:00:00 03:30",
        "2024-03-01T10:00:00Zulu",
        "9999-12-31T23:59:59-03:30",
        "now-7d",
        "${__from}",
    ],
)
def test_no_such_moment(text: str, zone: ZoneInfo) -> None:
    for parse in (parse_first_day, parse_end):
        with pytest.raises(InputError, match="is not a day") as caught:
            parse(text, "to", zone)
        assert caught.value.field == "to"
