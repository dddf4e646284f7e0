"""Masking keeps its promises on thousands of made-up texts, and finds names where it is asked to."""

import pytest

from tests.benchmarks.masking import Share, measure, measure_turns, names, negatives, positives, said, said_harmlessly
from tests.stores import TEHRAN
from voc.ingest import read_records
from voc.records import Feedback
from voc.text.mask import mask_personal_data

RECALL = 0.99
SPOKEN_RECALL = 0.98  # «پنجاه و هشت هزار» said of 50 and 8000 cannot be told from 58000
FALSE_ALARMS = 0.01
NAME_RECALL = 0.95  # no check digit tells a name; a surname that is an everyday word is missed

NAMES = [
    ("آقای رضایی خوب راهنمایی کرد", "آقای [نام] خوب راهنمایی کرد"),
    ("سرکار خانم زهرا محمدی لطف کردن", "سرکار خانم [نام] لطف کردن"),
    ("جناب آقای دکتر حسن زاده سلام", "جناب آقای دکتر [نام] سلام"),
    ("اقای سنگتراش جواب نداد", "اقای [نام] جواب نداد"),
    ("خانم بهاره خوشرویی جواب داد", "خانم [نام] جواب داد"),
    ("اسمم سارا کریمیه", "اسمم [نام]ه"),
    ("اسم من گلاره است", "اسم من [نام] است"),
    ("سلام من علی رضا سنگتراش هستم", "سلام من [نام] هستم"),
    ("سلام مریم جان", "سلام [نام] جان"),
    ("پیگیری کنید.\nبا تشکر، رضا کریم‌پور", "پیگیری کنید.\nبا تشکر، [نام]"),
    ("خانم رضایی ۰۹۱۲۳۴۵۶۷۸۹ رو داد", "خانم [نام] [تلفن] رو داد"),
]
NO_NAMES = [
    "آقای راننده بد بود",
    "خانم کارشناس جواب نداد",
    "خانم ها راضی نبودن",
    "خانم خانه دار هستم",
    "خانم شادی کرد",
    "من تهرانی هستم",
    "من امید دارم",
    "سرکار زیادی موندم",
    "با تشکر، خسته نباشید",
    "سلام عزیز",
    "اسم من ثبت نشده",
    "رضا و مریم رفتن خونه",
]


def _by_group(shares: list[Share]) -> dict[str, Share]:
    return {share.group: share for share in shares}


@pytest.fixture(scope="module")
def found() -> list[Share]:
    return measure(positives())


@pytest.fixture(scope="module")
def left() -> list[Share]:
    return measure(negatives())


@pytest.fixture(scope="module")
def found_in_words() -> list[Share]:
    return measure(said())


@pytest.fixture(scope="module")
def left_in_words() -> list[Share]:
    return measure(said_harmlessly())


def test_there_are_enough_cases(found: list[Share], left: list[Share]) -> None:
    assert sum(share.n for share in found) >= 2_000
    assert sum(share.n for share in left) >= 2_000


def test_what_is_personal_is_masked_whole_and_nothing_around_it(found: list[Share]) -> None:
    for share in found:
        assert 1 - share.share >= RECALL, share


def test_what_is_harmless_stays(left: list[Share]) -> None:
    for share in left:
        assert share.share <= FALSE_ALARMS, share


def test_there_are_enough_cases_in_words(found_in_words: list[Share], left_in_words: list[Share]) -> None:
    assert sum(share.n for share in found_in_words) >= 2_000
    assert sum(share.n for share in left_in_words) >= 2_000


def test_what_is_said_in_words_is_masked_whole(found_in_words: list[Share]) -> None:
    for share in found_in_words:
        assert 1 - share.share >= SPOKEN_RECALL, share


def test_number_words_that_name_nobody_stay(left_in_words: list[Share]) -> None:
    for share in left_in_words:
        assert share.share <= FALSE_ALARMS, share


def test_numbers_split_over_turns_are_masked_in_each() -> None:
    split, harmless = measure_turns()
    assert 1 - split.share >= SPOKEN_RECALL, split
    assert harmless.share <= FALSE_ALARMS, harmless


def test_the_measure_tells_a_masker_that_finds_nothing() -> None:
    """Names are not looked for unless asked: every name is missed and no text without one is touched."""
    assert [share.share for share in measure(names(count=50))] == [1.0, 0.0]


def test_names_are_masked_where_asked() -> None:
    shares = _by_group(measure(names(), names=True))
    assert shares["name"].n == shares["no name"].n >= 200
    assert 1 - shares["name"].share >= NAME_RECALL, shares["name"]
    assert shares["no name"].share <= FALSE_ALARMS, shares["no name"]


@pytest.mark.parametrize(("text", "masked"), NAMES)
def test_masks_names(text: str, masked: str) -> None:
    assert mask_personal_data(text, names=True).text == masked
    assert "[نام]" not in mask_personal_data(text).text


@pytest.mark.parametrize("text", NO_NAMES)
def test_leaves_what_names_nobody(text: str) -> None:
    assert mask_personal_data(text, names=True).text == text


def test_names_are_masked_in_texts_and_attributes() -> None:
    records = [{"متن": "آقای رضایی گفت فردا میاد", "پاسخ": "خانم کریمی پیگیر شد", "شهر": "قم"}]
    for mask_names, word in ((True, "[نام]"), (False, "رضایی")):
        (row,) = read_records(records, zone=TEHRAN, max_text_chars=1_000, mask_names=mask_names)
        assert isinstance(row, Feedback)
        assert row.text == f"آقای {word} گفت فردا میاد"
        assert ("[نام]" in str(row.attributes["پاسخ"])) == mask_names
