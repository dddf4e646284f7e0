"""Rows in, rows out: each comes out once, as feedback or refused, under the line that a person would count."""

import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.errors import InputError
from voc.ingest import FeedbackSource, delimited, open_feedback, read_records
from voc.ingest.delimited import NO_DELIMITER, sniff_dialect, split_loosely
from voc.ingest.table import distinct_headers
from voc.records import Feedback, Reject

TEHRAN = ZoneInfo("Asia/Tehran")


def read_csv(text: str, folder: Path, **options: Any) -> tuple[FeedbackSource, list[Feedback | Reject]]:
    path = folder / "rows.csv"
    path.write_bytes(text.encode())
    source = open_feedback(path, zone=TEHRAN, max_text_chars=options.pop("max_text_chars", 100_000), **options)
    return source, list(source)


def outcome(row: Feedback | Reject) -> tuple[int, str]:
    return row.line, row.code if isinstance(row, Reject) else row.text


def test_lines_are_those_that_an_editor_shows(tmp_path: Path) -> None:
    text = 'id,text\n1,سریع\n2,"دو\nسطر"\n\n3,\n4,"کند\r\nبود"\n5,گران\n'
    source, rows = read_csv(text, tmp_path)
    assert [outcome(row) for row in rows] == [(2, "سریع"), (3, "دو\nسطر"), (6, "empty_text"), (7, "کند\nبود"), (9, "گران")]
    assert [(notice.code, notice.count) for notice in source.notices] == [("blank_rows", 1)]


@pytest.mark.parametrize(
    ("scale", "kept"),
    [("1-5", [None, 1, 4.5, 5, None, None]), ("0-10", [0, 1, None, 5, 10, None])],
)
def test_employees_answer_on_the_scale_that_is_set(tmp_path: Path, scale: Any, kept: list[float | None]) -> None:
    """A half is no answer from 0 to 10; what lies outside the scale is refused and not squeezed into it."""
    _, rows = read_csv("متن,ees\n" + "".join(f"خوبه,{mark}\n" for mark in (0, 1, 4.5, 5, "۱۰", 11)), tmp_path, ees_scale=scale)
    assert [row.ees if isinstance(row, Feedback) else None for row in rows] == kept
    assert {row.code for row in rows if isinstance(row, Reject)} == {"out_of_range"}


def test_parts_of_a_file_are_understood_as_the_whole(tmp_path: Path) -> None:
    """The last row alone says that «طبقه» holds no numbers, and so how those before it are kept."""
    text = "متن,طبقه\n" + "".join(f"دیر رسید {n},{n}\n" for n in range(9)) + "عالی بود,همکف\n"
    source, whole = read_csv(text, tmp_path)
    assert [row.attributes["طبقه"] for row in whole if isinstance(row, Feedback)] == [*map(str, range(9)), "همکف"]
    _, alone = read_csv(text.rpartition("عالی")[0], tmp_path)
    assert [row.attributes["طبقه"] for row in alone if isinstance(row, Feedback)] == list(range(9))
    read_csv(text, tmp_path)

    def part(start: int, stop: int | None) -> list[Feedback | Reject]:
        return list(open_feedback(tmp_path / "rows.csv", zone=TEHRAN, max_text_chars=1_000).rows(start, stop))

    assert source.rows_estimate == 10
    assert part(0, 4) + part(4, 9) + part(9, None) == whole
    assert part(2, 3) == whole[2:3]
    assert part(10, 12) == []


def test_equal_texts_are_all_kept(tmp_path: Path) -> None:
    _, rows = read_csv("متن\n" + "عالی\n" * 50, tmp_path)
    assert Counter(row.text for row in rows if isinstance(row, Feedback)) == {"عالی": 50}


def test_a_text_beyond_the_limit_is_refused_with_the_limit_and_never_cut(tmp_path: Path) -> None:
    _, rows = read_csv("متن,شهر\n" + "آ" * 100_000 + ",قم\n" + "ب" * 200_000 + ",ری\nکوتاه,یزد\n", tmp_path)
    assert [getattr(row, "code", None) for row in rows] == [None, "text_too_long", None]
    long = rows[1]
    assert isinstance(long, Reject)
    assert (long.line, long.column) == (3, "متن")
    assert "200,000" in long.message
    assert "100,000" in long.message


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    rows_before = "".join(f"{n},خوب بود {n},۵\n" for n in range(1_000))
    _, rows = read_csv(f'id,text,csat\n{rows_before}x,"باز شد و بسته نشد,4\n{rows_before}', tmp_path)
    assert len(rows) == 2_001
    assert [outcome(row) for row in rows if isinstance(row, Reject)] == [(1_002, "malformed_row")]


