"""Two sides of a few rows with the arithmetic in sight, and how often nothing seems to be something."""

from collections.abc import Iterator, Sequence
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import Row, add_rows, on, row, store_with, tags
from voc.errors import InputError
from voc.kpis.differences import (
    Balance,
    benjamini_hochberg,
    difference_of_nets,
    difference_of_shares,
    p_of_nets,
    p_of_shares,
)
from voc.records import Feedback, Reason
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.trends.compare import KINDS, Comparison, Contrast, compare

KHORDAD, TIR = on("1403-03-10"), on("1403-04-10")
FIRST, SECOND = {"to": TIR.date()}, {"from_": TIR.date()}

BOTH_MONTHS = [
    row(tags("negative", -0.9, reasons=["delivery.time-", "delivery.courier-"], effort=["long_wait"]), occurred_at=KHORDAD),
    row(tags("negative", -0.7, reasons=["delivery.time-"], resolution="unresolved"), occurred_at=KHORDAD),
    row(tags("positive", 0.8, reasons=["delivery.time+"], loyalty=["recommend"]), occurred_at=KHORDAD),
    row(tags("neutral"), occurred_at=KHORDAD),
    row(occurred_at=KHORDAD),
    row(tags("positive", 0.9, reasons=["delivery.time+", "price.value-"], loyalty=["recommend"]), occurred_at=TIR),
    row(tags("mixed", 0.1, reasons=["delivery.time+", "delivery.courier-"]), occurred_at=TIR),
    row(tags("negative", -0.6, reasons=["price.value?"], resolution="resolved"), occurred_at=TIR),
]


@pytest.fixture(scope="module")
def shared(engine: Engine) -> Iterator[Store]:
    """A store to which tests add batches of their own and look at no other."""
    with store_with() as store:
        yield store


def comparison_of(store: Store, rows: Sequence[Row], first: Any = FIRST, second: Any = SECOND, **asked: Any) -> Comparison:
    batch = (add_rows(store, rows),)
    return compare(store, Filters(batch=batch, **first), Filters(batch=batch, **second), **({"min_n": 1} | asked))


def counts(found: Comparison) -> dict[tuple[str, str], tuple[int, int]]:
    assert len({(each.kind, each.code) for each in found.items}) == len(found.items)
    return {(each.kind, each.code): (each.n_first, each.n_second) for each in found.items}


def contrast(found: Comparison, kind: str, code: str) -> Contrast:
    (only,) = (each for each in found.items if (each.kind, each.code) == (kind, code))
    return only


def test_every_kind_is_counted_on_both_sides(shared: Store) -> None:
    """Four tagged rows in Khordad, one of the five waits; three in Tir."""
    found = comparison_of(shared, BOTH_MONTHS)
    assert (found.n_first, found.n_second) == (4, 3)
    reasons = {"delivery.time": (3, 2), "delivery.courier": (1, 1), "price.value": (0, 2)}
    assert counts(found) == {
        **{(kind, code): n for kind in ("reasons", "reason_net") for code, n in reasons.items()},
        ("sentiment", "negative"): (2, 1),
        ("sentiment", "positive"): (1, 1),
        ("sentiment", "neutral"): (1, 0),
        ("sentiment", "mixed"): (0, 1),
        ("effort", "long_wait"): (1, 0),
        ("loyalty", "recommend"): (1, 1),
        ("resolution", "unresolved"): (1, 0),
        ("resolution", "resolved"): (0, 1),
    }


def test_a_share_is_of_the_tagged_rows_of_its_side(shared: Store) -> None:
    value = contrast(comparison_of(shared, BOTH_MONTHS), "reasons", "price.value")
    difference = difference_of_shares(0, 4, 2, 3)
    assert (value.share_first, value.share_second, value.difference) == (0, 2 / 3, 2 / 3)
    assert (value.ci_low, value.ci_high) == (difference.ci_low, difference.ci_high)
    assert value.p_value == pytest.approx(1 / 7)  # 3 of the C(7, 2) = 21 ways to deal the two lie in Tir, none is rarer


