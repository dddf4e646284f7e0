"""Tagging processes: in order, replaced when they die, ended with their pool, and never a row lost."""

import os
import signal
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

import pytest

from tests.fakes import FakeTagger, MoodyTagger, load_missing
from tests.stores import feedback
from voc.engine import WorkerPool, tag_stream
from voc.errors import ModelError
from voc.records import Feedback, Tags
from voc.tagging import ModelIdentity

FAKE = FakeTagger().identity


class _Moody(MoodyTagger):
    def obey(self, text: str) -> None:
        """Let its process end, too, always or once."""
        super().obey(text)
        if "بمیر" in text:
            os._exit(7)
        if text.startswith("یک بار "):
            path = Path(text.removeprefix("یک بار "))
            if path.exists():
                path.unlink()
                os._exit(1)


def moody(model: str) -> _Moody:
    os.kill(os.getpid(), signal.SIGINT)  # Ctrl-C reaches all processes of a terminal; this one goes on
    return _Moody(model or "fake-1")


def dying(model: str) -> FakeTagger:
    os._exit(3)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(workers=2, load=moody, identity=FAKE) as opened:
        yield opened


def test_a_stream_keeps_the_order_and_survives_what_kills(pool: WorkerPool) -> None:
    bad = {3: "بمیر", 8: "بکش", 9: "نپذیر"}
    rows = [Feedback(bad.get(number, f"دیر {number}"), number) for number in range(12)]
    aside: dict[int, str] = {}
    pairs = list(tag_stream(rows, pool, set_aside=lambda row, reason: aside.update({row.line: reason})))
    assert [row.line for row, _ in pairs] == [number for number in range(12) if number not in bad]
    assert [tags for _, tags in pairs] == FakeTagger().tag([row.text for row, _ in pairs])
    assert aside == {
        3: "a tagging process ended with exit status 7",
        8: "a tagging process was ended by SIGKILL",
        9: "the tagger raised ValueError",
    }


def test_a_row_that_hangs_is_set_aside() -> None:
    aside: list[str] = []
    with WorkerPool(workers=1, load=moody, identity=FAKE, chunk_timeout_s=0.5) as pool:
        rows = list(tag_stream(feedback("گیر کن", "خوب"), pool, set_aside=lambda _, reason: aside.append(reason)))
    assert [row.text for row, _ in rows] == ["خوب"]
    assert aside == ["a tagging process took longer than 0.5 s"]


def test_a_long_stream_keeps_the_order(pool: WorkerPool) -> None:
    rows = [Feedback(f"دیر {number}" * (number % 50), number) for number in range(3_000)]
    pairs = list(tag_stream(rows, pool))
    assert [row for row, _ in pairs] == rows
    assert [tags for _, tags in pairs] == FakeTagger().tag([row.text for row in rows])


def test_a_death_by_chance_costs_no_row(pool: WorkerPool, tmp_path: Path) -> None:
    (tmp_path / "once").touch()
    rows = feedback("خوب", f"یک بار {tmp_path / 'once'}", "عالی")
    assert [row for row, _ in tag_stream(rows, pool)] == rows
    assert not (tmp_path / "once").exists()


def test_a_row_that_cannot_be_tagged_is_an_error_where_nobody_asks_for_it(pool: WorkerPool) -> None:
    with pytest.raises(ModelError, match="line 3"):
        list(tag_stream(feedback("خوب", "نپذیر"), pool))
    with pytest.raises(ModelError, match="number 2") as refused:
        pool.tag(["خوب", "نپذیر"])
    assert "نپذیر" not in refused.value.message


def test_a_pool_is_a_tagger(pool: WorkerPool) -> None:
    assert pool.tag(["دیر رسید", "عالی"]) == FakeTagger().tag(["دیر رسید", "عالی"])
    assert pool.tag([]) == []
    assert pool.identity == FAKE


def test_texts_for_at_once_are_cut_into_chunks_too(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["دیر " * 10_000, "عالی " * 10_000, "خوب"]
    chunks: list[Sequence[str]] = []
    submit = pool.submit

    def watched(chunk: Sequence[str], *, urgent: bool) -> Future[list[Tags]]:
        chunks.append(chunk)
        return submit(chunk, urgent=urgent)

    monkeypatch.setattr(pool, "submit", watched)
    assert pool.tag(texts) == FakeTagger().tag(texts)
    assert chunks == [texts[:1], texts[1:]]
    with pytest.raises(ModelError, match="number 3"):
        pool.tag([*texts[:2], "نپذیر"])


def test_the_source_is_read_only_a_few_chunks_ahead(pool: WorkerPool) -> None:
    read = 0

    def rows() -> Iterator[Feedback]:
        nonlocal read
        for number in range(100_000):
            read += 1
            yield Feedback("خوب", number)

    stream = tag_stream(rows(), pool)
    next(stream)
    assert read <= 256 * (pool.capacity + 1)
    assert isinstance(stream, Generator)
    stream.close()


def test_a_source_that_fails_fails_the_stream(pool: WorkerPool) -> None:
    def rows() -> Iterator[Feedback]:
        yield Feedback("خوب", 1)
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011  just this one
        list(tag_stream(rows(), pool))


def test_a_stream_in_this_process_needs_no_pool() -> None:
    assert list(tag_stream(feedback("عالی"), FakeTagger())) == list(
        zip(feedback("عالی"), FakeTagger().tag(["عالی"]), strict=True)
    )
    assert list(tag_stream([], FakeTagger())) == []


@pytest.mark.parametrize(
    ("load", "identity", "says"),
    [
        (load_missing, FAKE, "no such folder"),
        (dying, FAKE, "could not load.*exit status 3"),
        (moody, ModelIdentity("another", "v1"), "changed meanwhile"),
    ],
)
def test_a_model_that_cannot_be_loaded_is_said(load: object, identity: ModelIdentity, says: str) -> None:
    with WorkerPool(workers=1, load=load, identity=identity) as pool, pytest.raises(ModelError, match=says):  # type: ignore[arg-type]
        pool.tag(["خوب"])


def test_a_wrong_model_is_said_before_any_process_starts() -> None:
    with pytest.raises(ModelError):
        WorkerPool("/no/such/folder")


def test_closing_ends_what_is_in_hand_and_what_waits() -> None:
    pool = WorkerPool(workers=1, load=moody, identity=FAKE)
    pool.tag(["خوب"])
    answers = [pool.submit(["گیر کن"]) for _ in range(3)]
    while not answers[0].running():
        time.sleep(0.01)
    asked: list[str] = []

    def ask() -> None:
        with pytest.raises(ModelError) as refused:
            pool.tag(["خوب"])
        asked.append(refused.value.code)

    asker = Thread(target=ask)
    asker.start()
    time.sleep(0.2)
    began = time.monotonic()
    pool.close()
    pool.close()
    assert time.monotonic() - began < 5
    assert all(answer.cancelled() or answer.exception() for answer in answers)
    ask()
    asker.join()
    assert asked == ["stopped", "stopped"]


def test_urgent_texts_go_before_all_that_waits() -> None:
    order: list[str] = []
    with WorkerPool(workers=1, load=moody, identity=FAKE) as pool:
        for name, urgent in (("یک", False), ("دو", False), ("فوری", True)):
            pool.submit([name], urgent=urgent).add_done_callback(lambda _, name=name: order.append(name))  # type: ignore[misc]
        pool.submit(["آخر"]).result()
    assert order.index("فوری") < order.index("دو")
