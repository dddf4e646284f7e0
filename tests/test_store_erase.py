"""What is erased is gone from the tables, from the counts, from the file, and does not come back; nothing else goes."""

# ruff: noqa: S608  the names in the SQL are our own

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from tests import engines
from tests.disk import flush, has_on_disk, keep_uncompressed
from tests.fakes import FakeTagger
from tests.stores import ROOT, TEHRAN, add, feedback, key_of, lines_until_killed, open_store, tag_all
from voc.engine import Engine, Keeper
from voc.errors import NotFoundError, StoreError
from voc.ingest import open_feedback
from voc.records import Batch, Feedback, TaggedFeedback, Tags
from voc.store import Filters, SetAside, Store
from voc.store.erase import ROW_TABLES
from voc.store.files import locked

pytestmark = pytest.mark.usefixtures("engine")

LETTERS = "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
NOW = datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


def of(customer: str | None, text: str, line: int = 2, at: datetime | None = None) -> Feedback:
    return Feedback(text, line, customer_id=customer, occurred_at=at)


def texts(store: Store) -> list[str]:
    return [row.feedback.text for row in store.stream_feedback(Filters())]


def counts(store: Store) -> dict[str, int]:
    found = {table: store.select(f"SELECT count(*) FROM {table}", {})[0][0] for table in ROW_TABLES}
    return {table: rows for table, rows in found.items() if rows}


def test_a_customer_goes_with_all_that_came_of_them(store: Store) -> None:
    one = add(store, [of("م-۱", "پیک دیر اومد"), of("م-۲", "سریع رسید"), of("م-۱", "خیلی گرون")], "یک")
    two = add(store, [of("م-۱", "پشتیبانی جواب نداد"), of(None, "کیفیت خوبه")], "دو")
    tag_all(store)
    store.write_tags([(5, FakeTagger().tag(["کیفیت خوبه"])[0])])
    store.set_aside([SetAside(4, "…")], FakeTagger("fake-2").identity)
    assert store.erase_customer(" م-۱ ") == 3
    assert texts(store) == ["سریع رسید", "کیفیت خوبه"]
    assert counts(store) == {"tag": 2, "tagging": 2, "feedback": 2}
    # received and accepted stay what came in: 3 = 3 + 0, of which 3 - 2 are there and tagged; 2 = 2 + 0, of which 2 - 1
    for batch_id, expected in ((one.id, (3, 3, 0, 2, 1, "done")), (two.id, (2, 2, 0, 1, 1, "done"))):
        batch = store.get_batch(batch_id)
        assert (batch.received, batch.accepted, batch.rejected, batch.erased, batch.tagged, batch.status) == expected
    with pytest.raises(NotFoundError) as refused:
        store.erase_customer("م-۱")
    assert "م-۱" not in refused.value.message


@pytest.mark.parametrize("asked", ["م-123", "م-۱۲۳", "م-١٢٣", "م-１２３", "م\u200c-۱۲3", "\u200fم-123\u200e"])
def test_an_id_is_the_same_in_other_digits_and_with_half_spaces(store: Store, asked: str) -> None:
    same = ["م-123", "م-۱۲۳", "م-١٢٣", "م\u200c-123", "\u200eم-١۲3"]
    others = ["م-1230", "م-12", "م123", "م -123", "123", "م-132", None]
    batch = add(store, [of(each, f"دیر {n}", n) for n, each in enumerate([*same, *others], 2)])
    kept = [row.feedback.customer_id for row in store.stream_feedback(Filters())]
    assert kept == [*same, *others]  # as they came
    assert store.erase_customer(asked) == len(same)
    assert [row.feedback.customer_id for row in store.stream_feedback(Filters())] == others
    assert store.get_batch(batch.id).erased == len(same)


def test_progress_counts_what_is_there(store: Store) -> None:
    batch = add(store, [of("الف", "دیر شد"), of("ب", "سریع بود"), of("ب", "خوب بود"), of("ج", "گرون")])
    store.current = identity = FakeTagger().identity
    store.write_tags([(2, FakeTagger().tag(["سریع بود"])[0])])
    assert store.erase_customer("الف") == 1
    assert (store.get_batch(batch.id).status, store.count_waiting(batch.id, identity)) == ("tagging", 2)
    store.set_aside([SetAside(3, "…")], identity)
    assert store.erase_customer("ج") == 1
    assert (store.get_batch(batch.id).status, store.count_waiting(batch.id, identity)) == ("done", 0)
    assert store.erase_customer("ب") == 2
    assert (store.get_batch(batch.id).status, store.get_batch(batch.id).erased) == ("done", 4)
    assert store.pending(identity, after=0, limit=9) == []
    add(store, feedback("تازه رسید"), "بعدی")
    assert [row.seq for row in store.pending(identity, after=0, limit=9)] == [5]


