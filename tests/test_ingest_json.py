"""JSON in its three shapes: what is flattened, what is refused, and that nothing in it changes on the way."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from voc.errors import InputError
from voc.ingest import FeedbackSource, open_feedback
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
