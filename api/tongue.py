"""The language of a page: its words, numbers and days. `api.choices` sets it for each request, Persian if nobody chose.

Every string that a page shows is written in Persian where it is used, `_("نظرها")` in a template or a script and
`say("نظرها")` in Python. Its English stands in `api/words`, a file for each part of the pages, as a pair where one and many
differ; what has none is shown as it is, and a test finds it. Who needs a number or a day takes it from here.
"""

import tomllib
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, Protocol
from zoneinfo import ZoneInfo

from markupsafe import Markup

from api import english, persian
from voc.calendars import Calendar

Language = Literal["fa", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("fa", "en")
SCRIPT_WORDS: Final = "scripts"  # the file whose English goes along with an English page
SPOKEN: Final[ContextVar[Language]] = ContextVar("language", default="fa")
"""The language of the request that is being answered; threads that work for it see the same."""


def say(text: str, /, **values: object) -> str:
    """A Persian string of ours in the language of the page, with the values in the places that it has for them.

    >>> with_english = SPOKEN.set("en")
    >>> say("{count} نظر", count="12"), say("{count} نظر", count="1")
    ('12 texts', '1 text')
    >>> SPOKEN.reset(with_english)
    """
    said = _english().get(text, text) if SPOKEN.get() == "en" else text
    if not isinstance(said, str):
        one, many = said
        said = one if next(iter(values.values())) == "1" else many
    if not values:
        return said
    has_markup = any(hasattr(each, "__html__") for each in values.values())
    return (Markup(said) if has_markup else said).format(**values)  # noqa: S704  our own words


def span_words(low: str, high: str) -> str:
    """An interval whose ends are written already."""
    return say("{low} تا {high}", low=low, high=high)


def points_words(difference: float, decimals: int = 0) -> str:
    """How far two shares are apart, in points of a hundred."""
    return say("{points} واحد", points=signed(100 * difference, decimals))


def direction() -> Literal["rtl", "ltr"]:
    """Where lines begin."""
    return "rtl" if SPOKEN.get() == "fa" else "ltr"


def calendar() -> Calendar:
    """The calendar whose months and weeks the page speaks of."""
    return "jalali" if SPOKEN.get() == "fa" else "gregorian"


def number(value: float | None, decimals: int = 0) -> str:
    """A number, with a dash for none."""
    return _writing().number(value, decimals)


def signed(value: float | None, decimals: int = 0) -> str:
    """A net score, with its sign on either side of nought."""
    return _writing().signed(value, decimals)


def percent(share: float | None, decimals: int = 0) -> str:
    """A share in per cent, small ones with a decimal."""
    return _writing().percent(share, decimals)


def digits(text: object) -> str:
    """Any text with the digits of the language."""
    return _writing().digits(text)


def day(value: date | None) -> str:
    """A day, with a dash for none."""
    return _writing().day(value)


def typed_day(value: date) -> str:
    """A day as one types it into a field."""
    return _writing().typed_day(value)


def moment(value: datetime | None, zone: ZoneInfo) -> str:
    """A day with the time of the clock in `zone`."""
    return _writing().moment(value, zone)


def duration(seconds: float | None) -> str:
    """A span of time in its two largest units."""
    return _writing().duration(seconds)


def clock(seconds: float | None) -> str:
    """A moment of a conversation, as a player shows it.

    >>> clock(0), clock(75.9), clock(3_725)
    ('۰:۰۰', '۱:۱۵', '۱:۰۲:۰۵')
    """
    if seconds is None:
        return ""
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return digits(f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}")


def bucket_title(key: str) -> str:
    """The key of a span of time of the language's calendar as a person would call it."""
    return _writing().bucket_title(key)


@cache
def load_words() -> Mapping[str, Mapping[str, str | Sequence[str]]]:
    """The English of our Persian strings, of some for one and for many, by the name of the file that it stands in."""
    found: dict[str, Any] = {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text("utf-8"))
        for entry in (files("api") / "words").iterdir()
        if entry.name.endswith(".toml")
    }
    return found


@cache
def _english() -> Mapping[str, str | Sequence[str]]:
    return {text: said for words in load_words().values() for text, said in words.items()}


class _Writing(Protocol):
    """What `api.persian` and `api.english` both know."""

    def number(self, value: float | None, decimals: int = 0) -> str: ...
    def signed(self, value: float | None, decimals: int = 0) -> str: ...
    def percent(self, share: float | None, decimals: int = 0) -> str: ...
    def digits(self, text: object) -> str: ...
    def day(self, value: date | None) -> str: ...
    def typed_day(self, value: date) -> str: ...
    def moment(self, value: datetime | None, zone: ZoneInfo) -> str: ...
    def duration(self, seconds: float | None) -> str: ...
    def bucket_title(self, key: str) -> str: ...


def _writing() -> _Writing:
    return persian if SPOKEN.get() == "fa" else english
