"""Spikes: the model against scipy and in simulations, and what is found over a few rows, with the arithmetic in sight."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma, nbinom, norm
from scipy.stats import t as student

from tests.ledger import Row, add_rows, on, row, store_with, tags
from voc.errors import InputError
from voc.kpis.differences import benjamini_hochberg
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.trends.baseline import Floats, Scores, centre_of, design_of, fit_series, score_series
from voc.trends.spikes import LEAST_BASELINE, Spike, find_spikes

WEEK: Final = np.array([1.3, 1.2, 1.1, 1.0, 1.0, 0.8, 0.3])
"""A Persian week of service: Saturday is the busiest day, Friday the quietest."""


def flat(counts: Sequence[float], latest: int = 1) -> Scores:
    one = np.array([counts], dtype=np.float64)
    return score_series(one, np.ones_like(one), latest)


def test_a_constant_past_is_expected_to_go_on_and_the_tail_is_scipys() -> None:
    """56 buckets of 20 and then 35: no overdispersion, so that only the doubt h about the mean comes to Poisson's variance.

    h = 1/(56·20 + 1) + x²/(20·Σt² + 1), t from -1 to 1 in 56 steps and x one step further; each 1 is the ridge.
    """
    scores = flat([20.0] * 56 + [35.0])
    times = np.linspace(-1, 1, 56)
    h = 1 / (56 * 20 + 1) + (1 + 2 / 55) ** 2 / (20 * (times**2).sum() + 1)
    variance = 20 * (1 + 20 * h)
    tail = nbinom.sf(34, 20**2 / (variance - 20), 20 / variance)
    free = 56 - 2 + 1 / (56 * 20 + 1) + 1 / (20 * (times**2).sum() + 1)
    assert scores.expected[0, 0] == pytest.approx(20, abs=0.01)
    assert scores.ratio[0, 0] == pytest.approx(35 / 20, abs=0.001)
    assert scores.p[0, 0] == pytest.approx(2 * student.cdf(norm.ppf(tail), free), rel=0.01)
    unit, beyond = 1 + 35 * h, norm.cdf(student.ppf(0.025, free))
    assert scores.ratio_low[0, 0] == pytest.approx(unit * gamma.ppf(beyond, 35 / unit) / 20, rel=0.001)
    assert scores.ratio_high[0, 0] == pytest.approx(unit * gamma.isf(beyond, 35 / unit + 1) / 20, rel=0.001)


def test_a_fall_has_the_lower_tail() -> None:
    scores = flat([20.0] * 56 + [8.0])
    assert 0.001 < scores.p[0, 0] < 2 * nbinom.cdf(8, 1e9, 1 / (1 + 20 / 1e9)) * 3
    assert scores.ratio_high[0, 0] < 1


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        ([10, 30] * 28, (20, 1.0)),  # restless for 56 buckets: 30 is nothing new
        ([20] * 56, (20, 0.06)),
        ([0] * 56, (0.01, 1e-9)),  # never heard of before
    ],
)
def test_thirty_is_much_or_little_after_such_a_past(past: list[float], expected: tuple[float, float]) -> None:
    scores = flat([*past, 30.0])
    assert scores.expected[0, 0] == pytest.approx(expected[0], rel=0.05, abs=0.01)
    assert scores.p[0, 0] <= expected[1]
    assert expected[1] < 1 or scores.p[0, 0] > 0.1


def test_nothing_after_nothing_is_no_spike() -> None:
    scores = flat([0.0] * 57)
    assert scores.p[0, 0] == 1
    assert (scores.ratio[0, 0], scores.ratio_low[0, 0]) == (0, 0)
    assert np.isfinite(scores.ratio_high[0, 0])


def test_growth_that_goes_on_is_no_spike() -> None:
    """1 % more each day: 30 grow to 52 in 56 days. Against their plain mean of 40 the same count would stand out."""
    grown = np.round(30 * 1.01 ** np.arange(57))
    assert flat(grown).expected[0, 0] == pytest.approx(grown[-1], rel=0.02)
    assert flat(grown).p[0, 0] > 0.8
    assert flat([40.0] * 56 + [grown[-1]]).p[0, 0] < 0.12


def test_a_quiet_friday_is_no_fall_and_a_busy_one_a_rise() -> None:
    """Eight weeks of 20 a day and 2 on Fridays. The next day is a Friday (2, 20), then a Saturday (2, 20)."""
    days = np.arange(58)
    counts = np.where(days % 7 == 0, 2.0, 20.0)
    for friday, saturday, signs in ((2.0, 20.0, (False, False)), (20.0, 2.0, (True, True))):
        counts[-2:] = friday, saturday
        scores = score_series(counts[None], np.ones((1, 58)), 2, [days % 7])
        assert scores.expected[0] == pytest.approx([2, 20], abs=0.3)
        assert tuple(scores.p[0] < 0.001) == signs


def test_a_weekday_without_any_count_does_not_blow_up() -> None:
    days = np.arange(57)
    counts = np.where(days % 7 == 0, 0.0, 20.0)
    counts[-1] = 12.0
    scores = score_series(counts[None], np.ones((1, 57)), 1, [days % 7])
    assert 0 < scores.expected[0, 0] < 1
    assert scores.p[0, 0] < 1e-4


def test_a_bucket_that_was_half_watched_counts_as_half() -> None:
    """20 a day, 10 in days that were watched half, 40 in two days at once; what was not watched may hold anything."""
    counts, exposure = np.full((1, 60), 20.0), np.ones((1, 60))
    counts[0, [5, 6, 30, 31]], exposure[0, [5, 6, 30, 31]] = [10, 10, 40, 999], [0.5, 0.5, 2, 0]
    counts[0, -3:], exposure[0, -3:] = [10, 20, 40], [0.5, 1, 2]
    scores = score_series(counts, exposure, 3)
    assert scores.expected[0] == pytest.approx([10, 20, 40], rel=0.01)
    assert scores.p[0].min() > 0.9


@settings(max_examples=40, deadline=None)
@given(data=st.data(), weekly=st.booleans(), buckets=st.integers(15, 40))
def test_the_fit_solves_its_equations_whatever_the_counts(data: st.DataObject, weekly: bool, buckets: int) -> None:
    """Where the penalised likelihood is greatest, Xᵀ(counts − expected) equals what the ridge pulls back."""
    some = st.integers(0, 3) | st.integers(0, 100_000)
    counts = np.array(data.draw(st.lists(st.lists(some, min_size=buckets, max_size=buckets), min_size=1, max_size=3)), float)
    exposure = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.3, 1.0, 30.0]), min_size=buckets, max_size=buckets)))
    exposure[-1] = 1.0
    design = design_of(buckets + 1, 1, [np.arange(buckets + 1) % 7] if weekly else [])[:-1]
    among = np.tile(exposure, (len(counts), 1))
    fit = fit_series(counts, among, design)
    slope = ((among > 0) * (counts - fit.expected)) @ design - (fit.coefficients - centre_of(counts, among, design))
    assert np.abs(slope).max() < 1e-5 * (1 + counts.max())
    assert (fit.extra >= 0).all()


def test_a_season_takes_six_degrees_of_freedom_and_a_trend_one() -> None:
    """56 buckets, of which the level takes one more: 48 are left to tell the overdispersion, less what the ridge holds up."""
    days = np.arange(56)
    counts = (1000 * WEEK[days % 7])[None]
    assert fit_series(counts, np.ones((1, 56)), design_of(57, 1, [np.arange(57) % 7])[:-1]).degrees == pytest.approx(
        48, abs=0.01
    )


def test_months_are_as_long_as_they_are(shared: Store) -> None:
    """Three rows a day: the 30 days of Esfand have fewer than the 31 of a month in summer, and as many as they should."""
    rows = [row(tags(reasons=["delivery.time-"]), occurred_at=day(number)) for number in range(-3, 363) for _ in range(3)]
    found = spikes_of(shared, rows, bucket="month", min_n=1, false_discovery=1)
    assert [(each.bucket, each.n) for each in found] == [("1403-12", 3 * 30)]
    assert found[0].expected == pytest.approx(90, rel=0.001)


def draw(
    mean: float, alpha: float, buckets: int, *, season: bool, lift: float = 1.0, series: int = 700, seed: int = 1
) -> tuple[Scores, Floats]:
    """Scores [7 · series, 1] of a latest bucket on each weekday that is `lift` times as high as its past lets expect, and it.

    Counts are Poisson, or with `alpha` negative binomial of variance mean + alpha·mean²; they grow by half over the time.
    """
    days = np.arange(buckets + 1)
    weekdays = (days + np.repeat(np.arange(7), series)[:, None]) % 7
    means = mean * (WEEK[weekdays] if season else 1.0) * np.exp(np.linspace(-0.2, 0.2, buckets + 1)) * np.ones(weekdays.shape)
    means[:, -1] *= lift
    generator = np.random.default_rng(seed)
    counts = generator.poisson(means * generator.gamma(1 / alpha, alpha, means.shape) if alpha else means).astype(float)
    parts = [
        score_series(part, np.ones_like(part), 1, [(days + first) % 7] if season else [])
        for first, part in enumerate(np.split(counts, 7))
    ]
    names = ("expected", "ratio", "ratio_low", "ratio_high", "p")
    return Scores(*(np.concatenate([getattr(part, name) for part in parts]) for name in names)), counts[:, -1:]


@pytest.mark.parametrize(("buckets", "season"), [(56, True), (26, False), (8, False)])
@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("mean", [0.5, 10.0, 400.0])
def test_false_alarms_stay_below_what_is_allowed(buckets: int, season: bool, alpha: float, mean: float) -> None:
    """4,900 series without a spike: each limit is the nominal rate and three standard errors of one found in so many.

    So is that of the families of 50 tests, 98 of them, that may show a false spike.
    """
    scores, _ = draw(mean, alpha, buckets, season=season)
    for nominal, limit in ((0.05, 0.0593), (0.01, 0.0143), (0.001, 0.00235)):
        assert (scores.p < nominal).mean() <= limit
    families = np.random.default_rng(2).permutation(scores.p[:, 0]).reshape(-1, 50)
    assert np.mean([benjamini_hochberg(family).min() <= 0.05 for family in families]) <= 0.116
    assert ((scores.ratio_low <= 1) & (scores.ratio_high >= 1)).mean() >= 0.95


@pytest.mark.parametrize(
    ("mean", "alpha", "lift", "found"),
    [
        (3.0, 0.0, 3.0, 0.15),  # fewer than ten are never shown, and mostly there are nine
        (10.0, 0.0, 2.0, 0.15),
        (10.0, 0.0, 3.0, 0.75),
        (50.0, 0.0, 1.5, 0.35),
        (50.0, 0.0, 2.0, 0.9),
        (400.0, 0.0, 1.5, 0.98),
        (50.0, 0.02, 2.0, 0.6),
        (50.0, 0.02, 3.0, 0.95),
        (400.0, 0.02, 1.5, 0.2),
        (400.0, 0.02, 2.0, 0.8),
        (50.0, 0.1, 3.0, 0.45),  # a third more or less is nothing unusual here
        (400.0, 0.1, 3.0, 0.5),
    ],
)
def test_rises_are_found_and_little_else(mean: float, alpha: float, lift: float, found: float) -> None:
    """70 families of 50 series over eight weeks; in each family five rise, of which at least the share `found` is found."""
    usual, usual_n = draw(mean, alpha, 56, season=True, series=450)
    risen, risen_n = draw(mean, alpha, 56, season=True, lift=lift, series=50, seed=3)
    p = np.hstack([usual.p.reshape(-1, 70).T, risen.p.reshape(-1, 70).T])
    n = np.hstack([usual_n.reshape(-1, 70).T, risen_n.reshape(-1, 70).T])
    shown = (np.apply_along_axis(benjamini_hochberg, 1, p) <= 0.05) & (n >= 10)
    assert shown[:, 45:].mean() >= found
    false = shown[:, :45].sum(axis=1) / np.maximum(1, shown.sum(axis=1))
    assert false.mean() <= 0.075  # 0.05 and two standard errors of a mean of 70
    assert ((risen.ratio_low <= lift) & (risen.ratio_high >= lift)).mean() >= 0.93


FIRST: Final = on("1403-01-04")
"""A Saturday."""


@pytest.fixture(scope="module")
def shared(engine: Engine) -> Iterator[Store]:
    """A store to which tests add batches of their own and look at no other."""
    with store_with() as store:
        yield store


def day(number: int, hour: int = 12) -> datetime:
    return FIRST.replace(hour=hour) + timedelta(days=number)


def said(number: int, n: int, *reasons: str, **fields: Any) -> list[Row]:
    """`n` rows with these reasons on a day."""
    return [row(tags("negative", reasons=reasons), occurred_at=day(number), **fields)] * n


def daily(days: int, n: int, *reasons: str, **fields: Any) -> list[Row]:
    return [each for number in range(days) for each in said(number, n, *reasons, **fields)]


def spikes_of(store: Store, rows: Sequence[Row], **asked: Any) -> list[Spike]:
    filters = replace(asked.pop("filters", Filters()), batch=(add_rows(store, rows),))
    return find_spikes(store, filters=filters, **asked)


def named(found: Sequence[Spike]) -> set[tuple[str | None, str, str, int, str]]:
    return {(each.group, each.bucket, each.code, each.n, each.direction) for each in found}


def text(words: str, score: float) -> Row:
    read = row(tags("negative", reasons=["delivery.time-"]), occurred_at=day(30))
    assert read.tags
    reasons = tuple(replace(reason, score=score) for reason in read.tags.reasons)
    return Row(replace(read.feedback, text=words), replace(read.tags, reasons=reasons))


LATE: Final = [
    text("دیر", 0.99),
    text("سه ساعته منتظرم غذا بیاد، هنوز که هنوزه پیکش راه نیفتاده", 0.7),
    text("گفتین نیم ساعته می‌رسه، الان دو ساعت گذشته و هیچ خبری نیست", 0.95),
    text("بسته رو یه هفته دیرتر از چیزی که قول داده بودین آوردین دم در", 0.8),
    text("دیر اومد " * 60, 0.98),
    *[text("پیک خیلی دیر رسید", 0.6)] * 9,
]


@pytest.mark.usefixtures("engine")
def test_a_planted_rise_with_its_examples() -> None:
    """30 days of four late deliveries and six remarks on prices, then 14 and six. The first day is not watched."""
    rows = [*daily(30, 4, "delivery.time-"), *daily(31, 6, "price.value?"), *LATE]
    with store_with(rows) as store:
        (found,) = find_spikes(store)
    assert (found.code, found.group, found.bucket, found.direction) == ("delivery.time", None, "1403-02-03", "up")
    assert (found.start, found.end) == (date(2024, 4, 22), date(2024, 4, 23))
    assert found.n == 14
    assert found.expected == pytest.approx(4, abs=0.05)
    assert found.ratio == found.n / found.expected
    assert 1 < found.ratio_low < 14 / 4 < found.ratio_high
    assert found.q_value == pytest.approx(2 * found.p_value)  # two reasons were looked at
    of_the_day = 30 * 4 + 31 * 6
    assert found.examples == tuple(f"f{of_the_day + place}" for place in (3, 4, 2))  # by score, the cry and the sermon last


def test_a_fall(shared: Store) -> None:
    (found,) = spikes_of(shared, [*daily(30, 15, "delivery.time-"), *daily(31, 6, "price.value?")], examples=0)
    assert (found.code, found.n, found.direction, found.ratio, found.ratio_low) == ("delivery.time", 0, "down", 0, 0)
    assert found.expected == pytest.approx(15, abs=0.1)
    assert found.ratio_high < 0.5
    assert found.examples == ()


def test_neither_a_small_rise_nor_a_small_fall_is_shown(shared: Store) -> None:
    rows = [*daily(30, 12, "delivery.time-"), *daily(31, 6, "price.value?"), *said(30, 9, "digital.bug-")]
    assert named(spikes_of(shared, rows, min_n=9)) == {
        (None, "1403-02-03", "digital.bug", 9, "up"),
        (None, "1403-02-03", "delivery.time", 0, "down"),
    }
    assert named(spikes_of(shared, rows, min_n=12)) == {(None, "1403-02-03", "delivery.time", 0, "down")}
    assert spikes_of(shared, rows, min_n=13) == []
    assert spikes_of(shared, rows, min_n=9, false_discovery=0) == []


def test_a_row_counts_once_for_a_group_of_reasons(shared: Store) -> None:
    rows = [*daily(30, 4, "delivery.time-"), *said(30, 4, "delivery.time-", "delivery.courier+"), *daily(31, 6, "price.value?")]
    assert spikes_of(shared, rows, level="group") == []
    rows += said(30, 14, "delivery.time-", "delivery.courier+")
    assert named(spikes_of(shared, rows, level="group")) == {(None, "1403-02-03", "delivery", 18, "up")}
    assert {each.code for each in spikes_of(shared, rows)} == {"delivery.time", "delivery.courier"}


def test_each_group_has_its_own_past(shared: Store) -> None:
    """What is many for the phone is usual for the app; the chat is too new to say, and the shop, silent now, has not fallen."""
    rows = [
        *daily(31, 25, "delivery.time-", channel="اپ"),
        *daily(30, 5, "delivery.time-", channel="تلفن"),
        *said(30, 25, "delivery.time-", channel="تلفن"),
        *said(28, 1, "delivery.time-", channel="چت"),
        *said(30, 25, "delivery.time-", channel="چت"),
        *daily(30, 25, "delivery.time-", channel="فروشگاه"),
    ]
    (found,) = spikes_of(shared, rows, group="channel")
    assert named([found]) == {("تلفن", "1403-02-03", "delivery.time", 25, "up")}
    assert found.examples == tuple(f"f{_first(shared) + 31 * 25 + 30 * 5 + place}" for place in (0, 1, 2))


def _first(store: Store) -> int:
    return int(store.select("SELECT max(first_seq) FROM batch", {})[0][0])


RISEN: Final = [*daily(32, 5, "delivery.time-"), *said(30, 20, "delivery.time-")]
"""A rise on day 30, and a usual day 31."""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, None),
        ({"latest": 2}, "1403-02-03"),
        ({"now": day(31, 0)}, "1403-02-03"),
        ({"now": day(31, 23)}, "1403-02-03"),
        ({"now": day(30, 23)}, None),
        ({"now": day(32, 9)}, None),
        ({"now": day(32, 9), "latest": 2}, "1403-02-03"),
        ({"now": day(99, 9), "latest": 2}, "1403-02-03"),  # an old file is looked at as it was
        ({"filters": Filters(to=day(31).date())}, "1403-02-03"),
        ({"filters": Filters(to=day(31).date()), "now": day(99)}, "1403-02-03"),
        ({"filters": Filters(to=day(99).date()), "now": day(31)}, "1403-02-03"),
        ({"latest": 2, "filters": Filters(from_=day(8).date())}, "1403-02-03"),
        ({"latest": 2, "filters": Filters(from_=day(9).date())}, None),  # 20 days after the first are too few
        ({"latest": 2, "filters": Filters(channel=("اپ",))}, None),
        ({"latest": 2, "calendar": "gregorian"}, "2024-04-22"),
        ({"latest": 2, "baseline": 21}, "1403-02-03"),
        ({"latest": 12, "baseline": 21}, None),
    ],
)
def test_which_buckets_are_the_latest(shared: Store, asked: dict[str, Any], expected: str | None) -> None:
    assert [each.bucket for each in spikes_of(shared, RISEN, **asked)] == ([expected] if expected else [])


def test_a_day_that_is_half_tagged_is_no_fall(shared: Store) -> None:
    waiting = [replace(each, tags=None) for each in said(30, 20, "delivery.time-")]
    usual = daily(30, 40, "delivery.time-")
    assert spikes_of(shared, [*usual, *said(30, 20, "delivery.time-"), *waiting]) == []
    (found,) = spikes_of(shared, [*usual, *said(30, 20, "delivery.time-"), *said(30, 20)])
    assert (found.n, found.direction) == (20, "down")


@pytest.mark.parametrize(
    "filters",
    [
        Filters(sentiment=("negative",)),
        Filters(reason=("delivery",), polarity=("negative",)),
        Filters(effort=("long_wait",)),
        Filters(loyalty=("churn_intent",)),
        Filters(resolution=("unresolved",)),
        Filters(corrected=False),
    ],
)
def test_a_filter_on_tags_does_not_make_a_half_tagged_day_a_whole_one(shared: Store, filters: Filters) -> None:
    """40 a day that pass the filter; on the last day 20 do, and 20 wait or, which is a fall, never came."""
    read = tags("negative", reasons=["delivery.time-"], effort=["long_wait"], loyalty=["churn_intent"], resolution="unresolved")
    usual = [each for number in range(30) for each in [row(read, occurred_at=day(number), channel="اپ")] * 40]
    last = [row(read, occurred_at=day(30), channel="اپ")] * 20
    for group in (None, "channel"):
        waiting = [row(occurred_at=day(30), channel="اپ")] * 20
        assert spikes_of(shared, [*usual, *last, *waiting], filters=filters, group=group) == []
    (found,) = spikes_of(shared, [*usual, *last], filters=filters)
    assert (found.code, found.n, found.direction) == ("delivery.time", 20, "down")


def test_a_friday_is_compared_with_fridays(shared: Store) -> None:
    """Nine weeks with 20 a day but 2 on Fridays, the last day one of them: 2 are usual, and 20 would not be."""
    friday = 62
    rows = [each for number in range(friday) for each in said(number, 2 if number % 7 == 6 else 20, "delivery.time-")]
    assert day(friday).strftime("%a") == "Fri"
    assert spikes_of(shared, [*rows, *said(friday, 2, "delivery.time-")]) == []
    assert [each.direction for each in spikes_of(shared, [*rows, *said(friday, 20, "delivery.time-")])] == ["up"]


@pytest.mark.parametrize(
    ("bucket", "step", "key"),
    [("week", 7, "1403-W17"), ("month", 30.44, "1404-04"), ("quarter", 91.31, "1406-Q4"), ("year", 365.25, "1418")],
)
def test_longer_buckets(shared: Store, bucket: Any, step: float, key: str) -> None:
    """15 buckets of 10 rows, the first of them not watched, and one of 60."""
    rows = [
        each
        for number in range(16)
        for each in said(round((number + 0.4) * step), 60 if number == 15 else 10, "delivery.time-")
    ]
    (found,) = spikes_of(shared, rows, bucket=bucket)
    assert (found.bucket, found.n, found.direction) == (key, 60, "up")
    assert found.expected == pytest.approx(10, rel=0.1)


def test_hours_of_a_day_are_compared_with_the_same_hours(shared: Store) -> None:
    """Ten days with 12 rows at noon and one in the evening. 12 at noon are usual, 12 in the evening are a spike."""
    hours = [row(tags(reasons=["delivery.time-"]), occurred_at=day(number, hour)) for number in range(10)
             for hour, n in ((12, 12), (20, 12 if number == 9 else 1)) for _ in range(n)]  # fmt: skip
    (found,) = spikes_of(shared, hours, bucket="hour", latest=9)
    assert (found.bucket, found.n, found.start, found.end) == (
        "1403-01-13T20",
        12,
        datetime(2024, 4, 1, 20),
        datetime(2024, 4, 1, 21),
    )
    assert found.expected < 3


def test_the_surest_comes_first(shared: Store) -> None:
    rows = daily(31, 5, "price.value?", "delivery.time-", "digital.bug-")
    rows += [*said(30, 12, "delivery.time-"), *said(30, 40, "digital.bug-"), *said(30, 20, "price.value+")]
    found = spikes_of(shared, rows)
    assert [each.code for each in found] == ["digital.bug", "price.value", "delivery.time"]
    assert [each.q_value for each in found] == sorted(each.q_value for each in found)


def test_the_larger_is_not_first_unless_it_is_as_sure(shared: Store) -> None:
    """18 more where 20 are usual and 11 more where 5 are, which is a little surer, get one q; 50 more are less sure on a past
    that goes up and down.
    """
    usual = [*daily(30, 5, "digital.bug-"), *daily(30, 20, "price.value?")]
    equal = spikes_of(shared, [*usual, *said(30, 16, "digital.bug-"), *said(30, 38, "price.value?")])
    assert [each.code for each in equal] == ["price.value", "digital.bug"]
    assert equal[0].p_value > equal[1].p_value
    assert equal[0].q_value == equal[1].q_value
    restless = [each for number in range(30) for each in said(number, 60 + 30 * (number % 2), "service.access?")]
    rows = [*daily(30, 5, "digital.bug-"), *restless, *said(30, 30, "digital.bug-"), *said(30, 160, "service.access?")]
    assert [(each.code, each.n) for each in spikes_of(shared, rows)] == [("digital.bug", 30), ("service.access", 160)]


@pytest.mark.parametrize("asked", [{}, {"group": "channel"}, {"bucket": "hour"}, {"now": day(40)}])
def test_nothing_comes_of_nothing(shared: Store, asked: dict[str, Any]) -> None:
    assert spikes_of(shared, [row(tags("positive", reasons=["price.value+"]))], **asked) == []
    assert spikes_of(shared, [row(occurred_at=day(1))], **asked) == []
    assert spikes_of(shared, daily(31, 3), **asked) == []
    assert spikes_of(shared, daily(LEAST_BASELINE["day"], 3, "price.value+"), **asked) == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"bucket": "fortnight"}, "bucket"),
        ({"bucket": None}, "bucket"),
        ({"calendar": "hijri"}, "calendar"),
        ({"level": "branch"}, "level"),
        ({"group": "mood"}, "group"),
        ({"latest": 0}, "latest"),
        ({"baseline": 20}, "baseline"),
        ({"filters": Filters(reason=("delivery.tyme",))}, "reason"),
    ],
)
def test_what_is_not_known_is_refused(shared: Store, asked: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        find_spikes(shared, **asked)
    assert caught.value.field == field


@settings(max_examples=5, deadline=None)
@given(cut=st.integers(1, len(RISEN) - 1), data=st.data())
def test_neither_order_nor_batches_change_the_figures(shared: Store, cut: int, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(RISEN))
    parts = Filters(batch=(add_rows(shared, shuffled[:cut]), add_rows(shared, shuffled[cut:])))
    assert find_spikes(shared, latest=2, filters=parts, examples=0) == spikes_of(shared, RISEN, latest=2, examples=0)
