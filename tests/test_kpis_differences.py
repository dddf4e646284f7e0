"""Differences against published examples and scipy, and what their tests let through when nothing differs, counted exactly."""

import doctest
import math
import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.kpis import differences
from voc.kpis.differences import (
    Balance,
    benjamini_hochberg,
    difference_of_nets,
    difference_of_shares,
    p_of_nets,
    p_of_shares,
)
from voc.kpis.kpi import Estimate

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scipy import stats

balances = st.builds(
    lambda ups, downs, rest: Balance(ups, downs, ups + downs + rest),
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(1, 300),
)
hits_of_rows = st.tuples(st.integers(0, 2_000), st.integers(1, 2_000)).map(lambda pair: (pair[0], sum(pair)))


def test_docstring_examples() -> None:
    assert doctest.testmod(differences).failed == 0


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((48, 80, 56, 70), 0.0524, 0.3339),
        ((3, 10, 9, 10), 0.1705, 0.8090),
        ((2, 7, 6, 7), 0.0582, 0.8062),
        ((0, 29, 5, 56), -0.0381, 0.1926),
        ((0, 20, 0, 10), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((0, 20, 10, 10), 0.6791, 1.0000),
        ((0, 10, 10, 10), 0.6075, 1.0000),
    ],
)
def test_a_difference_of_shares_has_the_interval_of_newcombe(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    """Table II of Newcombe (1998), method 10; there the first share is less the second."""
    found = difference_of_shares(*counts)
    assert found.value == pytest.approx(counts[2] / counts[3] - counts[0] / counts[1])
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    "counts", [(48, 80, 56, 70), (10, 100, 12, 50), (500, 10_000, 600, 10_000), (5, 10, 9, 10), (2, 6, 40, 60)]
)
def test_shares_are_tested_by_their_score_or_exactly(counts: tuple[int, int, int, int]) -> None:
    hits_1, n_1, hits_2, n_2 = counts
    theirs = stats.chi2_contingency([[hits_1, n_1 - hits_1], [hits_2, n_2 - hits_2]], correction=False)
    expects_five = theirs.expected_freq.min() >= 5
    exact = stats.fisher_exact([[hits_1, n_1 - hits_1], [hits_2, n_2 - hits_2]])
    assert expects_five == (min(n_1, n_2) > 10)
    assert p_of_shares(*counts) == pytest.approx(theirs.pvalue if expects_five else exact.pvalue, rel=1e-9)


def test_shares_with_few_rows_are_tested_exactly() -> None:
    """3 of 3 against 0 of 3: 2 of the C(6, 3) = 20 ways to deal the three hits are as extreme."""
    assert p_of_shares(3, 3, 0, 3) == pytest.approx(2 / 20)


@pytest.mark.parametrize(("n_1", "n_2", "most"), [(8, 8, 0.05), (10, 60, 0.055), (30, 30, 0.06), (60, 60, 0.06)])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_equal_shares_seldom_seem_to_differ(n_1: int, n_2: int, most: float, share: float) -> None:
    """Over all outcomes, p < 0.05 has a probability of hardly more than 0.05."""
    chances = [stats.binom.pmf(np.arange(n + 1), n, share) for n in (n_1, n_2)]
    found = [(first * second, p_of_shares(a, n_1, b, n_2)) for (a, first), (b, second) in product(*map(enumerate, chances))]
    wrong = sum(chance for chance, p in found if p is not None and p < 0.05)
    assert wrong <= most


def test_a_difference_of_nets_by_hand() -> None:
    """With a row more on either side: (41 − 31)/102 = 0.0980 and (61 − 21)/102 = 0.3922, variances (72/102 − 0.0980²)/102 =
    0.006826 and (82/102 − 0.3922²)/102 = 0.006374, error √0.0132 = 0.1149, degrees 201, t 1.9718: 0.2941 ± 0.2265.
    """
    found = difference_of_nets(Balance(40, 30, 100), Balance(60, 20, 100))
    assert found.value == pytest.approx(0.3)
    assert found.n == 200
    assert (found.ci_low, found.ci_high) == pytest.approx((0.2941 - 0.2265, 0.2941 + 0.2265), abs=1e-4)
    assert p_of_nets(Balance(40, 30, 100), Balance(60, 20, 100)) == pytest.approx(
        2 * stats.t.sf(0.2941 / 0.1149, 201), rel=0.01
    )


