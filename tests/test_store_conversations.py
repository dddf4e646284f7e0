"""Conversations in the store: they come back as they were given, count like any row, and leave nothing behind."""

# ruff: noqa: S608  the names in the SQL are our own

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.disk import flush, has_on_disk, keep_uncompressed
from tests.fakes import FakeTagger
from tests.spoken import CALL, CHAT, conversation
from tests.stores import BEFORE_CHANGES, add, database, feedback, open_store, tag_all
from voc.engine import Engine, WorkerPool, tag_stream
from voc.engine.crew import item_of, tag_items
from voc.errors import InputError
from voc.kpis import compute_kpis
from voc.records import Feedback, Tags, Turn
from voc.store import Filters, Store
from voc.store.backup import restore
from voc.store.database import Session
from voc.store.erase import ROW_TABLES

pytestmark = pytest.mark.usefixtures("engine")

FAKE = FakeTagger().identity
OWN_TABLES = ("conversation", "turn", "conversation_tagging", "turn_tagging")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


def mixed() -> list[Feedback]:
    return [
        Feedback("پیک دیر اومد ولی مؤدب بود", 2, customer_id="م-۱"),
        conversation(CALL, 3, customer_id="م-۲", agent_id="ک-۷", channel="phone", transfers=1, handle_s=70.0),
        Feedback("قیمتش گرون بود", 4, customer_id="م-۲"),
        conversation(CHAT, 5, customer_id="م-۱", speakers_sure=0.83, handle_s=45.5),
    ]


def tagged(rows: list[Feedback]) -> list[Tags]:
    return tag_items(FakeTagger(), list(map(item_of, rows)))


def counts(store: Store) -> dict[str, int]:
    return {table: store.select(f"SELECT count(*) FROM {table}", {})[0][0] for table in ROW_TABLES}


def refusing(table: str) -> Callable[..., None]:
    """An insert that fails at one table."""
    insert = Session.insert

    def failing(self: Session, into: str, columns: dict[str, list[object]]) -> None:
        if into == table:
            raise RuntimeError
        insert(self, into, columns)

    return failing


def test_they_come_back_as_they_were_given(store: Store) -> None:
    rows = mixed()
    add(store, rows)
    assert [row.feedback for row in store.stream_feedback(Filters())] == rows
    assert all(row.tags is None for row in store.stream_feedback(Filters()))
    tag_all(store)
    page = store.find_feedback(Filters()).items[::-1]
    assert [row.feedback for row in page] == rows
    assert [row.tags for row in page] == tagged(rows) == [row.tags for row in store.stream_feedback(Filters())]
    one = store.get_feedback("f2")
    assert (one.feedback, one.tags) == (rows[1], tagged(rows)[1])
    assert one.tags is not None
    assert one.tags.conversation is not None
    shown = [CALL[turn].text[start:end] for move in one.tags.conversation.moves for turn, start, end in move.evidence]
    assert shown == ["سلام", "شرمنده", "خودم پیگیری", "هدیه"]


def test_what_the_tables_say(store: Store) -> None:
    add(store, [feedback("پیک دیر اومد")[0], conversation(CALL), conversation(CHAT)])
    tag_all(store)
    # The customer speaks 5 + 2 + 2 + 4 s, the agent 3 + 4 + 3; the agent begins at 11, the customer ends at 12.
    assert store.select("SELECT * FROM conversation ORDER BY seq", {}) == [
        (2, 7, None, 56, 13, 10, 34, 30, 1),
        (3, 3, None, 120, None, None, None, None, None),
    ]
    responses = "SELECT seq, position, response_s FROM turn WHERE response_s IS NOT NULL ORDER BY seq, position"
    assert store.select(responses, {}) == [(2, 3, 0), (2, 5, 1), (3, 1, 90)]
    assert store.select("SELECT seq, handle_s FROM feedback ORDER BY seq", {}) == [(1, None), (2, 56), (3, 120)]
    assert store.select(
        "SELECT seq, sentiment_start, sentiment_end, effort_level FROM conversation_tagging ORDER BY 1", {}
    ) == [
        (2, "negative", "positive", "high"),
        (3, "neutral", "neutral", "low"),
    ]
    turns = "SELECT position, sentiment FROM turn_tagging WHERE seq = 2 ORDER BY position"
    assert store.select(turns, {}) == [(1, "negative"), (2, "neutral"), (4, "neutral"), (6, "positive")]
    assert store.select("SELECT code FROM tag WHERE kind = 'move' AND seq = 3", {}) == [("teaches_use",)]


def test_a_page_costs_the_same_few_queries(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, [conversation(CALL, line) for line in range(2, 40)])
    tag_all(store)
    asked: list[str] = []
    query = Session.query

    def counting(self: Session, sql: str, parameters: Any = None) -> Any:
        asked.append(sql)
        return query(self, sql, parameters)

    monkeypatch.setattr(Session, "query", counting)
    assert len(store.find_feedback(Filters(), limit=30).items) == 30
    assert len(asked) == 6


