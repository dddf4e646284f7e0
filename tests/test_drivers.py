"""Drivers over a few rows with the arithmetic in sight, and against least squares on the rows themselves."""

import doctest
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import Row, add_rows, row, store_with, tags
from voc.errors import InputError
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.trends import drivers as module
from voc.trends.drivers import Coefficient, Driver, DriverReport, effect_of_leaving_out, find_drivers, least_squares

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from scipy import stats

LATE_AND_RUDE = [
    row(tags("negative", -0.8, reasons=["delivery.time-", "service.staff-"]), nps=0, csat=1, ces=2),
    row(tags("negative", -0.6, reasons=["delivery.time-"]), nps=6, csat=2, ces=3),
    row(tags("positive", 0.4, reasons=["delivery.time+"]), nps=9, csat=4, ces=6),
    row(tags("positive", 0.9, reasons=["price.value+"]), nps=10, csat=5, ces=7),
    row(tags("neutral", 0.1, reasons=["price.value?"]), nps=8, csat=4),
    row(tags("neutral", 0.0), nps=7, csat=3, ces=4),
    row(nps=10, csat=5, ces=7),
    row(tags("negative", -0.9, reasons=["delivery.time-"])),
]


@pytest.fixture(scope="module")
def shared(engine: Engine) -> Iterator[Store]:
    """A store to which tests add batches of their own and look at no other."""
    with store_with() as store:
        yield store


def drivers_of(store: Store, rows: Sequence[Row], target: str = "nps", **asked: Any) -> DriverReport:
    return find_drivers(store, target, filters=Filters(batch=(add_rows(store, rows),)), **asked)


def by_code(report: DriverReport) -> dict[str, Driver]:
    return {driver.code: driver for driver in report.drivers}


def test_docstring_examples() -> None:
    assert doctest.testmod(module).failed == 0


def test_what_the_score_would_be_without_a_reason(shared: Store) -> None:
    """Six tagged rows with an answer: −100, −100, 100, 100, 0, 0, so 0 in all.

    Delivery time: −100, −100, 100 with it, 100, 0, 0 without: 33.3 instead of 0. Value for money: 100, 0 with it, the other
    four −100 in all: −25 instead of 0. Staff has a single row.
    """
    report = drivers_of(shared, LATE_AND_RUDE, min_n=2)
    assert (report.target, report.n, report.value, report.null_reason, report.missing) == ("nps", 6, 0, None, ())
    assert [(each.code, each.n) for each in report.drivers] == [("delivery.time", 3), ("price.value", 2)]
    time, value = report.drivers
    assert (time.mean_with, time.mean_without, time.effect) == pytest.approx((-100 / 3, 100 / 3, 100 / 3))
    assert (value.mean_with, value.mean_without, value.effect) == pytest.approx((50, -25, -25))


@pytest.mark.parametrize(
    ("target", "n", "value", "without_time"),
    [
        ("nps", 6, 0, 100 / 3),
        ("csat", 6, 19 / 6, 12 / 3),
        ("ces", 5, 22 / 5, 11 / 2),
        ("sentiment", 7, -0.9 / 7, 1.0 / 3),
    ],
)
def test_every_target_has_its_mean(shared: Store, target: str, n: int, value: float, without_time: float) -> None:
    report = drivers_of(shared, LATE_AND_RUDE, target, min_n=2)
    assert report.n == n
    assert report.value == pytest.approx(value)
    assert by_code(report)["delivery.time"].mean_without == pytest.approx(without_time)


@pytest.mark.parametrize(("answer", "points"), [(0, -100), (6, -100), (7, 0), (8, 0), (9, 100), (10, 100)])
def test_an_answer_counts_as_in_the_net_promoter_score(shared: Store, answer: int, points: float) -> None:
    assert drivers_of(shared, [row(tags(), nps=answer)], min_n=1).value == points


def test_the_interval_of_an_effect_by_hand() -> None:
    """With it 1, 3 (mean 2, variance 2), without 5, 6, 7 (mean 6, variance 1): p = 2/5, d = 4, effect 1.6.

    Parts: 0.16·2/2 = 0.16, 0.16·1/3 = 0.05333, 16·0.24/5 = 0.768; together 0.98133; degrees
    0.98133²/(0.16²/1 + 0.05333²/2 + 0.768²/4) = 5.5, so 5: 1.6 ± 2.5706·0.99062.
    """
    found = effect_of_leaving_out((2, 4, 10), (3, 18, 110))
    assert found == pytest.approx((1.6, 1.6 - 2.5465, 1.6 + 2.5465), abs=1e-4)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
