"""The report card by hand: which rows count, what follows from them, and what it lets people believe."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from tests.ledger import Row, on, row, store_with, tags
from voc.corrections.correction import Note, Queue, seed_of
from voc.corrections.review import find_offers
from voc.corrections.statement import read_statement, write_statement
from voc.errors import InputError
from voc.records import Reason, Tags
from voc.report_card import CodeScore, ReportCard, draw_up, sayings
from voc.store import Filters, Selection, Store
from voc.tagging import Thresholds
from voc.taxonomy import load_taxonomy

pytestmark = pytest.mark.usefixtures("engine")

NOW: Final = on("1405-02-14")
LATE: Final = ("delivery.time-",)


def scored(code: str, score: float) -> Tags:
    return replace(tags("negative", -0.9), reasons=(Reason(code, "negative", score),))


def judge(
    store: Store,
    row: str,
    said: dict[str, Any] | None = None,
    queue: Queue | None = "random",
    at: datetime = NOW,
    by: str = "k1",
) -> None:
    store.corrections.correct(row, read_statement(said or {}), Note(by, queue=queue), at)


def figures(card: ReportCard) -> dict[str, tuple[float | None, int]]:
    return {each.name: (None if each.value is None else round(each.value, 3), each.n) for each in card.figures}


def code(card: ReportCard, name: str) -> CodeScore:
    return next(each for each in card.codes if each.code == name)


@pytest.fixture
def store() -> Iterator[Store]:
    """Six rows that the model reads as late deliveries, the last without one; five are drawn and judged."""
    rows: Sequence[Row] = [
        row(scored("delivery.time", 0.95), channel="تلفن", occurred_at=on("1405-01-10")),
        row(scored("delivery.time", 0.85), channel="تلفن", occurred_at=on("1405-01-11")),
        row(scored("delivery.time", 0.55), channel="اپ", occurred_at=on("1405-02-01")),
        row(tags("negative", -0.5), channel="اپ", occurred_at=on("1405-02-02")),
        row(tags("positive", 0.9), channel="اپ"),
        row(tags("neutral", 0.1, LATE)),
    ]
    with store_with(rows) as store:
        judge(store, "f1")
        judge(store, "f2", {"sentiment": "mixed"})
        judge(store, "f3", {"reasons": {"price.value": "negative"}})
        judge(store, "f4", {"add": {"reasons": {"delivery.time": "negative"}}})
        judge(store, "f5", {"sentiment": "neutral", "resolution": "resolved"})
        yield store


def test_what_is_left_as_it_is_was_found_right(store: Store) -> None:
    """Sentiment: f1, f3 and f4 right of five. delivery.time: given to f1, f2, f3; true of f1, f2, f4; both 2."""
    card = draw_up(store)
    late = code(card, "delivery.time")
    assert (card.n, card.model, card.left_out) == (5, "by-hand", {})
    assert (late.given, late.true, late.both) == (3, 3, 2)
    assert (late.precision, late.recall, late.f1) == (2 / 3, 2 / 3, 2 / 3)
    assert figures(card) == {
        "sentiment_accuracy": (0.6, 5),
        "sentiment_macro_f1": (0.286, 5),  # negative 6/7, mixed 0, neutral 0
        "polarity_accuracy": (1.0, 2),
        "reasons_f1": (0.571, 5),  # 2 · 2 / (3 + 4)
        "effort_f1": (None, 5),
        "loyalty_f1": (None, 5),
        "resolution_f1": (0.0, 5),
    }


def test_a_later_model_changes_nothing_of_what_was_seen(store: Store) -> None:
    """People judged what the model of then had said. Today's tags are asked for expressly."""
    newer = replace(tags("neutral", 0.0, LATE), model="newer")
    store.write_tags([(seq, newer) for seq in range(1, 6)])
    assert draw_up(store, current="newer").model == "by-hand"
    assert code(draw_up(store), "delivery.time").both == 2
    now = draw_up(store, answers="now", current="newer")
    late = code(now, "delivery.time")
    assert (now.model, now.n, late.given, late.true, late.both) == ("newer", 5, 5, 3, 3)
    judge(store, "f6")
    judge(store, "f1")
    both = draw_up(store, current="newer")
    assert (both.model, both.n, both.left_out) == ("newer", 1, {"other_model": 5})
    assert {(each.name, each.n) for each in both.slices if each.by == "model"} == {("by-hand", 6), ("newer", 1)}
    with pytest.raises(InputError, match="no row was judged"):
        draw_up(store, model="older")