def test_quotes_inside_a_cell_are_kept(tmp_path: Path) -> None:
    _, rows = read_csv('id,text\n1,"گفت "حتماً" و رفت"\n2,۵" تلویزیون\n3,"نقل ""درست"" بود"\n', tmp_path)
    assert [row.text for row in rows if isinstance(row, Feedback)] == ['گفت "حتماً" و رفت', '۵" تلویزیون', 'نقل "درست" بود']


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('7,"گفت "خوب" بود",5', ["7", 'گفت "خوب" بود', "5"]),
        (",a,", ["", "a", ""]),
        ('"a, b",c', ["a, b", "c"]),
        ('"x""y"z","q"', ['x"y"z', "q"]),
        ('"باز,ب', ['"باز', "ب"]),
        ('"",", "', ["", ", "]),
        ("تنها", ["تنها"]),
        ("", [""]),
    ],
)
def test_a_quote_closes_only_before_a_delimiter(line: str, cells: list[str]) -> None:
    assert split_loosely(line, ",") == cells


def test_a_long_line_of_bare_quotes_takes_no_longer_than_its_length() -> None:
    line = 'a,"b"c' + ',"d' * 60_000
    began = time.process_time()
    assert len(split_loosely(line, ",")) == 60_002
    assert time.process_time() - began < 3


def test_quotes_that_are_never_closed_cost_their_rows_and_not_the_square_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    class CountedLines(delimited._Lines):
        def __next__(self) -> str:
            nonlocal read
            read += 1
            return super().__next__()

    monkeypatch.setattr(delimited, "_Lines", CountedLines)
    monkeypatch.setattr(delimited, "MOST_REREAD_CHARS", 200_000)
    text = "id,text\n" + 'x""","z\n' * 1_500 + '7,"بسته پاره بود"\n8,"جعبه\nخیس بود"\n9,سالم بود\n'
    _, rows = read_csv(text, tmp_path)
    assert read < 50_000
    assert [row.line for row in rows] == list(range(2, 1_506))
    assert [outcome(row) for row in rows[1_500:]] == [
        (1_502, "بسته پاره بود"), (1_503, "malformed_row"), (1_504, "malformed_row"), (1_505, "سالم بود"),
    ]  # fmt: skip


def test_rows_of_another_width(tmp_path: Path) -> None:
    _, rows = read_csv("متن,شهر,کد\nخوب\nبد,قم,1,,\nگران, ولی خوب,قم,2\n", tmp_path)
    assert [outcome(row) for row in rows] == [(2, "خوب"), (3, "بد"), (4, "malformed_row")]


def test_a_header_that_is_too_short_gets_a_column_more_where_the_rows_agree(tmp_path: Path) -> None:
    _, rows = read_csv("متن,شهر\nخوب,قم,1\nبد,ری,2\nگران,یزد,3\n", tmp_path)
    assert [row.attributes["column 3"] for row in rows if isinstance(row, Feedback)] == [1, 2, 3]
    _, rows = read_csv("متن,شهر\nخوب, ارزان,قم\nبد,ری\nگران,یزد\n", tmp_path)
    assert [outcome(row)[1] for row in rows] == ["malformed_row", "بد", "گران"]


def test_an_endless_line_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    _, rows = read_csv("متن,شهر\nاول,قم\n" + "الف" * 900_000 + ",ری\nآخر,یزد\n", tmp_path)
    assert [outcome(row) for row in rows] == [(2, "اول"), (3, "row_too_long"), (4, "آخر")]


@pytest.mark.parametrize(
    ("lines", "delimiter"),
    [
        (["متن,شهر", "خوب,قم"], ","), (["متن;شهر", "خوب, سریع, ارزان;قم", "بد;ری"], ";"),
        (["متن\tشهر", "خوب, ولی گران\tقم"], "\t"),
        (["متن|شهر", "خوب|قم"], "|"), (["متن نظر", "خوب, سریع", "بد", "نه, ممنون, هرگز"], NO_DELIMITER),
        (["text,date", "خوب, ارزان, سریع,۱۴۰۳/۰۱/۰۱", "بد,۱۴۰۳/۰۱/۰۲", "نه, بد,۱۴۰۳/۰۱/۰۲"], ","),
    ],
)  # fmt: skip
def test_the_delimiter_is_found_out(lines: list[str], delimiter: str) -> None:
    assert sniff_dialect([line + "\n" for line in lines]).delimiter == delimiter


def test_one_column_keeps_its_commas(tmp_path: Path) -> None:
    _, rows = read_csv("نظرات\nارزان، سریع, تمیز\nبد\nگران, کند\n", tmp_path)
    assert [row.text for row in rows if isinstance(row, Feedback)] == ["ارزان، سریع, تمیز", "بد", "گران, کند"]


