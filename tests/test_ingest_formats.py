"""The same four rows through every format and encoding, and files that are something else than they are called."""

import gzip
import json
import math
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from voc.errors import InputError
from voc.ingest import FeedbackSource, open_feedback
from voc.records import Feedback, Reject

TEHRAN = ZoneInfo("Asia/Tehran")
SPREADSHEET_XML = '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
HEADERS = ("شناسه", "متن نظر", "تاریخ ثبت", "شعبه")
ROWS: Sequence[tuple[Any, ...]] = (
    ("a1", 'نان بیات بود، "تازه" نبود\nپولش را هم پس نداد', "۱۴۰۳/۰۲/۱۵ ۱۰:۳۰", "یوسف‌آباد"),
    ("a2", "عالی", "2024-05-05 11:00", "ونک"),
    ("a3", "عالی", "2024-05-06 12:00", "ونک"),
    ("a4", "پیک خوش‌برخوردی داشت، ممنون", "1403-02-18 13:15", ""),
)


def read(path: Path, **options: Any) -> tuple[FeedbackSource, list[Feedback | Reject]]:
    source = open_feedback(path, zone=TEHRAN, max_text_chars=options.pop("max_text_chars", 100_000), **options)
    return source, list(source)


def as_csv(delimiter: str, line_end: str = "\r\n") -> str:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in '"\n' + delimiter) else cell

    return "".join(delimiter.join(map(quoted, row)) + line_end for row in (HEADERS, *ROWS))


def as_objects() -> list[dict[str, str]]:
    return [dict(zip(HEADERS, row, strict=True)) for row in ROWS]


def write_text(text: str, encoding: str) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text.encode(encoding))


def write_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (HEADERS, *ROWS):
        book.active.append(row)
    book.save(path)


def write_parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(as_objects()), path)


def to_1256(text: str) -> str:
    """The letters that windows-1256 has not (ی) as those that stand in for them in old files."""
    return text.replace("ی", "ي").replace("۰", "0").translate({ord("۱"): "1", **{0x6F0 + n: str(n) for n in range(10)}})


JSON = json.dumps(as_objects(), ensure_ascii=False)
FILES = {
    "utf8.csv": write_text(as_csv(","), "utf-8"),
    "bom.csv": write_text(as_csv(";"), "utf-8-sig"),
    "utf16.csv": write_text(as_csv("\t"), "utf-16"),
    "utf16le.csv": write_text(as_csv(","), "utf-16-le"),
    "utf16be.csv": write_text(as_csv("|"), "utf-16-be"),
    "tab.tsv": write_text(as_csv("\t", "\n"), "utf-8"),
    "mac.csv": write_text(as_csv(",", "\r").replace("\n", "\r"), "utf-8"),
    "sep.csv": write_text("sep=;\r\n" + as_csv(";"), "utf-8-sig"),
    "array.json": write_text(JSON, "utf-8"),
    "escaped.json": write_text(json.dumps(as_objects()), "ascii"),
    "utf16.json": write_text(JSON, "utf-16"),
    "inside.json": write_text('{"status": 200, "tags": ["x"], "data": {"page": {"no": 1}, "items": ' + JSON + "}}", "utf-8"),
    "lines.jsonl": write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in as_objects()) + "\n\n", "utf-8"),
    "lines_called.json": write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in as_objects()), "utf-8-sig"),
    "book.xlsx": write_xlsx,
    "table.parquet": write_parquet,
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_and_encoding_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    FILES[name](path)
    source, rows = read(path)
    accepted = [row for row in rows if isinstance(row, Feedback)]
    assert [row.external_id for row in accepted] == ["a1", "a2", "a3", "a4"] == [row[0] for row in ROWS]
    assert [row.text for row in accepted] == [row[1] for row in ROWS]
    assert [row.occurred_at for row in accepted] == [
        datetime(2024, 5, day, hour, minute, tzinfo=TEHRAN)
        for day, hour, minute in ((4, 10, 30), (5, 11, 0), (6, 12, 0), (7, 13, 15))
    ]
    assert [row.attributes for row in accepted] == [{"شعبه": "یوسف‌آباد"}, {"شعبه": "ونک"}, {"شعبه": "ونک"}, {}]
    assert [column.field for column in source.columns] == ["external_id", "text", "occurred_at", None]
    assert source.rows_estimate == 4
    assert source.notices == ()


