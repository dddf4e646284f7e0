"""A contact reason by itself, with the counting written out."""

import pytest

from tests.ledger import Row, store_with, tags
from voc.errors import InputError
from voc.kpis.differences import difference_of_shares
from voc.kpis.intervals import share
from voc.records import Feedback
from voc.store import Filters
from voc.trends import Companion, draw_portrait

pytestmark = pytest.mark.usefixtures("engine")


def said(text: str, *reasons: str, effort: tuple[str, ...] = (), channel: str = "phone") -> Row:
    found = tags(reasons=[f"{code}-" for code in reasons], effort=effort)
    return Row(Feedback(text=text, line=1, channel=channel), found)


ROWS = [
    said("دیر", "delivery.time", effort=("long_wait",)),
    said("سه روز منتظر سفارشم موندم و کسی خبر نداد", "delivery.time", effort=("long_wait",)),
    said("هم دیر اومد هم پیکش بی‌ادب بود، دیگه نمی‌خرم", "delivery.time", "delivery.courier", effort=("long_wait",)),
    said("گرونه", "price.value"),
    said("برای یه سوال بیست دقیقه پشت خط بودم", "service.access", effort=("long_wait",)),
    said("خوبه ولی گرون", "price.value", channel="app"),
    Row(Feedback(text="هنوز خوانده نشده", line=1), None),
]


def companion(found: tuple[Companion, ...], code: str) -> Companion:
    return next(each for each in found if each.code == code)


def test_a_reason_beside_the_rest() -> None:
    with store_with(ROWS) as store:
        found = draw_portrait(store, "delivery.time", min_n=1)
    assert (found.n, found.of) == (3, 6)  # the one that waits for the tagger is not counted
    assert found.share == share(3, 6)
    wait = companion(found.companions, "long_wait")  # 3 of 3 with it, 1 of 3 without
    assert (wait.kind, wait.n, wait.share_with) == ("effort", 3, 1.0)
    assert wait.share_without == pytest.approx(1 / 3)
    expected = difference_of_shares(1, 3, 3, 3)
    assert (wait.difference, wait.ci_low, wait.ci_high) == (expected.value, expected.ci_low, expected.ci_high)
    courier = companion(found.companions, "delivery.courier")
    assert (courier.kind, courier.n, courier.share_without) == ("reasons", 1, 0.0)
    assert "delivery.time" not in {each.code for each in found.companions}


def test_typical_texts_are_of_ordinary_length_first() -> None:
    with store_with(ROWS) as store:
        assert draw_portrait(store, "delivery.time", examples=2).typical == ("f2", "f3")
        assert draw_portrait(store, "delivery.time").typical[-1] == "f1"


def test_a_group_counts_a_row_once_and_has_no_companion_of_its_own() -> None:
    with store_with(ROWS) as store:
        found = draw_portrait(store, "delivery", min_n=1)
    assert found.n == 3
    assert not [each for each in found.companions if each.code.startswith("delivery")]


def test_filters_narrow_both_sides_and_rare_companions_are_left_out() -> None:
    with store_with(ROWS) as store:
        found = draw_portrait(store, "price.value", filters=Filters(channel=("app",), reason=("delivery.time",)), min_n=1)
        assert (found.n, found.of) == (1, 1)
        assert {each.difference for each in found.companions} == {None}  # no row is without it
        assert draw_portrait(store, "delivery.time", min_n=4).companions == ()


def test_a_polarity_is_that_of_the_reason_itself() -> None:
    rows = [
        Row(
            Feedback(text="سفارش زود رسید ولی کیفیتش اصلاً خوب نبود", line=1),
            tags(reasons=["delivery.time+", "product.quality-"]),
        ),
        Row(
            Feedback(text="سفارش خیلی دیر رسید ولی کیفیتش عالی بود", line=1),
            tags(reasons=["delivery.time-", "product.quality+"]),
        ),
        Row(Feedback(text="کیفیت جنس عالی بود و راضی هستم از خرید", line=1), tags(reasons=["product.quality+"])),
        Row(Feedback(text="قیمت‌ها نسبت به بازار خیلی بالاتر بود", line=1), tags(reasons=["price.value-"])),
    ]
    with store_with(rows) as store:
        found = draw_portrait(store, "delivery.time", filters=Filters(polarity=("positive",)), min_n=1)
        group = draw_portrait(store, "delivery", filters=Filters(polarity=("positive",)), min_n=1)
    assert found.typical == group.typical == ("f1",)
    assert (found.n, found.of) == (group.n, group.of) == (1, 4)
    quality = companion(found.companions, "product.quality")  # with it 1 of 1, without it 2 of 3
    assert quality.n == 1
    assert quality.share_without == pytest.approx(2 / 3)


def test_a_reason_that_nobody_named_and_one_that_does_not_exist() -> None:
    with store_with(ROWS) as store:
        found = draw_portrait(store, "trust.fraud")
        assert (found.n, found.share.value, found.companions, found.typical) == (0, 0.0, (), ())
        with pytest.raises(InputError, match="No contact reason"):
            draw_portrait(store, "delivery.tiem")
    with store_with([]) as store:
        assert draw_portrait(store, "delivery").share.value is None
