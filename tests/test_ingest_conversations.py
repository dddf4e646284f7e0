"""Conversations in every shape that they come in: the same turns, the right reasons for refusal, bounded memory and time."""

import base64
import json
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voc.conversations.turns import customer_text
from voc.errors import InputError, TooLargeError
from voc.ingest import FeedbackSource, emails, open_feedback, read_records
from voc.ingest.emails import read_thread
from voc.ingest.transcripts import is_rule, read_line, transcript_in
from voc.ingest.utterances import MOST_TURNS, TURNS, Dialogue
from voc.records import Feedback, Reject

TEHRAN = ZoneInfo("Asia/Tehran")
SAID = [
    ("agent", "پشتیبانی مانا بفرمایید"),
    ("customer", "سلام یخچالم از دیروز صدا میده"),
    ("agent", "مدلش رو می‌فرمایید؟"),
    ("customer", "ان اف ۲۰، هنوز گارانتی داره"),
]
Rows = list[Feedback | Reject]


def open_text(tmp_path: Path, name: str, text: str, **options: Any) -> tuple[FeedbackSource, Rows]:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return open_file(path, **options)


def open_file(path: Path, **options: Any) -> tuple[FeedbackSource, Rows]:
    source = open_feedback(path, zone=TEHRAN, max_text_chars=options.pop("max_text_chars", 10_000), **options)
    return source, list(source)


def records(*given: dict[str, object], **options: Any) -> Rows:
    return list(read_records(given, zone=TEHRAN, max_text_chars=options.pop("max_text_chars", 10_000), **options))


def said(row: Feedback | Reject) -> list[tuple[str, str]]:
    assert isinstance(row, Feedback), row
    assert row.text == customer_text(row.turns)
    return [(turn.speaker, turn.text) for turn in row.turns]


def spans(row: Feedback | Reject) -> list[tuple[float | None, float | None]]:
    assert isinstance(row, Feedback), row
    return [(turn.start_s, turn.end_s) for turn in row.turns]


def codes(rows: Iterable[Feedback | Reject]) -> list[str | None]:
    return [row.code if isinstance(row, Reject) else None for row in rows]


def in_grid(conversations: int = 1) -> list[list[str]]:
    """Header and rows: the turns of each conversation, ten seconds apart."""
    header = ["شناسه گفتگو", "گوینده", "متن", "زمان", "کانال"]
    names = {"agent": "اپراتور", "customer": "مشتری"}
    rows = [
        [f"c{number}", names[side], text, f"1403/02/15 10:{number:02}:{10 * place:02}", "تلفن"]
        for number in range(conversations)
        for place, (side, text) in enumerate(SAID)
    ]
    return [header, *rows]


def as_csv(grid: Sequence[Sequence[str]]) -> str:
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in grid)


# Records with turns


@pytest.mark.parametrize("name", ["turns", "messages", "utterances", "segments", "گفتگو"])
@pytest.mark.parametrize(("who", "what"), [("speaker", "text"), ("role", "content"), ("from", "body"), ("گوینده", "متن")])
def test_a_record_with_turns_is_a_conversation(name: str, who: str, what: str) -> None:
    (row,) = records({"id": "k1", "channel": "چت", "nps": 9, name: [{who: side, what: text} for side, text in SAID]})
    assert said(row) == SAID
    assert isinstance(row, Feedback)
    assert (row.external_id, row.channel, row.nps, row.line, row.speakers_sure) == ("k1", "چت", 9, 1, None)


def test_feedback_and_conversations_come_mixed(tmp_path: Path) -> None:
    given: list[dict[str, object]] = [
        {"id": "f1", "text": "مربا شکرک زده"},
        {"id": "c1", "turns": [{"speaker": side, "text": text} for side, text in SAID]},
        {"id": "f2", "text": "پیک مؤدب بود"},
    ]
    (tmp_path / "mixed.jsonl").write_text("\n".join(json.dumps(each) for each in given), "utf-8")
    (tmp_path / "mixed.json").write_text(json.dumps({"conversations": given}), "utf-8")
    for rows in (records(*given), open_file(tmp_path / "mixed.jsonl")[1], open_file(tmp_path / "mixed.json")[1]):
        assert [getattr(row, "external_id", None) for row in rows] == ["f1", "c1", "f2"]
        assert [len(getattr(row, "turns", ())) for row in rows] == [0, 4, 0]


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        ({"start_s": 2.5}, {"end_s": 4}, (2.5, 4.0)),
        ({"start": "2.5"}, {"end": "4"}, (2.5, 4.0)),
        ({"start": "00:00:02.500"}, {"end": "00:04"}, (2.5, 4.0)),
        ({"start_ms": 2500}, {"end_ms": 4000}, (2.5, 4.0)),
        ({"start": 2.5}, {}, (2.5, None)),
        ({"timestamp": "2024-05-04T10:00:02.500+03:30"}, {}, (0.0, None)),
        ({"timestamp": 1_714_804_202}, {}, (0.0, None)),
        ({"time": "10:00:02"}, {}, (0.0, None)),
        ({}, {}, (None, None)),
    ],
)
def test_times_of_turns(start: dict[str, object], end: dict[str, object], wanted: tuple[float, float]) -> None:
    (row,) = records({"turns": [{"speaker": "customer", "text": "الو", **start, **end}]})
    assert spans(row) == [wanted]


def test_moments_count_from_the_first_turn_and_say_when_it_was() -> None:
    times = ["1403/02/15 23:59:50", "1403/02/16 00:00:20", "1403/02/16 00:01:00", "1403/02/15 23:59:40"]
    turns = [{"role": side, "text": text, "timestamp": at} for (side, text), at in zip(SAID, times, strict=True)]
    (row,) = records({"turns": turns})
    assert said(row) == [SAID[3], *SAID[:3]]  # as the clock has them
    assert spans(row) == [(0.0, None), (10.0, None), (40.0, None), (80.0, None)]
    assert isinstance(row, Feedback)
    assert row.occurred_at == datetime(2024, 5, 4, 23, 59, 40, tzinfo=TEHRAN)


