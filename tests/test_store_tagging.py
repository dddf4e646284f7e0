"""The walk over what is pending, and the writing of tags: once for each row, never for a row that is gone."""

# ruff: noqa: S608  the names in the SQL are our own

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from tests.fakes import FakeTagger
from tests.stores import BEFORE_PROBABILITY, add, feedback, open_store, tag_all
from voc.records import Feedback, Tags
from voc.store import Filters, SetAside, Store
from voc.store.database import Session
from voc.store.tagging import WINDOW_ROWS
from voc.tagging import ModelIdentity

pytestmark = pytest.mark.usefixtures("engine")

FAKE = FakeTagger().identity
OTHER = ModelIdentity("fake-2", "v1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


def tags(text: str, name: str = "fake-1") -> Tags:
    (made,) = FakeTagger(name).tag([text])
    return made


def pending(store: Store, after: int = 0, limit: int = 10, identity: ModelIdentity = FAKE) -> list[int]:
    return [row.seq for row in store.pending(identity, after=after, limit=limit)]


def test_what_has_no_tags_of_the_model_is_pending(store: Store) -> None:
    add(store, feedback("یک", "دو", "سه", "چهار"))
    assert [(row.seq, row.text) for row in store.pending(FAKE, after=0, limit=2)] == [(1, "یک"), (2, "دو")]
    store.write_tags([(2, tags("دو")), (4, tags("چهار"))])
    assert pending(store) == [1, 3]
    assert pending(store, after=1) == [3]
    assert pending(store, identity=OTHER) == [1, 2, 3, 4]
    assert pending(store, identity=ModelIdentity("fake-1", "v2")) == [1, 2, 3, 4]
    store.set_aside([SetAside(3, "…")], FAKE)
    assert pending(store) == [1]
    assert pending(store, identity=OTHER) == [1, 2, 3, 4]


def test_the_walk_leaps_over_what_was_deleted_and_what_is_tagged(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    big = add(store, (Feedback("خوب", n) for n in range(3 * WINDOW_ROWS)), "بزرگ")
    small = [add(store, feedback("دیر"), f"{n}") for n in range(30)]
    store.delete_batch(big.id)
    for batch in small[1:-1]:
        store.delete_batch(batch.id)
    asked: list[str] = []
    query = Session.query

    def counting(self: Session, sql: str, parameters: dict[str, object] | None = None) -> list[tuple[object, ...]]:
        asked.append(sql)
        return query(self, sql, parameters)

    monkeypatch.setattr(Session, "query", counting)
    assert pending(store) == [3 * WINDOW_ROWS + 1, 3 * WINDOW_ROWS + 30]
    assert len(asked) == 2
    assert pending(store, after=3 * WINDOW_ROWS + 30) == []


def test_the_walk_crosses_windows_that_are_done(store: Store) -> None:
    rows = 2 * WINDOW_ROWS + 5
    add(store, (Feedback("خوب", n) for n in range(rows)))
    given = tags("خوب")
    store.write_tags([(seq, given) for seq in range(1, rows - 1)])
    assert pending(store) == [rows - 1, rows]


def test_tags_replace_tags_whole(store: Store) -> None:
    add(store, feedback("پیک دیر اومد منتظر موندم", "خوب"))
    tag_all(store)
    store.write_tags([(1, tags("عالی", "fake-2"))])
    assert store.get_feedback("f1").tags == tags("عالی", "fake-2")
    assert store.get_feedback("f2").tags == tags("خوب")
    assert store.select("SELECT count(*) FROM tag", {}) == [(0,)]
    assert store.select("SELECT seq, count(*) FROM tagging GROUP BY seq ORDER BY seq", {}) == [(1, 1), (2, 1)]


def test_tags_end_a_setting_aside(store: Store) -> None:
    add(store, feedback("خوب"))
    store.set_aside([SetAside(1, "…")], FAKE)
    store.set_aside([SetAside(1, "again")], FAKE)
    assert store.select("SELECT reason FROM set_aside", {}) == [("again",)]
    store.write_tags([(1, tags("خوب"))])
    assert store.select("SELECT count(*) FROM set_aside", {}) == [(0,)]


def test_rows_deleted_meanwhile_are_skipped(store: Store) -> None:
    gone = add(store, feedback("یک", "دو"), "یک")
    add(store, feedback("سه"), "دو")
    store.delete_batch(gone.id)
    store.write_tags([(1, tags("دیر")), (2, tags("دیر")), (3, tags("دیر"))])
    store.set_aside([SetAside(1, "…")], OTHER)
    store.write_tags([(1, tags("دیر"))])
    store.write_tags([])
    for table in ("tagging", "tag", "set_aside"):
        assert {seq for (seq,) in store.select(f"SELECT seq FROM {table}", {})} <= {3}, table
    assert [row.tags == tags("دیر") for row in store.stream_feedback(Filters())] == [True]


def test_a_chunk_is_written_whole_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, feedback("دیر", "دیر"))
    tag_all(store)
    insert = Session.insert

    def failing(self: Session, table: str, columns: dict[str, list[object]]) -> None:
        if table == "tag":
            raise RuntimeError
        insert(self, table, columns)

    monkeypatch.setattr(Session, "insert", failing)
    with pytest.raises(RuntimeError):
        store.write_tags([(1, tags("دیر", "fake-2")), (2, tags("دیر", "fake-2"))])
    assert [row.tags for row in store.stream_feedback(Filters())] == [tags("دیر"), tags("دیر")]


def test_many_threads_write_read_and_delete_at_once(store: Store) -> None:
    wrong: list[BaseException] = []

    def run(number: int) -> None:
        try:
            for turn in range(4):
                batch = add(store, feedback("دیر", "عالی", "خوب"), f"{number}-{turn}")
                ids = [row.id for row in store.stream_feedback(Filters(batch=(batch.id,)))]
                store.write_tags([(int(each[1:]), tags("دیر")) for each in ids])
                assert store.get_batch(batch.id).tagged == 3
                store.find_feedback(Filters(sentiment=("neutral",)))
                if turn % 2:
                    store.delete_batch(batch.id)
        except BaseException as error:
            wrong.append(error)

    threads = [Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    counts = "SELECT (SELECT count(*) FROM feedback), (SELECT count(*) FROM tagging), (SELECT count(DISTINCT seq) FROM tag)"
    assert store.select(counts, {}) == [(36, 36, 36)]


def test_rows_from_before_the_probability_of_the_sentiment_have_none_until_they_are_tagged_anew(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback("پیک دیر اومد", "عالی بود"))
        tag_all(store)
        assert store.get_feedback("f1").tags == tags("پیک دیر اومد")
        with store._database.writing() as session:
            session.run(f"{BEFORE_PROBABILITY} DELETE FROM schema_version WHERE version > 14")
    with open_store(tmp_path / "voc.duckdb") as store:
        assert store.get_feedback("f1").tags == replace(tags("پیک دیر اومد"), sentiment_probability=None)
        store.write_tags([(1, tags("پیک دیر اومد", "fake-2"))])
        assert [each.tags and each.tags.sentiment_probability for each in store.stream_feedback(Filters())] == [0.8, None]
