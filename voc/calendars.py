"""Days and hours as the buckets of a trend, in the Jalali and the Gregorian calendar, and the rows of the calendar table.

A bucket's key sorts within its size as time does and says which calendar it belongs to only by its year (1402, 2024), so
whoever stores a key stores the calendar with it. A week runs from Saturday to Friday in both calendars; week 1 is the one
that holds the first day of the year (1 Farvardin, 1 January), so the last days of a year may belong to week 1 of the next.
jdatetime does the Jalali arithmetic; this file is its only door.
"""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal

import jdatetime

BucketSize = Literal["hour", "day", "week", "month", "quarter", "year"]
Calendar = Literal["jalali", "gregorian"]

JALALI_MONTHS_FA: Final[tuple[str, ...]] = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
FIRST_JALALI_YEAR: Final = 1380
LAST_JALALI_YEAR: Final = 1430
DAYS_REMEMBERED: Final = 20_000  # some 4 MB for each function; a conversion takes 15 µs and a series by day asks for thousands

_DAY: Final = timedelta(days=1)
_KEYS: Final[dict[BucketSize, re.Pattern[str]]] = {
    "hour": re.compile(r"(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3])", re.ASCII),
    "day": re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII),
    "week": re.compile(r"(\d{4})-W(\d\d)", re.ASCII),
    "month": re.compile(r"(\d{4})-(\d\d)", re.ASCII),
    "quarter": re.compile(r"(\d{4})-Q([1-4])", re.ASCII),
    "year": re.compile(r"(\d{4})", re.ASCII),
}


@lru_cache(DAYS_REMEMBERED)
def to_jalali(day: date) -> tuple[int, int, int]:
    """Year, month and day of a Gregorian day in the Jalali calendar. Raises ValueError before the first Jalali year.

    >>> to_jalali(date(2024, 3, 11))
    (1402, 12, 21)
    """
    jalali = jdatetime.date.fromgregorian(date=day)
    return jalali.year, jalali.month, jalali.day


@lru_cache(DAYS_REMEMBERED)
def from_jalali(year: int, month: int, day: int) -> date:
    """The Gregorian day of a Jalali one. Raises ValueError where there is no such day.

    >>> from_jalali(1403, 12, 30)
    datetime.date(2025, 3, 20)
    """
    gregorian: date = jdatetime.date(year, month, day).togregorian()
    return gregorian


@lru_cache(DAYS_REMEMBERED)
def bucket_key(day: date, size: BucketSize, calendar: Calendar, hour: int | None = None) -> str:
    """The key of the bucket that holds this day (and, for `hour`, this hour of it). Raises ValueError for a missing hour.

    >>> bucket_key(date(2024, 3, 11), "week", "jalali"), bucket_key(date(2024, 3, 11), "quarter", "gregorian")
    ('1402-W52', '2024-Q1')
    """
    if size == "week":
        year, week = _week_of(day, calendar)
        return f"{year:04}-W{week:02}"
    year, month, number = _parts(day, calendar)
    if size == "hour":
        if hour is None or not 0 <= hour <= 23:
            raise ValueError(f"A bucket of an hour needs the hour, 0 to 23 (given: {hour}).")
        return f"{year:04}-{month:02}-{number:02}T{hour:02}"
    return {
        "day": f"{year:04}-{month:02}-{number:02}",
        "month": f"{year:04}-{month:02}",
        "quarter": f"{year:04}-Q{(month + 2) // 3}",
        "year": f"{year:04}",
    }[size]