def test_times_of_day_go_on_past_midnight_and_days_alone_are_no_times() -> None:
    times = ["23:59:50", "23:59:58", "00:00:04", "00:00:09"]
    clocks = [{"role": side, "text": text, "time": at} for (side, text), at in zip(SAID, times, strict=True)]
    days = [{"role": side, "text": text, "date": "1403/02/15"} for side, text in SAID]
    one, other = records({"turns": clocks}, {"turns": days})
    assert [start for start, _ in spans(one)] == [0.0, 8.0, 14.0, 19.0]
    assert spans(other) == [(None, None)] * 4
    assert isinstance(other, Feedback)
    assert other.occurred_at == datetime(2024, 5, 4, tzinfo=TEHRAN)


def test_ends_go_on_past_midnight_with_the_times_of_day_that_they_belong_to() -> None:
    times = [("23:59:50", "23:59:57"), ("23:59:58", "00:00:03"), ("00:00:04", "00:00:08"), ("00:00:09", "00:00:12")]
    clocks = [{"role": side, "text": text, "time": at, "end": to} for (side, text), (at, to) in zip(SAID, times, strict=True)]
    (row,) = records({"turns": clocks})
    assert spans(row) == [(0.0, 7.0), (8.0, 13.0), (14.0, 18.0), (19.0, 22.0)]


@pytest.mark.parametrize(
    ("times", "starts"),
    [
        (["10:32", "10:33", "10:35", "11:02"], [0.0, 60.0, 180.0, 1800.0]),
        (["۲۳:۵۸", "۰۰:۰۲", "۰۰:۰۵", "۰۰:۰۵"], [0.0, 240.0, 420.0, 420.0]),
        (["10:32", "10:35:10", "10:36", "10:37"], [0.0, 190.0, 240.0, 300.0]),
        (["00:01:30", "00:02", "00:03", "00:04"], [0.0, 30.0, 90.0, 150.0]),
        (["00:00", "00:05", "00:12", "01:40"], [0.0, 5.0, 12.0, 100.0]),  # a recording's counter: minutes and seconds
        (["12:05", "12:30", "24:10", "25:00"], [0.0, 25.0, 725.0, 775.0]),
        (["23:59:58", "00:00:05", "23:59:59", "00:00:09"], [0.0, 1.0, 7.0, 11.0]),  # two that came in the wrong order
    ],
)
def test_clocks_of_hours_and_minutes_are_told_from_counters(times: list[str], starts: list[float]) -> None:
    turns = [{"role": side, "text": text, "time": at} for (side, text), at in zip(SAID, times, strict=True)]
    (row,) = records({"turns": turns})
    assert [start for start, _ in spans(row)] == starts


def test_the_newest_first_is_put_right_where_one_has_no_time() -> None:
    times = ["2024-05-04 10:09", None, "2024-05-04 10:05", "2024-05-04 10:00"]
    turns = [{"role": side, "text": text, "timestamp": at} for (side, text), at in zip(SAID, times, strict=True)]
    (row,) = records({"turns": turns})
    assert said(row) == SAID[::-1]
    assert [start for start, _ in spans(row)] == [0.0, 300.0, None, 540.0]


@pytest.mark.parametrize(
    ("turns", "code"),
    [
        ([{"speaker": "agent", "text": "بفرمایید"}], "no_customer_turn"),
        ([{"speaker": "ربات", "text": "عدد یک"}, {"speaker": "agent", "text": "بله"}], "no_customer_turn"),
        ([{"speaker": "customer", "text": " \x00 "}], "empty_text"),
        ([{"speaker": "SPEAKER_00", "text": "سلام"}, {"speaker": "SPEAKER_01", "text": "سلام"}], "unknown_speakers"),
        ([{"text": "سلام", "start": 0}, {"text": "سفارشم نرسیده", "start": 2}], "unknown_speakers"),
        ([{"speaker": "customer", "text": "کند", "start": 4, "end": 3}], "bad_time"),
        ([{"speaker": "customer", "text": "کند", "start": 86_390, "end": 3}], "bad_time"),
        ([{"speaker": "customer", "text": "کند", "time": "23:59:58", "end": "23:59:50"}], "bad_time"),
        ([{"speaker": "customer", "text": "کند", "time": "23:59:58", "end": 5}], "bad_time"),
        ([{"speaker": "customer", "text": "کند", "start": "دیروز"}], "bad_time"),
        ([{"speaker": "customer", "text": "کند", "start": -1}], "bad_time"),
        ([{"speaker": "customer", "text": "کند", "start": 1, "end": "2024-05-04 10:00"}], "bad_time"),
        ([{"speaker": "customer", "text": "الو"}] * (MOST_TURNS + 1), "too_many_turns"),
        ([{"speaker": "customer", "text": "الو " * 30}, {"speaker": "agent", "text": "بله " * 30}], "text_too_long"),
    ],
)
def test_what_cannot_be_a_conversation_is_refused_with_the_reason(turns: list[dict[str, object]], code: str) -> None:
    good: dict[str, object] = {"text": "سالم رسید"}
    rows = records({"turns": turns}, good, max_text_chars=200 if code == "text_too_long" else 10_000)
    assert codes(rows) == [code, None]
    assert isinstance(rows[0], Reject)
    assert rows[0].line == 1
    assert not any(word in rows[0].message for word in ("سلام", "کند", "دیروز", "سفارشم"))


def test_the_longest_conversation_is_taken() -> None:
    turns = [{"speaker": ("customer", "agent")[n % 2], "text": f"حرف {n}", "start": n} for n in range(MOST_TURNS)]
    (row,) = records({"turns": turns}, max_text_chars=100_000)
    assert len(said(row)) == MOST_TURNS


@pytest.mark.parametrize(
    ("speakers", "column", "transfers"),
    [
        (("کارشناس ۱", "مشتری", "کارشناس ۲", "مشتری"), None, 1),
        (("کارشناس ۱", "مشتری", "کارشناس ۲", "کارشناس ۱", "کارشناس ۳"), None, 2),  # three agents, whoever comes back
        (("کارشناس", "مشتری", "کارشناس"), None, None),  # one name for all of them says nothing
        (("کارشناس", "مشتری", "کارشناس"), 2, 2),
        (("کارشناس ۱", "مشتری", "کارشناس ۲"), 0, 0),  # what the source counts is what holds
    ],
)
def test_agents_after_the_first_are_transfers(speakers: tuple[str, ...], column: int | None, transfers: int | None) -> None:
    turns = [{"speaker": who, "text": f"حرف {n}"} for n, who in enumerate(speakers)]
    (row,) = records({"turns": turns} | ({} if column is None else {"transfers": column}))
    assert isinstance(row, Feedback)
    assert row.transfers == transfers


