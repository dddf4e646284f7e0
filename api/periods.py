"""The spans of time that people ask for by name, as links that keep the other filters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from api.tongue import calendar, day, number, say
from voc.calendars import bucket_bounds, bucket_key
from voc.store import Filters

LAST_DAYS: Final = (7, 30, 90)

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Period:
    """A named span of time: the query that chooses it, beginning with «?», and whether it is the one that is shown."""

    title: str
    query: str
    current: bool


def list_periods(kept: Query, filters: Filters, today: date) -> list[Period]:
    """The whole time, the last days, this month and the last, with what else is chosen."""
    others = [(name, value) for name, value in kept if name not in ("from", "to")]
    return [
        Period(
            title,
            f"?{urlencode([*others, *span])}" if others or span else "",
            (filters.from_, filters.to) == (start, end),
        )
        for title, start, end in _spans(today)
        for span in [[("from", start.isoformat()), ("to", end.isoformat())] if start and end else []]
    ]


def period_words(filters: Filters) -> str:
    """The chosen span of time in words, empty for the whole time."""
    if filters.from_ is None and filters.to is None:
        return ""
    first, last = day(filters.from_), day(filters.to - timedelta(days=1) if filters.to else None)
    if filters.from_ and filters.to:
        return say("از {first} تا {last}", first=first, last=last)
    return say("از {first} تا امروز", first=first) if filters.from_ else say("تا {last}", last=last)


def _spans(today: date) -> Iterator[tuple[str, date | None, date | None]]:
    yield say("همهٔ زمان"), None, None
    tomorrow = today + timedelta(days=1)
    for days in LAST_DAYS:
        yield say("{count} روز", count=number(days)), tomorrow - timedelta(days=days), tomorrow
    this_month = _month_of(today)
    yield say("این ماه"), *this_month
    yield say("ماه پیش"), *_month_of(this_month[0] - timedelta(days=1))


def _month_of(day: date) -> tuple[date, date]:
    return bucket_bounds(bucket_key(day, "month", calendar()), "month", calendar())
