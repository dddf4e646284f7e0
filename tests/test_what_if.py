"""Expected retention now and were service better, by text and by customer, with the arithmetic written out."""

import pytest

from tests.ledger import Row, on, row, store_with, tags
from voc.kpis import KpiOptions
from voc.store import Filters
from voc.trends import what_if

pytestmark = pytest.mark.usefixtures("engine")


def said(resolution: str, customer: str | None, day: str, *effort: str) -> Row:
    return row(tags(resolution=resolution, effort=effort), customer_id=customer, occurred_at=on(day))  # type: ignore[arg-type]


ROWS = [
    said("unresolved", "الف", "1403-01-01"),
    said("resolved", "الف", "1403-01-05", "long_wait"),  # the last word of «الف»
    said("unresolved", "ب", "1403-01-02", "repeat_contact"),
    said("resolved", "پ", "1403-01-03", "easy"),
    said("unresolved", None, "1403-01-04"),
    row(tags(), customer_id="ت", occurred_at=on("1403-01-04")),
    row(customer_id="ث"),
]


def test_texts_and_customers() -> None:
    with store_with(ROWS) as store:
        now, low_effort, resolved = what_if(store)
    # texts: 3 unresolved, 1 with high effort, 1 with low: (3·0.27 + 0.37 + 0.61)/5
    assert now.n == 5
    assert now.share == pytest.approx(1.79 / 5)
    # (3·0.27 + 2·0.61)/5; and (2·0.61 of the unresolved + 0.37 of the unresolved with effort + 0.37 + 0.61)/5
    assert low_effort.share == pytest.approx(2.03 / 5)
    assert low_effort.gain == pytest.approx(0.24 / 5)
    assert resolved.share == pytest.approx(2.57 / 5)
    assert resolved.gain == pytest.approx(0.78 / 5)
    # customers: «الف» 0.37, «ب» 0.27, «پ» 0.61; low effort lifts «الف» to 0.61, resolving lifts «ب» to 0.37
    assert now.customers == 3
    assert now.staying == pytest.approx(1.25)
    assert low_effort.staying_gain == pytest.approx(0.24)
    assert resolved.staying_gain == pytest.approx(0.10)
    assert now.ci_low is not None
    assert now.ci_high is not None
    assert now.ci_low < 1.79 / 5 < now.ci_high


def test_a_text_without_a_day_is_not_the_last() -> None:
    undated = row(tags(resolution="unresolved"), customer_id="الف")
    with store_with([said("resolved", "الف", "1403-01-05"), undated]) as store:
        (now, *_) = what_if(store)
    assert (now.n, now.customers) == (2, 1)
    assert now.staying == pytest.approx(0.61)


def test_too_little_of_an_agent_is_withheld() -> None:
    filters = Filters(agent=("کارشناس",))
    by_agent = [row(tags(resolution="resolved"), agent_id="کارشناس", customer_id="الف") for _ in range(3)]
    with store_with(by_agent) as store:
        for scenario in what_if(store, filters=filters, agent_min_n=4):
            assert (scenario.n, scenario.share, scenario.ci_low, scenario.ci_high, scenario.gain) == (3, *[None] * 4)
        (now, *_) = what_if(store, filters=filters, agent_min_n=3)
        assert now.share == pytest.approx(0.61)
        assert (now.customers, now.staying, now.staying_gain) == (1, None, None)  # one customer is too few as well
        assert what_if(store, agent_min_n=4)[0].staying == pytest.approx(0.61)


def test_own_shares_and_filters() -> None:
    with store_with(ROWS) as store:
        options = KpiOptions(stay_unresolved=0.5)
        (now, *_) = what_if(store, filters=Filters(resolution=("unresolved",)), options=options)
    assert (now.n, now.customers) == (3, 2)
    assert now.share == pytest.approx(0.5)


def test_without_customers_and_without_rows() -> None:
    with store_with([said("resolved", None, "1403-01-01")]) as store:
        (now, *_) = what_if(store)
        (nothing, *_) = what_if(store, filters=Filters(resolution=("unresolved",)))
    assert (now.customers, now.staying) == (0, None)
    assert now.share == pytest.approx(0.61)
    assert (nothing.n, nothing.share, nothing.gain) == (0, None, None)
