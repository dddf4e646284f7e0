"""Each KPI over a few rows, with the arithmetic written out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import pytest

from tests.ledger import Row, on, row, store_with, tags, talk, waited
from voc.calendars import from_jalali
from voc.kpis import KPIS, Kpi, KpiOptions, KpiRow, Setting, compute_kpis, get_kpi
from voc.kpis.scorecard import Target
from voc.records import Sentiment
from voc.store import Filters

pytestmark = pytest.mark.usefixtures("engine")


@dataclass(frozen=True, slots=True)
class Ledger:
    """Rows, the value they must give by the arithmetic beside it, the rows that count and the interval."""

    rows: Sequence[Row]
    value: float
    n: int
    interval: tuple[float | None, float | None]
    asked: Mapping[str, Any] = field(default_factory=dict)


BY_RESOLUTION: Final = [
    row(tags(resolution="unresolved")),
    row(tags(resolution="unresolved", effort=["repeat_contact"])),
    row(tags(resolution="resolved", effort=["long_wait", "transfer"])),
    row(tags(resolution="resolved", effort=["easy", "no_answer"])),
    row(tags(resolution="resolved", effort=["easy"])),
    row(tags(resolution="resolved")),
    row(tags(effort=["long_wait"])),
    row(),
]
WITH_EFFORT: Final = [
    row(tags(effort=["long_wait"])),
    row(tags(effort=["repeat_contact", "no_answer", "transfer"])),
    row(tags(effort=["easy"])),
    row(tags(effort=["easy", "own_work"])),
    row(tags(reasons=["delivery.time-"])),
    row(tags(loyalty=["churn_intent"])),
    row(),
]
WITH_LOYALTY: Final = [
    row(tags(loyalty=["churn_intent", "warn_others"])),
    row(tags(loyalty=["recommend", "delight"])),
    row(tags(loyalty=["recommend"])),
    row(tags(loyalty=["repurchase"], effort=["easy"])),
    row(tags(reasons=["price.value+"])),
    row(),
]

WITH_MONEY: Final = [
    row(cost=100, revenue=100),
    row(cost=200, revenue=200),
    row(cost=300, revenue=300),
    row(cost=900, abandoned=True),
    row(),
]
ANSWERED: Final = [
    row(tags("positive"), nps=9),
    row(tags("positive"), csat=2),
    row(tags("negative"), ces=4),
    *(row(tags(sentiment)) for sentiment in ("negative", "negative", "positive", "neutral")),
    row(nps=3),
]


def came(customer: str, *days: str, reasons: Sequence[str] = ("delivery.time-",)) -> list[Row]:
    """A customer's contacts on these days."""
    return [row(tags(reasons=reasons), customer_id=customer, occurred_at=on(day)) for day in days]


def wrote(customer: str, *sentiments: Sentiment) -> list[Row]:
    """A customer's texts, a day apart."""
    return [
        row(tags(sentiment), customer_id=customer, occurred_at=on(f"1402-12-{day:02}"))
        for day, sentiment in enumerate(sentiments, start=1)
    ]


def took(end: str, *seconds: float) -> list[Row]:
    """Contacts that took so long until `end`, one whose clock ran backwards and one that never got there."""
    start = on("1402-12-01")
    ends = [*(start + timedelta(seconds=each) for each in seconds), start - timedelta(hours=1), None]
    return [row(None, occurred_at=start, **{end: each}) for each in ends]


