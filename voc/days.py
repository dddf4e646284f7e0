"""A day as a person writes it in a filter, Jalali or Gregorian, in digits of any script.

Filters are typed, so only year-month-day is taken; what files hold in their date columns is read by `voc.ingest.dates`.
"""

import re
from contextlib import suppress
from datetime import date
from typing import Final

from voc.calendars import from_jalali
from voc.errors import InputError

JALALI_YEARS: Final = range(1200, 1600)
_DAY: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_LONGEST_SHOWN: Final = 40


def parse_day(text: str, field: str) -> date:
    """The day that `text` names; years about 1400 are Jalali. Raises InputError, which names `field`, where it is no day.

    >>> parse_day("۱۴۰۲/۱۲/۱۱", "from")
    datetime.date(2024, 3, 1)
    """
    match = _DAY.fullmatch(text.strip())
    with suppress(ValueError):
        if match:
            year, month, day = map(int, match.groups())  # int reads Persian and Arabic digits too
            return from_jalali(year, month, day) if year in JALALI_YEARS else date(year, month, day)
    message = f"{field}: {text[:_LONGEST_SHOWN]!r} is not a day. Write 2026-05-04, or 1405-02-14 for a Jalali one."
    raise InputError(message, field=field)
