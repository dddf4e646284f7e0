"""What customers speak of over time: how many rows of each bucket carry a code, with share, interval and change.

A share is of the rows of the same bucket and group that have been tagged, whether or not they carry any code; the shares of
reasons may add up to more than one, for a text may have several. Numerators and denominators come from one query, so a batch
that is being tagged meanwhile cannot tear them apart.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import Final

from voc.calendars import BucketSize, Calendar, bucket_key, bucket_span
from voc.errors import InputError
from voc.kpis.differences import Balance, difference_of_nets, difference_of_shares
from voc.kpis.intervals import NET_SCALE, net, scaled, share
from voc.kpis.kpi import Estimate, count_if
from voc.kpis.slices import (
    Counted,
    Selects,
    Slices,
    buckets_between,
    check_option,
    counting_query,
    groups_of,
    read_counted,
    slice_rows,
)
from voc.store.filters import POLARITIES, Filters, where

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

MEASURES: Final = ("volume", "sentiment", "reasons", "reason_net", "effort", "loyalty", "resolution")
LEVELS: Final = ("leaf", "group")

OF_TAGGING: Final = ("sentiment", "resolution")
"""Measures of which a row has at most one code, in a column of its own: one pass counts the codes and the rows."""
OF_REASONS: Final = ("reasons", "reason_net")
TAGGING: Final = " LEFT JOIN tagging t ON t.seq = f.seq"
_TAG_KINDS: Final[Mapping[str, str]] = dict.fromkeys(OF_REASONS, "reason") | {"effort": "effort", "loyalty": "loyalty"}
_NONE_COUNTED: Final = (0.0, 0.0, 0.0)
_TALLIED: Final = ("count(*)", count_if("m.positive AND NOT m.negative"), count_if("m.negative"))


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One code in one bucket and group.

    `n` rows carry the code. `share` is theirs of the rows of the bucket and group, None where there is no such row; for
    `volume`, which has no code, it is that of the group in the bucket. For `reason_net` it is that of the rows with praise less
    that of the rows with blame, of those with the reason, from -1 to 1. `change` is the share less that of the bucket before,
    with a 95 % interval of its own (Newcombe's for a share, Welch's for a net). `start` and `end` are the bucket's first day
    and the day after its last, for an hour local date-times; `partial` says that it is not over yet.
    """

    bucket: str | None
    start: date | None
    end: date | None
    code: str | None
    group: str | None
    n: int
    share: float | None
    ci_low: float | None
    ci_high: float | None
    change: float | None
    change_low: float | None
    change_high: float | None
    partial: bool = False


def compute_trend(
    store: Selects,
    measure: str,
    *,
    bucket: BucketSize | None = "month",
    calendar: Calendar = "jalali",
    group: str | None = None,
    level: str = "leaf",
    polarity: tuple[str, ...] = (),
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    now: datetime | None = None,
) -> list[TrendRow]:
    """The series of a measure by bucket, group and code: every bucket from the first to the last, every code that occurs.

    At level `group` a row counts once for a group of reasons, however many of its reasons it has; `polarity` counts only the
    reasons of which one of these is said. The bucket that holds `now`, a time in the store's zone, is marked as partial. Rows
    without a day are in no bucket. Raises InputError for anything that is not known.
    """
    check_option("measure", measure, MEASURES)
    check_option("level", level, LEVELS)
    for each in polarity:
        check_option("polarity", each, POLARITIES)
    if polarity and measure != "reasons":
        raise InputError("polarity: only the measure reasons is split by it.", field="polarity")
    slices = slice_rows(bucket, calendar, group)
    found = count_codes(store, measure, slices, filters, level, polarity)
    current = bucket_key(now.date(), bucket, calendar, now.hour) if now and bucket else None
    return list(_series(measure, slices, found, current))


def count_codes(
    store: Selects, measure: str, slices: Slices, filters: Filters, level: str, polarity: tuple[str, ...] = ()
) -> list[Counted]:
    """Rows by bucket and group, with code None, and, but for `volume`, by code as well.

    The counts of a code are the rows that have it and those of them with praise alone and with blame. With code None they are
    the rows that shares are of and all rows, those that wait for the tagger too.
    """
    condition = where(filters)
    parameters: dict[str, object] = {**condition.parameters, **slices.parameters}
    if measure in OF_TAGGING:
        sql = counting_query(slices, condition, ("count(t.seq)", "count(*)"), TAGGING, f"t.{measure}")
        return list(_with_totals(read_counted(store.select(sql, parameters), slices)))
    of_tagged = measure != "volume"
    tagging = TAGGING if of_tagged or condition.needs_tagging else ""
    sql = counting_query(slices, condition, ("count(t.seq)" if of_tagged else "count(*)", "count(*)", "0"), tagging)
    if of_tagged:
        tagging = TAGGING if condition.needs_tagging else ""
        marks = f"{tagging} JOIN ({mark_codes(measure, level, polarity)}) m ON m.seq = f.seq"
        sql += f" UNION ALL {counting_query(slices, condition, _TALLIED, marks, 'm.code')}"
    if polarity:
        parameters["polarity"] = list(polarity)
    return read_counted(store.select(sql, parameters), slices)


