"""Figures of a whole series at once are those of one at a time, to the last digit."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.kpis.differences import Balance, difference_of_nets, difference_of_shares
from voc.kpis.intervals import NET_SCALE, net, scaled, share
from voc.kpis.kpi import Estimate
from voc.trends.arrays import Estimates, Floats, changes_of_nets, changes_of_shares, nets, shares

Counts = tuple[int, int, int]


@st.composite
def balances(draw: st.DrawFn) -> Counts:
    n = draw(st.integers(0, 3) | st.integers(0, 5_000_000))
    ups = draw(st.integers(0, n))
    return ups, draw(st.integers(0, n - ups)), n


series = st.lists(balances(), min_size=1, max_size=30)


def columns(found: list[Counts]) -> tuple[Floats, Floats, Floats]:
    ups, downs, n = np.array(found, dtype=np.float64).T[:, :, None]
    return ups, downs, n


def told(estimates: Estimates) -> list[tuple[float | None, ...]]:
    each = np.stack([estimates.value[:, 0], estimates.low[:, 0], estimates.high[:, 0]], axis=1).tolist()
    return [tuple(None if number != number else number for number in numbers) for numbers in each]


def one_by_one(estimates: list[Estimate]) -> list[tuple[float | None, ...]]:
    return [(each.value, each.ci_low, each.ci_high) for each in estimates]


NO_CHANGE = Estimate(None, None, None, 0)


@given(series)
def test_shares_and_their_changes(found: list[Counts]) -> None:
    ups, _, n = columns(found)
    of = shares(ups, n)
    assert told(of) == one_by_one([share(hits, rows) for hits, _, rows in found])
    changes = [difference_of_shares(a[0], a[2], b[0], b[2]) for a, b in pairwise(found)]
    assert told(changes_of_shares(of)) == one_by_one([NO_CHANGE, *changes])


@given(series)
def test_nets_and_their_changes(found: list[Counts]) -> None:
    ups, downs, n = columns(found)
    assert told(nets(ups, downs, n)) == one_by_one([scaled(net(*each), 1 / NET_SCALE) for each in found])
    changes = [difference_of_nets(Balance(*a), Balance(*b)) for a, b in pairwise(found)]
    assert told(changes_of_nets(ups, downs, n)) == one_by_one([NO_CHANGE, *changes])


def test_sets_that_are_alike_have_whole_degrees_of_freedom() -> None:
    """Each 4/22 with variance (12/22 − (4/22)²)/22 = 0.02329, so 42 degrees: 2.0181·√0.04658."""
    ups, downs, n = columns([(7, 3, 20)] * 2)
    expected = difference_of_nets(Balance(7, 3, 20), Balance(7, 3, 20))
    assert told(changes_of_nets(ups, downs, n))[1] == (expected.value, expected.ci_low, expected.ci_high)
    assert expected.ci_high == pytest.approx(0.43556, abs=5e-6)