def test_lines_of_machines_are_left_out_and_counted() -> None:
    turns = [{"role": "system", "content": "گفتگو آغاز شد"}, *({"role": side, "content": text} for side, text in SAID)]
    source = read_records([{"turns": turns}], zone=TEHRAN, max_text_chars=1_000)
    assert said(next(iter(source))) == SAID
    assert [(notice.code, notice.count) for notice in source.notices] == [("system_lines", 1)]


def test_turns_are_masked_one_by_one_and_stand_on_one_line() -> None:
    turns = [{"role": "customer", "text": "شماره‌م\n۰۹۱۲۳۴۵۶۷۸۹\r\nاست"}, {"role": "agent", "text": "از ۰۲۱۸۸۷۷۶۶۵۵ زنگ می‌زنیم"}]
    (row,) = records({"turns": turns})
    assert said(row) == [("customer", "شماره‌م [تلفن] است"), ("agent", "از [تلفن] زنگ می‌زنیم")]


def test_a_list_that_is_no_conversation_is_kept_as_before() -> None:
    (row,) = records({"text": "دیر رسید", "messages": [{"text": "الف"}, {"text": "ب"}], "segments": ["vip", "تازه"]})
    assert isinstance(row, Feedback)
    assert (row.turns, dict(row.attributes)) == ((), {"messages.text": "الف، ب", "segments": "vip، تازه"})


def test_whisper_segments_are_one_conversation_whatever_else_the_document_holds(tmp_path: Path) -> None:
    names = {"agent": "SPEAKER_01", "customer": "SPEAKER_00"}
    segments = [
        {
            "id": place,
            "start": 3.0 * place,
            "end": 3.0 * place + 2.5,
            "text": f" {text}",
            "speaker": names[side],
            "tokens": [1, 2],
        }
        for place, (side, text) in enumerate(SAID)
    ]
    document = {
        "text": " ".join(text for _, text in SAID),
        "segments": segments,
        "language": "fa",
        "word_segments": [{"word": "سلام"}],
    }
    source, (row,) = open_text(tmp_path, "call.json", json.dumps(document, indent=1))
    assert said(row) == SAID
    assert spans(row)[1] == (3.0, 5.5)
    assert isinstance(row, Feedback)
    assert (row.speakers_sure or 0) > 0.9
    assert [notice.code for notice in source.notices] == ["text_beside_turns"]


def test_one_conversation_as_a_document_keeps_its_fields(tmp_path: Path) -> None:
    document = {"call_id": "z9", "channel": "phone", "turns": [{"speaker": side, "text": text} for side, text in SAID]}
    _, (row,) = open_text(tmp_path, "call.json", json.dumps(document))
    assert said(row) == SAID
    assert isinstance(row, Feedback)
    assert (row.external_id, row.channel) == ("z9", "phone")


# Rows that are turns


def write_grid(path: Path, grid: list[list[str]]) -> None:
    header, *rows = grid
    objects = [dict(zip(header, row, strict=True)) for row in rows]
    match path.suffix:
        case ".xlsx":
            book = openpyxl.Workbook()
            assert book.active is not None
            for row in grid:
                book.active.append(row)
            book.save(path)
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(objects), path)
        case ".json":
            path.write_text(json.dumps(objects), "utf-8")
        case ".jsonl":
            path.write_text("\n".join(map(json.dumps, objects)), "utf-8")
        case ".tsv":
            path.write_text("\n".join("\t".join(row) for row in grid), "utf-16")
        case _:
            path.write_text(as_csv(grid), "utf-8")


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet", "json", "jsonl"])
@pytest.mark.parametrize("interleaved", [False, True])
def test_rows_of_one_id_are_one_conversation_in_order_of_first_appearance(
    ending: str, interleaved: bool, tmp_path: Path
) -> None:
    header, *rows = in_grid(3)
    order = [row for place in range(4) for row in rows[place::4]] if interleaved else rows
    write_grid(tmp_path / f"calls.{ending}", [header, *order])
    source, found = open_file(tmp_path / f"calls.{ending}")
    assert [said(row) for row in found] == [SAID] * 3
    assert [getattr(row, "external_id", None) for row in found] == ["c0", "c1", "c2"]
    assert [spans(row)[-1] for row in found] == [(30.0, None)] * 3
    assert [getattr(row, "occurred_at", None) for row in found] == [
        datetime(2024, 5, 4, 10, n, tzinfo=TEHRAN) for n in range(3)
    ]
    assert source.rows_estimate == 3
    assert [column.field for column in source.columns] == ["external_id", "speaker", "text", "occurred_at", "channel"]


def test_what_only_some_rows_say_is_kept_and_feedback_may_stand_between(tmp_path: Path) -> None:
    text = (
        "conversation_id,role,text,csat,agent_id,city\n"
        "a,customer,بسته پاره بود,,,یزد\n"
        ",,گلدان شکسته رسید,2,,رشت\n"
        "a,agent,عوضش می‌کنیم,4,ر-۱۲,\n"
        "b,,تلفن جواب نمی‌دهد,1,,قم\n"
        ",customer,این از کیست,,,\n"
        "\n"
    )
    _, rows = open_text(tmp_path, "a.csv", text)
    first, plain, lone, missing = sorted(rows, key=lambda row: row.line)
    assert codes([missing]) == ["no_conversation_id"]
    assert said(first) == [("customer", "بسته پاره بود"), ("agent", "عوضش می‌کنیم")]
    assert isinstance(first, Feedback)
    assert isinstance(plain, Feedback)
    assert isinstance(lone, Feedback)
    assert (first.csat, first.agent_id, dict(first.attributes)) == (4, "ر-۱۲", {"city": "یزد"})
    assert (plain.text, plain.turns, plain.csat) == ("گلدان شکسته رسید", (), 2)
    assert (lone.text, lone.turns, lone.external_id) == ("تلفن جواب نمی‌دهد", (), "b")


def test_a_mapping_names_the_columns_of_turns(tmp_path: Path) -> None:
    text = "پرونده,کی,چی,از,تا\n1,مشتری,نت قطعه,0,2\n1,کارشناس,ریست کنید,2.5,4\n"
    mapping = {"conversation_id": "پرونده", "speaker": "کی", "text": "چی", "turn_start": "از", "turn_end": "تا"}
    _, (row,) = open_text(tmp_path, "a.csv", text, mapping=mapping)
    assert said(row) == [("customer", "نت قطعه"), ("agent", "ریست کنید")]
    assert spans(row) == [(0.0, 2.0), (2.5, 4.0)]
    assert isinstance(row, Feedback)
    assert (row.external_id, dict(row.attributes)) == ("1", {})