def test_only_drawn_rows_count_and_the_others_are_told(store: Store) -> None:
    judge(store, "f6", {"sentiment": "negative"}, queue="uncertain")
    assert draw_up(store).left_out == {"other_queue": 1}
    judge(store, "f6", {"sentiment": "negative"}, queue=None)
    assert draw_up(store).left_out == {"no_queue": 1}
    store.corrections.undo("c7", None, NOW)
    store.corrections.undo("c1", None, NOW)
    card = draw_up(store)
    assert (card.n, card.left_out) == (4, {"other_queue": 1})
    judge(store, "f6")
    assert draw_up(store).left_out == {}


def test_the_last_word_on_a_row_is_its_judgement(store: Store) -> None:
    judge(store, "f2", {"sentiment": "negative"}, by="k2")
    card = draw_up(store)
    assert (card.n, figures(card)["sentiment_accuracy"]) == (5, (0.8, 5))


def test_slices(store: Store) -> None:
    found = {(each.by, each.name): (each.n, each.accuracy) for each in draw_up(store).slices}
    assert found == {
        ("channel", "اپ"): (3, 2 / 3),
        ("channel", "تلفن"): (2, 0.5),
        ("month", "1405-01"): (2, 0.5),
        ("month", "1405-02"): (2, 1.0),
        ("month", None): (1, 0.0),
        ("model", "by-hand"): (5, 0.6),
    }
    assert ("month", "2026-03") in {(each.by, each.name) for each in draw_up(store, calendar="gregorian").slices}


def test_confusion_and_calibration(store: Store) -> None:
    """Scores .95 and .85 are right, .55 is not: gaps of .05, .15 and .55 by bin, each a third."""
    card = draw_up(store)
    confused = {(each.kind, each.said, each.judged): each.n for each in card.confusion if each.n}
    assert confused == {
        ("sentiment", "negative", "negative"): 3,
        ("sentiment", "negative", "mixed"): 1,
        ("sentiment", "positive", "neutral"): 1,
        ("resolution", None, None): 4,
        ("resolution", None, "resolved"): 1,
    }
    assert card.calibration.error == pytest.approx((0.05 + 0.15 + 0.55) / 3)
    assert [(each.n, each.share) for each in card.calibration.bins] == [(1, 0.0), (1, 1.0), (1, 1.0)]


def test_calibration_of_the_sentiment_is_of_the_models_own_probability(store: Store) -> None:
    """Of what was kept before there was one, none; else .9 right and .8 wrong, then .6 right: (.1 + .8 + .4) / 3."""
    assert (draw_up(store).sentiment_calibration.error, draw_up(store).sentiment_calibration.n) == (None, 0)
    likely = [replace(tags("negative", -0.5, LATE), sentiment_probability=each) for each in (0.9, 0.8, 0.6, None)]
    with store_with([row(each) for each in likely]) as fresh:
        judge(fresh, "f1", {"resolution": "resolved"})
        judge(fresh, "f2", {"sentiment": "mixed"})
        judge(fresh, "f3")
        judge(fresh, "f4")
        card = draw_up(fresh)
        found = card.sentiment_calibration
        assert (card.n, found.n) == (4, 3)
        assert found.error == pytest.approx((0.1 + 0.8 + 0.4) / 3)
        assert [(each.low, each.n, each.share) for each in found.bins] == [(0.6, 1, 1.0), (0.8, 1, 0.0), (0.9, 1, 1.0)]
        assert [(each.n, round(each.score, 3)) for each in card.calibration.bins] == [(4, 0.9)]  # codes are none of it
        assert draw_up(fresh, answers="now").sentiment_calibration == found
        fresh.write_tags([(2, replace(tags("mixed"), model="newer", sentiment_probability=0.7))])
        now = draw_up(fresh, model="newer", answers="now").sentiment_calibration
        assert now.error == pytest.approx(0.3)


def test_filters_choose_rows_and_not_mistakes(store: Store) -> None:
    assert draw_up(store, filters=Filters(channel=("تلفن",))).n == 2
    assert draw_up(store, filters=Filters(from_=on("1405-02-01").date())).n == 2
    for bad in (Filters(reason=("delivery.time",)), Filters(sentiment=("negative",)), Filters(corrected=True)):
        with pytest.raises(InputError, match="no fair sample"):
            draw_up(store, filters=bad)


