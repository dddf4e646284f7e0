"""Drift of texts and tags: what has moved is told, what has not is not, and chance is allowed for."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from models.fingerprint import take_fingerprint
from tests.ledger import Row, on, row, store_with, tags
from voc.records import Feedback
from voc.report_card import Drift, find_drift, fingerprint
from voc.report_card.fingerprint import Counter, Fingerprint, as_compared, divergence, read_fingerprint
from voc.store import Filters
from voc.tagging.identity import find_model
from voc.taxonomy import load_taxonomy

pytestmark = pytest.mark.usefixtures("engine")

WORDS: Final = (
    "سفارشم", "دیر", "رسید", "پیک", "سریع", "بود", "ممنون", "کیفیت", "خوب", "قیمت", "گرون", "پشتیبانی",
    "جواب", "نداد", "برنامه", "باز", "نمیشه", "رمز", "عوض", "کردم", "غذا", "سرد", "سالم", "بسته",
)  # fmt: skip
OTHER_WORDS: Final = (
    "کارت", "شعبه", "وام", "اقساط", "ضامن", "چک", "برگشتی", "خودپرداز", "مانده", "حواله", "سپرده", "بانک",
)  # fmt: skip
USUAL: Final = [len(WORDS) - place for place in range(len(WORDS))]
RANDOM: Final = np.random.default_rng(3)
SEEDED: Final = np.random.default_rng(
    23
).bit_generator.state  # one month in twenty is told to have moved by chance; of these none is


@pytest.fixture(autouse=True)
def _the_same_texts_whatever_ran_before(learnt: Fingerprint) -> None:
    RANDOM.bit_generator.state = SEEDED


def split(texts: Sequence[str]) -> list[list[int]]:
    """Words as pieces, by their place in both lists; what is in neither is 0."""
    places = {word: place for place, word in enumerate([*WORDS, *OTHER_WORDS], 1)}
    return [[places.get(word, 0) for word in text.split()] for text in texts]


def write(words: Sequence[str], weights: Sequence[float] | None = None) -> str:
    shares = None if weights is None else np.array(weights) / sum(weights)
    return " ".join(RANDOM.choice(words, 12, p=shares))


@pytest.fixture(scope="module")
def learnt() -> Iterator[Fingerprint]:
    """That of a model which has learnt from texts of `WORDS`, half of them with other weights than the rest."""
    RANDOM.bit_generator.state = np.random.default_rng(3).bit_generator.state
    texts = {
        "food": [write(WORDS, USUAL) for _ in range(1_500)],
        "app": [write(WORDS, [1.0] * len(WORDS)) for _ in range(1_500)],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.fingerprint.load_split", lambda _model="": (split, 0))
        yield take_fingerprint(texts, "")


@pytest.fixture(autouse=True)
def own_pieces(monkeypatch: pytest.MonkeyPatch, learnt: Fingerprint) -> None:
    monkeypatch.setattr("voc.report_card.text_drift.load_split", lambda _model="": (split, 0))
    monkeypatch.setattr("voc.report_card.text_drift.read_fingerprint", lambda _model="": learnt)


def months(texts: Sequence[Sequence[str]], share_late: Sequence[float] = (), channel: str | None = None) -> Iterator[Row]:
    """So many months from Farvardin on, each with these texts, a share of which is read as late deliveries."""
    for month, of_month in enumerate(texts, 1):
        late = share_late[month - 1] if share_late else 0.2
        for place, text in enumerate(of_month):
            said = tags("neutral", 0.0, ("delivery.time-",) if place < late * len(of_month) else ())
            when = on(f"1405-{month:02}-02") + timedelta(days=place % 25)
            yield Row(Feedback(text=text, line=1, occurred_at=when, channel=channel), said)


def drift_of(texts: Sequence[Sequence[str]], share_late: Sequence[float] = ()) -> Drift:
    with store_with(list(months(texts, share_late))) as store:
        return find_drift(store)


def some(weights: Sequence[float] | None = None, words: Sequence[str] = WORDS, n: int = 120) -> list[str]:
    return [write(words, weights) for _ in range(n)]


def test_nothing_has_moved() -> None:
    found = drift_of([some(USUAL) for _ in range(6)])
    assert [each.likeness for each in found.texts] == ["like"] * 6
    assert [each.moved for each in found.texts] == [None] * 3 + [False] * 3
    assert found.first == ("1405-01", "1405-02", "1405-03")
    assert found.tags == ()
    assert [(each.about, each.matters) for each in found.readings] == [("texts", False), ("texts", False), ("tags", False)]


def test_texts_that_moved_within_what_was_learnt() -> None:
    found = drift_of([some(USUAL)] * 4 + [some([1.0] * len(WORDS))])
    assert [(each.likeness, each.moved) for each in found.texts[-2:]] == [("like", False), ("like", True)]
    moved = found.readings[1]
    assert (moved.bucket, moved.matters) == ("1405-05", True)
    assert "مرداد ۱۴۰۵" in moved.fa


def test_texts_that_are_unlike_all_that_was_learnt() -> None:
    found = drift_of([some(USUAL)] * 4 + [some(words=OTHER_WORDS)])
    last = found.texts[-1]
    assert (last.likeness, last.moved, last.unfamiliar) == ("unlike", True, 1.0)
    assert found.readings[0].matters
    assert "review 50 of them" in found.readings[0].en


def test_tags_that_moved_alone_and_with_the_texts() -> None:
    """A fifth of 360 rows, then six tenths of 120."""
    late = [0.2, 0.2, 0.2, 0.6]
    alone = drift_of([some(USUAL)] * 4, late)
    assert [(each.kind, each.code, each.bucket, each.n, each.share, each.share_first) for each in alone.tags] == [
        ("reasons", "delivery.time", "1405-04", 72, 0.6, 0.2)
    ]
    assert alone.tags[0].ci_low < 0.4 < alone.tags[0].ci_high
    assert not alone.readings[-1].matters
    assert "«زمان تحویل»" in alone.readings[-1].fa
    together = drift_of([some(USUAL)] * 3 + [some(words=OTHER_WORDS)], late)
    assert together.readings[-1].matters
    assert "“Delivery time”" in together.readings[-1].en


def test_a_code_that_has_left_the_taxonomy_is_named_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows keep it until they are tagged anew."""
    less = replace(load_taxonomy(), reasons=tuple(each for each in load_taxonomy().reasons if each.code != "delivery.time"))
    monkeypatch.setattr("voc.report_card.readings.load_taxonomy", lambda: less)
    assert "«delivery.time»" in drift_of([some(USUAL)] * 4, [0.2, 0.2, 0.2, 0.6]).readings[-1].fa


