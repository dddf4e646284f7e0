"""How right a tagger is on rows that people judged, each figure with its 95 % interval, from counts.

Shares (precision, recall, accuracy) have Wilson's interval of `voc.kpis.intervals`. The F1 of one code is 2J/(1 + J), where J
is the share of those rows of which either side says the code that both say it of: a share as well, so that its interval, too,
is Wilson's, carried over. What adds up several codes of a row has no such form and is drawn anew by rows.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.kpis.intervals import share
from voc.kpis.kpi import CONFIDENCE, Estimate

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BINS: Final = 10
DRAWS: Final = 1_000
DRAWS_AT_ONCE: Final = 50  # of ten thousand rows: four megabytes
MOST_ROWS: Final = 1_000_000
"""More than anybody judges: who would need as many will never know."""
_ENDS: Final = (50 - 50 * CONFIDENCE, 50 + 50 * CONFIDENCE)


@dataclass(frozen=True, slots=True)
class Bin:
    """Of what the model gave with a score from `low` to `high`: the mean score, and the share that people left."""

    low: float
    high: float
    n: int
    score: float
    share: float
    ci_low: float
    ci_high: float


def micro_f1(given: Bools, gold: Bools) -> float:
    """F1 over all cells; not a number where neither side says anything."""
    total = float(given.sum() + gold.sum())
    return 2 * float((given & gold).sum()) / total if total else float("nan")


def f1_of(both: int, given: int, true: int) -> Estimate:
    """F1 of one code that `given` rows have by the model, `true` by people and `both` by either.

    >>> estimate = f1_of(8, 10, 12)
    >>> round(estimate.value, 3), round(estimate.ci_low, 2), round(estimate.ci_high, 2)
    (0.727, 0.48, 0.88)
    """
    found = share(both, given + true - both)
    value, low, high = (None if part is None else 2 * part / (1 + part) for part in (found.value, found.ci_low, found.ci_high))
    return Estimate(value, low, high, found.n)


def micro_f1_of(rows: Ints) -> Estimate:
    """F1 over all codes of rows, each with how many both sides say, the model says and people say [rows, 3].

    Its interval is that of the percentile bootstrap over rows with a fixed seed; none where neither side says anything.
    """
    if not len(rows) or not rows[:, 1:].sum():
        return Estimate(None, None, None, len(rows))
    drawn = np.concatenate([_f1(weights @ rows) for weights in _weights(len(rows))])
    both, given, true = map(int, rows.sum(0))
    alike = f1_of(both, given, true)
    low, high = _ends(drawn, _number(alike.ci_low), _number(alike.ci_high))
    return Estimate(alike.value, low, high, len(rows))


def macro_f1_of(table: Ints) -> Estimate:
    """The mean F1 of the classes that people say, from how often they say each where the model says each [model, people]."""
    n = int(table.sum())
    if not n:
        return Estimate(None, None, None, 0)
    low, high = _ends(np.array([_macro_f1(drawn) for drawn in _redrawn(table)]), *interval_of(np.trace(table), n))
    return Estimate(_macro_f1(table), low, high, n)


def kappa_of(table: Ints) -> Estimate:
    """Cohen's kappa of two people, from how often one says each class where the other says each (Cohen 1960, EPM 20:37).

    1 is agreement in all, 0 as much as by chance; None where chance alone would agree in all. The interval is drawn anew.

    >>> kappa_of(np.array([[20, 5], [10, 15]])).value
    0.4
    """
    n, value = int(table.sum()), _kappa(table)
    if math.isnan(value):
        return Estimate(None, None, None, n)
    by_chance = _by_chance(table)
    alike = [(end - by_chance) / (1 - by_chance) for end in interval_of(np.trace(table), n)]
    low, high = _ends(np.array([_kappa(each) for each in _redrawn(table)]), *alike)
    return Estimate(value, low, high, n)


def calibration_error(probabilities: Floats, right: Bools, bins: int = BINS) -> float:
    """Expected calibration error: the mean distance, by bin, of how sure from how often right (Guo et al. 2017)."""
    at = _bin_of(probabilities, bins)
    gaps = [
        (at == one).mean() * abs(probabilities[at == one].mean() - right[at == one].mean())
        for one in range(bins)
        if (at == one).any()
    ]
    return float(np.sum(gaps))


def reliability(probabilities: Floats, right: Bools, bins: int = BINS) -> tuple[Bin, ...]:
    """How often right by how sure, in bins of the same width; those without any are left out."""
    at, found = _bin_of(probabilities, bins), []
    for one in map(int, np.unique(at)):
        of_bin = share(float(right[at == one].sum()), float((at == one).sum()))
        mean = float(probabilities[at == one].mean())
        found.append(
            Bin(one / bins, (one + 1) / bins, of_bin.n, mean, *map(_number, (of_bin.value, of_bin.ci_low, of_bin.ci_high)))
        )
    return tuple(found)


def cases_until(hits: int, n: int, done: Callable[[float, float], bool]) -> int | None:
    """How many cases there must be until their share has an interval that is `done`, if it stays what it is now.

    What it is now is hits + 1 of n + 2, for a few cases of one kind are no certainty. `done` must stay true as the interval
    narrows. None where even `MOST_ROWS` are too few.
    """
    expected = (hits + 1) / (n + 2)

    def enough(cases: int) -> bool:
        low, high = interval_of(expected * cases, cases)
        return done(low, high)

    low, high = n, max(1, n)
    while not enough(high):
        low, high = high, 2 * high
        if high > MOST_ROWS:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if middle and enough(middle) else (middle + 1, high)
    return high


def interval_of(hits: float, n: float) -> tuple[float, float]:
    """Wilson's interval of a share; from 0 to 1 where there is nothing to take a share of."""
    found = share(hits, n)
    return (0.0, 1.0) if found.ci_low is None or found.ci_high is None else (found.ci_low, found.ci_high)


