"""What rose or fell beyond chance lately: counts of contact reasons against what their own past lets expect.

A spike says when and of what more or fewer customers wrote than usual; it says nothing of what that comes from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

import numpy as np

from voc.calendars import BucketSize, Calendar, bucket_bounds, bucket_key, bucket_span
from voc.days import YEARS
from voc.errors import InputError
from voc.kpis.differences import benjamini_hochberg
from voc.kpis.slices import Counted, Part, Selects, Slices, buckets_between, check_option, counting_query, groups_of, slice_rows
from voc.store.feedback import feedback_id
from voc.store.filters import Filters, where, without_tags
from voc.trends.baseline import Bools, Floats, Integers, Scores, score_series
from voc.trends.compare import TYPICAL_LENGTH
from voc.trends.series import LEVELS, count_codes, mark_codes

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

Direction = Literal["up", "down"]

BASELINE: Final[Mapping[BucketSize, int]] = {"hour": 336, "day": 56, "week": 26, "month": 12, "quarter": 12, "year": 10}
"""How many buckets before the latest a baseline has: enough to know the season (two weeks of hours, eight of each weekday) and
to tell a trend from chance, few enough for a straight line to be one."""
LEAST_BASELINE: Final[Mapping[BucketSize, int]] = {"hour": 168, "day": 21, "week": 8, "month": 6, "quarter": 6, "year": 5}
"""A series with a shorter past is not tested: every hour of a week, each weekday three times, or a line and its scatter."""

_CYCLES: Final = 2  # a season is fitted where the baseline holds it this often: what came once cannot be told from chance


@dataclass(frozen=True, slots=True)
class Spike:
    """A reason of which one of the latest buckets has far more or far fewer rows than its past lets expect.

    `n` rows of the bucket and group have the code, and `expected` were to be expected; `ratio` is n/expected, with its 95 %
    interval. `p_value` is two-sided; `q_value` is the share of false discoveries if all spikes down to this one are taken.
    `start` and `end` are as those of a trend's row. `examples` are ids of typical rows: those where the
    tagger is surest of the code, texts of ordinary length first.
    """

    code: str
    group: str | None
    bucket: str
    start: date
    end: date
    n: int
    expected: float
    ratio: float
    ratio_low: float
    ratio_high: float
    p_value: float
    q_value: float
    direction: Direction
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows of each code and group, a series, in each bucket: `counts` [S, T].

    `exposure` [S, T] is how long and how far a bucket was watched, in days; `heard` [S, T] that its group has tagged rows.
    """

    buckets: tuple[str, ...]
    series: tuple[tuple[str, str | None], ...]
    counts: Floats
    exposure: Floats
    heard: Bools


def find_spikes(
    store: Selects,
    *,
    bucket: BucketSize = "day",
    calendar: Calendar = "jalali",
    group: str | None = None,
    level: str = "leaf",
    latest: int = 1,
    baseline: int | None = None,
    filters: Filters = Filters(),  # noqa: B008  a frozen value
    now: datetime | None = None,
    min_n: int = 10,
    false_discovery: float = 0.05,
    examples: int = 3,
) -> list[Spike]:
    """The reasons, by group, of which the `latest` complete buckets have more or fewer rows than chance explains, surest first.

    The last bucket with tagged rows is complete, unless it holds `now`, a time in the store's zone, or the end of `filters`.
    A bucket in which a group has no row at all is no fall and is not tested; one that is half tagged is taken as half watched.
    False discoveries (Benjamini and Hochberg 1995) are held down over all tests, also of what is too
    small to be shown: a rise needs n ≥ `min_n`, a fall expected ≥ `min_n`. Raises InputError for anything that is not known.
    """
    check_option("bucket", bucket, get_args(BucketSize))
    check_option("level", level, LEVELS)
    slices = slice_rows(bucket, calendar, group, filters.polarity)
    past = BASELINE[bucket] if baseline is None else baseline
    _check_least("latest", latest, 1)
    _check_least("baseline", past, LEAST_BASELINE[bucket])
    last = _last_complete(store, bucket, calendar, filters, now)
    if last is None:
        return []
    window = _buckets_up_to(last, past + latest + 1, bucket, calendar)  # one more, as a group's first is not watched
    near = _narrowed(filters, bucket_bounds(window[0], bucket, calendar)[0], bucket_bounds(last, bucket, calendar)[1])
    found = [each for each in count_codes(store, "reasons", slices, near, level) if window[0] <= (each.bucket or "") <= last]
    shares = _tagged_shares(store, found, slices, near)
    spikes = list(_beyond_chance(_tabulate(found, slices, shares), window[-latest], slices, false_discovery, min_n))
    spikes.sort(key=lambda each: (each.q_value, -abs(each.n - each.expected), each.bucket, each.code, each.group or ""))
    shown = _find_examples(store, spikes, slices, near, level, examples) if spikes and examples > 0 else {}
    return [replace(each, examples=shown.get((each.bucket, each.group, each.code), ())) for each in spikes]