@pytest.mark.parametrize("chances", [((0.8, 0.15, 0.05), (0.2, 0.3, 0.5)), ((0.5, 0.3, 0.2), (0.5, 0.3, 0.2))])
def test_the_interval_of_an_effect_holds_it_as_often_as_it_says(
    share: float, chances: tuple[Sequence[float], Sequence[float]]
) -> None:
    """600 samples of 600 answers each, in which who has the reason is drawn too."""
    random, points = np.random.default_rng(1), np.array([-100.0, 0.0, 100.0])
    true = share * float(np.dot(points, chances[1]) - np.dot(points, chances[0]))
    held = 0
    for n in random.binomial(600, share, size=600):
        moments = [
            (float(size), float(counts @ points), float(counts @ points**2))
            for size, counts in ((size, random.multinomial(size, of)) for size, of in zip((n, 600 - n), chances, strict=True))
        ]
        _, low, high = effect_of_leaving_out(*moments)
        held += low <= true <= high
    assert 0.925 <= held / 600 <= 0.985


def test_a_text_counts_once_for_a_group_and_for_either_side_of_it(shared: Store) -> None:
    """Delivery: two texts, the first both praised and blamed, of two reasons."""
    rows = [
        row(tags("mixed", reasons=["delivery.time-", "delivery.courier+", "delivery.packaging-"]), csat=2),
        row(tags("negative", reasons=["delivery.time-"]), csat=1),
        *(row(tags("neutral"), csat=csat) for csat in (3, 4, 5)),
    ]
    (delivery,) = drivers_of(shared, rows, "csat", level="group", min_n=1).drivers
    assert (delivery.code, delivery.n, delivery.mean_with) == ("delivery", 2, 1.5)
    assert delivery.positive is not None
    assert delivery.negative is not None
    assert (delivery.positive.n, delivery.negative.n) == (1, 2)
    assert (delivery.positive.value, delivery.negative.value) == pytest.approx((2 - 1, 1 - 4))


def test_coefficients_by_hand(shared: Store) -> None:
    """CSAT 4 where nothing is said, 1 less with blame for the time, 2 less with blame for the staff, and 3 less with both."""
    said = {
        (): (4, 4, 4),
        ("delivery.time-",): (3, 3),
        ("service.staff-",): (2, 2),
        ("delivery.time-", "service.staff-"): (1, 1),
    }
    rows = [row(tags(reasons=reasons), csat=csat) for reasons, answers in said.items() for csat in answers]
    report = drivers_of(shared, rows, "csat", min_n=2)
    assert report.r2 == pytest.approx(1)
    for code, expected in (("delivery.time", -1), ("service.staff", -2)):
        found = by_code(report)[code].negative
        assert found is not None
        assert found.n == 4
        assert found.value == pytest.approx(expected)
        assert by_code(report)[code].positive is None


def test_coefficients_and_intervals_are_those_of_least_squares_on_the_rows(shared: Store) -> None:
    """300 texts with mentions drawn at random; a mention in fewer than 25 of them is left out."""
    random = np.random.default_rng(5)
    chances = {"delivery.time-": 0.4, "delivery.time+": 0.2, "service.staff-": 0.3, "price.value+": 0.15, "digital.bug-": 0.05}
    flags = {mention: random.random(300) < chance for mention, chance in chances.items()}
    flags["delivery.time+"] &= ~flags["delivery.time-"]
    answers = np.clip(3.5 - 1.2 * flags["delivery.time-"] + 0.8 * flags["price.value+"] + random.normal(0, 0.7, 300), 1, 5)
    rows = [
        row(tags(reasons=[mention for mention, flag in flags.items() if flag[i]]), csat=float(answers[i])) for i in range(300)
    ]
    used = [mention for mention in chances if mention != "digital.bug-"]
    matrix = np.column_stack([np.ones(300), *(flags[mention] for mention in used)])
    report = drivers_of(shared, rows, "csat", min_n=25)
    value, half, r2 = _least_squares(matrix, answers)
    assert report.r2 == pytest.approx(r2)
    for place, mention in enumerate(used, start=1):
        found = _coefficient(report, mention)
        assert found is not None
        assert found.n == flags[mention].sum()
        expected = (value[place], value[place] - half[place], value[place] + half[place])
        assert (found.value, found.ci_low, found.ci_high) == pytest.approx(expected)
    assert _coefficient(report, "digital.bug-") is None
    assert _coefficient(report, "price.value-") is None