WAITS: Final = [waited(10, 50, 90), waited(20, 60, 100, 30), waited(70, 40, 80), talk("neutral", "neutral"), row()]
CONTACTS: Final = [
    *came("الف", "1402-12-01", "1402-12-05"),  # back after 4 days
    *came("ب", "1402-12-02", reasons=["price.value-"]),
    *came("ب", "1402-12-04", reasons=["delivery.time-", "delivery.courier-"]),  # for another reason
    *came("پ", "1402-12-03", "1402-12-12"),  # back after 9 days
    *came("ت", "1402-12-20"),  # the last that is known; 7 days after it are not over
    *came("ث", "1402-12-01", "1402-12-02", reasons=[]),
    row(tags(reasons=["delivery.time-"]), occurred_at=on("1402-12-01")),
]
TWO_MONTHS: Final = [
    *came("الف", "1402-11-15", "1402-12-03", "1402-12-04"),
    *came("ب", "1402-11-20"),
    *came("پ", "1402-11-29", "1402-12-29"),
    *came("ت", "1402-12-10", "1403-01-05"),
    *came("ث", "1402-10-25", "1402-12-10"),
    row(occurred_at=on("1402-12-10")),
    row(customer_id="ج"),
]
TALKS: Final = [
    talk("negative", "positive", "greeting", "apology"),
    talk("negative", "positive", "ownership", "teaches_use", "helps_goal"),
    talk("negative", "neutral", "compensation", "explanation"),
    talk("negative", "positive", "greeting"),
    talk("negative", "negative", "validates_purchase"),
    talk("negative", "mixed"),
    talk("positive", "positive", "apology"),
    talk("neutral", "negative", "closing_question"),
    row(tags("negative")),
    waited(20),
]
TO_10: Final = {"setting": Setting(options=KpiOptions(ees_scale="0-10"))}
ESFAND: Final = {"filters": Filters(from_=from_jalali(1402, 12, 1), to=from_jalali(1403, 1, 1))}