def test_a_speaker_that_is_mapped_needs_an_id(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="conversation_id"):
        open_text(tmp_path, "a.csv", "کی,چی\nعلی,نت قطعه\nرضا,ریست کنید\n", mapping={"speaker": "کی", "text": "چی"})


@pytest.mark.parametrize(
    "text",
    [
        "id,author,text\n1,علی,جنسش خوبه\n1,مریم,گرونه\n2,رضا,نخرید\n",  # an id of goods, authors of reviews
        "شناسه گفتگو,فرستنده,متن\n1,علی,جنسش خوبه\n2,مریم,گرونه\n",  # nobody shares an id
        "فرستنده,متن\nعلی,جنسش خوبه\nمریم,گرونه\n",
        "نقش,متن\nمشتری,جنسش خوبه\nمشتری,گرونه\n",
    ],
)
def test_rows_of_feedback_stay_rows(text: str, tmp_path: Path) -> None:
    _, rows = open_text(tmp_path, "a.csv", text)
    assert len(rows) == text.count("\n") - 1
    assert not any(row.turns for row in rows if isinstance(row, Feedback))


def test_both_sides_without_any_id_are_one_conversation(tmp_path: Path) -> None:
    _, (row,) = open_text(
        tmp_path, "call.csv", "speaker,text,start\n" + "".join(f"{side},{text},{n}\n" for n, (side, text) in enumerate(SAID))
    )
    assert said(row) == SAID


def test_a_bare_id_groups_where_the_roles_are_named(tmp_path: Path) -> None:
    _, rows = open_text(tmp_path, "a.csv", "id,نقش,پیام\n7,مشتری,نت قطعه\n7,کارشناس,ریست کنید\n8,مشتری,گرونه\n8,کارشناس,بله\n")
    assert [len(said(row)) for row in rows] == [2, 2]


def test_the_first_speakers_tell_the_sides_whatever_the_seed_of_the_process() -> None:
    """Of more speakers than are looked at the first ones count, and not those that a set happens to give first."""
    for desk in range(20):
        turns: list[dict[str, object]] = [
            {"id": str(n), "sender": sender, "text": text}
            for n in range(200)
            for sender, text in ((f"sara{n}@example.com", "بسته‌م نرسیده"), (f"پشتیبانی {desk}", "پیگیری می‌کنیم"))
        ]
        rows = records(*turns)
        assert len(rows) == 200
        assert said(rows[0]) == [("customer", "بسته‌م نرسیده"), ("agent", "پیگیری می‌کنیم")]


def test_a_day_and_a_clock_are_one_moment_of_a_turn(tmp_path: Path) -> None:
    text = "شناسه گفتگو,نقش,متن,تاریخ,ساعت\n1,مشتری,نت قطعه,1403/02/15,10:00:05\n1,کارشناس,ریست کنید,1403/02/15,10:00:45\n"
    _, (row,) = open_text(tmp_path, "a.csv", text)
    assert spans(row) == [(0.0, None), (40.0, None)]


def test_a_clock_alone_is_the_time_of_each_turn(tmp_path: Path) -> None:
    text = "conversation_id,speaker,text,time\n1,مشتری,نت قطعه,23:58:00\n1,کارشناس,ریست کنید,00:01:00\n"
    _, (row,) = open_text(tmp_path, "a.csv", text)
    assert spans(row) == [(0.0, None), (180.0, None)]
    assert isinstance(row, Feedback)
    assert (row.occurred_at, dict(row.attributes)) == (None, {})


def test_how_long_each_turn_is_says_when_it_ends_and_nothing_of_the_whole(tmp_path: Path) -> None:
    rows = "1,مشتری,نت قطعه,0,4\n1,کارشناس,ریست کنید,5,300\n2,مشتری,گرونه,0,9\n2,کارشناس,بله,9,9\n"
    _, (one, other) = open_text(tmp_path, "a.csv", f"conversation_id,speaker,text,start,duration\n{rows}")
    assert spans(one) == [(0.0, 4.0), (5.0, 305.0)]
    assert spans(other) == [(0.0, 9.0), (9.0, 18.0)]
    assert isinstance(one, Feedback)
    assert one.handle_s is None
    _, (whole,) = open_text(
        tmp_path, "b.csv", "conversation_id,speaker,text,start,duration\n1,مشتری,نت قطعه,0,300\n1,کارشناس,ریست کنید,5,300\n"
    )
    assert isinstance(whole, Feedback)
    assert (whole.handle_s, spans(whole)) == (300.0, [(0.0, None), (5.0, None)])
    (told,) = records({"turns": [{"speaker": "customer", "text": "الو", "start": 1.5, "duration": 2}]})
    assert spans(told) == [(1.5, 3.5)]
    _, (clocks,) = open_text(
        tmp_path, "c.csv", "conversation_id,speaker,text,time,duration\n1,مشتری,نت قطعه,10:32,12\n1,کارشناس,ریست کنید,10:33,5\n"
    )
    assert isinstance(clocks, Feedback)
    assert (clocks.handle_s, spans(clocks)) == (None, [(0.0, 12.0), (60.0, 65.0)])


@pytest.mark.parametrize(
    ("times", "day", "wanted"),
    [
        (("2024-03-01 10:00:00", "2024-03-01 10:05:00"), "2024-03-01", datetime(2024, 3, 1, 10, tzinfo=TEHRAN)),
        (("10:00:00", "10:05:00"), "1402/12/11", datetime(2024, 3, 1, 10, tzinfo=TEHRAN)),
        (("2024-03-02 10:00:00", "2024-03-02 10:05:00"), "2024-03-01", datetime(2024, 3, 1, tzinfo=TEHRAN)),
        (("2024-03-01 10:00:00", "2024-03-01 10:05:00"), "2024-03-01 09:58", datetime(2024, 3, 1, 9, 58, tzinfo=TEHRAN)),
    ],
)
def test_turns_say_at_what_time_of_a_records_day_it_was(times: tuple[str, str], day: str, wanted: datetime) -> None:
    turns = [{"role": side, "text": text, "time": at} for (side, text), at in zip(SAID[:2], times, strict=True)]
    (row,) = records({"date": day, "turns": turns})
    assert isinstance(row, Feedback)
    assert row.occurred_at == wanted


