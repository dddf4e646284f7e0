"""Each KPI over a few rows, with the arithmetic written out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from tests.ledger import Row, row, store_with, tags
from voc.kpis import KPIS, Kpi, KpiRow, compute_kpis, get_kpi


@dataclass(frozen=True, slots=True)
class Ledger:
    """Rows, the value they must give by the arithmetic beside it, the rows that count and the interval."""

    rows: Sequence[Row]
    value: float
    n: int
    interval: tuple[float, float] | None


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
    "text_churn": Ledger(WITH_LOYALTY, 1 / 5, 5, (0.03622, 0.62447)),
    "text_advocacy": Ledger(WITH_LOYALTY, 2 / 5, 5, (0.11762, 0.76928)),
    "text_delight": Ledger(WITH_LOYALTY, 1 / 5, 5, (0.03622, 0.62447)),
}
EVERY_KPI: Final = pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.name)


def test_every_kpi_has_a_ledger() -> None:
    assert list(LEDGERS) == [kpi.name for kpi in KPIS]


@EVERY_KPI
def test_the_arithmetic(kpi: Kpi) -> None:
    ledger = LEDGERS[kpi.name]
    found = only(kpi, ledger.rows)
    assert found.value == pytest.approx(ledger.value, abs=1e-6)
    assert found.n == ledger.n
    assert (found.ci_low, found.ci_high) == pytest.approx(ledger.interval, abs=6e-4)
    assert (found.unit, found.method, found.null_reason) == (kpi.unit, kpi.method, None)
    assert (found.bucket, found.group) == (None, None)


@EVERY_KPI
def test_an_empty_store_has_no_rows(kpi: Kpi) -> None:
    assert without_value(only(kpi, []), "no_rows", n=0)


@EVERY_KPI
def test_rows_without_the_field(kpi: Kpi) -> None:
    assert without_value(only(kpi, [row(channel="تلفن"), row()]), "field_missing", n=0)


@EVERY_KPI
def test_too_few_rows(kpi: Kpi) -> None:
    ledger = LEDGERS[kpi.name]
    assert without_value(only(kpi, ledger.rows, min_n=ledger.n + 1), "below_min_n", n=ledger.n)
    assert only(kpi, ledger.rows, min_n=ledger.n).value is not None


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


def only(kpi: Kpi, rows: Sequence[Row], min_n: int = 1) -> KpiRow:
    with store_with(*([rows] if rows else [])) as store:
        (found,) = compute_kpis(store, [kpi.name], min_n=min_n)
    assert found.name == kpi.name
    return found


def without_value(found: KpiRow, reason: str, n: int) -> bool:
    return (found.value, found.ci_low, found.ci_high, found.null_reason, found.n) == (None, None, None, reason, n)
