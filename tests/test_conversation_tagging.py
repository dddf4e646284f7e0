"""What a conversation has beside the tags of its text: quarters, effort level, moves; and how its figures are counted."""

import math
from typing import Any

import pytest

from models.conversations import FIGURES, evaluate_conversations, moves_of, overlap, ratio
from models.kpi_errors import conversation_tags_of, measure_conversation_kpis
from tests.fakes import FakeTagger
from voc.records import Cue, Move, Turn
from voc.tagging.conversation import customer_quarters, merged_moves, script
from voc.tagging.effort import effort_level


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


def test_a_script_has_both_sides_and_the_way_back_to_the_customers() -> None:
    read = script(said("پولم نیومد", "هنوز نه"), ["بفرمایید", "پولم نیومد", "بفرمایید", "هنوز نه"])
    assert read.text == "بفرمایید پولم نیومد بفرمایید هنوز نه"
    assert [read.text[start:end] for start, end in read.context] == ["بفرمایید"] * 2
    assert read.customer == "پولم نیومد هنوز نه"
    for words in ("پولم", "نیومد", "هنوز نه"):
        start = read.text.index(words)
        low, high = read.in_customer((start, start + len(words)))
        assert read.customer[low:high] == words
    start = read.text.index("هنوز")
    assert read.in_customer((start - 1, start + 4)) == (11, 15)  # a token may begin with the gap before it
    with pytest.raises(ValueError, match="not the customer's"):
        read.in_customer((0, 8))


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
    assert report.kpis["text_value_enhancement"][1] == 0.0


def test_kpis_of_conversations_by_the_labels_are_those_of_their_arcs_and_moves() -> None:
    def labelled(start: str, end: str, moves: list[str]) -> dict[str, Any]:
        turns = [
            {"speaker": "customer", "text": "قطعه", "sentiment": start},
            {"speaker": "agent", "text": "چشم", "moves": moves},
        ]
        return {
            "turns": turns, "sentiment": start, "sentiment_start": start, "sentiment_end": end, "reasons": {},
            "primary_reason": None, "effort": [], "loyalty": [], "resolution": None,
        }  # fmt: skip

    records = [
        labelled("negative", "positive", ["apology"]),
        labelled("negative", "negative", ["apology", "teaches_use"]),
        labelled("negative", "negative", []),
        labelled("neutral", "positive", []),
    ]
    tags = [conversation_tags_of(record) for record in records]
    measured = measure_conversation_kpis(records, [tags[1], *tags[1:]])
    assert measured["text_value_enhancement"] == pytest.approx((2 / 4, 1 / 4))
    assert measured["text_recovery"] == pytest.approx((0 / 3, 1 / 3))
    assert measured["text_recovery_with_moves"] == pytest.approx((0 / 2, 1 / 2))
