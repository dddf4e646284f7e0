"""Numbers and addresses said piece by piece over the turns of a conversation, each by hand, then properties."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.conversations.masking import mask_turns
from voc.records import Speaker, Turn
from voc.text.mask import PLACEHOLDERS, mask_personal_data

SPEAKERS: dict[str, Speaker] = {"م": "customer", "ک": "agent"}


def turns(*lines: str) -> tuple[Turn, ...]:
    """Lines as «م: …» and «ک: …», customer and agent."""
    return tuple(Turn(SPEAKERS[line[0]], line[3:], float(at), at + 1.0) for at, line in enumerate(lines))


def masked(*lines: str) -> list[str]:
    return [turn.text for turn in mask_turns(turns(*lines), mask_personal_data)]


SPLIT = [
    pytest.param(
        ["م: ایمیلم ali.rezaei", "ک: بله", "م: @gmail.com هست"],
        ["ایمیلم [ایمیل]", "بله", "[ایمیل] هست"],
        id="an e-mail address written in two",
    ),
    pytest.param(
        ["ک: ایمیلتون؟", "م: ایمیلم علی رضایی", "ک: خب", "م: شصت و پنج", "ک: بله", "م: ات جیمیل دات کام"],
        ["ایمیلتون؟", "ایمیلم [ایمیل]", "خب", "[ایمیل]", "بله", "[ایمیل]"],
        id="an e-mail address said in three",
    ),
    pytest.param(
        ["ک: ایمیلتون رو بفرمایید", "م: علی رضایی", "ک: بله", "م: هفتاد و دو ات جیمیل دات کام", "ک: علی ات جیمیل دات کام؟"],
        ["ایمیلتون رو بفرمایید", "[ایمیل]", "بله", "[ایمیل]", "[ایمیل]؟"],
        id="an e-mail address that was asked for",
    ),
    pytest.param(
        ["ک: شماره تماستون؟", "م: صفر نهصد و دوازده", "ک: بله", "م: سیصد و چهل و پنج", "ک: بله", "م: شصت و هفت هشتاد و نه"],
        ["شماره تماستون؟", "[تلفن]", "بله", "[تلفن]", "بله", "[تلفن]"],
        id="with a yes between",
    ),
    pytest.param(
        ["م: شمارم ۰۹۱۲ هست", "م: ۳۴۵", "م: ۶۷ ۸۹"],
        ["شمارم [تلفن] هست", "[تلفن]", "[تلفن]"],
        id="in digits, one speaker",
    ),
    pytest.param(
        ["م: ۰۹۱۲", "ک: خب", "م: ۳۴۵", "ک: خب", "م: ۶۷ ۸۹"],
        ["[تلفن]", "خب", "[تلفن]", "خب", "[تلفن]"],
        id="in digits",
    ),
    pytest.param(
        ["م: شمارم اینه، صفر ۹۱۲", "م: سیصد و چهل و پنج", "م: بعدش ۶۷ هشتاد و نه تموم شد"],
        ["شمارم اینه، [تلفن]", "[تلفن]", "بعدش [تلفن] تموم شد"],
        id="one speaker's turns in a row, mixed",
    ),
    pytest.param(
        ["م: صفر نهصد و", "ک: صفر نهصد؟", "م: دوازده، سیصد و چهل و پنج", "ک: سیصد و چهل و پنج", "م: شصت و هفت هشتاد و نه"],
        ["[تلفن] و", "[تلفن]؟", "[تلفن]", "[تلفن]", "[تلفن]"],
        id="cut within a number, repeated by the agent",
    ),
    pytest.param(
        ["م: صفر نهصد و دوازده سیصد و چهل و پنج", "ک: بفرمایید", "م: شصت و هفت هشتاد و نه", "ک: ۶۷ ۸۹ آخرش درسته؟", "م: بله"],
        ["[تلفن]", "بفرمایید", "[تلفن]", "[تلفن] آخرش درسته؟", "بله"],
        id="its end is read back",
    ),
    pytest.param(
        ["م: ۰۹۱۲۳۴۵۶۷۸۹", "ک: تکرار میکنم، صفر نهصد و دوازده", "م: بله", "ک: سیصد و چهل و پنج", "م: بله",
         "ک: شصت و هفت هشتاد و نه"],
        ["[تلفن]", "تکرار میکنم، [تلفن]", "بله", "[تلفن]", "بله", "[تلفن]"],
        id="said at once, read back in parts",
    ),
    pytest.param(
        ["ک: چهار رقم آخر شماره رو بگم؟ شمارتون ۰۹۱۲۳۴۵۶۷۸۹ بود", "م: آره شصت و هفت هشتاد و نه"],
        ["چهار رقم آخر شماره رو بگم؟ شمارتون [تلفن] بود", "آره [تلفن]"],
        id="the customer says the end of the agent's",
    ),
    pytest.param(
        ["ک: کد ملیتون رو بفرمایید", "م: صفر صفر یک", "ک: بله", "م: دویست و سی و چهار پونصد و شصت و هفت نه"],
        ["کد ملیتون رو بفرمایید", "[کدملی]", "بله", "[کدملی]"],
        id="national id, named by the agent",
    ),
    pytest.param(
        ["ک: کد پستی رو لطف می‌کنید؟", "م: ۱۴۳۵۶۷۸۹۱۲"],
        ["کد پستی رو لطف می‌کنید؟", "[کدپستی]"],
        id="a postal code, named in the turn before",
    ),
    pytest.param(
        ["م: شصت سی و هفت", "ک: خب", "م: نود و نه یازده", "ک: خب", "م: دو تا صفر بیست و دو", "ک: خب", "م: سی و سه چهل"],
        ["[کارت]", "خب", "[کارت]", "خب", "[کارت]", "خب", "[کارت]"],
        id="card",
    ),
    pytest.param(
        ["ک: شماره شبا رو بخونید", "م: آی آر ۸۲ ۰۵۴۰", "ک: بله", "م: ۱۰۲۶ ۸۰۰۲", "ک: بله", "م: ۰۸۱۷ ۹۰۹۰ ۰۲"],
        ["شماره شبا رو بخونید", "[شبا]", "بله", "[شبا]", "بله", "[شبا]"],
        id="IBAN",
    ),
    pytest.param(
        ["م: صفر نهصد و دوازده", "ک: بله", "م: سیصد و چهل و پنج", "ک: بله", "م: شصت و هفت هشتاد و نه سه روزه منتظر زنگتونم"],
        ["[تلفن]", "بله", "[تلفن]", "بله", "[تلفن] سه روزه منتظر زنگتونم"],
        id="with a count behind",
    ),
]  # fmt: skip
UNTOUCHED = [
    ["م: ایمیل زدم جواب ندادید", "م: سه روزه منتظر پولم هستم", "م: تو یاهو دات کام هم چیزی نیومده"],
    ["ک: شماره سفارشتون؟", "م: هشتاد و هفت شصت و پنج", "ک: بله", "م: چهل و سه بیست و یک هفتاد"],
    ["ک: شماره سفارشتون رو بفرمایید", "م: صفر صفر یک دو سه", "ک: بله", "م: چهار پنج شش هفت نه"],
    ["م: دو میلیون و سیصد هزار تومن", "ک: بله", "م: شد سه میلیون و صد", "ک: سه میلیون و صد؟", "م: ساعت نه و نیم هم زنگ زدم"],
    ["م: صفر نهصد و دوازده", "ک: بله", "م: نه چیز دیگه‌ای نیست"],
    ["م: دو تا", "ک: دو تا؟", "م: نه سه تا", "ک: سه تا", "م: سیصد و چهل تومن"],
    ["م: ۰۹۱۲", "ک: " + "من باید اول پروندتون رو باز کنم و بعدش با انبار هماهنگ کنم، " * 3, "م: ۳۴۵ ۶۷۸۹"],
    ["م: سال نود و هشت", "ک: خب", "م: نود و نه", "ک: خب", "م: هزار و چهارصد", "ک: خب", "م: هزار و چهارصد و یک"],
    [],
    ["م: "],
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), SPLIT)
def test_every_part_gives_way_in_its_own_turn(lines: list[str], expected: list[str]) -> None:
    assert masked(*lines) == expected


@pytest.mark.parametrize("lines", UNTOUCHED)
def test_leaves_turns_that_name_nobody(lines: list[str]) -> None:
    assert masked(*lines) == [line[3:] for line in lines]


def test_all_else_of_a_turn_stays() -> None:
    said = turns("م: صفر نهصد و دوازده", "ک: بله", "م: سیصد و چهل و پنج شصت و هفت هشتاد و نه")
    assert [(turn.speaker, turn.start_s, turn.end_s) for turn in mask_turns(said, mask_personal_data)] == [
        ("customer", 0.0, 1.0), ("agent", 1.0, 2.0), ("customer", 2.0, 3.0),
    ]  # fmt: skip


def test_what_the_masker_finds_is_masked_as_in_any_text() -> None:
    assert masked("م: ایمیلم sara@example.com", "ک: 6037 9911 0022 3340؟") == ["ایمیلم [ایمیل]", "[کارت]؟"]


pieces = st.sampled_from(
    ["صفر", "نهصد و", "دوازده", "سیصد و چهل و پنج", "شصت و هفت", "هشتاد و نه", "۰۹۱۲", "345", "6789", "بله", "خب", "بفرمایید",
     "کد ملی", "صفر صفر یک", "شماره سفارش", "آی آر", "۸۲۰۵۴۰", "تومن", "سلام", "[تلفن]", ""]
)  # fmt: skip
conversations = st.lists(
    st.builds(Turn, st.sampled_from(["customer", "agent"]), st.lists(pieces, max_size=4).map(" ".join)), max_size=12
)


@settings(max_examples=300, deadline=None)
@given(conversations)
def test_only_whole_words_give_way_and_only_to_placeholders(said: list[Turn]) -> None:
    for before, after in zip(said, mask_turns(said, mask_personal_data), strict=True):
        words = iter(before.text.split())
        assert all(word in PLACEHOLDERS.values() or word in words for word in after.text.split())


@settings(max_examples=300, deadline=None)
@given(conversations)
def test_a_conversation_hides_no_less_than_its_turns_alone(said: list[Turn]) -> None:
    for before, after in zip(said, mask_turns(said, mask_personal_data), strict=True):
        alone = mask_personal_data(before.text).text
        assert sum(map(str.isdecimal, after.text)) <= sum(map(str.isdecimal, alone))


@pytest.mark.parametrize(
    "texts",
    [
        ("صفر",),
        ("خب",),
        ("صفر نهصد و دوازده سیصد و چهل و پنج شصت و هفت هشتاد و نه",),
        ("صفر نهصد و دوازده", "بله", "سیصد و چهل و پنج شصت و هفت هشتاد و نه", "بله"),
        ("سیصد چهل پنج",),
        ("۰۹۱۲",),
        ("ایمیلم علی رضایی", "بله", "ات جیمیل دات کام"),
        ("",),
    ],
    ids=lambda texts: "، ".join(texts),
)
def test_a_long_conversation_takes_linear_work(texts: tuple[str, ...]) -> None:
    short, long = (steps_to_mask(texts, turns) for turns in (200, 800))
    assert long < 4.5 * short  # four times the turns


def steps_to_mask(texts: tuple[str, ...], turns: int) -> int:
    """The steps of the interpreter that masking takes, which are the same on any machine."""
    steps = 0

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        nonlocal steps
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        steps += event == "opcode"
        return trace

    said = [Turn("agent" if at % 2 else "customer", texts[at % len(texts)]) for at in range(turns)]
    mask_turns(said, mask_personal_data)  # what is made once is made
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        mask_turns(said, mask_personal_data)
    finally:
        sys.settrace(before)
    return steps
