from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import get_args

import jdatetime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.calendars import (
    JALALI_MONTHS_FA,
    BucketSize,
    Calendar,
    bucket_bounds,
    bucket_key,
    calendar_row,
    from_jalali,
    next_key,
    to_jalali,
    usual_days,
)

LEAP_YEARS = {1383, 1387, 1391, 1395, 1399, 1403, 1408, 1412, 1416, 1420, 1424, 1428}
SIZES: tuple[BucketSize, ...] = get_args(BucketSize)
CALENDARS: tuple[Calendar, ...] = get_args(Calendar)
days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
sizes, calendars, hours = st.sampled_from(SIZES), st.sampled_from(CALENDARS), st.integers(0, 23)


@pytest.mark.parametrize(
    ("gregorian", "jalali"),
    [
        (date(2011, 3, 21), (1390, 1, 1)),
        (date(2020, 3, 19), (1398, 12, 29)),
        (date(2020, 3, 20), (1399, 1, 1)),
        (date(2021, 3, 20), (1399, 12, 30)),
        (date(2021, 3, 21), (1400, 1, 1)),
        (date(2024, 3, 11), (1402, 12, 21)),
        (date(2024, 3, 20), (1403, 1, 1)),
        (date(2025, 3, 20), (1403, 12, 30)),
        (date(2025, 3, 21), (1404, 1, 1)),
        (date(2026, 5, 4), (1405, 2, 14)),
        (date(2030, 3, 20), (1408, 12, 30)),
        (date(2030, 3, 21), (1409, 1, 1)),
    ],
)
def test_known_days(gregorian: date, jalali: tuple[int, int, int]) -> None:
    assert to_jalali(gregorian) == jalali
    assert from_jalali(*jalali) == gregorian


@pytest.mark.parametrize("day", [(1400, 12, 30), (1402, 12, 30), (1403, 7, 31), (1403, 13, 1), (1403, 1, 0), (0, 1, 1)])
def test_days_that_do_not_exist(day: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"range|must be"):
        from_jalali(*day)


@cache
def table() -> list[tuple[date, date, int, int, int, int, int]]:
    return list(map(calendar_row, usual_days()))


def test_every_day_of_the_calendar_table() -> None:
    rows = table()
    assert rows[0][0] == date(2001, 3, 21)
    assert rows[-1][0] == from_jalali(1430, 12, 29)
    assert len(rows) == 51 * 365 + len(LEAP_YEARS)
    for day, week_start, year, month, number, _, _ in rows:
        theirs = jdatetime.date.fromgregorian(date=day)
        assert (year, month, number) == (theirs.year, theirs.month, theirs.day)
        assert from_jalali(year, month, number) == day
        assert week_start.strftime("%a") == "Sat"
        assert week_start <= day < week_start + timedelta(days=7)
    assert all(after[0] - before[0] == timedelta(days=1) for before, after in pairwise(rows))


@pytest.mark.parametrize("year", range(1380, 1431))
def test_year_lengths(year: int) -> None:
    months = [row[3] for row in table() if row[2] == year]
    lengths = [months.count(month) for month in range(1, 13)]
    assert lengths == [31] * 6 + [30] * 5 + [30 if year in LEAP_YEARS else 29]


def test_weeks_of_the_calendar_table_run_on_and_hold_the_first_of_farvardin() -> None:
    by_week: dict[tuple[int, int], list[date]] = {}
    for day, _, year, month, number, week_year, week in table():
        by_week.setdefault((week_year, week), []).append(day)
        if (month, number) == (1, 1):
            assert (week_year, week) == (year, 1)
    assert all(len(held) == 7 for held in list(by_week.values())[1:-1])
    for (year, week), (next_year, next_week) in pairwise(by_week):
        assert (next_year, next_week) in {(year, week + 1), (year + 1, 1)}
    assert {week for _, week in by_week} == set(range(1, 54))


@pytest.mark.parametrize(
    ("day", "size", "calendar", "key"),
    [
        (date(2024, 3, 11), "hour", "jalali", "1402-12-21T09"),
        (date(2024, 3, 11), "day", "jalali", "1402-12-21"),
        (date(2024, 3, 11), "month", "jalali", "1402-12"),
        (date(2024, 3, 11), "quarter", "jalali", "1402-Q4"),
        (date(2024, 3, 11), "year", "jalali", "1402"),
        (date(2024, 3, 11), "hour", "gregorian", "2024-03-11T09"),
        (date(2024, 3, 11), "day", "gregorian", "2024-03-11"),
        (date(2024, 3, 11), "month", "gregorian", "2024-03"),
        (date(2024, 3, 11), "quarter", "gregorian", "2024-Q1"),
        (date(2024, 3, 11), "year", "gregorian", "2024"),
        # Saturday 1402-12-26 begins the week of 1 Farvardin 1403, a Wednesday
        (date(2024, 3, 15), "week", "jalali", "1402-W52"),
        (date(2024, 3, 16), "week", "jalali", "1403-W01"),
        (date(2024, 3, 22), "week", "jalali", "1403-W01"),
        (date(2024, 3, 23), "week", "jalali", "1403-W02"),
        (date(2023, 11, 27), "week", "jalali", "1402-W37"),
        # 1 Farvardin 1404 is a Friday: six days of its week are of 1403
        (date(2025, 3, 15), "week", "jalali", "1404-W01"),
        (date(2025, 3, 22), "week", "jalali", "1404-W02"),
        # 1 Farvardin 1405 is a Saturday, so 1404 ends with a whole week of its own
        (date(2026, 3, 20), "week", "jalali", "1404-W53"),
        (date(2026, 3, 21), "week", "jalali", "1405-W01"),
        (date(2023, 12, 29), "week", "gregorian", "2023-W52"),
        (date(2023, 12, 30), "week", "gregorian", "2024-W01"),
        (date(2024, 1, 6), "week", "gregorian", "2024-W02"),
        (date(2025, 3, 20), "quarter", "jalali", "1403-Q4"),
        (date(2025, 3, 21), "quarter", "jalali", "1404-Q1"),
        (date(2024, 6, 21), "quarter", "jalali", "1403-Q2"),
    ],
)
def test_keys(day: date, size: BucketSize, calendar: Calendar, key: str) -> None:
    assert bucket_key(day, size, calendar, 9) == key