def test_what_waits_has_its_turns(store: Store) -> None:
    rows = mixed()
    add(store, rows)
    waiting = store.pending(FAKE, after=0, limit=3)
    assert [(row.seq, row.text, row.turns) for row in waiting] == [
        (n, row.text, row.turns) for n, row in enumerate(rows[:3], 1)
    ]
    store.write_tags([(2, tagged(rows)[1])])
    assert [row.seq for row in store.pending(FAKE, after=0, limit=9)] == [1, 3, 4]


def test_new_tags_leave_none_of_the_old(store: Store) -> None:
    add(store, mixed())
    tag_all(store)
    quiet = (Turn("customer", "مرسی"), *CALL[1:])
    (tags,) = FakeTagger("fake-2").tag_conversations([quiet])
    store.write_tags([(2, tags)])
    assert store.get_feedback("f2").tags == tags
    before = counts(store)
    store.write_tags([(2, tags)])
    assert counts(store) == before


def test_text_tags_alone_are_no_tags_of_a_conversation(store: Store) -> None:
    add(store, [conversation(CALL)])
    (tags,) = FakeTagger().tag(["دیر رسید"])
    store.write_tags([(1, tags)])
    assert store.get_feedback("f1").tags == tags


@pytest.mark.parametrize(
    ("filters", "lines"),
    [
        (Filters(kind=("conversation",)), [3, 5]),
        (Filters(kind=("feedback",)), [2, 4]),
        (Filters(kind=("feedback", "conversation")), [2, 3, 4, 5]),
        (Filters(kind=("conversation", "conversation"), effort=("easy",)), [5]),
        (Filters(reason=("delivery",)), [2, 3]),
        (Filters(sentiment=("negative",), kind=("conversation",)), []),  # the whole call is glad: its last word counts first
        (Filters(resolution=("resolved",)), [3]),
        (Filters(q="زنگ زدم"), [3]),
        (Filters(q="شرمنده"), []),  # the agent's words are not the customer's
    ],
)
def test_filters_take_them_like_any_row(store: Store, filters: Filters, lines: list[int]) -> None:
    add(store, mixed())
    tag_all(store)
    assert [row.feedback.line for row in store.stream_feedback(filters)] == lines


@pytest.mark.parametrize("filters", [Filters(effort=("apology",)), Filters(loyalty=("apology",)), Filters(reason=("apology",))])
def test_a_move_is_no_cue(store: Store, filters: Filters) -> None:
    with pytest.raises(InputError):
        store.find_feedback(filters)


def test_an_unknown_kind_lists_the_known(store: Store) -> None:
    with pytest.raises(InputError) as refused:
        store.find_feedback(Filters(kind=("call",)))
    assert refused.value.options == ("feedback", "conversation")


def test_moves_change_no_figure_of_cues(store: Store) -> None:
    """Two texts have cues of effort: one hard, one easy; the third conversation has moves alone."""
    add(store, [conversation(CALL), conversation(CHAT), conversation((Turn("customer", "مرسی"), Turn("agent", "سلام")))])
    tag_all(store)
    share, net = compute_kpis(store, ("text_effort_share", "text_effort_net"))
    assert (share.value, share.n) == (1 / 3, 3)
    assert (net.value, net.n) == (0, 2)


def test_a_batch_is_taken_whole_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "insert", refusing("turn"))
    with pytest.raises(RuntimeError):
        add(store, mixed())
    assert set(counts(store).values()) == {0}


@pytest.mark.parametrize("table", ["tag", "conversation_tagging", "turn_tagging"])
def test_tags_are_written_whole_or_not_at_all(store: Store, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, mixed())
    tag_all(store)
    old = [row.tags for row in store.stream_feedback(Filters())]
    monkeypatch.setattr(Session, "insert", refusing(table))
    with pytest.raises(RuntimeError):
        store.write_tags(list(enumerate(tag_items(FakeTagger("fake-2"), list(map(item_of, mixed()))), 1)))
    assert [row.tags for row in store.stream_feedback(Filters())] == old


def by_customer(store: Store) -> None:
    store.erase_customer("م-۱")
    store.erase_customer("م-۲")


def by_age(store: Store) -> None:
    store.erase_older(datetime.now(UTC) + timedelta(days=1))


def by_batch(store: Store) -> None:
    store.delete_batch(store.list_batches().items[0].id)


@pytest.mark.parametrize("erase", [by_customer, by_age, by_batch])
def test_nothing_of_them_is_left(tmp_path: Path, erase: Callable[[Store], None]) -> None:
    words = ["ژاله‌پگاه۷۳۹۱", "شهرزادِ۵۲۸"]
    turns = (Turn("customer", f"اسمم {words[0]} هست دیر شد", 0, 2), Turn("agent", f"شرمنده خانم {words[1]}", 3, 4)) * 400
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        keep_uncompressed(store)
        add(store, [conversation(turns, 2, customer_id="م-۱"), *mixed()[1:]])
        tag_all(store)
        assert all(counts(store)[table] for table in OWN_TABLES)
        flush(store)
        assert all(has_on_disk(path, word.encode()) for word in words)
        erase(store)
        assert set(counts(store).values()) == {0}
        store.rewrite()
        flush(store)
        assert not any(has_on_disk(path, word.encode()) for word in words)