def test_spaces_before_quotes(tmp_path: Path) -> None:
    _, rows = read_csv('متن, شهر\n"خوب, ولی گران", "قم, مرکز"\nبد, ری\n', tmp_path)
    assert [(row.text, row.attributes["شهر"]) for row in rows if isinstance(row, Feedback)] == [
        ("خوب, ولی گران", "قم, مرکز"),
        ("بد", "ری"),
    ]


def test_a_list_of_texts_without_a_title_is_all_texts(tmp_path: Path) -> None:
    source, rows = read_csv("خیلی معطل شدم\nعالی\nبد نبود\n", tmp_path)
    assert [outcome(row) for row in rows] == [(1, "خیلی معطل شدم"), (2, "عالی"), (3, "بد نبود")]
    assert source.notices[0].code == "no_header"


def test_a_mapping_tells_the_header_row(tmp_path: Path) -> None:
    _, rows = read_csv("ستون ۱\nخیلی معطل شدم\n", tmp_path, mapping={"text": "ستون ۱"})
    assert [outcome(row) for row in rows] == [(2, "خیلی معطل شدم")]


def test_text_that_was_spoiled_before_is_noticed(tmp_path: Path) -> None:
    spoiled = "خیلی معطل شدم".encode().decode("cp1252", "replace")
    source, rows = read_csv(f"text\n{spoiled}\n", tmp_path)
    assert len(rows) == 1
    assert [notice.code for notice in source.notices] == ["garbled_text"]


def test_a_file_without_a_header_loses_no_row(tmp_path: Path) -> None:
    source, rows = read_csv("1,مشاور خوبی بود,۱۴۰۳/۰۱/۰۱\n2,نوبت ندادند,۱۴۰۳/۰۱/۰۲\n", tmp_path)
    assert [row.text for row in rows if isinstance(row, Feedback)] == ["مشاور خوبی بود", "نوبت ندادند"]
    assert [column.header for column in source.columns] == ["column 1", "column 2", "column 3"]
    assert source.notices[0].code == "no_header"


def test_titles_above_the_header_are_skipped_and_counted(tmp_path: Path) -> None:
    source, rows = read_csv("گزارش نظرها,,\n,,\nمتن,شهر,کانال\nخوب,قم,اپ\n", tmp_path)
    assert [row.line for row in rows] == [4]
    assert [(notice.code, notice.count) for notice in source.notices] == [("rows_above_header", 1)]


def test_a_header_without_rows_is_no_error(tmp_path: Path) -> None:
    source, rows = read_csv("متن,تاریخ\n", tmp_path)
    assert rows == []
    assert source.rows_estimate == 0
    assert [column.field for column in source.columns] == ["text", "occurred_at"]
    assert [notice.code for notice in source.notices] == ["no_rows"]


def test_headers_of_one_name_and_of_none(tmp_path: Path) -> None:
    source, rows = read_csv("متن,شهر,شهر,\nخوب,قم,ری,x\n", tmp_path)
    assert [column.header for column in source.columns] == ["متن", "شهر", "شهر (2)", "column 4"]
    assert isinstance(rows[0], Feedback)
    assert rows[0].attributes == {"شهر": "قم", "شهر (2)": "ری", "column 4": "x"}


@pytest.mark.parametrize(
    ("headers", "distinct"),
    [
        (("a", "a (2)", "a"), ("a", "a (2)", "a (3)")),
        (("a", "a", "a (2)", "a"), ("a", "a (2)", "a (2) (2)", "a (3)")),
        (("column 2", "", ""), ("column 2", "column 2 (2)", "column 3")),
    ],
)
def test_no_header_is_given_to_two_columns(headers: tuple[str, ...], distinct: tuple[str, ...]) -> None:
    assert distinct_headers(headers, "a.csv") == distinct


def test_personal_data_is_masked_everywhere() -> None:
    records = [
        {"متن": "به 09121234567 زنگ بزنید", "تماس": "شماره ۰۹۱۲۱۲۳۴۵۶۷", "موبایل": 9121234567, "کد": 1234567, "شهر": "قم"}
    ]
    source = read_records(records, zone=TEHRAN, max_text_chars=1_000)
    (row,) = source
    assert isinstance(row, Feedback)
    assert row.text == "به [تلفن] زنگ بزنید"
    assert row.attributes == {"تماس": "شماره [تلفن]", "موبایل": "[تلفن]", "کد": 1234567, "شهر": "قم"}


def test_a_column_of_identity_numbers_is_masked_whole_and_one_of_order_numbers_kept() -> None:
    orders = [str(4_100_000_000 + 1_234_567 * n) for n in range(40)]
    phones = [9_121_234_567 + n for n in range(40)]
    records = [{"متن": "خوب", "سفارش": order, "تلفن": phone} for order, phone in zip(orders, phones, strict=True)]
    rows = [row for row in read_records(records, zone=TEHRAN, max_text_chars=1_000) if isinstance(row, Feedback)]
    assert [str(row.attributes["سفارش"]) for row in rows] == orders
    assert {row.attributes["تلفن"] for row in rows} == {"[تلفن]"}