@pytest.mark.parametrize(
    ("key", "size", "calendar", "start", "end"),
    [
        ("1402-12", "month", "jalali", date(2024, 2, 20), date(2024, 3, 20)),
        ("1403-12", "month", "jalali", date(2025, 2, 19), date(2025, 3, 21)),
        ("1403-Q4", "quarter", "jalali", date(2024, 12, 21), date(2025, 3, 21)),
        ("1399", "year", "jalali", date(2020, 3, 20), date(2021, 3, 21)),
        ("1403-W01", "week", "jalali", date(2024, 3, 16), date(2024, 3, 23)),
        ("1403-12-30", "day", "jalali", date(2025, 3, 20), date(2025, 3, 21)),
        ("1402-12-21T23", "hour", "jalali", date(2024, 3, 11), date(2024, 3, 12)),
        ("2024-02", "month", "gregorian", date(2024, 2, 1), date(2024, 3, 1)),
        ("2024-12", "month", "gregorian", date(2024, 12, 1), date(2025, 1, 1)),
        ("2024-Q4", "quarter", "gregorian", date(2024, 10, 1), date(2025, 1, 1)),
    ],
)
def test_bounds(key: str, size: BucketSize, calendar: Calendar, start: date, end: date) -> None:
    assert bucket_bounds(key, size, calendar) == (start, end)


@pytest.mark.parametrize(
    ("key", "size", "calendar"),
    [
        ("1402-13", "month", "jalali"),
        ("1402-00", "month", "jalali"),
        ("1402-12-30", "day", "jalali"),
        ("1402-12-21T24", "hour", "jalali"),
        ("1402-W53", "week", "jalali"),
        ("1402-W00", "week", "jalali"),
        ("1402-Q5", "quarter", "jalali"),
        ("1402-12", "year", "jalali"),
        ("1402", "month", "jalali"),
        ("۱۴۰۲-۱۲", "month", "jalali"),
        ("1402-12\n", "month", "jalali"),
        ("2023-02-29", "day", "gregorian"),
        ("", "day", "gregorian"),
    ],
)
def test_keys_that_do_not_exist(key: str, size: BucketSize, calendar: Calendar) -> None:
    with pytest.raises(ValueError, match=r"."):
        bucket_bounds(key, size, calendar)


@pytest.mark.parametrize("hour", [None, -1, 24])
def test_an_hour_needs_its_hour(hour: int | None) -> None:
    with pytest.raises(ValueError, match="0 to 23"):
        bucket_key(date(2024, 3, 11), "hour", "jalali", hour)


@given(days, sizes, calendars, hours)
def test_a_bucket_holds_its_days_and_the_next_one_begins_at_its_end(
    day: date, size: BucketSize, calendar: Calendar, hour: int
) -> None:
    key = bucket_key(day, size, calendar, hour)
    start, end = bucket_bounds(key, size, calendar)
    assert start <= day < end
    assert bucket_key(start, size, calendar, hour) == bucket_key(end - timedelta(days=1), size, calendar, hour) == key
    following = next_key(key, size, calendar)
    assert bucket_bounds(following, size, calendar)[0] == (end if size != "hour" or hour == 23 else start)
    assert bucket_key(end, size, calendar, hour) != key


@given(days, days, sizes, calendars, hours, hours)
def test_keys_sort_as_time_does(
    first: date, second: date, size: BucketSize, calendar: Calendar, first_hour: int, second_hour: int
) -> None:
    (first, first_hour), (second, second_hour) = sorted([(first, first_hour), (second, second_hour)])
    assert bucket_key(first, size, calendar, first_hour) <= bucket_key(second, size, calendar, second_hour)


def test_months_of_a_day_run_through_the_hours() -> None:
    key, seen = "1403-12-30T00", []
    while key < "1404-01-01T01":
        seen.append(key)
        key = next_key(key, "hour", "jalali")
    assert seen == [f"1403-12-30T{hour:02}" for hour in range(24)] + ["1404-01-01T00"]


def test_persian_names_of_the_months() -> None:
    assert len(JALALI_MONTHS_FA) == 12
    assert (JALALI_MONTHS_FA[0], JALALI_MONTHS_FA[11]) == ("فروردین", "اسفند")