def test_a_net_is_of_the_rows_with_the_reason(shared: Store) -> None:
    """Time: 1 praises and 2 blame of 3, then 2 praise of 2. Value: nobody in Khordad; 1 blames and 1 does neither in Tir."""
    found = comparison_of(shared, BOTH_MONTHS)
    time, value = (contrast(found, "reason_net", code) for code in ("delivery.time", "price.value"))
    before, after = Balance(1, 2, 3), Balance(2, 0, 2)
    difference = difference_of_nets(before, after)
    assert (time.share_first, time.share_second, time.difference) == pytest.approx((-1 / 3, 1, 4 / 3))
    assert (time.ci_low, time.ci_high, time.p_value) == (difference.ci_low, difference.ci_high, p_of_nets(before, after))
    assert (value.share_first, value.share_second, value.difference) == (None, -1 / 2, None)
    assert (value.p_value, value.q_value, value.beyond_chance) == (None, None, False)
    assert found.items[-1] == value


def test_a_row_counts_once_for_a_group_and_blames_it_if_it_does_both(shared: Store) -> None:
    """Delivery in Tir: two rows, one praises, one praises the time and blames the courier."""
    found = comparison_of(shared, BOTH_MONTHS, level="group", kinds=("reasons", "reason_net"))
    assert counts(found) == {
        ("reasons", "delivery"): (3, 2),
        ("reasons", "price"): (0, 2),
        ("reason_net", "delivery"): (3, 2),
        ("reason_net", "price"): (0, 2),
    }
    assert contrast(found, "reason_net", "delivery").share_second == (1 - 1) / 2


WAITING = [
    *(row(tags("negative", effort=["long_wait"]), channel="تلفن") for _ in range(30)),
    *(row(tags("neutral"), channel="تلفن") for _ in range(10)),
    *(row(tags("negative", effort=["long_wait"]), channel="اپ") for _ in range(12)),
    *(row(tags("positive", effort=["easy"] if i < 9 else []), channel="اپ") for i in range(48)),
]


def test_the_most_certain_comes_first_and_q_is_over_all_that_is_looked_at(shared: Store) -> None:
    """Neutral: 10 of 40 against 0 of 60, expected 4, tested exactly; easy: 0 of 40 against 9 of 60."""
    found = comparison_of(shared, WAITING, {"channel": ("تلفن",)}, {"channel": ("اپ",)}, min_n=5)
    assert (found.n_first, found.n_second) == (40, 60)
    tables = {
        ("sentiment", "positive"): (0, 40, 48, 60),
        ("effort", "long_wait"): (30, 40, 12, 60),
        ("sentiment", "negative"): (30, 40, 12, 60),
        ("sentiment", "neutral"): (10, 40, 0, 60),
        ("effort", "easy"): (0, 40, 9, 60),
    }
    assert [(each.kind, each.code) for each in found.items] == list(tables)
    q = benjamini_hochberg(np.array([p_of_shares(*table) for table in tables.values()]))
    assert [each.q_value for each in found.items] == pytest.approx(q.tolist())
    assert all(each.beyond_chance for each in found.items)
    strict = comparison_of(
        shared, WAITING, {"channel": ("تلفن",)}, {"channel": ("اپ",)}, false_discovery=(q[3] + q[4]) / 2, min_n=5
    )
    assert [each.beyond_chance for each in strict.items] == [True, True, True, True, False]


def test_of_the_equally_certain_the_largest_comes_first(shared: Store) -> None:
    """Easy goes from 0 to 2 of 40, p = 0.494, long waits from 20 to 23, p = 0.502, and both have this q."""
    waits = {"تلفن": (20, 0), "اپ": (23, 2)}
    rows = [
        row(tags(effort=[*(["long_wait"] if i < hard else []), *(["easy"] if i < easy else [])]), channel=channel)
        for channel, (hard, easy) in waits.items()
        for i in range(40)
    ]
    found = comparison_of(shared, rows, {"channel": ("تلفن",)}, {"channel": ("اپ",)}, kinds=("effort",)).items
    assert [each.code for each in found] == ["long_wait", "easy"]
    assert [each.q_value for each in found] == [p_of_shares(20, 40, 23, 40)] * 2


@pytest.mark.parametrize(
    ("min_n", "codes"), [(9, {"negative", "positive", "neutral", "long_wait", "easy"}), (31, {"positive"})]
)
def test_what_few_rows_carry_on_either_side_is_not_looked_at(shared: Store, min_n: int, codes: set[str]) -> None:
    found = comparison_of(shared, WAITING, {"channel": ("تلفن",)}, {"channel": ("اپ",)}, min_n=min_n)
    assert {each.code for each in found.items} == codes
    assert all(each.q_value is not None for each in found.items)


def _said(text: str, score: float, **fields: Any) -> Row:
    read = replace(tags("negative"), reasons=(Reason("delivery.time", "negative", score),))
    return Row(Feedback(text=text, line=1, **fields), read)


