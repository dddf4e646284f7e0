"""A day as a person writes it in a filter, Jalali or Gregorian, in digits of any script, or a moment as a program does.

Filters are typed, so only year-month-day is taken; what files hold in their date columns is read by `voc.ingest.dates`.
Dashboards send moments (ISO 8601, or milliseconds since 1970 as Grafana does), and rows have days: a span from one moment to
another is that of all days that it touches. Days have room before and after them in every calendar, for figures are compared
with those of as long a time before.
"""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from voc.calendars import from_jalali
from voc.errors import InputError

JALALI_YEARS: Final = range(1200, 1600)
YEARS: Final = range(1800, 2300)
_DAY: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_MOMENT: Final = re.compile(r"(\d{4})-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_MILLISECONDS: Final = re.compile(r"0|-?\d{11,14}", re.ASCII)  # fewer might be a day without dashes, or seconds
_ONE_DAY: Final = timedelta(days=1)
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_SHOWN: Final = 40


def parse_day(text: str, field: str) -> date:
    """The day that `text` names; years about 1400 are Jalali.

    Raises InputError, which names `field`, where it is no day or none of `YEARS`.

    >>> parse_day("۱۴۰۲/۱۲/۱۱", "from")
    datetime.date(2024, 3, 1)
    """
    match = _DAY.fullmatch(text.strip())
    found = None
    with suppress(ValueError):
        if match:
            year, month, day = map(int, match.groups())  # int reads Persian and Arabic digits too
            found = from_jalali(year, month, day) if year in JALALI_YEARS else date(year, month, day)
    if not found:
        message = f"{field}: {text[:_LONGEST_SHOWN]!r} is not a day. Write 2026-05-04, or 1405-02-14 for a Jalali one."
        raise InputError(message, field=field)
    return _of_usual_years(found, field)


def parse_first_day(text: str, field: str, zone: tzinfo) -> date:
    """The day that `text` names, or in `zone` that of the moment. Raises InputError as `parse_day` does.

    >>> parse_first_day("1709325000000", "from", UTC), parse_first_day("2024-03-01T22:00:00Z", "from", UTC)
    (datetime.date(2024, 3, 1), datetime.date(2024, 3, 1))
    """
    moment = _find_moment(text.strip(), zone)
    return _of_usual_years(moment.date(), field) if moment else parse_day(text, field)


def parse_end(text: str, field: str, zone: tzinfo) -> date:
    """The day that a span ends before: the one that `text` names, or in `zone` the first midnight not before the moment.

    Raises InputError as `parse_day` does.

    >>> parse_end("2024-03-01", "to", UTC), parse_end("2024-03-01T23:59:59.999Z", "to", UTC)
    (datetime.date(2024, 3, 1), datetime.date(2024, 3, 2))
    """
    moment = _find_moment(text.strip(), zone)
    if moment is None:
        return parse_day(text, field)
    day = _of_usual_years(moment.date(), field)
    whole = moment == moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return day if whole else day + _ONE_DAY


def _of_usual_years(day: date, field: str) -> date:
    if day.year not in YEARS:
        raise InputError(f"{field}: {day} is not of the years {YEARS[0]} to {YEARS[-1]}.", field=field)
    return day


def _find_moment(text: str, zone: tzinfo) -> datetime | None:
    """The moment, by the clock of `zone`; None where the text is none, or is one beyond the calendar."""
    with suppress(ValueError, OverflowError):
        if _MILLISECONDS.fullmatch(text):
            return (_BEGINNING + timedelta(milliseconds=int(text))).astimezone(zone)
        if (match := _MOMENT.fullmatch(text)) and int(match[1]) not in JALALI_YEARS:
            moment = datetime.fromisoformat(text)
            return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    return None
