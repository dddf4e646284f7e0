"""Shares, nets and their changes over a whole series at once: those of `voc.kpis`, to the last digit.

A trend by day has thousands of figures, and a call for each took ten times as long as the database took to count. All arrays
are [buckets, series]; NaN stands where there is no figure.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.kpis.intervals import NET_SCALE
from voc.kpis.kpi import CONFIDENCE, Z

Floats = NDArray[np.float64]

_ADDED: Final = 1.0  # rows on either side of a net, as in `intervals.net` and `differences.difference_of_nets`


@dataclass(frozen=True, slots=True)
class Estimates:
    """Figures with their 95 % intervals."""

    value: Floats
    low: Floats
    high: Floats


def shares(hits: Floats, n: Floats) -> Estimates:
    """`intervals.share` of each: `hits` of `n` rows."""
    n = _nan_for_zero(n)
    spread = Z * np.sqrt(hits * (n - hits) / n + Z * Z / 4)
    low, high = ((hits + Z * Z / 2 + way) / (n + Z * Z) for way in (-spread, spread))
    return Estimates(hits / n, np.maximum(0.0, low), np.minimum(1.0, high))


def changes_of_shares(of: Estimates) -> Estimates:
    """`differences.difference_of_shares` of each bucket and the one before it."""
    value = _change(of.value)
    down = _exactly(math.hypot, of.value[1:] - of.low[1:], of.high[:-1] - of.value[:-1])
    up = _exactly(math.hypot, of.high[1:] - of.value[1:], of.value[:-1] - of.low[:-1])
    return Estimates(value, value - _from_second(down), value + _from_second(up))


def nets(ups: Floats, downs: Floats, n: Floats) -> Estimates:
    """`intervals.net` of each, from -1 to 1: `n` rows, of which `ups` count for something and `downs` against it."""
    net, variance, _ = _moments(ups, downs, n)
    half = Z * np.sqrt(variance)
    value = NET_SCALE * (ups - downs) / _nan_for_zero(n)
    low, high = NET_SCALE * np.maximum(-1.0, net - half), NET_SCALE * np.minimum(1.0, net + half)
    return Estimates(*(1 / NET_SCALE * points for points in (value, low, high)))


def changes_of_nets(ups: Floats, downs: Floats, n: Floats) -> Estimates:
    """`differences.difference_of_nets` of each bucket and the one before it."""
    net, variance, size = _moments(ups, downs, n)
    both, parts = variance[1:] + variance[:-1], _exactly(_square, variance) / (size - 1)
    degrees = np.floor(_exactly(_square, both) / (parts[1:] + parts[:-1]))
    value, centre, half = _change((ups - downs) / _nan_for_zero(n)), _change(net), _from_second(_t(degrees) * np.sqrt(both))
    return Estimates(value, np.maximum(-2.0, centre - half), np.minimum(2.0, centre + half))


def _moments(ups: Floats, downs: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Each net with the rows added, its variance and the number of rows."""
    size = _nan_for_zero(n) + 2 * _ADDED
    net, moving = (ups - downs) / size, (ups + downs + 2 * _ADDED) / size
    return net, (moving - net * net) / size, size


def _t(degrees: Floats) -> Floats:
    """`intervals.t_quantile` of each."""
    from scipy.special import stdtrit

    quantiles: Floats = stdtrit(degrees, 0.5 + CONFIDENCE / 2)
    return quantiles


def _change(values: Floats) -> Floats:
    return _from_second(values[1:] - values[:-1])


def _from_second(values: Floats) -> Floats:
    """With a first bucket before them, which has nothing to change from."""
    return np.concatenate([np.full((1, values.shape[1]), np.nan), values])


def _square(number: float) -> float:
    return number**2


def _exactly(function: Callable[..., float], *arrays: Floats) -> Floats:
    """Python's own function of each; numpy's rounds otherwise in one of a thousand."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), dtype=np.float64)


def _nan_for_zero(n: Floats) -> Floats:
    return np.where(n > 0, n, np.nan)
