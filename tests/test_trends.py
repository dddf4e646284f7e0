"""Trends over a few rows, with the arithmetic in sight."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import FrozenInstanceError
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import TEHRAN, Row, add_rows, on, row, store_with, tags
from voc.errors import InputError
from voc.kpis.differences import difference_of_shares
from voc.kpis.intervals import net, share
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.trends import LEVELS, MEASURES, TrendRow, compute_trend

pytestmark = pytest.mark.usefixtures("engine")

LATE, EARLY = on("1402-11-30"), on("1402-08-01")

REASONS = [
    row(tags("negative", reasons=["delivery.time-", "delivery.courier-"]), occurred_at=EARLY, channel="اپ"),
    row(tags("negative", reasons=["delivery.time-", "price.value+"]), occurred_at=EARLY, channel="اپ"),
    row(tags("positive", reasons=["delivery.time+"]), occurred_at=EARLY, channel="تلفن"),
    row(tags("neutral"), occurred_at=EARLY, channel="تلفن"),
    row(occurred_at=EARLY, channel="تلفن"),
    row(tags("positive", reasons=["delivery.courier+", "delivery.time-"]), occurred_at=LATE, channel="اپ"),
    row(tags("positive", reasons=["price.value?"]), occurred_at=LATE, channel="تلفن"),
    row(tags("negative", reasons=["delivery.time-"])),
]


@pytest.fixture(scope="module")
def shared(engine: Engine) -> Iterator[Store]:
    """A store to which tests add batches of their own and look at no other."""
    with store_with() as store:
        yield store


def trend_of(store: Store, rows: Sequence[Row], measure: str = "reasons", **asked: Any) -> list[TrendRow]:
    return compute_trend(store, measure, filters=Filters(batch=(add_rows(store, rows),)), **asked)


def shares(found: Sequence[TrendRow]) -> dict[tuple[str | None, str | None], tuple[int, float | None]]:
    assert len({(each.bucket, each.group, each.code) for each in found}) == len(found)
    return {(each.bucket, each.code): (each.n, each.share) for each in found}


def test_reasons_at_leaf_level(shared: Store) -> None:
    """Aban: 4 tagged rows, time 3, courier 1, value 1. Azar and Dey: none. Bahman: 2 tagged rows, one each."""
    found = trend_of(shared, REASONS)
    assert shares(found) == {
        ("1402-08", "delivery.courier"): (1, 1 / 4),
        ("1402-08", "delivery.time"): (3, 3 / 4),
        ("1402-08", "price.value"): (1, 1 / 4),
        **{(month, code): (0, None) for month in ("1402-09", "1402-10") for code in {each.code for each in found}},
        ("1402-11", "delivery.courier"): (1, 1 / 2),
        ("1402-11", "delivery.time"): (1, 1 / 2),
        ("1402-11", "price.value"): (1, 1 / 2),
    }
    assert [each.bucket for each in found] == sorted(each.bucket or "" for each in found)


def test_every_row_says_when_and_how_sure() -> None:
    with store_with(REASONS) as store:
        found = {(each.bucket, each.code): each for each in compute_trend(store, "reasons")}
    first, empty = found["1402-08", "delivery.time"], found["1402-09", "delivery.time"]
    assert (first.start, first.end) == (date(2023, 10, 23), date(2023, 11, 22))
    assert (first.ci_low, first.ci_high) == (share(3, 4).ci_low, share(3, 4).ci_high)
    assert (empty.start, empty.end) == (date(2023, 11, 22), date(2023, 12, 22))
    assert (empty.share, empty.ci_low, empty.ci_high) == (None, None, None)


def test_reasons_at_group_level_count_a_row_once(shared: Store) -> None:
    """Three of the four rows of Aban speak of delivery, one of them twice."""
    found = shares(trend_of(shared, REASONS, level="group"))
    assert found["1402-08", "delivery"] == (3, 3 / 4)
    assert found["1402-08", "price"] == (1, 1 / 4)
    assert found["1402-11", "delivery"] == (1, 1 / 2)
    assert {code for _, code in found} == {"delivery", "price"}


@pytest.mark.parametrize(
    ("polarity", "level", "expected"),
    [
        ("negative", "leaf", {"delivery.courier": 1, "delivery.time": 2}),
        ("positive", "leaf", {"delivery.time": 1, "price.value": 1, "delivery.courier": 0}),
        ("neutral", "leaf", {"price.value": 0}),
        ("negative", "group", {"delivery": 2}),
        ("positive", "group", {"delivery": 1, "price": 1}),
    ],
)
def test_reasons_split_by_polarity_keep_their_denominator(
    shared: Store, polarity: str, level: str, expected: dict[str, int]
) -> None:
    found = shares(trend_of(shared, REASONS, polarity=(polarity,), level=level))
    aban = {code: held for (bucket, code), held in found.items() if bucket == "1402-08"}
    assert aban == {code: (n, n / 4) for code, n in expected.items() if n or code in aban}


def test_what_is_said_of_a_reason_on_balance(shared: Store) -> None:
    """Delivery in Aban: 1 praises, 2 blame, of 3. In Bahman one row does both: it blames."""
    found = {(each.bucket, each.code): each for each in trend_of(shared, REASONS, "reason_net", level="group")}
    delivery = found["1402-08", "delivery"]
    assert delivery.n == 3
    assert delivery.share == pytest.approx(-1 / 3)
    assert delivery.ci_low == pytest.approx((net(1, 2, 3).ci_low or 0) / 100)
    assert (found["1402-11", "delivery"].n, found["1402-11", "delivery"].share) == (1, -1)
    assert (found["1402-11", "price"].n, found["1402-11", "price"].share) == (1, 0)
    assert (found["1402-09", "price"].n, found["1402-09", "price"].share) == (0, None)


def test_change_is_against_the_bucket_before(shared: Store) -> None:
    """Negative: 1 of 2, 1 of 1, none tagged, 0 of 1, 1 of 4."""
    months = {1: "pn", 2: "n", 3: "?", 4: "p", 5: "pppn"}
    read = {"p": tags("positive"), "n": tags("negative"), "?": None}
    rows = [row(read[each], occurred_at=on(f"1403-{month:02}-10")) for month, held in months.items() for each in held]
    found = [each for each in trend_of(shared, rows, "sentiment") if each.code == "negative"]
    assert [each.share for each in found] == [0.5, 1.0, None, 0.0, 0.25]
    assert [each.change for each in found] == [None, 0.5, None, None, 0.25]


CUES = [
    row(
        tags("negative", effort=["long_wait", "transfer"], loyalty=["churn_intent"], resolution="unresolved"), occurred_at=EARLY
    ),
    row(tags("mixed", effort=["long_wait"], resolution="resolved"), occurred_at=EARLY),
    row(tags("positive", effort=["easy"], loyalty=["recommend", "delight"]), occurred_at=EARLY),
    row(tags("positive"), occurred_at=EARLY),
    row(occurred_at=EARLY),
]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("sentiment", {"negative": 1, "mixed": 1, "positive": 2}),
        ("effort", {"long_wait": 2, "transfer": 1, "easy": 1}),
        ("loyalty", {"churn_intent": 1, "recommend": 1, "delight": 1}),
        ("resolution", {"unresolved": 1, "resolved": 1}),
        ("reasons", {}),
        ("reason_net", {}),
    ],
)
def test_the_other_measures_share_among_the_tagged_rows(shared: Store, measure: str, expected: dict[str, int]) -> None:
    found = shares(trend_of(shared, CUES, measure))
    assert found == {("1402-08", code): (n, n / 4) for code, n in expected.items()}


def test_volume_counts_the_rows_that_wait_too(shared: Store) -> None:
    found = trend_of(shared, REASONS, "volume")
    assert [(each.bucket, each.code, each.n, each.share) for each in found] == [
        ("1402-08", None, 5, None),
        ("1402-09", None, 0, None),
        ("1402-10", None, 0, None),
        ("1402-11", None, 2, None),
    ]


def test_volume_of_a_group_is_shared_among_its_bucket(shared: Store) -> None:
    rows = [*REASONS, row(occurred_at=on("1402-12-01"), channel="اپ")]
    found = {(each.bucket, each.group): each for each in trend_of(shared, rows, "volume", group="channel")}
    assert (found["1402-08", "اپ"].n, found["1402-08", "اپ"].share) == (2, 2 / 5)
    assert (found["1402-08", "تلفن"].n, found["1402-08", "تلفن"].share) == (3, 3 / 5)
    assert (found["1402-09", "تلفن"].n, found["1402-09", "تلفن"].share) == (0, None)
    assert (found["1402-12", "تلفن"].n, found["1402-12", "تلفن"].share) == (0, 0)
    assert found["1402-12", "تلفن"].change == pytest.approx(0 - 1 / 2)


def test_by_group_the_share_is_of_the_group(shared: Store) -> None:
    found = {(each.bucket, each.group, each.code): each for each in trend_of(shared, REASONS, group="channel", level="group")}
    assert (found["1402-08", "اپ", "delivery"].n, found["1402-08", "اپ", "delivery"].share) == (2, 1)
    assert (found["1402-08", "تلفن", "delivery"].n, found["1402-08", "تلفن", "delivery"].share) == (1, 1 / 2)
    assert (found["1402-08", "تلفن", "price"].n, found["1402-08", "تلفن", "price"].share) == (0, 0)
    assert len(found) == 4 * 2 * 2


def test_by_attribute_and_filter(shared: Store) -> None:
    rows = [
        row(tags("negative", reasons=["digital.bug-"]), occurred_at=EARLY, attributes={"نسخه": "۴"}),
        row(tags("positive", reasons=["digital.bug+"]), occurred_at=EARLY, attributes={"نسخه": "۵"}),
        row(tags("positive"), occurred_at=EARLY, attributes={"نسخه": "۵"}),
    ]
    batch = (add_rows(shared, rows),)
    found = compute_trend(shared, "reasons", group="attr.نسخه", filters=Filters(batch=batch, sentiment=("positive",)))
    assert [(each.group, each.code, each.n, each.share) for each in found] == [("۵", "digital.bug", 1, 1 / 2)]


def test_without_buckets_all_rows_count_the_undated_too(shared: Store) -> None:
    found = trend_of(shared, REASONS, bucket=None)
    assert [(each.bucket, each.start, each.end, each.code, each.n, each.share, each.change) for each in found] == [
        (None, None, None, "delivery.courier", 2, 2 / 7, None),
        (None, None, None, "delivery.time", 5, 5 / 7, None),
        (None, None, None, "price.value", 2, 2 / 7, None),
    ]


@pytest.mark.parametrize(
    ("bucket", "calendar", "keys"),
    [
        ("hour", "jalali", ["1402-08-01T12"]),
        ("day", "jalali", ["1402-08-01"]),
        ("week", "jalali", ["1402-W32"]),
        ("quarter", "jalali", ["1402-Q3"]),
        ("year", "jalali", ["1402"]),
        ("hour", "gregorian", ["2023-10-23T12"]),
        ("day", "gregorian", ["2023-10-23"]),
        ("month", "gregorian", ["2023-10"]),
        ("quarter", "gregorian", ["2023-Q4"]),
    ],
)
def test_sizes_and_calendars(shared: Store, bucket: Any, calendar: Any, keys: list[str]) -> None:
    found = trend_of(shared, CUES, "volume", bucket=bucket, calendar=calendar)
    assert [each.bucket for each in found] == keys
    assert found[0].n == 5


@pytest.mark.parametrize(
    ("bucket", "now", "partial"),
    [
        ("month", datetime(2024, 2, 19, 23, tzinfo=TEHRAN), "1402-11"),
        ("month", datetime(2024, 2, 20, 0, tzinfo=TEHRAN), None),
        ("year", datetime(2024, 2, 20, 0, tzinfo=TEHRAN), "1402"),
        ("month", None, None),
    ],
)
def test_the_bucket_of_now_is_partial(shared: Store, bucket: Any, now: datetime | None, partial: str | None) -> None:
    found = trend_of(shared, REASONS, "volume", bucket=bucket, now=now)
    assert [each.bucket for each in found if each.partial] == ([partial] if partial else [])


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("bucket", [None, "month"])
@pytest.mark.parametrize("group", [None, "channel"])
def test_an_empty_store(measure: str, bucket: Any, group: str | None, shared: Store) -> None:
    found = compute_trend(shared, measure, bucket=bucket, group=group, filters=Filters(batch=("b000000000000",)))
    nothing = measure == "volume" and not bucket and not group
    assert [(each.n, each.share) for each in found] == ([(0, None)] if nothing else [])


@pytest.mark.parametrize(
    ("asked", "field", "option"),
    [
        ({"measure": "reason"}, "measure", "reasons"),
        ({"level": "branch"}, "level", "group"),
        ({"polarity": ("mixed",)}, "polarity", "positive"),
        ({"bucket": "fortnight"}, "bucket", "week"),
        ({"calendar": "hijri"}, "calendar", "jalali"),
        ({"group": "occurred_on"}, "group", "channel"),
    ],
)
def test_what_is_not_known_is_refused_with_what_there_is(shared: Store, asked: dict[str, Any], field: str, option: str) -> None:
    with pytest.raises(InputError) as caught:
        compute_trend(shared, **({"measure": "reasons"} | asked))
    assert caught.value.field == field
    assert option in caught.value.options


def test_only_reasons_have_a_polarity(shared: Store) -> None:
    with pytest.raises(InputError, match="only the measure reasons"):
        compute_trend(shared, "effort", polarity=("negative",))


def test_a_trend_is_one_query(shared: Store) -> None:
    """Two would let a batch that is being tagged come between them, and a share pass 1."""

    class Listening:
        asked = 0

        def select(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
            self.asked += 1
            return shared.select(sql, parameters)

    listening = Listening()
    compute_trend(listening, "reasons", group="attr.شهر", level="group", polarity=("negative",))
    assert listening.asked == 1


def test_a_row_cannot_be_changed(shared: Store) -> None:
    (found,) = trend_of(shared, CUES, "volume")
    with pytest.raises(FrozenInstanceError):
        found.n = 9  # type: ignore[misc]


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
            resolution=st.sampled_from([None, "resolved", "unresolved"]),
        ),
        channel=st.none() | st.sampled_from(["اپ", "تلفن"]),
        occurred_at=st.none() | st.sampled_from([on("1402-12-29", 23), on("1403-01-01", 0), on("1403-03-10")]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None)
@given(rows=some_rows, data=st.data(), cut=st.integers(0, 12), measure=st.sampled_from(MEASURES), level=st.sampled_from(LEVELS))
def test_neither_order_nor_batches_change_a_trend_and_groups_add_up(
    shared: Store, rows: list[Row], data: st.DataObject, cut: int, measure: str, level: str
) -> None:
    shuffled = data.draw(st.permutations(rows))
    whole = Filters(batch=(add_rows(shared, rows),))
    parts = Filters(batch=(add_rows(shared, shuffled[:cut]), add_rows(shared, shuffled[cut:])))
    once = compute_trend(shared, measure, level=level, filters=whole)
    assert compute_trend(shared, measure, level=level, filters=parts) == once
    by_group = compute_trend(shared, measure, level=level, group="channel", filters=whole)
    assert all(each.share is None or -1 <= each.share <= 1 for each in by_group)
    for each in once:
        assert each.n == sum(part.n for part in by_group if (part.bucket, part.code) == (each.bucket, each.code))


def test_an_hour_begins_and_ends_on_the_clock() -> None:
    with store_with([row(occurred_at=on("1402-12-29", 23)), row(occurred_at=on("1403-01-01", 0))]) as store:
        found = compute_trend(store, "volume", bucket="hour")
    assert [(each.bucket, each.start, each.end) for each in found] == [
        ("1402-12-29T23", datetime(2024, 3, 19, 23), datetime(2024, 3, 20, 0)),
        ("1403-01-01T00", datetime(2024, 3, 20, 0), datetime(2024, 3, 20, 1)),
    ]


def test_a_change_has_an_interval_of_its_own() -> None:
    rows = [row(tags(reasons=["delivery.time-"] * (each < 6)), occurred_at=on("1403-01-01")) for each in range(10)]
    rows += [row(tags(reasons=["delivery.time-"] * (each < 56)), occurred_at=on("1403-02-01")) for each in range(70)]
    with store_with(rows) as store:
        first, second = compute_trend(store, "reasons")
    assert (first.change, first.change_low, first.change_high) == (None, None, None)
    expected = difference_of_shares(6, 10, 56, 70)
    assert (second.change, second.change_low, second.change_high) == (expected.value, expected.ci_low, expected.ci_high)
    assert second.change == pytest.approx(0.2)
