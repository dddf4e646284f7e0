"""Phrases that are new among the texts without a reason: what is counted as one phrase, what is none, and how new it is."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import Row, add_rows, on, row, store_with, tags
from voc.errors import InputError
from voc.store import Filters, Store
from voc.store.database import Engine
from voc.trends.themes import ABSORBING_SHARE, Theme, find_themes, log_odds_z

FROM, TO = on("1403-02-01").date(), on("1403-03-01").date()
EARLY, NOW = on("1403-01-20"), on("1403-02-10")


@pytest.fixture(scope="module")
def shared(engine: Engine) -> Iterator[Store]:
    """A store to which tests add batches of their own and look at no other."""
    with store_with() as store:
        yield store


def text(words: str, at: Any = NOW, reasons: Sequence[str] = (), **fields: Any) -> Row:
    said = row(tags("neutral", reasons=reasons), occurred_at=at, **fields)
    return Row(replace(said.feedback, text=words), said.tags)


def themes_of(store: Store, rows: Sequence[Row], **asked: Any) -> list[Theme]:
    filters = replace(asked.pop("filters", Filters()), batch=(add_rows(store, rows),))
    return find_themes(store, filters=filters, **({"from_": FROM, "to": TO} | asked))


def phrases(found: Sequence[Theme]) -> dict[str, int]:
    return {each.phrase: each.n for each in found}


ROBOT: Final = [
    "ربات تلگرام جواب نمیده",
    "این ربات تلگرام چرا کار نمیکنه؟ سه بار پیام دادم و فقط منو رو نشون میده",
    "ربات تلگرام!",
    "چرا ربات تلگرام رو برداشتین، خیلی باهاش راحت بودیم ما",
    "سلام، ربات تلگرام شما وصل نمیشه",
]


@pytest.mark.usefixtures("engine")
def test_a_new_theme_and_one_that_was_there_before() -> None:
    """Ten texts without a reason in Ordibehesht, five in Farvardin: the bot 5 and 0, the branch 5 and 3 times.

    The prior weighs a tenth of 15 texts: for the bot 1.5·5.5/16 = 0.516, for the branch 1.5·8.5/16 = 0.797.
    """
    branch = ["شعبه مرکزی شلوغه"] * 5
    rows = [*map(text, ROBOT), *map(text, branch), *(text(each, EARLY) for each in (*branch[:3], "سلام", "خسته نباشید"))]
    with store_with(rows) as store:
        bot, at_branch = find_themes(store, from_=FROM, to=TO)
    assert (bot.phrase, bot.n, bot.n_before, bot.share, bot.share_before) == ("ربات تلگرام", 5, 0, 0.5, 0.0)
    assert (at_branch.phrase, at_branch.n, at_branch.n_before) == ("شعبه مرکزی شلوغه", 5, 3)
    assert (at_branch.share, at_branch.share_before) == (5 / 10, 3 / 5)
    odds = [(5.516, 10 + 1.5 - 5.516), (0.516, 5 + 1.5 - 0.516)]
    error = math.sqrt(sum(1 / part for parts in odds for part in parts))
    assert bot.score == pytest.approx((math.log(5.516 / 5.984) - math.log(0.516 / 5.984)) / error, abs=0.001)
    assert at_branch.score is not None
    assert at_branch.score < 0
    assert bot.examples == ("f5", "f4", "f2")  # of ordinary length, the latest first


@pytest.mark.parametrize(
    ("phrase", "others"),
    [
        ("بسته‌بندی", ["بسته بندی", "بستهبندی", "«بسته‌بندی»"]),
        ("کیف پول", ["كيف پول", "کیـــف پول", "کِیف پول", "کیف  پول", "کیف\nپول"]),
        ("نسخه ۱۲", ["نسخه 12", "نسخه ١٢"]),
        ("آیفون", ["ایفون", "أیفون"]),
        ("سئو", ["سیو"]),
        ("qr", ["QR", "Qr"]),
    ],
)
def test_spellings_of_one_phrase_of_which_the_commonest_is_shown(shared: Store, phrase: str, others: list[str]) -> None:
    found = themes_of(shared, [text(f"... {each} ...") for each in (phrase, *others, phrase)], min_n=2 + len(others))
    assert phrases(found) == {phrase: 2 + len(others)}


@pytest.mark.parametrize(
    "words",
    [
        "هم این و هم اون",  # function words
        "می‌شه؟ میشه! آنها، انها",
        "۱۲ 450 ٣",
        "دو 3 تا 4",
        "[تلفن] از [تلفن]",
        "[کدملی] [کارت] [شبا] [ایمیل] [پیوند]",
        "😀😀 !!! ؟",
        "",
    ],
)
def test_what_is_no_theme(shared: Store, words: str) -> None:
    assert themes_of(shared, [text(words)] * 3, min_n=1) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("درگاه بانک قطعه", {"درگاه بانک قطعه"}),
        ("درگاه، بانک. قطعه", {"درگاه", "بانک", "قطعه"}),
        ("درگاه 😀 بانک", {"درگاه", "بانک"}),
        ("درگاه [پیوند] بانک", {"درگاه", "بانک"}),
        ("از درگاه به بانک", {"درگاه به بانک"}),
        ("درگاه از اون به بانک", {"درگاه", "بانک"}),
        ("۲۰ دقیقه", {"۲۰ دقیقه"}),
        ("نسخه ۵ به ۶", {"نسخه ۵"}),
        ("خط خط خط", {"خط خط خط"}),
    ],
)
def test_what_a_text_has_phrases_of(shared: Store, words: str, expected: set[str]) -> None:
    """No mark, emoji or placeholder within one, no function word at its ends; those in a longer one are not shown."""
    assert phrases(themes_of(shared, [text(words)] * 2, min_n=2)) == dict.fromkeys(expected, 2)


@pytest.mark.parametrize(("alone", "expected"), [(1, {"کارت هدیه": 4}), (2, {"کارت هدیه": 4, "هدیه": 6})])
def test_a_longer_phrase_absorbs_what_nearly_always_comes_with_it(shared: Store, alone: int, expected: dict[str, int]) -> None:
    """4 of 5 texts are the share that absorbs, 4 of 6 are not; «کارت» comes with «هدیه» alone."""
    assert ABSORBING_SHARE == 4 / 5
    rows = [text("کارت هدیه")] * 4 + [text("هدیه")] * alone
    assert phrases(themes_of(shared, rows, min_n=4)) == expected


def test_which_texts_are_counted(shared: Store) -> None:
    """Tagged ones without a reason, in either period, each once, however often it says it."""
    waiting = [replace(text("پنل پیامکی"), tags=None)]
    rows = [
        *[text("پنل پیامکی پنل پیامکی، پنل پیامکی", channel="اپ")] * 2,
        *[text("پنل پیامکی", on("1403-02-31", 23), channel="چت")] * 2,
        text("پنل پیامکی", on("1403-02-01", 0)),
        text("پنل پیامکی", reasons=["digital.bug-"]),
        *waiting,
        text("پنل پیامکی", None),
        text("پنل پیامکی", on("1403-03-01", 0)),
        text("پنل پیامکی", on("1403-01-31", 23)),
        text("پنل پیامکی", on("1403-01-01")),
        text("پنل پیامکی", on("1402-12-29")),
    ]
    (found,) = themes_of(shared, rows)
    assert (found.phrase, found.n, found.n_before, found.share, found.share_before) == ("پنل پیامکی", 5, 2, 1, 1)
    assert found.score == pytest.approx(0, abs=0.2)
    (longer,) = themes_of(shared, rows, before=date(2024, 3, 1))
    assert (longer.n, longer.n_before) == (5, 3)
    (of_chat,) = themes_of(shared, rows, min_n=1, filters=Filters(channel=("چت",), from_=date(2000, 1, 1), to=date(2000, 1, 2)))
    assert (of_chat.n, of_chat.n_before) == (2, 0)


def test_without_a_period_before_there_is_no_score(shared: Store) -> None:
    rows = [text("اشتراک سالانه")] * 5 + [text("اشتراک ماهانه")] * 7
    for asked in ({}, {"before": FROM}):
        found = themes_of(shared, rows, **asked)
        assert [(each.phrase, each.n, each.n_before) for each in found] == [
            ("اشتراک", 12, 0), ("اشتراک ماهانه", 7, 0), ("اشتراک سالانه", 5, 0),
        ]  # fmt: skip
        assert [(each.share_before, each.score) for each in found] == [(None, None)] * 3


def test_nothing_comes_of_nothing(shared: Store) -> None:
    assert themes_of(shared, [text("پنل پیامکی", EARLY)] * 9) == []
    assert themes_of(shared, [text("پنل پیامکی")] * 4) == []
    assert themes_of(shared, [text("پنل پیامکی", reasons=["digital.bug-"])] * 9) == []
    with store_with() as empty:
        assert find_themes(empty, from_=FROM, to=TO) == []


def test_the_newest_come_first_up_to_the_limit(shared: Store) -> None:
    rows = [text("قرعه‌کشی")] * 9 + [text("ماموریت")] * 6 + [text("ماموریت", EARLY)] * 6 + [text("نظرسنجی", EARLY)] * 5
    assert list(phrases(themes_of(shared, [*rows, *[text("نظرسنجی")] * 5]))) == ["قرعه‌کشی", "نظرسنجی", "ماموریت"]
    assert list(phrases(themes_of(shared, rows, limit=1))) == ["قرعه‌کشی"]
    assert all(each.examples == () for each in themes_of(shared, rows, examples=0))


@pytest.mark.parametrize("asked", [{"to": FROM}, {"to": FROM - timedelta(days=1)}, {"before": TO}])
def test_days_must_be_in_order(shared: Store, asked: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="not in order"):
        find_themes(shared, **({"from_": FROM, "to": TO} | asked))


counts = st.integers(0, 60)


@given(n=counts, n_before=counts, texts=st.integers(70, 5000), texts_before=st.integers(70, 5000))
def test_the_score_has_the_sign_of_the_change(n: int, n_before: int, texts: int, texts_before: int) -> None:
    """Where the change is more than what half a text for and half against make of it."""
    score, same = log_odds_z(np.array([n, n]), np.array([n_before, n]), texts, texts_before)
    (swapped,) = log_odds_z(np.array([n_before]), np.array([n]), texts_before, texts)
    assert swapped == pytest.approx(-score)
    assert same == 0 or texts != texts_before
    if abs(n / texts - n_before / texts_before) > 0.01:
        assert (score > 0) == (n / texts > n_before / texts_before)


def test_phrases_that_do_not_change_seldom_look_new() -> None:
    """Of 200,000 phrases in 1 % of 2,000 texts, a standard normal would have 2.5 % above 1.96 and 0.5 % above 2.58."""
    n, n_before = np.random.default_rng(1).binomial(1000, 0.01, (2, 200_000))
    scores = log_odds_z(n, n_before, 1000, 1000)
    assert 0.01 < (scores > 1.96).mean() <= 0.025
    assert (scores > 2.58).mean() <= 0.005
    assert log_odds_z(np.array([10]), np.array([0]), 1000, 1000)[0] > 2


SOME_WORDS: Final = ("گوشی", "گوشي", "شارژ", "از", "ها", "۵", "5", "شارژر", "گوشی‌شارژ", "،", "[تلفن]")


def by_hand(said: Sequence[str], min_n: int) -> dict[str, int]:
    """In how many texts each phrase is, with all its words and none absorbed, counted text by text."""
    level = str.maketrans("ي۵", "ی5", "\u200c")
    found: Counter[str] = Counter()
    for words in said:
        of_text: set[str] = set()
        for part in re.split(r"،|\[تلفن\]", words):
            keys = [word.translate(level) for word in part.split()]
            runs = [keys[start : start + length] for length in (1, 2, 3) for start in range(len(keys) - length + 1)]
            of_text |= {"".join(run) for run in runs if not {run[0], run[-1]} & {"از", "ها"} and set(run) - {"5", "از", "ها"}}
        found.update(of_text)
    return {phrase: n for phrase, n in found.items() if n >= min_n}


@settings(max_examples=25, deadline=None)
@given(said=st.lists(st.lists(st.sampled_from(SOME_WORDS), max_size=6).map(" ".join), min_size=1, max_size=6))
def test_the_database_counts_as_one_would_by_hand(shared: Store, said: list[str]) -> None:
    """Nothing absorbs where every share is out of reach, and what is shown spells out the phrase."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("voc.trends.themes.ABSORBING_SHARE", 99.0)
        found = themes_of(shared, list(map(text, said)), min_n=2, limit=10_000)
    level = str.maketrans("ي۵", "ی5", "\u200c ")
    assert {each.phrase.translate(level): each.n for each in found} == by_hand(said, 2)
    assert all(each.share == each.n / len(said) for each in found)
