"""Batches arrive whole or not at all, outlive a killed process, say how far they have come, and go without a trace."""

# ruff: noqa: S608  the names in the SQL are our own

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest

from tests import engines
from tests.fakes import FakeTagger
from tests.stores import TEHRAN, add, feedback, key_of, open_store, tag_all
from voc.errors import ConflictError, InputError, NotFoundError
from voc.records import Column, Feedback, Notice, Reject
from voc.store import Filters, SetAside, Store
from voc.store.arrival import ROWS_AT_ONCE
from voc.tagging import ModelIdentity

pytestmark = pytest.mark.usefixtures("engine")

ROOT = Path(__file__).parent.parent
FAKE = FakeTagger().identity


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


FULL = Feedback(
    text="کیفیت\u200cش عالی بود\0 ولی «گرون» 🙂",
    line=7,
    external_id="A-۱۲",
    customer_id="c1",
    agent_id="a1",
    channel="تلفن",
    occurred_at=datetime(2026, 5, 4, 0, 15, 30, 123456, TEHRAN),
    first_response_at=datetime(2026, 5, 4, 9, tzinfo=TEHRAN),
    resolved_at=datetime(2021, 8, 1, 12, tzinfo=TEHRAN),  # summer time
    handle_s=12.5,
    wait_s=0.0,
    abandoned=False,
    transfers=0,
    cost=1.1,
    revenue=-3.0,
    nps=0,
    csat=4.5,
    ces=7.0,
    ves_1=1.0,
    ves_2=2.0,
    ees=5.0,
    referred=True,
    referral_sold=False,
    attributes={"شهر/استان": "قم", "$x": 1, "'": "'", "~": 1.5, "فعال": True, "": "بی‌نام"},
)


def test_what_goes_in_comes_out(store: Store) -> None:
    columns = (Column("متن", "text"), Column("شهر/استان", None, "attribute"))
    notices = (Notice("تاریخ", "two_calendars", "…", 3),)
    batch = add(store, [FULL, Reject(8, "متن", "empty", "…"), Feedback("خوب", 9)], columns=columns, notices=lambda: notices)
    assert (batch.received, batch.accepted, batch.rejected, batch.tagged) == (3, 2, 1, 0)
    assert (batch.columns, batch.notices, batch.status) == (columns, notices, "tagging")
    assert batch.id == "b" + key_of("نظرها.csv")[:12]
    assert abs(batch.created_at - datetime.now(UTC)) < timedelta(minutes=1)
    stored = store.get_feedback("f1")
    kept = FULL if engines.chosen == "duckdb" else replace(FULL, text=FULL.text.replace("\0", "\ufffd"))
    assert stored.feedback == kept
    assert stored.feedback.resolved_at
    assert str(stored.feedback.resolved_at) == "2021-08-01 12:00:00+04:30"
    assert (stored.id, stored.batch_id, stored.tags) == ("f1", batch.id, None)
    assert store.get_feedback("f2").feedback == Feedback("خوب", 9)


@pytest.mark.parametrize(
    ("at", "day", "hour"),
    [
        (datetime(2026, 5, 3, 20, 29, tzinfo=UTC), "2026-05-03", 23),
        (datetime(2026, 5, 3, 20, 30, tzinfo=UTC), "2026-05-04", 0),
        (datetime(2021, 8, 1, 19, 30, tzinfo=UTC), "2021-08-02", 0),  # summer time, which Iran gave up in 2022
    ],
)
def test_days_and_hours_are_local(store: Store, at: datetime, day: str, hour: int) -> None:
    add(store, [Feedback("کی جواب می‌دین؟", 2, occurred_at=at)])
    assert store.select("SELECT occurred_on::VARCHAR, occurred_hour FROM feedback", {}) == [(day, hour)]


def test_equal_texts_stay_apart(store: Store) -> None:
    batch = add(store, feedback("عالی", "عالی", "عالی"))
    assert batch.accepted == len(list(store.stream_feedback(Filters()))) == 3


def numbered(count: int) -> Iterator[Feedback]:
    return (Feedback(f"پیام {number}", number + 2) for number in range(count))