def _last_complete(store: Selects, size: BucketSize, calendar: Calendar, filters: Filters, now: datetime | None) -> str | None:
    last = _last_tagged(store, size, calendar, filters)
    if last and now:
        last = min(last, _bucket_before(now.date(), now.hour, size, calendar))
    if last and filters.to and bucket_bounds(last, size, calendar)[1] > filters.to:
        return _bucket_before(filters.to, 0, size, calendar)
    return last


def _last_tagged(store: Selects, size: BucketSize, calendar: Calendar, filters: Filters) -> str | None:
    condition = where(filters)
    sql = (
        "SELECT f.occurred_on, max(f.occurred_hour) FROM feedback f JOIN tagging t ON t.seq = f.seq"
        f" WHERE {condition.sql} AND f.occurred_on IS NOT NULL GROUP BY 1 ORDER BY 1 DESC LIMIT 1"
    )
    return next((bucket_key(day, size, calendar, hour) for day, hour in store.select(sql, condition.parameters)), None)


def _buckets_up_to(last: str, count: int, size: BucketSize, calendar: Calendar) -> tuple[str, ...]:
    """The last buckets, fewer where there are no days so long ago."""
    buckets = [last]
    while len(buckets) < count and (start := bucket_bounds(buckets[-1], size, calendar)[0]).year > YEARS[0]:
        hour = int(buckets[-1][-2:]) if size == "hour" else 0
        buckets.append(_bucket_before(start, hour, size, calendar))
    return tuple(reversed(buckets))


def _bucket_before(day: date, hour: int, size: BucketSize, calendar: Calendar) -> str:
    """The key of the bucket right before the one that holds this hour of a day."""
    if size == "hour" and hour:
        return bucket_key(day, size, calendar, hour - 1)
    start, _ = bucket_bounds(bucket_key(day, size, calendar, hour), size, calendar)
    return bucket_key(start - timedelta(days=1), size, calendar, 23)


def _narrowed(filters: Filters, start: date, end: date) -> Filters:
    return replace(filters, from_=max(start, filters.from_ or start), to=min(end, filters.to or end))


def _tagged_shares(
    store: Selects, found: Sequence[Counted], slices: Slices, filters: Filters
) -> Mapping[tuple[str | None, str | None], float]:
    """How much of what arrived is tagged, by bucket and group; whatever the tags are, for a filter on them leaves no others."""
    arrived = without_tags(filters)
    of_all = found if arrived == filters else count_codes(store, "sentiment", slices, arrived, "leaf")
    return {
        (each.bucket, each.group): each.counts[0] / each.counts[1] for each in of_all if each.code is None and each.counts[1]
    }


def _tabulate(found: Sequence[Counted], slices: Slices, shares: Mapping[tuple[str | None, str | None], float]) -> _Table:
    """Every code in every group. A group's first bucket, which may have begun half-way, and those before it are not watched."""
    groups = groups_of(each.group for each in found)
    codes = sorted({each.code for each in found if each.code is not None})
    buckets = tuple(key for key in buckets_between((each.bucket for each in found), slices, len(groups) * len(codes)) if key)
    series = tuple((code, group) for code in codes for group in groups)
    columns: Mapping[str | None, int] = {key: column for column, key in enumerate(buckets)}
    lines: Mapping[tuple[str | None, str | None], int] = {key: line for line, key in enumerate(series)}
    numbers = {group: number for number, group in enumerate(groups)}
    counts = np.zeros((len(series), len(buckets)))
    tagged, share = np.zeros((len(groups), len(buckets))), np.ones((len(groups), len(buckets)))
    for (bucket, group), known in shares.items():
        if group in numbers and bucket in columns:
            share[numbers[group], columns[bucket]] = known
    for each in found:
        if each.code is None:
            tagged[numbers[each.group], columns[each.bucket]] = each.counts[0]
        else:
            counts[lines[each.code, each.group], columns[each.bucket]] = each.counts[0]
    exposure = _days_of(buckets, slices) * share * (np.cumsum(tagged, axis=1) > tagged)
    return _Table(buckets, series, counts, np.tile(exposure, (len(codes), 1)), np.tile(tagged > 0, (len(codes), 1)))


