import math
import warnings
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.ledger import on, row, store_with
from voc.kpis import compute_kpis
from voc.kpis.intervals import mean, mean_of, net, net_promoters, ratio, share, skewed_mean_of, t_quantile
from voc.kpis.kpi import Estimate, Z

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scipy import stats

NOTHING = Estimate(None, None, None, 0)
three_counts = st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(0, 400)).filter(any)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 7, 10, 29, 30, 99, 100, 101, 1_000, 10_000_000])
def test_t_quantile_is_that_of_scipy(degrees: int) -> None:
    assert t_quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-9)


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 20), (20, 20), (3, 7), (50, 100), (1, 5_000), (123_456, 900_000)])
def test_share_has_the_wilson_interval_of_scipy(hits: int, n: int) -> None:
    theirs = stats.binomtest(hits, n).proportion_ci(method="wilson")
    ours = share(hits, n)
    assert (ours.value, ours.n) == (hits / n, n)
    assert (ours.ci_low, ours.ci_high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize("values", [[5, 4], [5, 4, 4, 2, 1, 5], [0.25] * 7, [412.5, 188.0, 95.25, 610.0], [-0.9, 0.9, 0.1]])
def test_mean_has_the_t_interval_of_scipy(values: list[float]) -> None:
    ours = mean(len(values), sum(values), sum(value * value for value in values))
    centre = sum(values) / len(values)
    half = stats.t.ppf(0.975, len(values) - 1) * stats.tstd(values) / math.sqrt(len(values)) if len(set(values)) > 1 else 0
    assert ours.value == pytest.approx(centre)
    assert (ours.ci_low, ours.ci_high) == pytest.approx((centre - half, centre + half), abs=1e-7)


def test_a_single_number_has_a_mean_and_no_interval() -> None:
    assert mean(1, 4, 16) == Estimate(4, None, None, 1)


def test_net_promoters_by_hand() -> None:
    """n = 103, promoters 40.75, detractors 30.75: d = 10/103, s = 71.5/103, half = 1.96·√((s − d²)/103) = 0.1598."""
    estimate = net_promoters(40, 30, 100)
    assert estimate.value == 10
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx(
        (100 * (10 / 103 - 0.1598), 100 * (10 / 103 + 0.1598)), abs=0.01
    )
    assert (estimate.ci_high or 0) - (estimate.ci_low or 0) == pytest.approx(32, abs=0.1)


def test_net_by_hand() -> None:
    """n = 102, 41 up, 31 down: d = 10/102, s = 72/102, half = 1.96·√((s − d²)/102) = 0.16194."""
    estimate = net(40, 30, 100)
    assert estimate.value == 10
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx(
        (100 * (10 / 102 - 0.16194), 100 * (10 / 102 + 0.16194)), abs=0.01
    )


def test_net_comes_close_to_the_plain_trinomial_for_many_rows() -> None:
    estimate = net(40_000, 30_000, 100_000)
    half = 100 * Z * math.sqrt((0.7 - 0.1**2) / 100_000)
    assert (estimate.ci_low, estimate.ci_high) == pytest.approx((10 - half, 10 + half), abs=0.01)


@pytest.mark.parametrize(
    "estimate",
    [share(0, 0), mean(0, 0, 0), net(0, 0, 0), net_promoters(0, 0, 0), mean_of({"n": 0, "total": 0, "squares": 0})],
)
def test_no_rows_are_no_figure(estimate: Estimate) -> None:
    assert estimate == NOTHING


@pytest.mark.parametrize("score", [net, net_promoters])
@given(counts=three_counts)
@example(counts=(1, 0, 0))
@example(counts=(0, 1, 0))
def test_a_net_lies_in_its_interval_and_the_interval_on_the_scale(score: object, counts: tuple[int, int, int]) -> None:
    assert callable(score)
    ups, downs, rest = counts
    estimate = score(ups, downs, ups + downs + rest)
    assert -100 <= estimate.ci_low < estimate.ci_high <= 100
    assert estimate.ci_low - 1e-9 <= estimate.value <= estimate.ci_high + 1e-9
    mirrored = score(downs, ups, ups + downs + rest)
    assert (mirrored.value, mirrored.ci_low) == pytest.approx((-estimate.value, -estimate.ci_high))


@given(st.integers(0, 5_000), st.integers(1, 5_000))
def test_a_share_lies_in_its_interval_and_the_interval_between_0_and_1(hits: int, more: int) -> None:
    estimate = share(hits, hits + more)
    assert estimate.value is not None
    assert estimate.ci_low is not None
    assert estimate.ci_high is not None
    assert 0 <= estimate.ci_low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.ci_high <= 1


LONG_TAILED = np.round(np.random.default_rng(4).lognormal(4, 0.8, 900)).tolist()


def cubes(values: Sequence[float]) -> dict[str, float]:
    return {
        "n": len(values),
        **{name: sum(x**power for x in values) for name, power in (("total", 1), ("squares", 2), ("cubes", 3))},
    }


def resampled(values: Sequence[float], statistic: Any) -> tuple[float, float]:
    """The percentile bootstrap of scipy."""
    found = stats.bootstrap(
        (values,), statistic, n_resamples=20_000, method="percentile", rng=np.random.default_rng(1), vectorized=True
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def test_the_mean_of_times_has_the_interval_that_resampling_finds() -> None:
    found = skewed_mean_of(cubes(LONG_TAILED))
    low, high = resampled(LONG_TAILED, np.mean)
    assert found.value == pytest.approx(np.mean(LONG_TAILED))
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=0.03 * (high - low))
    plain = mean(len(LONG_TAILED), sum(LONG_TAILED), sum(x * x for x in LONG_TAILED))
    assert found.ci_high is not None
    assert plain.ci_high is not None
    assert found.ci_high - np.mean(LONG_TAILED) > plain.ci_high - np.mean(LONG_TAILED)  # longer towards the tail


def holds_its_value(found: Estimate) -> bool:
    """Whether there is a value, in an interval of its own."""
    low, value, high = found.ci_low, found.value, found.ci_high
    return low is not None and value is not None and high is not None and low <= value <= high


@pytest.mark.parametrize("values", [[86400.7] * 3, [0.1] * 1_000, [1e-110] * 5, [1e15] * 7, [-86400.7] * 3, [0.0] * 4])
def test_the_mean_of_rows_that_are_alike_lies_in_its_interval(values: list[float]) -> None:
    found = skewed_mean_of(cubes(values))
    assert holds_its_value(found)
    assert (found.ci_low, found.ci_high) == pytest.approx((values[0], values[0]), rel=1e-6, abs=1e-100)


@given(st.lists(st.floats(-1e15, 1e15), min_size=2, max_size=40))
@example([1e-110, 3e-110])
def test_the_mean_of_any_numbers_lies_in_its_interval(values: list[float]) -> None:
    found = skewed_mean_of(cubes(values))
    assert holds_its_value(found)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(("name", "share"), [("frt_median", 0.5), ("frt_p90", 0.9)])
def test_a_quantile_has_the_interval_that_resampling_finds(name: str, share: float) -> None:
    start = on("1403-01-01")
    rows = [row(occurred_at=start, first_response_at=start + timedelta(seconds=each)) for each in LONG_TAILED]
    with store_with(rows) as store:
        (found,) = compute_kpis(store, [name])
    low, high = resampled(LONG_TAILED, lambda values, axis: np.quantile(values, share, axis=axis))
    assert found.value == pytest.approx(np.quantile(LONG_TAILED, share))
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=0.12 * (high - low))


