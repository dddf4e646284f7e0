"""Exports as pandas, polars, DuckDB, pyarrow and openpyxl read them: the same rows, types, Persian, nulls and moments."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import duckdb
import openpyxl
import pandas
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fakes import FakeTagger
from tests.spoken import CALL, CHAT, conversation
from tests.stores import TEHRAN
from voc.export import (
    FORMATS,
    FORMULA_STARTS,
    columns_of,
    stream_changes_as,
    stream_feedback_as,
    stream_figures_as,
    stream_turns_as,
)
from voc.export.rows import feedback_columns
from voc.kpis import KpiRow
from voc.records import Feedback, TaggedFeedback
from voc.store import Change
from voc.trends import Contrast, Driver, Scenario, Spike, Theme, TrendRow

WHEN: Final = datetime(2026, 5, 4, 0, 30, tzinfo=TEHRAN)  # still the day before in UTC
TEXTS: Final = (
    "پیک خیلی دیر اومد؛ می‌خواستم لغو کنم",
    '=HYPERLINK("http://x","عالی")',
    "+98 نه، ۹۸ درصد راضی‌ام «خوب» |\n- @همه",
    "\tچندبار زنگ زدم, حل نشد",
)


def records() -> list[TaggedFeedback]:
    rows = [
        Feedback(
            text, line, occurred_at=WHEN + timedelta(days=line), first_response_at=WHEN, channel="تلفن", nps=line, cost=-1.5,
            handle_s=90.25, abandoned=False, customer_id="-م-۱", attributes={"شهر": "یزد", "سن": 31},
        )
        for line, text in enumerate(TEXTS, 2)
    ]  # fmt: skip
    tags = FakeTagger().tag(TEXTS)
    tagged = [TaggedFeedback(f"f{seq}", "b0", row, tag) for seq, (row, tag) in enumerate(zip(rows, tags, strict=True), 1)]
    return [*tagged, TaggedFeedback("f5", "b0", Feedback("هنوز", 6), None)]


def calls() -> list[TaggedFeedback]:
    (tags,) = FakeTagger().tag_conversations([CALL])
    return [
        *records(),
        TaggedFeedback("f6", "b1", conversation(CALL, occurred_at=WHEN, agent_id="کارشناس 3f2a"), tags),
        TaggedFeedback("f7", "b1", conversation(CHAT), None),
    ]


def written(tmp_path: Path, format: str, pieces: Callable[[str], Any]) -> Path:
    path = tmp_path / f"out.{format}"
    path.write_bytes(b"".join(pieces(format)))
    return path


def by_pandas(path: Path) -> list[dict[str, Any]]:
    return as_records(pandas.read_parquet(path))


def by_polars(path: Path) -> list[dict[str, Any]]:
    return polars.read_parquet(path).to_dicts()


def by_polars_stream(path: Path) -> list[dict[str, Any]]:
    return polars.read_ipc_stream(path).to_dicts()


def by_pyarrow(path: Path) -> list[dict[str, Any]]:
    with pa.ipc.open_stream(path) as reader:
        found: list[dict[str, Any]] = reader.read_all().to_pylist()
    return found


def by_pandas_stream(path: Path) -> list[dict[str, Any]]:
    with pa.ipc.open_stream(path) as reader:
        return as_records(reader.read_pandas())


def as_records(frame: pandas.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return found


def asked(sql: str) -> duckdb.DuckDBPyRelation:
    answer = duckdb.sql(sql)
    assert answer is not None
    return answer


def by_duckdb(path: Path) -> list[dict[str, Any]]:
    answer = asked(f"SELECT * FROM read_parquet('{path}')")  # noqa: S608  our own path
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


READERS: Final = [
    ("parquet", by_pandas), ("parquet", by_polars), ("parquet", by_duckdb), ("arrow", by_pyarrow),
    ("arrow", by_pandas_stream), ("arrow", by_polars_stream),
]  # fmt: skip


@pytest.mark.parametrize(("format", "read"), READERS, ids=lambda value: getattr(value, "__name__", value))
def test_typed_files_are_what_was_exported(tmp_path: Path, format: str, read: Callable[[Path], list[dict[str, Any]]]) -> None:
    rows = read(written(tmp_path, format, lambda form: stream_feedback_as(records(), form, TEHRAN)))
    assert [row["id"] for row in rows] == ["f1", "f2", "f3", "f4", "f5"]
    assert tuple(row["text"] for row in rows) == (*TEXTS, "هنوز")
    assert [row["occurred_at"] for row in rows] == [*(WHEN + timedelta(days=line) for line in (2, 3, 4, 5)), None]
    assert rows[0]["occurred_at"].utcoffset() is not None
    assert (rows[0]["nps"], rows[0]["cost"], rows[0]["handle_s"], rows[0]["abandoned"]) == (2, -1.5, 90.25, False)
    assert (rows[0]["sentiment_score"], rows[3]["effort_score"]) == (0.1, 0.8)
    assert (rows[3]["effort"], rows[0]["effort"], rows[4]["effort"]) == ("repeat_contact", "", None)
    missing = ("csat", "resolved_at", "referred", "duration_s", "interruptions", "primary_reason", "external_id")
    assert {row[name] for row in rows for name in missing} == {None}
    assert json.loads(rows[0]["attributes"]) == {"شهر": "یزد", "سن": 31}


@pytest.mark.parametrize("rows", [[], records()], ids=["without rows", "with rows"])
def test_columns_have_their_types_whatever_the_rows(tmp_path: Path, rows: Sequence[TaggedFeedback]) -> None:
    path = written(tmp_path, "parquet", lambda form: stream_feedback_as(rows, form, TEHRAN))
    found = {field.name: str(field.type) for field in pq.read_schema(path)}
    moments = {"occurred_at", "first_response_at", "resolved_at", "corrected_at"}
    assert {name for name, kind in found.items() if kind == "timestamp[us, tz=Asia/Tehran]"} == moments
    assert {name for name, kind in found.items() if kind == "int64"} == {"line", "transfers", "nps", "interruptions"}
    assert {name for name, kind in found.items() if kind == "bool"} == {"abandoned", "referred", "referral_sold"}
    assert {name for name, kind in found.items() if kind == "double"} == {
        "handle_s", "wait_s", "cost", "revenue", "csat", "ces", "ves_1", "ves_2", "ees", "sentiment_score", "effort_score",
        "speakers_sure", "duration_s", "customer_talk_s", "agent_talk_s", "silence_s", "longest_silence_s",
    }  # fmt: skip
    stream = written(tmp_path, "arrow", lambda form: stream_feedback_as(rows, form, TEHRAN))
    assert pa.ipc.open_stream(stream).schema == pq.read_schema(path)


def test_a_spreadsheet_has_dates_numbers_and_no_formulas(tmp_path: Path) -> None:
    path = written(tmp_path, "xlsx", lambda form: stream_feedback_as(records(), form, TEHRAN))
    (sheet,) = openpyxl.load_workbook(path).worksheets
    header = [cell.value for cell in sheet[1]]
    assert header == [column.name for column in feedback_columns()]
    assert (sheet.sheet_view.rightToLeft, sheet.freeze_panes, sheet.max_row) == (True, "A2", 6)
    at = {name: number + 1 for number, name in enumerate(header)}
    occurred = sheet.cell(2, at["occurred_at"])
    assert occurred.value == WHEN.replace(tzinfo=None) + timedelta(days=2)
    assert (occurred.is_date, occurred.number_format) == (True, "yyyy-mm-dd h:mm:ss")
    assert sheet.column_dimensions[occurred.column_letter].width > len("2026-05-04 00:30:00")
    kinds = {name: sheet.cell(2, at[name]).data_type for name in ("nps", "cost", "sentiment_score", "abandoned", "text")}
    assert kinds == {"nps": "n", "cost": "n", "sentiment_score": "n", "abandoned": "b", "text": "s"}
    assert all(cell.data_type != "f" for row in sheet for cell in row)
    texts = [sheet.cell(row, at["text"]).value for row in range(2, 7)]
    assert texts == [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in (*TEXTS, "هنوز")]
    assert sheet.cell(6, at["sentiment"]).value is None
    assert pandas.read_excel(path)["occurred_at"].dtype.kind == "M"


def test_days_before_those_of_excel_are_text(tmp_path: Path) -> None:
    old = TaggedFeedback("f1", "b0", Feedback("قدیمی", 2, occurred_at=datetime(1890, 1, 2, tzinfo=UTC)), None)
    path = written(tmp_path, "xlsx", lambda form: stream_feedback_as([old], form))
    (sheet,) = openpyxl.load_workbook(path).worksheets
    at = [cell.value for cell in sheet[1]].index("occurred_at") + 1
    assert sheet.cell(2, at).value == "1890-01-02T00:00:00+00:00"


def test_a_spreadsheet_is_readable_whatever_is_in_a_text(tmp_path: Path) -> None:
    """Every character that XML 1.0 forbids is left out, those beside them stay."""
    forbidden = [*map(chr, range(32)), *map(chr, range(0xD800, 0xE000)), "\ufffe", "\uffff"]
    text = "".join(f"پ{char}" for char in forbidden if char not in "\t\n") + "\t\n\x7f\ud7ff\ue000\ufffd😀"
    row = TaggedFeedback("f1", "b0", Feedback(text, 2), None)
    path = written(tmp_path, "xlsx", lambda form: stream_feedback_as([row], form))
    (sheet,) = openpyxl.load_workbook(path).worksheets
    at = [cell.value for cell in sheet[1]].index("text") + 1
    assert sheet.cell(2, at).value == "پ" * (len(forbidden) - 2) + "\t\n\x7f\ud7ff\ue000\ufffd😀"


def test_csv_is_read_by_all(tmp_path: Path) -> None:
    path = written(tmp_path, "csv", lambda form: stream_feedback_as(records(), form, TEHRAN))
    harmless = [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in (*TEXTS, "هنوز")]
    frame = pandas.read_csv(path, parse_dates=["occurred_at"])
    assert frame["text"].tolist() == harmless
    assert frame["occurred_at"][0] == WHEN + timedelta(days=2)
    assert frame["customer_id"][0] == "'-م-۱"
    assert polars.read_csv(path)["text"].to_list() == harmless
    answer = asked(f"SELECT text, nps, occurred_at FROM read_csv('{path}')").fetchall()  # noqa: S608  our own path
    assert [row[0] for row in answer] == harmless
    assert (answer[0][1], answer[4][1]) == (2, None)
    assert answer[0][2] == WHEN + timedelta(days=2)


def test_turns_are_rows(tmp_path: Path) -> None:
    """CALL by hand: the complaint is in turn 1, the calls in turn 2, the waiting in 4, the agent's moves in 0, 3 and 5."""
    path = written(tmp_path, "arrow", lambda form: stream_turns_as(calls(), form, TEHRAN))
    frame = polars.read_ipc_stream(path)
    assert frame.columns[:2] == ["conversation_id", "batch_id"]
    assert frame["conversation_id"].to_list() == ["f6"] * 7 + ["f7"] * 3
    assert frame["turn"].to_list() == [*range(7), *range(3)]
    assert frame["text"].to_list() == [turn.text for turn in (*CALL, *CHAT)]
    assert frame["speaker"].to_list() == [turn.speaker for turn in (*CALL, *CHAT)]
    assert frame["end_s"].to_list() == [3, 9, 12, 15, 47, 51, 56, None, None, None]
    assert frame["sentiment"].to_list()[:7] == [None, "negative", "neutral", None, "neutral", None, "positive"]
    assert frame["reasons"].to_list() == ["", "delivery.time", "", "", "", "", "", None, None, None]
    assert frame["effort"].to_list()[:7] == ["", "", "repeat_contact", "", "long_wait", "", ""]
    assert frame["moves"].to_list()[:7] == ["greeting", "", "", "apology|ownership", "", "compensation", ""]
    assert frame["occurred_at"].to_list()[0] == WHEN
    assert frame["sentiment_score"].dtype == polars.Float64
    lines = b"".join(stream_turns_as(calls(), "jsonl")).decode().splitlines()
    assert json.loads(lines[3])["moves"] == ["apology", "ownership"]
    assert (json.loads(lines[7])["moves"], json.loads(lines[0])["occurred_at"]) == (None, WHEN.isoformat())


