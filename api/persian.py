"""Numbers, days and spans of time as a Persian reader writes them.

Persian digits, «٬» between thousands, «٫» before decimals, «٪» after a percentage, Jalali days. A minus sign is led by a
left-to-right mark, as Unicode's own Persian locale does, so that it stays on the left of its number in a line of Persian.
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from voc.calendars import JALALI_MONTHS_FA, to_jalali

MISSING: Final = "—"
_DIGITS: Final = str.maketrans("0123456789,.%", "۰۱۲۳۴۵۶۷۸۹٬٫٪")
_MINUS: Final = "\u200e\u2212"
_PLUS: Final = "\u200e+"
_SECONDS: Final = (("روز", 86_400), ("ساعت", 3_600), ("دقیقه", 60), ("ثانیه", 1))


def number(value: float | None, decimals: int = 0) -> str:
    r"""A number, with a dash for none.

    >>> number(12345.6, 1), number(-3), number(None)
    ('۱۲٬۳۴۵٫۶', '\u200e−۳', '—')
    """
    if value is None:
        return MISSING
    written = f"{abs(value):,.{decimals}f}".translate(_DIGITS)
    return _MINUS + written if value < 0 and written.strip("۰٫") else written


def signed(value: float | None, decimals: int = 0) -> str:
    r"""A net score, with its sign on either side of nought.

    >>> signed(12), signed(0.2), signed(-4)
    ('\u200e+۱۲', '۰', '\u200e−۴')
    """
    written = number(value, decimals)
    return _PLUS + written if value is not None and value > 0 and written.strip("۰٫") else written


def percent(share: float | None, decimals: int = 0) -> str:
    """A share in per cent, small ones with a decimal.

    >>> percent(0.123), percent(0.004), percent(None)
    ('۱۲٪', '۰٫۴٪', '—')
    """
    if share is None:
        return MISSING
    return number(100 * share, decimals or int(0 < abs(share) < 0.01)) + "٪"


def digits(text: object) -> str:
    """Any text with its digits as Persian ones.

    >>> digits("K1 of 20")
    'K۱ of ۲۰'
    """
    return str(text).translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))


def day(value: date | None) -> str:
    """A day of the Jalali calendar.

    >>> day(date(2024, 3, 1))
    '۱۱ اسفند ۱۴۰۲'
    """
    if value is None:
        return MISSING
    year, month, number_of_day = to_jalali(value)
    return digits(f"{number_of_day} {JALALI_MONTHS_FA[month - 1]} {year}")


def typed_day(value: date) -> str:
    """A day of the Jalali calendar as one types it into a field.

    >>> typed_day(date(2024, 3, 1))
    '۱۴۰۲/۱۲/۱۱'
    """
    return digits("{}/{:02}/{:02}".format(*to_jalali(value)))


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """A day with the time of the clock in `zone`.

    >>> moment(datetime(2024, 3, 1, 9, 5, tzinfo=ZoneInfo("UTC")), ZoneInfo("Asia/Tehran"))
    '۱۱ اسفند ۱۴۰۲، ساعت ۱۲:۳۵'
    """
    if value is None:
        return MISSING
    local = value.astimezone(zone)
    return f"{day(local.date())}، ساعت {digits(local.strftime('%H:%M'))}"


def duration(seconds: float | None) -> str:
    """A span of time in its two largest units.

    >>> duration(3_725), duration(48), duration(0.4)
    ('۱ ساعت و ۲ دقیقه', '۴۸ ثانیه', 'کمتر از یک ثانیه')
    """
    if seconds is None:
        return MISSING
    rest, parts = round(seconds), list[str]()
    for unit, size in _SECONDS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{number(count)} {unit}")
    return " و ".join(parts[:2]) or "کمتر از یک ثانیه"


def bucket_title(key: str) -> str:
    """The key of a span of time as a person would call it; keys that are not Jalali keep their form.

    >>> bucket_title("1402-12"), bucket_title("1402-W37"), bucket_title("1402-Q4"), bucket_title("2024-03-11")
    ('اسفند ۱۴۰۲', 'هفتهٔ ۳۷ سال ۱۴۰۲', 'زمستان ۱۴۰۲', '۲۱ اسفند ۱۴۰۲')
    """
    year, _, rest = key.partition("-")
    if rest.startswith("W"):
        return f"هفتهٔ {digits(rest[1:].lstrip('0'))} سال {digits(year)}"
    if rest.startswith("Q"):
        return f"{('بهار', 'تابستان', 'پاییز', 'زمستان')[int(rest[1]) - 1]} {digits(year)}"
    if len(key) == 10:
        return _day_title(key)
    if len(rest) == 2:
        return f"{JALALI_MONTHS_FA[int(rest) - 1]} {digits(year)}"
    return digits(key)


def _day_title(key: str) -> str:
    year, month, number_of_day = map(int, key.split("-"))
    if year < 1700:
        return digits(f"{number_of_day} {JALALI_MONTHS_FA[month - 1]} {year}")
    return day(date(year, month, number_of_day))