LEDGERS: Final[dict[str, Ledger]] = {
    # promoters 9, 10, 10 = 3; detractors 6, 0 = 2; 7 and 8 neither; 100·(3 − 2)/7
    # n + 3 = 10: 3.75 and 2.75, d = 0.1, s = 0.65, half = 1.95996·√((0.65 − 0.01)/10) = 0.49584
    "nps": Ledger([*(row(nps=answer) for answer in (9, 10, 10, 8, 7, 6, 0)), row()], 100 / 7, 7, (-39.584, 59.584)),
    # 4, 5, 5 of 5; 3.5 is not yet 4
    "csat_top2": Ledger([*(row(csat=mark) for mark in (4, 5, 5, 3.5, 1)), row()], 3 / 5, 5, (0.23072, 0.88238)),
    # 18.5/5 = 3.7; squares 16 + 25 + 25 + 12.25 + 1 = 79.25, variance (79.25 − 68.45)/4 = 2.7, half 2.77645·√(2.7/5) = 2.04025
    "csat_mean": Ledger([*(row(csat=mark) for mark in (4, 5, 5, 3.5, 1)), row()], 3.7, 5, (1.65975, 5.74025)),
    # 17/4 = 4.25; squares 49 + 36 + 4 + 4 = 93, variance (93 − 72.25)/3 = 6.91667, half 3.18245·√(6.91667/4) = 4.18488
    "ces_mean": Ledger([*(row(ces=mark) for mark in (7, 6, 2, 2)), row()], 4.25, 4, (0.06512, 8.43488)),
    # easy 7, 6, 6 = 3; hard 3, 1 = 2; 5 and 4 neither; 100·(3 − 2)/7
    # n + 2 = 9: 4 and 3, d = 1/9, s = 7/9, half = 1.95996·√((7/9 − 1/81)/9) = 0.57158
    "ces_index": Ledger([*(row(ces=mark) for mark in (7, 6, 6, 5, 4, 3, 1)), row()], 100 / 7, 7, (-46.047, 68.269)),
    # (6.5 + 5 + 3.5)/3 = 5; squares 42.25 + 25 + 12.25 = 79.5, variance (79.5 − 75)/2 = 2.25, half 4.30265·√(2.25/3) = 3.72621
    "ves_mean": Ledger(
        [*(row(ves_1=a, ves_2=b) for a, b in ((7, 6), (5, 5), (3, 4), (7, None))), row()], 5, 3, (1.27379, 8.72621)
    ),
    # 6.5 of 6.5, 5, 3.5 is 6 or more
    "ves_top2": Ledger(
        [*(row(ves_1=a, ves_2=b) for a, b in ((7, 6), (5, 5), (3, 4), (7, None))), row()], 1 / 3, 3, (0.06149, 0.79234)
    ),
    # 12/3 = 4, variance 1, half 4.30265·√(1/3) = 2.48414
    "employee_experience": Ledger([*(row(ees=mark) for mark in (5, 4, 3)), row()], 4, 3, (1.51586, 6.48414)),
    # promoters 9, 10; detractors 6, 0, 3; 8 neither: 100·(2 − 3)/6
    # n + 3 = 9: 2.75 and 3.75, d = −1/9, s = 6.5/9, half = 1.95996·√((0.72222 − 0.01235)/9) = 0.55045
    "enps": Ledger([*(row(ees=mark) for mark in (9, 10, 6, 0, 3, 8)), row()], -100 / 6, 6, (-66.1562, 43.9339), TO_10),
    "social_promoter_referred": Ledger(
        [*(row(referred=said) for said in (True, True, False, False, False)), row()], 2 / 5, 5, (0.11762, 0.76928)
    ),
    # of two referrals whose outcome is known one sold; who referred nobody sold nothing
    "social_promoter_sold": Ledger(
        [row(referred=said, referral_sold=sold) for said, sold in ((True, True), (True, False), (True, None), (False, False))],
        1 / 2,
        2,
        (0.09453, 0.90547),
    ),
    # answered: 100·(2 − 1)/3, silent: 100·(1 − 2)/4; 33.3333 + 25; the one not yet read is in neither
    # answered n + 2 = 5: d = 0.2, v = (1 − 0.04)/5 = 0.192; silent 6: d = −1/6, v = (5/6 − 1/36)/6 = 0.13426
    # d = 0.36667, v = 0.32626, degrees 0.32626²/(0.192²/4 + 0.13426²/5) = 8.3, half 2.30600·√0.32626 = 1.31717
    "survey_bias": Ledger(ANSWERED, 100 / 3 + 25, 7, (-95.050, 168.383)),
    # 900/3 = 300; squares 310000, variance (310000 − 270000)/2 = 20000, half 4.30265·√(20000/3) = 351.309
    "aht_mean": Ledger([*(row(handle_s=seconds) for seconds in (200, 300, 400)), row()], 300, 3, (51.586, 548.414)),
    # dropped after 45 s and after an unknown wait = 2 of 5; the one dropped after 9.5 s is neither, the one after 10 s is
    "abandonment": Ledger(
        [
            row(abandoned=True, wait_s=45),
            row(abandoned=True, wait_s=10),
            row(abandoned=True),
            row(abandoned=True, wait_s=9.5),
            row(abandoned=False, wait_s=3),
            row(abandoned=False),
            row(wait_s=600),
        ],
        3 / 5,
        5,
        (0.23072, 0.88238),
    ),
    # (0.8 − 0.4 + 0.2)/3 = 0.2; squares 0.84, variance (0.84 − 0.12)/2 = 0.36, half 4.30265·√(0.36/3) = 1.49048
    "text_sentiment_mean": Ledger(
        [*(row(tags(score=score)) for score in (0.8, -0.4, 0.2)), row()], 0.2, 3, (-1.29048, 1.69048)
    ),
    # 2 positive, 1 negative, 1 mixed, 1 neutral: 100·(2 − 1)/5
    # n + 2 = 7: 3 and 2, d = 1/7, s = 5/7, half = 1.95996·√((5/7 − 1/49)/7) = 0.61708
    "text_sentiment_net": Ledger(
        [*(row(tags(each)) for each in ("positive", "positive", "negative", "mixed", "neutral")), row()],
        20,
        5,
        (-47.422, 75.994),
    ),
    # a cue but easy: 3 of 6 tagged
    "text_effort_share": Ledger(WITH_EFFORT, 3 / 6, 6, (0.18761, 0.81239)),
    # of 6 contacts whose 7 days are over, one customer came back for the same reason in time
    "fcr": Ledger(CONTACTS, 5 / 6, 6, (0.43650, 0.96995)),
    "deflection": Ledger(
        [*(row(channel=channel) for channel in ("self_service", "self_service", "تلفن", "چت", "چت")), row()],
        2 / 5,
        5,
        (0.11762, 0.76928),
    ),
    # 10 to 100: the middle of 50 and 60; ranks 5 ± 1.95996·√2.5 = 1.90 and 8.10, rounded up 2 and 9
    "frt_median": Ledger(took("first_response_at", *range(10, 101, 10)), 55, 10, (20, 90)),
    # rank 1 + 9·0.9 = 9.1; ranks 9 ± 1.95996·√0.9 = 7.14 and 10.86, rounded up 8, and 11, which there is not
    "frt_p90": Ledger(took("first_response_at", *range(10, 101, 10)), 91, 10, (80, None)),
    # 400/4 = 100; second moment 160000/4 − 100² = 30000, third (3·(−100)³ + 300³)/4 = 6000000, skew 1.15470/√4 = 0.57735
    # error √(30000/4) = 86.6025, shift 0.57735·(1.95996² − 1)/6 = 0.27342; 100 + 86.6025·(0.27342 ∓ 1.95996)
    "frt_mean": Ledger(took("first_response_at", 0, 0, 0, 400), 100, 4, (-46.059, 293.417)),
    "art_resolution_median": Ledger(took("resolved_at", *range(10, 101, 10)), 55, 10, (20, 90)),
    "art_resolution_p90": Ledger(took("resolved_at", *range(10, 101, 10)), 91, 10, (80, None)),
    "art_resolution_mean": Ledger(took("resolved_at", 0, 0, 0, 400), 100, 4, (-46.059, 293.417)),
    # the same ten times, in three conversations
    "art_response_median": Ledger(WAITS, 55, 10, (20, 90)),
    "art_response_p90": Ledger(WAITS, 91, 10, (80, None)),
    # (30 + 30 + 180)/(2 + 1 + 3) = 40; residuals 30 − 80, 30 − 40, 180 − 120, squares 6200
    # half 4.30265·√(6200·3/2)/6 = 69.1551
    "art_response_mean": Ledger(
        [waited(10, 20), waited(30), waited(40, 60, 80), talk("neutral", "neutral"), row()], 40, 6, (-29.1551, 109.1551)
    ),
    # teaches_use and helps_goal in one, validates_purchase in another, of 8
    "text_value_enhancement": Ledger(TALKS, 2 / 8, 8, (0.07150, 0.59073)),
    # of 6 that began badly 3 ended well; of 3 with recovery moves 2, of 3 without 1
    "text_recovery": Ledger(TALKS, 3 / 6, 6, (0.18761, 0.81239)),
    "text_recovery_with_moves": Ledger(TALKS, 2 / 3, 3, (0.20766, 0.93851)),
    "text_recovery_without_moves": Ledger(TALKS, 1 / 3, 3, (0.06149, 0.79234)),
    # 100·(2/3 − 1/3); with 0.20766 to 0.93851, without 0.06149 to 0.79234
    # down √((2/3 − 0.20766)² + (0.79234 − 1/3)²) = 0.64914, up √((0.93851 − 2/3)² + (1/3 − 0.06149)²) = 0.38444
    "text_recovery_difference": Ledger(TALKS, 100 / 3, 6, (-31.5804, 71.7774)),
    # 600/3 = 200, the one dropped aside; second moment 140000/3 − 200² = 6666.67, no skew, half 1.95996·√(6666.67/3) = 92.394
    "cpc": Ledger(WITH_MONEY, 200, 3, (107.606, 292.394)),
    # 60/300 = 0.2; residuals −10, 10, 0, squares 200; half 4.30265·√(200·3/2)/300 = 0.24841
    "cpc_revenue_share": Ledger(
        [*(row(cost=cost, revenue=100) for cost in (10, 30, 20)), row(cost=500), row(revenue=9)], 0.2, 3, (-0.04841, 0.44841)
    ),
    "agent_revenue_mean": Ledger(WITH_MONEY, 200, 3, (107.606, 292.394)),
    # of the three of the 29 days before, two came in Esfand
    "crr": Ledger(TWO_MONTHS, 2 / 3, 3, (0.20766, 0.93851), ESFAND),
    "attrition": Ledger(TWO_MONTHS, 1 / 3, 3, (0.06149, 0.79234), ESFAND),
    # of 4 with a cue 1 is easy alone and 3 are hard: 100·(1 − 3)/4
    # n + 2 = 6: 2 and 4, d = −1/3, s = 1, half = 1.95996·√((1 − 1/9)/6) = 0.75439
    "text_effort_net": Ledger(WITH_EFFORT, -50, 4, (-100, 42.106)),
    # 4 resolved, 2 unresolved
    "text_resolution": Ledger(BY_RESOLUTION, 4 / 6, 6, (0.29999, 0.90323)),
    # 2 unresolved, 2 resolved with high effort, 2 without: (2·0.27 + 2·0.37 + 2·0.61)/6 = 2.5/6
    # squares 2·(0.0729 + 0.1369 + 0.3721) = 1.1638, variance (1.1638 − 1.04167)/5 = 0.024427, half 2.57058·√(0.024427/6)
    "text_retention": Ledger(BY_RESOLUTION, 2.5 / 6, 6, (0.25265, 0.58068)),
    # (2·0.27 + 4·0.61)/6 = 2.98/6; squares 2·0.0729 + 4·0.3721 = 1.6342, variance (1.6342 − 1.48007)/5 = 0.030827
    "text_retention_low_effort": Ledger(BY_RESOLUTION, 2.98 / 6, 6, (0.31241, 0.68092)),
    # the two unresolved ones as resolved, one of them with high effort: (3·0.37 + 3·0.61)/6 = 0.49
    # squares 3·(0.1369 + 0.3721) = 1.527, variance (1.527 − 1.4406)/5 = 0.01728, half 2.57058·√(0.01728/6) = 0.13795
    "text_retention_resolved": Ledger(BY_RESOLUTION, 0.49, 6, (0.35205, 0.62795)),
    # of those who began badly and wrote again, two of three ended well
    "text_recovery_customers": Ledger(
        [
            *wrote("الف", "negative", "positive"),
            *wrote("ب", "negative", "neutral", "positive"),
            *wrote("پ", "negative", "positive", "negative"),
            *wrote("ت", "positive", "negative"),
            *wrote("ث", "negative"),
            row(tags("negative")),
        ],
        2 / 3,
        3,
        (0.20766, 0.93851),
    ),
    # two recommend, one warns, of 5: n + 2 = 7: 3 and 2, d = 1/7, s = 5/7, half = 1.95996·√((5/7 − 1/49)/7) = 0.61708
    "text_social_promoter": Ledger(WITH_LOYALTY, 20, 5, (-47.422, 75.993)),
    "reason_share": Ledger(WITH_EFFORT, 1 / 6, 6, (0.03005, 0.56350)),
    # praise alone in 1, blame in 2, of 4: n + 2 = 6: d = −1/6, s = 5/6, half 0.71816
    "reason_net": Ledger(
        [
            *(row(tags(reasons=said)) for said in (["price.value+"], ["price.value+", "delivery.time-"], ["delivery.time-"])),
            row(tags(reasons=["service.information?"])),
            row(tags()),
            row(),
        ],
        -25,
        4,
        (-88.482, 55.149),
    ),
    # nps 100/7 is (100/7 + 100)/150 = 0.76190 of the way from −100 to 50; csat 3/5 is 0.75 of that from 0 to 0.8
    # (2·0.76190 + 0.75)/3
    "balanced_scorecard": Ledger(
        [*(row(nps=answer) for answer in (9, 10, 10, 8, 7, 6, 0)), *(row(csat=mark) for mark in (4, 5, 5, 3.5, 1)), row()],
        0.757937,
        5,
        (None, None),
        {"setting": Setting(targets={"nps": Target(50, 2, -100), "csat_top2": Target(0.8, 1, 0)})},
    ),
    "text_churn": Ledger(WITH_LOYALTY, 1 / 5, 5, (0.03622, 0.62447)),
    "text_advocacy": Ledger(WITH_LOYALTY, 2 / 5, 5, (0.11762, 0.76928)),
    "text_delight": Ledger(WITH_LOYALTY, 1 / 5, 5, (0.03622, 0.62447)),
}
EVERY_KPI: Final = pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)


