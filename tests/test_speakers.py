"""Who is who, from what they are called or what they say; what is stated as sure is kept on dialogues of our own."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialogues import FIRST, SECOND, dialogues
from voc.conversations.speakers import MIN_SURE, MOST_SURE, Sides, agent_log_odds, find_side, tell_sides

WHO = {"agent": "SPEAKER_07", "customer": "SPEAKER_03"}


def told(text: str) -> list[bool | None]:
    """Of each dialogue whether its sides were told rightly, None where they stay unknown."""
    answers: list[bool | None] = []
    for dialogue in dialogues(text):
        sides = tell_sides((WHO[side], words) for side, words in dialogue)
        answers.append(None if sides is None else all(sides.of[name] == side for side, name in WHO.items()))
    return answers


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("مشتری", "customer"), ("کاربر", "customer"), ("تماس‌گیرنده", "customer"), ("تماس گیرنده", "customer"),
        ("خریدار ۲", "customer"), ("Customer", "customer"), ("end_user", "customer"), ("مشتری (خانم رضایی)", "customer"),
        ("inbound", "customer"), ("کارشناس", "agent"), ("كارشناس پشتيباني", "agent"), ("اپراتور ۱۲", "agent"),
        ("AGENT-4", "agent"),
        ("پشتیبان", "agent"), ("customer service", "agent"), ("Customer Care <care@shop.ir>", "agent"), ("assistant", "agent"),
        ("Ali Rezaei <ali@company.com>", None),
        ("support@shop.ir", "agent"), ("مرکز تماس", "agent"), ("system", "system"), ("ربات پشتیبانی", "system"),
        ("IVR", "system"),
        ("تلفن گویا", "system"), ("support bot", "system"), ("SPEAKER_00", None), ("علی رضایی", None), ("09121234567", None),
        ("", None), ("A", None), ("۱", None),
    ],
)  # fmt: skip
def test_names_that_say_a_side(name: str, side: str | None) -> None:
    assert find_side(name) == side


def test_sides_that_are_named_need_no_guess() -> None:
    said = [("ربات", "عدد ۱ را بزنید"), ("مشتری", "پشتیبانی بفرمایید"), ("کارشناس", "سفارشم نرسیده")]
    assert tell_sides(said) == Sides({"ربات": "system", "مشتری": "customer", "کارشناس": "agent"}, None)


@pytest.mark.parametrize("text", [FIRST, SECOND], ids=["first", "second"])
def test_no_sides_are_turned_round_and_most_are_told(text: str) -> None:
    answers = told(text)
    assert False not in answers
    assert answers.count(True) >= 0.7 * len(answers)


def test_turning_a_dialogue_round_turns_the_answer() -> None:
    """The names themselves tell nothing: it is the words."""
    for dialogue in dialogues(FIRST + "#\n" + SECOND):
        other = {"agent": "SPEAKER_03", "customer": "SPEAKER_07"}
        one = tell_sides((WHO[side], words) for side, words in dialogue)
        two = tell_sides((other[side], words) for side, words in dialogue)
        assert (one and one.sure) == (two and two.sure)


def test_what_is_like_both_or_neither_stays_unknown() -> None:
    assert tell_sides([("الف", "سلام"), ("ب", "سلام، خوبید؟"), ("الف", "خوبم")]) is None
    assert tell_sides([("الف", "سفارشم نرسیده پولمو پس بدید"), ("ب", "سفارش منم نرسیده، پول منم پس بدید")]) is None


def test_one_speaker_alone_stays_unknown_whatever_is_said() -> None:
    assert tell_sides([("SPEAKER_00", "سفارشم نرسیده، پولمو پس بدید، شکایت دارم")]) is None
    assert tell_sides([("SPEAKER_00", "سفارشم نرسیده"), ("IVR", "کد سفارش را وارد کنید")]) is None
    assert tell_sides([]) == Sides({}, None)


def test_who_is_left_over_is_the_other_side() -> None:
    sides = tell_sides([("علی رضایی", "بفرمایید"), ("مشتری", "سلام"), ("علی رضایی", "بله")])
    assert sides is not None
    assert sides.of == {"علی رضایی": "agent", "مشتری": "customer"}
    assert sides.sure == MOST_SURE


def test_two_agents_and_a_customer() -> None:
    said = [
        ("S1", "الو پشتیبانی بفرمایید، در خدمتم"), ("S2", "سلام سفارشم نرسیده، سه بار زنگ زدم"),
        ("S1", "وصلتون می‌کنم به واحد مربوطه"), ("S3", "سلام، واحد ارسال، شماره سفارشتون رو بفرمایید"), ("S2", "۱۲۳"),
    ]  # fmt: skip
    sides = tell_sides(said)
    assert sides is not None
    assert dict(sides.of) == {"S1": "agent", "S2": "customer", "S3": "agent"}
    assert sides.sure is not None
    assert MIN_SURE <= sides.sure <= MOST_SURE


def test_a_crowd_has_no_sides() -> None:
    assert tell_sides([(f"عضو {n}", "سلام سفارشم نرسیده") for n in range(7)]) is None


def test_the_number_that_somebody_calls_from_tells_something() -> None:
    assert agent_log_odds("۰۹۱۲ ۱۲۳ ۴۵۶۷", "") < 0 == agent_log_odds("۱۰۸", "")
    assert agent_log_odds("ali@gmail.com", "") < 0


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("سفارشتون ثبت شد", 1), ("سفارش‌تان ارسال شد", 1), ("سفارشم رو ثبت کنید", -1), ("سایتتون بالا نمیاد", -1),
        ("راننده‌تون نیومد", -1), ("زمستان پارسال", 0), ("وقتتون بخیر", 0), ("کالای شما آماده است", 1),
        ("با سلام خدمت شما", 0.5),
    ],
)  # fmt: skip
def test_whose_a_thing_is(text: str, sign: float) -> None:
    odds = agent_log_odds("", text)
    assert (odds > 0) - (odds < 0) == (sign > 0) - (sign < 0), odds


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b", "مشتری", "ربات"]), st.text(max_size=40)), max_size=8))
def test_every_speaker_has_a_side_or_none_has(said: list[tuple[str, str]]) -> None:
    sides = tell_sides(said)
    if sides is not None:
        assert set(sides.of) == {name for name, _ in said}
        assert sides.sure is None or MIN_SURE <= sides.sure <= MOST_SURE


def test_reading_takes_time_by_length_alone() -> None:
    words = "ا" * 100_000 + " " + "سفارش" * 20_000
    assert tell_sides([("a", words), ("b", "تون" * 30_000)]) is None


def test_sides_of_conversations_that_the_lexicon_was_not_made_from() -> None:
    counted: Counter[str] = Counter()
    marks = {"customer": "SPEAKER_01", "agent": "SPEAKER_00"}
    for line in Path("data/labels/test_conversations.jsonl").read_text("utf-8").splitlines():
        turns = json.loads(line)["turns"]
        sides = tell_sides((marks[turn["speaker"]], turn["text"]) for turn in turns)
        counted["refused" if sides is None else sides.of[marks["customer"]]] += 1
    assert counted == {"customer": 42, "agent": 4, "refused": 20}  # docs/input.md says these numbers
