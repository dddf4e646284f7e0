"""Numbers, durations, answers and ids as spreadsheets and people write them.

Every reader takes a cell and returns its value, None where the cell says nothing, and raises RefusalError where what stands
there cannot be read: a wrong value is refused, never guessed and never made zero.
"""

import math
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from voc.ingest.letters import latin_digits, plain, storable
from voc.ingest.refusal import RefusalError

LONGEST_ID_CHARS: Final = 500
LARGEST: Final = 1e15
"""No number is further from zero: in sums of cubes, as KPIs need them, one of 1e200 would be the end of all others."""
UNIT_SECONDS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "day": 86_400.0}

_MISSING_WORDS: Final = "- -- --- — – . ? n/a #n/a na nan null none nil \\n نامشخص خالی"
_TRUE_WORDS: Final = "true t yes y 1 1.0 on بله بلی آری دارد داشت داشته هست است شد شده صحیح درست ✓ ✔"
_FALSE_WORDS: Final = "false f no n 0 0.0 off خیر نه نخیر ندارد نداشت نداشته نیست نشد نشده غلط نادرست ✗ ✘"
_MISSING: Final = frozenset(["", "ثبت نشده", *_MISSING_WORDS.split()])
_TRUE: Final = frozenset(map(plain, _TRUE_WORDS.split()))
_FALSE: Final = frozenset(map(plain, _FALSE_WORDS.split()))
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(?:([,٬،' ])\d{3}(?:\1\d{3})*)(?:[.٫/]\d+)?")
_DOTTED: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}")
_PLAIN: Final = re.compile(r"[+-]?(?:\d+(?:[.٫/]\d+)?|[.٫]\d+)(?:e[+-]?\d{1,3})?")
_MONEY: Final = re.compile(r"(?:تومان|تومن|ریال|rials?|tomans?|irr|irt|usd|eur|[$€])")
_CURRENCIES: Final = {
    **dict.fromkeys(["تومان", "تومن", "toman", "tomans", "irt"], "toman"),
    **dict.fromkeys(["ریال", "rial", "rials", "irr"], "rial"),
}
_CLOCK: Final = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:\.\d+)?)")
_PART: Final = re.compile(r"(\d+(?:[.٫/]\d+)?)\s*([^\W\d_]+)")
_UNIT_WORDS: Final = {
    word: unit
    for unit, words in {
        "ms": "میلی‌ثانیه میلیثانیه ms msec millisecond milliseconds",
        "s": "ثانیه s sec secs second seconds",
        "min": "دقیقه m min mins minute minutes",
        "h": "ساعت h hr hrs hour hours",
        "day": "روز d day days",
    }.items()
    for word in map(plain, words.split())
}


def is_missing(value: object) -> bool:
    """Whether a cell says nothing: empty, a dash, «نامشخص», NaN.

    >>> is_missing(" - "), is_missing("۰")
    (True, False)
    """
    if value is None or value == "":
        return True
    if isinstance(value, str):
        return len(value) < 16 and plain(value) in _MISSING
    return isinstance(value, float) and math.isnan(value)


def parse_number(value: object) -> float | None:
    """A number up to `LARGEST`; digits of any script, thousands marks, a decimal mark (٫ . /), a percent sign (a hundredth).

    >>> parse_number("۱٬۲۵۰٫۵"), parse_number("۱۲٪")
    (1250.5, 0.12)
    """
    if is_missing(value):
        return None
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _finite(value)
    if not isinstance(value, str) or len(value) > 64:
        raise _no_number()
    text = plain(value).replace("−", "-").strip()
    percent = text.startswith(("%", "٪")) or text.endswith(("%", "٪"))
    text = text.strip("%٪ ")
    number = _number_from(text)
    return number / 100 if percent else number


def amount_reader() -> Callable[[object], float | None]:
    """A reader of one column's money; a currency may be named, but a second one is refused, as sums would mean nothing."""
    named: list[str] = []

    def read(value: object) -> float | None:
        if not isinstance(value, str) or len(value) > 64:
            return parse_number(value)
        text = plain(value)
        if currency := _MONEY.search(text):
            unit = _CURRENCIES.get(currency.group(), currency.group())
            named[:] = named or [unit]
            if unit != named[0]:
                raise RefusalError("mixed_currency", f"This row is in {unit}, those before it in {named[0]}.")
        return parse_number(_MONEY.sub("", text).strip())

    return read


def parse_count(value: object) -> int | None:
    """A whole number from 0."""
    number = parse_number(value)
    if number is None:
        return None
    if number < 0 or number != int(number) or number >= 2**31:
        raise RefusalError("bad_number", "A whole number from 0 is needed here.")
    return int(number)


