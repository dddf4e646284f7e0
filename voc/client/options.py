"""The parameters of the calls, by the names that the API has for them, and how they stand in a query string.

`from_` is `from`, which Python keeps for itself; `attributes={"شهر": "یزد"}` is `attr.شهر=یزد`. Several values of one filter
are alternatives. What is left out is as the API has it by default.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from voc.calendars import BucketSize, Calendar

Several = str | Sequence[str]
Day = str | date
"""Gregorian or, as text, Jalali."""


class Filters(TypedDict, total=False):
    """Which rows; the same for every call."""

    from_: Day
    to: Day
    channel: Several
    agent: Several
    sentiment: Several
    reason: Several
    polarity: Several
    effort: Several
    loyalty: Several
    resolution: Several
    batch: Several
    kind: Several
    corrected: bool
    q: str
    attributes: Mapping[str, Several]


class Sliced(Filters, total=False):
    """In which spans of time, side by side by what."""

    bucket: "BucketSize | None"
    calendar: "Calendar"
    group: str


class TrendOptions(Sliced, total=False):
    """Of trends; `level` is leaf or group, and the bucket `None` is the API's `none`."""

    level: str


class KpiOptions(Sliced, total=False):
    """Of KPIs; a value that rests on fewer than `min_n` rows is None."""

    min_n: int


class SpikeOptions(Sliced, total=False):
    """Of spikes: how many of the last buckets are looked at, against how many before, and how sure it must be."""

    level: str
    latest: int
    baseline: int
    min_n: int
    false_discovery: float
    examples: int


class DriverOptions(Filters, total=False):
    """Of drivers."""

    level: str
    min_n: int


class CompareOptions(Filters, total=False):
    """Of a comparison: the filters of either side beside those that hold for both."""

    first: Filters
    second: Filters
    kinds: Several
    level: str
    min_n: int
    false_discovery: float
    examples: int


class ThemeOptions(Filters, total=False):
    """Of themes; `before` is where the time begins that is compared with."""

    before: Day
    min_n: int
    min_score: float
    limit: int
    examples: int


class CorrectionFilters(TypedDict, total=False):
    """Which corrections: said on which days, by which keys (`none` for those without one), how, and whether they hold."""

    from_: Day
    to: Day
    by: Several
    source: str
    queue: str
    confirmed: bool
    undone: bool
    selection: str


class ExportOptions(Sliced, total=False):
    """Of a file: those of what stands in it."""

    after: str
    since: str
    measure: str
    level: str
    names: Several
    min_n: int


def query(options: Mapping[str, object]) -> str:
    """The query string, with its question mark; empty for no options.

    >>> query({"from_": date(2026, 5, 4), "channel": ["phone", "app"], "attributes": {"team": "3"}, "group": None})
    '?from=2026-05-04&channel=phone&channel=app&attr.team=3'
    """
    pairs = list(_pairs(options, ""))
    return "?" + urlencode(pairs, quote_via=quote) if pairs else ""


def as_json(filters: Mapping[str, object]) -> dict[str, str | list[str]]:
    """Filters as a body has them: by the names of the query string, several values as a list.

    >>> as_json({"channel": ["phone", "app"], "q": "دیر", "attributes": {"team": "3"}})
    {'channel': ['phone', 'app'], 'q': 'دیر', 'attr.team': '3'}
    """
    given: dict[str, list[str]] = {}
    for name, value in _pairs(filters, ""):
        given.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in given.items()}


def _pairs(options: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in options.items():
        if isinstance(value, Mapping):
            yield from _pairs(value, f"{prefix}attr." if name == "attributes" else f"{prefix}{name}.")
        elif isinstance(value, Iterable) and not isinstance(value, str):
            yield from ((prefix + name, str(each)) for each in value)
        elif value is not None:
            value = str(value).lower() if isinstance(value, bool) else value
            yield prefix + ("from" if name == "from_" else name), str(value)
