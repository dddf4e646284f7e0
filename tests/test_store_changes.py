"""Who follows the changes has exactly what the store has, whatever happens to it and whenever they ask."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.fakes import FakeTagger
from tests.spoken import CALL, conversation
from tests.stores import BEFORE_CHANGES, TEHRAN, add, database, empty, feedback, open_store, put_back, tag_all
from voc.engine import Engine, Keeper
from voc.engine.crew import item_of, tag_items
from voc.errors import GoneError, InputError
from voc.records import Feedback, TaggedFeedback
from voc.store import BEGINNING, Change, Filters, Store
from voc.store.changes import ROWS_AT_ONCE

pytestmark = pytest.mark.usefixtures("engine")

NOW: Final = datetime.now(UTC)


class Follower:
    """Someone who keeps a copy by applying changes, and never gets the same state of a row twice."""

    def __init__(self) -> None:
        self.rows: dict[str, TaggedFeedback] = {}
        self.since: str | None = None

    def ask(self, store: Store, limit: int = 2) -> bool:
        """Take one page; whether there is more."""
        page = store.find_changes(limit=limit, since=self.since)
        assert len({each.id for each in page.items}) == len(page.items) <= limit
        for each in page.items:
            self.apply(each)
        self.since = page.next
        return page.more

    def apply(self, change: Change) -> None:
        """Put one change into the copy."""
        if change.record is None:
            assert change.change == "deleted"
            self.rows.pop(change.id, None)
            return
        assert change.change == ("tagged" if change.record.tags else "stored")
        assert self.rows.get(change.id) != change.record, f"{change.id} came twice as it was"
        self.rows[change.id] = change.record

    def catch_up(self, store: Store, limit: int = 100) -> None:
        """Ask until there is nothing more."""
        while self.ask(store, limit):
            pass


def whole(store: Store) -> dict[str, TaggedFeedback]:
    return {row.id: row for row in store.stream_feedback(Filters())}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


def of(*customers: str) -> list[Feedback]:
    return [Feedback(f"پیک دیر اومد {line}", line, customer_id=each) for line, each in enumerate(customers, 2)]


def tag_some(store: Store, name: str, most: int) -> None:
    """Give the next rows their tags by this model, as the engine does."""
    tagger = FakeTagger(name)
    rows = store.pending(tagger.identity, after=0, limit=most)
    store.write_tags(list(zip([row.seq for row in rows], tag_items(tagger, list(map(item_of, rows))), strict=True)))


def told(store: Store, since: str | None) -> list[tuple[str, str]]:
    return [(each.id, each.change) for each in store.stream_changes(since)]


def test_a_nightly_job_gets_what_is_new_tagged_anew_and_deleted(store: Store) -> None:
    add(store, of("م-۱", "م-۲"), "یک")
    two = add(store, [*feedback("سریع رسید"), conversation(CALL, 3)], "دو")
    first = store.find_changes(limit=100)
    assert [(each.id, each.change) for each in first.items] == [(f"f{seq}", "stored") for seq in (1, 2, 3, 4)]
    assert not first.more
    assert told(store, first.next) == []
    tag_some(store, "fake-1", 3)
    store.erase_customer("م-۲")
    second = store.find_changes(limit=100, since=first.next)
    assert [(each.id, each.change) for each in second.items] == [("f1", "tagged"), ("f3", "tagged"), ("f2", "deleted")]
    tag_all(store, FakeTagger("fake-2"))
    store.delete_batch(two.id)
    assert told(store, second.next) == [("f1", "tagged"), ("f3", "deleted"), ("f4", "deleted")]


def test_who_begins_late_hears_of_nobody_who_is_gone(store: Store) -> None:
    add(store, of("م-۱", "م-۲", "م-۱"))
    store.erase_customer("م-۱")
    assert told(store, None) == told(store, BEGINNING) == [("f2", "stored")]


def test_tombstones_have_the_number_of_the_row_alone(store: Store) -> None:
    add(store, of("م-۱"))
    store.erase_customer("م-۱")
    columns = store.select("SELECT column_name FROM information_schema.columns WHERE table_name = 'tombstone'", {})
    assert sorted(name for (name,) in columns) == ["change", "gone_seq"]


def test_a_long_upload_is_not_overtaken(store: Store) -> None:
    """Tags that are written and read while an upload is still being taken in come before it; then it must not be missed."""
    follower = Follower()
    add(store, of("م-۱"), "پیشین")

    def meanwhile() -> None:
        tag_some(store, "fake-1", 9)
        follower.catch_up(store)

    def slow() -> Iterator[Feedback]:
        yield Feedback("کند", 2)
        in_another_thread(meanwhile)
        yield Feedback("کندتر", 3)

    add(store, slow(), "دراز")
    assert [row.tags is None for row in follower.rows.values()] == [False]
    follower.catch_up(store)
    assert follower.rows == whole(store)
    assert len(follower.rows) == 3


def test_nobody_has_the_next_number_before_the_last_is_committed(store: Store) -> None:
    add(store, of("م-۱"), "یک")
    cursor = store.find_changes().next
    other = Thread(target=lambda: add(store, of("م-۲"), "دو"))
    with store._changing() as (_, new_change):
        new_change()
        other.start()
        other.join(0.3)
        assert other.is_alive()
        assert told(store, cursor) == []
    other.join()
    assert told(store, cursor) == [("f2", "stored")]


def test_who_follows_while_all_work_misses_nothing(store: Store) -> None:
    follower, done = Follower(), Event()
    add(store, of("م-۰"), "آغاز")
    models = (f"fake-{number}" for number in count())
    threads = [
        Thread(target=again_until, args=(done, lambda: tag_some(store, next(models), 2))),
        Thread(target=again_until, args=(done, lambda: follower.ask(store, limit=3))),
    ]
    for each in threads:
        each.start()
    try:
        come_and_go(store)
    finally:
        done.set()
        for each in threads:
            each.join()
    follower.catch_up(store)
    assert follower.rows == whole(store)


def come_and_go(store: Store) -> None:
    """Twelve batches; each third goes again, and after the eighth a customer goes and the file is written anew."""
    for each in range(12):
        batch = add(store, of("م-۱", f"م-{each}", "م-۲"), f"ب{each}")
        if each % 3 == 2:
            store.delete_batch(batch.id)
        if each == 7:
            store.erase_customer("م-۲")
            store.rewrite()


def test_a_stream_ends_with_what_was_there_when_it_began(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.store.changes.ROWS_AT_ONCE", 2)
    follower = Follower()
    add(store, feedback("یک", "دو", "سه", "چهار", "پنج"))
    for number, change in enumerate(store.stream_changes()):
        follower.apply(change)
        follower.since = change.cursor
        if number == 0:
            tag_some(store, "fake-1", 3)  # of which the third has not been read yet
            add(store, feedback("تازه"), "بعدی")
    assert [row.tags for row in follower.rows.values()] == [None] * 4
    assert "f3" not in follower.rows
    follower.catch_up(store)
    assert follower.rows == whole(store)


def test_a_stream_that_broke_goes_on_after_any_row(store: Store) -> None:
    batch = add(store, of("الف", "ب", "ج", "د"))
    tag_some(store, "fake-1", 2)
    everything = list(store.stream_changes())
    store.delete_batch(add(store, of("ه"), "دیگر").id)
    for place, change in enumerate(everything, 1):
        assert [each.id for each in store.stream_changes(change.cursor)] == [
            *(each.id for each in everything[place:]),
            "f5",
        ]
    store.delete_batch(batch.id)
    assert told(store, everything[0].cursor) == [(f"f{seq}", "deleted") for seq in (5, 1, 2, 3, 4)]


@pytest.mark.parametrize("since", ["x", "0", "سلام", "bnVsbA", "f12"])
def test_what_is_no_cursor_is_refused(store: Store, since: str) -> None:
    with pytest.raises(InputError) as refused:
        store.find_changes(since=since)
    assert refused.value.field == "since"


@pytest.mark.parametrize("limit", [0, 1_001])
def test_a_page_has_its_limits(store: Store, limit: int) -> None:
    with pytest.raises(InputError):
        store.find_changes(limit=limit)


def test_a_cursor_of_another_database_is_refused(store: Store, tmp_path: Path) -> None:
    with open_store(tmp_path / "دیگر.duckdb") as other:
        for each in (store, other):
            add(each, feedback("خوب"))
        cursor = other.find_changes().next
    with pytest.raises(GoneError) as refused:
        store.find_changes(since=cursor)
    assert (refused.value.status, refused.value.code, refused.value.options) == (410, "cursor_gone", (BEGINNING,))


def test_a_backup_put_back_is_another_history_from_then_on(tmp_path: Path) -> None:
    """Numbers go on from the backup's, so they alone would not tell; who had come no further than it goes on."""
    path, backup = tmp_path / "voc.duckdb", tmp_path / "kept"
    with open_store(path) as store:
        add(store, feedback("یک"), "یک")
        before = store.find_changes().next
        store.back_up(backup)
        add(store, feedback("دو"), "دو")
        after = store.find_changes().next
    put_back(backup, path)
    with open_store(path) as store:
        add(store, feedback("سه"), "سه")
        assert told(store, before) == [("f2", "stored")]
        with pytest.raises(GoneError):
            store.find_changes(since=after)


