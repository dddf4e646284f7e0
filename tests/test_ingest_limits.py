"""What is endless is refused early, and what is cut is cut before it costs anything."""

import io
import tracemalloc
from pathlib import Path
from typing import IO, Any, cast
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.test_ingest_workbook import old_workbook
from voc.errors import InputError, TooLargeError
from voc.ingest import open_feedback, parquet_table, read_records, table, workbook
from voc.ingest.dates import LONGEST_CHARS, has_time_of_day, parse_clock, parse_moment
from voc.ingest.delimited import LONGEST_RECORD_CHARS, DelimitedTable
from voc.ingest.encodings import UTF8
from voc.ingest.reader import LONGEST_ATTRIBUTE_CHARS
from voc.ingest.refusal import RefusalError
from voc.records import Feedback, Reject

TEHRAN = ZoneInfo("Asia/Tehran")
GIB = 1 << 30


class Endless:
    """A file of 2 GiB in one line after a good one, of which nothing lies anywhere: it is made while it is read."""

    def __init__(self, size: int) -> None:
        self.size = size

    def open(self, mode: str, **options: Any) -> IO[Any]:
        """As a path is opened."""
        raw = io.BufferedReader(_Endless(self.size), 1 << 20)
        return raw if mode == "rb" else io.TextIOWrapper(raw, **options)


class _Endless(io.RawIOBase):
    START = "نظر\nپیک دیر رسید\n".encode()

    def __init__(self, size: int) -> None:
        self._at, self._size = 0, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(len(buffer), self._size - self._at)
        piece = self.START[self._at : self._at + count]
        buffer[: len(piece)] = piece
        count = len(piece) or count
        if not piece:
            buffer[:count] = b"a" * count
        self._at += count
        return count


def test_a_line_of_two_gibibytes_is_read_in_flat_memory() -> None:
    tracemalloc.start()
    lines = DelimitedTable(cast("Path", Endless(2 * GIB)), "endless.csv", UTF8)
    rows = list(lines.rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == [
        (2, ["پیک دیر رسید"]),
        Reject(3, None, "row_too_long", f"A row has at most {LONGEST_RECORD_CHARS:,} characters."),
    ]
    assert peak < 40 << 20


@pytest.mark.parametrize("name", ["rows.csv", "rows.json", "rows.jsonl", "rows.parquet"])
def test_more_rows_than_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    texts = [f"پیک {number} روز دیر رسید" for number in range(6)]
    path = tmp_path / name
    if name.endswith("parquet"):
        pq.write_table(pa.table({"text": texts}), path)
    elif name.endswith("csv"):
        path.write_text("نظر\n" + "\n".join(texts), "utf-8")
    else:
        objects = [f'{{"text":"{text}"}}' for text in texts]
        path.write_text(f"[{','.join(objects)}]" if name.endswith("json") else "\n".join(objects), "utf-8")
    for module in (table, parquet_table):
        monkeypatch.setattr(module, "MOST_ROWS", 6)
    assert len(list(open_feedback(path, zone=TEHRAN, max_text_chars=1_000))) == 6
    for module in (table, parquet_table):
        monkeypatch.setattr(module, "MOST_ROWS", 5)
    with pytest.raises(TooLargeError, match="5 rows"):
        open_feedback(path, zone=TEHRAN, max_text_chars=1_000)


@pytest.mark.parametrize("value", ["(" * 1_000_000, "1402/12/11 " * 100_000, "۱" * 1_000_000, "12:30 " * 100_000])
def test_what_is_longer_than_any_date_is_none(value: str) -> None:
    with pytest.raises(RefusalError, match="not a date"):
        parse_moment(value, TEHRAN)
    with pytest.raises(RefusalError, match="time of day"):
        parse_clock(value)
    assert not has_time_of_day(value)


def test_the_longest_dates_are_read() -> None:
    written = "Fri Mar 01 2024 14:35:00 GMT+0330 (Iran Standard Time)"
    assert str(parse_moment(written, TEHRAN)) == "2024-03-01 14:35:00+03:30"
    assert parse_moment(" " * (LONGEST_CHARS + 1), TEHRAN) is None


@pytest.mark.parametrize("before", range(3_980, 4_010))
def test_a_number_that_the_cut_goes_through_does_not_come_out_in_halves(before: int) -> None:
    """4,000 characters are masked, and 2,000 kept: half a telephone number would not be known as one."""
    note = "م" * (before - 3) + " ، 09123456789 " + "ن" * 3_000
    (row,) = read_records([{"text": "پیک دیر رسید", "یادداشت": note}], zone=TEHRAN, max_text_chars=1_000)
    assert isinstance(row, Feedback)
    kept = str(row.attributes["یادداشت"])
    assert len(kept) == LONGEST_ATTRIBUTE_CHARS
    assert not any(char.isdigit() for char in kept)


def test_numbers_that_shrink_when_masked_bring_no_half_one_into_what_is_kept() -> None:
    note = "09123456789 " * 2_000
    (row,) = read_records([{"text": "پیک دیر رسید", "یادداشت": note}], zone=TEHRAN, max_text_chars=1_000)
    assert isinstance(row, Feedback)
    assert not any(char.isdigit() for char in str(row.attributes["یادداشت"]))


def test_parquet_that_packs_too_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"text": [f"دیر رسید {number} " * 2_000 for number in range(200)]}),
        path,
        compression="zstd",
        use_dictionary=False,
    )
    assert len(list(open_feedback(path, zone=TEHRAN, max_text_chars=100_000))) == 200
    monkeypatch.setattr(parquet_table, "MOST_BATCH_BYTES", 1 << 20)
    with pytest.raises(TooLargeError, match="megabytes"):
        open_feedback(path, zone=TEHRAN, max_text_chars=100_000)
    monkeypatch.setattr(parquet_table, "RATIO_FROM_BYTES", 1 << 20)
    with pytest.raises(TooLargeError, match="200 times"):
        open_feedback(path, zone=TEHRAN, max_text_chars=100_000)


def test_texts_of_a_dictionary_are_read_as_others(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    words = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], pa.int8()), pa.array(["خوب", "دیر"]))
    pq.write_table(pa.table({"text": ["الف بود", "ب بود", "پ بود", "ت بود"], "kind": words, "n": [1, 2, 3, 4]}), path)
    rows = list(open_feedback(path, zone=TEHRAN, max_text_chars=1_000))
    assert [row.attributes.get("kind") for row in rows if isinstance(row, Feedback)] == ["خوب", "دیر", None, "خوب"]


def test_a_workbook_is_tried_where_it_can_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(old_workbook())
    assert len(list(open_feedback(path, zone=TEHRAN, max_text_chars=1_000))) == 1
    monkeypatch.setattr(workbook, "TRIAL_BYTES", 1 << 20)
    with pytest.raises(TooLargeError, match="memory"):
        open_feedback(path, zone=TEHRAN, max_text_chars=1_000)


def test_names_without_end_are_refused_before_all_are_read() -> None:
    records = [{"text": "دیر", **{f"k{row}-{name}": 1 for name in range(100)}} for row in range(200)]
    with pytest.raises(InputError, match="columns") as refused:
        read_records(records, zone=TEHRAN, max_text_chars=1_000)
    assert refused.value.code == "too_many_columns"