@pytest.mark.engines
def test_every_kpi_has_a_ledger() -> None:
    assert set(LEDGERS) == {kpi.name for kpi in KPIS}


@EVERY_KPI
def test_the_arithmetic(kpi: Kpi) -> None:
    ledger = LEDGERS[kpi.name]
    found = only(kpi, ledger.rows, **ledger.asked)
    assert found.value == pytest.approx(ledger.value, abs=1e-6)
    assert found.n == ledger.n
    assert (found.ci_low, found.ci_high) == pytest.approx(ledger.interval, abs=6e-4)
    assert (found.unit, found.method, found.null_reason) == (kpi.unit, kpi.method, None)
    assert (found.bucket, found.group) == (None, None)


@EVERY_KPI
def test_an_empty_store_has_no_rows(kpi: Kpi) -> None:
    assert without_value(only(kpi, [], **LEDGERS[kpi.name].asked), "no_rows", n=0)


@EVERY_KPI
def test_rows_without_the_field(kpi: Kpi) -> None:
    found = only(kpi, [row(attributes={"شعبه": "ونک"}), row()])
    assert without_value(found, "field_missing", n=0)
    set_so = {"VOC_EES_SCALE=1-5"}
    assert found.missing == (tuple(name for name in kpi.needs if name not in set_so) or ("VOC_TARGETS",))