def test_mentions_that_nothing_tells_apart_have_no_coefficient(shared: Store) -> None:
    """Staff and access are always blamed together; the time is blamed with and without them."""
    said = [
        ("service.staff-", "service.access-"),
        ("service.staff-", "service.access-", "delivery.time-"),
        ("delivery.time-",),
        (),
    ]
    random = np.random.default_rng(3)
    answers = random.integers(1, 8, size=200)
    rows = [row(tags(reasons=said[i % 4]), ces=float(answers[i])) for i in range(200)]
    matrix = np.array([[1, len(said[i % 4]) > 1, "delivery.time-" in said[i % 4]] for i in range(200)], dtype=float)
    value, half, r2 = _least_squares(matrix, answers)
    report = drivers_of(shared, rows, "ces")
    found = by_code(report)
    assert (found["service.staff"].negative, found["service.access"].negative) == (None, None)
    expected = Coefficient(100, value[2], value[2] - half[2], value[2] + half[2])
    time = found["delivery.time"].negative
    assert time is not None
    assert (time.n, time.value, time.ci_low, time.ci_high) == pytest.approx(
        (expected.n, expected.value, expected.ci_low, expected.ci_high)
    )
    assert report.r2 == pytest.approx(r2)
    assert all(each.effect is not None for each in report.drivers)


def test_a_reason_of_all_rows_has_neither_effect_nor_coefficient(shared: Store) -> None:
    rows = [row(tags(reasons=["delivery.time-", *(["service.staff-"] if i % 3 else [])]), csat=1 + i % 5) for i in range(60)]
    report = drivers_of(shared, rows, "csat")
    staff, time = report.drivers
    assert (staff.code, time.code, time.n, time.mean_with) == ("service.staff", "delivery.time", 60, 3)
    assert (time.mean_without, time.effect, time.effect_low, time.effect_high, time.negative) == (None,) * 5
    assert staff.effect is not None
    assert staff.negative is not None


def test_few_rows_without_a_reason_are_no_mean(shared: Store) -> None:
    rows = [row(tags(reasons=["delivery.time-"] if i < 25 else []), csat=1 + i % 5) for i in range(40)]
    for min_n, effect in ((15, 0), (16, None)):
        (time,) = drivers_of(shared, rows, "csat", min_n=min_n).drivers
        assert (time.n, time.mean_with, time.effect) == (25, 3, effect)
        assert (time.mean_without is None) == (effect is None)


def test_a_reason_that_is_neither_praised_nor_blamed_is_no_mention(shared: Store) -> None:
    """Answers 2 and 4 in turn where nothing is blamed, the 4 with a neutral reason; 1 and 1 with blame: 1 − 3."""
    rows = [
        *(row(tags(reasons=["price.value?"] if i % 2 else []), csat=4 if i % 2 else 2) for i in range(60)),
        *(row(tags(reasons=["delivery.time-"]), csat=1) for _ in range(60)),
    ]
    report = drivers_of(shared, rows, "csat")
    time = by_code(report)["delivery.time"].negative
    assert time is not None
    assert time.value == pytest.approx(1 - 3)
    assert by_code(report)["price.value"].n == 30


def test_when_all_answers_are_the_same_there_is_no_variance_to_share(shared: Store) -> None:
    rows = [row(tags(reasons=["delivery.time-"] if i % 2 else []), csat=4.1) for i in range(50)]
    report = drivers_of(shared, rows, "csat")
    assert report.r2 is None
    assert report.drivers[0].effect == pytest.approx(0)


def test_more_mentions_than_rows_are_no_regression() -> None:
    flags = np.eye(3)
    assert least_squares((3, 9, 29), flags.T @ flags, np.array([2.0, 3.0, 4.0])) is None


NO_REASON = [row(tags(), csat=each % 5 + 1) for each in range(30)]


@pytest.mark.parametrize(
    ("rows", "target", "n", "reason", "missing"),
    [
        ([], "csat", 0, "no_rows", ()),
        ([row(csat=4)] * 30, "csat", 0, "no_rows", ()),
        ([row(tags())] * 30, "csat", 0, "field_missing", ("csat",)),
        ([row()] * 30, "sentiment", 0, "field_missing", ("sentiment",)),
        (LATE_AND_RUDE, "csat", 6, "below_min_n", ()),
    ],
)
def test_why_there_is_no_answer(
    shared: Store, rows: Sequence[Row], target: str, n: int, reason: str, missing: tuple[str, ...]
) -> None:
    assert drivers_of(shared, rows, target) == DriverReport(target, n, None, None, (), reason, missing)  # type: ignore[arg-type]


