"""What people say of records: it holds at once, beside the model's answer, and can be taken back."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from tests.fakes import FakeTagger
from tests.spoken import CALL, conversation
from tests.stores import TEHRAN, add, feedback, five_fields, open_store, tag_all
from voc.corrections.correction import WHY_CHARS, Correction, Note, read_why
from voc.corrections.fold import fold
from voc.corrections.statement import read_statement, restore_statement, write_statement
from voc.errors import ConflictError, InputError, NotFoundError
from voc.kpis import compute_kpis
from voc.records import ConversationTags, Cue, Reason, TaggedFeedback, Tags
from voc.store import NOBODY, CorrectionFilters, Filters, Reviewed, Selection, SetAside, Store
from voc.store.correction_rows import read_answer, write_answer
from voc.store.database import Engine
from voc.trends import compute_trend

NOW: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)
BY: Final = Note("kabc", "طعنه زده، راضی نیست")
TEXTS: Final = ("چه سریع، بعد از یه هفته! عالی", "پیک دیر اومد چندبار زنگ زدم حل نشد", "گرون بود دیگه نمیخرم", "معمولی بود")


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        add(opened, feedback(*TEXTS))
        tag_all(opened)
        yield opened


def correct(store: Store, row: str, note: Note = BY, at: datetime = NOW, **said: Any) -> Correction:
    return store.corrections.correct(row, read_statement(said), note, at)


def tags_of(store: Store, row: str) -> Tags:
    found = store.get_feedback(row).tags
    assert found
    return found


def model_of(text: str, name: str = "fake-1") -> Tags:
    return FakeTagger(name).tag([text])[0]


def test_a_persons_word_holds_and_the_models_stays_beside_it(store: Store) -> None:
    made = correct(store, "f1", sentiment="negative", reasons={"delivery.time": "negative"})
    row = store.get_feedback("f1")
    assert row.tags == replace(
        model_of(TEXTS[0]),
        sentiment="negative",
        sentiment_score=-1.0,
        sentiment_probability=None,
        reasons=(Reason("delivery.time", "negative", 0.9, ((3, 7),)),),
    )
    assert row.corrected
    assert (row.corrected.fields, row.corrected.by, row.corrected.why) == (("sentiment", "reasons"), "kabc", BY.why)
    assert (row.corrected.at, row.corrected.model) == (NOW, model_of(TEXTS[0]))
    assert (made.id, made.feedback_id, made.confirmed, made.undone_at) == ("c1", "f1", False, None)
    assert tags_of(store, "f2") == model_of(TEXTS[1])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"sentiment": "mixed"}, {"sentiment": "mixed"}),
        ({"reasons": {}}, {"reasons": {}}),
        ({"reasons": {"service.access": "negative"}}, {"reasons": {"service.access": "negative"}}),
        ({"effort": []}, {"effort": set()}),
        ({"effort": ["long_wait"]}, {"effort": {"long_wait"}}),
        ({"loyalty": ["churn_intent"]}, {"loyalty": {"churn_intent"}}),
        ({"resolution": None}, {"resolution": None}),
        ({"resolution": "resolved"}, {"resolution": "resolved"}),
        (
            {"add": {"reasons": {"price.value": "negative"}}},
            {"reasons": {"delivery.time": "negative", "delivery.courier": "negative", "price.value": "negative"}},
        ),
        ({"add": {"reasons": {"delivery.time": "neutral"}}, "remove": {"reasons": ["delivery.courier"]}},
         {"reasons": {"delivery.time": "neutral"}}),
        ({"remove": {"effort": ["repeat_contact", "easy"]}, "add": {"loyalty": ["warn_others"]}},
         {"effort": set(), "loyalty": {"warn_others"}}),
    ],
)  # fmt: skip
def test_what_can_be_said(store: Store, said: dict[str, Any], expected: Mapping[str, Any]) -> None:
    correct(store, "f2", **said)
    assert five_fields(tags_of(store, "f2")) == {**five_fields(model_of(TEXTS[1])), **expected}
    assert restore_statement(write_statement(read_statement(said))) == read_statement(said)
    assert read_statement(write_statement(read_statement(said))) == read_statement(said)


@pytest.mark.parametrize(
    ("said", "field", "option"),
    [
        ({"sentiment": "angry"}, "sentiment", "negative"),
        ({"sentiment": None}, "sentiment", "negative"),
        ({"sentiment": ["negative"]}, "sentiment", "negative"),
        ({"reasons": {"delivery.tyme": "negative"}}, "reasons", "delivery.time"),
        ({"reasons": {"delivery": "negative"}}, "reasons", "delivery.time"),
        ({"reasons": {"delivery.time": "bad"}}, "reasons", "negative"),
        ({"reasons": {"delivery.time": None}}, "reasons", "negative"),
        ({"reasons": ["delivery.time"]}, "reasons", None),
        ({"effort": "easy"}, "effort", None),
        ({"effort": ["churn_intent"]}, "effort", "easy"),
        ({"effort": [["easy"]]}, "effort", "easy"),
        ({"loyalty": {"churn_intent": True}}, "loyalty", None),
        ({"resolution": "none"}, "resolution", "resolved"),
        ({"polarity": "negative"}, "changed", "sentiment"),
        ({"add": {"sentiment": "negative"}}, "add", "reasons"),
        ({"add": ["easy"]}, "add", None),
        ({"remove": {"reasons": {"delivery.time": "bad"}}}, "reasons", None),
        ({"effort": [], "add": {"effort": ["easy"]}}, "effort", None),
        ({"add": {"effort": ["easy"]}, "remove": {"effort": ["easy"]}}, "effort", None),
    ],
)
def test_what_cannot_be_said_is_refused_with_what_can(
    store: Store, said: dict[str, Any], field: str, option: str | None
) -> None:
    with pytest.raises(InputError) as refused:
        correct(store, "f2", **said)
    assert refused.value.field == field
    assert option is None or option in refused.value.options
    assert store.corrections.of_record("f2").items == ()


def test_a_refusal_does_not_repeat_what_may_be_a_customers_words() -> None:
    with pytest.raises(InputError) as refused:
        read_statement({"sentiment": "پیک دیر اومد و بداخلاق بود"})
    assert "پیک" not in refused.value.message


def test_scores_follow_the_codes_and_nothing_else_does(store: Store) -> None:
    correct(store, "f2", effort=["easy"])
    eased = tags_of(store, "f2")
    assert (eased.effort, eased.effort_score) == ((Cue("easy", 1.0),), -1.0)
    correct(store, "f2", add={"effort": ["repeat_contact"]})
    assert tags_of(store, "f2").effort_score == -0.2  # 1 - (1 - 0.8) - 1: the model's own cue is back, as sure as it was
    assert tags_of(store, "f2").effort == (Cue("easy", 1.0), model_of(TEXTS[1]).effort[0])
    correct(store, "f2", effort=[])
    assert tags_of(store, "f2").effort_score is None
    correct(store, "f2", effort=["repeat_contact"])
    assert tags_of(store, "f2") == model_of(TEXTS[1])


def test_only_what_the_model_says_of_the_sentiment_has_a_probability(store: Store) -> None:
    correct(store, "f2", effort=["easy"])
    assert tags_of(store, "f2").sentiment_probability == 0.8
    correct(store, "f2", sentiment="positive")
    row = store.get_feedback("f2")
    assert row.corrected
    assert (tags_of(store, "f2").sentiment_probability, row.corrected.model.sentiment_probability) == (None, 0.8)
    correct(store, "f2", sentiment="neutral")
    assert tags_of(store, "f2").sentiment_probability == 0.8  # it is the model's own word again


def test_an_answer_from_before_the_probability_was_kept_has_none() -> None:
    answer = json.loads(write_answer(model_of(TEXTS[0])))
    del answer["sentiment_probability"]
    assert read_answer(json.dumps(answer), model_of(TEXTS[1])).sentiment_probability is None


def test_figures_lists_and_filters_have_it_at_once(store: Store) -> None:
    before = {each.code: each.n for each in compute_trend(store, "reasons", bucket=None)}
    assert before.get("service.staff", 0) == 0
    correct(store, "f2", sentiment="positive", reasons={"service.staff": "positive"}, resolution="resolved")
    after = {each.code: each.n for each in compute_trend(store, "reasons", bucket=None)}
    assert after["service.staff"] == 1
    assert after.get("delivery.courier", 0) == before["delivery.courier"] - 1
    assert [row.id for row in store.stream_feedback(Filters(reason=("service.staff",), polarity=("positive",)))] == ["f2"]
    assert [row.id for row in store.find_feedback(Filters(resolution=("unresolved",))).items] == []
    assert hard(store) == 0.25
    correct(store, "f2", effort=[])
    assert hard(store) == 0
    for said, ids in ((True, ["f2"]), (False, ["f1", "f3", "f4"])):
        assert [row.id for row in store.stream_feedback(Filters(corrected=said))] == ids
    assert store.corrections.count(Filters()) == 1
    assert store.corrections.count(Filters(sentiment=("negative",))) == 0
    assert store.corrections.count(Filters(q="پیک")) == 1


def hard(store: Store) -> float | None:
    (share,) = compute_kpis(store, ["text_effort_share"])
    return share.value


def test_undoing_gives_back_what_was(store: Store) -> None:
    first = correct(store, "f2", sentiment="positive")
    second = correct(store, "f2", sentiment="neutral", loyalty=["delight"])
    (undone,) = store.corrections.undo(first.id, "kdef", NOW + timedelta(hours=1))
    assert (undone.undone_by, undone.undone_at) == ("kdef", NOW + timedelta(hours=1))
    assert tags_of(store, "f2").sentiment == "neutral"
    store.corrections.undo(second.id, None, NOW)
    assert store.get_feedback("f2").corrected is None
    assert tags_of(store, "f2") == model_of(TEXTS[1])
    assert store.corrections.undo(first.id, "kghi", NOW) == [undone]  # again: as it was
    assert [each.id for each in store.corrections.of_record("f2").items] == ["c2", "c1"]
    assert store.select("SELECT count(*) FROM model_answer", {}) == [(0,)]


def test_what_changes_nothing_is_kept_as_a_confirmation(store: Store) -> None:
    cursor = store.find_changes(limit=100).next
    made = store.corrections.correct("f2", read_statement({}), Note(queue="random"), NOW)
    assert (made.confirmed, made.note.queue) == (True, "random")
    assert made.said == read_statement(
        {
            "sentiment": "neutral",
            "reasons": {"delivery.time": "negative", "delivery.courier": "negative"},
            "effort": ["repeat_contact"],
            "loyalty": [],
            "resolution": "unresolved",
        }
    )
    assert store.get_feedback("f2").corrected is None
    assert store.find_changes(since=cursor).items == ()
    assert correct(store, "f2", sentiment="neutral").confirmed
    assert not correct(store, "f2", sentiment="mixed").confirmed


def test_a_new_model_changes_what_nobody_spoke_of(store: Store) -> None:
    correct(store, "f2", sentiment="positive", add={"reasons": {"price.value": "negative"}})
    store.corrections.correct("f3", read_statement({}), BY, NOW)
    other = FakeTagger("fake-2")
    store.write_tags([(2, other.tag(["سریع و ارزون ولی حل شد"])[0]), (3, other.tag(["افتضاح، منتظر موندم"])[0])])
    told = store.get_feedback("f2")
    assert five_fields(tags_of(store, "f2")) == {
        "sentiment": "positive",
        "reasons": {"delivery.time": "positive", "price.value": "negative"},
        "effort": set(),
        "loyalty": set(),
        "resolution": "resolved",
    }
    assert told.corrected
    assert (told.corrected.fields, told.corrected.model.sentiment) == (("sentiment", "reasons"), "mixed")
    assert (told.tags and told.tags.model, told.corrected.model.model) == ("fake-2", "fake-2")
    confirmed = store.get_feedback("f3")
    assert five_fields(tags_of(store, "f3")) == five_fields(model_of(TEXTS[2]))  # what a person found right stays right
    assert confirmed.corrected
    assert confirmed.corrected.fields == ("sentiment", "reasons", "effort", "loyalty")
    store.write_tags([(2, other.tag([TEXTS[1]])[0]), (3, other.tag([TEXTS[2]])[0])])
    assert store.get_feedback("f3").corrected is None  # this model says so itself
    assert store.pending(other.identity, after=0, limit=9)[0].seq == 1


def test_a_process_with_another_taxonomy_takes_nothing_from_what_was_said(store: Store) -> None:
    """As a command is without the VOC_MODEL of the service, whose rows it will not see tagged anew."""
    store.write_tags([(1, replace(model_of(TEXTS[0], "fake-1+shop-3"), taxonomy="v1+shop-3"))])
    store.corrections.correct("f1", restore_statement({"add": {"reasons": {"club.points": "negative"}}}), BY, NOW)
    correct(store, "f1", sentiment="mixed")
    assert five_fields(tags_of(store, "f1"))["reasons"] == {"delivery.time": "positive", "club.points": "negative"}
    store.write_tags([(1, model_of(TEXTS[0]))])
    assert five_fields(tags_of(store, "f1"))["reasons"] == {"delivery.time": "positive"}


def test_what_came_of_the_codes_of_a_conversation_follows_them(store: Store) -> None:
    add(store, [conversation(CALL)], "گفتگو")
    tag_all(store)
    before = tags_of(store, "f5")
    assert before.conversation
    assert (before.conversation.primary_reason, before.conversation.effort_level) == ("delivery.time", "high")
    said = {"service.handling": "positive", "service.staff": "positive"}
    correct(store, "f5", reasons=said, effort=["easy"])
    after = of_conversation(store, "f5")
    assert (after.primary_reason, after.effort_level) == ("service.handling", "low")
    assert (after.turns, after.quarters, after.moves) == (
        before.conversation.turns,
        before.conversation.quarters,
        before.conversation.moves,
    )
    correct(store, "f5", add={"reasons": {"delivery.time": "negative"}}, effort=[])
    assert (of_conversation(store, "f5").primary_reason, of_conversation(store, "f5").effort_level) == ("delivery.time", "none")
    correct(store, "f5", reasons={})
    assert of_conversation(store, "f5").primary_reason is None
    for number in (1, 2, 3):
        store.corrections.undo(f"c{number}", None, NOW)
    assert tags_of(store, "f5") == before


def of_conversation(store: Store, row: str) -> ConversationTags:
    spoken = tags_of(store, row).conversation
    assert spoken
    return spoken


def test_followers_hear_of_corrections(store: Store) -> None:
    cursor = store.find_changes(limit=100).next
    made = correct(store, "f1", sentiment="negative")
    page = store.find_changes(since=cursor)
    assert [(each.id, each.change, each.record == store.get_feedback("f1")) for each in page.items] == [
        ("f1", "corrected", True)
    ]
    store.corrections.undo(made.id, None, NOW)
    assert [(each.id, each.change) for each in store.find_changes(since=page.next).items] == [("f1", "tagged")]


def test_whatever_changes_an_answer_is_counted(store: Store) -> None:
    before = store.changes
    correct(store, "f1", sentiment="negative")
    assert store.changes != before


def test_a_selection_is_corrected_whole_and_undone_whole(store: Store) -> None:
    chosen = Selection(filters=Filters(polarity=("negative",)), expected=2)
    made = store.corrections.correct_all(chosen, read_statement({"add": {"loyalty": ["warn_others"]}}), BY, NOW)
    assert [(each.feedback_id, each.selection) for each in made] == [("f2", "s1"), ("f3", "s1")]
    assert {row.id for row in store.stream_feedback(Filters(loyalty=("warn_others",)))} == {"f2", "f3"}
    store.corrections.undo("c2", None, NOW)
    assert [each.undone_by for each in store.corrections.undo("s1", "kabc", NOW)] == ["kabc", None]
    assert store.corrections.count(Filters()) == 0


@pytest.mark.parametrize(
    ("chosen", "error", "field"),
    [
        (Selection(filters=Filters(polarity=("negative",)), expected=3), ConflictError, "expected"),
        (Selection(filters=Filters(), expected=4, limit=3), ConflictError, "limit"),
        (Selection(filters=Filters()), InputError, "expected"),
        (Selection(filters=Filters(), expected=4, limit=10_001), InputError, "limit"),
        (Selection(filters=Filters(), expected=4, limit=0), InputError, "limit"),
        (Selection(), InputError, "ids"),
        (Selection(ids=("f1",), filters=Filters(), expected=4), InputError, "ids"),
        (Selection(ids=("f1", "f2"), expected=1), ConflictError, "expected"),
        (Selection(ids=("f1", "f99")), NotFoundError, "id"),
        (Selection(ids=("f1", "x")), NotFoundError, "id"),
        (Selection(filters=Filters(reason=("delivery.tyme",)), expected=0), InputError, "reason"),
    ],
)
def test_a_selection_that_is_another_than_meant_changes_nothing(
    store: Store, chosen: Selection, error: type[Exception], field: str
) -> None:
    before = list(store.stream_feedback(Filters()))
    with pytest.raises(error) as refused:
        store.corrections.correct_all(chosen, read_statement({"sentiment": "mixed"}), BY, NOW)
    assert refused.value.field == field  # type: ignore[attr-defined]
    assert list(store.stream_feedback(Filters())) == before
    assert store.select("SELECT count(*) FROM correction", {}) == [(0,)]


def test_nobody_is_chosen(store: Store) -> None:
    chosen = Selection(filters=Filters(q="نبود"), expected=0)
    assert store.corrections.correct_all(chosen, read_statement({"sentiment": "mixed"}), BY, NOW) == []


def test_what_waits_for_the_tagger_cannot_be_corrected_yet(store: Store) -> None:
    add(store, feedback("تازه رسیده، پیک دیر اومد"), "تازه")
    with pytest.raises(ConflictError, match="f5 waits"):
        correct(store, "f5", sentiment="mixed")
    chosen = Selection(filters=Filters(q="پیک"), expected=1)  # nor does a selection by filters find it
    assert [each.feedback_id for each in store.corrections.correct_all(chosen, read_statement({}), BY, NOW)] == ["f2"]


def test_a_correction_leaves_a_setting_aside(store: Store) -> None:
    store.set_aside([SetAside(2, "…")], FakeTagger("fake-2").identity)
    correct(store, "f2", sentiment="mixed")
    assert [row.seq for row in store.pending(FakeTagger("fake-2").identity, after=0, limit=9)] == [1, 3, 4]


def test_times_of_tagging_stay(store: Store) -> None:
    sql = "SELECT tagged_at FROM tagging WHERE seq = 2"
    before = store.select(sql, {})
    correct(store, "f2", sentiment="mixed")
    assert store.select(sql, {}) == before


@pytest.mark.parametrize("public_id", ["c9", "s9", "x1", "c", "c-1", "c۱", "", "c" + "9" * 30])
def test_what_is_no_correction_cannot_be_undone(store: Store, public_id: str) -> None:
    with pytest.raises(NotFoundError):
        store.corrections.undo(public_id, None, NOW)


def test_the_history_comes_in_pages_newest_first(store: Store) -> None:
    for sentiment in ("mixed", "positive", "negative"):
        correct(store, "f1", sentiment=sentiment)
    first = store.corrections.of_record("f1", limit=2)
    assert [each.said.sentiment for each in first.items] == ["negative", "positive"]
    second = store.corrections.of_record("f1", limit=2, cursor=first.next)
    assert ([each.id for each in second.items], second.next) == (["c1"], None)
    with pytest.raises(NotFoundError):
        store.corrections.of_record("f99")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (CorrectionFilters(), ["c5", "c4", "c3", "c2", "c1"]),
        (CorrectionFilters(by=("kabc",)), ["c5", "c4", "c1"]),
        (CorrectionFilters(by=(NOBODY, "kabd")), ["c3", "c2"]),
        (CorrectionFilters(from_=date(2026, 5, 5)), ["c3"]),
        (CorrectionFilters(to=date(2026, 5, 5)), ["c5", "c4", "c2", "c1"]),
        (CorrectionFilters(queue="random"), ["c2"]),
        (CorrectionFilters(source="import"), ["c3"]),
        (CorrectionFilters(confirmed=True), ["c2"]),
        (CorrectionFilters(undone=True), ["c1"]),
        (CorrectionFilters(undone=False, confirmed=False, by=("kabc",)), ["c5", "c4"]),
        (CorrectionFilters(selection="s4"), ["c5", "c4"]),
    ],
)
def test_all_corrections_are_listed_newest_first_as_far_as_they_are_meant(
    store: Store, filters: CorrectionFilters, expected: list[str]
) -> None:
    correct(store, "f1", sentiment="mixed")
    correct(store, "f2", Note(queue="random"))
    midnight = datetime(2026, 5, 5, tzinfo=TEHRAN)
    correct(store, "f3", Note("kabd", source="import"), midnight, sentiment="mixed")
    said = read_statement({"add": {"loyalty": ["warn_others"]}})
    store.corrections.correct_all(Selection(ids=("f3", "f4")), said, BY, midnight - timedelta(seconds=1))
    store.corrections.undo("c1", "kabc", NOW)
    pages, cursor = list[list[str]](), None
    while not pages or cursor:
        page = store.corrections.find(filters, limit=2, cursor=cursor)
        pages, cursor = [*pages, [each.id for each in page.items]], page.next
    assert [each for page in pages for each in page] == expected
    assert [len(page) for page in pages[:-1]] == [2] * (len(pages) - 1)


def test_one_correction_is_no_selection(store: Store) -> None:
    correct(store, "f1", sentiment="mixed")
    with pytest.raises(InputError, match="selection"):
        store.corrections.find(CorrectionFilters(selection="c1"))


def test_rows_that_people_looked_at_are_counted_once_each(store: Store) -> None:
    assert store.corrections.count_reviewed() == Reviewed(0, 0)
    for row in ("f1", "f1", "f2"):
        correct(store, row, sentiment="mixed")
    correct(store, "f3")
    assert store.corrections.count_reviewed() == Reviewed(corrected=2, confirmed=1)
    correct(store, "f2", sentiment=model_of(TEXTS[1]).sentiment)  # as the model has it
    store.corrections.undo("c4", None, NOW)
    assert store.corrections.count_reviewed() == Reviewed(corrected=1, confirmed=1)


def test_corrections_that_hold_are_streamed_with_their_records(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.store.corrections.ROWS_AT_ONCE", 2)
    for row in ("f3", "f1", "f2", "f1"):
        correct(store, row, sentiment="mixed")
    store.corrections.undo("c2", None, NOW)
    told: list[tuple[Correction, TaggedFeedback]] = list(store.corrections.stream())
    assert [(each.id, row.id) for each, row in told] == [("c1", "f3"), ("c3", "f2"), ("c4", "f1")]


def test_a_reason_is_one_masked_line_of_some_length() -> None:
    assert read_why(" مشتری گفت\n۰۹۱۲۳۴۵۶۷۸۹ شماره‌شه\0 ", names=False) == "مشتری گفت [تلفن] شماره‌شه"
    assert len(read_why("ن" * WHY_CHARS, names=False)) == WHY_CHARS
    with pytest.raises(InputError) as refused:
        read_why("ن" * (WHY_CHARS + 1), names=False)
    assert refused.value.field == "why"


def test_equal_folds_are_equal_to_the_last_digit() -> None:
    answer = model_of(TEXTS[1])
    assert fold(answer, [read_statement({"sentiment": answer.sentiment})]) == answer
    assert fold(answer, []) == answer