@EVERY_KPI
def test_too_few_rows(kpi: Kpi) -> None:
    ledger = LEDGERS[kpi.name]
    assert without_value(only(kpi, ledger.rows, min_n=ledger.n + 1, **ledger.asked), "below_min_n", n=ledger.n)
    assert only(kpi, ledger.rows, min_n=ledger.n, **ledger.asked).value is not None


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("abandonment", [row(abandoned=True, wait_s=2)]),
        ("text_effort_net", [row(tags("negative"))]),
        ("text_resolution", [row(tags("negative"))]),
        ("text_retention", [row(tags(effort=["easy"]))]),
        ("text_retention_low_effort", [row(tags(effort=["easy"]))]),
    ],
)
def test_rows_with_the_field_and_nothing_to_count(name: str, rows: Sequence[Row]) -> None:
    assert without_value(only(get_kpi(name), rows), "no_rows", n=0)


@pytest.mark.parametrize(
    ("name", "rows", "value"),
    [
        ("nps", [row(nps=0)], -100),
        ("nps", [row(nps=7), row(nps=8)], 0),
        ("csat_top2", [row(csat=1), row(csat=3)], 0),
        ("text_churn", [row(tags())], 0),
        ("text_effort_share", [row(tags(effort=["easy"]))], 0),
        ("text_resolution", [row(tags(resolution="unresolved"))], 0),
        ("abandonment", [row(abandoned=False)], 0),
    ],
)
def test_nought_is_a_value(name: str, rows: Sequence[Row], value: float) -> None:
    found = only(get_kpi(name), rows)
    assert (found.value, found.null_reason) == (value, None)
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.ci_low < found.ci_high


def test_nps_of_a_hundred() -> None:
    """40 promoters, 30 passives, 30 detractors: 10 ± 16."""
    answers = [9] * 25 + [10] * 15 + [7] * 10 + [8] * 20 + [0] * 5 + [6] * 25
    found = only(get_kpi("nps"), [row(nps=answer) for answer in answers])
    assert (found.value, found.n) == (10, 100)
    assert found.ci_low == pytest.approx(10 - 16, abs=0.5)
    assert found.ci_high == pytest.approx(10 + 16, abs=0.5)


def only(kpi: Kpi, rows: Sequence[Row], min_n: int = 1, **asked: Any) -> KpiRow:
    with store_with(*([rows] if rows else [])) as store:
        (found,) = compute_kpis(store, [kpi.name], min_n=min_n, **asked)
    assert found.name == kpi.name
    return found


def without_value(found: KpiRow, reason: str, n: int) -> bool:
    return (found.value, found.ci_low, found.ci_high, found.null_reason, found.n) == (None, None, None, reason, n)
