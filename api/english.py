"""Numbers, days and spans of time as an English reader writes them: Gregorian days, and the functions of `api.persian`."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MISSING: Final = "—"
_MINUS: Final = "\u2212"
_SECONDS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def number(value: float | None, decimals: int = 0) -> str:
    """A number, with a dash for none.

    >>> number(12345.6, 1), number(-3), number(-0.2), number(None)
    ('12,345.6', '−3', '0', '—')
    """
    if value is None:
        return MISSING
    written = f"{abs(value):,.{decimals}f}"
    return _MINUS + written if value < 0 and written.strip("0.") else written


def signed(value: float | None, decimals: int = 0) -> str:
    """A net score, with its sign on either side of nought.

    >>> signed(12), signed(0.2), signed(-4)
    ('+12', '0', '−4')
    """
    written = number(value, decimals)
    return f"+{written}" if value is not None and value > 0 and written.strip("0.") else written


def percent(share: float | None, decimals: int = 0) -> str:
    """A share in per cent, small ones with a decimal.

    >>> percent(0.123), percent(0.004), percent(None)
    ('12%', '0.4%', '—')
    """
    if share is None:
        return MISSING
    return number(100 * share, decimals or int(0 < abs(share) < 0.01)) + "%"


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


def duration(seconds: float | None) -> str:
    """A span of time in its two largest units.

    >>> duration(3_725), duration(61), duration(0.4)
    ('1 hour and 2 minutes', '1 minute and 1 second', 'less than a second')
    """
    if seconds is None:
        return MISSING
    rest, parts = round(seconds), list[str]()
    for unit, size in _SECONDS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{number(count)} {unit}{'s' if count > 1 else ''}")
    return " and ".join(parts[:2]) or "less than a second"


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
