"""JSON in its three shapes: what is flattened, what is refused, and that nothing in it changes on the way."""

import json
import math
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from voc.errors import InputError
from voc.ingest import FeedbackSource, open_feedback, read_records
from voc.records import Feedback, Reject


def read(path: Path) -> tuple[FeedbackSource, list[Feedback | Reject]]:
    source = open_feedback(path, zone=ZoneInfo("Asia/Tehran"), max_text_chars=100_000)
    return source, list(source)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('[{"text": "خوب بود"}, {"text": "بد ب', "broken_json"),
        ('[{"text": "خوب بود"} {"text": "بد بود"}]', "broken_json"),
        ('[{"text": "خوب بود"}] پایان', "broken_json"),
        ("[" * 20_000, "broken_json"),
        ('{"text": "خوب بود"}', "no_records"),
        ('["خوب بود", "بد بود"]', "no_records"),
        ('{"comments_a": [{"text": "x"}], "comments_b": [{"text": "y"}]}', "several_tables"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_read(text: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as refused:
        read(path)
    assert refused.value.code == code
    assert "خوب" not in refused.value.message


def test_records_may_differ_and_nest(tmp_path: Path) -> None:
    records = [
        {"text": "کباب سرد بود", "foods": [{"title": "کباب"}, {"title": "دوغ"}], "replies": []},
        {"text": "خوشمزه بود", "user": {"city": "یزد"}, "tags": ["تازه", "گرم"], "replies": [{"text": "نوش جان"}]},
        "یک رشته",
        {"id": 12345678901234567890, "text": None},
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(records), "utf-8")
    source, rows = read(path)
    assert [column.header for column in source.columns] == ["text", "foods.title", "user.city", "tags", "replies.text", "id"]
    assert rows[0] == Feedback(text="کباب سرد بود", line=1, attributes={"foods.title": "کباب، دوغ"})
    assert rows[1] == Feedback(
        text="خوشمزه بود", line=2, attributes={"user.city": "یزد", "tags": "تازه، گرم", "replies.text": "نوش جان"}
    )
    assert [row.code for row in rows[2:] if isinstance(row, Reject)] == ["not_an_object", "empty_text"]


def test_what_mongodb_writes_around_a_value_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        '[{"text": "خوب", "_id": {"$oid": "6f"}, "created_at": {"$date": {"$numberLong": "1714800000000"}}}]', "utf-8"
    )
    _, (row,) = read(path)
    assert isinstance(row, Feedback)
    assert (row.external_id, str(row.occurred_at)) == ("6f", "2024-05-04 08:50:00+03:30")


def test_half_an_emoji_is_taken_out_and_counted_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('[{"text": "ممنون \\ud83d"}, {"text": "عالی \\ud83d\\ude0d"}, {"text": "بد\\u0000بود"}]', "utf-8")
    source, rows = read(path)
    assert [row.text for row in rows if isinstance(row, Feedback)] == ["ممنون", "عالی 😍", "بدبود"]
    assert [(notice.code, notice.count) for notice in source.notices] == [("removed_characters", 2)]


def test_a_document_longer_than_the_buffer_is_read_whole(tmp_path: Path) -> None:
    records = [{"text": "الف" * 700, "n": number} for number in range(700)]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1), "utf-8")
    _, rows = read(path)
    assert [row.attributes["n"] for row in rows if isinstance(row, Feedback)] == list(range(700))


def test_a_broken_line_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "سریع بود"}\n{"text": "کند ب\n\n[1]\n{"text": "راحت بود"}\n', "utf-8")
    _, rows = read(path)
    assert [(row.line, getattr(row, "code", None)) for row in rows] == [
        (1, None), (2, "broken_json"), (4, "not_an_object"), (5, None),
    ]  # fmt: skip


def test_a_number_without_end_never_comes_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        """{"text": "مربا شکرک زده بود", "x": 1e999, "y": {"z": [-1e999, 2]}}
        {"text": "عسلش اصل بود", "nps": 1e999}
        {"text": "سرشیر تازه بود", "id": 1e999}
        {"text": "کره بوی نا می‌داد", "created_at": 1e999}
        {"text": 1e999}
        {"text": "پنیرش شور بود", "nps": 9, "x": 7}""",
        "utf-8",
    )
    _, rows = read(path)
    assert [(row.line, getattr(row, "code", None)) for row in rows] == [
        (1, None), (2, "bad_number"), (3, "bad_number"), (4, "bad_date"), (5, "empty_text"), (6, None),
    ]  # fmt: skip
    assert [dict(row.attributes) for row in rows if isinstance(row, Feedback)] == [{"y.z": 2}, {"x": 7}]


def test_a_rating_without_end_is_left_out() -> None:
    records: list[dict[str, object]] = [{"text": f"تحویل {n}", "rate": 4 if n else math.inf} for n in range(150)]
    first, *others = read_records(records, zone=ZoneInfo("Asia/Tehran"), max_text_chars=1_000)
    assert isinstance(first, Feedback)
    assert (first.csat, dict(first.attributes)) == (None, {})
    assert all(isinstance(row, Feedback) and row.csat == 4 for row in others)


def test_a_whole_number_of_hundreds_of_digits_costs_its_row_at_most() -> None:
    huge = 10**400
    records: list[dict[str, object]] = [{"text": "بد نبود", "nps": huge}, {"text": "بد بود", "date": huge}, {"text": "خوب بود"}]
    rows = list(read_records(records, zone=ZoneInfo("Asia/Tehran"), max_text_chars=1_000))
    assert [getattr(row, "code", None) for row in rows] == ["bad_number", "bad_date", None]


def test_a_line_that_is_nested_too_deep_costs_itself(tmp_path: Path) -> None:
    depths = range(300, 1_100, 5)
    lines = [f'{{"text": "سفارش {depth} ناقص رسید", "deep": {"[" * depth}{"]" * depth}}}' for depth in depths]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([*lines, '{"text": "این یکی کامل رسید"}']), "utf-8")
    _, rows = read(path)
    assert [row.line for row in rows] == list(range(1, len(depths) + 2))
    assert isinstance(rows[0], Feedback)
    assert isinstance(rows[-1], Feedback)
    assert {row.code for row in rows if isinstance(row, Reject)} == {"broken_json"}


def test_a_record_that_is_nested_too_deep_costs_itself() -> None:
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    records: list[dict[str, object]] = [{"text": "لباس تنگ بود", "deep": deep}, {"text": "پارچه‌اش نرم بود"}]
    rows = list(read_records(records, zone=ZoneInfo("Asia/Tehran"), max_text_chars=1_000))
    assert [(row.line, getattr(row, "code", None)) for row in rows] == [(1, "broken_json"), (2, None)]
