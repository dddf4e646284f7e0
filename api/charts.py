"""Series over time as the tables that charts are drawn from, in spans of time that fit how much of it there is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.tongue import bucket_title, day, say
from voc.calendars import BucketSize
from voc.trends import TrendRow

BUCKET_TITLES: Final[Mapping[BucketSize, str]] = {"day": "روز", "week": "هفته", "month": "ماه", "quarter": "فصل", "year": "سال"}
FINER: Final[Mapping[BucketSize, BucketSize]] = {"month": "week", "week": "day"}
COARSER: Final[Mapping[BucketSize, BucketSize]] = {"month": "quarter", "quarter": "year"}
ENOUGH_BUCKETS: Final = 4
MOST_BUCKETS: Final = 36
DAYS_OF_A_WEEK: Final = 7

Spans = Mapping[str, Sequence[TrendRow]]
"""The rows of a series by bucket, in order."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with its interval; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ChartRow:
    """The values of one span of time, of `n` texts; `tick` is its title in few words."""

    title: str
    tick: str
    n: int
    cells: tuple[Cell, ...]


def in_fitting_spans(rows_by: Callable[[BucketSize], Sequence[TrendRow]]) -> tuple[BucketSize, Spans]:
    """A series by month, or by smaller or larger spans where these are too few or many."""
    size: BucketSize = "month"
    spans = by_span(rows_by(size))
    while spans and (next_size := _other_size(size, len(spans))):
        size, spans = next_size, by_span(rows_by(next_size))
    return size, spans


def by_span(rows: Sequence[TrendRow]) -> Spans:
    """Rows by their bucket; those without a day are in none."""
    spans: dict[str, list[TrendRow]] = {}
    for row in rows:
        if row.bucket is not None:
            spans.setdefault(row.bucket, []).append(row)
    return spans


def chart_row(row: TrendRow, n: int, cells: Sequence[Cell]) -> ChartRow:
    """These cells in the span of time of a row."""
    bucket = row.bucket or ""
    title = tick = bucket_title(bucket)
    if row.start and row.end and (row.end - row.start).days <= DAYS_OF_A_WEEK:
        tick = day(row.start).rpartition(" ")[0]
        title = say("هفتهٔ {day}", day=day(row.start)) if "W" in bucket else title
    return ChartRow(title, tick, n, tuple(cells))


def _other_size(size: BucketSize, count: int) -> BucketSize | None:
    """The size to take instead of one that makes so many buckets; None where it will do."""
    if count < ENOUGH_BUCKETS:
        return FINER.get(size)
    return COARSER.get(size) if count > MOST_BUCKETS else None
