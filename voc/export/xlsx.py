"""XLSX: right-to-left sheets whose header stays in sight, dates that Excel can reckon with, gathered in temporary files.

A cell knows no zone, so moments stand there as the clock of VOC_TIMEZONE showed them.
"""

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from itertools import chain, islice
from typing import IO, Any, Final

from voc.export.cells import harmless
from voc.export.columns import Column, Kind
from voc.export.rows import Row

SHEET_ROWS: Final = 1_000_000  # a sheet holds 1,048,576
CELL_CHARS: Final = 32_767  # Excel's own limit
FIRST_YEAR: Final = 1900  # Excel has no days before
PIECE_BYTES: Final = 1 << 16
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")  # by XML 1.0, and CR
_WIDTHS: Final[Mapping[Kind, int]] = {
    "text": 16, "whole": 9, "number": 11, "flag": 9, "moment": 20, "clock": 20, "day": 12,
}  # fmt: skip
_LONG: Final = {"text": 70, "evidence": 40, "attributes": 30, "reasons": 30, "cursor": 24}
"""Widths in characters of columns that hold more than a code or a name."""


def write_xlsx(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[bytes]:
    """The workbook, in pieces, once its last row is known: sheets of at most a million rows."""
    with tempfile.TemporaryFile() as file:
        _save(rows, columns, file)
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece


def _save(rows: Iterable[Row], columns: Sequence[Column], file: IO[bytes]) -> None:
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    try:
        _fill(workbook, rows, columns)
        workbook.save(file)
    except BaseException:
        for sheet in workbook.worksheets:
            _discard(sheet)
        raise


def _fill(workbook: Any, rows: Iterable[Row], columns: Sequence[Column]) -> None:
    remaining = iter(rows)
    page = list(islice(remaining, 1))
    while page or not workbook.worksheets:
        sheet = _new_sheet(workbook, columns)
        for row in chain(page, islice(remaining, SHEET_ROWS - 1)):
            sheet.append([_as_cell(sheet, value) for value in row.values()])
        page = list(islice(remaining, 1))


def _discard(sheet: Any) -> None:
    """Remove the file of customers' words that openpyxl gathers a sheet in, and keeps until it has packed it."""
    writer = sheet._writer
    for part in filter(None, (sheet._rows, writer)):  # in this order; what is half-written may not let itself be ended
        with suppress(Exception):
            part.close()
    if writer is not None:
        with suppress(FileNotFoundError):  # packed already
            writer.cleanup()


def _new_sheet(workbook: Any, columns: Sequence[Column]) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = workbook.create_sheet()
    sheet.sheet_view.rightToLeft = True
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _LONG.get(column.name, _WIDTHS[column.kind])
    header = [WriteOnlyCell(sheet, column.name) for column in columns]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    return sheet


def _as_cell(sheet: Any, value: Any) -> Any:
    """Excel takes at most 32,767 characters, and none that XML forbids; dates get their number format from openpyxl."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date) and value.year >= FIRST_YEAR:
        return value.replace(tzinfo=None) if isinstance(value, datetime) else value
    text = value.isoformat() if isinstance(value, date) else str(value)
    shown = harmless(_FORBIDDEN.sub("", text)[:CELL_CHARS])
    return _as_text(sheet, shown) if shown.startswith("#") else shown


def _as_text(sheet: Any, text: str) -> Any:
    """Who writes «#N/A» means these letters; openpyxl would make an error of them."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell
