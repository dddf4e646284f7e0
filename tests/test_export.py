"""Exports are read back by the libraries that people use, and are harmless in a spreadsheet."""

import csv
import errno
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pandas
import pyarrow.parquet as pq
import pytest
from openpyxl.writer.excel import ExcelWriter

from tests.fakes import FakeTagger
from voc.errors import InputError, StoreError
from voc.export import FORMATS, evidence_words, format_of, record_of, stream_feedback_as
from voc.records import Feedback, TaggedFeedback

WHEN = datetime(2026, 5, 4, 10, 0, tzinfo=ZoneInfo("Asia/Tehran"))


def tagged(*texts: str) -> list[TaggedFeedback]:
    rows = [
        Feedback(text=text, line=i + 2, occurred_at=WHEN, channel="تلفن", nps=9, attributes={"شهر": "یزد"})
        for i, text in enumerate(texts)
    ]
    tags = FakeTagger().tag(texts)
    return [TaggedFeedback(f"f{i}", "b0", row, tag) for i, (row, tag) in enumerate(zip(rows, tags, strict=True))]


def written(records: Sequence[TaggedFeedback], format: str) -> bytes:
    return b"".join(stream_feedback_as(records, format))


RECORDS = tagged("پیک خیلی دیر اومد ولی کیفیت خوب بود", "افتضاح، چندبار زنگ زدم حل نشد", '=HYPERLINK("http://x","عالی")')


def test_the_record_is_the_contract_of_the_api() -> None:
    record = record_of(RECORDS[0])
    assert record["occurred_at"] == "2026-05-04T10:00:00+03:30"
    assert record["reasons"][0] == {"code": "delivery.time", "polarity": "negative", "score": 0.9, "evidence": [[9, 12]]}
    assert record["text"][9:12] == "دیر"
    assert (record["sentiment"], record["sentiment_probability"]) == ("mixed", 0.8)
    assert record["attributes"] == {"شهر": "یزد"}
    assert record["customer_id"] is None


def test_jsonl_has_a_record_a_line_with_persian_as_it_is() -> None:
    lines = written(RECORDS, "jsonl").decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["f0", "f1", "f2"]
    assert "پیک" in lines[0]


def test_csv_opens_in_excel_and_runs_no_formula() -> None:
    body = written(RECORDS, "csv")
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
    assert [row["sentiment"] for row in rows] == ["mixed", "negative", "positive"]
    assert rows[2]["text"].startswith("'=HYPERLINK")
    assert rows[1]["effort"] == "repeat_contact"
    assert rows[0]["csat"] == ""


def test_xlsx_is_right_to_left_typed_and_harmless() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written(RECORDS, "xlsx"))).active
    assert sheet is not None
    assert sheet.sheet_view.rightToLeft
    header = [cell.value for cell in sheet[1]]
    assert sheet.cell(2, header.index("nps") + 1).value == 9
    assert sheet.cell(4, header.index("text") + 1).data_type == "s"
    assert sheet.cell(4, header.index("text") + 1).value.startswith("'=")


ERRORS = ("#N/A", "#REF!", "#DIV/0!", "#NULL!", "#VALUE!", "#NAME?", "#NUM!", "#پیگیری")


def test_xlsx_has_what_looks_like_an_error_as_text() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written(tagged(*ERRORS, "خوب"), "xlsx"))).active
    assert sheet is not None
    column = [cell.value for cell in sheet[1]].index("text") + 1
    cells = [sheet.cell(row, column) for row in range(2, sheet.max_row + 1)]
    assert [(cell.data_type, cell.value) for cell in cells] == [("s", text) for text in (*ERRORS, "خوب")]


def failing(records: Sequence[TaggedFeedback], error: BaseException) -> Iterator[TaggedFeedback]:
    yield from records
    raise error


@pytest.mark.parametrize("error", [StoreError("gone"), KeyboardInterrupt()], ids=["failed", "stopped"])
def test_an_xlsx_whose_rows_end_early_leaves_no_words_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("voc.export.xlsx.SHEET_ROWS", 2)
    with pytest.raises(type(error)):
        list(stream_feedback_as(failing(RECORDS, error), "xlsx"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore:Exception ignored in. <function ZipFile")  # which openpyxl leaves open where it fails
@pytest.mark.parametrize("packed", [0, 1, 2])
def test_an_xlsx_that_cannot_be_packed_leaves_no_words_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: int
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr("voc.export.xlsx.SHEET_ROWS", 1)
    write, sheets = ExcelWriter.write_worksheet, list[Any]()

    def full(writer: ExcelWriter, sheet: Any) -> None:
        if len(sheets) == packed:
            raise OSError(errno.ENOSPC, "No space left on device")
        sheets.append(sheet)
        write(writer, sheet)

    monkeypatch.setattr(ExcelWriter, "write_worksheet", full)
    with pytest.raises(OSError, match="No space"):
        list(stream_feedback_as(RECORDS, "xlsx"))
    assert list(tmp_path.iterdir()) == []


def test_an_xlsx_that_is_left_half_read_leaves_no_words_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pieces = stream_feedback_as(RECORDS, "xlsx")
    assert next(pieces)
    del pieces
    assert list(tmp_path.iterdir()) == []


def test_parquet_keeps_types_where_the_first_rows_are_empty(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    path.write_bytes(written(RECORDS, "parquet"))
    frame = pandas.read_parquet(path)
    assert frame["nps"].tolist() == [9, 9, 9]
    assert frame["csat"].isna().all()
    assert str(pq.read_schema(path).field("csat").type) == "double"


def test_parquet_of_many_pieces_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    path.write_bytes(written(tagged(*(f"پیک دیر اومد {n}" for n in range(2_500))), "parquet"))
    assert pandas.read_parquet(path)["text"].tolist()[-1] == "پیک دیر اومد 2499"


def test_no_records_is_a_file_with_a_header(tmp_path: Path) -> None:
    assert written([], "jsonl") == b""
    assert written([], "csv").decode("utf-8-sig").startswith("id,batch_id,line,text,")
    sheet = openpyxl.load_workbook(io.BytesIO(written([], "xlsx"))).active
    assert sheet is not None
    assert sheet.cell(1, 4).value == "text"
    path = tmp_path / "none.parquet"
    path.write_bytes(written([], "parquet"))
    assert "text" in pandas.read_parquet(path).columns


def test_untagged_rows_are_exported_without_tags() -> None:
    waiting = TaggedFeedback("f9", "b0", Feedback(text="هنوز", line=2), None)
    row = next(csv.DictReader(io.StringIO(written([waiting], "csv").decode("utf-8-sig"))))
    assert row["sentiment"] == ""
    assert record_of(waiting)["sentiment"] is None


def test_evidence_is_said_in_the_customers_words() -> None:
    feedback, tags = RECORDS[1].feedback, RECORDS[1].tags
    assert tags
    assert list(evidence_words(feedback.text, tags)) == ["repeat_contact: چندبار"]


def test_unknown_formats_list_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        format_of(Path("out.docx"))
    assert caught.value.options == tuple(FORMATS)
    with pytest.raises(InputError):
        written(RECORDS, "docx")
