"""How rows are split by time and by group, said once for KPIs and trends, and the one shape of query that counts them.

A counting query puts out, in this order: group, code, the first day of the bucket that has rows, an hour of it, and then what
was counted. The bucket's key comes from that day, so SQL needs to tell buckets apart but not to name them.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Protocol, get_args

from voc.calendars import BucketSize, Calendar, bucket_key, next_key
from voc.errors import InputError
from voc.kpis.relation import CUSTOMER_KINDS
from voc.store.duckdb_file import json_key
from voc.store.filters import Where

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

ATTRIBUTE_PREFIX: Final = "attr."
GROUPS: Final[Mapping[str, str]] = {
    "channel": "f.channel",
    "agent": "a.shown_as",
    "agent_id": "a.shown_as",
    "customer": "f.customer_id",
    "customer_id": "f.customer_id",
    "batch": "f.batch_id",
    "customer_kind": "k.kind",
    "reason": "g.code",
    "reason_group": "g.code",
}
"""What rows can be put side by side by. A row with several reasons counts for each of them."""
OF_MENTIONS: Final = ("reason", "reason_group")
OF_AGENTS: Final = ("agent", "agent_id")
MOST_ROWS: Final = 500_000
"""A page or a file with more figures than this helps nobody, and an hour's bucket over years would fill the memory."""

_JOINS: Final[Mapping[str, str]] = {
    **dict.fromkeys(OF_AGENTS, " LEFT JOIN agent a ON a.agent_id = f.agent_id"),
    "customer_kind": f" LEFT JOIN ({CUSTOMER_KINDS}) k ON k.seq = f.seq",
    "reason": " JOIN (SELECT DISTINCT seq, code FROM tag WHERE kind = 'reason') g ON g.seq = f.seq",
    "reason_group": " JOIN (SELECT DISTINCT seq, split_part(code, '.', 1) AS code FROM tag WHERE kind = 'reason') g"
    " ON g.seq = f.seq",
}
_Places = Mapping[BucketSize, str]
_DAY: Final = "(f.occurred_on - DATE '1970-01-03')"
_IN_BOTH: Final[_Places] = {
    "hour": f"{_DAY} * 24 + f.occurred_hour",
    "day": _DAY,
    "week": "floor((d.week_start - DATE '1970-01-03') / 7.0)",
}
_PLACES: Final[Mapping[Calendar, _Places]] = {
    "jalali": {
        **_IN_BOTH,
        "month": "d.jalali_year * 12 + d.jalali_month",
        "quarter": "d.jalali_year * 4 + floor((d.jalali_month + 2) / 3.0)",
        "year": "d.jalali_year",
    },
    "gregorian": {
        **_IN_BOTH,
        "month": "extract(year FROM f.occurred_on) * 12 + extract(month FROM f.occurred_on)",
        "quarter": "extract(year FROM f.occurred_on) * 4 + extract(quarter FROM f.occurred_on)",
        "year": "extract(year FROM f.occurred_on)",
    },
}
"""The number of a row's bucket of each size; neighbours differ by one. The calendar table `d` has every day that a row has."""


class Selects(Protocol):
    """What KPIs and trends need of a store."""

    def select(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """All rows of a query with parameters as `$name`."""


@dataclass(frozen=True, slots=True)
class Slices:
    """Buckets of this size and calendar, None for all time in one, and a group, None for all rows in one.

    `group` is the name, `group_sql` its expression, `joins` what that needs.
    """

    size: BucketSize | None
    calendar: Calendar
    group_sql: str | None
    parameters: Mapping[str, object] = field(default_factory=dict)
    group: str | None = None
    joins: str = ""

    @property
    def place_sql(self) -> str | None:
        """The expression that numbers a row's bucket; None where time is not split."""
        return _PLACES[self.calendar][self.size] if self.size else None

    @property
    def without_group(self) -> "Slices":
        """The same buckets with all rows in one."""
        return Slices(self.size, self.calendar, None)


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
        return Slices(bucket, calendar, GROUPS[group] if group else None, group=group, joins=_JOINS.get(group or "", ""))
    key = json_key(group.removeprefix(ATTRIBUTE_PREFIX))
    return Slices(bucket, calendar, "(f.attributes ->> $group_attribute)", {"group_attribute": key}, group)


def check_option(field: str, value: str | None, options: Sequence[str | None], *more: str) -> None:
    """Raises InputError, which lists the options and `more` that there could be, where `value` is none of the options."""
    if value not in options:
        listed = (*(option for option in options if option), *more)
        raise InputError(f"{field}: there is no {value!r}. There are {', '.join(listed)}.", field=field, options=listed)


def counting_query(
    slices: Slices, where: Where, aggregates: Sequence[str], joins: str = "", code: str = "CAST(NULL AS VARCHAR)"
) -> str:
    """The query that counts the rows of `f` that pass `where`, after these joins, by group, code and bucket."""
    place = slices.place_sql
    dated = " AND f.occurred_on IS NOT NULL" if place else ""
    shown = (slices.group_sql or "CAST(NULL AS VARCHAR)", code, "min(f.occurred_on)", "min(f.occurred_hour)", *aggregates)
    return (
        f"SELECT {', '.join(shown)} FROM feedback f{slices.joins}{joins}{days_join(place)}"
        f" WHERE {where.sql}{dated} GROUP BY {', '.join(('1', '2', *((place,) if place else ())))}"
    )


def days_join(place: str | None) -> str:
    """The join of the calendar table, where a bucket's number needs it."""
    return " JOIN calendar d ON d.day = f.occurred_on" if place and "d." in place else ""


def read_counted(rows: Iterable[tuple[Any, ...]], slices: Slices) -> list[Counted]:
    """The rows that a counting query put out, one for each bucket, group and code; what was not counted is NaN."""
    key = cache(lambda day, hour: bucket_key(day, slices.size, slices.calendar, hour) if slices.size else None)
    return [
        Counted(
            key(day, hour if slices.size == "hour" else None),
            group,
            code,
            tuple(math.nan if count is None else float(count) for count in counts),
        )
        for group, code, day, hour, *counts in rows
    ]


def buckets_between(found: Iterable[str | None], slices: Slices, rows_per_bucket: int) -> tuple[str | None, ...]:
    """Every bucket from the first to the last that was found, those without rows too.

    Raises InputError where that makes more than `MOST_ROWS` rows.
    """
    keys = {bucket for bucket in found if bucket is not None}
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


def groups_of(found: Iterable[str | None]) -> tuple[str | None, ...]:
    """The groups that were found, in order; the rows that have none come last."""
    return tuple(sorted(set(found), key=lambda group: (group is None, group or "")))


def _walk(first: str, last: str, size: BucketSize, calendar: Calendar) -> Iterator[str]:
    key = first
    while key < last:
        yield key
        key = next_key(key, size, calendar)
    yield last
