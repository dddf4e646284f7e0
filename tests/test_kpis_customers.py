"""KPIs that look beyond one row: the same customer again, the period before, and rows that count for each of their reasons."""

import time
from datetime import datetime

import pytest

from tests.ledger import Row, on, row, store_with, tags
from voc.calendars import from_jalali
from voc.kpis import KpiOptions, KpiRow, Setting, compute_kpis, get_kpi
from voc.kpis.compute import _ranked
from voc.kpis.slices import slice_rows
from voc.records import Sentiment
from voc.store import Filters
from voc.trends import compute_trend

pytestmark = pytest.mark.usefixtures("engine")


def came(customer: str, *days: str, reasons: tuple[str, ...] = ("delivery.time-",), **fields: str) -> list[Row]:
    return [row(tags(reasons=reasons), customer_id=customer, occurred_at=on(day), **fields) for day in days]


MONTHS = [
    *came("الف", "1403-01-05", "1403-02-05", "1403-03-05"),
    *came("ب", "1403-01-06", "1403-03-06"),
    *came("پ", "1403-02-10", "1403-03-10", "1403-03-11"),
    *came("ت", "1403-03-20"),
]


def by_bucket(
    name: str, setting: Setting | None = None, **asked: object
) -> dict[str | None, tuple[float | None, int, str | None]]:
    with store_with(MONTHS) as store:
        found = compute_kpis(store, [name], setting=setting or Setting(), **({"bucket": "month"} | asked))  # type: ignore[arg-type]
    return {each.bucket: (each.value, each.n, each.null_reason) for each in found}


def test_retention_from_month_to_month() -> None:
    assert by_bucket("crr") == {
        "1403-01": (None, 0, "no_rows"),
        "1403-02": (1 / 2, 2, None),  # of «الف» and «ب», «الف» came
        "1403-03": (1, 2, None),  # «الف» and «پ» both came
    }
    assert by_bucket("attrition")["1403-02"] == (1 / 2, 2, None)


def test_a_month_that_is_not_over_has_no_retention_yet() -> None:
    found = by_bucket("crr", Setting(now=on("1403-03-25")))
    assert found["1403-02"] == (1 / 2, 2, None)
    assert found["1403-03"] == (None, 0, "window_open")


@pytest.mark.parametrize("name", ["crr", "attrition"])
@pytest.mark.parametrize(("now", "open_"), [("1403-03-30", True), ("1403-03-31", False)])
def test_a_period_that_is_not_over_has_no_retention_yet(name: str, now: str, open_: bool) -> None:
    month = Filters(from_=from_jalali(1403, 3, 1), to=from_jalali(1403, 4, 1))
    ((value, n, reason),) = by_bucket(name, Setting(now=on(now)), bucket=None, filters=month).values()
    expected = (None, 0, "window_open") if open_ else (1 if name == "crr" else 0, 2, None)
    assert (value, n, reason) == expected


@pytest.mark.parametrize("now", [None, on("1404-01-01")])
def test_a_month_that_the_filters_cut_short_has_no_retention(now: datetime | None) -> None:
    """Of «الف» and «پ», only «الف» came by the sixth of Khordad."""
    found = by_bucket("crr", Setting(now=now), filters=Filters(to=from_jalali(1403, 3, 7)))
    assert found["1403-02"] == (1 / 2, 2, None)
    assert found["1403-03"] == (None, 0, "window_open")


def test_the_first_month_asked_for_is_compared_with_the_one_before_it() -> None:
    filters = Filters(from_=from_jalali(1403, 3, 1))
    assert by_bucket("crr", filters=filters) == {"1403-03": (1, 2, None)}


def test_retention_in_days_over_a_new_year() -> None:
    rows = [*came("الف", "1402-12-29", "1403-01-01"), *came("ب", "1402-12-29")]
    with store_with(rows) as store:
        found = compute_kpis(store, ["crr"], bucket="day")
    assert [(each.bucket, each.value) for each in found] == [("1402-12-29", None), ("1403-01-01", 0.5)]


def test_retention_is_of_each_group_for_itself_and_of_those_without_one() -> None:
    rows = [
        *came("الف", "1403-01-05", "1403-02-05", channel="تلفن"),
        *came("ب", "1403-01-05", channel="تلفن"),
        *came("ب", "1403-02-05"),
        *came("پ", "1403-01-05", "1403-02-05"),
    ]
    with store_with(rows) as store:
        found = compute_kpis(store, ["crr"], bucket="month", group="channel")
    assert {each.group: (each.value, each.n) for each in found if each.bucket == "1403-02"} == {
        "تلفن": (1 / 2, 2),
        None: (1, 1),
    }