def test_what_was_read_after_a_backup_is_not_in_it(tmp_path: Path) -> None:
    """By its number and row alone the cursor would fit the backup, and the row that was tagged since would be missed."""
    path, backup = tmp_path / "voc.duckdb", tmp_path / "kept"
    with open_store(path) as store:
        add(store, feedback("یک", "دو"))
        first = store.find_changes(limit=1)
        store.back_up(backup)
        tag_all(store)
        second = store.find_changes(limit=1, since=first.next)
    put_back(backup, path)
    with open_store(path) as store:
        assert told(store, first.next) == [("f2", "stored")]
        with pytest.raises(GoneError):
            store.find_changes(since=second.next)


def test_tombstones_are_forgotten_and_who_needs_them_starts_anew(store: Store) -> None:
    add(store, of("م-۱", "م-۲"))
    early = store.find_changes().next
    half = store.find_changes(limit=1).next
    store.erase_customer("م-۱")
    late = store.find_changes().next
    store.trim_changes(NOW - timedelta(days=1))
    assert told(store, early) == [("f1", "deleted")]
    store.trim_changes(datetime.now(UTC))
    for cursor in (early, half):
        with pytest.raises(GoneError):
            store.find_changes(since=cursor)
    assert told(store, late) == []
    store.erase_customer("م-۲")
    assert told(store, late) == [("f2", "deleted")]
    assert told(store, None) == []


