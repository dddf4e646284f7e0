"""Figures of the report card: held to scipy and to simulations, and the rule of what is believed."""

import math
import tracemalloc
from typing import Final

import numpy as np
import pytest
from scipy.stats import binomtest

from voc.report_card.card import CodeScore
from voc.report_card.figures import (
    Ints,
    calibration_error,
    cases_until,
    f1_of,
    interval_of,
    kappa_of,
    macro_f1_of,
    micro_f1_of,
    reliability,
    rows_until,
)
from voc.report_card.sayings import sayings
from voc.report_card.verdicts import Counts, Verdict, rows_to_verdict, rows_to_width, verdict_of

SAMPLES: Final = 2_000
RANDOM: Final = np.random.default_rng(7)


def test_f1_has_the_interval_of_the_overlap() -> None:
    estimate = f1_of(8, 10, 10)  # 8 found, 4 errors: J = 8/12, Wilson 0.391…0.862, F1 = 2J/(1 + J)
    assert [round(part or 0, 2) for part in (estimate.value, estimate.ci_low, estimate.ci_high)] == [0.8, 0.56, 0.93]
    assert estimate.n == 12


@pytest.mark.parametrize(("both", "given", "true"), [(8, 10, 12), (0, 3, 4), (5, 5, 5), (91, 100, 105)])
def test_f1_of_a_code_is_a_share_in_disguise(both: int, given: int, true: int) -> None:
    """Its ends are those of scipy's Wilson interval of the share both/(given + true - both)."""
    found = f1_of(both, given, true)
    jaccard = binomtest(both, given + true - both).proportion_ci(method="wilson")
    assert found.value == pytest.approx(2 * both / (given + true))
    assert found.ci_low == pytest.approx(2 * jaccard.low / (1 + jaccard.low), abs=1e-9)
    assert found.ci_high == pytest.approx(2 * jaccard.high / (1 + jaccard.high), abs=1e-9)
    assert interval_of(both, given) == pytest.approx(tuple(binomtest(both, given).proportion_ci(method="wilson")), abs=1e-9)
    assert f1_of(0, 0, 0).value is None


@pytest.mark.parametrize(
    ("n", "frequency", "recall", "false"), [(200, 0.2, 0.8, 0.05), (400, 0.05, 0.9, 0.01), (60, 0.3, 0.7, 0.1)]
)
def test_intervals_of_a_code_hold_what_is_true_in_95_of_100_samples(
    n: int, frequency: float, recall: float, false: float
) -> None:
    cells = [frequency * recall, frequency * (1 - recall), (1 - frequency) * false]
    tables = RANDOM.multinomial(n, [*cells, 1 - sum(cells)], SAMPLES)
    real = {
        "precision": cells[0] / (cells[0] + cells[2]),
        "recall": recall,
        "f1": 2 * cells[0] / (2 * cells[0] + cells[1] + cells[2]),
    }
    held = dict.fromkeys(real, 0)
    for both, missed, wrong, _ in tables:
        f1 = f1_of(both, both + wrong, both + missed)
        spans = {
            "precision": interval_of(both, both + wrong),
            "recall": interval_of(both, both + missed),
            "f1": (f1.ci_low, f1.ci_high),
        }
        for name, (low, high) in spans.items():
            held[name] += low is None or high is None or low <= real[name] <= high
    assert all(0.93 <= each / SAMPLES <= 0.985 for each in held.values()), held


def test_the_drawn_interval_of_all_codes_holds_too() -> None:
    """Rows of 0 to 2 codes, some missed, some wrong: what 300 rows say of the F1 of a very large number of rows."""

    def rows(n: int) -> Ints:
        true = RANDOM.binomial(2, 0.5, n)
        both = RANDOM.binomial(true, 0.8)
        return np.stack([both, both + RANDOM.binomial(1, 0.15, n), true], 1)

    totals = rows(1_000_000).sum(0)
    real = 2 * totals[0] / (totals[1] + totals[2])
    held = 0
    for _ in range(120):
        found = micro_f1_of(rows(300))
        held += (found.ci_low or 0) <= real <= (found.ci_high or 0)
    assert 0.90 <= held / 120 <= 0.99
    assert micro_f1_of(np.zeros((3, 3), dtype=np.int64)).value is None
    assert micro_f1_of(np.array([[1, 2, 1], [1, 1, 1]])).value == 2 * 2 / (3 + 2)