def test_a_deletion_is_a_row_with_an_id_and_nothing_else(tmp_path: Path) -> None:
    changes = [Change("f1", "tagged", records()[0], "c1"), Change("f9", "deleted", None, "c2")]
    path = written(tmp_path, "parquet", lambda form: stream_changes_as(changes, form, TEHRAN))
    gone = by_polars(path)[1]
    assert {name: value for name, value in gone.items() if value is not None} == {
        "id": "f9", "change": "deleted", "cursor": "c2",
    }  # fmt: skip
    one, other = map(json.loads, b"".join(stream_changes_as(changes, "jsonl")).splitlines())
    assert (one["record"]["text"], one["cursor"]) == (TEXTS[0], "c1")
    assert other == {"id": "f9", "change": "deleted", "cursor": "c2"}


TREND: Final = TrendRow("1402-12", date(2024, 2, 20), date(2024, 3, 20), None, "تلفن", 3, 0.5, 0.1, 0.9, None, None, None)
HOUR: Final = replace(TREND, bucket="1402-12-21T09", start=datetime(2024, 3, 11, 9), end=datetime(2024, 3, 11, 10))


@pytest.mark.parametrize(
    ("row", "start", "kind"), [(TREND, date(2024, 2, 20), "date32[day]"), (HOUR, datetime(2024, 3, 11, 9), "timestamp[us]")]
)
def test_spans_of_trends_are_days_or_hours(tmp_path: Path, row: TrendRow, start: date, kind: str) -> None:
    path = written(tmp_path, "arrow", lambda form: stream_figures_as([row], form, TrendRow))
    assert str(pa.ipc.open_stream(path).schema.field("start").type) == kind
    assert by_pyarrow(path)[0]["start"] == start
    (sheet,) = openpyxl.load_workbook(
        written(tmp_path, "xlsx", lambda form: stream_figures_as([row], form, TrendRow))
    ).worksheets
    assert sheet.cell(2, 2).is_date
    line = json.loads(b"".join(stream_figures_as([row], "jsonl", TrendRow)))
    assert line["start"] == start.isoformat()


