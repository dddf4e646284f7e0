"""Figures with their 95 % intervals, from counts alone.

Every function gives an `Estimate` without value for n = 0. The intervals of shares and nets stay inside their scale and do
not shrink to nothing when all rows agree, for three customers of one mind are no certainty. That of a mean is the textbook's.
"""

import math
from functools import cache
from statistics import NormalDist
from typing import Final

from voc.kpis.kpi import Counts, Estimate

CONFIDENCE: Final = 0.95
Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
NET_SCALE: Final = 100.0

_NORMAL_FROM_DEGREES: Final = 100  # from here on the series below is right to nine digits


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

    Source: Rocks (2016, The American Statistician 70:365), the variant with three rows more.

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


@cache
def t_quantile(degrees: int) -> float:
    """The two-sided 95 % point of Student's t for whole degrees of freedom, to nine digits.

    Bisection of the closed form for few degrees (Abramowitz and Stegun 26.7.3–4), a series for many (26.7.5).

    >>> round(t_quantile(9), 4)
    2.2622
    """
    if degrees >= _NORMAL_FROM_DEGREES:
        return _t_series(degrees)
    low, high = 0.0, 13.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_within(middle, degrees) < CONFIDENCE else (low, middle)
    return high


def _net(ups: float, downs: float, n: float, *, added: float, added_n: float) -> Estimate:
    if not n:
        return _nothing()
    size = n + added_n
    difference, moving = (ups - downs) / size, (ups + downs + 2 * added) / size
    half = Z * math.sqrt((moving - difference * difference) / size)
    low, high = max(-1.0, difference - half), min(1.0, difference + half)
    return Estimate(NET_SCALE * (ups - downs) / n, NET_SCALE * low, NET_SCALE * high, int(n))


def _nothing() -> Estimate:
    return Estimate(None, None, None, 0)


def _t_within(t: float, degrees: int) -> float:
    """The probability that Student's t lies between -t and t."""
    angle = math.atan(t / math.sqrt(degrees))
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    terms = term if degrees > 1 else 0.0
    for step in range(2 + odd, degrees - 1, 2):
        term *= (step - 1) / step * math.cos(angle) ** 2
        terms += term
    return 2 / math.pi * (angle + math.sin(angle) * terms) if odd else math.sin(angle) * terms


def _t_series(degrees: int) -> float:
    return Z + sum(
        part / float(degrees) ** power
        for power, part in enumerate(
            (
                (Z**3 + Z) / 4,
                (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
                (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
                (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92160,
            ),
            start=1,
        )
    )
