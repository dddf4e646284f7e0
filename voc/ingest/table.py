"""A source of rows, whatever file it stands in: headers, then numbered rows of cells, read again as often as needed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from voc.errors import InputError, TooLargeError
from voc.ingest.letters import BROKEN, storable
from voc.ingest.utterances import Dialogue
from voc.records import Notice, Reject

Row = tuple[int, Sequence[object]]
"""The line as a person counts it, and a cell for each header."""

MOST_COLUMNS: Final = 2_000
MOST_ROWS: Final = 5_000_000
"""Five times the largest file that the service is made for; three bytes can be a row, and each takes 20 microseconds."""
SAMPLE_ROWS: Final = 1_000
SAMPLE_CHARS: Final = 2_000


class Table(Protocol):
    """What each format is read as."""

    format: str
    encoding: str | None
    headers: tuple[str, ...]
    notices: tuple[Notice, ...]
    grid: bool
    """Whether a row may be wholly blank, as in a spreadsheet, without being a record."""

    def rows(self) -> Iterator[Row | Reject]:
        """The rows in order, from the first, at each call."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What one pass over a table found: how many rows there are, about a thousand of them from all over it and its first
    thousand, whether any byte was broken.
    """

    rows: int
    sample: tuple[Sequence[object], ...]
    head: tuple[Sequence[object], ...]
    broken: bool


def survey(table: Table) -> Survey:
    """Counts the rows and keeps every n-th, so that a file that is sorted by score does not hide half of its scores.

    Raises TooLargeError where there are more than MOST_ROWS.
    """
    rows, stride, broken, kept, head = 0, 1, False, list[Sequence[object]](), list[Sequence[object]]()
    for item in table.rows():
        rows += 1
        if rows > MOST_ROWS:
            raise TooLargeError(f"More than {MOST_ROWS:,} rows. Split the file.", code="too_many_rows", field="file")
        if isinstance(item, Reject):
            continue
        broken = broken or any(type(cell) is str and BROKEN in cell for cell in item[1])
        if rows % stride == 0 and any(item[1]):
            kept.append([_short(cell) for cell in item[1]])
            if stride == 1 and len(head) < SAMPLE_ROWS:
                head.append(kept[-1])
            if len(kept) >= 2 * SAMPLE_ROWS:
                kept, stride = kept[1::2], stride * 2
    return Survey(rows, tuple(kept), tuple(head), broken)


def distinct_headers(headers: Sequence[str], name: str) -> tuple[str, ...]:
    """Headers that differ: «column 3» for one without a name, «name (2)» for the second of a name."""
    if len(headers) > MOST_COLUMNS:
        raise InputError(
            f"{name}: more than {MOST_COLUMNS:,} columns; so many are read at most.", code="too_many_columns", field="file"
        )
    distinct: dict[str, None] = {}
    last: dict[str, int] = {}
    for number, header in enumerate(headers, 1):
        wanted = free = " ".join(storable(header).replace("\ufeff", "").split()) or f"column {number}"
        while free in distinct:
            last[wanted] = last.get(wanted, 1) + 1
            free = f"{wanted} ({last[wanted]})"
        distinct[free] = None
    return tuple(distinct)


def _short(cell: object) -> object:
    if isinstance(cell, Dialogue):
        return cell.sample()
    return cell[:SAMPLE_CHARS] if isinstance(cell, str) and len(cell) > SAMPLE_CHARS else cell
