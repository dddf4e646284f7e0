"""Workbooks as people make them, and those that would bring the process down."""

import base64
import zipfile
import zlib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from voc.errors import InputError, TooLargeError
from voc.ingest import FeedbackSource, open_feedback, workbook
from voc.records import Feedback, Reject

OLD_WORKBOOK = (
    "c-rk)O=uHA6#izDOnzw6Bql;Dlu)p(v9$ydi;!+AHW9&6y(l7RYXX&;RDzd!&}z+55IiYf3iZ%S)r&vqL2n)k6+H-okSKWZBq(@jv%Y!Rl{6wW"
    "poQvwVcxv?=DnSl`Q6!9%c1hzgZ2s<FbD^#h8MDq6O_DGAqc8B45eDRhmv7qQ^D(@fs`&h^)I>A7^?BEK*N3K3zEPGN+)q1BU6Q3Yy+{MV;B=E"
    "h9pUWJH!Og#!-b?o?*F#<vq51#xljsb(Tr8EsGOa)<@z4<}5z0b#h$*>bZ~D=N&T%MDbG1;>$Ng&DMpX;@Poto2;V4*@Ah{fM#-qTv3&yxT}`z"
    "G@&n_@5^Rm6BGOL`7$Cj<n#Du#DK5X+I}9h`HkfTi2uHpcmIa>&`>t=H#H|P1LHI=l@d+*q*K+nL|P8Wgv`ipxq?Gbq)KG9Ap4~oVpzsyTE<Yb"
    "b3w$(G$EJdF6oEZBZsJNuRJIZ5S=DEh8`;QOP@Lnc=HIZ**yHbs9H#7(aL&=msXJCURn6^`tbOueu|kHJ}_#>%61h$3|vtj<Q(7{jirN9ob{b7"
    "ukus3vEI%yLi3*TuF<Heq-WXY8rODFJG&Wg^zJ&nhxF3tBab^uAN3uiFJ>wiBa3hKIdsx7mnDDon?<ka6}N9GJkhOOm|M_$mTkXmM;<L`#%`Er"
    "XDe3WV>QIGR#LqqewH+|uaviF@V=z^m<u6o+6(qpz2l(%666_X<3Qi1)Swo|L+-v*-2v`{4I4IW*sx*4hK>Im!hFqkm=^<=`5Nywzw4}0s@k7P"
    "{#hKw6#XvHb#fR5%8Qt8YW{4cE2i}<u}&ZBd!fQHYQ2a_jB^~5P0wGthKc(Bvu?-WpIbuBwqI=~&cEFL4>^C-ga"
)
"""An XLS file of one row under «کد», «متن نظر» and «تاریخ», packed, as nothing that is installed writes one."""


def old_workbook() -> bytes:
    return zlib.decompress(base64.b85decode(OLD_WORKBOOK))


def read(path: Path) -> tuple[FeedbackSource, list[Feedback | Reject]]:
    source = open_feedback(path, zone=ZoneInfo("Asia/Tehran"), max_text_chars=100_000)
    return source, list(source)


def test_titles_blanks_and_two_header_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B2"] = "گزارش ماهانهٔ مرکز تماس"
    sheet.merge_cells("B2:E2")
    for cell, value in {"B4": "متن نظر", "C4": "تاریخ", "D4": "امتیازها", "D5": "NPS", "E5": "CSAT"}.items():
        sheet[cell] = value
    for merged in ("B4:B5", "C4:C5", "D4:E4"):
        sheet.merge_cells(merged)
    sheet.append([None, "رسیدگی کردند ولی دیر", datetime(2024, 5, 4, 9, 30), 7, 4])
    sheet.append([])
    sheet.append([None, "خط مدام مشغول بود", "۱۴۰۳/۰۲/۱۶", 3, 1])
    book.save(tmp_path / "report.xlsx")
    source, rows = read(tmp_path / "report.xlsx")
    assert [(column.header, column.field) for column in source.columns] == [
        ("متن نظر", "text"), ("تاریخ", "occurred_at"), ("NPS", "nps"), ("CSAT", "csat"),
    ]  # fmt: skip
    assert [(row.line, row.nps, row.csat, str(row.occurred_at)[:16]) for row in rows if isinstance(row, Feedback)] == [
        (6, 7, 4, "2024-05-04 09:30"), (8, 3, 1, "2024-05-05 00:00"),
    ]  # fmt: skip
    assert {notice.code: notice.count for notice in source.notices} == {"rows_above_header": 1, "blank_rows": 1}


def test_the_sheet_with_known_headers_is_read_and_the_others_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["راهنما"])
    sheet = book.create_sheet("نظرها")
    sheet.append(["متن", "کانال"])
    sheet.append(["خوب رسیدگی شد", "تلفن"])
    book.save(tmp_path / "two.xlsx")
    source, rows = read(tmp_path / "two.xlsx")
    assert len(rows) == 1
    assert [(notice.code, notice.count) for notice in source.notices] == [("other_sheets", 1)]


def test_a_column_without_a_header_is_kept(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["متن", "شهر"], ["خوب", "قم"], ["بد", "ری", None, "پیگیری شود"]):
        book.active.append(row)
    book.save(tmp_path / "wide.xlsx")
    _, rows = read(tmp_path / "wide.xlsx")
    assert [row.attributes for row in rows if isinstance(row, Feedback)] == [
        {"شهر": "قم"},
        {"شهر": "ری", "column 4": "پیگیری شود"},
    ]


def test_a_stray_cell_in_the_far_corner_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "متن"
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "stray.xlsx")
    with pytest.raises(TooLargeError, match="1,048,576"):
        read(tmp_path / "stray.xlsx")


def test_a_bomb_is_refused_by_what_it_unpacks_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "bomb.xlsx"
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["متن"])
    book.save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", bytes(5 << 20))
    with pytest.raises(TooLargeError, match="200 times"):
        read(path)
    monkeypatch.setattr(workbook, "MOST_RATIO", 10_000)
    monkeypatch.setattr(workbook, "MOST_BYTES", 1 << 20)
    with pytest.raises(TooLargeError, match="1 MiB"):
        read(path)


def test_a_damaged_workbook_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "damaged.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(InputError) as refused:
        read(path)
    assert refused.value.code == "damaged_file"


def test_blank_sheets_are_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "blank.xlsx")
    with pytest.raises(InputError, match="blank"):
        read(tmp_path / "blank.xlsx")


def test_old_workbooks_are_read(tmp_path: Path) -> None:
    (tmp_path / "old.xls").write_bytes(old_workbook())
    source, (row,) = read(tmp_path / "old.xls")
    assert source.format == "xls"
    assert isinstance(row, Feedback)
    assert (row.line, row.text, str(row.occurred_at)) == (2, "صف طولانی بود", "2024-05-04 10:30:00+03:30")
    assert row.attributes == {"کد": 17}


@pytest.mark.parametrize(
    ("stream", "code"), [("EncryptedPackage", "password"), ("WordDocument", "unknown_format"), ("Workbook", "damaged_file")]
)
def test_what_else_old_office_files_hold(stream: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "old.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000) + stream.encode("utf-16-le") + bytes(2_000))
    with pytest.raises(InputError) as refused:
        read(path)
    assert refused.value.code == code