@given(
    st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["مشتری", "کارشناس"]), st.integers(0, 99)), min_size=2, max_size=40)
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_grouping_is_what_a_dictionary_would_do(turns: list[tuple[int, str, int]]) -> None:
    wanted: dict[str, list[str]] = {}
    sides: dict[str, set[str]] = {}
    for key, side, number in turns:
        wanted.setdefault(str(key), []).append(f"حرف {number}")
        sides.setdefault(str(key), set()).add(side)
    rows = records(
        *({"conversation_id": key, "speaker": side, "text": f"حرف {number}"} for key, side, number in turns),
        mapping={"speaker": "speaker", "conversation_id": "conversation_id"},
    )
    assert len(rows) == len(wanted)
    for row, (name, texts) in zip(rows, wanted.items(), strict=True):
        if "مشتری" in sides[name]:
            assert isinstance(row, Feedback)
            assert (row.external_id, [text for _, text in said(row)]) == (name, texts)
        else:
            assert codes([row]) == ["no_customer_turn"]


def log_of(conversations: int, *, interleaved: bool) -> Iterable[str]:
    """Lines of a CSV with six turns for each conversation; interleaved, 50 of them go on at once."""
    yield "conversation_id,speaker,text,time\n"
    for start in range(0, conversations, 50):
        places = [(number, turn) for number in range(start, start + 50) for turn in range(6)]
        for number, turn in sorted(places, key=lambda place: place[1]) if interleaved else places:
            yield f"c{number},{('customer', 'agent')[turn % 2]},سفارش {number} نرسیده {turn},2024-05-04 10:00:{turn:02}\n"


@pytest.mark.parametrize("interleaved", [False, True])
def test_memory_stays_flat_and_time_grows_with_the_rows(interleaved: bool, tmp_path: Path) -> None:
    took, peaks = [], []
    for conversations in (200, 800):
        path = tmp_path / f"log{conversations}.csv"
        path.write_text("".join(log_of(conversations, interleaved=interleaved)), "utf-8")
        started = time.process_time()
        source = open_feedback(path, zone=TEHRAN, max_text_chars=1_000)
        assert sum(len(row.turns) for row in source if isinstance(row, Feedback)) == 6 * conversations
        took.append(time.process_time() - started)
        tracemalloc.start()
        source = open_feedback(path, zone=TEHRAN, max_text_chars=1_000)
        sample = tracemalloc.get_traced_memory()[0]  # a thousand rows or two, whatever the size
        tracemalloc.reset_peak()
        assert sum(1 for _ in source) == conversations
        peaks.append(tracemalloc.get_traced_memory()[1] - sample)
        tracemalloc.stop()
    assert took[1] < 10 * took[0] + 1
    assert peaks[1] < 2 * peaks[0] + (1 << 20)


def test_names_of_both_sides_are_enough_where_no_id_comes_again_soon(tmp_path: Path) -> None:
    """A log that is sorted by who speaks: a thousand rows of customers, then the agents' answers."""
    lines = [f"c{number},{side},حرف {number}\n" for side in ("customer", "agent") for number in range(900)]
    _, rows = open_text(tmp_path, "a.csv", "conversation_id,role,text\n" + "".join(lines))
    assert [len(said(row)) for row in rows] == [2] * 900


def test_one_id_for_all_rows_costs_no_memory_and_is_refused(tmp_path: Path) -> None:
    lines = "".join(f"1,{('مشتری', 'کارشناس')[n % 2]},{'دراز ' * 200}\n" for n in range(10_000))
    _, rows = open_text(tmp_path, "a.csv", f"شناسه گفتگو,نقش,متن\n{lines}")
    assert codes(rows) == ["too_many_turns"]


# Subtitles

VTT = """WEBVTT - تماس

STYLE
::cue {}

NOTE این را کسی نگفت

cue-1
00:00.000 --> 00:01.500 align:start
<v کارشناس>پشتیبانی مانا بفرمایید</v>

00:02.000 --> 00:05.000
<v.loud مشتری>سلام یخچالم
از <i>دیروز</i> صدا میده

00:06.000 --> 00:07.000
<v کارشناس>مدلش رو می‌فرمایید؟

01:00:08.000 --> 01:00:09.000
<v مشتری>ان اف ۲۰، هنوز گارانتی داره
"""
SRT = """1
00:00:00,000 --> 00:00:01,500
کارشناس: پشتیبانی مانا بفرمایید

2
00:00:02,000 --> 00:00:05,000
مشتری: سلام یخچالم از دیروز
صدا میده

3
00:00:06,000 --> 00:00:07,000
- کارشناس: مدلش رو می‌فرمایید؟

4
01:00:08,000 --> 01:00:09,000
- مشتری: ان اف ۲۰، هنوز گارانتی داره
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("call.vtt", VTT),
        ("call.srt", SRT),
        ("call.srt", SRT.replace("\n", "\r\n")),
        ("call.srt", SRT.replace("از دیروز\n", "از دیروز\n\n")),
        ("call.srt", SRT.replace("\n\n", "\n")),
    ],
)
def test_subtitles_are_one_conversation(name: str, text: str, tmp_path: Path) -> None:
    source, (row,) = open_text(tmp_path, name, text)
    assert said(row) == SAID
    assert spans(row) == [(0.0, 1.5), (2.0, 5.0), (6.0, 7.0), (3608.0, 3609.0)]
    assert (source.format, source.notices) == (name[-3:], ())


def test_dashes_alone_part_two_voices(tmp_path: Path) -> None:
    text = (
        "WEBVTT\n\n00:00.000 --> 00:04.000\n- پشتیبانی فروشگاه بفرمایید\n- سلام سفارشم نرسیده\n\n"
        "00:05.000 --> 00:06.000\nپولمو پس بدید\n\n00:07.000 --> 00:08.000\n- شماره سفارشتون رو لطف کنید\n"
    )
    _, (row,) = open_text(tmp_path, "a.vtt", text)
    assert [side for side, _ in said(row)] == ["agent", "customer", "customer", "agent"]


def test_a_colon_in_what_is_said_is_no_name(tmp_path: Path) -> None:
    _, (row,) = open_text(tmp_path, "a.srt", SRT.replace("صدا میده", "صدا میده: تق تق"))
    assert said(row)[1] == ("customer", "سلام یخچالم از دیروز صدا میده: تق تق")


# Plain text

TRANSCRIPT = """گفتگوی ضبط شده
شناسه گفتگو: ۱۲
کانال: تلفن
تاریخ: ۱۴۰۳/۰۲/۱۵ ۱۰:۰۰