def test_a_width_is_a_width(store: Store) -> None:
    narrow, wide = (code(draw_up(store, width=width), "delivery.time").rows_to_width for width in (0.05, 0.2))
    assert (narrow or 0) > (wide or 0) > 0
    for bad in (0.0, -1.0, 0.6, float("nan")):
        with pytest.raises(InputError, match="width"):
            draw_up(store, width=bad)


def test_nothing_judged_yet() -> None:
    with store_with([row(tags("neutral"))]) as store:
        card = draw_up(store, current="by-hand")
    assert (card.n, card.model, card.figures, card.codes, card.confusion, card.calibration.error) == (0, None, (), (), (), None)
    assert sayings(card.codes) == ()


def test_erasing_and_undoing_take_judgements_along(store: Store) -> None:
    store.corrections.undo("c2", None, NOW)
    assert draw_up(store).n == 4
    store.delete_batch(store.list_batches().items[0].id)
    assert store.select("SELECT count(*) FROM judged", {}) == [(0,)]


def test_judging_many_at_once_is_judging_each(store: Store) -> None:
    store.corrections.correct_all(Selection(ids=("f5", "f6")), read_statement({}), Note("k1", queue="random"), NOW)
    assert draw_up(store).n == 6


def test_agreement_is_of_two_people_on_whole_fields() -> None:
    """Sentiment: negative/negative, negative/positive, positive/positive, neutral by one alone.

    Of three rows two agree: p = 2/3, by chance (2·1 + 1·2)/9 = 4/9: kappa (6/9 - 4/9)/(5/9) = .4. Reasons: both say 1 code, the
    first 2, the second 1, over the two rows in which both said them all: F1 2/3. What is said behind that may have been seen.
    """
    with store_with([row(tags("negative", -0.9, LATE)) for _ in range(4)]) as store:
        judge(store, "f1")
        judge(store, "f1", {"add": {"effort": ["long_wait"]}}, by="k2")
        judge(store, "f2", {"sentiment": "negative", "reasons": {"delivery.time": "negative"}}, queue=None)
        judge(store, "f2", {"sentiment": "positive", "reasons": {}}, by="k2")
        judge(store, "f3", {"sentiment": "positive"}, queue=None)
        judge(store, "f3", {"remove": {"reasons": ["delivery.time"]}, "sentiment": "positive"}, by="k2")
        judge(store, "f4", {"sentiment": "neutral"})
        judge(store, "f4", {"sentiment": "negative"})
        for late in ("f1", "f2"):
            judge(store, late, {"sentiment": "mixed"}, by="k1")
            judge(store, late, {"sentiment": "mixed"}, by="k3")
        chosen = Selection(ids=("f4",))
        store.corrections.correct_all(chosen, read_statement({"sentiment": "mixed"}), Note("k2"), NOW)
        judge(store, "f4", {"sentiment": "mixed"}, by="k2")
        found = {each.field: each for each in draw_up(store).agreement}
    assert [found["sentiment"].value, found["reasons"].value] == pytest.approx([0.4, 2 / 3])
    assert (found["sentiment"].n, found["reasons"].n) == (3, 2)
    assert (found["effort"].value, found["effort"].n) == (0.0, 1)
    assert (found["resolution"].value, found["resolution"].n) == (None, 1)  # both say none: chance alone would agree


def test_a_second_opinion_is_of_what_the_model_says() -> None:
    """Whoever judges second has not seen the first one's word: what they leave as it is is right in the model's answer."""
    with store_with([row(tags("negative", -0.9, LATE)) for _ in range(2)]) as store:
        judge(store, "f1", {"sentiment": "positive", "reasons": {}, "loyalty": ["churn_intent"]})
        judge(store, "f1", {"sentiment": "mixed"}, by="k2")
        said = store.corrections.of_record("f1").items[0]
        counts = store.get_feedback("f1").tags
        assert write_statement(said.said) == {
            "sentiment": "mixed", "reasons": {"delivery.time": "negative"}, "effort": [], "loyalty": [], "resolution": None,
        }  # fmt: skip
        assert counts
        assert (counts.sentiment, [each.code for each in counts.reasons], counts.loyalty) == ("mixed", ["delivery.time"], ())
        judge(store, "f1", by="k1")  # who has spoken sees what counts
        assert [each.confirmed for each in store.corrections.of_record("f1").items] == [True, False, False]
        judge(store, "f2", {"sentiment": "positive"})
        judge(store, "f2", {"resolution": "resolved"}, queue="uncertain", by="k2")  # elsewhere all is seen
        found = store.get_feedback("f2").tags
        assert found
        assert (found.sentiment, found.resolution) == ("positive", "resolved")


