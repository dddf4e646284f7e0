"""The engine tags what waits, says how it goes, recovers from faults, and hands back what it cannot finish."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest

from tests.fakes import FakeTagger
from tests.stores import add, feedback, open_store
from voc.engine import Engine, WorkerPool
from voc.errors import ModelError, StoreError
from voc.records import Feedback, Tags
from voc.store import Filters, Store
from voc.tagging import ModelIdentity

pytestmark = pytest.mark.usefixtures("engine")

FAKE = FakeTagger().identity


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        opened.current = FAKE
        yield opened


class _Gated(FakeTagger):
    """Waits for a gate at every chunk, and says when it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = Event()
        self.gate = Event()

    def tag(self, texts: Sequence[str]) -> list[Tags]:
        self.waits.set()
        assert self.gate.wait(10)
        return super().tag(texts)


def load_fake(model: str) -> FakeTagger:
    return FakeTagger(model or "fake-1")


class _Slow(FakeTagger):
    def tag(self, texts: Sequence[str]) -> list[Tags]:
        time.sleep(0.5)
        return super().tag(texts)


def load_slow(_: str) -> _Slow:
    return _Slow()


def load_none(model: str) -> FakeTagger:
    raise ModelError("VOC_MODEL: there is no such folder.")


def test_it_tags_what_is_there_and_what_comes(store: Store) -> None:
    first = add(store, (Feedback(f"دیر {n}", n) for n in range(1_500)), "یک")
    engine = Engine(store, FakeTagger())
    engine.start()
    assert engine.wait_idle(10)
    assert store.get_batch(first.id).status == "done"
    second = add(store, feedback("عالی"), "دو")
    engine.wake()
    assert engine.wait_idle(10)
    assert store.get_batch(second.id).status == "done"
    assert engine.progress.tagged == 1_501
    engine.stop(5)
    rows = [(row.feedback.text, row.tags) for row in store.stream_feedback(Filters())]
    assert [tags for _, tags in rows] == FakeTagger().tag([text for text, _ in rows])


def test_a_pool_tags_the_same_and_is_closed_with_the_engine(store: Store) -> None:
    batch = add(store, (Feedback(f"پیک گرون {n}", n) for n in range(3_000)))
    pool = WorkerPool(workers=2, load=load_fake, identity=FAKE)
    engine = Engine(store, pool)
    engine.start()
    assert engine.wait_idle(20)
    engine.stop(5)
    assert store.get_batch(batch.id).status == "done"
    assert store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {}) == [(3_000, 3_000)]
    with pytest.raises(ModelError, match="stopped"):
        pool.tag(["خوب"])


def test_another_model_tags_everything_anew(store: Store) -> None:
    add(store, feedback("دیر", "عالی"))
    for name in ("fake-1", "fake-2"):
        engine = Engine(store, FakeTagger(name))
        engine.start()
        assert engine.wait_idle(10)
        engine.stop(5)
    assert {row.tags.model for row in store.stream_feedback(Filters()) if row.tags} == {"fake-2"}
    assert store.select("SELECT count(*) FROM tagging", {}) == [(2,)]


def test_a_batch_says_its_rate_and_the_time_left(store: Store) -> None:
    add(store, (Feedback("خوب", n) for n in range(256)), "یک")
    batch = add(store, (Feedback("خوب", n) for n in range(512)), "دو")
    tagger = _Gated()
    engine = Engine(store, tagger)
    assert engine.describe(batch) == batch
    engine.start()
    tagger.gate.set()
    assert engine.wait_idle(10)
    assert engine.describe(store.get_batch(batch.id)).eta_s is None
    tagger.gate.clear()
    tagger.waits.clear()
    third = add(store, (Feedback("خوب", n) for n in range(600)), "سه")
    engine.wake()
    assert tagger.waits.wait(10)
    engine.progress.add(100)
    time.sleep(0.01)
    described = engine.describe(store.get_batch(third.id))
    assert described.rows_per_s
    assert described.eta_s == pytest.approx(600 / described.rows_per_s)
    add(store, (Feedback("خوب", n) for n in range(300)), "چهار")
    last, before, *done = engine.describe_all(store.list_batches().items)
    assert last.rows_per_s == before.rows_per_s
    assert last.rows_per_s
    assert before.eta_s == pytest.approx(600 / last.rows_per_s)
    assert last.eta_s == pytest.approx(900 / last.rows_per_s)  # those before it are tagged first
    assert [(each.status, each.eta_s) for each in done] == [("done", None), ("done", None)]
    tagger.gate.set()
    engine.stop(5)


def test_stopping_keeps_the_chunk_in_hand_and_leaves_the_rest_pending(store: Store) -> None:
    batch = add(store, (Feedback("خوب", n) for n in range(1_000)))
    tagger = _Gated()
    engine = Engine(store, tagger)
    engine.start()
    assert tagger.waits.wait(10)
    assert not engine.wait_idle(0)
    tagger.gate.set()
    engine.stop(5)
    tagged = store.get_batch(batch.id).tagged
    assert tagged % 256 == 0 or tagged == 1_000
    engine = Engine(store, FakeTagger())
    engine.start()
    assert engine.wait_idle(10)
    engine.stop(5)
    engine.stop(5)
    assert store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {}) == [(1_000, 1_000)]


def test_stopping_does_not_wait_for_a_tagger_that_hangs(store: Store) -> None:
    batch = add(store, feedback("خوب"))
    tagger = _Gated()
    engine = Engine(store, tagger)
    engine.start()
    assert tagger.waits.wait(10)
    began = time.monotonic()
    engine.stop(0.1)
    assert time.monotonic() - began < 2
    assert store.get_batch(batch.id).tagged == 0
    tagger.gate.set()


