"""Whoever corrects, undoes and tags, in whatever order, at once or killed: a row is what its corrections make of it."""

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.disk import flush, has_on_disk
from tests.fakes import EFFORT_WORDS, LOYALTY_WORDS, REASON_WORDS, RESOLUTION_WORDS, SENTIMENT_WORDS, FakeTagger
from tests.stores import add, feedback, five_fields, fresh_store, lines_until_killed, open_store, put_back, tag_all
from voc.corrections.correction import Note
from voc.corrections.statement import read_statement, write_statement
from voc.errors import NotFoundError
from voc.records import Feedback, Tags
from voc.store import Filters, Selection, Store
from voc.store.correction_rows import find_holding
from voc.store.database import Engine

pytestmark = pytest.mark.usefixtures("engine")

BATCHES: Final = count(1)
NOW: Final = datetime(2026, 5, 4, 10, tzinfo=UTC)
WORDS: Final = [*REASON_WORDS, *EFFORT_WORDS, *LOYALTY_WORDS, *SENTIMENT_WORDS, *RESOLUTION_WORDS]
REASONS: Final = ("delivery.time", "delivery.courier", "price.value", "service.staff")
EFFORT: Final = ("repeat_contact", "easy", "long_wait")
LOYALTY: Final = ("churn_intent", "recommend")
State = dict[str, Any]


def said_upon(state: State, said: Mapping[str, Any]) -> State:
    """The same fold as the store's, written once more and as plainly as it can be."""
    after: State = {name: value.copy() if isinstance(value, dict | set) else value for name, value in state.items()}
    for name in ("sentiment", "resolution", "reasons"):
        if name in said:
            after[name] = said[name]
    for name in ("effort", "loyalty"):
        if name in said:
            after[name] = set(said[name])
    add, remove = said.get("add", {}), said.get("remove", {})
    left = {code: said_of for code, said_of in after["reasons"].items() if code not in remove.get("reasons", ())}
    after["reasons"] = left | add.get("reasons", {})
    for name in ("effort", "loyalty"):
        after[name] = (after[name] - {*remove.get(name, ())}) | {*add.get(name, ())}
    return after


polarities = st.sampled_from(("negative", "positive", "neutral"))
some_reasons = st.dictionaries(st.sampled_from(REASONS), polarities, max_size=3)
whole = st.fixed_dictionaries(
    {},
    optional={
        "sentiment": st.sampled_from(("negative", "positive", "mixed", "neutral")),
        "reasons": some_reasons,
        "effort": st.lists(st.sampled_from(EFFORT), unique=True),
        "loyalty": st.lists(st.sampled_from(LOYALTY), unique=True),
        "resolution": st.sampled_from((None, "resolved", "unresolved")),
    },
)
parts = st.builds(
    lambda add, remove, effort: {
        "add": {"reasons": add, "effort": effort[:1]},
        "remove": {"reasons": [code for code in remove if code not in add], "effort": effort[1:]},
    },
    some_reasons,
    st.lists(st.sampled_from(REASONS), unique=True),
    st.lists(st.sampled_from(EFFORT), unique=True),
)
steps = st.one_of(
    st.tuples(st.just("say"), st.integers(0, 1), whole | parts),
    st.tuples(st.just("undo"), st.integers(0, 5), st.none()),
    st.tuples(st.just("tag"), st.integers(0, 1), st.lists(st.sampled_from(WORDS), max_size=4)),
    st.tuples(st.just("all"), st.just(0), parts),
)


@pytest.fixture(scope="module")
def shared(engine: Engine) -> Iterator[Store]:
    with fresh_store() as store:
        yield store


@settings(max_examples=30, deadline=None, derandomize=True)
@given(taken=st.lists(steps, max_size=8))
def test_any_sequence_is_the_fold(shared: Store, taken: list[tuple[str, int, Any]]) -> None:
    Both(shared).follow(taken)


