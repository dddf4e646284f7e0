"""Persian, Finglish, other Latin text or no letters at all: a table of what customers type."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voc.records import Script
from voc.text.script import _lexicon, script_of

PERSIAN = [
    "خیلی دیر رسید",
    "عالی",
    "و",
    "خيلي كند است",
    "گوشی Samsung Galaxy S21 Ultra عالیه",
    "iPhone 13 Pro Max گرفتم",
    "با Snapp Food سفارش دادم Big Mac Combo نیومد",
    "ok عالی بود",
    "برنامه update نمیشه",
    "از playstation store خریدم",
    "mamnoon از پشتیبانی خوبتون",
    "شماره [تلفن] رو گرفتم",
    "ﺳﻼم ﺧﻮﺏ ﺑﻮﺩ",
    "۵ ستاره",
    "خوب 👍",
    "سفارش SB98KDP96ZD42A",
]
FINGLISH = [
    "salam kheyli deer resid, aslan razi nistam",
    "kheili khoob bood",
    "xeyli xub bud",
    "khub nist",
    "KHEYLI BAD BOOD",
    "mamnoon",
    "mersi",
    "aali",
    "kheyliiiii khooooob",
    "salaaaam",
    "ersal dir bood vali peyk moadab",
    "ghaza sard bood",
    "gheymatesh kheyli bala raft",
    "poolamo pas nadadan",
    "poshtibani javab nemide",
    "chand bar zang zadam javab nadadan",
    "man razi nistam",
    "in che vaze poshtibaniye",
    "bad nabood",
    "ok bood",
    "app update mishe vali baz nemishe",
    "internet nadarim az sobh",
    "to barname nemitoonam vared besham",
    "behtarin restorane shahr",
    "nemikham dige azatoon kharid konam",
    "lotfan peygiri konid",
    "sefaresham ro cancel kardan",
    "keyfiyat paeen, gheymat bala",
    "dg nmikhrm azatun vaqean",
    "salam [تلفن] zang bezanid",
    "goftan 2 rooze miad, hanooz nayoomade 😡",
    "merc30 kheili sari bood",
    "be moghe resid",
    "ye hafte ast montazeram",
    "takhfifetoon kar nemikone",
    "noonnnn",
    "khejalat bekeshid",
]
LATIN = [
    "very good",
    "The food was cold when it arrived",
    "I called support three times and nobody answered",
    "not bad",
    "ok",
    "Thank you so much",
    "worst app ever",
    "goooood",
    "it doesn't work",
    "nice quality, fast delivery",
    "Please fix the login bug",
    "I have to be in the bank every day",
    "great",
    "A",
    "Galaxy A52",
    "I love it خیلی",
    "Très bien, merci beaucoup",
    "очень хорошо",
    "好吃",
    "they're late again",
    "delicious pizza",
    "no spoon and fork in the box",
    "waste of money",
    "The delivery man was rude",
]
NONE = [
    "",
    " ",
    "👍👍",
    "😡",
    "123",
    "۱۲۳ ٪",
    "...",
    "؟!",
    "\u200c\u200f",
    "5/5",
    "[تلفن]",
    "[تلفن]، [شبا]",
    "_",
    "\n\t",
]


@pytest.mark.parametrize(
    ("text", "script"),
    [(text, script) for script, texts in
     {"persian": PERSIAN, "finglish": FINGLISH, "latin": LATIN, "none": NONE}.items() for text in texts],
)  # fmt: skip
def test_script(text: str, script: Script) -> None:
    assert script_of(text) == script


def test_lexicon_is_large_clean_and_read_once() -> None:
    words = _lexicon()
    assert len(words) > 1000
    assert all(word.isascii() and word == word.lower() for word in words)
    assert words is _lexicon()


@pytest.mark.parametrize("word", ["kheyli", "kheili", "xeyli", "khoob", "khub", "xub", "nist", "mamnoon", "ersal", "nemishe"])
def test_lexicon_knows_the_commonest_spellings(word: str) -> None:
    assert word in _lexicon()


@given(st.text(max_size=60))
def test_any_text_has_a_script_and_only_letters_make_one(text: str) -> None:
    script = script_of(text)
    assert script in ("persian", "finglish", "latin", "none")
    if not any(char.isalpha() for char in text):
        assert script == "none"


@given(st.text(alphabet="ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی ‌", min_size=1, max_size=60).filter(str.strip))
def test_persian_letters_alone_are_persian(text: str) -> None:
    if any(char.isalpha() for char in text):
        assert script_of(text) == "persian"


@pytest.mark.parametrize("unit", ["'", "a'", "mi", "kheyli ", "ا", "ab ", "x", "[تلفن]", "aaab", "[", "’a"])
def test_long_text_takes_linear_time(unit: str) -> None:
    started = time.process_time()
    script_of(unit * (200_000 // len(unit)))
    assert time.process_time() - started < 5
