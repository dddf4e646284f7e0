"""What a conversation has beside the tags of its text: quarters, effort level, moves; and how its figures are counted."""

import math

import pytest

from models.conversations import FIGURES, evaluate_conversations, moves_of, overlap, ratio
from tests.fakes import FakeTagger
from voc.records import Cue, Move, Turn
from voc.tagging.conversation import customer_quarters, effort_level, merged_moves


def said(*texts: str) -> list[Turn]:
    return [turn for text in texts for turn in (Turn("agent", "بفرمایید"), Turn("customer", text))]


@pytest.mark.parametrize(
    ("texts", "quarters"),
    [
        ([], []),
        (["سلام"], ["سلام"]),
        (["سلام", "ممنون"], ["سلام", "ممنون"]),
        (list("ابپتث"), ["ا", "ب", "پ", "ت\nث"]),
        (list("ابپتثجچح"), ["ا\nب", "پ\nت", "ث\nج", "چ\nح"]),
    ],
)
def test_quarters_hold_every_turn_of_the_customer_once(texts: list[str], quarters: list[str]) -> None:
    assert list(customer_quarters(said(*texts))) == quarters


@pytest.mark.parametrize(
    ("codes", "level"), [((), "none"), (("easy",), "low"), (("long_wait",), "high"), (("easy", "transfer"), "high")]
)
def test_effort_level(codes: tuple[str, ...], level: str) -> None:
    assert effort_level(Cue(code, 0.9) for code in codes) == level


def test_a_move_is_told_once_with_all_its_words_the_clearest_first() -> None:
    found = [(0, Cue("apology", 0.6, ((0, 5),))), (2, Cue("ownership", 0.7, ((1, 4),))), (4, Cue("apology", 0.9, ((3, 9),)))]
    assert merged_moves(found) == (
        Move("apology", 0.9, ((4, 3, 9), (0, 0, 5))),
        Move("ownership", 0.7, ((2, 1, 4),)),
    )


def test_micro_f1_by_hand() -> None:
    # two hits of three said and four true: 2·2 / (3 + 4)
    parts = [overlap({"a", "b", "c"}, {"a", "d"}), overlap({"b"}, {"b"})]
    assert ratio(parts).value == pytest.approx(4 / 7)


def test_nothing_said_and_nothing_true_is_no_number() -> None:
    assert math.isnan(ratio([overlap((), ())]).value)


def test_an_evaluation_counts_every_figure_and_courtesies_apart() -> None:
    record = {
        "turns": [
            {"speaker": "agent", "text": "سلام وقتتون بخیر", "moves": ["greeting"]},
            {"speaker": "customer", "text": "پیک خیلی دیر اومد", "sentiment": "negative"},
            {"speaker": "agent", "text": "شرمنده‌ایم، خودم پیگیری می‌کنم", "moves": ["apology", "ownership"]},
        ],
        "sentiment": "negative", "sentiment_start": "negative", "sentiment_end": "negative",
        "reasons": {"delivery.time": "negative"}, "primary_reason": "delivery.time",
        "effort": [], "loyalty": [], "resolution": None,
    }  # fmt: skip
    assert moves_of(record) == {"greeting", "apology", "ownership"}
    report = evaluate_conversations(FakeTagger(), "one.jsonl", [record])
    assert set(report.scores) == set(FIGURES)
    assert report.conversations == 1
    assert report.by_move["apology"][0] == 1
    assert report.by_move["compensation"][0] == 0