def test_draws_of_many_rows_are_not_there_all_at_once() -> None:
    rows = np.random.default_rng(3).integers(0, 4, (10_000, 3))
    tracemalloc.start()
    micro_f1_of(rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6  # two pieces of 4 MB; 80 MB were all there


def test_a_few_rows_of_one_mind_are_no_certainty() -> None:
    """All draws are alike, so the ends are those of a share of all: of ten of ten, .72 to 1."""
    all_right = interval_of(10, 10)
    reasons = micro_f1_of(np.ones((10, 3), dtype=np.int64))
    assert (reasons.value, reasons.ci_low) == (1, f1_of(10, 10, 10).ci_low)
    sentiment = macro_f1_of(np.diag([6, 4]))
    assert (sentiment.value, sentiment.ci_low) == (1, all_right[0])
    people = kappa_of(np.diag([5, 5]))
    assert people.ci_low == pytest.approx((all_right[0] - 0.5) / 0.5)


def test_kappa_by_hand_and_its_interval_by_simulation() -> None:
    """Cohen's own arithmetic: [[20, 5], [10, 15]] agrees in .7 and by chance in .5."""
    assert kappa_of(np.array([[20, 5], [10, 15]])).value == pytest.approx(0.4)
    assert kappa_of(np.array([[9, 0], [0, 9]])).value == 1
    assert kappa_of(np.array([[5]])).value is None
    assert kappa_of(np.zeros((2, 2), dtype=np.int64)).value is None
    cells = np.array([[0.4, 0.1], [0.1, 0.4]])
    held = 0
    for _ in range(120):
        found = kappa_of(RANDOM.multinomial(150, cells.ravel()).reshape(2, 2))
        held += (found.ci_low or 0) <= 0.6 <= (found.ci_high or 0)
    assert 0.90 <= held / 120 <= 0.99


def test_mean_f1_of_the_classes_that_occur() -> None:
    """Negative 2·3/(4 + 3), positive 2·1/(1 + 2); nobody says mixed, though the model does once: it is no class of theirs."""
    table = np.array([[3, 1, 0], [0, 1, 0], [0, 0, 0]])
    assert macro_f1_of(table).value == pytest.approx((6 / 7 + 2 / 3) / 2)
    assert macro_f1_of(np.zeros((2, 2), dtype=np.int64)).value is None


def test_calibration_by_hand() -> None:
    """Bin .9: mean .95, both right; bin .5: mean .55, one of two right. Gaps .05 and .05."""
    scores, right = np.array([0.92, 0.98, 0.52, 0.58]), np.array([True, True, True, False])
    assert calibration_error(scores, right) == pytest.approx(0.05)
    assert [(each.low, each.n, round(each.score, 3), each.share) for each in reliability(scores, right)] == [
        (0.5, 2, 0.55, 0.5),
        (0.9, 2, 0.95, 1.0),
    ]
    sure = RANDOM.uniform(0, 1, 20_000)
    assert calibration_error(sure, RANDOM.uniform(0, 1, 20_000) < sure) < 0.02


@pytest.mark.parametrize(("hits", "n", "width"), [(18, 20, 0.05), (3, 10, 0.05), (50, 100, 0.02), (0, 0, 0.1)])
def test_as_many_cases_as_are_needed_and_no_more(hits: int, n: int, width: float) -> None:
    needed = cases_until(hits, n, lambda low, high: high - low <= 2 * width)
    assert needed is not None
    expected = (hits + 1) / (n + 2)
    spans = [interval_of(expected * cases, cases) for cases in (needed - 1, needed)]
    assert spans[1][1] - spans[1][0] <= 2 * width < spans[0][1] - spans[0][0]
    assert cases_until(1, 2, lambda low, high: high < low) is None


def test_rows_that_are_drawn_as_told_reach_the_width() -> None:
    """A code in a tenth of the rows, nine tenths right: with the rows that are asked for, the interval is ±.05 or nearly so."""
    counts = Counts(n=100, given=10, true=10, both=9)
    more = rows_to_width(counts)
    assert more is not None
    given = (counts.n + more) // 10
    low, high = interval_of(given * 10 / 12, given)
    assert 0.045 < (high - low) / 2 < 0.052
    estimate = micro_f1_of(np.tile([[1, 1, 1], [0, 1, 1]], (50, 1)))
    more = rows_until(estimate, 0.05) or 0
    wider = micro_f1_of(np.tile([[1, 1, 1], [0, 1, 1]], ((100 + more) // 2, 1)))
    assert ((wider.ci_high or 0) - (wider.ci_low or 0)) / 2 == pytest.approx(0.05, abs=0.006)
    assert rows_until(wider, 0.5) == 0


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        (Counts(n=400, given=100, true=105, both=91), "believe"),  # precision .91 (.84 to .95), recall .87 (.79 to .92)
        (Counts(n=40, given=10, true=10, both=9), "unknown"),  # precision .9, but from .6 on
        (Counts(n=400, given=100, true=60, both=50), "doubt"),  # precision .5, at most .6
        (Counts(n=400, given=50, true=150, both=48), "doubt"),  # finds .32, at most .4
        (Counts(n=9_000, given=900, true=900, both=640), "caution"),  # precision .71 (.68 to .74)
        (Counts(n=400, given=0, true=0, both=0), "unseen"),
        (Counts(n=400, given=0, true=3, both=0), "unknown"),
        (Counts(n=400, given=0, true=30, both=0), "doubt"),
        (Counts(n=200, given=33, true=19, both=18), "unknown"),  # known by (hits + 1)/(n + 2), not by hits/n
    ],
)
def test_the_rule(counts: Counts, verdict: Verdict) -> None:
    assert verdict_of(counts) == verdict
    more = rows_to_verdict(counts)
    assert (more == 0) == (verdict not in ("unknown", "unseen"))


def test_the_rule_believes_the_wrong_in_one_of_forty_at_most() -> None:
    """A code whose precision is just .7: the lower end of its interval is above that in about 2.5 of 100 samples."""
    hits = RANDOM.binomial(120, 0.699, SAMPLES)
    believed = sum(verdict_of(Counts(1_000, 120, 110, min(int(each), 110))) == "believe" for each in hits)
    assert believed / SAMPLES < 0.04


def test_an_unknown_is_known_after_the_rows_that_it_asks_for() -> None:
    counts = Counts(n=200, given=20, true=20, both=18)
    more = rows_to_verdict(counts)
    assert more is not None
    grown = (counts.n + more) / counts.n
    later = Counts(counts.n + more, math.ceil(20 * grown), math.ceil(20 * grown), math.ceil(20 * grown * 19 / 22))
    assert verdict_of(counts) == "unknown"
    assert verdict_of(later) == "believe"
    assert rows_to_verdict(Counts(n=200, given=0, true=1, both=0)) is None


def score(counts: Counts, code: str = "delivery.time") -> CodeScore:
    precision, recall = interval_of(counts.both, counts.given), interval_of(counts.both, counts.true)
    return CodeScore(
        "reasons", code, counts.given, counts.true, counts.both,
        counts.both / counts.given if counts.given else None, *precision,
        counts.both / counts.true if counts.true else None, *recall,
        None, None, None, verdict_of(counts), rows_to_verdict(counts), rows_to_width(counts),
    )  # fmt: skip


def test_sentences() -> None:
    found = sayings(
        [
            score(Counts(n=400, given=100, true=60, both=50), "price.value"),
            score(Counts(n=200, given=20, true=20, both=18), "after_sales.warranty"),
            score(Counts(n=400, given=100, true=105, both=91)),
            score(Counts(n=400, given=0, true=0, both=0), "trust.fraud"),
            score(Counts(n=400, given=50, true=150, both=48), "service.staff"),
        ]
    )
    assert [each.verdict for each in found] == ["believe", "doubt", "doubt", "unknown", "unseen"]
    assert found[0].fa == "روند «زمان تحویل» قابل اعتماد است (دقت ۹۱٪، ۸۴ تا ۹۵؛ یافته‌ها ۸۷٪)."
    assert found[0].en == "The trend of “Delivery time” can be believed (precision 91%, 84 to 95; 87% are found)."
    assert "shows a part alone: the model finds 32% of it (25 to 40)" in found[1].en
    assert "only 50% is right (40 to 60)" in found[2].en
    assert found[3].fa.endswith("نظر دیگر بازبینی کنید.")
    assert "does not come in the reviewed texts" in found[4].en