def test_rows_are_numbered_without_gaps_in_order(store: Store) -> None:
    first = add(store, numbered(ROWS_AT_ONCE + 10), "یک")
    second = add(store, numbered(5), "دو")
    lines = store.select("SELECT seq, line, batch_id FROM feedback ORDER BY seq", {})
    assert [(seq, line) for seq, line, batch in lines if batch == first.id] == [(n, n + 1) for n in range(1, ROWS_AT_ONCE + 11)]
    assert [seq for seq, _, batch in lines if batch == second.id] == list(range(ROWS_AT_ONCE + 11, ROWS_AT_ONCE + 16))


def test_the_number_of_a_deleted_row_is_never_given_again(store: Store) -> None:
    batch = add(store, feedback("بسته پاره بود", "جعبه له شده"))
    store.delete_batch(batch.id)
    add(store, feedback("بسته پاره بود"))
    with pytest.raises(NotFoundError):
        store.get_feedback("f1")
    assert store.get_feedback("f3").feedback.text == "بسته پاره بود"


def failing(rows: int, error: BaseException) -> Iterator[Feedback | Reject]:
    yield Reject(1, None, "bad", "…")
    yield from numbered(rows)
    raise error


@pytest.mark.parametrize("error", [InputError("line 5"), RuntimeError("x"), KeyboardInterrupt()])
@pytest.mark.parametrize("rows", [3, ROWS_AT_ONCE + 3])
def test_a_source_that_fails_leaves_nothing(store: Store, error: BaseException, rows: int) -> None:
    with pytest.raises(type(error)):
        add(store, failing(rows, error))
    for table in ("batch", "feedback", "reject"):
        assert store.select(f"SELECT count(*) FROM {table}", {}) == [(0,)]
    assert add(store, numbered(2)).accepted == 2
    assert store.get_feedback("f1").feedback.line == 2


@pytest.mark.parametrize(
    "row",
    [
        Feedback("خوب \ud800", 2),
        Feedback("خوب", 2, nps=99_999),
        Feedback("خوب", 2, attributes={"x": float("nan")}),
        Feedback("خوب", 2, attributes={"x": "\udfff"}),
    ],
)
def test_a_value_that_cannot_be_kept_is_an_error_that_leaves_nothing(store: Store, row: Feedback) -> None:
    with pytest.raises(InputError) as refused:
        add(store, [Feedback("عالی", 1), row])
    assert "خوب" not in refused.value.message
    assert store.list_batches().items == ()


def test_nothing_is_seen_before_all_is_there_and_tagging_goes_on_meanwhile(store: Store) -> None:
    first = add(store, feedback("دیر رسید"), "یک")
    half, go_on = Event(), Event()

    def slow() -> Iterator[Feedback]:
        yield from numbered(ROWS_AT_ONCE + 1)
        half.set()
        assert go_on.wait(10)

    thread = Thread(target=add, args=(store, slow(), "دو"))
    thread.start()
    assert half.wait(10)
    tag_all(store)
    assert store.get_batch(first.id).status == "done"
    assert [batch.id for batch in store.list_batches().items] == [first.id]
    assert store.select("SELECT count(*) FROM feedback", {}) == [(1,)]
    go_on.set()
    thread.join()
    assert store.select("SELECT count(*) FROM feedback", {}) == [(ROWS_AT_ONCE + 2,)]


def test_the_same_content_or_key_is_the_same_batch(store: Store) -> None:
    batch = add(store, feedback("خوب"), "یک", idempotency_key="k1")
    assert add(store, failing(0, RuntimeError("not read again")), "یک") == batch
    assert add(store, feedback("خوب"), "یک", idempotency_key="k1") == batch
    assert add(store, feedback("خوب"), "یک", idempotency_key="k2") == batch
    assert store.find_batch(idempotency_key="k1") == batch
    assert store.find_batch(content_key=key_of("یک")) == batch
    assert store.find_batch(content_key=key_of("دو")) is None
    assert store.recall_batch(content_key=key_of("یک"), idempotency_key="k3") == batch
    for key in ("k1", "k2", "k3"):
        assert store.find_batch(idempotency_key=key) == batch
        with pytest.raises(ConflictError, match=key):
            add(store, feedback("بد"), "دو", idempotency_key=key)
        with pytest.raises(ConflictError, match=key):
            store.recall_batch(content_key=key_of("دو"), idempotency_key=key)
    assert len(store.list_batches().items) == 1


