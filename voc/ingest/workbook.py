"""Excel workbooks, through calamine: twenty times as fast as openpyxl, and it reads old XLS files as well.

What calamine does not do is guard itself. A workbook is a zip file that may unpack to any size, and a single stray cell in the
far corner makes calamine ask for room for every cell before it, which ends the process; so does a count of four thousand
million strings, and an old file whose sectors run in a circle is read for ever. So the parts are unpacked and measured first,
then a process that may die of it tries the file, and only what it came through is read here.
"""

import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from voc.errors import InputError, TooLargeError
from voc.ingest.header_row import ROWS_LOOKED_AT, Header, find_header, header_notices
from voc.ingest.table import Row, distinct_headers
from voc.records import Notice, Reject

MOST_BYTES: Final = 1 << 30
MOST_RATIO: Final = 200
RATIO_FROM_BYTES: Final = 1 << 20
"""A small part may be all alike; packing of a megabyte to a 200th is no table that people fill in."""
MOST_CELLS: Final = 20_000_000
"""Cells of the rectangles that the sheets span; calamine takes 32 bytes for each."""
MOST_DIRECTORY_BYTES: Final = 2 << 20
"""A part takes about a hundred bytes of a zip file's directory and a thousand in memory; a workbook has tens of parts."""
TRIAL_BYTES: Final = 3 << 30
"""Memory of the process that tries a workbook: a GiB of strings, the cells of MOST_CELLS, and as much again on the way."""
TRIAL_S: Final = 120
"""Some six times what the largest workbook within these limits takes."""

_CHUNK: Final = 1 << 20
_LONGEST_TAG: Final = 1 << 20
_CELL: Final = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)(\d+)["'](\s+s="\d+"\s*/>)?""")


_TRIAL: Final = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[3]),) * 2)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from python_calamine import CalamineError, CalamineWorkbook
try:
    workbook = CalamineWorkbook.from_path(sys.argv[1])
    for sheet in workbook.sheets_metadata:
        workbook.get_sheet_by_name(sheet.name)
except CalamineError:
    pass  # the reader will say it better
except BaseException as error:
    sys.exit(3 if type(error).__name__ == "PanicException" else 4)