کارشناس: پشتیبانی مانا بفرمایید
مشتری: سلام یخچالم
از دیروز صدا میده

پشتیبان:
مدلش رو می‌فرمایید؟
مشتری : ان اف ۲۰، هنوز گارانتی داره

-----

کاربر: کد تخفیف: نوروز کار نمیکنه
اپراتور: بررسی می‌کنم
"""


def test_led_lines_are_conversations_parted_by_rules(tmp_path: Path) -> None:
    source, (one, two) = open_text(tmp_path, "calls.txt", TRANSCRIPT)
    assert said(one) == SAID
    assert said(two) == [("customer", "کد تخفیف: نوروز کار نمیکنه"), ("agent", "بررسی می‌کنم")]
    assert isinstance(one, Feedback)
    assert (one.external_id, one.channel, one.line) == ("۱۲", "تلفن", 2)
    assert one.occurred_at == datetime(2024, 5, 4, 10, 0, tzinfo=TEHRAN)
    assert (two.line, source.format, source.notices) == (16, "transcript", ())


def test_names_lead_lines_and_what_is_said_tells_the_sides(tmp_path: Path) -> None:
    text = (
        "[10:00:00] علوی: شرکت مانا وقت بخیر، چه کمکی از دستم برمیاد؟\n[10:00:09] نادر: سلام یخچالم صدا میده\n"
        "[10:00:20] علوی: شماره سفارشتون رو بفرمایید\n[10:00:31] نادر: آدرس: یزد\n[10:00:40] علوی: براتون ثبت شد\n"
    )
    _, (row,) = open_text(tmp_path, "chat.txt", text)
    assert [side for side, _ in said(row)] == ["agent", "customer", "agent", "customer", "agent"]
    assert said(row)[3] == ("customer", "آدرس: یزد")
    assert [start for start, _ in spans(row)] == [0.0, 9.0, 20.0, 31.0, 40.0]


def test_what_a_customer_writes_above_a_pasted_chat_is_their_first_turn() -> None:
    text = (
        "سفارشم ده روزه نرسیده و پولمو نمی‌دن\nاینم چت:\nتاریخ: ۱۴۰۳/۰۲/۱۵ ساعت ۱۰ صبح روز شنبه\nمشتری: سلام\nپشتیبان: بفرمایید"
    )
    found = transcript_in(text)
    assert found
    assert [each.text for each in found.utterances] == ["سفارشم ده روزه نرسیده و پولمو نمی‌دن", "سلام", "بفرمایید"]


def test_the_half_of_the_day_stands_with_its_time(tmp_path: Path) -> None:
    lines = (
        "[11:58 AM] Customer: سفارشم نرسیده",
        "[11:59 AM] Agent: کد؟",
        "[12:01 PM] Customer: ۱۲۳۴",
        "[01:03 PM] Agent: پیگیری شد",
    )
    text = "\n".join(lines)
    _, (row,) = open_text(tmp_path, "a.txt", text)
    assert said(row) == [("customer", "سفارشم نرسیده"), ("agent", "کد؟"), ("customer", "۱۲۳۴"), ("agent", "پیگیری شد")]
    assert [start for start, _ in spans(row)] == [0.0, 60.0, 180.0, 3900.0]


def test_a_cell_that_holds_led_lines_is_a_conversation() -> None:
    lines = "\n".join(f"{'مشتری' if side == 'customer' else 'کارشناس'}: {text}" for side, text in SAID)
    one, other = records({"متن مکالمه": lines}, {"متن مکالمه": "مشتری: اسم این دکمه است\nو هیچ کاری نمی‌کند"})
    assert said(one) == SAID
    assert isinstance(other, Feedback)
    assert other.turns == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("نظر\nقیمت: بالا\nکیفیت: خوب\nقیمت: پایین\n", "a.txt"),
        ("دیر رسید\nزود رسید\nاصلا نرسید\n", "a.txt"),
        ("id,text\n1,\"مشتری: سلام\nکارشناس: بله\"\n", "a.csv"),
    ],
)  # fmt: skip
def test_other_texts_are_tables_as_before(text: str, name: str, tmp_path: Path) -> None:
    source, _ = open_text(tmp_path, name, text)
    assert source.format == "csv"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("مشتری: سلام", "مشتری"), ("Agent 4 : hi", "Agent 4"), ("[10:32] علی: بله", "علی"),
        ("2024/05/04, 10:32 - علی: بله", "علی"),
        ("**کارشناس:** بله", "کارشناس"), ("https://a.ir", None), ("ساعت ۱۰:۳۰ زنگ زدم", None),
        ("خیلی بد بود، ببینید: این", None),
        ("یک دو سه چهار پنج: شش", None), (": بله", None),
        ("به پشتیبانی گفتم: این چه وضعشه", None), ("از شرکت: زنگ زدن", None), ("اپراتورشون می‌گه: نه", None),
        ("I told support: no", None), ("پشتیبانی گفتگو: بله", "پشتیبانی گفتگو"),
    ],
)  # fmt: skip
def test_who_leads_a_line(line: str, name: str | None) -> None:
    led = read_line(line)
    assert (led.name if led else None) == name


def test_a_rule_is_marks_alone() -> None:
    assert [is_rule(line) for line in ("---", " * * * ", "=====", "--", "-- x", "")] == [True, True, True, False, False, False]


def test_a_turn_without_end_costs_no_memory_and_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("مشتری: الو\nکارشناس: بله\n" * 500 + "و باز هم می‌گفت و می‌گفت\n" * 100_000, "utf-8")
    tracemalloc.start()
    _, rows = open_file(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes(rows) == ["text_too_long"]
    assert peak < 60 << 20


# E-mail

THREAD = """هنوز خبری نشده، این بار سوم است که می‌نویسم. پولم را پس بدهید.
با احترام
نادر یزدی

