"""Figures with their 95 % intervals, from counts alone.

Every function gives an `Estimate` without value for n = 0. The intervals of shares and nets stay inside their scale and do
not shrink to nothing when all rows agree, for three customers of one mind are no certainty. That of a mean is the textbook's.
"""

import math
from functools import cache
from typing import Final

from voc.kpis.kpi import CONFIDENCE, Counts, Estimate, Z

NET_SCALE: Final = 100.0


def share(hits: float, n: float) -> Estimate:
    """`hits` of `n` rows, with Wilson's score interval (Wilson 1927, JASA 22:209).

    >>> estimate = share(8, 10)
    >>> estimate.value, round(estimate.ci_low, 2), round(estimate.ci_high, 2)
    (0.8, 0.49, 0.94)
    """
    if not n:
        return _nothing()
    spread = Z * math.sqrt(hits * (n - hits) / n + Z * Z / 4)
    low, high = (hits + Z * Z / 2 - spread) / (n + Z * Z), (hits + Z * Z / 2 + spread) / (n + Z * Z)
    return Estimate(hits / n, max(0.0, low), min(1.0, high), int(n))


def net(ups: float, downs: float, n: float) -> Estimate:
    """100·(ups − downs)/n with the interval of a trinomial: Wald's, after one row more on either side.

    The added rows are those of Bonett and Price (2012, J. Educ. Behav. Stat. 37:479).

    >>> net(40, 30, 100).value
    10.0
    """
    return _net(ups, downs, n, added=1.0, added_n=2.0)


def net_promoters(promoters: float, detractors: float, n: float) -> Estimate:
    """100·(promoters − detractors)/n with the adjusted Wald interval: ¾ a row more on either side and three in all.

    Source: Rocks (2016, The American Statistician 70:365), the variant with three rows more. Of a single answer it would end
    short of the answer itself, so it reaches as far as that.

    >>> estimate = net_promoters(40, 30, 100)
    >>> estimate.value, round(estimate.ci_low, 1), round(estimate.ci_high, 1)
    (10.0, -6.3, 25.7)
    """
    return _net(promoters, detractors, n, added=0.75, added_n=3.0)


def mean(n: float, total: float, squares: float) -> Estimate:
    """The mean of n numbers from their sum and the sum of their squares, with Student's t; no interval for a single one.

    >>> mean(2, 9, 41).value
    4.5
    """
    if not n:
        return _nothing()
    value = total / n
    if n < 2:
        return Estimate(value, None, None, int(n))
    variance = max(0.0, (squares - total * value) / (n - 1))
    half = t_quantile(int(n) - 1) * math.sqrt(variance / n)
    return Estimate(value, value - half, value + half, int(n))


def mean_of(counts: Counts) -> Estimate:
    """The mean from the three counts of `kpi.moments_of`: total/n."""
    return mean(counts["n"], counts["total"], counts["squares"])


def skewed_mean_of(counts: Counts) -> Estimate:
    """total/n of numbers with a long tail, from the counts of `kpi.cubes_of`; no interval for a single one.

    The interval is that of the percentile bootstrap in closed form: the quantiles of the resampled mean by its first three
    moments (Cornish and Fisher 1938; Hall 1992, The Bootstrap and Edgeworth Expansion, 2.5). Nothing is drawn at random.
    """
    n = counts["n"]
    if not n:
        return _nothing()
    value = counts["total"] / n
    if n < 2:
        return Estimate(value, None, None, int(n))
    variance = max(0.0, counts["squares"] / n - value * value)
    third = counts["cubes"] / n - 3 * value * counts["squares"] / n + 2 * value * value * value
    skew = third / variance / math.sqrt(variance * n) if variance else 0.0
    skew = max(-1.0, min(1.0, skew))  # n numbers are no more askew than √n; beyond lies what rounding left of equal ones
    error, shift = math.sqrt(variance / n), skew * (Z * Z - 1) / 6
    return Estimate(value, value + error * (shift - Z), value + error * (shift + Z), int(n))


def quantile_from(counts: Counts) -> Estimate:
    """The quantile that `kpi.quantile_of` counted."""
    value, low, high = (None if math.isnan(counts[name]) else counts[name] for name in ("value", "low", "high"))
    return Estimate(value, low, high, int(counts["n"]))


def ratio(n: float, sums: tuple[float, float], squares: tuple[float, float], products: float) -> Estimate:
    """One sum over another of the same n rows; its interval by Taylor's first term (Cochran 1977, Sampling Techniques, 6.4).

    >>> ratio(2, (3.0, 6.0), (5.0, 20.0), 10.0).value
    0.5
    """
    upper, lower = sums
    if not n or not lower:
        return _nothing()
    value = upper / lower
    if n < 2:
        return Estimate(value, None, None, int(n))
    residuals = max(0.0, squares[0] - 2 * value * products + value * value * squares[1])
    half = t_quantile(int(n) - 1) * math.sqrt(residuals * n / (n - 1)) / abs(lower)
    return Estimate(value, value - half, value + half, int(n))


def scaled(estimate: Estimate, factor: float) -> Estimate:
    """The estimate in another unit: times a factor above 0."""
    value, low, high = (None if part is None else factor * part for part in (estimate.value, estimate.ci_low, estimate.ci_high))
    return Estimate(value, low, high, estimate.n)


@cache
def t_quantile(degrees: int) -> float:
    """The two-sided 95 % point of Student's t.

    >>> round(t_quantile(9), 4)
    2.2622
    """
    from scipy.special import stdtrit  # half a tenth of a second that only means need

    return float(stdtrit(degrees, 0.5 + CONFIDENCE / 2))


def _net(ups: float, downs: float, n: float, *, added: float, added_n: float) -> Estimate:
    if not n:
        return _nothing()
    size = n + added_n
    difference, moving = (ups - downs) / size, (ups + downs + 2 * added) / size
    half = Z * math.sqrt((moving - difference * difference) / size)
    low, high = NET_SCALE * max(-1.0, difference - half), NET_SCALE * min(1.0, difference + half)
    value = NET_SCALE * (ups - downs) / n
    return Estimate(value, min(low, value), max(high, value), int(n))


def _nothing() -> Estimate:
    return Estimate(None, None, None, 0)
