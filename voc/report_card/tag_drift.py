"""Which codes have another share of a month's rows than in the first months, all codes and months tested as one family."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from voc.calendars import Calendar
from voc.kpis.differences import benjamini_hochberg, difference_of_shares, p_of_shares
from voc.kpis.slices import Selects
from voc.store.filters import Filters
from voc.trends import compute_trend

MEASURES: Final = ("sentiment", "reasons", "effort", "loyalty", "resolution")
FALSE_DISCOVERY: Final = 0.05
MATTERS: Final = 0.02
"""A share that moved by less is nobody's concern, however sure it is with a million rows."""

_Counts = Mapping[str, int]
"""Rows by month."""


@dataclass(frozen=True, slots=True)
class TagDrift:
    """A code in a month: its share of the rows, that in the first months, how far they are apart, and by what chance."""

    kind: str
    code: str
    bucket: str
    n: int
    share: float
    share_first: float
    difference: float
    ci_low: float
    ci_high: float
    q_value: float


def find_tag_drift(store: Selects, filters: Filters, calendar: Calendar, first: Sequence[str]) -> tuple[TagDrift, ...]:
    """The codes that have moved beyond chance and by two points or more, the latest month first, the farthest first."""
    if not first:
        return ()
    rows = dict(_count(store, "sentiment", filters, calendar))
    totals = {bucket: sum(each.get(bucket, 0) for each in rows.values()) for each in rows.values() for bucket in each}
    tested = [
        each
        for kind in MEASURES
        for code, counts in _count(store, kind, filters, calendar)
        for each in _test(kind, code, counts, totals, first)
    ]
    if not tested:
        return ()
    q_values = benjamini_hochberg(np.array([each.q_value for each in tested]))
    moved = [replace(each, q_value=float(q)) for each, q in zip(tested, q_values, strict=True)]
    chosen = [each for each in moved if each.q_value <= FALSE_DISCOVERY and abs(each.difference) >= MATTERS]
    chosen.sort(key=lambda each: (each.bucket, abs(each.difference)), reverse=True)
    return tuple(chosen)


def _count(store: Selects, kind: str, filters: Filters, calendar: Calendar) -> Iterator[tuple[str, _Counts]]:
    """The rows of each code by month."""
    counts: dict[str, dict[str, int]] = {}
    for row in compute_trend(store, kind, bucket="month", calendar=calendar, filters=filters):
        if row.bucket is not None and row.code is not None:
            counts.setdefault(row.code, {})[row.bucket] = row.n
    yield from sorted(counts.items())


def _test(kind: str, code: str, counts: _Counts, totals: _Counts, first: Sequence[str]) -> Iterator[TagDrift]:
    """A code in every month after the first ones; its p-value stands where the q-value will."""
    n_first, of_first = (sum(each.get(bucket, 0) for bucket in first) for each in (counts, totals))
    for bucket, total in totals.items():
        n = counts.get(bucket, 0)
        difference, p_value = difference_of_shares(n_first, of_first, n, total), p_of_shares(n_first, of_first, n, total)
        if bucket > first[-1] and p_value is not None and None not in (difference.ci_low, difference.ci_high):
            low, high = float(difference.ci_low or 0), float(difference.ci_high or 0)
            yield TagDrift(
                kind, code, bucket, n, n / total, n_first / of_first, float(difference.value or 0), low, high, p_value
            )  # fmt: skip