def test_retention_without_a_period_says_what_it_needs() -> None:
    with store_with(MONTHS) as store:
        (found,) = compute_kpis(store, ["crr"])
    assert (found.value, found.null_reason, found.missing) == (None, "field_missing", ("from", "to"))


@pytest.mark.parametrize(("days", "value"), [(7, 0.5), (3, 1.0)])
def test_the_window_of_fcr_can_be_set(days: float, value: float) -> None:
    rows = [*came("الف", "1403-01-01", "1403-01-06"), *came("ب", "1403-01-20")]
    filters = Filters(to=from_jalali(1403, 1, 6))  # the contact after the filter still counts as coming back
    with store_with([*rows, *came("پ", "1403-01-01")]) as store:
        (found,) = compute_kpis(store, ["fcr"], filters=filters, setting=Setting(options=KpiOptions(fcr_days=days)))
    assert (found.value, found.n) == (value, 2)


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("reason", {"delivery.courier": (1, 1), "delivery.time": (0, 1), "price.value": (1, 1)}),
        ("reason_group", {"delivery": (0, 1), "price": (1, 1)}),
    ],
)
def test_who_comes_back_for_one_reason_leaves_the_others_solved(group: str, expected: dict[str, tuple[float, int]]) -> None:
    rows = [
        *came("الف", "1403-01-01", reasons=("delivery.time-", "delivery.courier-", "price.value-")),
        *came("الف", "1403-01-02"),
        *came("ب", "1403-01-08", reasons=()),  # up to then only the first contact had its 7 days
    ]
    with store_with(rows) as store:
        found = compute_kpis(store, ["fcr"], group=group)
        (of_contacts,) = compute_kpis(store, ["fcr"])
    assert {each.group: (each.value, each.n) for each in found} == expected
    assert (of_contacts.value, of_contacts.n) == (0, 1)


def test_fcr_is_open_where_no_window_is_over() -> None:
    with store_with(came("الف", "1403-01-01", "1403-01-03")) as store:
        (found,) = compute_kpis(store, ["fcr"])
        (later,) = compute_kpis(store, ["fcr"], setting=Setting(now=on("1404-01-01")))
    assert (found.value, found.n, found.null_reason) == (None, 0, "window_open")
    assert later == found  # the store knows nothing of what came after its last contact


def test_a_contact_dated_in_the_future_closes_no_window() -> None:
    rows = [*came("الف", "1403-01-01"), *came("ب", "1420-01-01")]
    with store_with(rows) as store:
        (found,) = compute_kpis(store, ["fcr"], setting=Setting(now=on("1403-01-05")))
    assert found.null_reason == "window_open"


def test_figures_by_reason_count_a_row_for_each() -> None:
    rows = [
        row(tags(reasons=["delivery.time-", "price.value+"]), nps=2, handle_s=100),
        row(tags(reasons=["delivery.time-", "delivery.courier-"]), nps=10, handle_s=300),
        row(tags(), nps=10),
    ]
    with store_with(rows) as store:
        found = {
            (each.name, each.group): (each.value, each.n)
            for each in compute_kpis(store, ["nps", "aht_mean", "reason_share"], group="reason")
        }
        groups = compute_kpis(store, ["reason_share"], group="reason_group")
    assert found["nps", "delivery.time"] == (0, 2)
    assert found["aht_mean", "delivery.courier"] == (300, 1)
    assert found["reason_share", "price.value"] == (1 / 3, 3)
    assert {each.group: each.value for each in groups} == {"delivery": pytest.approx(2 / 3), "price": pytest.approx(1 / 3)}


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("reason", {"delivery.time": 1, "delivery.courier": 1}),
        ("reason_group", {"delivery": 2}),
    ],
)
def test_figures_by_reason_are_of_the_polarity_that_is_asked_for(group: str, expected: dict[str, int]) -> None:
    rows = [
        row(tags(reasons=["delivery.time-", "price.value+"]), nps=2),
        row(tags(reasons=["delivery.time+", "delivery.courier-"]), nps=10),
        row(tags(reasons=["delivery.time+"]), nps=10),
    ]
    with store_with(rows) as store:
        blamed = Filters(polarity=("negative",))
        found = compute_kpis(store, ["nps"], group=group, filters=blamed)
        trend = compute_trend(store, "volume", bucket=None, group=group, filters=blamed)
    assert {each.group: each.n for each in found} == expected
    assert {each.group: each.n for each in trend} == expected


