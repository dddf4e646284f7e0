r"""Numbers, days and spans of time as a Persian reader writes them.

Persian digits, «٬» between thousands, «٫» before decimals, «٪» after a percentage, Jalali days. A minus sign is led by a
left-to-right mark, as Unicode's own Persian locale does, so that it stays on the left of its number in a line of Persian.

>>> number(12345.6, 1), number(-3) == "\u200e−۳", number(None)
('۱۲٬۳۴۵٫۶', True, '—')
>>> signed(12) == "\u200e+۱۲", signed(0.2), signed(-4) == "\u200e−۴"
(True, '۰', True)
>>> percent(0.123), percent(0.004), percent(None)
('۱۲٪', '۰٫۴٪', '—')
>>> duration(3_725), duration(48), duration(0.4)
('۱ ساعت و ۲ دقیقه', '۴۸ ثانیه', 'کمتر از یک ثانیه')
>>> duration(-3_725) == "\u200e−۱ ساعت و ۲ دقیقه", duration(-0.4)
(True, 'کمتر از یک ثانیه')
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.numerals import MISSING, Numerals
from voc.calendars import JALALI_MONTHS_FA, to_jalali

_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_NUMERALS: Final = Numerals(
    figures=_DIGITS | str.maketrans(",.%", "٬٫٪"),
    minus="\u200e\u2212",
    plus="\u200e+",
    units=(("روز", "روز", 86_400), ("ساعت", "ساعت", 3_600), ("دقیقه", "دقیقه", 60), ("ثانیه", "ثانیه", 1)),
    joint=" و ",
    less_than_a_second="کمتر از یک ثانیه",
)
number, signed, percent, duration = _NUMERALS.number, _NUMERALS.signed, _NUMERALS.percent, _NUMERALS.duration


def digits(text: object) -> str:
    """Any text with its digits as Persian ones.

    >>> digits("K1 of 20")
    'K۱ of ۲۰'
    """
    return str(text).translate(_DIGITS)


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
