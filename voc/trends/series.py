"""What customers speak of over time: how many rows of each bucket carry a code, with share, interval and change.

A share is of the rows of the same bucket and group that have been tagged, whether or not they carry any code; the shares of
reasons may add up to more than one, for a text may have several. Numerators and denominators come from one query, so a batch
that is being tagged meanwhile cannot tear them apart.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product, starmap
from typing import Final

import numpy as np

from voc.calendars import BucketSize, Calendar, bucket_key, bucket_span
from voc.errors import InputError
from voc.kpis.kpi import count_if
from voc.kpis.relation import TAGGED
from voc.kpis.slices import (
    Counted,
    Part,
    Selects,
    Slices,
    buckets_between,
    check_option,
    counting_query,
    groups_of,
    read_counted,
    slice_rows,
)
from voc.records import POLARITIES
from voc.store.filters import Filters, where
from voc.trends.arrays import Floats, changes_of_nets, changes_of_shares, nets, shares

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

MEASURES: Final = ("volume", "sentiment", "reasons", "reason_net", "effort", "loyalty", "resolution")
LEVELS: Final = ("leaf", "group")

OF_TAGGING: Final = ("sentiment", "resolution")
"""Measures of which a row has at most one code, in a column of its own: one pass counts the codes and the rows."""
OF_REASONS: Final = ("reasons", "reason_net")
TAGGING: Final = " LEFT JOIN tagging t ON t.seq = f.seq"
_TAG_KINDS: Final[Mapping[str, str]] = dict.fromkeys(OF_REASONS, "reason") | {"effort": "effort", "loyalty": "loyalty"}
_TAGGED_ROWS: Final = ("count(*)", "0", "0")
_ALL: Final = Part(("0", "count(*)", "0"))
_TALLIED: Final = ("count(*)", count_if("m.positive AND NOT m.negative"), count_if("m.negative"))

_Series = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class _Table:
    """`counts` [3, buckets, series] of every code and group, a series, in every bucket: rows with the code, those of them with
    praise alone and those with blame; `rows` are how many a share is of.
    """

    buckets: tuple[str | None, ...]
    series: tuple[_Series, ...]
    counts: Floats
    rows: Floats


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
    slices = slice_rows(bucket, calendar, group, filters.polarity)
    found = count_codes(store, measure, slices, filters, level, polarity)
    if not found:
        return []
    current = bucket_key(now.date(), bucket, calendar, now.hour) if now and bucket else None
    return _rows_of(measure, slices, _tabulate(measure, slices, found), current)


def count_codes(
    store: Selects, measure: str, slices: Slices, filters: Filters, level: str, polarity: tuple[str, ...] = ()
) -> list[Counted]:
    """Rows by bucket and group, with code None, and, but for `volume`, by code as well.

    The counts of a code are the rows that have it and those of them with praise alone and with blame. With code None they are
    the rows that shares are of and all rows, those that wait for the tagger too.
    """
    condition = where(filters)
    parameters: dict[str, object] = {**condition.parameters, **slices.parameters}
    if polarity:
        parameters["polarity"] = list(polarity)
    sql = counting_query(slices, condition, _parts_of(measure, level, polarity))
    found = read_counted(store.select(sql, parameters), slices)
    return list(_with_tagged(found)) if measure in OF_TAGGING else found


def _parts_of(measure: str, level: str, polarity: tuple[str, ...]) -> tuple[Part, ...]:
    if measure == "volume":
        return (Part(("count(*)", "count(*)", "0")),)
    if measure in OF_TAGGING:
        return _ALL, Part(_TAGGED_ROWS, TAGGED, f"t.{measure}")
    marks = f" JOIN ({mark_codes(measure, level, polarity)}) m ON m.seq = f.seq"
    return _ALL, Part(_TAGGED_ROWS, TAGGED), Part(_TALLIED, marks, "m.code")


def _with_tagged(found: Sequence[Counted]) -> Iterator[Counted]:
    """The same, with the tagged rows of all codes beside those of none."""
    tagged: Counter[tuple[str | None, str | None]] = Counter()
    for each in found:
        tagged[each.bucket, each.group] += int(each.counts[0])
    for each in found:
        yield each if each.code is not None else each._replace(counts=(tagged[each.bucket, each.group], *each.counts[1:]))


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


def _tabulate(measure: str, slices: Slices, found: Sequence[Counted]) -> _Table:
    """Every code in every group and bucket. The volume of a group is among all rows of its bucket."""
    volume = measure == "volume"
    groups = groups_of(each.group for each in found) if slices.group_sql else (None,)
    codes = (None,) if volume else tuple(sorted({each.code for each in found if each.code is not None}))
    series, whole = tuple(product(groups, codes)), tuple(product(groups, (None,)))
    buckets = buckets_between((each.bucket for each in found), slices, len(series))
    of_all = _spread([each for each in found if each.code is None], buckets, whole)
    if not volume:
        of_codes = _spread([each for each in found if each.code is not None], buckets, series)
        return _Table(buckets, series, of_codes, np.repeat(of_all[0], len(codes), axis=1))
    rows = of_all[0].sum(axis=1, keepdims=True) if slices.group_sql else np.zeros((len(buckets), 1))
    return _Table(buckets, series, of_all, rows)


def _spread(found: Sequence[Counted], buckets: Sequence[str | None], series: Sequence[_Series]) -> Floats:
    """What was counted, [counts, buckets, series], and 0 where nothing was."""
    lines, columns = {key: at for at, key in enumerate(buckets)}, {key: at for at, key in enumerate(series)}
    counts = np.zeros((3, len(buckets), len(series)))
    at = [lines[each.bucket] for each in found], [columns[each.group, each.code] for each in found]
    counts[:, at[0], at[1]] = np.reshape([each.counts for each in found], (-1, 3)).T
    return counts


def _rows_of(measure: str, slices: Slices, table: _Table, current: str | None) -> list[TrendRow]:
    if not table.series:
        return []
    in_time = [(bucket, *_span(bucket, slices), bucket is not None and bucket == current) for bucket in table.buckets]
    buckets, starts, ends, partial = ([each for each in column for _ in table.series] for column in zip(*in_time, strict=True))
    groups, codes = (column * len(in_time) for column in zip(*table.series, strict=True))
    n = table.counts[0].astype(int).ravel().tolist()
    figures = map(_or_none, _figures(measure, table))
    return list(starmap(TrendRow, zip(buckets, starts, ends, codes, groups, n, *figures, partial, strict=True)))


def _figures(measure: str, table: _Table) -> tuple[Floats, ...]:
    """Of all cells the share and the change, each with its interval."""
    n, praised, blamed = table.counts
    if measure == "reason_net":
        of, changes = nets(praised, blamed, n), changes_of_nets(praised, blamed, n)
    else:
        of = shares(n, table.rows)
        changes = changes_of_shares(of)
    return of.value, of.low, of.high, changes.value, changes.low, changes.high


def _span(bucket: str | None, slices: Slices) -> tuple[date, date] | tuple[None, None]:
    return bucket_span(bucket, slices.size, slices.calendar) if bucket and slices.size else (None, None)


def _or_none(numbers: Floats) -> list[float | None]:
    shown = numbers.astype(object)
    shown[np.isnan(numbers)] = None
    return list(shown.ravel())