BLAMED_AND_PRAISED = [
    *(row(tags(reasons=["delivery.time-", "product.quality+"])) for _ in range(5)),
    row(tags(reasons=["delivery.courier+", "delivery.cost?"])),
]


@pytest.mark.parametrize(
    ("group", "level", "expected"),
    [
        (
            "reason",
            "leaf",
            {"delivery.cost": (0, 1), "delivery.courier": (100, 1), "delivery.time": (-100, 5), "product.quality": (100, 5)},
        ),
        ("reason_group", "group", {"delivery": (-66.667, 6), "product": (100, 5)}),
    ],
)
def test_the_polarity_of_a_reason_is_its_own(group: str, level: str, expected: dict[str, tuple[float, int]]) -> None:
    """Not that of the other reasons of its texts, so that a KPI says the same as the trend."""
    with store_with(BLAMED_AND_PRAISED) as store:
        found = {each.group: (round(each.value or 0, 3), each.n) for each in compute_kpis(store, ["reason_net"], group=group)}
        trend = compute_trend(store, "reason_net", bucket=None, level=level)
        (filtered,) = compute_kpis(store, ["reason_net"], filters=Filters(reason=("product.quality",)))
    assert found == expected
    assert {each.code: (round(100 * (each.share or 0), 3), each.n) for each in trend} == expected
    assert filtered.value == -100  # without a group the whole text counts


def test_new_and_returning_customers() -> None:
    rows = [
        row(customer_id="الف", occurred_at=on("1403-01-02"), revenue=30),
        row(customer_id="الف", occurred_at=on("1403-01-01"), revenue=10),
        row(customer_id="ب", occurred_at=on("1403-01-03"), revenue=20),
        row(revenue=5),
    ]
    with store_with(rows) as store:
        found = compute_kpis(store, ["agent_revenue_mean"], group="customer_kind")
    assert [(each.group, each.value, each.rank) for each in found] == [("new", 15, 2), ("returning", 30, 1), (None, 5, 3)]


def test_ranks_say_who_is_best_and_equals_share_one() -> None:
    rows = [row(channel=channel, handle_s=seconds) for channel, seconds in (("آ", 100), ("ب", 50), ("پ", 50), ("ت", 70))]
    with store_with([*rows, row(channel="ث")]) as store:
        found = compute_kpis(store, ["aht_mean"], group="channel")
        plain = compute_kpis(store, ["aht_mean"])
    assert {each.group: each.rank for each in found} == {"آ": 4, "ب": 1, "پ": 1, "ت": 3, "ث": None}
    assert plain[0].rank is None


def test_the_survey_nearest_to_the_silent_is_ranked_first() -> None:
    answered: dict[str, Sentiment] = {"آ": "negative", "ب": "neutral", "پ": "positive"}
    rows = [
        *(row(tags(sentiment), nps=9, channel=channel) for channel, sentiment in answered.items()),
        *(row(tags("neutral"), channel=channel) for channel in answered),
    ]
    with store_with(rows) as store:
        found = compute_kpis(store, ["survey_bias"], group="channel")
    assert [(each.value, each.rank) for each in found] == [(-100, 2), (0, 1), (100, 2)]


@pytest.mark.engines
def test_many_groups_are_ranked_in_time_that_is_linear() -> None:
    rows = [KpiRow("nps", place % 40_000, 1, None, None, "points", "none", None, None, str(place)) for place in range(50_000)]
    started = time.process_time()
    ranked = _ranked(rows, get_kpi("nps"), slice_rows(None, "jalali", "channel"))
    assert time.process_time() - started < 3  # a fraction; a long time where each is looked for among all
    assert [ranked[place].rank for place in (39_999, 0, 10_000, 9_999)] == [1, 49_999, 30_000, 30_001]


def test_what_is_missing_is_named() -> None:
    with store_with([row(referred=True)]) as store:
        sold, bias = compute_kpis(store, ["social_promoter_sold", "survey_bias"])
    assert (sold.null_reason, sold.missing) == ("field_missing", ("referral_sold",))
    assert (bias.null_reason, bias.missing) == ("field_missing", ("sentiment",))


def test_medians_of_days_that_no_usual_calendar_has() -> None:
    start = datetime.fromisoformat("1950-06-01T10:00:00+03:30")
    rows = [row(occurred_at=start.replace(day=day), resolved_at=start.replace(day=day, minute=day)) for day in (1, 2, 3)]
    with store_with(rows) as store:
        (found,) = compute_kpis(store, ["art_resolution_median"], bucket="year", calendar="gregorian")
    assert (found.bucket, found.value, found.n) == ("1950", 120, 3)
