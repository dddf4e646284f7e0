"""Moments as people and their systems write them, in the Jalali and the Gregorian calendar; what is ambiguous is refused.

The year tells the calendar: 1300-1500 is Jalali, 1900-2100 Gregorian. A date that could be two days (03/04/2024) or that has a
two-digit year is never guessed. A time without a zone is local to the zone that is given.
"""

import math
import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from voc.calendars import from_jalali
from voc.ingest.letters import plain
from voc.ingest.refusal import RefusalError

JALALI_YEARS: Final = range(1300, 1501)
GREGORIAN_YEARS: Final = range(1900, 2101)
EXCEL_DAYS: Final = (20_000, 73_051)
"""Day numbers of spreadsheets, from 1954 to the end of 2099; smaller numbers are counts, not days."""

LONGEST_CHARS: Final = 100
"""Twice the longest date in words; in what is longer, an open bracket would be searched for its end again and again."""
_EXCEL_EPOCH: Final = datetime(1899, 12, 30)
_EPOCH_UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
_EPOCH_SECONDS: Final = (1_000_000_000, 4_102_444_800)

_JALALI_MONTHS: Final = (
    "فروردین farvardin", "اردیبهشت ordibehesht", "خرداد khordad", "تیر tir", "مرداد امرداد mordad", "شهریور shahrivar",
    "مهر mehr", "آبان aban", "آذر azar", "دی dey", "بهمن bahman", "اسفند esfand",
)  # fmt: skip
_GREGORIAN_MONTHS: Final = (
    "january jan ژانویه", "february feb فوریه", "march mar مارس", "april apr آوریل", "may مه می", "june jun ژوئن",
    "july jul ژوئیه جولای", "august aug اوت آگوست", "september sep sept سپتامبر", "october oct اکتبر",
    "november nov نوامبر", "december dec دسامبر",
)  # fmt: skip
_ASIDE: Final = re.compile(
    r"\([^)]*\)|\b(?:یک|دو|سه|چهار|پنج)? ?شنبه\b|\b(?:جمعه|مورخ|تاریخ|ساعت|سال|ماه|of|at)\b|(?<=\d)(?:st|nd|rd|th)\b"
    r"|\b(?:mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?\b|\bir[sd]t\b|[،,]"
)
_COMPACT_TIME: Final = re.compile(r"(?<=\d{8})t(\d\d)(\d\d)(\d\d)?(?!\d)")
_TIME: Final = re.compile(
    r"(?:(?<=\d)t|\b)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?(?![\d:])"
    r"\s*(?P<half>am|pm|ق\.? ?ظ\.?|ب\.? ?ظ\.?|صبح|عصر|بعد ?از ?ظهر)?"
    r"\s*(?P<utc>z|utc|gmt)?(?P<zone>\s*[+-]\d\d?:\d\d(?![\d/.-])|\s*[+-]\d{4}(?![\d/.-])|[+-]\d\d(?![\d/.-]))?"
)
_NUMERIC: Final = re.compile(r"(\d+)([-/. _\\])(\d+)[-/. _\\](\d+)", re.ASCII)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_WORDS: Final = re.compile(r"\d+|[^\W\d_]+")
_ACCEPTED: Final = "۱۴۰۲/۱۲/۱۱, 1402-12-11, 14021211, «۲۳ شهریور ۱۴۰۲», 2024-03-01, 2024-03-01T14:35:00+03:30"


def parse_moment(value: object, zone: ZoneInfo) -> datetime | None:
    """`value` (text, number, cell) as an aware moment in `zone`, None where it is blank. Raises RefusalError.

    >>> str(parse_moment("۱۴۰۲/۱۲/۱۱", ZoneInfo("Asia/Tehran")))
    '2024-03-01 00:00:00+03:30'
    """
    match value:
        case None | "":
            return None
        case datetime():
            return _from_datetime(value, zone)
        case date():
            return datetime.combine(_day(value.year, value.month, value.day), time(), zone)
        case bool():
            raise _unreadable()
        case int() | float():
            return _from_number(value, zone)
        case str():
            return _from_text(value, zone)
        case _:
            raise _unreadable()