def test_a_column_of_cards_that_a_file_holds_as_numbers_with_a_point_is_masked() -> None:
    """XLSX knows no other numbers, and a column of Parquet becomes one of these where a cell is empty."""
    records = [{"متن": "خوب", "کارت": card} for card in (6037990123456788.0, float("nan"), 6104337812345674.0)]
    rows = [row for row in read_records(records, zone=TEHRAN, max_text_chars=1_000) if isinstance(row, Feedback)]
    assert [row.attributes for row in rows] == [{"کارت": "[کارت]"}, {}, {"کارت": "[کارت]"}]


def test_attributes_keep_their_kind_and_lose_only_their_length() -> None:
    records = [
        {"متن": "خوب", "a": True, "b": 2.0, "c": 2.5, "d": " x ", "e": "", "f": None, "g": "ی" * 2_500, "h": "007", "i": "12"}
    ]
    source = read_records(records, zone=TEHRAN, max_text_chars=1_000)
    (row,) = source
    assert isinstance(row, Feedback)
    assert row.attributes == {"a": True, "b": 2, "c": 2.5, "d": "x", "g": "ی" * 2_000, "h": "007", "i": 12}
    assert [(notice.column, notice.code, notice.count) for notice in source.notices] == [("g", "attribute_cut", 1)]


def test_a_stray_value_of_a_rating_stays_with_its_row() -> None:
    records = [{"text": f"تجربهٔ {n}", "rate": 5 if n else 0.5} for n in range(300)]
    source = read_records(records, zone=TEHRAN, max_text_chars=1_000)
    first, *others = source
    assert isinstance(first, Feedback)
    assert (first.csat, first.attributes) == (None, {"rate": "0.5"})
    assert all(isinstance(row, Feedback) and row.csat == 5 for row in others)
    assert [(notice.code, notice.count) for notice in source.notices] == [("out_of_scale", 1)]


def test_a_telephone_number_in_place_of_a_rating_is_masked() -> None:
    records = [{"text": f"تجربهٔ {n}", "rate": "5" if n else "تماس با 09121234567"} for n in range(100)]
    first = next(iter(read_records(records, zone=TEHRAN, max_text_chars=1_000)))
    assert isinstance(first, Feedback)
    assert first.attributes == {"rate": "تماس با [تلفن]"}


def test_no_refusal_repeats_what_a_customer_wrote(tmp_path: Path) -> None:
    words = "راز مشتری"
    text = f'متن,تاریخ,nps,هزینه\n{words},{words},1,1\n{words},,{words},1\n"{words},,1,1\n{words},,1,{words}\n'
    _, rows = read_csv(text, tmp_path)
    assert len(rows) == 4
    assert all(isinstance(row, Reject) and words not in row.message for row in rows)


def test_records_need_not_be_alike_and_empty_ones_are_refused() -> None:
    records: list[Any] = [{"text": "خوب"}, {}, "رشته", {"text": "بد", "شهر": "قم"}, None]
    rows = list(read_records(records, zone=TEHRAN, max_text_chars=1_000))
    assert [outcome(row) for row in rows] == [
        (1, "خوب"),
        (2, "empty_text"),
        (3, "not_an_object"),
        (4, "بد"),
        (5, "not_an_object"),
    ]
    with pytest.raises(InputError) as refused:
        read_records([], zone=TEHRAN, max_text_chars=1_000)
    assert refused.value.code == "no_records"


def test_a_source_is_read_once() -> None:
    source = read_records([{"text": "خوب"}], zone=TEHRAN, max_text_chars=1_000)
    assert len(list(source)) == 1
    with pytest.raises(RuntimeError):
        next(iter(source))


CELL = st.text(st.sampled_from('الف ب\n\r",;|\t\x00\u200c1۲/'), max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=12))
def test_whatever_is_written_as_csv_comes_out_row_for_row(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    lines = [
        "متن نظر,شهر,کانال\n",
        *["پاسخی ندادند,قم,تلفن\n"] * 100,
        *(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in cells),
    ]
    source, rows = read_csv("".join(lines), folder)
    blank = sum(notice.count for notice in source.notices if notice.code == "blank_rows")
    assert len(rows) + blank == 100 + len(cells)
    assert not [row for row in rows if isinstance(row, Reject) and row.code not in ("empty_text", "bad_number")]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_but_never_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "rows.csv"
    path.write_bytes("متن,شهر\n".encode() + data)
    with suppress(InputError):
        rows = list(open_feedback(path, zone=TEHRAN, max_text_chars=1_000))
        assert all(isinstance(row, Feedback | Reject) for row in rows)