def score_reader(name: str, low: int, high: int, *, whole: bool = False) -> Callable[[object], float | None]:
    """A reader of scores from `low` to `high`, which refuses every other number."""

    def read(value: object) -> float | None:
        if isinstance(value, str) and "/" in value and latin_digits(value) == value:
            raise RefusalError("ambiguous_number", f"{name}: a slash could mean «out of» or a decimal. Write the score alone.")
        number = parse_number(value)
        if number is None:
            return None
        if not low <= number <= high or (whole and number != int(number)):
            kind = "whole numbers " if whole else ""
            raise RefusalError("out_of_range", f"{name} runs over {kind}from {low} to {high}; this row has {number:g}.")
        return int(number) if whole else number

    return read


def duration_reader(unit_s: float) -> Callable[[object], float | None]:
    """A reader of durations in seconds: «۵ دقیقه», «1h 05m», «hh:mm:ss», «mm:ss», or a count of units of `unit_s`."""

    def read(value: object) -> float | None:
        match value:
            case timedelta():
                seconds: float | None = value.total_seconds()
            case datetime():
                raise _no_duration()
            case time():
                seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
            case str():
                seconds = _duration_from(value, unit_s)
            case _:
                number = parse_number(value)
                seconds = None if number is None else number * unit_s
        if seconds is not None and seconds < 0:
            raise RefusalError("bad_duration", "A duration cannot be negative.")
        return None if seconds is None else _finite(seconds)

    return read


def parse_boolean(value: object) -> bool | None:
    """Yes or no: «بله», «خیر», «دارد», «ندارد», true, 1 and their like."""
    if isinstance(value, bool):
        return value
    if is_missing(value):
        return None
    if isinstance(value, int | float | Decimal) and value in (0, 1):
        return bool(value)
    word = plain(value) if isinstance(value, str) and len(value) <= 64 else ""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise RefusalError("bad_boolean", "Yes or no is needed here: «بله», «خیر», true, false, 1 or 0.")


def parse_id(value: object) -> str | None:
    """An id as it was written; a spreadsheet's 123.0 is 123."""
    if is_missing(value):
        return None
    refuse_endless(value)
    text = storable(as_text(value)).strip()
    if len(text) > LONGEST_ID_CHARS:
        raise RefusalError("bad_id", f"An id has at most {LONGEST_ID_CHARS} characters; this one has {len(text)}.")
    return text or None


def refuse_endless(value: object) -> None:
    """Raises RefusalError for infinity, which JSON (1e999) and Parquet can hold and no field can."""
    if isinstance(value, float) and math.isinf(value):
        raise _no_number()


def as_text(value: object) -> str:
    """A cell as a person sees it: 5.0 is «5», a moment is ISO 8601; nothing, NaN and what is endless are empty."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return ""
        case float() if value.is_integer() and abs(value) < 1e16:
            return str(int(value))
        case bytes():
            return value.decode("utf-8", "ignore")
        case datetime():
            return value.isoformat(sep=" ")
        case _:
            return str(value)


def _number_from(text: str) -> float:
    if _GROUPED.fullmatch(text):
        text = re.sub(r"[,٬،' ]", "", text)
    elif _DOTTED.fullmatch(text):
        text = text.replace(".", "")
    elif not _PLAIN.fullmatch(text):
        raise _no_number()
    return _finite(float(text.replace("٫", ".").replace("/", ".")))


def _finite(number: float | Decimal) -> float:
    try:
        finite = float(number)
    except (OverflowError, ValueError):
        raise _no_number() from None
    if not math.isfinite(finite):
        raise _no_number()
    if abs(finite) > LARGEST:
        raise RefusalError("bad_number", f"A number goes from −{LARGEST:.0f} to {LARGEST:.0f}.")
    return finite


def _duration_from(value: str, unit_s: float) -> float | None:
    text = plain(value[:64]).replace(" و ", " ")
    if is_missing(text):
        return None
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = int(clock[1] or 0), int(clock[2]), float(clock[3])
        if seconds >= 60 or (clock[1] and minutes >= 60):
            raise _no_duration()
        return hours * 3600 + minutes * 60 + seconds
    parts = _PART.findall(text)
    if parts and not _PART.sub("", text).strip(" ،,"):
        if any(word not in _UNIT_WORDS for _, word in parts):
            raise _no_duration()
        return sum(_number_from(number) * UNIT_SECONDS[_UNIT_WORDS[word]] for number, word in parts)
    try:
        number = parse_number(text)
    except RefusalError:
        raise _no_duration() from None
    return None if number is None else number * unit_s


def _no_number() -> RefusalError:
    return RefusalError("bad_number", "A number is needed here: 1250, ۱٬۲۵۰, 12.5 or ۱۲٫۵.")


def _no_duration() -> RefusalError:
    return RefusalError("bad_duration", "A duration is needed here: seconds, hh:mm:ss, mm:ss or «۵ دقیقه».")