def test_a_share_that_moved_by_less_than_two_points_is_nobodys_concern() -> None:
    texts = [["سفارشم دیر رسید"] * 3_000] * 4
    assert drift_of(texts, [0.2, 0.2, 0.2, 0.215]).tags == ()
    assert len(drift_of(texts, [0.2, 0.2, 0.2, 0.25]).tags) == 1


def test_too_few_to_tell() -> None:
    found = drift_of([some(USUAL, n=20), some(USUAL, n=20)])
    assert [(each.likeness, each.moved, each.from_training) for each in found.texts] == [("untold", None, None)] * 2
    assert found.readings[-1].fa == "برای مقایسه با ماه‌های نخست، بیش از ۳ ماه با دست‌کم ۵۰ نظر لازم است."
    assert "more than 3 months of 50 texts" in found.readings[-1].en
    with store_with([row(tags("neutral"))]) as store:
        assert find_drift(store) == Drift(3_000, (), (), (), ())


def test_filters_and_calendars() -> None:
    rows = [*months([some(USUAL)] * 4), *months([some(words=OTHER_WORDS)] * 4, channel="تلفن")]
    with store_with(rows) as store:
        whole = find_drift(store)
        found = find_drift(store, filters=Filters(channel=("تلفن",)), calendar="gregorian")
    assert {each.n for each in whole.texts} == {240}
    assert [(each.bucket, each.likeness) for each in found.texts][:1] == [
        ("2026-03", "untold" if found.texts[0].n < 50 else "unlike")
    ]
    assert sum(each.n for each in found.texts) == 480
    assert "2026" in found.readings[0].en


