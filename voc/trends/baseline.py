"""What the past of a series of counts lets expect of its latest buckets, and how far off chance these are.

The method is that of the surveillance of outbreaks (Farrington et al. 1996, J. R. Stat. Soc. A 159:547; Noufaily et al. 2013,
Stat. Med. 32:1206): a log-linear model with trend and season, overdispersion estimated, the doubt about the model counted in.
All arithmetic is over counts [series, buckets], all series at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voc.kpis.kpi import CONFIDENCE

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

_RIDGE: Final = 1.0
"""The information that holds each coefficient at zero, and the level at the mean, in counts: nothing beside what a usual series
has, and a weekday without any count stays finite. From 0.3 to 3 the false alarms in tests/test_spikes.py stay as they are."""
_NEW: Final = 0.5  # counts added to a series for its level, so that a reason that was never heard of has one too
_MOST_STEPS: Final = 50  # of the fit; five to eight are usual
_CONVERGED: Final = 1e-9  # in logarithms of counts
_EXTREME: Final = 30.0  # logarithms beyond are held back while the fit goes on, so that none overflows


@dataclass(frozen=True, slots=True)
class Scores:
    """What was expected of S series in their L latest buckets, counts per expected with the 95 % interval, two-sided p-values.

    All are [S, L].
    """

    expected: Floats
    ratio: Floats
    ratio_low: Floats
    ratio_high: Floats
    p: Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """A model with P coefficients for each of S series.

    `coefficients` [S, P] and `inverse` [S, P, P] of their information; `expected` [S, T] of the baseline and its `mean` [S];
    `extra` [S] is α where the variance of a count is mean + α·mean², and `degrees` [S] how well that is known.
    """

    coefficients: Floats
    inverse: Floats
    expected: Floats
    mean: Floats
    extra: Floats
    degrees: Floats


def score_series(counts: Floats, exposure: Floats, latest: int, phases: Sequence[Integers] = ()) -> Scores:
    """How the `latest` counts of each series compare with what those before them let expect.

    `counts` and `exposure` are [S, T]. Exposure says how long or how far a bucket was watched, 0 where it tells nothing; it is
    above zero in the latest buckets and in more of the others than there are coefficients to find. A phase [T] numbers what
    comes round, such as the weekday.
    """
    design = design_of(counts.shape[1], latest, phases)
    fit = fit_series(counts[:, :-latest], exposure[:, :-latest], design[:-latest])
    return _score(fit, counts[:, -latest:], exposure[:, -latest:], design[-latest:])


def design_of(buckets: int, latest: int, phases: Sequence[Integers]) -> Floats:
    """[T, P]: ones, the time from -1 to 1 over the baseline, and a flag for each phase; the ridge keeps them apart."""
    half = (buckets - latest - 1) / 2
    flags = [phase == each for phase in phases for each in np.unique(phase)]
    return np.column_stack([np.ones(buckets), np.arange(buckets) / half - 1, *flags])


def fit_series(counts: Floats, exposure: Floats, design: Floats) -> Fit:
    """Quasi-Poisson regression of each series on `design` [T, P], by iteratively reweighted least squares with a ridge.

    Source: McCullagh and Nelder (1989, Generalized Linear Models, 2.5 and 6.2).
    """
    watched = exposure > 0
    offset = np.log(np.where(watched, exposure, 1.0))
    ridge = _RIDGE * np.eye(design.shape[1])
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    centre = centre_of(counts, exposure, design)
    height = np.log((counts / np.exp(offset) + np.exp(centre[:, :1])) / 2)
    for _ in range(_MOST_STEPS):
        expected = watched * np.exp(height + offset)
        information = (expected @ squares).reshape(-1, *ridge.shape) + ridge
        pull = (expected * height + watched * (counts - expected)) @ design + _RIDGE * centre
        coefficients = np.linalg.solve(information, pull[..., None])[..., 0]
        before, height = height, np.clip(coefficients @ design.T, -_EXTREME, _EXTREME)
        if np.abs(height - before).max(initial=0.0) < _CONVERGED:
            break
    return _with_dispersion(counts, watched * np.exp(height + offset), coefficients, np.linalg.inv(information))


def centre_of(counts: Floats, exposure: Floats, design: Floats) -> Floats:
    """[S, P]: where the ridge holds the coefficients: the level at the mean of the series, all else at zero."""
    centre = np.zeros((len(counts), design.shape[1]))
    centre[:, 0] = np.log(((counts * (exposure > 0)).sum(axis=1) + _NEW) / exposure.sum(axis=1))
    return centre


def _with_dispersion(counts: Floats, expected: Floats, coefficients: Floats, inverse: Floats) -> Fit:
    """The fit with its overdispersion from Pearson's χ², never less than none.

    Such a χ² scatters the more, the heavier the tails of the counts, as if it had 1 + κ/2 times fewer degrees of freedom (Box
    1953, Biometrika 40:318); the excess κ of a gamma, whose mixture of Poisson counts has this variance, is 6α.
    """
    watched = expected > 0
    buckets = watched.sum(axis=1)
    free = buckets - coefficients.shape[1] + _RIDGE * np.trace(inverse, axis1=1, axis2=2)
    mean = expected.sum(axis=1) / buckets
    chi2 = (watched * (counts - expected) ** 2 / np.where(watched, expected, 1.0)).sum(axis=1)
    extra = np.maximum(0.0, chi2 / free - 1) / mean
    return Fit(coefficients, inverse, expected, mean, extra, free / (1 + 3 * extra))


def _score(fit: Fit, counts: Floats, exposure: Floats, design: Floats) -> Scores:
    """The tails are those of a negative binomial with the predictive mean and variance.

    The variance of a count is mean + α·mean², or in proportion to the mean where that is less than the baseline's, and that of
    the mean itself is added. Since α is estimated, the tail goes by its normal score to Student's t. The interval is Garwood's
    (1936, Biometrika 28:437) for counts in units of that variance.
    """
    from scipy.special import betainc, gammainccinv, gammaincinv, ndtr, ndtri, stdtr, stdtrit

    expected = exposure * np.exp(np.clip(fit.coefficients @ design.T, -_EXTREME, _EXTREME))
    doubt = np.einsum("lp,spq,lq->sl", design, fit.inverse, design)
    extra, mean, degrees = fit.extra[:, None], fit.mean[:, None], fit.degrees[:, None]
    variance = expected * (1 + extra * np.maximum(mean, expected)) * (1 + expected * doubt)
    size, chance = expected**2 / (variance - expected), expected / variance
    at_most = betainc(size, counts + 1, chance)
    at_least = np.where(counts > 0, betainc(np.maximum(counts, 1), size, 1 - chance), 1.0)
    p = np.minimum(1.0, 2 * stdtr(degrees, ndtri(np.minimum(at_most, at_least))))
    unit = (1 + extra * np.maximum(mean, counts)) * (1 + counts * doubt)
    tail = ndtr(stdtrit(degrees, (1 - CONFIDENCE) / 2))
    low = np.where(counts > 0, unit * gammaincinv(np.maximum(counts, 1) / unit, tail), 0.0)
    high = unit * gammainccinv(counts / unit + 1, tail)
    return Scores(expected, counts / expected, low / expected, high / expected, p)