def test_the_keeper_forgets_after_ninety_days(store: Store) -> None:
    add(store, of("م-۱", "م-۲"))
    early = store.find_changes().next
    store.erase_customer("م-۱")
    keeper = Keeper(store, Engine(store, FakeTagger()), retention_days=0)
    keeper.look(datetime.now(UTC) + timedelta(days=89))
    assert told(store, early) == [("f1", "deleted")]
    keeper.look(datetime.now(UTC) + timedelta(days=91))
    with pytest.raises(GoneError):
        store.find_changes(since=early)


def test_who_began_after_the_forgetting_is_not_too_old(store: Store) -> None:
    """The first pages of a long reading from the beginning stand at numbers from before what was forgotten."""
    add(store, of("م-۱", "م-۲", "م-۳"), "یک")
    add(store, of("م-۴"), "دو")
    store.trim_changes(datetime.now(UTC))
    follower = Follower()
    assert follower.ask(store, limit=1)
    store.erase_customer("م-۱")
    follower.catch_up(store, limit=1)
    assert follower.rows == whole(store)


def test_who_reads_more_slowly_than_is_forgotten_starts_anew(store: Store) -> None:
    add(store, of("م-۱", "م-۲", "م-۳"), "یک")
    follower = Follower()
    follower.ask(store, limit=1)
    store.erase_customer("م-۱")
    add(store, of("م-۴"), "دو")
    follower.ask(store, limit=1)  # has read of the newest change, but not yet that f1 is gone
    store.trim_changes(datetime.now(UTC))
    with pytest.raises(GoneError):
        follower.ask(store)


def test_agents_under_other_names_are_other_records(tmp_path: Path) -> None:
    path = database(tmp_path / "voc.duckdb")
    with Store.open(path, zone=TEHRAN) as store:
        add(store, [Feedback("خوب", 2, agent_id="A-12")])
        cursor = store.find_changes().next
    with Store.open(path, zone=TEHRAN) as store:
        assert told(store, cursor) == []
    with Store.open(path, zone=TEHRAN, show_agents=True) as store, pytest.raises(GoneError):
        store.find_changes(since=cursor)