def test_kpis_are_typed_without_values(tmp_path: Path) -> None:
    row = KpiRow("nps", None, 0, None, None, "points", "none", "no_rows", None, None, missing=("nps", "csat"))
    path = written(tmp_path, "parquet", lambda form: stream_figures_as([row], form, KpiRow))
    found = {field.name: str(field.type) for field in pq.read_schema(path)}
    assert {found[name] for name in ("value", "ci_low", "ci_high", "target", "model_error")} == {"double"}
    assert (found["n"], found["rank"], found["on_target"], found["missing"]) == ("int64", "int64", "bool", "string")
    assert by_duckdb(path)[0]["missing"] == "nps|csat"
    assert csv.DictReader(io.StringIO(b"".join(stream_figures_as([], "csv", KpiRow)).decode("utf-8-sig"))).fieldnames == [
        field.name for field in fields(KpiRow)
    ]


def test_a_figure_in_a_figure_has_its_columns_even_where_it_is_missing(tmp_path: Path) -> None:
    row = Driver("delivery.time", 3, 1.5, None, None, None, None, None, None)
    path = written(tmp_path, "parquet", lambda form: stream_figures_as([row], form, Driver))
    assert {"positive_value", "positive_n", "negative_ci_low"} <= set(pq.read_schema(path).names)
    assert by_polars(path)[0]["mean_with"] == 1.5