def test_a_key_is_kept_with_its_batch_alone(store: Store) -> None:
    assert store.recall_batch(content_key=key_of("یک"), idempotency_key="k1") is None
    add(store, feedback("خوب"), "یک", idempotency_key="k1")
    store.delete_batch(add(store, feedback("خوب"), "یک", idempotency_key="k2").id)
    assert store.find_batch(idempotency_key="k1") is None
    assert add(store, feedback("بد"), "دو", idempotency_key="k2").accepted == 1
    assert store.select("SELECT key FROM idempotency", {}) == [("k2",)]


def test_the_same_content_sent_twice_at_once_is_one_batch(store: Store) -> None:
    threads = [Thread(target=add, args=(store, numbered(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.select("SELECT count(*) FROM feedback", {}) == [(500,)]


def test_status_follows_the_tags_of_the_current_model(store: Store) -> None:
    batch = add(store, feedback("دیر رسید", "عالی"))
    tag_all(store)
    assert (store.get_batch(batch.id).status, store.get_batch(batch.id).tagged) == ("done", 2)
    store.current = ModelIdentity("fake-2", "v1")
    assert (store.get_batch(batch.id).status, store.get_batch(batch.id).tagged) == ("tagging", 0)
    tags = store.get_feedback("f1").tags
    assert tags
    assert tags.model == "fake-1"  # shown until it is tagged anew
    assert store.count_waiting(batch.id, store.current) == 2
    tag_all(store, FakeTagger("fake-2"))
    assert store.get_batch(batch.id).status == "done"


def test_rows_that_are_set_aside_end_a_batch_with_a_notice(store: Store) -> None:
    store.current = FAKE
    batch = add(store, feedback("یک", "دو"))
    store.set_aside([SetAside(1, "a tagging process was ended by SIGKILL")], FAKE)
    assert store.get_batch(batch.id).status == "tagging"
    tag_all(store)
    done = store.get_batch(batch.id)
    assert (done.status, done.tagged, done.notices[0].code, done.notices[0].count) == ("done", 1, "set_aside", 1)
    assert "lines 2" in done.notices[0].message
    assert "SIGKILL" in done.notices[0].message
    other = add(store, feedback("سه"), "دو")
    store.set_aside([SetAside(3, "…")], FAKE)
    assert store.get_batch(other.id).status == "failed"


def test_a_batch_without_accepted_rows_is_done(store: Store) -> None:
    batch = add(store, [Reject(2, "متن", "empty", "…")])
    assert (batch.status, batch.received, batch.rejected) == ("done", 1, 1)


def test_deleting_takes_all_that_came_from_a_batch_and_nothing_else(store: Store) -> None:
    one = add(store, [*feedback("دیر رسید", "عالی"), Reject(9, None, "bad", "…")], "یک")
    two = add(store, [*feedback("پیک خوبه"), Reject(9, None, "bad", "…")], "دو")
    tag_all(store)
    store.set_aside([SetAside(1, "…"), SetAside(3, "…")], ModelIdentity("other", "v1"))
    store.delete_batch(one.id)
    assert [batch.id for batch in store.list_batches().items] == [two.id]
    for table in ("feedback", "tagging", "tag", "set_aside"):
        assert {seq for (seq,) in store.select(f"SELECT seq FROM {table}", {})} == {3}, table
    assert len(store.list_rejects(two.id).items) == 1
    for call in (store.get_batch, store.list_rejects, store.delete_batch):
        with pytest.raises(NotFoundError, match=one.id):
            call(one.id)
    assert add(store, feedback("دیر رسید"), "یک").id == one.id


def test_rejects_are_paged_in_order_of_lines(store: Store) -> None:
    rejects = [Reject(line, "تاریخ", "bad_date", "…") for line in range(30, 5, -1)]
    batch = add(store, rejects)
    other = add(store, [Reject(1, None, "bad", "…"), Reject(2, None, "bad", "…")], "دو")
    lines, cursor = [], None
    while True:
        page = store.list_rejects(batch.id, limit=10, cursor=cursor)
        lines += [reject.line for reject in page.items]
        if (cursor := page.next) is None:
            break
    assert lines == list(range(6, 31))
    with pytest.raises(InputError):
        store.list_rejects(batch.id, cursor=store.list_rejects(other.id, limit=1).next)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_rejects_of_one_line_are_paged_as_well(store: Store, limit: int) -> None:
    rejects = [Reject(line, None, code, "…") for line in (0, 4, 9) for code in ("bad_date", "empty_text", "text_too_long", "x")]
    batch, cursor, found = add(store, rejects), None, list[Reject]()
    while True:
        page = store.list_rejects(batch.id, limit=limit, cursor=cursor)
        found, cursor = [*found, *page.items], page.next
        if cursor is None:
            break
    assert found == rejects


def test_a_stream_of_rejects_is_whole_and_in_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.store.batches.REJECTS_AT_ONCE", 3)
    reasons = ["no_text", "bad_date", "bad_date"]  # a line may be refused for several reasons, or twice for one
    rejects = [Reject(line, None, code, "…") for line in (0, *range(40, 5, -7), 41, 10**9) for code in reasons]
    batch = add(store, rejects)
    add(store, [Reject(7, None, "bad", "…")], "دو")
    assert list(store.stream_rejects(batch.id)) == sorted(rejects, key=lambda reject: (reject.line, reject.code))
    assert list(store.stream_rejects(add(store, feedback("خوب"), "سه").id)) == []


KILLED = """
import sys, time
from pathlib import Path
from tests.stores import add, open_store
from voc.records import Feedback
store = open_store(Path(sys.argv[1]))
for n in (1, 2):
    batch = add(store, (Feedback(f"پیام {i}", i) for i in range(30_000)), f"{n}")
    print(batch.id, flush=True)
def endless():
    for i in range(10**9):
        if i == 60_000:
            print("half", flush=True)
        yield Feedback("نیمه", i)
add(store, endless(), "3")
"""


def test_a_batch_outlives_a_killed_process_and_a_half_one_does_not(tmp_path: Path) -> None:
    path = tmp_path / "voc.duckdb"
    with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        ids = [process.stdout.readline().strip() for _ in range(2)]
        assert process.stdout.readline() == "half\n"
        process.kill()
    with open_store(path) as store:
        assert [batch.id for batch in store.list_batches().items] == ids[::-1]
        assert [batch.accepted for batch in store.list_batches().items] == [30_000, 30_000]
        assert store.select("SELECT count(*), count(DISTINCT seq), max(seq) FROM feedback", {}) == [(60_000, 60_000, 60_000)]
        assert add(store, feedback("تازه"), "3").accepted == 1
        assert store.get_feedback("f60001").feedback.text == "تازه"


FULL_DISK = """
import random, resource, signal, sys
from pathlib import Path
from tests.stores import add, feedback, open_store
from voc.errors import StoreError
from voc.records import Feedback
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_store(Path(sys.argv[1])) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
    noise = random.Random(1)
    try:
        add(store, (Feedback(noise.randbytes(100).hex(), n) for n in range(30_000)), "1")
    except StoreError as error:
        print(error.code)
    add(store, feedback("جا شد"), "2")
"""


@pytest.mark.engines("duckdb")
def test_a_full_disk_is_an_error_and_the_store_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "voc.duckdb")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "disk_full\n"
    with open_store(tmp_path / "voc.duckdb") as store:
        assert [row.feedback.text for row in store.stream_feedback(Filters())] == ["جا شد"]


def test_a_batch_outlives_a_kill_right_after_its_answer(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from tests.stores import add, feedback, open_store;"
        "store = open_store(Path(sys.argv[1])); add(store, feedback('دیر رسید')); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "voc.duckdb")], cwd=ROOT, check=False)
    assert done.returncode == -9
    with open_store(tmp_path / "voc.duckdb") as store:
        assert store.get_feedback("f1").feedback.text == "دیر رسید"
