"""The arithmetic of the cost model, by hand."""

from typing import Final

import pytest

from tests.benchmarks.cost import (
    YEAR_HOURS,
    Asked,
    StoreCost,
    hours,
    question_s,
    storage_gb,
    store_hours,
    worker_hours,
    workers_within,
)
from tests.benchmarks.scale import sizing

MILLION: Final = 1_000_000
WORKER: Final = 100.0  # rows per second
ASKED: Final = Asked(100_000, 0.5, 500_000, 2.1)  # 0.1 s, and 4 s a million
STORE: Final = StoreCost(taken_in=50_000, tagged=5_000, row_bytes=800, questions={"nps by month": ASKED})


def test_one_worker_takes_rows_by_its_speed() -> None:
    assert worker_hours(36 * MILLION, WORKER) == 100  # 360,000 s


def test_the_store_takes_rows_in_and_writes_their_tags() -> None:
    assert store_hours(36 * MILLION, STORE) == pytest.approx(2.2)  # 720 s and 7,200 s


@pytest.mark.parametrize(("workers", "expected"), [(1, 100.0), (10, 10.0), (40, 2.5), (100, 2.2)])
def test_more_workers_help_until_the_store_is_what_takes_longest(workers: int, expected: float) -> None:
    assert hours(36 * MILLION, WORKER, STORE, workers) == pytest.approx(expected)


@pytest.mark.parametrize(("within", "expected"), [(100, 1), (99, 2), (24, 5), (2.3, 44), (2.1, None), (YEAR_HOURS, 1)])
def test_workers_for_a_time_are_whole_and_none_are_enough_where_the_store_takes_longer(
    within: float, expected: int | None
) -> None:
    assert workers_within(36 * MILLION, WORKER, STORE, within) == expected


def test_storage_is_in_gb_of_ten_to_the_ninth_bytes() -> None:
    assert storage_gb(1_000 * MILLION, STORE) == 800


@pytest.mark.parametrize(("rows", "expected"), [(100_000, 0.5), (500_000, 2.1), (MILLION, 4.1), (1_000 * MILLION, 4_000.1)])
def test_a_question_grows_in_a_straight_line_through_both_measurements(rows: int, expected: float) -> None:
    assert question_s(rows, ASKED) == pytest.approx(expected)


def test_a_question_that_was_quicker_over_more_rows_is_not_thought_to_become_free() -> None:
    assert question_s(1_000 * MILLION, Asked(100_000, 0.5, 500_000, 0.4)) == 0.5


def test_the_sizing_table_says_where_no_number_of_workers_is_enough() -> None:
    head, million, *_, billion = sizing(WORKER, STORE)
    assert len(head) == len(million) == len(billion)
    assert million == ["1 M", "2.8", "0.2", "0.06", "1", "1", "0.06", "0.8", "4.1"]
    # 2,777.8 worker hours are 174 for 16 workers and 11 for 256, but the store takes 61
    assert billion == ["1,000 M", "2,778", "174", "61", "–", "1", "61", "800", "4,000"]