def test_nets_of_many_rows_come_close_to_the_test_of_welch() -> None:
    first, second = Balance(4_000, 3_000, 10_000), Balance(850, 650, 2_000)
    rows = [np.repeat([1, -1, 0], [int(b.ups), int(b.downs), int(b.n - b.ups - b.downs)]) for b in (first, second)]
    theirs = stats.ttest_ind(rows[1], rows[0], equal_var=False)
    ours = difference_of_nets(first, second)
    within = theirs.confidence_interval(0.95)
    assert p_of_nets(first, second) == pytest.approx(theirs.pvalue, rel=0.01)
    assert (ours.ci_low, ours.ci_high) == pytest.approx((within.low, within.high), abs=1e-3)


@pytest.mark.parametrize(("n_1", "n_2"), [(1, 12), (5, 12), (9, 9), (5, 20)])
@pytest.mark.parametrize("shares", [(0.1, 0.8), (0.5, 0.5), (0.05, 0.15)])
def test_equal_nets_seldom_seem_to_differ(n_1: int, n_2: int, shares: tuple[float, float]) -> None:
    """Over all outcomes, p < 0.05 has a probability of hardly more than 0.05, and p < 0.01 of 0.01."""
    every = [
        [(Balance(u, d, n), stats.multinomial.pmf([u, d, n - u - d], n, [*shares, 1 - sum(shares)])) for u, d in _outcomes(n)]
        for n in (n_1, n_2)
    ]
    found = [(one[1] * other[1], p_of_nets(one[0], other[0])) for one, other in product(*every) if one[1] * other[1] > 1e-9]
    for level in (0.05, 0.01):
        assert sum(chance for chance, p in found if p is not None and p < level) <= 1.3 * level


@given(first=balances, second=balances)
def test_a_difference_of_nets_lies_in_its_interval_and_turns_with_its_sides(first: Balance, second: Balance) -> None:
    found, turned, p = difference_of_nets(first, second), difference_of_nets(second, first), p_of_nets(first, second)
    assert found.value is not None
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert p is not None
    assert -2 <= found.ci_low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.ci_high <= 2
    assert (turned.value, turned.ci_low) == pytest.approx((-found.value, -found.ci_high))
    assert (p < 0.05) == (not found.ci_low <= 0 <= found.ci_high) or math.isclose(p, 0.05, rel_tol=1e-9)


@given(first=hits_of_rows, second=hits_of_rows)
def test_a_difference_of_shares_lies_in_its_interval_and_turns_with_its_sides(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    found, turned = difference_of_shares(*first, *second), difference_of_shares(*second, *first)
    assert found.value is not None
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert -1 - 1e-12 <= found.ci_low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.ci_high <= 1 + 1e-12
    assert (turned.value, turned.ci_low) == pytest.approx((-found.value, -found.ci_high))
    assert p_of_shares(*first, *second) == pytest.approx(p_of_shares(*second, *first))


@pytest.mark.parametrize(("first", "second"), [((0, 0), (3, 9)), ((3, 9), (0, 0)), ((0, 0), (0, 0))])
def test_a_side_without_rows_has_no_difference(first: tuple[int, int], second: tuple[int, int]) -> None:
    n = first[1] + second[1]
    assert difference_of_shares(*first, *second) == Estimate(None, None, None, n)
    assert p_of_shares(*first, *second) is None
    one, other = (Balance(ups, 0, rows) for ups, rows in (first, second))
    assert difference_of_nets(one, other) == Estimate(None, None, None, n)
    assert p_of_nets(one, other) is None


@given(st.lists(st.floats(0, 1), max_size=30))
def test_q_values_are_those_of_scipy(p: list[float]) -> None:
    ours = benjamini_hochberg(np.array(p, dtype=np.float64))
    assert ours.tolist() == pytest.approx(stats.false_discovery_control(p).tolist() if p else [])


def _outcomes(n: int) -> list[tuple[int, int]]:
    return [(ups, downs) for ups in range(n + 1) for downs in range(n + 1 - ups)]
