"""How rows are split by time and by group, said once for KPIs and trends, and the one shape of query that counts them.

A counting query puts out, in this order: group, code, the first day of the bucket that has rows, for hours the hour, and then
what was counted. The bucket's key comes from that day, so SQL needs to tell buckets apart but not to name them. It counts in
parts, each of which joins only what it looks at, for an outer join costs more than to count all rows and those with something
apart. It is one statement, so that a batch that is being tagged meanwhile cannot tear the parts from each other.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import add
from typing import Any, Final, NamedTuple, Protocol, get_args

from voc.calendars import BucketSize, Calendar, bucket_key, next_key
from voc.errors import InputError
from voc.kpis.relation import CUSTOMER_KINDS, MENTIONED, TAGGED
from voc.store.database import JsonKey
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
    "customer_kind": "k.kind",
    "reason": "g.code",
    "reason_group": "g.code",
}
"""What rows can be put side by side by. A row with several reasons counts for each of them."""
OF_MENTIONS: Final = tuple(MENTIONED)
OF_AGENTS: Final = ("agent", "agent_id")
MOST_ROWS: Final = 500_000
"""A page or a file with more figures than this helps nobody, and an hour's bucket over years would fill the memory."""

_NAMES: Final = dict.fromkeys(OF_AGENTS, "(SELECT shown_as FROM agent a WHERE a.agent_id = f.agent_id)")
_NOTHING: Final = "CAST(NULL AS VARCHAR)"
_Places = Mapping[BucketSize, str]
_DAY: Final = "(f.occurred_on - DATE '1970-01-03')"
_IN_BOTH: Final[_Places] = {
    "hour": f"{_DAY} * 24 + f.occurred_hour",
    "day": _DAY,
    "week": f"CAST(floor({_DAY} / 7.0) AS INTEGER)",
}
_PLACES: Final[Mapping[Calendar, _Places]] = {
    "jalali": {
        **_IN_BOTH,
        "month": "d.jalali_year * 12 + d.jalali_month",
        "quarter": "d.jalali_year * 4 + CAST(floor((d.jalali_month + 2) / 3.0) AS INTEGER)",
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

    `group` is the name, `group_sql` its expression over `f` and the `relations` by name that `joins` joins to it.
    """

    size: BucketSize | None
    calendar: Calendar
    group_sql: str | None
    parameters: Mapping[str, object] = field(default_factory=dict)
    group: str | None = None
    joins: str = ""
    relations: Mapping[str, str] = field(default_factory=dict)

    @property
    def place_sql(self) -> str | None:
        """The expression that numbers a row's bucket; None where time is not split."""
        return _PLACES[self.calendar][self.size] if self.size else None

    @property
    def shown_sql(self) -> str:
        """The expression that names a group once it is counted."""
        return _NAMES.get(self.group or "", self.group_sql or _NOTHING)

    @property
    def without_group(self) -> "Slices":
        """The same buckets with all rows in one."""
        return Slices(self.size, self.calendar, None)


@dataclass(frozen=True, slots=True)
class Filtering:
    """How the rows that are meant are reached: relations by name, what `f` is with its joins, and a condition.

    What is slow to look at is looked at in a relation of its own, once for all parts of a query.
    """

    relations: Mapping[str, str]
    rows: str
    condition: str


@dataclass(frozen=True, slots=True)
class Part:
    """What is counted over the rows of `f` that `joins` leave, by `code` where that is given.

    The parts of a query have as many aggregates each; 0 stands for what another part counts.
    """

    aggregates: Sequence[str]
    joins: str = ""
    code: str | None = None


class Counted(NamedTuple):
    """What was counted in one bucket, group and code; a tuple, for a series by hour has tens of thousands."""

    bucket: str | None
    group: str | None
    code: str | None
    counts: tuple[float, ...]


def slice_rows(bucket: BucketSize | None, calendar: Calendar, group: str | None, polarity: Sequence[str] = ()) -> Slices:
    """The split that is asked for; of groups by reasons, mentions of this polarity alone where any is given.

    Raises InputError, which lists what there is, for an unknown bucket, calendar or group.
    """
    check_option("bucket", bucket, (None, *get_args(BucketSize)))
    check_option("calendar", calendar, get_args(Calendar))
    if group is None or not group.startswith(ATTRIBUTE_PREFIX):
        check_option("group", group, (None, *GROUPS), "attr.NAME")
        joins, relations = _reached(group, bool(polarity))
        parameters = {"group_polarity": list(polarity)} if polarity and group in MENTIONED else {}
        return Slices(bucket, calendar, GROUPS[group] if group else None, parameters, group, joins, relations)
    key = JsonKey(group.removeprefix(ATTRIBUTE_PREFIX))
    return Slices(bucket, calendar, "(f.attributes ->> $group_attribute)", {"group_attribute": key}, group)


def _reached(group: str | None, of_polarity: bool) -> tuple[str, Mapping[str, str]]:
    """What is joined to `f` for a group, and the relations that are joined."""
    only = " AND g.polarity = ANY($group_polarity)" if of_polarity else ""
    match group:
        case "customer_kind":
            return " LEFT JOIN k ON k.seq = f.seq", {"k": CUSTOMER_KINDS}
        case "reason":
            return f" JOIN tag g ON g.seq = f.seq AND g.kind = 'reason'{only}", {}
        case "reason_group":
            codes = f"SELECT DISTINCT seq, {MENTIONED[group]} AS code FROM tag g WHERE kind = 'reason'{only}"
            return " JOIN g ON g.seq = f.seq", {"g": codes}
        case _:
            return "", {}


def check_option(field: str, value: str | None, options: Sequence[str | None], *more: str) -> None:
    """Raises InputError, which lists the options and `more` that there could be, where `value` is none of the options."""
    if value not in options:
        listed = (*(option for option in options if option), *more)
        raise InputError(f"{field}: there is no {value!r}. There are {', '.join(listed)}.", field=field, options=listed)


def counting_query(slices: Slices, where: Where, parts: Sequence[Part]) -> str:
    """The query that counts, in these parts, the rows of `f` that pass `where`, by group, code and bucket."""
    filtering = filtered(slices, where)
    return with_relations(filtering.relations) + " UNION ALL ".join(_count(slices, part, filtering) for part in parts)


def filtered(slices: Slices, where: Where, place: str | None = None) -> Filtering:
    """What any query over slices joins to `f` and asks of it. `place` numbers the buckets, where the slices do not."""
    place = slices.place_sql or place
    days = " JOIN calendar d ON d.day = f.occurred_on" if place and "d." in place else ""
    dated = " AND f.occurred_on IS NOT NULL" if place else ""
    if not where.slow:
        return Filtering(slices.relations, f"feedback f{slices.joins}{days}", f"{where.sql}{dated}")
    passed = f"SELECT f.* FROM feedback f{TAGGED if where.needs_tagging else ''} WHERE {where.sql}"
    return Filtering({**slices.relations, "passed": passed}, f"passed f{slices.joins}{days}", f"TRUE{dated}")


def with_relations(relations: Mapping[str, str]) -> str:
    """The beginning of a query that names these."""
    named = ", ".join(f"{name} AS ({relation})" for name, relation in relations.items())
    return f"WITH {named} " if named else ""


def _count(slices: Slices, part: Part, filtering: Filtering) -> str:
    place = slices.place_sql
    day = "min(f.occurred_on)" if place else "CAST(NULL AS DATE)"
    hour = "min(f.occurred_hour)" if slices.size == "hour" else "CAST(NULL AS SMALLINT)"
    shown = (slices.shown_sql, part.code or _NOTHING, day, hour, *part.aggregates)
    keys = [key for key in (slices.group_sql, part.code, place) if key]
    by = f" GROUP BY {', '.join(keys)}" if keys else ""
    return f"SELECT {', '.join(shown)} FROM {filtering.rows}{part.joins} WHERE {filtering.condition}{by}"


def read_counted(rows: Iterable[tuple[Any, ...]], slices: Slices) -> list[Counted]:
    """What a counting query put out, its parts added up: one for each bucket, group and code; what was not counted is NaN."""
    key = cache(lambda day, hour: bucket_key(day, slices.size, slices.calendar, hour) if slices.size else None)
    added: dict[tuple[str | None, str | None, str | None], tuple[float, ...]] = {}
    for group, code, day, hour, *found in rows:
        counts = tuple([math.nan if count is None else float(count) for count in found])
        cell = key(day, hour), group, code
        added[cell] = tuple(map(add, added[cell], counts)) if cell in added else counts
    return [Counted(bucket, group, code, counts) for (bucket, group, code), counts in added.items()]


def buckets_between(found: Iterable[str | None], slices: Slices, rows_per_bucket: int) -> tuple[str | None, ...]:
    """Every bucket from the first to the last that was found, those without rows too.

    Raises InputError where that makes more than `MOST_ROWS` rows.
    """
    keys = {bucket for bucket in found if bucket is not None}
    if slices.size is None:
        if rows_per_bucket > MOST_ROWS:
            raise InputError(f"group: this makes more than {MOST_ROWS:,} rows. Take fewer groups or names.", field="group")
        return (None,)
    if not keys:
        return ()
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