class Both:
    """Two new rows of a store, beside what plain Python says of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.batch = add(store, feedback("پیک دیر اومد", "راحت بود عالی"), f"{next(BATCHES)}")
        tag_all(store)
        self.rows = sorted(row.id for row in store.stream_feedback(Filters(batch=(self.batch.id,))))
        self.answers = {row: self.now(row) for row in self.rows}
        self.said: list[dict[str, Any]] = []  # id, row, what, whether it holds

    def now(self, row: str) -> Tags:
        """What counts of it."""
        tags = self.store.get_feedback(row).tags
        assert tags
        return tags

    def follow(self, taken: list[tuple[str, int, Any]]) -> None:
        """Take the steps and look after each."""
        for number, (step, place, what) in enumerate(taken):
            if step == "say":
                self._say(self.rows[place : place + 1], what)
            elif step == "all":
                self._say(self.rows, what)
            elif step == "undo":
                self._undo(place)
            else:
                self._tag(self.rows[place], " ".join(what) or "خب", f"fake-{number}")
            self._check()

    def _say(self, rows: list[str], what: dict[str, Any]) -> None:
        states = {row: self._state(row) for row in rows}
        statement, note = read_statement(what), Note("k1", "چون")
        if len(rows) == 1:
            made = [self.store.corrections.correct(rows[0], statement, note, NOW)]
        else:
            made = self.store.corrections.correct_all(Selection(ids=tuple(rows)), statement, note, NOW)
        for row, correction in zip(rows, made, strict=True):
            meant = what if statement.fields else states[row]
            assert correction.confirmed == (said_upon(states[row], meant) == states[row])
            self.said.append({"id": correction.id, "row": row, "what": meant, "holds": True})

    def _undo(self, place: int) -> None:
        for said in self.said[place : place + 1]:
            self.store.corrections.undo(said["id"], None, NOW)
            said["holds"] = False

    def _tag(self, row: str, text: str, model: str) -> None:
        (self.answers[row],) = FakeTagger(model).tag([text])
        self.store.write_tags([(int(row[1:]), self.answers[row])])

    def _state(self, row: str) -> State:
        state = five_fields(self.answers[row])
        for each in self.said:
            if each["row"] == row and each["holds"]:
                state = said_upon(state, each["what"])
        return state

    def _check(self) -> None:
        corrected = Filters(batch=(self.batch.id,), corrected=True)
        differing = {row for row in self.rows if self._state(row) != five_fields(self.answers[row])}
        assert {row.id for row in self.store.stream_feedback(corrected)} == differing
        assert self.store.corrections.count(Filters(batch=(self.batch.id,))) == len(differing)
        for record in self.store.load_feedback(self.rows):
            assert record.tags
            assert five_fields(record.tags) == self._state(record.id)
            assert (record.corrected.model if record.corrected else record.tags) == self.answers[record.id]
            assert (record.corrected is not None) == (record.id in differing)


def consistent(store: Store) -> None:
    """Every row is what its corrections that hold make of what the model says, and nothing is there twice or half."""
    for table in ("tagging", "model_answer"):
        assert store.select(f"SELECT count(*) - count(DISTINCT seq) FROM {table}", {}) == [(0,)]  # noqa: S608
    sql = "SELECT seq FROM model_answer EXCEPT SELECT seq FROM tagging WHERE corrected_at IS NOT NULL"
    assert store.select(sql, {}) == []
    for record in store.stream_feedback(Filters()):
        with store._database.reading() as session:
            holding = find_holding(session, [int(record.id[1:])], store.zone).get(int(record.id[1:]), [])
        assert record.tags
        state = five_fields(record.corrected.model if record.corrected else record.tags)
        for each in holding:
            state = said_upon(state, write_statement(each.said))
        assert five_fields(record.tags) == state


def person(store: Store, number: int) -> None:
    chance = random.Random(number)  # noqa: S311
    for turn in range(12):
        said = {"add": {"loyalty": [chance.choice(LOYALTY)]}, "remove": {"reasons": [chance.choice(REASONS)]}}
        made = store.corrections.correct(f"f{chance.randint(1, 6)}", read_statement(said), Note(f"k{number}"), NOW)
        if turn % 3 == 0:
            store.corrections.undo(made.id, f"k{number}", NOW)


def tagger(store: Store) -> None:
    for turn in range(12):
        tags = FakeTagger(f"fake-{turn}").tag(["پیک دیر اومد" if turn % 2 else "گرون و افتضاح"] * 6)
        store.write_tags(list(enumerate(tags, 1)))


def arrivals(store: Store) -> None:
    for turn in range(6):
        store.delete_batch(add(store, feedback("می‌آید و می‌رود"), f"گذرا {turn}").id)


def test_two_people_and_the_tagger_at_once(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback(*["پیک دیر اومد چندبار گفتم"] * 6))
        tag_all(store)
        wrong: list[BaseException] = []

        def safely(work: Callable[[], None]) -> None:
            try:
                work()
            except BaseException as error:
                wrong.append(error)

        works = [lambda: person(store, 1), lambda: person(store, 2), lambda: tagger(store), lambda: arrivals(store)]
        threads = [Thread(target=safely, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert store.select("SELECT count(*), count(undone_at) FROM correction", {}) == [(24, 8)]
        consistent(store)


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from tests.fakes import FakeTagger
from tests.stores import open_store
from voc.corrections.correction import Note
from voc.corrections.statement import read_statement
store = open_store(Path(sys.argv[1]))
now = datetime.now(UTC)
for n in range(int(sys.argv[2]), 100_000):
    made = store.corrections.correct(f"f{n % 4 + 1}", read_statement({"sentiment": ("mixed", "positive")[n % 2]}), Note(), now)
    print("made", made.id, flush=True)
    if n % 3 == 0:
        store.corrections.undo(made.id, None, now)
        print("undone", made.id, flush=True)
    store.write_tags(list(enumerate(FakeTagger(f"fake-{n}").tag(["دیر شد"] * 4), 1)))
"""


