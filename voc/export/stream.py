"""Rows of any kind as a file of any format, piece by piece: memory does not grow with their number."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final

from voc.errors import InputError
from voc.export.arrow import write_arrow, write_parquet
from voc.export.columns import Column, columns_of
from voc.export.csv_table import write_csv
from voc.export.files import FORMATS
from voc.export.jsonl import write_jsonl
from voc.export.rows import Row, change_columns, change_item, feedback_columns, figure_row, flat_change, flat_row, record_of
from voc.export.turns import TurnRow, turn_rows
from voc.export.xlsx import write_xlsx
from voc.records import TaggedFeedback

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from voc.store import Change

NESTED: Final = "jsonl"


def stream_feedback_as(records: Iterable[TaggedFeedback], format: str, zone: tzinfo = UTC) -> Iterator[bytes]:
    """The records, one a row."""
    return stream_rows_as(map(record_of if format == NESTED else flat_row, records), format, feedback_columns(), zone)


def stream_turns_as(records: Iterable[TaggedFeedback], format: str, zone: tzinfo = UTC) -> Iterator[bytes]:
    """The turns of those records that are conversations, one a row."""
    rows = (figure_row(turn, format) for tagged in records for turn in turn_rows(tagged))
    return stream_rows_as(rows, format, columns_of(TurnRow), zone)


def stream_changes_as(changes: "Iterable[Change]", format: str, zone: tzinfo = UTC) -> Iterator[bytes]:
    """The changes with their cursors, one a row; of what was deleted, the id and nothing else."""
    return stream_rows_as(map(_nested_change if format == NESTED else flat_change, changes), format, change_columns(), zone)


def stream_figures_as(
    figures: "Sequence[DataclassInstance]", format: str, record: "type[DataclassInstance]"
) -> Iterator[bytes]:
    """Figures that are all of this dataclass, one a row."""
    rows = [figure_row(figure, format) for figure in figures]
    columns = [_clock_where_needed(column, rows) for column in columns_of(record)]
    if format != NESTED:
        rows = [{column.name: row.get(column.name) for column in columns} for row in rows]
    return stream_rows_as(rows, format, columns)


def stream_rows_as(rows: Iterable[Row], format: str, columns: Sequence[Column], zone: tzinfo = UTC) -> Iterator[bytes]:
    """Rows with these columns, in this order; without rows, the header alone. Moments are shown in `zone` where a file can.

    Raises InputError for an unknown format.
    """
    writers: dict[str, Callable[[], Iterator[bytes]]] = {
        "jsonl": lambda: write_jsonl(rows),
        "csv": lambda: write_csv(rows, columns),
        "xlsx": lambda: write_xlsx(rows, columns),
        "parquet": lambda: write_parquet(rows, columns, zone),
        "arrow": lambda: write_arrow(rows, columns, zone),
    }
    if format not in writers:
        raise InputError(f"Cannot write {format!r}.", field="format", options=tuple(FORMATS))
    return writers[format]()


def _nested_change(change: "Change") -> Row:
    return change_item(change) | {"cursor": change.cursor}


def _clock_where_needed(column: Column, rows: Sequence[Row]) -> Column:
    """A span that begins on a day begins at an hour where figures are split by hours."""
    at_hours = column.kind == "day" and any(isinstance(row.get(column.name), datetime) for row in rows)
    return Column(column.name, "clock") if at_hours else column
