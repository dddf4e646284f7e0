"""Cutting into chunks, the rate of progress, and finding the row at fault, all without processes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeTagger
from voc.engine import Progress
from voc.engine.attempts import Untaggable, tag_chunk
from voc.engine.chunks import cut_chunks
from voc.engine.crew import InProcess
from voc.errors import ModelError
from voc.records import Tags


@given(st.lists(st.text(max_size=30), max_size=40), st.integers(1, 6), st.integers(1, 40))
def test_chunks_hold_every_row_once_in_order_within_the_limits(texts: list[str], rows: int, chars: int) -> None:
    chunks = list(cut_chunks(texts, len, rows, chars))
    assert [text for chunk in chunks for text in chunk] == texts
    assert all(1 <= len(chunk) <= rows for chunk in chunks)
    assert all(sum(map(len, chunk)) <= chars or len(chunk) == 1 for chunk in chunks)


def test_a_long_text_is_a_chunk_of_its_own() -> None:
    assert [len(chunk) for chunk in cut_chunks(["الف", "ب" * 100, "پ", "ت"], len, 10, 50)] == [1, 1, 2]


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_rate_is_that_of_the_last_half_minute_of_work() -> None:
    clock = _Clock()
    progress = Progress(clock)
    assert progress.rows_per_s is None
    progress.begin()
    assert progress.rows_per_s is None
    clock.now += 2
    progress.add(100)
    assert progress.rows_per_s == 50
    for _ in range(10):
        progress.begin()
        clock.now += 10
        progress.add(1_000)
    assert progress.rows_per_s == 100
    clock.now += 10
    assert progress.rows_per_s == 75  # three thousand in forty seconds: a stall is seen
    progress.end()
    assert progress.rows_per_s is None
    clock.now += 1_000
    progress.begin()
    clock.now += 1
    progress.add(7)
    assert progress.rows_per_s == 7  # a pause is not
    assert progress.tagged == 10_107


class _Picky(FakeTagger):
    """Raises at a word; counts how often it is asked."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word = word
        self.asked: list[int] = []

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        self.asked.append(len(texts))
        if any(self.word in text for text in texts):
            raise RuntimeError(texts[0])
        return super().tag(texts)


@pytest.mark.parametrize("bad", [(), (0,), (7,), (3, 4), (0, 7), tuple(range(8))])
def test_the_rows_at_fault_are_found_and_the_others_tagged(bad: tuple[int, ...]) -> None:
    texts = ["خراب" if number in bad else f"دیر {number}" for number in range(8)]
    outcomes = tag_chunk(InProcess(_Picky("خراب")), texts).result()
    assert tuple(number for number, outcome in enumerate(outcomes) if isinstance(outcome, Untaggable)) == bad
    assert [outcome for outcome in outcomes if isinstance(outcome, Tags)] == FakeTagger().tag(
        [text for text in texts if text != "خراب"]
    )
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, Untaggable)} <= {"the tagger raised RuntimeError"}


def test_a_row_at_fault_is_found_by_halving() -> None:
    tagger = _Picky("خراب")
    tag_chunk(InProcess(tagger), ["خوب"] * 200 + ["خراب"] + ["خوب"] * 55).result()
    assert len(tagger.asked) < 25


def test_a_row_alone_is_tried_twice() -> None:
    tagger = _Picky("خراب")
    assert tag_chunk(InProcess(tagger), ["خراب"]).result() == [Untaggable("the tagger raised RuntimeError")]
    assert tagger.asked == [1, 1, 1]  # twice itself, once the harmless text that clears the tagger


def test_no_row_is_blamed_where_nothing_can_be_tagged() -> None:
    answer = tag_chunk(InProcess(_Picky("")), ["خوب", "عالی"])
    with pytest.raises(ModelError, match="any text"):
        answer.result()
