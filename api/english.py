"""Numbers, days and spans of time as an English reader writes them: Gregorian days, and the functions of `api.persian`.

>>> number(12345.6, 1), number(-3), number(-0.2), number(None)
('12,345.6', '−3', '0', '—')
>>> signed(12), signed(0.2), signed(-4)
('+12', '0', '−4')
>>> percent(0.123), percent(0.004), percent(None)
('12%', '0.4%', '—')
>>> duration(3_725), duration(61), duration(0.4), duration(-61)
('1 hour and 2 minutes', '1 minute and 1 second', 'less than a second', '−1 minute and 1 second')
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.numerals import MISSING, Numerals

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NUMERALS: Final = Numerals(
    figures={},
    minus="\u2212",
    plus="+",
    units=(("day", "days", 86_400), ("hour", "hours", 3_600), ("minute", "minutes", 60), ("second", "seconds", 1)),
    joint=" and ",
    less_than_a_second="less than a second",
)
number, signed, percent, duration = _NUMERALS.number, _NUMERALS.signed, _NUMERALS.percent, _NUMERALS.duration


def digits(text: object) -> str:
    """Any text, whose digits are those of English already."""
    return str(text)


def day(value: date | None) -> str:
    """A day of the Gregorian calendar.

    >>> day(date(2024, 3, 1))
    '1 March 2024'
    """
    return MISSING if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def typed_day(value: date) -> str:
    """A day of the Gregorian calendar as one types it into a field.

    >>> typed_day(date(2024, 3, 1))
    '2024-03-01'
    """
    return value.isoformat()


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """A day with the time of the clock in `zone`.

    >>> moment(datetime(2024, 3, 1, 9, 5, tzinfo=ZoneInfo("UTC")), ZoneInfo("Asia/Tehran"))
    '1 March 2024, 12:35'
    """
    if value is None:
        return MISSING
    local = value.astimezone(zone)
    return f"{day(local.date())}, {local:%H:%M}"


def bucket_title(key: str) -> str:
    """The key of a span of time of the Gregorian calendar as a person would call it.

    >>> bucket_title("2024-03"), bucket_title("2024-W07"), bucket_title("2024-Q1"), bucket_title("2024-03-11")
    ('March 2024', 'week 7 of 2024', 'Q1 2024', '11 March 2024')
    """
    year, _, rest = key.partition("-")
    if rest.startswith("W"):
        return f"week {int(rest[1:])} of {year}"
    if rest.startswith("Q"):
        return f"{rest} {year}"
    if len(key) == len("2024-03-11"):
        return day(date.fromisoformat(key))
    return f"{MONTHS[int(rest) - 1]} {year}" if rest else year