def rows_until(estimate: Estimate, width: float) -> int | None:
    """How many more rows until the interval reaches `width` to either side: it narrows as the root of rows does."""
    if estimate.ci_low is None or estimate.ci_high is None:
        return None
    half = (estimate.ci_high - estimate.ci_low) / 2
    return max(0, math.ceil(estimate.n * (half / width) ** 2) - estimate.n)


def _ends(drawn: Floats, low: float, high: float) -> tuple[float, float]:
    """Where 95 of 100 draws lie; where all rows are of one mind and so every draw is the same, the ends that are given.

    These are of a share, for a few rows of one mind are no certainty.
    """
    told = drawn[~np.isnan(drawn)]
    if np.ptp(told) == 0:
        return low, high
    least, most = np.percentile(told, _ENDS)
    return float(least), float(most)


def _weights(n: int) -> Iterator[Ints]:
    """How often each of n rows is drawn [draws, n], in pieces, of which one is there at a time."""
    random = np.random.default_rng(0)
    even = np.full(n, 1 / n)
    for _ in range(DRAWS // DRAWS_AT_ONCE):
        yield random.multinomial(n, even, DRAWS_AT_ONCE)


def _redrawn(table: Ints) -> Ints:
    """The table of as many rows drawn anew, time after time [draws, …]."""
    n, random = int(table.sum()), np.random.default_rng(0)
    return random.multinomial(n, (table / n).ravel(), DRAWS).reshape(-1, *table.shape)


def _f1(sums: Ints) -> Floats:
    """F1 from the sums of both, given and true [draws, 3]; not a number where nothing was said."""
    said = sums[:, 1] + sums[:, 2]
    f1: Floats = 2 * sums[:, 0] / np.where(said, said, np.nan)
    return f1


def _macro_f1(table: Ints) -> float:
    sides = table.sum(1) + table.sum(0)
    return float(np.mean(2 * np.diag(table)[table.sum(0) > 0] / sides[table.sum(0) > 0]))


def _kappa(table: Ints) -> float:
    by_chance = _by_chance(table)
    return float((np.trace(table) / table.sum() - by_chance) / (1 - by_chance)) if by_chance < 1 else math.nan


def _by_chance(table: Ints) -> float:
    """How often two people who say each class as often as they do would agree by chance."""
    n = table.sum()
    return float((table.sum(0) * table.sum(1)).sum()) / n**2 if n else 1.0


def _bin_of(probabilities: Floats, bins: int) -> Ints:
    return np.minimum((probabilities * bins).astype(np.int64), bins - 1)


def _number(value: float | None) -> float:
    return math.nan if value is None else value