def test_a_second_opinion_is_none_of_a_draw() -> None:
    with store_with([row(tags("neutral")) for _ in range(20)]) as store:
        weeks = [datetime.now(store.zone) + timedelta(days=1 + 7 * week) for week in (0, 1)]
        for by, now in zip(("k1", "k2"), weeks, strict=True):
            for offer in find_offers(store, "random", thresholds=Thresholds(), now=now, by=by).items[:5]:
                judge(store, offer.record.id, at=now, by=by)
        last = find_offers(store, "random", thresholds=Thresholds(), now=now, by=by).items[-1]
        assert last.reviewed
        judge(store, last.record.id, at=now, by=by)
        assert [(each.judged, each.passed_over) for each in draw_up(store).draws] == [(5, 0), (5, 0)]


def test_a_draw_keeps_its_seed_when_the_week_has_changed() -> None:
    with store_with([row(tags("neutral")) for _ in range(30)]) as store:
        now = datetime.now(store.zone)
        page = find_offers(store, "random", thresholds=Thresholds(), now=now, limit=10)
        for place, offer in enumerate(page.items):
            late = now + timedelta(days=7 * (place > 4), minutes=1)
            store.corrections.correct(offer.record.id, read_statement({}), Note("k1", queue="random", seed=page.seed), late)
        assert [(each.seed, each.judged, each.passed_over) for each in draw_up(store).draws] == [(page.seed, 10, 0)]
        made = store.corrections.correct(offer.record.id, read_statement({}), Note("k1", queue="random"), late)
        assert made.note.seed == seed_of(late)
        assert store.corrections.correct("f1", read_statement({}), Note("k1"), late).note.seed is None


def test_other_codes_than_those_of_the_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was judged is told by the codes of today; answers of today are held against it only where they are by its codes."""
    reasons = tuple(each for each in load_taxonomy().reasons if each.code != "delivery.time")
    now = replace(load_taxonomy(), version="v2", reasons=reasons, given_as={"delivery.time": "delivery.courier"})
    monkeypatch.setattr("voc.store.judged.load_taxonomy", lambda: now)
    monkeypatch.setattr("voc.corrections.statement.load_taxonomy", lambda: now)
    late = code(draw_up(store), "delivery.courier")
    assert (late.given, late.true, late.both) == (3, 3, 2)
    assert draw_up(store).calibration.n == 3
    newer = replace(tags("neutral", 0.0, LATE), model="newer", taxonomy="v2")
    store.write_tags([(1, newer)])
    card = draw_up(store, answers="now", current="newer")
    assert (card.model, card.n, card.left_out) == ("by-hand", 4, {"other_taxonomy": 1})


def test_a_draw_is_made_anew_and_rows_that_were_passed_over_are_counted() -> None:
    with store_with([row(tags("neutral"), channel="اپ" if n % 2 else "تلفن") for n in range(40)]) as store:
        now = datetime.now(store.zone) + timedelta(minutes=1)
        drawn = find_offers(store, "random", thresholds=Thresholds(), now=now).items
        for offer in drawn[:10]:
            judge(store, offer.record.id, at=now)
        (draw,) = draw_up(store).draws
        assert (draw.seed, draw.judged, draw.passed_over) == (seed_of(now), 10, 0)
        judge(store, drawn[14].record.id, at=now)
        judge(store, drawn[12].record.id, queue=None, at=now)
        (draw,) = draw_up(store).draws
        assert (draw.judged, draw.passed_over) == (11, 3)
        of_apps = Filters(channel=("اپ",))
        passed = [each for each in (10, 11, 13) if drawn[each].record.feedback.channel == "اپ"]
        last = max(place for place in (*range(10), 14) if drawn[place].record.feedback.channel == "اپ")
        assert draw_up(store, filters=of_apps).draws[0].passed_over == sum(place < last for place in passed)