def test_examples_are_typical_texts_of_the_side_where_it_is_larger(shared: Store) -> None:
    """Of ordinary length first, then by score, then by arrival; the fourth is left out."""
    texts = [
        ("دیر رسید", 0.99),
        ("سفارشم سه روز دیرتر از قولی که داده بودین رسید", 0.7),
        ("قرار بود همون شب برسه، فردا ظهر آوردن و غذا یخ کرده بود", 0.9),
        ("دو هفته‌ست منتظر بسته‌ام و هنوز از انبار بیرون نیومده", 0.9),
        ("خیلی دیر آوردین. " * 30, 0.98),
    ]
    rows = [*(_said(text, score, channel="اپ") for text, score in texts), _said(texts[1][0], 0.95, channel="تلفن")]
    rows += [row(tags("positive"), channel="تلفن") for _ in range(6)]
    found = comparison_of(shared, rows, {"channel": ("تلفن",)}, {"channel": ("اپ",)}, kinds=("reasons",))
    first = int(shared.select("SELECT max(first_seq) FROM batch", {})[0][0])
    assert contrast(found, "reasons", "delivery.time").examples == (f"f{first + 2}", f"f{first + 3}", f"f{first + 1}")


def test_examples_of_a_net_praise_first_and_of_a_sentiment_are_clear(shared: Store) -> None:
    rows = [
        row(tags("negative", -0.9, reasons=["price.value-"]), channel="اپ"),
        row(tags("positive", 0.4, reasons=["price.value+"]), channel="تلفن"),
        row(tags("mixed", 0.3, reasons=["price.value?"]), channel="تلفن"),
        row(tags("positive", 0.8, reasons=["price.value-"]), channel="تلفن"),
        row(tags("mixed", -0.1, reasons=["price.value-"]), channel="تلفن"),
    ]
    found = comparison_of(shared, rows, {"channel": ("تلفن",)}, {"channel": ("اپ",)}, examples=2)
    first = int(shared.select("SELECT max(first_seq) FROM batch", {})[0][0])
    assert contrast(found, "reason_net", "price.value").examples == (f"f{first + 1}", f"f{first + 2}")
    assert contrast(found, "sentiment", "positive").examples == (f"f{first + 3}", f"f{first + 1}")
    assert contrast(found, "sentiment", "mixed").examples == (f"f{first + 4}", f"f{first + 2}")
    assert contrast(found, "sentiment", "negative").examples == (f"f{first}",)
    none = comparison_of(shared, rows, {"channel": ("تلفن",)}, {"channel": ("اپ",)}, examples=0)
    assert {each.examples for each in none.items} == {()}


def test_each_side_has_its_own_filters(shared: Store) -> None:
    rows = [
        *(row(tags("negative", reasons=["digital.bug-"]), attributes={"نسخه": "۴"}, channel="اپ") for _ in range(3)),
        *(row(tags("positive", reasons=["digital.bug+"]), attributes={"نسخه": "۵"}) for _ in range(2)),
        row(tags("neutral"), attributes={"نسخه": "۵"}),
        row(tags("neutral"), channel="تلفن"),
    ]
    first = {"attributes": {"نسخه": "۴"}, "sentiment": ("negative",), "q": "سفارشم"}
    second = {"attributes": {"نسخه": "۵"}, "reason": ("digital",), "polarity": ("positive",), "q": "ممنون"}
    found = comparison_of(shared, rows, first, second, kinds=("sentiment",))
    assert (found.n_first, found.n_second) == (3, 2)
    assert counts(found) == {("sentiment", "negative"): (3, 0), ("sentiment", "positive"): (0, 2)}


def test_sides_that_share_rows_are_refused(shared: Store) -> None:
    """Five rows lie in Khordad, one of them waiting."""
    with pytest.raises(InputError, match="5 rows are on the first side too") as caught:
        comparison_of(shared, BOTH_MONTHS, FIRST, {})
    assert caught.value.field == "second"