def parse_clock(value: object) -> time | None:
    """A time of day that stands alone («۱۴:۳۵», a cell of a spreadsheet), None where it is blank. Raises RefusalError."""
    match value:
        case None | "":
            return None
        case datetime():
            return value.time()
        case time():
            return value
        case str():
            text = plain(value[: LONGEST_CHARS + 1]).removeprefix("ساعت").strip()
            clock = _TIME.fullmatch(text)
            if not text or clock:
                return _clock(clock) if clock else None
            raise RefusalError("bad_time", "A time of day is needed here: 14:35 or 14:35:10.")
        case _:
            raise RefusalError("bad_time", "A time of day is needed here: 14:35 or 14:35:10.")


def has_time_of_day(value: object) -> bool:
    """Whether `value` says more than the day."""
    match value:
        case datetime():
            return value.time() != time()
        case str():
            if len(value) > LONGEST_CHARS:
                return False
            return bool(_TIME.search(_COMPACT_TIME.sub(r"t\1:\2", plain(value)))) or _is_precise_number(value)
        case int() | float():
            return _is_precise_number(str(value))
        case _:
            return False


def _is_precise_number(text: str) -> bool:
    return (bool(_NUMBER.fullmatch(text)) and not float(text).is_integer()) or (text.isdigit() and len(text) >= 10)


def _from_datetime(value: datetime, zone: ZoneInfo) -> datetime:
    day = _day(value.year, value.month, value.day)
    return datetime.combine(day, value.time(), value.tzinfo or zone).astimezone(zone)


def _from_number(number: float, zone: ZoneInfo) -> datetime | None:
    if isinstance(number, float) and math.isnan(number):
        return None
    if not 0 <= number < _EPOCH_SECONDS[1] * _EPOCH_UNITS[-1]:
        raise _unreadable()
    if number == int(number) and len(digits := str(int(number))) in (8, 12, 14):
        return _from_digits(digits, zone)
    first, last = _EPOCH_SECONDS
    for unit in _EPOCH_UNITS:
        if first * unit <= number < last * unit:
            return datetime.fromtimestamp(number / unit, zone)
    if EXCEL_DAYS[0] <= number < EXCEL_DAYS[1]:
        return (_EXCEL_EPOCH + timedelta(seconds=round(number * 86_400))).replace(tzinfo=zone)
    raise _unreadable()


def _from_digits(digits: str, zone: ZoneInfo) -> datetime:
    """YYYYMMDD, with HHMM or HHMMSS behind it or not."""
    day = _day(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    hour, minute, second = (int(digits[at : at + 2] or 0) for at in (8, 10, 12))
    return datetime.combine(day, _time(hour, minute, second), zone)


def _from_text(value: str, zone: ZoneInfo) -> datetime | None:
    if len(value) > LONGEST_CHARS and value.strip():
        raise _unreadable()
    text = plain(value)
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        return _from_number(float(text) if "." in text else int(text[:20]), zone)
    text = _COMPACT_TIME.sub(lambda match: f"t{match[1]}:{match[2]}:{match[3] or '00'}", text)
    clock = _TIME.search(text)
    if clock is None:
        return datetime.combine(_day_of(text), time(), zone)
    moment = datetime.combine(_day_of(f"{text[: clock.start()]} {text[clock.end() :]}"), _clock(clock), zone)
    if not (clock["utc"] or clock["zone"]):
        return moment
    return moment.replace(tzinfo=timezone(_offset(clock))).astimezone(zone)


def _clock(match: re.Match[str]) -> time:
    hour, half = int(match["hour"]), (match["half"] or "").replace(" ", "").replace(".", "")
    if half in ("pm", "بظ", "عصر", "بعدازظهر") and hour < 12:
        hour += 12
    if half in ("am", "قظ") and hour == 12:
        hour = 0
    fraction = int((match["fraction"] or "0")[:6].ljust(6, "0"))
    return _time(hour, int(match["minute"]), int(match["second"] or 0), fraction)


def _time(hour: int, minute: int, second: int, microsecond: int = 0) -> time:
    try:
        return time(hour, minute, second, microsecond)
    except ValueError:
        raise RefusalError("bad_date", f"{hour}:{minute:02}:{second:02} is no time of day.") from None


def _offset(match: re.Match[str]) -> timedelta:
    zone = (match["zone"] or "+00").strip()
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:-2] if len(digits) > 2 else digits), int(digits[-2:] if len(digits) > 2 else 0)
    if hours > 14 or minutes > 59:
        raise RefusalError("bad_date", f"{zone} is no time zone.")
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


