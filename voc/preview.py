"""A look at a source before it is taken in: how its columns would be understood, its first rows, and what would be refused.

Nothing is stored, and personal data is masked here as it would be there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from voc.calendars import to_jalali
from voc.records import Column, Feedback, Notice, Reject

if TYPE_CHECKING:
    from voc.ingest import FeedbackSource

ROWS_READ: Final = 200
ROWS_SHOWN: Final = 10
EXAMPLES: Final = 3
EXAMPLE_CHARS: Final = 60


@dataclass(frozen=True, slots=True)
class ColumnPreview:
    """How a header would be understood, and different values that would be kept from under it, masked and cut."""

    header: str
    field: str | None
    note: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowPreview:
    """A row as it would be stored; `occurred_jalali` is its day as `1403-02-15`, for who reads that calendar."""

    feedback: Feedback
    occurred_jalali: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a source holds, from its first `read` rows: `accepted` + `rejected` = `read`.

    `rows_estimate` is the number of all its rows where the format tells it.
    """

    format: str
    encoding: str | None
    rows_estimate: int | None
    columns: tuple[ColumnPreview, ...]
    read: int
    accepted: int
    rejected: int
    rows: tuple[RowPreview, ...]
    rejects: tuple[Reject, ...]
    notices: tuple[Notice, ...]


def preview(source: "FeedbackSource") -> Preview:
    """The first rows of a source that nobody has read yet."""
    read = list(islice(source, ROWS_READ))
    accepted = [each for each in read if isinstance(each, Feedback)]
    rejects = [each for each in read if isinstance(each, Reject)]
    return Preview(
        format=source.format,
        encoding=source.encoding,
        rows_estimate=source.rows_estimate,
        columns=tuple(_column(each, accepted) for each in source.columns),
        read=len(read),
        accepted=len(accepted),
        rejected=len(rejects),
        rows=tuple(RowPreview(each, _jalali(each)) for each in accepted[:ROWS_SHOWN]),
        rejects=tuple(rejects[:ROWS_SHOWN]),
        notices=source.notices,
    )


def _column(column: Column, rows: Sequence[Feedback]) -> ColumnPreview:
    values = _distinct(_kept(column, row) for row in rows)
    return ColumnPreview(column.header, column.field, column.note, tuple(islice(values, EXAMPLES)))


def _kept(column: Column, row: Feedback) -> object:
    """What a row keeps from under a header."""
    return getattr(row, column.field, None) if column.field else row.attributes.get(column.header)


def _distinct(values: Iterable[object]) -> Iterator[str]:
    seen = set()
    for value in values:
        if value is None or isinstance(value, tuple) or value in seen:
            continue
        seen.add(value)
        yield _shown(value)


def _shown(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= EXAMPLE_CHARS else text[: EXAMPLE_CHARS - 1] + "…"


def _jalali(row: Feedback) -> str | None:
    if row.occurred_at is None:
        return None
    year, month, day = to_jalali(row.occurred_at.date())
    return f"{year}-{month:02}-{day:02}"