def _with_totals(found: Sequence[Counted]) -> Iterator[Counted]:
    """Rows by bucket, group and code, the tagged among them first, as `count_codes` gives them."""
    tagged: Counter[tuple[str | None, str | None]] = Counter()
    rows: Counter[tuple[str | None, str | None]] = Counter()
    for each in found:
        tagged[each.bucket, each.group] += int(each.counts[0])
        rows[each.bucket, each.group] += int(each.counts[1])
        if each.code is not None:
            yield Counted(each.bucket, each.group, each.code, (each.counts[0], 0.0, 0.0))
    for (bucket, group), count in rows.items():
        yield Counted(bucket, group, None, (float(tagged[bucket, group]), float(count), 0.0))


def mark_codes(measure: str, level: str, polarity: tuple[str, ...] = ()) -> str:
    """SQL for (seq, code, positive, negative): at most one row for a feedback row and code; tags have their `score` besides."""
    if measure not in _TAG_KINDS:
        return f"SELECT seq, {measure} AS code, FALSE AS positive, FALSE AS negative FROM tagging WHERE {measure} IS NOT NULL"
    only = " AND polarity = ANY($polarity)" if polarity else ""
    tags = f"FROM tag WHERE kind = '{_TAG_KINDS[measure]}'{only}"
    if measure not in OF_REASONS or level == "leaf":  # a text has a code once
        return f"SELECT seq, code, polarity = 'positive' AS positive, polarity = 'negative' AS negative, score {tags}"
    return (
        "SELECT seq, split_part(code, '.', 1) AS code, bool_or(polarity = 'positive') AS positive,"
        f" bool_or(polarity = 'negative') AS negative, max(score) AS score {tags} GROUP BY 1, 2"
    )


def _series(measure: str, slices: Slices, found: Sequence[Counted], current: str | None) -> Iterator[TrendRow]:
    by_code = [each for each in found if each.code is not None or measure == "volume"]
    counted = {(each.bucket, each.group, each.code): each.counts for each in by_code}
    among = _rows_among(measure, slices, found)
    codes = (None,) if measure == "volume" else tuple(sorted({each.code for each in by_code if each.code is not None}))
    groups = groups_of(each.group for each in found) if slices.group_sql else (None,)
    before: dict[tuple[str | None, str | None], Balance] = {}
    for bucket in buckets_between((each.bucket for each in found), slices, len(groups) * len(codes)):
        start, end = bucket_span(bucket, slices.size, slices.calendar) if bucket and slices.size else (None, None)
        for group, code in product(groups, codes):
            n, praised, blamed = counted.get((bucket, group, code), _NONE_COUNTED)
            rows = among.get((bucket, group), 0)
            is_net = measure == "reason_net"
            now = Balance(praised, blamed, n) if is_net else Balance(n, 0, rows)
            of_all = scaled(net(praised, blamed, n), 1 / NET_SCALE) if is_net else share(n, rows)
            change = _change(before.get((group, code)), now, is_net=is_net)
            before[group, code] = now
            yield TrendRow(
                bucket, start, end, code, group, int(n), of_all.value, of_all.ci_low, of_all.ci_high,
                change.value, change.ci_low, change.ci_high, partial=bucket is not None and bucket == current,
            )  # fmt: skip


def _rows_among(measure: str, slices: Slices, found: Sequence[Counted]) -> Mapping[tuple[str | None, str | None], float]:
    """The rows that a share is of, by bucket and group; the volume of a group is shared among all rows of its bucket."""
    rows = {(each.bucket, each.group): each.counts[0] for each in found if each.code is None}
    if measure != "volume":
        return rows
    if not slices.group_sql:
        return {}
    whole: Counter[str | None] = Counter()
    for (bucket, _), count in rows.items():
        whole[bucket] += int(count)
    return {(bucket, group): count for bucket, count in whole.items() for group in groups_of(each.group for each in found)}


def _change(before: Balance | None, now: Balance, *, is_net: bool) -> Estimate:
    if before is None:
        return Estimate(None, None, None, 0)
    return difference_of_nets(before, now) if is_net else difference_of_shares(before.ups, before.n, now.ups, now.n)