"""
_PANICKED: Final = 3


class WorkbookTable:
    """The sheet of a workbook that holds the feedback: the one with the most known headers, the first where none has any."""

    grid = True
    encoding: str | None = None

    def __init__(self, path: Path, name: str, kind: str, named: Set[str] = frozenset()) -> None:
        self.format = kind
        if kind == "xlsx":
            check_size(path, name)
        try_out(path, name)
        with _clear_errors(name):
            workbook = CalamineWorkbook.from_path(str(path))
            sheets = [workbook.get_sheet_by_name(title) for title in _readable(workbook)]
        filled = [(sheet, header) for sheet in sheets if (header := _header_of(sheet, named))]
        if not filled:
            raise InputError(
                f"{name}: all its sheets are blank; a header row and rows below it are needed.", code="no_header", field="file"
            )
        self._sheet, header = max(filled, key=lambda found: found[1].known)
        self._header_rows = header.rows_above
        names = [*header.names, *[""] * (self._last_column() - len(header.names))]
        self.headers = distinct_headers(names, name)
        self.notices = tuple(_notices(self._sheet.name, header, [sheet.name for sheet, _ in filled]))

    def rows(self) -> Iterator[Row | Reject]:
        """The rows below the header under their numbers in the sheet."""
        width = len(self.headers)
        for line, cells in enumerate(self._sheet.iter_rows(), 1):
            if line > self._header_rows:
                yield line, cells[:width] if len(cells) >= width else [*cells, *[""] * (width - len(cells))]

    def _last_column(self) -> int:
        """The number of the last column with a value; a column needs no header to be kept."""
        last = 0
        for cells in self._sheet.iter_rows():
            if any(cell != "" for cell in cells[last:]):
                last = max(number for number, cell in enumerate(cells, 1) if cell != "")
        return last


def check_size(path: Path, name: str) -> None:
    """Nothing where the workbook unpacks to a size that can be read; raises TooLargeError where it does not."""
    unpacked = cells = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for part in archive.infolist():
                extent = _Extent()
                with archive.open(part) as stream:
                    while chunk := stream.read(_CHUNK):
                        unpacked += len(chunk)
                        _refuse_bomb(unpacked, path.stat().st_size, name)
                        extent.add(chunk)  # whatever its name: a sheet may stand anywhere
                cells += extent.cells
                if cells > MOST_CELLS:
                    raise _stray_cell(name, extent)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise _damaged(name) from error


def check_directory(path: Path, name: str) -> None:
    """Nothing where the directory of a zip file is of a size that can be read; raises TooLargeError where it is not.

    zipfile makes an object of every entry as soon as it opens a file, so this is asked before.
    """
    with path.open("rb") as file:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # what ZipFile goes by, whatever else the file says
    if end and end[zipfile._ECD_SIZE] > MOST_DIRECTORY_BYTES:  # type: ignore[attr-defined]
        raise TooLargeError(f"{name}: a zip archive of more parts than any workbook has.", field="file")


def try_out(path: Path, name: str) -> None:
    """Nothing where another process, of bounded memory and time, can read the workbook; raises InputError where it cannot."""
    command = [sys.executable, "-I", "-c", _TRIAL, str(path), str(TRIAL_BYTES), str(TRIAL_S)]
    try:
        tried = subprocess.run(command, check=False, capture_output=True, timeout=2 * TRIAL_S)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _unreadable(name) from None
    if tried.returncode == _PANICKED:
        raise _damaged(name)
    if tried.returncode:
        raise _unreadable(name)


def _refuse_bomb(unpacked: int, packed: int, name: str) -> None:
    if unpacked > MOST_BYTES:
        raise TooLargeError(
            f"{name}: it unpacks to more than {MOST_BYTES >> 20:,} MiB. Split it or save it as CSV.", field="file"
        )
    if unpacked > RATIO_FROM_BYTES and unpacked > MOST_RATIO * packed:
        raise TooLargeError(
            f"{name}: it unpacks to more than {MOST_RATIO} times its size, which no table of feedback does. Save it as CSV.",
            field="file",
        )


class _Extent:
    """The last row and column that a sheet's XML names, blank styled cells apart."""

    def __init__(self) -> None:
        self.last_row = 0
        self.last_column = 0
        self._tail = b""

    @property
    def cells(self) -> int:
        """How many cells the rectangle up to there has."""
        return self.last_row * self.last_column

    def add(self, chunk: bytes) -> None:
        """Takes in the next piece of XML; a tag that the cut went through waits for its other half."""
        data = self._tail + chunk
        end = data.rfind(b">") + 1
        if len(data) - end > _LONGEST_TAG:  # no tag of a sheet; a picture, or a trap
            end = len(data)
        self._tail = data[end:]
        found = [(letters, row) for letters, row, blank in _CELL.findall(data, 0, end) if not blank]
        self.last_row = max(self.last_row, max((int(row[:9]) for row in {row for _, row in found}), default=0))
        self.last_column = max(self.last_column, max(map(_column_number, {letters for letters, _ in found}), default=0))


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper()[:6]:
        number = number * 26 + letter - 64
    return number


def _stray_cell(name: str, extent: _Extent) -> TooLargeError:
    return TooLargeError(
        f"{name}: a sheet reaches to row {extent.last_row:,} and column {extent.last_column:,}, over {MOST_CELLS:,} cells. "
        "Most often one stray cell is to blame: copy the filled part to a new sheet, or save it as CSV.",
        field="file",
    )


@contextmanager
def _clear_errors(name: str) -> Iterator[None]:
    """calamine's errors, and its panics, which are no Exceptions, in our words."""
    try:
        yield
    except PasswordError as error:
        raise InputError(
            f"{name}: the workbook is protected by a password. Save it without one.", code="password", field="file"
        ) from error
    except CalamineError as error:
        raise _damaged(name) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(name) from error


def _unreadable(name: str) -> TooLargeError:
    return TooLargeError(
        f"{name}: reading it would take over {TRIAL_BYTES >> 30} GiB of memory or {TRIAL_S} s. Save it again, as XLSX or CSV.",
        field="file",
    )


def _damaged(name: str) -> InputError:
    return InputError(
        f"{name}: a damaged workbook, or one that Excel would have to repair. Open it, save it again as XLSX, and upload that.",
        code="damaged_file", field="file",
    )  # fmt: skip


def _readable(workbook: CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]


def _header_of(sheet: CalamineSheet, named: Set[str]) -> Header | None:
    return find_header(list(islice(sheet.iter_rows(), ROWS_LOOKED_AT)), named, sheet.merged_cell_ranges or ())


def _notices(sheet: str, header: Header, filled: Sequence[str]) -> Iterator[Notice]:
    yield from header_notices(header)
    if others := [title for title in filled if title != sheet]:
        titles = ", ".join(f"«{title}»" for title in others)
        message = f"Only the sheet «{sheet}» was read, not {titles}. Save each of the others as a file of its own."
        yield Notice(None, "other_sheets", message, len(others))