def test_others_stay_when_a_customer_goes(store: Store) -> None:
    add(store, mixed())
    tag_all(store)
    store.erase_customer("م-۱")
    store.rewrite()
    assert [row.feedback for row in store.stream_feedback(Filters())] == mixed()[1:3]
    assert [row.tags for row in store.stream_feedback(Filters())] == tagged(mixed())[1:3]
    assert {table: counts(store)[table] for table in OWN_TABLES} == {
        "conversation": 1, "turn": 7, "conversation_tagging": 1, "turn_tagging": 4,
    }  # fmt: skip


def test_a_backup_has_them(store: Store, tmp_path: Path) -> None:
    add(store, mixed())
    tag_all(store)
    manifest = store.back_up(tmp_path / "b.duckdb")
    assert {table: manifest.tables[table] for table in OWN_TABLES} == {
        "conversation": 2, "turn": 10, "conversation_tagging": 2, "turn_tagging": 6,
    }  # fmt: skip
    restore(tmp_path / "b.duckdb", database(tmp_path / "new.duckdb"), force=False, now=datetime.now(UTC))
    with open_store(tmp_path / "new.duckdb") as restored:
        assert list(restored.stream_feedback(Filters())) == list(store.stream_feedback(Filters()))


@pytest.mark.engines("duckdb")
def test_a_database_of_before_conversations_opens_with_its_rows(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback("پیک دیر اومد", "عالی بود"))
        with store._database.writing() as session:
            session.run(BEFORE_CHANGES)
            session.run("; ".join(f"DROP TABLE {table}" for table in (*OWN_TABLES, "agent", "original")))
            session.run("ALTER TABLE store_state DROP COLUMN agents_shown; DELETE FROM schema_version WHERE version > 4")
            session.run("INSERT INTO tagging VALUES (1, 'fake-1', 'v1', 'persian', 'negative', -0.9, NULL, NULL, now())")
            session.run("INSERT INTO tag VALUES (1, 'reason', 'delivery.time', 'negative', 0, 0.9, '[[4,7]]')")
    with open_store(tmp_path / "voc.duckdb") as store:
        first, second = store.stream_feedback(Filters())
        assert (first.feedback.text, second.feedback.text, second.tags) == ("پیک دیر اومد", "عالی بود", None)
        assert first.tags is not None
        assert [reason.code for reason in first.tags.reasons] == ["delivery.time"]
        assert [row.seq for row in store.pending(FAKE, after=0, limit=9)] == [2]
        add(store, [conversation(CALL, handle_s=1.0)], "تازه")
        tag_all(store)
        assert store.get_feedback("f3").feedback == conversation(CALL, handle_s=1.0)


def load_fake(model: str) -> FakeTagger:
    return FakeTagger(model or "fake-1")


@pytest.mark.parametrize("workers", [0, 2], ids=["here", "processes"])
def test_the_engine_tags_them_among_texts(store: Store, workers: int) -> None:
    rows = [row for line in range(150) for row in (*mixed(), conversation(CALL * 30, line))]
    batch = add(store, rows)
    store.current = FAKE
    engine = Engine(store, WorkerPool(workers=workers, load=load_fake, identity=FAKE) if workers else FakeTagger())
    engine.start()
    assert engine.wait_idle(30)
    engine.stop(5)
    assert store.get_batch(batch.id).status == "done"
    assert [row.tags for row in store.stream_feedback(Filters())] == tagged(rows)


@pytest.mark.engines
def test_a_stream_tags_them_in_order() -> None:
    rows = mixed() * 100
    assert list(tag_stream(rows, FakeTagger())) == list(zip(rows, tagged(rows), strict=True))


words = st.text(alphabet="دیرعالیمنتظر سلام\u200c۱a", min_size=1, max_size=12).filter(str.strip)
times = st.none() | st.floats(0, 1e6)
some_turns = st.lists(st.builds(Turn, st.sampled_from(("customer", "agent")), words, times, times), min_size=1, max_size=8).map(
    lambda turns: (*turns, Turn("customer", "همین"))
)


@given(st.lists(some_turns, max_size=4), st.sampled_from([None, 0.0, 0.5, 1.0]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_turns_come_back(store: Store, spoken: list[tuple[Turn, ...]], sure: float | None) -> None:
    rows = [conversation(turns, line, speakers_sure=sure, handle_s=3.0) for line, turns in enumerate(spoken, 2)]
    batch = add(store, [*rows, Feedback("خوب بود", 99)], repr(rows))
    tag_all(store)
    found = list(store.stream_feedback(Filters(batch=(batch.id,))))
    assert [row.feedback for row in found[:-1]] == rows
    assert [row.tags for row in found] == tagged([row.feedback for row in found])