def test_the_interval_of_a_median_covers_it_as_often_as_it_says() -> None:
    draws = np.sort(np.random.default_rng(2).lognormal(0, 1, (4_000, 60)), axis=1)
    spread = Z * math.sqrt(60 * 0.25)
    low, high = (draws[:, math.ceil(30 + side * spread) - 1] for side in (-1, 1))
    assert 0.94 <= np.mean((low <= 1) & (high >= 1)) <= 0.98


def test_a_ratio_is_that_of_a_regression_through_nought() -> None:
    """Cochran's estimate by the definition of its variance, residual by residual."""
    costs, revenues = np.array([3.0, 5.0, 2.0, 8.0]), np.array([10.0, 12.0, 9.0, 20.0])
    found = ratio(4, (costs.sum(), revenues.sum()), ((costs**2).sum(), (revenues**2).sum()), (costs * revenues).sum())
    value = costs.sum() / revenues.sum()
    error = math.sqrt(np.var(costs - value * revenues, ddof=1) / 4) / revenues.mean()
    assert found.value == pytest.approx(value)
    assert (found.ci_low, found.ci_high) == pytest.approx((value - t_quantile(3) * error, value + t_quantile(3) * error))
    assert ratio(0, (0, 0), (0, 0), 0).value is None
    assert ratio(2, (3, 0), (5, 0), 0).value is None
    assert ratio(1, (3, 6), (9, 36), 18).ci_low is None