def test_windows_1256_is_read_letter_for_letter(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_bytes(to_1256(as_csv(",")).encode("cp1256"))
    source, rows = read(path)
    assert source.encoding == "windows-1256"
    assert [row.text for row in rows if isinstance(row, Feedback)] == [to_1256(row[1]) for row in ROWS]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("utf8.csv", "utf-8"), ("utf16le.csv", "utf-16-le"), ("utf16be.csv", "utf-16-be"), ("utf16.csv", "utf-16-le")],
)
def test_the_encoding_is_said(name: str, encoding: str, tmp_path: Path) -> None:
    FILES[name](tmp_path / name)
    assert read(tmp_path / name)[0].encoding == encoding


def _zip_with(part: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(part, "x")

    return write


@pytest.mark.parametrize(
    ("name", "write", "words"),
    [
        ("comments.csv", lambda path: path.write_bytes(bytes(range(256)) * 40), "a binary file"),
        ("picture.csv", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200)), "a PNG picture"),
        ("report.xls", lambda path: path.write_text("<html><table><tr><td>متن</td></tr></table></html>"), "an HTML page"),
        ("report.xls", lambda path: path.write_text(SPREADSHEET_XML), "an XML Spreadsheet"),
        ("notes.xlsx", _zip_with("word/document.xml"), "a Word document"),
        ("calc.xlsx", _zip_with("content.xml"), "an OpenDocument file"),
        ("all.csv", _zip_with("comments.csv"), "a zip archive"),
        ("half.xlsx", lambda path: path.write_bytes(b"PK\x03\x04" + bytes(300)), "cut off"),
        ("comments.csv.gz", lambda path: path.write_bytes(gzip.compress("متن\nخوب بود".encode() * 30)), "a gzip archive"),
        ("letter.csv", lambda path: path.write_bytes(b"%PDF-1.7\n" + b"1 0 obj\n" * 50), "a PDF document"),
    ],
)  # fmt: skip
def test_another_kind_of_file_is_named_and_what_is_accepted(
    name: str, write: Callable[[Path], Any], words: str, tmp_path: Path
) -> None:
    write(tmp_path / name)
    with pytest.raises(InputError, match=words) as refused:
        read(tmp_path / name)
    assert refused.value.code == "unknown_format"
    assert name in refused.value.message
    assert "XLSX" in refused.value.message
    assert "Parquet" in refused.value.options


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_called_empty(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "nothing.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        read(path)
    assert refused.value.code == "empty_file"


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(("name", "kind"), [("book.xlsx", "xlsx"), ("array.json", "json"), ("table.parquet", "parquet")])
def test_the_content_decides_and_a_wrong_ending_is_noticed(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    FILES[name](path)
    source, rows = read(path)
    assert source.format == kind
    assert len(rows) == 4
    assert [notice.code for notice in source.notices] == ["format_by_content"]


def test_the_users_name_of_the_file_is_the_one_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "upload-7f3a.tmp"
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"^نظرات فروردین\.csv: "):
        read(path, name="نظرات فروردین.csv")


def test_another_arabic_encoding_is_not_taken_for_windows_1256(tmp_path: Path) -> None:
    path = tmp_path / "dos.csv"
    path.write_bytes((to_1256("متن\nخیلی بد بود و کند\n").replace("ک", "ك") * 5).encode("iso-8859-6"))
    with pytest.raises(InputError) as refused:
        read(path)
    assert refused.value.code == "unknown_encoding"


def test_text_in_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cafe.csv"
    path.write_bytes(b"text,id\n" + "déjà vu, très cher, café fermé\n".encode("latin-1") * 5)
    with pytest.raises(InputError) as refused:
        read(path)
    assert refused.value.code == "unknown_encoding"


def test_one_broken_row_among_thousands_costs_itself(tmp_path: Path) -> None:
    lines = ["متن,شعبه", *(f"سفارش شمارهٔ {number} دیر رسید,مرکزی" for number in range(5_000))]
    data = [line.encode() for line in lines]
    data[3_210] = "سفارشم خراب رسید".encode()[:-1] + ",مرکزی".encode()
    path = tmp_path / "long.csv"
    path.write_bytes(b"\n".join(data))
    _, rows = read(path)
    assert len(rows) == 5_000
    assert [row for row in rows if isinstance(row, Reject)] == [rows[3_209]]
    broken = rows[3_209]
    assert isinstance(broken, Reject)
    assert (broken.line, broken.column, broken.code) == (3_211, "متن", "broken_encoding")


def test_a_file_that_turns_into_windows_1256_half_way_keeps_its_first_half(tmp_path: Path) -> None:
    good = [f"غذا سرد بود و دیر رسید {number}" for number in range(3_000)]
    bad = [to_1256(f"نوشابه گرم بود {number}") for number in range(2_000)]
    path = tmp_path / "two.csv"
    path.write_bytes("\n".join(["متن", *good]).encode() + b"\n" + "\n".join(bad).encode("cp1256"))
    _, rows = read(path)
    assert [row.text for row in rows if isinstance(row, Feedback)] == good
    assert {row.code for row in rows if isinstance(row, Reject)} == {"broken_encoding"}
    assert len(rows) == 5_000


def test_json_lines_and_arrays_refuse_only_the_broken_record(tmp_path: Path) -> None:
    records = [json.dumps({"text": f"پشتیبانی جواب نداد {number}"}, ensure_ascii=False).encode() for number in range(50)]
    records[7] = records[7].replace("نداد".encode(), b"\xd9")
    for name, data in (("a.jsonl", b"\n".join(records)), ("a.json", b"[" + b",".join(records) + b"]")):
        (tmp_path / name).write_bytes(data)
        _, rows = read(tmp_path / name)
        assert [row.line for row in rows if isinstance(row, Reject)] == [8]
        assert len(rows) == 50


def test_parquet_types_and_nesting(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["گران ولی خوب", None],
            "created_at": pa.array([1_714_800_000_000_000_123, None], pa.timestamp("ns", "UTC")),
            "nps": pa.array([9, 3], pa.int8()),
            "shop": [{"city": "رشت", "open": True}, {"city": None, "open": False}],
            "items": [["شال", "کلاه"], []],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    source, rows = read(tmp_path / "a.parquet")
    first, second = rows
    assert isinstance(first, Feedback)
    assert (str(first.occurred_at), first.nps) == ("2024-05-04 08:50:00+03:30", 9)
    assert first.attributes == {"shop.city": "رشت", "shop.open": True, "items": "شال، کلاه"}
    assert isinstance(second, Reject)
    assert (second.line, second.code) == (2, "empty_text")
    assert source.format == "parquet"


def test_a_moment_beyond_the_year_9999_costs_its_row_or_its_attribute(tmp_path: Path) -> None:
    moments = pa.array([1_714_800_000, 10**12, None, 1_714_800_000], pa.timestamp("s", "UTC"))
    expiries = pa.array([-(10**15), 0, 10**15, 60], pa.timestamp("s"))
    table = pa.table(
        {
            "text": [f"قهوه‌اش سرد بود {n}" for n in range(4)],
            "created_at": moments,
            "expiry": expiries,
            "order": pa.StructArray.from_arrays([pa.array(["الف", "ب", "پ", "ت"]), expiries], ["code", "until"]),
            "score": [math.inf, 1.5, -math.inf, math.nan],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    _, (first, second, third, fourth) = read(tmp_path / "a.parquet")
    assert isinstance(second, Reject)
    assert (second.line, second.column, second.code) == (2, "created_at", "bad_date")
    assert isinstance(first, Feedback)
    assert isinstance(third, Feedback)
    assert isinstance(fourth, Feedback)
    assert (first.attributes, third.attributes) == ({"order.code": "الف"}, {"order.code": "پ"})
    assert fourth.attributes == {
        "expiry": "1970-01-01 00:01:00", "order.code": "ت", "order.until": "1970-01-01 00:01:00",
    }  # fmt: skip


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_broken_bytes_in_parquet_cost_their_row(kind: pa.DataType, tmp_path: Path) -> None:
    data = ["صندلی لق بود".encode(), b"\xd9", "میز صاف بود".encode()]
    whole = kind.value_type if pa.types.is_dictionary(kind) else kind
    texts = pa.array(data, pa.large_binary() if whole == pa.large_string() else pa.binary()).view(whole)
    if pa.types.is_dictionary(kind):
        texts = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int32()), texts)
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    _, rows = read(tmp_path / "a.parquet")
    assert [getattr(row, "code", None) for row in rows] == [None, "broken_encoding", None]


def test_a_damaged_parquet_file_is_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    with pytest.raises(InputError) as refused:
        read(tmp_path / "a.parquet")
    assert refused.value.code == "damaged_file"