def test_rows_without_a_reason_have_a_mean_and_no_drivers(shared: Store) -> None:
    assert drivers_of(shared, NO_REASON, "csat") == DriverReport("csat", 30, 3, None, ())


def test_filters_say_which_rows_are_meant(shared: Store) -> None:
    add_rows(shared, [row(tags(reasons=["delivery.time-"]), csat=1, channel="حضوری")] * 3)
    add_rows(shared, [row(tags(sentiment="positive", reasons=["delivery.time+"]), csat=5, channel="حضوری")] * 2)
    report = find_drivers(shared, "csat", filters=Filters(channel=("حضوری",), sentiment=("positive",)), min_n=1)
    assert (report.n, report.value, [each.n for each in report.drivers]) == (2, 5, [2])


@pytest.mark.parametrize(
    ("asked", "field", "option"),
    [({"target": "ves"}, "target", "ces"), ({"level": "branch"}, "level", "group")],
)
def test_what_is_not_known_is_refused_with_what_there_is(shared: Store, asked: dict[str, Any], field: str, option: str) -> None:
    with pytest.raises(InputError) as caught:
        find_drivers(shared, **({"target": "nps"} | asked))
    assert caught.value.field == field
    assert option in caught.value.options


def test_a_report_is_one_query_and_cannot_be_changed(shared: Store) -> None:
    """Two would let a batch that is being tagged come between them."""

    class Listening:
        asked = 0

        def select(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
            self.asked += 1
            return shared.select(sql, parameters)

    listening = Listening()
    report = find_drivers(listening, "sentiment", filters=Filters(q="سفارش", sentiment=("negative",)), min_n=1)
    assert listening.asked == 1
    with pytest.raises(FrozenInstanceError):
        report.n = 9  # type: ignore[misc]


some_rows = st.lists(
    st.builds(
        row,
        st.none()
        | st.builds(
            tags,
            reasons=st.lists(
                st.sampled_from(["delivery.time-", "delivery.courier+", "price.value?", "digital.bug-", "service.staff+"]),
                unique=True,
            ),
        ),
        csat=st.none() | st.integers(1, 5),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(rows=some_rows, data=st.data(), cut=st.integers(0, 14), level=st.sampled_from(["leaf", "group"]))
def test_an_effect_is_what_leaving_the_rows_out_changes(
    shared: Store, rows: list[Row], data: st.DataObject, cut: int, level: str
) -> None:
    """Compared with the mean over the rows that are left; neither order nor batches matter."""
    shuffled = data.draw(st.permutations(rows))
    parts = Filters(batch=(add_rows(shared, shuffled[:cut]), add_rows(shared, shuffled[cut:])))
    report = find_drivers(shared, "csat", level=level, filters=parts, min_n=1)
    answered = [(each, each.feedback.csat) for each in rows if each.tags and each.feedback.csat is not None]
    assert report.n == len(answered)
    for driver in report.drivers:
        left = [csat for each, csat in answered if driver.code not in _codes(each, level)]
        assert driver.n == len(answered) - len(left)
        if driver.effect is not None and report.value is not None:
            assert len(left) >= 2
            assert driver.effect == pytest.approx(sum(left) / len(left) - report.value)
            assert driver.effect_low is not None
            assert driver.effect_high is not None
            assert driver.effect_low <= driver.effect <= driver.effect_high
    sizes = [-1 if each.effect is None else abs(each.effect) for each in report.drivers]
    assert sizes == sorted(sizes, reverse=True)


def _codes(of: Row, level: str) -> set[str]:
    codes = {reason.code for reason in of.tags.reasons} if of.tags else set()
    return {code.split(".")[0] for code in codes} if level == "group" else codes


def _coefficient(report: DriverReport, mention: str) -> Coefficient | None:
    driver = by_code(report).get(mention[:-1])
    return None if driver is None else driver.positive if mention[-1] == "+" else driver.negative


def _least_squares(matrix: Any, answers: Any) -> tuple[Any, Any, float]:
    """Coefficients, half the width of their intervals, and r², from the rows."""
    value, *_ = np.linalg.lstsq(matrix, answers, rcond=None)
    rest, degrees = answers - matrix @ value, len(answers) - matrix.shape[1]
    errors = np.sqrt(np.diag(np.linalg.inv(matrix.T @ matrix)) * (rest @ rest) / degrees)
    return value, stats.t.ppf(0.975, degrees) * errors, 1 - (rest @ rest) / ((answers - answers.mean()) ** 2).sum()