@pytest.mark.parametrize("record", [TrendRow, KpiRow, Driver, Contrast, Scenario, Spike, Theme])
def test_only_texts_are_columns_of_text(record: type) -> None:
    hints = get_type_hints(record)
    for column in columns_of(record):
        if column.kind == "text":
            meant = [hint for hint in get_args(hints[column.name]) or (hints[column.name],) if hint is not NoneType]
            assert all(
                hint is str or hint is Ellipsis or isinstance(hint, str) or get_origin(hint) is Literal for hint in meant
            )


@pytest.mark.parametrize("format", FORMATS)
def test_long_files_have_all_rows(tmp_path: Path, format: str) -> None:
    rows = 2_345
    many = (TaggedFeedback(f"f{n}", "b0", Feedback(f"نظر {n}", n), None) for n in range(rows))
    path = written(tmp_path, format, lambda form: stream_feedback_as(many, form))
    counts: dict[str, Callable[[], int]] = {
        "jsonl": lambda: len(pandas.read_json(path, lines=True)),
        "csv": lambda: len(polars.read_csv(path)),
        "xlsx": lambda: len(pandas.read_excel(path)),
        "parquet": lambda: len(by_duckdb(path)),
        "arrow": lambda: len(by_pyarrow(path)),
    }
    assert counts[format]() == rows
