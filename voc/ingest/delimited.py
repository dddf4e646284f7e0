"""CSV and its kin: the mark between cells is found out, and a row with broken quotes costs that row and no other.

A quotation mark that is opened and never closed swallows the rows behind it. So quotes are read strictly, with the lines of the
record at hand: where a record fails, its first line is refused and reading goes on at its second. A file that makes many lines
be read twice is read on line by line, so that the time it takes grows with its size alone.
"""

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from voc.errors import InputError
from voc.ingest.aliases import find_alias
from voc.ingest.encodings import Encoding, open_text
from voc.ingest.header_row import ROWS_LOOKED_AT, Header, find_header, header_notices, width_below
from voc.ingest.table import MOST_COLUMNS, Row, distinct_headers
from voc.records import Reject

DELIMITERS: Final = (",", ";", "\t", "|")
NO_DELIMITER: Final = "\x1f"
LONGEST_RECORD_CHARS: Final = 2_000_000
MOST_REREAD_CHARS: Final = 20 * LONGEST_RECORD_CHARS
"""What may be given back and read again in one pass, each line counting LINE_CHARS more; some seconds' work."""
LINE_CHARS: Final = 16
SNIFFED_CHARS: Final = 1 << 18
SNIFFED_ROWS: Final = 200

_WIDEST: Final = MOST_COLUMNS + 1
"""One more than are read, by which a row is known as too wide: a million cells would take a minute to look at."""
_SEP_LINE: Final = re.compile(r'\s*"?sep=([^\w\s"]|\t)"?\s*', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a line are parted."""

    delimiter: str
    skip_spaces: bool = False


class DelimitedTable:
    """A text file of rows; `name` is what its user calls it."""

    grid = True

    def __init__(self, path: Path, name: str, encoding: Encoding, named: Set[str] = frozenset()) -> None:
        self._path = path
        self._encoding = encoding
        self.encoding: str | None = encoding.name
        self._first_line, self._dialect = self._sniff()
        self.format = "tsv" if self._dialect.delimiter == "\t" else "csv"
        header, width = self._find_header(name, named)
        self._header_rows = header.rows_above
        self.headers = distinct_headers([*header.names, *[""] * (width - len(header.names))], name)
        self.notices = tuple(header_notices(header))

    def rows(self) -> Iterator[Row | Reject]:
        """The rows below the header, each as wide as it."""
        with self._open() as stream:
            records = _Records(stream, self._dialect, self._first_line, len(self.headers))
            yield from islice(records, self._header_rows, None)

    def _open(self) -> TextIO:
        stream = open_text(self._path, self._encoding)
        for _ in range(self._first_line):
            stream.readline(LONGEST_RECORD_CHARS)
        return stream

    def _sniff(self) -> tuple[int, Dialect]:
        """How many lines come before the first («sep=;»), and how the cells are parted."""
        with open_text(self._path, self._encoding) as stream:
            text = stream.read(SNIFFED_CHARS)
        lines = list(io.StringIO(text, newline=""))
        if len(text) == SNIFFED_CHARS and len(lines) > 1:
            lines.pop()
        if lines and (named := _SEP_LINE.fullmatch(lines[0])):
            return 1, _spaced(lines[1:], named[1])
        return 0, sniff_dialect(lines)

    def _find_header(self, name: str, named: Set[str]) -> tuple[Header, int]:
        """The header, and the width of most of the first rows below it."""
        with self._open() as stream:
            records = _Records(stream, self._dialect, self._first_line, None)
            head = [[] if isinstance(item, Reject) else item[1][:_WIDEST] for item in islice(records, ROWS_LOOKED_AT)]
        header = find_header(head, named)
        if header is None:
            raise InputError(
                f"{name}: nothing but blank lines at its beginning; a header row is needed.", code="no_header", field="file"
            )
        return header, width_below(header, head[header.rows_above :])


def sniff_dialect(lines: Sequence[str]) -> Dialect:
    """The mark that cuts the lines into rows of one width, known headers counting most; NO_DELIMITER for a single column."""
    best = max((_spaced(lines, delimiter) for delimiter in DELIMITERS), key=lambda dialect: _fit(lines, dialect))
    return best if _fit(lines, best) > (0.0, 0.0, 0) else Dialect(NO_DELIMITER)


def _spaced(lines: Sequence[str], delimiter: str) -> Dialect:
    """The delimiter, with spaces before a quotation mark skipped where that explains the lines better («خوب", "قم»)."""
    plain = Dialect(delimiter)
    if not any(f'{delimiter} "' in line for line in lines):
        return plain
    return max(plain, Dialect(delimiter, skip_spaces=True), key=lambda dialect: _fit(lines, dialect))


def _fit(lines: Sequence[str], dialect: Dialect) -> tuple[float, float, int]:
    """How well a dialect explains the lines: known headers, share of rows of the usual width, width."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_RECORD_CHARS + 1))
    try:
        reader = csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=dialect.skip_spaces)
        rows = [row[:_WIDEST] for row in islice(reader, SNIFFED_ROWS) if any(row)]
    except csv.Error:
        return (0.0, 0.0, 0)
    widths = Counter(len(row) for row in rows)
    width = max(widths, key=lambda wide: (widths[wide], wide), default=0)
    known = max((sum(bool(find_alias(cell)) for cell in row) for row in rows[:ROWS_LOOKED_AT] if len(row) > 1), default=0)
    share = widths[width] / max(1, len(rows))
    if width < 2 or (not known and share < 0.6):
        return (float(known), 0.0, 0) if known else (0.0, 0.0, 0)
    return (float(known), share, width)


