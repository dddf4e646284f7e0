"""The spans of time that people ask for by name, as links that keep the other filters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request

from api.persian import day
from api.service import Service
from voc.calendars import bucket_bounds, bucket_key
from voc.store import Filters

LAST_DAYS: Final = ((7, "۷ روز"), (30, "۳۰ روز"), (90, "۹۰ روز"))

Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Period:
    """A named span of time: the query that chooses it, beginning with «?», and whether it is the one that is shown."""

    title: str
    query: str
    current: bool


def chosen_time(request: Request, service: Service, filters: Filters, without: Sequence[str] = ()) -> dict[str, Any]:
    """What a page's links keep of its address, after «?» and, in `query_more`, after «&»; and the spans of time it offers."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if value and name not in without]
    return {
        "query": f"?{urlencode(kept)}" if kept else "",
        "query_more": f"&{urlencode(kept)}" if kept else "",
        "periods": list_periods(kept, filters, datetime.now(service.store.zone).date()),
        "chosen_period": period_words(filters),
    }


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
    first = f"از {day(filters.from_)} " if filters.from_ else ""
    last = f"تا {day(filters.to - timedelta(days=1))}" if filters.to else "تا امروز"
    return first + last


def _spans(today: date) -> Iterator[tuple[str, date | None, date | None]]:
    yield "همهٔ زمان", None, None
    tomorrow = today + timedelta(days=1)
    for days, title in LAST_DAYS:
        yield title, tomorrow - timedelta(days=days), tomorrow
    this_month = bucket_bounds(bucket_key(today, "month", "jalali"), "month", "jalali")
    yield "این ماه", *this_month
    last_month = bucket_key(this_month[0] - timedelta(days=1), "month", "jalali")
    yield "ماه پیش", *bucket_bounds(last_month, "month", "jalali")
