"""Tagged records, turns, changes and figures as files that other tools read, written in a stream.

One flat row each in CSV, XLSX, Parquet and Arrow, with the types of `columns`; the nested record of the API in JSONL.
Text that a spreadsheet would run as a formula is made harmless by a leading apostrophe, in CSV and XLSX alone.
"""

from voc.export.cells import FORMULA_STARTS, harmless
from voc.export.columns import Column, Kind, columns_of
from voc.export.files import ENDINGS, FORMATS, format_of, write_whole
from voc.export.rows import change_item, evidence_words, figure_row, record_of, tags_record
from voc.export.stream import (
    stream_changes_as,
    stream_feedback_as,
    stream_figures_as,
    stream_rows_as,
    stream_turns_as,
)

__all__ = [
    "ENDINGS",
    "FORMATS",
    "FORMULA_STARTS",
    "Column",
    "Kind",
    "change_item",
    "columns_of",
    "evidence_words",
    "figure_row",
    "format_of",
    "harmless",
    "record_of",
    "stream_changes_as",
    "stream_feedback_as",
    "stream_figures_as",
    "stream_rows_as",
    "stream_turns_as",
    "tags_record",
    "write_whole",
]