class _TooLongError(Exception):
    """A record that goes on for longer than any row does."""


class _Lines:
    """The physical lines of a stream, those of the record at hand kept so that they can be given back."""

    def __init__(self, stream: TextIO, number: int) -> None:
        self._stream = stream
        self._back: deque[str] = deque()
        self.number = number
        self.taken: list[str] = []
        self.reread_chars = 0
        self._chars = 0

    def begin(self) -> None:
        self.taken = []
        self._chars = 0

    def give_back(self) -> None:
        """All lines of the record but its first are read again."""
        self._back.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1
        self.reread_chars += self._chars + LINE_CHARS * len(self.taken)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else self._stream.readline(LONGEST_RECORD_CHARS)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        self._chars += len(line)
        if self._chars >= LONGEST_RECORD_CHARS:
            self._skip_rest_of(line)
            raise _TooLongError
        return line

    def _skip_rest_of(self, line: str) -> None:
        while len(line) >= LONGEST_RECORD_CHARS and not line.endswith(("\n", "\r")):
            line = self._stream.readline(LONGEST_RECORD_CHARS)


class _Records:
    """The records of a stream: (line of the first character, cells) or a Reject. `width` None takes rows of any width."""

    def __init__(self, stream: TextIO, dialect: Dialect, lines_before: int, width: int | None) -> None:
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_RECORD_CHARS + 1))
        self._lines = _Lines(stream, lines_before)
        self._dialect = dialect
        self._next_cells = self._reader(self._lines).__next__
        self._width = width
        self._mending = False
        self._line_by_line = False

    def __iter__(self) -> Iterator[Row | Reject]:
        lines, width = self._lines, self._width
        while True:
            lines.begin()
            line = lines.number + 1
            try:
                cells = self._next_cells()
            except StopIteration:
                return
            except (csv.Error, _TooLongError) as error:
                yield self._mend(line, error)
                continue
            if len(cells) == width:
                self._mending = self._line_by_line
                yield line, cells
            else:
                yield self._fit(line, cells)

    def _reader(self, lines: Iterable[str]) -> Iterator[list[str]]:
        dialect = self._dialect
        return csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=dialect.skip_spaces, strict=True)

    def _cells_of_line(self) -> list[str]:
        return next(self._reader([next(self._lines)]))

    def _fit(self, line: int, cells: list[str]) -> Row | Reject:
        """A row of another width: cells that are missing at its end are blank, blank ones too many are dropped."""
        if self._width is None:
            return line, cells
        missing = self._width - len(cells)
        if missing < 0 and not any(cells[self._width :]):
            return line, cells[: self._width]
        if missing < 0 or (self._mending and any(cells)):
            return Reject(
                line, None, "malformed_row", f"{len(cells)} cells where the header has {self._width}; quote the cells."
            )
        return line, [*cells, *[""] * missing]

    def _mend(self, line: int, error: Exception) -> Row | Reject:
        lines = self._lines
        if isinstance(error, _TooLongError) and len(lines.taken) == 1:
            return Reject(line, None, "row_too_long", f"A row has at most {LONGEST_RECORD_CHARS:,} characters.")
        if len(lines.taken) == 1 and "end of data" not in str(error):
            cells = split_loosely(lines.taken[0].rstrip("\r\n"), self._dialect.delimiter)
            if self._width in (None, len(cells)):
                return line, cells
            return Reject(line, None, "malformed_row", "Its quotation marks do not pair; write those inside a cell twice.")
        lines.give_back()
        self._mending = True
        if lines.reread_chars > MOST_REREAD_CHARS and not self._line_by_line:
            self._line_by_line, self._next_cells = True, self._cells_of_line
        return Reject(line, None, "malformed_row", "A quotation mark is opened in this line and never closed.")


def split_loosely(line: str, delimiter: str) -> list[str]:
    """The cells of one line whose quoted cells hold bare quotation marks: one closes only before a delimiter or the end.

    >>> split_loosely('7,"گفت "خوب" بود",5', ",")
    ['7', 'گفت "خوب" بود', '5']
    """
    closing, ends_quoted = f'"{delimiter}', line.endswith('"')
    last = line.rfind(closing)
    cells, at = [], 0
    while at <= len(line):
        start = at + line.startswith('"', at)
        if start > at and start <= last:
            end = line.find(closing, start)
        elif start > at and ends_quoted and start < len(line):
            end = len(line) - 1
        else:
            start, end = at, line.find(delimiter, at)
            end = len(line) if end < 0 else end
        cells.append(line[start:end].replace('""', '"'))
        at = end + (start > at) + len(delimiter)
    return cells