def test_scripts_are_told() -> None:
    latin = [Row(each.feedback, replace(tags("neutral"), script="finglish")) for each in months([["kheyli dir resid"] * 20])]
    with store_with([*months([some(USUAL)]), *latin]) as store:
        found = find_drift(store)
    assert found.texts[0].finglish == pytest.approx(20 / 140)
    assert [each.about for each in found.readings] == ["texts", "scripts", "tags"]
    assert "14%" in found.readings[1].en


@pytest.mark.engines
def test_of_forty_months_alike_chance_moves_few(learnt: Fingerprint) -> None:
    """The noise of two samples that are compared is that of either, each as 19 of 20 samples have it."""
    moved = [_moves(learnt, some(USUAL, n=200), some(USUAL, n=600)) for _ in range(40)]
    assert sum(moved) <= 3
    slightly = [weight + 4 * (place % 2) for place, weight in enumerate(USUAL)]
    assert sum(_moves(learnt, some(slightly, n=200), some(USUAL, n=600)) for _ in range(20)) >= 16


def _moves(learnt: Fingerprint, texts: Sequence[str], before: Sequence[str]) -> bool:
    counter = Counter(learnt.pieces, split, 0)
    one, other = counter.count(texts), counter.count(before)
    return divergence(one.compared, other.compared) > learnt.noise(one.pieces) + learnt.noise(other.pieces)


@pytest.mark.engines
def test_divergence_is_that_of_scipy() -> None:
    one, other = RANDOM.integers(0, 50, 30), RANDOM.integers(0, 50, 30)
    assert divergence(one, other) == pytest.approx(float(jensenshannon(one, other, base=2)) ** 2)
    assert divergence(one, np.zeros(30, dtype=np.int64)) == 0


@pytest.mark.engines
def test_pieces_are_counted() -> None:
    tally = Counter([1, 2], split, 0).count([f"{WORDS[0]} {WORDS[1]} {WORDS[1]} {OTHER_WORDS[0]}", "هیچ"])
    assert (tally.pieces, tally.unknown, tally.unfamiliar) == (5, 1, 2)
    assert [*tally.compared[:2], tally.compared[-1]] == [1, 2, 2]
    assert as_compared("كيفيت 20") == "کیفیت ۲۰"


@pytest.mark.engines
def test_the_shipped_fingerprint_is_small_and_has_no_text() -> None:
    path = find_model() / fingerprint.FINGERPRINT_FILE
    assert path.stat().st_size < 100_000
    stored = json.loads(path.read_text("utf-8"))
    assert all(isinstance(each, int) for each in (*stored["pieces"], *stored["counts"]))
    found = read_fingerprint()
    assert found is not None
    assert found.usual < min(found.domains.values()) < max(found.domains.values()) < 0.2
    assert found.farthest(found.usual_pieces) == max(found.domains.values()) < found.farthest(found.usual_pieces // 5)
    split, unknown = fingerprint.load_split()
    counter = Counter(found.pieces, split, unknown)
    own = counter.count(["سفارشم خیلی دیر رسید و پشتیبانی جواب نداد", "کیفیت غذا عالی بود ممنون"])
    foreign = counter.count(["Lieferung kam zu spät und niemand antwortete"])
    assert own.unfamiliar == 0
    assert foreign.unknown > own.unknown == 0