@pytest.mark.parametrize(
    ("first", "second", "n"),
    [(FIRST, {"channel": ("فکس",)}, (4, 0)), ({"channel": ("فکس",)}, SECOND, (0, 3)), (*[{"channel": ("فکس",)}] * 2, (0, 0))],
)
def test_a_side_without_rows_is_not_compared(shared: Store, first: Any, second: Any, n: tuple[int, int]) -> None:
    found = comparison_of(shared, BOTH_MONTHS, first, second)
    assert (found.n_first, found.n_second) == n
    assert bool(found.items) == any(n)
    for each in found.items:
        assert (each.difference, each.ci_low, each.ci_high, each.p_value, each.q_value) == (None,) * 5
        assert not each.beyond_chance
        assert each.examples
    time = [each for each in found.items if (each.kind, each.code) == ("reasons", "delivery.time")]
    assert [(each.share_first is None, each.share_second is None) for each in time] == [(not n[0], not n[1])] * any(n)


@pytest.mark.parametrize(
    ("asked", "field", "option"),
    [
        ({"kinds": ("reason",)}, "kinds", "reasons"),
        ({"kinds": ()}, "kinds", "loyalty"),
        ({"level": "branch"}, "level", "group"),
    ],
)
def test_what_is_not_known_is_refused_with_what_there_is(shared: Store, asked: dict[str, Any], field: str, option: str) -> None:
    with pytest.raises(InputError) as caught:
        comparison_of(shared, BOTH_MONTHS, **asked)
    assert caught.value.field == field
    assert option in caught.value.options


def test_a_contrast_cannot_be_changed(shared: Store) -> None:
    found = comparison_of(shared, BOTH_MONTHS)
    with pytest.raises(FrozenInstanceError):
        found.items[0].q_value = 0.0  # type: ignore[misc]


some_rows = st.lists(
    st.builds(
        row,
        st.none()
        | st.builds(
            tags,
            sentiment=st.sampled_from(["negative", "positive", "mixed", "neutral"]),
            reasons=st.lists(
                st.sampled_from(["delivery.time-", "delivery.courier+", "price.value?", "digital.bug-"]), unique=True
            ),
            effort=st.lists(st.sampled_from(["long_wait", "easy"]), unique=True),
            resolution=st.sampled_from([None, "resolved"]),
        ),
        channel=st.none() | st.sampled_from(["اپ", "تلفن"]),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=15, deadline=None)
@given(rows=some_rows, level=st.sampled_from(["leaf", "group"]))
def test_sides_change_places_with_their_figures(shared: Store, rows: list[Row], level: str) -> None:
    one, other = {"channel": ("اپ",)}, {"channel": ("تلفن",)}
    found, turned = (comparison_of(shared, rows, *sides, level=level) for sides in ((one, other), (other, one)))
    assert (found.n_first, found.n_second) == (turned.n_second, turned.n_first)
    assert found.n_first == sum(1 for each in rows if each.tags and each.feedback.channel == "اپ")
    assert len(found.items) == len(turned.items)
    for each in found.items:
        back = contrast(turned, each.kind, each.code)
        assert (each.n_first, each.share_first) == (back.n_second, back.share_second)
        assert each.difference == (None if back.difference is None else pytest.approx(-back.difference))
        assert each.p_value == (None if back.p_value is None else pytest.approx(back.p_value))
    q = [each.q_value for each in found.items if each.q_value is not None]
    assert q == sorted(q)


@pytest.mark.parametrize(("n_first", "n_second"), [(200, 200), (60, 400)])
def test_nothing_seldom_seems_to_be_something_and_what_changed_is_found(n_first: int, n_second: int) -> None:
    """200 pairs of sides with twelve codes of 2 to 40 %; then one of 12 % comes up three times as often in the second."""
    random, shares = np.random.default_rng(11), np.linspace(0.02, 0.4, 12)
    risen = np.where(np.arange(12) == 3, 3, 1) * shares

    def found(second_shares: Any) -> Any:
        drawn = zip(
            random.binomial(n_first, shares, (200, 12)), random.binomial(n_second, second_shares, (200, 12)), strict=True
        )
        p = [[p_of_shares(a, n_first, b, n_second) for a, b in zip(one, other, strict=True)] for one, other in drawn]
        return np.array([benjamini_hochberg(np.array(each)) <= 0.05 for each in p])

    assert found(shares).any(axis=1).mean() <= 0.08
    changed = found(risen)
    false = np.delete(changed, 3, axis=1).sum(axis=1)
    assert changed[:, 3].mean() >= 0.85
    assert (false / np.maximum(1, changed.sum(axis=1))).mean() <= 0.05


def test_kinds_are_asked_for_by_name(shared: Store) -> None:
    for kind in KINDS:
        assert {each.kind for each in comparison_of(shared, BOTH_MONTHS, kinds=(kind, kind)).items} == {kind}