در تاریخ ۱۴۰۳/۰۲/۱۵ ساعت ۱۰:۳۰، پشتیبانی مانا <support@mana.ir> نوشت:
> درخواست شما ثبت شد و تا فردا پاسخ می‌گیرید.
> --
> واحد پشتیبانی
>
> در تاریخ ۱۴۰۳/۰۲/۱۴ ساعت ۹:۰۰، نادر <nader@gmail.com> نوشت:
>> یخچالم را پس فرستادم، وجه واریز نشده است.
"""
OUTLOOK = """هنوز واریز نشده است.

-----Original Message-----
From: پشتیبانی مانا <support@mana.ir>
Sent: 2024-05-04 10:30
To: nader@gmail.com
Subject: RE: مرجوعی

پیگیری می‌کنیم.

از: نادر <nader@gmail.com>
تاریخ: ۱۴۰۳/۰۲/۱۴
موضوع: مرجوعی

یخچالم را پس فرستادم.
"""


def test_a_thread_is_taken_apart_the_oldest_first(tmp_path: Path) -> None:
    _, (row,) = open_text(tmp_path, "thread.txt", THREAD)
    assert said(row) == [
        ("customer", "یخچالم را پس فرستادم، وجه واریز نشده است."),
        ("agent", "درخواست شما ثبت شد و تا فردا پاسخ می‌گیرید."),
        ("customer", "هنوز خبری نشده، این بار سوم است که می‌نویسم. پولم را پس بدهید."),
    ]
    assert isinstance(row, Feedback)
    assert row.occurred_at == datetime(2024, 5, 3, 9, 0, tzinfo=TEHRAN)
    assert [start for start, _ in spans(row)] == [0.0, 91_800.0, None]


def test_blocks_of_headers_part_messages_too(tmp_path: Path) -> None:
    _, (row,) = open_text(tmp_path, "thread.txt", OUTLOOK)
    assert [side for side, _ in said(row)] == ["customer", "agent", "customer"]
    assert said(row)[1][1] == "پیگیری می‌کنیم."


def test_an_answer_in_between_goes_to_its_writer() -> None:
    text = "On Mon, May 6, 2024 at 9:10 AM Mana Support <support@mana.ir> wrote:\n> کدام مدل؟\nان اف ۲۰\n> کجا خریدید؟\nیزد\n"
    ((_, record),) = read_thread(text)
    dialogue = record[TURNS]
    assert isinstance(dialogue, Dialogue)
    assert [each.text for each in dialogue.utterances] == ["کدام مدل؟\nکجا خریدید؟", "ان اف ۲۰\nیزد"]


def test_a_picture_in_the_middle_of_an_e_mail_parts_no_words_from_it(tmp_path: Path) -> None:
    message = mail("سلام، این عکس کالاست:")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", disposition="inline", filename="a.png")
    message.add_attachment("شکسته رسید، پولم را پس نمی‌دهید.", disposition="inline")
    message.add_attachment("یک یادداشت", filename="b.txt")
    message.add_attachment(mail("نامهٔ دیگری"))
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    _, (row,) = open_file(tmp_path / "a.eml")
    assert [words for _, words in said(row)] == ["سلام، این عکس کالاست: شکسته رسید، پولم را پس نمی‌دهید."]


def mail(body: str, **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {
        "From": "نادر یزدی <nader@gmail.com>",
        "To": "support@mana.ir",
        "Subject": "مرجوعی یخچال",
        **headers,
    }.items():
        message[name] = value
    message["Date"] = "Sat, 04 May 2024 12:00:00 +0330"
    message["Message-ID"] = "<77@gmail.com>"
    message.set_content(body)
    return message


@pytest.mark.parametrize("html", [False, True])
def test_an_eml_file_is_one_conversation(html: bool, tmp_path: Path) -> None:
    body = THREAD.replace("این بار سوم است که می‌نویسم. ", "")
    message = mail(body)
    if html:
        page = (
            "<html><style>p {}</style><p>هنوز واریز نشده &amp; منتظرم</p>"
            "<p>On Sat, May 4, 2024 at 10:30, Mana &lt;support@mana.ir&gt; wrote:</p>"
            "<blockquote><div>سلام<br>پیگیری می‌کنیم.</div></blockquote></html>"
        )
        message.set_content(page, subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="رسید.pdf")
    path = tmp_path / "mail.eml"
    path.write_bytes(message.as_bytes())
    source, (row,) = open_file(path)
    assert source.format == "eml"
    assert isinstance(row, Feedback)
    assert (row.channel, row.external_id, dict(row.attributes)) == ("email", "<77@gmail.com>", {"subject": "مرجوعی یخچال"})
    if html:
        assert said(row) == [("agent", "سلام پیگیری می‌کنیم."), ("customer", "هنوز واریز نشده & منتظرم")]
        assert spans(row) == [(0.0, None), (5_400.0, None)]
    else:
        assert [side for side, _ in said(row)] == ["customer", "agent", "customer"]


@pytest.mark.parametrize(
    "data",
    [
        b"MIME-Version: 1.0\nFrom: a\nDate: b\n\n" + b"x\n" * 20,
        b"MIME-Version: 1.0\nFrom: =?x?q?=\nContent-Type: text/plain; charset=nothing\n\n\xff\xfe\n",
        b"MIME-Version: 1.0\nFrom: a\nContent-Type: multipart/mixed\n\n--\n",
        b"Received: x\nFrom: a\nContent-Type: message/rfc822\n\n" * 500,
        b"Received: x\nFrom: a\nContent-Transfer-Encoding: base64\n\n===\n",
    ],
)
def test_bad_mail_is_read_or_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(data)
    with suppress(InputError):
        _, rows = open_file(tmp_path / "a.eml")
        assert len(rows) <= 1


@pytest.mark.parametrize("body", [b"--b\n\n", b"a:\n"])
def test_mail_of_more_parts_or_lines_than_any_is_not_parsed(
    body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emails, "MOST_LINES", 10_000)
    head = b"MIME-Version: 1.0\nFrom: a\nContent-Type: multipart/mixed; boundary=b\n\n"
    (tmp_path / "a.eml").write_bytes(head + body * 20_000)
    with pytest.raises(TooLargeError, match="more parts or lines"):
        open_file(tmp_path / "a.eml")


def letter(path: Path, charset: str, body: bytes, **headers: str) -> list[str]:
    """What an e-mail with this body is read as, its lines one by one."""
    told = {"MIME-Version": "1.0", "From": "a@b.ir", "Content-Type": f"text/plain; charset={charset}", **headers}
    path.write_bytes("".join(f"{name}: {value}\n" for name, value in told.items()).encode() + b"\n" + body)
    ((_, record),) = emails.read_eml(path, path.name)
    dialogue = record[TURNS]
    assert isinstance(dialogue, Dialogue)
    return dialogue.utterances[0].text.splitlines()


@pytest.mark.parametrize("charset", ["windows-1256", "UTF-8", "utf-16", "utf8", "cp1256"])
def test_an_e_mail_is_read_in_its_encoding(charset: str, tmp_path: Path) -> None:
    body = base64.encodebytes("نه، پولم برنگشته".encode(charset))
    headers = {"Content-Transfer-Encoding": "base64"}
    assert letter(tmp_path / "a.eml", charset, body, **headers) == ["نه، پولم برنگشته"]


@pytest.mark.parametrize("charset", ["PunyCode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "zlib", "x\0y"])
def test_an_encoding_that_no_e_mail_has_is_not_used(charset: str, tmp_path: Path) -> None:
    assert letter(tmp_path / "a.eml", charset, "پولم برنگشته \\u0041".encode()) == ["پولم برنگشته \\u0041"]


def test_what_a_customer_tells_of_a_talk_stays_theirs(tmp_path: Path) -> None:
    text = "مشتری: سلام سفارشم نیومده\nبه پشتیبانی گفتم: این چه وضعشه\nکارشناس: پیگیری می‌کنم\n"
    _, (row,) = open_text(tmp_path, "a.txt", text)
    assert said(row) == [
        ("customer", "سلام سفارشم نیومده به پشتیبانی گفتم: این چه وضعشه"),
        ("agent", "پیگیری می‌کنم"),
    ]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (
            "سلام\nبا تشکر\nسفارش من سه هفته است نیامده\nو پولم را هم پس نداده‌اید",
            ["سلام", "با تشکر", "سفارش من سه هفته است نیامده", "و پولم را هم پس نداده‌اید"],
        ),
        ("سلام\nسفارش من سه هفته است نیامده\nبا تشکر\nنادر یزدی\nمدیر خرید", ["سلام", "سفارش من سه هفته است نیامده"]),
    ],
)
def test_thanks_end_a_letter_only_where_less_follows_than_was_said(body: str, kept: list[str], tmp_path: Path) -> None:
    assert letter(tmp_path / "a.eml", "utf-8", body.encode()) == kept


def test_a_blank_text_beside_the_page_is_not_the_letter(tmp_path: Path) -> None:
    message = mail(" ")
    message.add_alternative("<p>سفارشم نیومده</p>", subtype="html")
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    ((_, record),) = emails.read_eml(tmp_path / "a.eml", "a.eml")
    dialogue = record[TURNS]
    assert isinstance(dialogue, Dialogue)
    assert [each.text for each in dialogue.utterances] == ["سفارشم نیومده"]


def test_headers_that_nobody_encoded_are_read(tmp_path: Path) -> None:
    told = "MIME-Version: 1.0\nFrom: نادر <nader@gmail.com>\nSubject: مرجوعی یخچال\n\nسفارشم نیومده\n"
    (tmp_path / "a.eml").write_bytes(told.encode())
    ((_, record),) = emails.read_eml(tmp_path / "a.eml", "a.eml")
    assert record["subject"] == "مرجوعی یخچال"


def test_a_page_that_quotes_without_end_takes_bounded_memory(tmp_path: Path) -> None:
    page = b"<blockquote>" * 50 + b"<p>" * 2_000_000
    (tmp_path / "a.eml").write_bytes(b"MIME-Version: 1.0\nFrom: a@b.ir\nContent-Type: text/html\n\n" + page)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError, match="characters"):
            open_file(tmp_path / "a.eml")
        assert tracemalloc.get_traced_memory()[1] < 20 * len(page)
    finally:
        tracemalloc.stop()


# Hostile text


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n\n" + "00:00.000 --> 00:01.000\n" * 50_000,
        "WEBVTT\n\n00:00.000 --> 00:01.000\n" + "<v " * 50_000,
        "مشتری: " + "-" * 200_000 + "\nکارشناس: " + ": " * 100_000,
        "مشتری: الو\nکارشناس: بله\n" + "> " * 100_000,
        "On " + "wrote " * 40_000 + "\nمشتری: الو\nکارشناس: بله\n",
        "در تاریخ ۱ " + "نوشت " * 60 + ":\n" * 20_000,
    ],
)
def test_reading_takes_time_by_length_alone(text: str, tmp_path: Path) -> None:
    started = time.process_time()
    for name in ("a.txt", "a.vtt"):
        try:
            open_text(tmp_path, name, text)
        except InputError:
            continue
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "mail",
    [
        b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 1_000_000,
        b"Content-Type: multipart/mixed; boundary*=punycode''" + b"a" * 1_000_000 + b"\n\n",
        b'Content-Type: text/plain; a="' + b";" * 100_000 + b"\n\n",
        b"Content-Type: text/plain" + b";a\n " * 200_000 + b"\n\n",
        b"Content-Disposition: x; filename*=punycode''" + b"a" * 1_000_000 + b"\n\n",
    ],
)
def test_reading_mail_takes_time_by_length_alone(mail: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(b"MIME-Version: 1.0\nFrom: a@b.ir\nDate: x\n" + mail)
    started = time.process_time()
    with suppress(InputError):
        open_file(tmp_path / "a.eml", max_text_chars=1_000)
    assert time.process_time() - started < 3


@given(
    st.text(st.sampled_from("مشتری کارشناس:\n->12345 <v>wroteOn@.,«»[]()ن"), max_size=200),
    st.sampled_from(["txt", "vtt", "srt", "eml", "csv"]),
)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str, ending: str) -> None:
    path = Path(tmp_path_factory.getbasetemp()) / f"any.{ending}"
    for start in ("", "WEBVTT\n\n00:00.0 --> 00:01.0\n", "مشتری: الو\nکارشناس: بله\n", "MIME-Version: 1\nFrom: a\nTo: b\n\n"):
        path.write_text(start + text, "utf-8")
        try:
            rows = list(open_feedback(path, zone=TEHRAN, max_text_chars=100))
        except InputError:
            continue
        assert all(isinstance(row, Reject) or not row.turns or row.text == customer_text(row.turns) for row in rows)
    assert transcript_in(text) is None or "\n" in text