def _beyond_chance(table: _Table, first: str, slices: Slices, false_discovery: float, min_n: int) -> Iterator[Spike]:
    """The spikes in the buckets from `first` on, without examples; every series with enough of a past is tested."""
    past = sum(key < first for key in table.buckets)
    watched = (table.exposure[:, :past] > 0).sum(axis=1)
    enough = (watched >= LEAST_BASELINE[slices.size or "day"]) & table.counts.any(axis=1)
    if past == len(table.buckets) or not enough.any():
        return
    n, tested = table.counts[enough, past:], table.heard[enough, past:]
    exposure = table.exposure[enough]
    exposure[:, past:][~tested] = 1.0  # for what is not tested any will do
    scores = score_series(table.counts[enough], exposure, n.shape[1], _phases(table.buckets, past, slices))
    q = np.ones(n.shape)
    q[tested] = benjamini_hochberg(scores.p[tested])
    shown = (q <= false_discovery) & (np.maximum(n, scores.expected) >= min_n)
    for line, column in np.argwhere(shown).tolist():
        series, key = table.series[np.flatnonzero(enough)[line]], table.buckets[past + column]
        yield _spike(series, key, slices, int(n[line, column]), scores, float(q[line, column]), (line, column))


def _spike(
    series: tuple[str, str | None], key: str, slices: Slices, n: int, scores: Scores, q: float, at: tuple[int, int]
) -> Spike:
    code, group = series
    start, end = bucket_span(key, slices.size or "day", slices.calendar)
    expected = float(scores.expected[at])
    return Spike(
        code, group, key, start, end, n, expected,
        ratio=float(scores.ratio[at]),
        ratio_low=float(scores.ratio_low[at]),
        ratio_high=float(scores.ratio_high[at]),
        p_value=float(scores.p[at]),
        q_value=q,
        direction="up" if n > expected else "down",
    )  # fmt: skip


def _phases(buckets: Sequence[str], past: int, slices: Slices) -> list[Integers]:
    """The hour of the day and the weekday of each bucket, where there are any and the baseline has enough of them."""
    phases = []
    if slices.size == "hour" and past >= _CYCLES * 24:
        phases.append(np.array([int(key[-2:]) for key in buckets]))
    if (slices.size == "hour" and past >= _CYCLES * 24 * 7) or (slices.size == "day" and past >= _CYCLES * 7):
        phases.append(np.array([bucket_bounds(key, slices.size, slices.calendar)[0].weekday() for key in buckets]))
    return phases


def _days_of(buckets: Sequence[str], slices: Slices) -> Floats:
    bounds = (bucket_bounds(key, slices.size or "day", slices.calendar) for key in buckets)
    return np.array([(end - start).days for start, end in bounds], dtype=np.float64)


def _find_examples(
    store: Selects, spikes: Sequence[Spike], slices: Slices, filters: Filters, level: str, most: int
) -> Mapping[tuple[str, str | None, str], tuple[str, ...]]:
    """Ids of typical rows by bucket, group and code, from one query over the days and codes of the spikes."""
    days = [bucket_bounds(each.bucket, slices.size or "day", slices.calendar) for each in spikes]
    condition = where(_narrowed(filters, min(start for start, _ in days), max(end for _, end in days)))
    marks = f" JOIN ({mark_codes('reasons', level)}) m ON m.seq = f.seq AND m.code = ANY($codes)"
    ordinary = f"length(f.text) BETWEEN {TYPICAL_LENGTH[0]} AND {TYPICAL_LENGTH[1]}"
    typical = f"(array_agg(f.seq ORDER BY {ordinary} DESC, m.score DESC, f.seq))[1:$most]"
    sql = counting_query(slices, condition, [Part((typical,), marks, "m.code")])
    asked = {"codes": sorted({each.code for each in spikes}), "most": most}
    return {
        (bucket_key(day, slices.size or "day", slices.calendar, hour), group, code): tuple(map(feedback_id, seqs))
        for group, code, day, hour, seqs in store.select(sql, {**condition.parameters, **slices.parameters, **asked})
    }


def _check_least(field: str, value: int, least: int) -> None:
    if value < least:
        raise InputError(f"{field}: {value} is too few here. Give at least {least}.", field=field)