@pytest.mark.engines("duckdb")
def test_a_database_of_before_is_read_from_the_beginning(tmp_path: Path) -> None:
    with open_store(tmp_path / "voc.duckdb") as store:
        add(store, feedback("پیک دیر اومد", "خوب بود"))
        tag_some(store, "fake-1", 1)
        with store._database.writing() as session:
            session.run(BEFORE_CHANGES)
            session.run("DELETE FROM schema_version WHERE version > 7")
    with open_store(tmp_path / "voc.duckdb") as store:
        first = store.find_changes(limit=1)
        assert [(each.id, each.change) for each in first.items] == [("f1", "tagged")]
        tag_all(store, FakeTagger("fake-2"))
        assert told(store, first.next) == [("f1", "tagged"), ("f2", "tagged")]


def test_long_streams_are_whole(store: Store) -> None:
    add(store, feedback(*(f"نظر {number}" for number in range(ROWS_AT_ONCE + 7))))
    assert len({each.id for each in store.stream_changes()}) == ROWS_AT_ONCE + 7


def again_until(done: Event, work: Callable[[], object]) -> None:
    while not done.is_set():
        work()


def in_another_thread(work: Callable[[], None]) -> None:
    thread = Thread(target=work)
    thread.start()
    thread.join()


class Interleavings(RuleBasedStateMachine):
    """Any order of what can happen to a store, and a follower who asks for a page now and then."""

    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.path = self.folder / f"{id(self)}.duckdb"
        empty(self.path)
        self.store = open_store(self.path)
        self.batches: list[str] = []
        self.made = self.models = 0
        self.follower = Follower()

    @rule(customers=st.lists(st.sampled_from("ابپت"), min_size=1, max_size=4), spoken=st.booleans())
    def upload(self, customers: list[str], spoken: bool) -> None:
        """A new batch."""
        self.made += 1
        rows = [*of(*customers), *([conversation(CALL, 9)] if spoken else [])]
        self.batches.append(add(self.store, rows, f"فایل {self.made}").id)

    @rule(anew=st.booleans(), most=st.integers(1, 4))
    def tag(self, anew: bool, most: int) -> None:
        """Some rows are tagged, by the newest model or by a newer one."""
        self.models += anew
        tag_some(self.store, f"fake-{self.models}", most)

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def delete_batch(self, data: st.DataObject) -> None:
        """A batch goes."""
        chosen = data.draw(st.sampled_from(self.batches))
        self.batches.remove(chosen)
        self.store.delete_batch(chosen)

    @rule(customer=st.sampled_from("ابپت"))
    def erase(self, customer: str) -> None:
        """A customer goes."""
        if self.store.select("SELECT 1 FROM feedback WHERE customer_id = $customer", {"customer": customer}):
            self.store.erase_customer(customer)

    @rule()
    def erase_all(self) -> None:
        """All rows go."""
        self.store.erase_older(datetime.now(UTC) + timedelta(days=1))

    @rule(write_anew=st.booleans())
    def restart(self, write_anew: bool) -> None:
        """The service ends and starts, and may write its file anew before."""
        if write_anew:
            self.store.rewrite()
        self.store.close()
        self.store = open_store(self.path)

    @rule(limit=st.integers(1, 3))
    def follow(self, limit: int) -> None:
        """One page."""
        self.follower.ask(self.store, limit)

    @rule()
    def catch_up(self) -> None:
        """Pages until there is nothing more."""
        self.follower.catch_up(self.store)
        assert self.follower.rows == whole(self.store)

    @rule()
    def forget(self) -> None:
        """Only what this follower, who has come this far, has heard of already."""
        self.follower.catch_up(self.store)
        self.store.trim_changes(datetime.now(UTC))

    @invariant()
    def a_newcomer_has_all(self) -> None:
        """Who begins now gets what is there and nothing else."""
        newcomer = {each.id: each.record for each in self.store.stream_changes() if each.record}
        assert newcomer == whole(self.store)

    def teardown(self) -> None:
        """At the end, whatever it is, the copy is the store."""
        self.follower.catch_up(self.store)
        assert self.follower.rows == whole(self.store)
        self.store.close()
        empty(self.path)


def test_any_order_of_events(tmp_path: Path) -> None:
    Interleavings.folder = tmp_path
    run_state_machine_as_test(
        Interleavings,
        settings=settings(
            max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
        ),
    )
