"""Which row of a grid is the header: titles and blank rows may stand above it, it may take two rows, or be missing."""

from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from voc.ingest.aliases import find_alias
from voc.ingest.dates import parse_moment
from voc.ingest.letters import header_key
from voc.ingest.refusal import RefusalError
from voc.ingest.values import as_text, is_missing, parse_number
from voc.records import Notice

_ANY_ZONE: Final = ZoneInfo("UTC")
ROWS_LOOKED_AT: Final = 20
LONGEST_HEADER_CHARS: Final = 200
LONGEST_TITLE_CHARS: Final = 120
"""A longer one is a question of a form, which ends as one, or a customer's sentence."""
FEWEST_THAT_AGREE: Final = 3
NEARLY_ALL: Final = 0.8
_ASKS: Final = ("؟", "?", ":", "…")

Merge = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell of a merged range, as (row, column) from 0."""


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns and how many of them are known; the number of rows above the data; how many rows that are not
    blank stand above the names; how many cells their row has, blank ones at its end included.
    """

    names: tuple[str, ...]
    known: int
    rows_above: int
    titles_above: int
    cells: int
    missing: bool = False


def find_header(rows: Sequence[Sequence[object]], named: Set[str] = frozenset(), merges: Sequence[Merge] = ()) -> Header | None:
    """The header among the first rows of a grid, None where they are all blank.

    The row with the most known names wins, those `named` in a mapping (by their keys) being known, too; where none is
    known, the first that is as wide as the others. A single column under no known name has none: losing a customer's
    text is worse than reading a title as one.
    """
    head = [[_label(cell) for cell in row] for row in rows[:ROWS_LOOKED_AT]]
    filled = [sum(map(bool, row)) for row in head]
    if not any(filled):
        return None
    known = [_known(row, named) for row in head]
    at = known.index(max(known)) if max(known) else next(i for i, n in enumerate(filled) if 2 * n >= max(filled))
    width = max(len(row) for row in rows[:ROWS_LOOKED_AT])
    if not max(known) and (_is_data(rows[at]) or (max(filled) == 1 and sum(filled) > 1)):
        return Header(
            tuple(f"column {number}" for number in range(1, width + 1)), 0, at, sum(map(bool, filled[:at])), width, missing=True
        )
    names, deep = _with_row_below(head, rows, at, named, merges)
    return Header(tuple(_trimmed(names)), _known(names, named), at + 1 + deep, sum(map(bool, filled[:at])), len(names))


def width_below(header: Header, rows: Sequence[Sequence[object]]) -> int:
    """How many columns the rows below a header have: as many as it has cells, blank ones counting where values stand below
    them, or more, where nearly all of several rows agree on that.
    """
    filled = [len(_trimmed([_label(cell) for cell in row])) for row in rows]
    width = max(len(header.names), min(header.cells, max(filled, default=0)))
    usual, count = Counter(len(row) for row in rows if any(row)).most_common(1)[0] if any(filled) else (0, 0)
    agreed = count >= FEWEST_THAT_AGREE and count >= NEARLY_ALL * sum(map(bool, filled))
    return max(width, usual) if agreed and usual > header.cells else width


def header_notices(header: Header) -> Iterator[Notice]:
    """What a reader should know of how the header was found."""
    if header.missing:
        yield Notice(None, "no_header", "The first row holds data, so the columns are named by their numbers.")
    if header.titles_above:
        yield Notice(None, "rows_above_header", "Rows above the header were left out.", header.titles_above)


def _with_row_below(
    head: list[list[str]], rows: Sequence[Sequence[object]], at: int, named: Set[str], merges: Sequence[Merge]
) -> tuple[list[str], int]:
    """The names of a header that may go on in the row below («امتیازها» over «nps» and «csat»)."""
    upper = head[at]
    if at + 1 >= len(head) or not any(head[at + 1]) or _is_data(rows[at + 1]):
        return upper, 0
    lower = head[at + 1]
    width = max(len(upper), len(lower))
    upper, lower = ([*row, *[""] * (width - len(row))] for row in (upper, lower))
    both = [below or above for above, below in zip(upper, lower, strict=True)]
    spans = any(top <= at < bottom for (top, _), (bottom, _) in merges)
    if spans or _known(both, named) > max(_known(upper, named), _known(lower, named)):
        return both, 1
    return head[at], 0


def _label(cell: object) -> str:
    return as_text(cell).strip()[:LONGEST_HEADER_CHARS]


def _known(row: Sequence[str], named: Set[str]) -> int:
    return sum(bool(cell and (find_alias(cell) or header_key(cell) in named)) for cell in row)


def _trimmed(row: Sequence[str]) -> Sequence[str]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def _is_data(row: Sequence[object]) -> bool:
    """Whether a row holds what no header does: a number, a date, a long sentence."""
    return any(_is_value(cell) for cell in row if not is_missing(cell))


def _is_value(cell: object) -> bool:
    if not isinstance(cell, str):
        return True
    if len(cell) > LONGEST_TITLE_CHARS and not cell.rstrip().endswith(_ASKS):
        return True
    for read in (parse_number, lambda value: parse_moment(value, _ANY_ZONE)):
        try:
            read(cell)
        except RefusalError:
            continue
        return True
    return False