def test_the_same_file_again_brings_nobody_back(store: Store) -> None:
    rows = [of("الف", "دیر شد"), of("ب", "سریع بود")]
    batch = add(store, rows)
    store.erase_customer("الف")
    assert add(store, rows).id == batch.id
    assert texts(store) == ["سریع بود"]


def test_every_table_with_rows_by_number_is_known(store: Store) -> None:
    sql = (
        "SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)"
        " WHERE column_name = 'seq' AND table_type = 'BASE TABLE'"  # views have no rows of their own
    )
    found = store.select(sql, {})
    assert {table for (table,) in found} == {*ROW_TABLES, "audit"}  # which numbers its own entries


def test_refused_rows_and_notices_name_no_customer(store: Store, tmp_path: Path) -> None:
    ids = [f"CUST-{n}-زهره" for n in range(6)]
    cells = [("", "5"), ("خوب بود", "99"), ("بد نبود", "نه"), ("دیر رسید", "2"), ("x" * 300, "1"), ("عالی", "1/2")]
    path = tmp_path / "نظرها.csv"
    path.write_text("شناسه مشتری,نظر,NPS\n" + "".join(f"{i},{t},{n}\n" for i, (t, n) in zip(ids, cells, strict=True)), "utf-8")
    source = open_feedback(path, name=path.name, mapping=None, zone=TEHRAN, max_text_chars=200)
    batch = store.add_batch(
        name=path.name, content_key="k" * 64, source=source, columns=source.columns, notices=lambda: source.notices
    )
    assert batch.rejected >= 3
    kept = [store.select(f"SELECT * FROM {table}", {}) for table in ("reject", "batch", "idempotency")]
    assert not any(each in str(kept) for each in ids)


def test_rows_go_by_their_own_time_or_that_of_their_arrival(store: Store) -> None:
    edge = datetime(2026, 3, 1, tzinfo=UTC)
    batch = add(
        store,
        [
            of("الف", "قدیمی", at=edge - timedelta(seconds=1)),
            of("الف", "لب مرز", at=edge),
            of(None, "تازه", at=edge + timedelta(days=3)),
            of("ب", "بی‌تاریخ"),
        ],
    )
    assert store.erase_older(edge) == 1
    assert texts(store) == ["لب مرز", "تازه", "بی‌تاریخ"]
    assert store.erase_older(edge) == 0
    assert store.erase_older(batch.created_at) == 2
    assert texts(store) == ["بی‌تاریخ"]  # it came with the batch: at that moment, not before
    assert store.erase_older(datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert store.get_batch(batch.id).erased == 4


class _HeldTagger(FakeTagger):
    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = Event(), Event()

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        self.asked.set()
        assert self.go.wait(10)
        return super().tag(texts)


def test_what_the_engine_has_in_hand_does_not_come_back(store: Store) -> None:
    batch = add(store, [of("الف", "پیک دیر اومد"), of("ب", "سریع رسید")])
    tagger = _HeldTagger()
    store.current = tagger.identity
    engine = Engine(store, tagger)
    engine.start()
    assert tagger.asked.wait(10)
    store.erase_customer("الف")
    store.rewrite()
    tagger.go.set()
    assert engine.wait_idle(10)
    engine.stop(5)
    assert counts(store) == {"tag": 1, "tagging": 1, "feedback": 1}
    assert store.get_batch(batch.id).tagged == 1


def marked(store: Store, seed: int, times: int) -> bytes:
    """A word that stands in no other text, in the text of customer «الف» among many others."""
    chance = random.Random(seed)  # noqa: S311
    word = "".join(chance.choices(LETTERS, k=40))
    rows = [of(f"م{n}", " ".join("".join(chance.choices(LETTERS, k=5)) for _ in range(8)), n) for n in range(3_000)]
    rows[1_700] = of("الف", f"{word} " * times, 1_700)
    add(store, rows, "نظرها")
    return word[8:32].encode()


def on_disk(folder: Path, word: bytes) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and word in path.read_bytes())


def as_it_comes(store: Store) -> None:
    pass