def test_stopping_does_not_wait_for_chunks_that_nobody_has_begun(store: Store) -> None:
    batch = add(store, (Feedback("خوب", n) for n in range(5_000)))
    engine = Engine(store, WorkerPool(workers=1, load=load_slow, identity=FAKE))
    engine.start()
    while not store.get_batch(batch.id).tagged:
        time.sleep(0.05)
    began = time.monotonic()
    engine.stop(20)
    assert time.monotonic() - began < 10
    assert 0 < store.get_batch(batch.id).tagged < 5_000


def test_an_engine_that_never_started_can_be_stopped(store: Store) -> None:
    Engine(store, FakeTagger()).stop(1)


def test_rows_deleted_while_they_are_tagged_are_no_trouble(store: Store) -> None:
    gone = add(store, feedback("خوب", "بد"), "یک")
    tagger = _Gated()
    engine = Engine(store, tagger)
    engine.start()
    assert tagger.waits.wait(10)
    store.delete_batch(gone.id)
    tagger.gate.set()
    assert engine.wait_idle(10)
    engine.stop(5)
    assert store.select("SELECT count(*) FROM tagging", {}) == [(0,)]


def test_what_was_read_before_another_process_led_is_tagged_after_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.engine.LOOK_ELSEWHERE_S", 0.05)
    batch = add(store, (Feedback(f"دیر {n}", n) for n in range(900)))
    leads = iter([True, False, False])
    monkeypatch.setattr(store, "leads", lambda _: next(leads, True))
    engine = Engine(store, FakeTagger())
    engine.start()
    assert engine.wait_idle(10)
    engine.stop(5)
    assert store.get_batch(batch.id).status == "done"
    assert engine.progress.tagged == 900  # none of them twice


def test_what_was_in_hand_when_another_process_led_is_tagged_after_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voc.engine.engine.LOOK_ELSEWHERE_S", 0.05)
    batch = add(store, (Feedback(f"پیک گرون {n}", n) for n in range(1_500)))
    leads = iter([True, True, False, True, False])
    monkeypatch.setattr(store, "leads", lambda _: next(leads, True))
    engine = Engine(store, WorkerPool(workers=1, load=load_fake, identity=FAKE))
    engine.start()
    assert engine.wait_idle(20)
    engine.stop(5)
    assert store.get_batch(batch.id).status == "done"
    assert store.select("SELECT count(*), count(DISTINCT seq) FROM tagging", {}) == [(1_500, 1_500)]


class _Picky(FakeTagger):
    def tag(self, texts: Sequence[str]) -> list[Tags]:
        if any("خراب" in text for text in texts):
            raise ValueError(texts)
        return super().tag(texts)


def test_a_row_that_cannot_be_tagged_is_set_aside_with_a_notice(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    batch = add(store, feedback("خوب", "خراب", "عالی"))
    engine = Engine(store, _Picky())
    engine.start()
    assert engine.wait_idle(10)
    engine.stop(5)
    done = store.get_batch(batch.id)
    assert (done.status, done.tagged, done.notices[0].count) == ("done", 2, 1)
    assert "ValueError (lines 3)" in done.notices[0].message
    assert "خراب" not in caplog.text
    again = Engine(store, _Picky())
    again.start()
    assert again.wait_idle(10)
    again.stop(5)
    assert again.progress.tagged == 0


def test_a_model_that_cannot_load_is_a_problem_that_is_said_and_no_row_is_lost(store: Store) -> None:
    batch = add(store, feedback("خوب"))
    engine = Engine(store, WorkerPool(workers=1, load=load_none, identity=FAKE))
    engine.start()
    with pytest.raises(ModelError, match="no such folder"):
        engine.wait_idle(10)
    assert isinstance(engine.problem, ModelError)
    engine.stop(5)
    assert store.get_batch(batch.id).status == "tagging"


@pytest.mark.parametrize(
    ("error", "says"), [(StoreError("disk full"), "disk full"), (ZeroDivisionError("خوب"), "fault in the program")]
)
def test_it_goes_on_by_itself_after_a_fault(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, says: str
) -> None:
    monkeypatch.setattr("voc.engine.engine.FIRST_PAUSE_S", 0.2)
    batch = add(store, feedback("خوب"))
    write_tags, faults = store.write_tags, [error]

    def failing(tagged: Sequence[tuple[int, Tags]]) -> None:
        if faults:
            raise faults.pop()
        write_tags(tagged)

    monkeypatch.setattr(store, "write_tags", failing)
    engine = Engine(store, FakeTagger())
    engine.start()
    with pytest.raises(StoreError, match=says) as told:
        engine.wait_idle(10)
    assert "/" not in told.value.message  # /readyz says it, and in which folders a program is is nobody's affair
    deadline = time.monotonic() + 10
    while engine.problem and time.monotonic() < deadline:
        time.sleep(0.02)
    assert engine.wait_idle(10)
    engine.stop(5)
    assert store.get_batch(batch.id).status == "done"
    assert says in caplog.text
    assert "خوب" not in caplog.text


def test_the_tags_are_those_of_the_taggers_model(store: Store) -> None:
    store.current = ModelIdentity("another", "v1")
    batch = add(store, feedback("خوب"))
    engine = Engine(store, FakeTagger())
    engine.start()
    assert engine.wait_idle(10)
    engine.stop(5)
    assert store.get_batch(batch.id).status == "tagging"
