"""Pages neither lose nor repeat a row while others come and go, and cost three queries however many rows they hold."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import FakeTagger
from tests.stores import add, feedback, open_store, tag_all
from voc.errors import InputError, NotFoundError
from voc.store import Filters, Store
from voc.store.database import Engine, Session
from voc.store.paging import write_cursor
from voc.store.windows import cut_windows


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "voc.duckdb") as opened:
        yield opened


def test_newest_first_and_stable_while_rows_come_and_go(store: Store) -> None:
    add(store, feedback("یک", "دو", "سه"), "قدیمی")
    gone = add(store, feedback("چهار", "پنج"), "میانی")
    add(store, feedback("شش", "هفت"), "جدید")
    first = store.find_feedback(Filters(), limit=3)
    assert [row.feedback.text for row in first.items] == ["هفت", "شش", "پنج"]
    add(store, feedback("هشت"), "جدیدتر")
    store.delete_batch(gone.id)
    second = store.find_feedback(Filters(), limit=3, cursor=first.next)
    assert [row.feedback.text for row in second.items] == ["سه", "دو", "یک"]
    assert second.next is None


def test_batches_newest_first(store: Store) -> None:
    made = [add(store, feedback("خوب"), name).id for name in "ابپتث"]
    seen, cursor = [], None
    while True:
        page = store.list_batches(limit=2, cursor=cursor)
        seen += [batch.id for batch in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == made[::-1]


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "f3", "!!!", "سلام", "bnVsbA", write_cursor("batches", "2026-01-01T00:00:00+00:00", "b1"),
     write_cursor("feedback"), write_cursor("feedback", "3"), write_cursor("feedback", -1), write_cursor("feedback", 2**63),
     write_cursor("feedback", 1, 2), write_cursor("feedback", True), base64.b64encode(b"[" * 1_500).decode()],
)  # fmt: skip
def test_a_cursor_of_nothing_or_of_another_list_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InputError) as refused:
        store.find_feedback(Filters(), cursor=cursor)
    assert refused.value.field == "cursor"


@pytest.mark.parametrize("at", ["", "2026-01-01", "2026-01-01T00:00:00", "x"])
def test_a_forged_moment_is_refused(store: Store, at: str) -> None:
    with pytest.raises(InputError):
        store.list_batches(cursor=write_cursor("batches", at, "b1"))


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_out_of_range_is_refused(store: Store, limit: int) -> None:
    with pytest.raises(InputError, match="1000"):
        store.find_feedback(Filters(), limit=limit)


@pytest.mark.parametrize("public_id", ["f0", "f99", "1", "f", "f-1", "fx", "f1 ", "f١", "f" + "9" * 30, "b1", ""])
def test_an_unknown_id_is_not_found(store: Store, public_id: str) -> None:
    add(store, feedback("خوب"))
    with pytest.raises(NotFoundError):
        store.get_feedback(public_id)


def test_a_page_costs_the_same_few_queries_whatever_its_size(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    add(store, feedback(*["دیر رسید چندبار گفتم پیشنهاد نمیشه"] * 120))
    tag_all(store)
    asked: list[str] = []
    query = Session.query

    def counting(self: Session, sql: str, parameters: Any = None) -> Any:
        asked.append(sql)
        return query(self, sql, parameters)

    monkeypatch.setattr(Session, "query", counting)
    assert len(store.find_feedback(Filters(reason=("delivery",)), limit=100).items) == 100
    assert len(asked) == 5


def test_tags_come_back_as_they_were_given(store: Store) -> None:
    texts = ("پیک دیر اومد چندبار زنگ زدم منتظر موندم", "بی‌نظیر، پیشنهاد میدم", "بدون نشانه", "عالی سریع ارزون کیفیت")
    add(store, feedback(*texts))
    tag_all(store)
    tagged = [row.tags for row in store.stream_feedback(Filters())]
    assert tagged == FakeTagger().tag(texts)


def test_a_stream_holds_what_was_there_when_it_began(store: Store) -> None:
    add(store, feedback(*["خوب"] * 4_500), "یک")
    stream = store.stream_feedback(Filters())
    assert next(stream).id == "f1"
    add(store, feedback("تازه"), "دو")
    assert [row.id for row in stream] == [f"f{seq}" for seq in range(2, 4_501)]


@pytest.mark.parametrize(
    ("ranges", "start", "rows", "expected"),
    [
        ([], 0, 10, []),
        ([(1, 4)], 0, 10, [(1, 4)]),
        ([(1, 4)], 4, 10, []),
        ([(1, 26)], 0, 10, [(1, 11), (11, 21), (21, 26)]),
        ([(1, 26)], 15, 10, [(15, 25), (25, 26)]),
        ([(1, 4), (100, 103), (200, 205)], 0, 7, [(1, 201), (201, 205)]),
        ([(1, 4), (100, 103)], 0, 3, [(1, 4), (100, 103)]),
        ([(5, 8), (8, 11)], 6, 4, [(6, 10), (10, 11)]),
    ],
)
def test_windows(ranges: list[tuple[int, int]], start: int, rows: int, expected: list[tuple[int, int]]) -> None:
    assert list(cut_windows(ranges, start, rows)) == expected