@lru_cache(DAYS_REMEMBERED)
def bucket_bounds(key: str, size: BucketSize, calendar: Calendar) -> tuple[date, date]:
    """First day of the bucket and the day after its last, as Gregorian days; an hour's are those of its day.

    Raises ValueError where the key is not one of this size and calendar.

    >>> bucket_bounds("1402-12", "month", "jalali")
    (datetime.date(2024, 2, 20), datetime.date(2024, 3, 20))
    """
    found = _KEYS[size].fullmatch(key)
    if not found:
        raise ValueError(f"{key!r} is not the key of a {size}.")
    year, *rest = map(int, found.groups())
    if size == "week":
        return _week_bounds(key, year, rest[0], calendar)
    if size in ("hour", "day"):
        start = _day_of(year, rest[0], rest[1], calendar)
        return start, start + _DAY
    months = {"month": 1, "quarter": 3, "year": 12}[size]
    first = 1 + (rest[0] - 1) * months if rest else 1
    following = (year + 1, 1) if first + months > 12 else (year, first + months)
    return _day_of(year, first, 1, calendar), _day_of(*following, 1, calendar)


def bucket_span(key: str, size: BucketSize, calendar: Calendar) -> tuple[date, date]:
    """Where the bucket begins and ends, as people are told: days as in `bucket_bounds`, for an hour local date-times.

    Raises ValueError as `bucket_bounds` does.

    >>> bucket_span("1402-12-21T09", "hour", "jalali")
    (datetime.datetime(2024, 3, 11, 9, 0), datetime.datetime(2024, 3, 11, 10, 0))
    """
    start, end = bucket_bounds(key, size, calendar)
    if size != "hour":
        return start, end
    begin = datetime.combine(start, time(int(key[-2:])))
    return begin, begin + timedelta(hours=1)


def next_key(key: str, size: BucketSize, calendar: Calendar) -> str:
    """The key of the bucket right after this one. Raises ValueError as `bucket_bounds` does.

    >>> next_key("1402-12", "month", "jalali"), next_key("1402-12-29T23", "hour", "jalali")
    ('1403-01', '1403-01-01T00')
    """
    start, end = bucket_bounds(key, size, calendar)
    if size != "hour":
        return bucket_key(end, size, calendar)
    hour = int(key[-2:]) + 1
    return bucket_key(end, size, calendar, 0) if hour == 24 else bucket_key(start, size, calendar, hour)


def usual_days() -> tuple[date, ...]:
    """The days of the Jalali years 1380 to 1430, in order."""
    start, end = from_jalali(FIRST_JALALI_YEAR, 1, 1), from_jalali(LAST_JALALI_YEAR + 1, 1, 1)
    return tuple(start + number * _DAY for number in range((end - start).days))


def calendar_row(day: date) -> tuple[date, date, int, int, int, int, int]:
    """The row of the `calendar` table for a day, in its column order."""
    return day, _week_start(day), *to_jalali(day), *_week_of(day, "jalali")


def _parts(day: date, calendar: Calendar) -> tuple[int, int, int]:
    return to_jalali(day) if calendar == "jalali" else (day.year, day.month, day.day)


def _day_of(year: int, month: int, day: int, calendar: Calendar) -> date:
    return from_jalali(year, month, day) if calendar == "jalali" else date(year, month, day)


def _week_start(day: date) -> date:
    """The Saturday on or before; Monday is weekday 0."""
    return day - timedelta(days=(day.weekday() + 2) % 7)


def _week_of(day: date, calendar: Calendar) -> tuple[int, int]:
    """Year and number of the day's week: the year is that of its Friday, for the week of a New Year belongs to the new year."""
    start = _week_start(day)
    year = _parts(start + 6 * _DAY, calendar)[0]
    return year, (start - _first_week(year, calendar)).days // 7 + 1


def _first_week(year: int, calendar: Calendar) -> date:
    return _week_start(_day_of(year, 1, 1, calendar))


def _week_bounds(key: str, year: int, week: int, calendar: Calendar) -> tuple[date, date]:
    start = _first_week(year, calendar) + (week - 1) * 7 * _DAY
    if _week_of(start, calendar) != (year, week):
        raise ValueError(f"{key!r}: that year has no such week.")
    return start, start + 7 * _DAY