def test_killed_at_any_moment_every_row_is_whole_and_nothing_said_is_lost(tmp_path: Path) -> None:
    path, chance = tmp_path / "voc.duckdb", random.Random(7)  # noqa: S311
    with open_store(path) as store:
        add(store, feedback(*["دیر شد"] * 4))
        tag_all(store)
    said: list[list[str]] = []
    for turn in range(3):
        said += lines_until_killed(KILLED, path, turn * 1_000, seconds=chance.random() * 0.4)
        with open_store(path) as store:
            consistent(store)
            known = dict(store.select("SELECT 'c' || number, undone_at FROM correction", {}))
            assert all(known[correction] is not None for what, correction in said if what == "undone")
            assert {correction for _, correction in said} <= set(known)
    assert {what for what, _ in said} == {"made", "undone"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


def test_a_backup_has_them_and_gives_them_back(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback("پیک دیر اومد"))
        tag_all(store)
        store.corrections.correct("f1", read_statement({"sentiment": "negative"}), Note("k1", "معلومه عصبانیه"), NOW)
        before = store.get_feedback("f1"), store.corrections.of_record("f1")
        manifest = store.back_up(tmp_path / "b.duckdb")
        store.corrections.undo("c1", None, NOW)
    assert (manifest.tables["correction"], manifest.tables["model_answer"]) == (1, 1)
    put_back(tmp_path / "b.duckdb", tmp_path / "voc.duckdb")
    with open_store(tmp_path / "voc.duckdb") as store:
        assert (store.get_feedback("f1"), store.corrections.of_record("f1")) == before
        assert store.corrections.correct("f1", read_statement({}), Note(), NOW).id == "c2"


def test_a_person_who_is_erased_takes_what_was_said_of_their_words(store: Store, tmp_path: Path) -> None:
    word = "پگاه‌ژاله۷۳۹۲"
    add(store, [Feedback("پیک دیر اومد", 2, customer_id="م-۱")])
    add(store, feedback("سریع بود"), "دیگر")
    tag_all(store)
    for row in ("f1", "f2"):
        why = word if row == "f1" else "چون"
        store.corrections.correct(row, read_statement({"sentiment": "negative"}), Note("k1", why), NOW)
    flush(store)
    assert has_on_disk(tmp_path / "voc.duckdb", word.encode())
    store.erase_customer("م-۱")
    assert store.select("SELECT seq FROM correction", {}) == store.select("SELECT seq FROM model_answer", {}) == [(2,)]
    store.rewrite()
    flush(store)
    assert not has_on_disk(tmp_path / "voc.duckdb", word.encode())
    with pytest.raises(NotFoundError):
        store.corrections.undo("c1", None, NOW)