@lru_cache(maxsize=4096)
def _day_of(text: str) -> date:
    text = _ASIDE.sub(" ", text).strip(" -–—:|.")
    if _NUMBER.fullmatch(text) and len(text) == 8:
        return _day(int(text[:4]), int(text[4:6]), int(text[6:]))
    if match := _NUMERIC.fullmatch(text):
        return _numeric_day(match[1], match[3], match[4])
    return _named_day(_WORDS.findall(text))


def _numeric_day(first: str, second: str, third: str) -> date:
    if len(first) == 4:
        return _day(int(first), int(second), int(third))
    if max(map(len, (first, second, third))) <= 2:
        raise RefusalError("two_digit_year", f"A two-digit year could be many years. Write four digits: {_ACCEPTED}.")
    if len(third) != 4 or len(first) > 2 or len(second) > 2:
        raise _unreadable()
    year, low, high = int(third), int(first), int(second)
    if low <= 12 and high <= 12 and low != high:
        raise RefusalError(
            "ambiguous_date",
            f"{first}/{second}/{third} could be day {low} of month {high} or day {high} of month {low}. Write the year first.",
        )
    return _day(year, high, low) if low > 12 or low == high else _day(year, low, high)


def _named_day(words: list[str]) -> date:
    months = [known for word in words if (known := _months().get(word))]
    numbers = [word for word in words if word.isdigit()]
    if len(months) != 1 or len(months) + len(numbers) != len(words):
        raise _unreadable()
    if len(numbers) == 1:
        raise RefusalError("bad_date", f"The year or the day is missing. Write both: {_ACCEPTED}.")
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if len(days) == 2:
        raise RefusalError("two_digit_year", f"A two-digit year could be many years. Write four digits: {_ACCEPTED}.")
    if len(years) != 1 or len(days) != 1:
        raise _unreadable()
    (jalali, month), year = months[0], int(years[0])
    if jalali != _calendar_of(year):
        raise RefusalError("bad_date", f"The month's name and the year {year} are of two calendars.")
    return _day(year, month, int(days[0]))


@lru_cache(maxsize=1)
def _months() -> dict[str, tuple[bool, int]]:
    return {
        plain(name): (jalali, number)
        for jalali, months in ((True, _JALALI_MONTHS), (False, _GREGORIAN_MONTHS))
        for number, names in enumerate(months, 1)
        for name in names.split()
    }


@lru_cache(maxsize=4096)
def _day(year: int, month: int, day: int) -> date:
    jalali = _calendar_of(year)
    try:
        return from_jalali(year, month, day) if jalali else date(year, month, day)
    except ValueError:
        calendar = "Jalali" if jalali else "Gregorian"
        raise RefusalError("bad_date", f"{year}/{month:02}/{day:02} is no day of the {calendar} calendar.") from None


def _calendar_of(year: int) -> bool:
    """Whether the year is Jalali. Raises RefusalError where it is of neither calendar."""
    if year in JALALI_YEARS:
        return True
    if year in GREGORIAN_YEARS:
        return False
    raise RefusalError("bad_date", f"The year {year} is neither Jalali (1300-1500) nor Gregorian (1900-2100).")


def _unreadable() -> RefusalError:
    return RefusalError("bad_date", f"This is not a date that can be read. Write it like one of: {_ACCEPTED}.")
