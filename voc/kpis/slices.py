"""How rows are split by time and by group, said once for KPIs and trends, and the one shape of query that counts them.

A counting query puts out, in this order: group, code, the first day of the bucket that has rows, an hour of it, and then what
was counted. The bucket's key comes from that day, so SQL needs to tell buckets apart but not to name them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, get_args

from voc.calendars import BucketSize, Calendar, bucket_key, next_key
from voc.errors import InputError
from voc.store.duckdb_file import json_key
from voc.store.filters import Where

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

ATTRIBUTE_PREFIX: Final = "attr."
GROUPS: Final[Mapping[str, str]] = {
    "channel": "f.channel",
    "agent": "f.agent_id",
    "agent_id": "f.agent_id",
    "customer": "f.customer_id",
    "customer_id": "f.customer_id",
    "batch": "f.batch_id",
}
MOST_ROWS: Final = 500_000
"""A page or a file with more figures than this helps nobody, and an hour's bucket over years would fill the memory."""

_Parts = Mapping[BucketSize, tuple[str, ...]]
_UNKNOWN_DAY: Final = "CASE WHEN d.day IS NULL THEN f.occurred_on END"
_IN_BOTH: Final[_Parts] = {
    "hour": ("f.occurred_on", "f.occurred_hour"),
    "day": ("f.occurred_on",),
    "week": ("d.week_start", _UNKNOWN_DAY),
}
_PARTS: Final[Mapping[Calendar, _Parts]] = {
    "jalali": {
        **_IN_BOTH,
        "month": ("d.jalali_year", "d.jalali_month", _UNKNOWN_DAY),
        "quarter": ("d.jalali_year", "floor((d.jalali_month + 2) / 3.0)", _UNKNOWN_DAY),
        "year": ("d.jalali_year", _UNKNOWN_DAY),
    },
    "gregorian": {
        **_IN_BOTH,
        "month": ("extract(year FROM f.occurred_on)", "extract(month FROM f.occurred_on)"),
        "quarter": ("extract(year FROM f.occurred_on)", "extract(quarter FROM f.occurred_on)"),
        "year": ("extract(year FROM f.occurred_on)",),
    },
}
"""What tells the buckets of a size apart. Days that the calendar table does not have are told apart one by one."""


class Selects(Protocol):
    """What KPIs and trends need of a store."""

    def select(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """All rows of a query with parameters as `$name`."""


@dataclass(frozen=True, slots=True)
class Slices:
    """Buckets of this size and calendar, None for all time in one, and a group, None for all rows in one."""

    size: BucketSize | None
    calendar: Calendar
    group_sql: str | None
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted in one bucket, group and code."""

    bucket: str | None
    group: str | None
    code: str | None
    counts: tuple[float, ...]


def slice_rows(bucket: BucketSize | None, calendar: Calendar, group: str | None) -> Slices:
    """The split that is asked for. Raises InputError, which lists what there is, for an unknown bucket, calendar or group."""
    check_option("bucket", bucket, (None, *get_args(BucketSize)))
    check_option("calendar", calendar, get_args(Calendar))
    if group is None or not group.startswith(ATTRIBUTE_PREFIX):
        check_option("group", group, (None, *GROUPS), "attr.NAME")
        return Slices(bucket, calendar, GROUPS[group] if group else None)
    key = json_key(group.removeprefix(ATTRIBUTE_PREFIX))
    return Slices(bucket, calendar, "(f.attributes ->> $group_attribute)", {"group_attribute": key})


def check_option(field: str, value: str | None, options: Sequence[str | None], *more: str) -> None:
    """Raises InputError, which lists the options and `more` that there could be, where `value` is none of the options."""
    if value not in options:
        listed = (*(option for option in options if option), *more)
        raise InputError(f"{field}: there is no {value!r}. There are {', '.join(listed)}.", field=field, options=listed)


def counting_query(
    slices: Slices, where: Where, aggregates: Sequence[str], joins: str = "", code: str = "CAST(NULL AS VARCHAR)"
) -> str:
    """The query that counts the rows of `f` that pass `where`, after these joins, by group, code and bucket."""
    parts = _PARTS[slices.calendar][slices.size] if slices.size else ()
    days = " LEFT JOIN calendar d ON d.day = f.occurred_on" if _UNKNOWN_DAY in parts else ""
    dated = " AND f.occurred_on IS NOT NULL" if slices.size else ""
    shown = (slices.group_sql or "CAST(NULL AS VARCHAR)", code, "min(f.occurred_on)", "min(f.occurred_hour)", *aggregates)
    return (
        f"SELECT {', '.join(shown)} FROM feedback f{joins}{days}"
        f" WHERE {where.sql}{dated} GROUP BY {', '.join(('1', '2', *parts))}"
    )


def read_counted(rows: Iterable[tuple[Any, ...]], slices: Slices) -> list[Counted]:
    """The rows that a counting query put out, one for each bucket, group and code.

    Days beyond the calendar table come one by one and are added up here.
    """
    summed: dict[tuple[str | None, str | None, str | None], tuple[float, ...]] = {}
    for group, code, day, hour, *counts in rows:
        bucket = bucket_key(day, slices.size, slices.calendar, hour) if slices.size else None
        known = summed.get((bucket, group, code), (0.0,) * len(counts))
        summed[bucket, group, code] = tuple(before + float(count) for before, count in zip(known, counts, strict=True))
    return [Counted(*key, counts) for key, counts in summed.items()]


def buckets_between(found: Sequence[Counted], slices: Slices, rows_per_bucket: int) -> tuple[str | None, ...]:
    """Every bucket from the first to the last that was found, those without rows too.

    Raises InputError where that makes more than `MOST_ROWS` rows.
    """
    keys = {each.bucket for each in found if each.bucket is not None}
    if slices.size is None or not keys:
        return (None,) if slices.size is None else ()
    most = MOST_ROWS // max(1, rows_per_bucket)
    buckets: list[str | None] = []
    for key in _walk(min(keys), max(keys), slices.size, slices.calendar):
        buckets.append(key)
        if len(buckets) > most:
            raise InputError(
                f"bucket: {slices.size} makes more than {MOST_ROWS:,} rows here. Take a larger bucket, a shorter time or"
                " fewer groups.",
                field="bucket",
            )
    return tuple(buckets)


def groups_of(found: Sequence[Counted]) -> tuple[str | None, ...]:
    """The groups that were found, in order; the rows that have none come last."""
    return tuple(sorted({each.group for each in found}, key=lambda group: (group is None, group or "")))


def _walk(first: str, last: str, size: BucketSize, calendar: Calendar) -> Iterator[str]:
    key = first
    while key < last:
        yield key
        key = next_key(key, size, calendar)
    yield last