@pytest.mark.parametrize(
    ("prepare", "times"),
    [(keep_uncompressed, 1), (keep_uncompressed, 300), (as_it_comes, 300)],
    ids=["short", "long", "compressed"],
)
def test_erased_words_leave_the_file(tmp_path: Path, prepare: Callable[[Store], None], times: int) -> None:
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        prepare(store)
        word = marked(store, 5, times)
        flush(store)
        store.erase_customer("الف")
        flush(store)
        compressed = prepare is as_it_comes and engines.chosen == "postgres"
        assert compressed or has_on_disk(path, word)  # deleting alone does not do it
        assert store.rewrite_due_since() is not None
        store.rewrite()
        flush(store)
        assert not has_on_disk(path, word)
        assert store.rewrite_due_since() is None
        assert len(texts(store)) == 2_999
    assert [each.name for each in tmp_path.iterdir()] == (["voc.duckdb"] if engines.chosen == "duckdb" else [])
    with open_store(path) as store:
        assert store.get_feedback("f3000").feedback.line == 2_999
        assert add(store, feedback("باز هم می‌نویسه"), "بعدی").accepted == 1


@pytest.mark.engines("duckdb")
def test_words_that_are_in_the_log_alone_leave_it_too(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        word = "ژاله‌پگاه۷۳۹۱"
        add(store, [of("الف", f"{word} گفت دیر شد")])
        assert on_disk(tmp_path, word.encode()) == ["voc.duckdb.wal"]
        store.erase_customer("الف")
        assert on_disk(tmp_path, word.encode()) == ["voc.duckdb.wal"]
        store.rewrite()
        assert on_disk(tmp_path, word.encode()) == []


def test_a_deleted_batch_leaves_the_file_as_well(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    with open_store(path) as store:
        keep_uncompressed(store)
        word = marked(store, 6, 300)
        add(store, feedback("می‌ماند"), "دو")
        store.delete_batch(store.list_batches().items[1].id)
        flush(store)
        assert has_on_disk(path, word)
        assert store.rewrite_due_since() is not None
        store.rewrite()
        flush(store)
        assert not has_on_disk(path, word)
        assert texts(store) == ["می‌ماند"]


@pytest.mark.engines("duckdb")
def test_what_a_killed_process_left_beside_the_file_goes(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    open_store(path).close()
    for folder in ("voc.duckdb.copy", "voc.duckdb.tmp"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "copy.duckdb").write_text("نیمه‌کاره")
    open_store(path).close()
    assert [each.name for each in tmp_path.iterdir()] == ["voc.duckdb"]


@pytest.mark.engines("duckdb")
def test_the_new_file_has_the_rights_of_the_old_and_its_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    path = tmp_path / "disk" / "real.duckdb"
    open_store(path).close()
    path.chmod(0o640)
    (tmp_path / "voc.duckdb").symlink_to(path)
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback("خوب"))
        store.rewrite()
        assert texts(store) == ["خوب"]
    assert (tmp_path / "voc.duckdb").is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.engines("duckdb")
def test_a_busy_database_is_rewritten_later(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.store.duckdb_file.PATIENCE_S", 0.05)
    add(store, [of("الف", "دیر شد"), of("ب", "خوب")])
    store.erase_customer("الف")
    for session in (store._database.reading, store._database.writing):
        with session(), pytest.raises(StoreError, match="busy"):
            store.rewrite()
        assert texts(store) == ["خوب"]
    assert store.rewrite_due_since() is not None
    assert not (tmp_path / "voc.duckdb.copy").exists()
    store.rewrite()
    assert (texts(store), store.rewrite_due_since()) == (["خوب"], None)


@pytest.mark.engines("duckdb")
def test_another_process_that_wrote_meanwhile_is_not_overwritten(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between letting the file go and exchanging it: what another process wrote in that moment must stay."""
    path = tmp_path / "voc.duckdb"
    add(store, feedback("اولی"))
    code = (
        "import sys; from pathlib import Path; from tests.stores import add, feedback, open_store;"
        "store = open_store(Path(sys.argv[1])); add(store, feedback('دومی'), 'دو'); store.close()"
    )

    def late(path: Path) -> object:
        subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=True)
        return locked(path)

    monkeypatch.setattr("voc.store.duckdb_file.locked", late)
    with pytest.raises(StoreError, match="another process"):
        store.rewrite()
    monkeypatch.undo()
    assert texts(store) == ["اولی", "دومی"]
    store.rewrite()
    assert texts(store) == ["اولی", "دومی"]
    assert path.exists()


def test_readers_and_writers_lose_nothing_while_the_file_is_exchanged(store: Store) -> None:
    wrong: list[BaseException] = []
    stop = Event()

    def run(number: int) -> None:
        try:
            for turn in range(5):
                batch = add(store, [of(f"م{number}", "دیر"), of("گذرا", "عالی")], f"{number}-{turn}")
                store.write_tags([(int(row.id[1:]), FakeTagger().tag(["دیر"])[0]) for row in page(store, batch)])
        except BaseException as error:
            wrong.append(error)

    def read() -> None:
        try:
            while not stop.is_set():
                assert store.find_feedback(Filters(sentiment=("neutral",))).items is not None
        except BaseException as error:
            wrong.append(error)

    threads = [Thread(target=run, args=(number,)) for number in range(3)]
    reader = Thread(target=read)
    for thread in (*threads, reader):
        thread.start()
    rewritten = 0
    while any(thread.is_alive() for thread in threads):
        store.rewrite()
        rewritten += 1
        time.sleep(0.02)
    stop.set()
    for thread in (*threads, reader):
        thread.join()
    assert wrong == []
    assert rewritten > 1
    assert store.select("SELECT count(*), count(DISTINCT seq) FROM feedback", {}) == [(30, 30)]
    assert store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {}) == [(30, 30)]
    assert store.erase_customer("گذرا") == 15


def page(store: Store, batch: Batch) -> Sequence[TaggedFeedback]:
    return store.find_feedback(Filters(batch=(batch.id,))).items


KILLED = """
import sys
from pathlib import Path
from tests.stores import add, open_store
from voc.records import Feedback
store = open_store(Path(sys.argv[1]))
start = int(sys.argv[2])
for n in range(start, start + 100_000):
    add(store, [Feedback("می‌ماند", 2, customer_id="م"), Feedback("رفتنی", 3, customer_id=f"گ{n}")], f"{n}")
    print("added", n, flush=True)
    store.erase_customer(f"گ{n}")
    print("erased", n, flush=True)
    store.rewrite()
    print("rewritten", n, flush=True)
"""


def test_killed_at_any_moment_no_accepted_row_is_lost_and_no_erased_one_returns(tmp_path: Path) -> None:
    path, chance = tmp_path / "voc.duckdb", random.Random(11)  # noqa: S311
    start, said = 0, set[tuple[str, int]]()
    longest_s = 1.0 if engines.chosen == "duckdb" else 4.0  # writing all tables of a server anew takes a second
    for _ in range(5):
        lines = lines_until_killed(KILLED, path, start, seconds=chance.random() * longest_s)
        said |= {(what, int(number)) for what, number in lines}
        with open_store(path) as store:
            there = {(row.feedback.text, row.batch_id) for row in store.stream_feedback(Filters())}
            for what, number in said:
                batch = store.find_batch(content_key=key_of(f"{number}"))
                assert batch is not None
                assert (batch.accepted, ("می‌ماند", batch.id) in there) == (2, True)
                if what == "erased":
                    assert ("رفتنی", batch.id) not in there
                    assert batch.erased == 1
        start = max(number for _, number in said) + 2
    assert {what for what, _ in said} == {"added", "erased", "rewritten"}
    assert [each.name for each in tmp_path.iterdir()] == (["voc.duckdb"] if engines.chosen == "duckdb" else [])


def test_the_keeper_sweeps_daily_and_waits_for_a_quiet_moment(store: Store) -> None:
    add(store, [of("الف", "کهنه", at=NOW - timedelta(days=31)), of("ب", "نو", at=NOW - timedelta(days=29, hours=12))])
    tagger = _HeldTagger()
    engine = Engine(store, tagger)
    keeper = Keeper(store, engine, retention_days=30)
    engine.start()
    assert tagger.asked.wait(10)
    keeper.look(NOW)
    assert texts(store) == ["نو"]
    since = store.rewrite_due_since()
    assert since is not None  # the engine is at work
    keeper.look(since + timedelta(minutes=11))
    assert store.rewrite_due_since() is None  # but not for ever
    tagger.go.set()
    assert engine.wait_idle(10)
    keeper.look(NOW + timedelta(hours=23))
    assert texts(store) == ["نو"]  # 30 days and 11 hours old, but the sweep of this day has been
    keeper.look(NOW + timedelta(hours=24))
    assert texts(store) == []
    assert store.rewrite_due_since() is None
    engine.stop(5)


def test_without_an_age_the_keeper_erases_nothing(store: Store) -> None:
    add(store, [of("الف", "خیلی کهنه", at=NOW - timedelta(days=20_000))])
    engine = Engine(store, FakeTagger())
    keeper = Keeper(store, engine, retention_days=0)
    keeper.start()
    keeper.look(NOW)
    keeper.stop(5)
    engine.stop(5)
    assert texts(store) == ["خیلی کهنه"]
