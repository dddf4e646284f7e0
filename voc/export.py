"""Tagged records and rows of figures as files that other tools read, written in a stream.

One flat row a record in CSV, XLSX and Parquet; the nested record of the API in JSONL. Text that a spreadsheet would run as
a formula is made harmless by a leading apostrophe, in CSV and XLSX alone.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from voc.errors import InputError
from voc.records import Cue, Feedback, Reason, TaggedFeedback, Tags

FORMATS: Final[Mapping[str, str]] = {
    "jsonl": "application/x-ndjson; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
ROWS_AT_ONCE: Final = 1_000
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
OPERATIONAL_FIELDS: Final = tuple(f.name for f in fields(Feedback) if f.name not in ("text", "line", "attributes"))

Row = Mapping[str, Any]


def record_of(tagged: TaggedFeedback) -> dict[str, Any]:
    """The record of the API: ids, text, what the source knew, and the tags; empty operational fields are left out."""
    feedback = tagged.feedback
    known = {name: _plain(getattr(feedback, name)) for name in OPERATIONAL_FIELDS}
    return (
        {"id": tagged.id, "batch_id": tagged.batch_id, "line": feedback.line, "text": feedback.text}
        | {name: value for name, value in known.items() if value is not None}
        | {"attributes": dict(feedback.attributes)}
        | (tags_record(tagged.tags) if tagged.tags else {})
    )


def tags_record(tags: Tags) -> dict[str, Any]:
    """The tags as the API writes them."""
    return {
        "sentiment": tags.sentiment,
        "sentiment_score": tags.sentiment_score,
        "reasons": [_found(reason) | {"polarity": reason.polarity} for reason in tags.reasons],
        "effort": [_found(cue) for cue in tags.effort],
        "effort_score": tags.effort_score,
        "loyalty": [_found(cue) for cue in tags.loyalty],
        "resolution": tags.resolution,
        "script": tags.script,
        "model": tags.model,
        "taxonomy": tags.taxonomy,
    }


def flat_row(tagged: TaggedFeedback) -> dict[str, Any]:
    """The record in one level: lists of codes joined by a bar, the attributes as `attr.NAME`, every column always there."""
    feedback, tags = tagged.feedback, tagged.tags
    return {
        "id": tagged.id,
        "batch_id": tagged.batch_id,
        "line": feedback.line,
        "text": feedback.text,
        **{name: _plain(getattr(feedback, name)) for name in OPERATIONAL_FIELDS},
        "sentiment": tags and tags.sentiment,
        "sentiment_score": tags and tags.sentiment_score,
        "reasons": tags and "|".join(reason.code for reason in tags.reasons),
        "reasons_negative": tags and _with_polarity(tags, "negative"),
        "reasons_positive": tags and _with_polarity(tags, "positive"),
        "effort": tags and "|".join(cue.code for cue in tags.effort),
        "effort_score": tags and tags.effort_score,
        "loyalty": tags and "|".join(cue.code for cue in tags.loyalty),
        "resolution": tags and tags.resolution,
        "evidence": tags and " | ".join(evidence_words(feedback.text, tags)),
        "script": tags and tags.script,
        "model": tags and tags.model,
        "taxonomy": tags and tags.taxonomy,
        "attributes": json.dumps(dict(feedback.attributes), ensure_ascii=False),
    }


def evidence_words(text: str, tags: Tags) -> Iterator[str]:
    """`code: «words»` for every tag that shows its words."""
    everything: tuple[Reason | Cue, ...] = (*tags.reasons, *tags.effort, *tags.loyalty)
    for found in everything:
        if found.evidence:
            yield f"{found.code}: " + " … ".join(text[start:end] for start, end in found.evidence)


def stream_feedback_as(records: Iterable[TaggedFeedback], format: str) -> Iterator[bytes]:
    """The records as a file of this format, piece by piece. Raises InputError for an unknown format."""
    one_row: Callable[[TaggedFeedback], dict[str, Any]] = record_of if format == "jsonl" else flat_row
    return stream_rows_as(map(one_row, records), format)


def stream_rows_as(rows: Iterable[Row], format: str) -> Iterator[bytes]:
    """Rows with the same keys as a file of this format, piece by piece. Raises InputError for an unknown format."""
    writers = {"jsonl": _jsonl, "csv": _csv, "xlsx": _xlsx, "parquet": _parquet}
    if format not in writers:
        raise InputError(f"Cannot write {format!r}.", field="format", options=tuple(FORMATS))
    return writers[format](rows)


def format_of(path: Path) -> str:
    """The format that a file's ending asks for. Raises InputError, which lists the endings, for another one."""
    format = path.suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise InputError(f"Cannot write {path.name!r}: the ending says the format.", field="output", options=tuple(FORMATS))
    return format


def _jsonl(rows: Iterable[Row]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"


def _csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """With a byte-order mark, without which Excel reads Persian as Latin letters."""
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    yield b"\xef\xbb\xbf"
    for position, row in enumerate(rows):
        if position == 0:
            write(row)
        write(map(harmless, row.values()))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _xlsx(rows: Iterable[Row]) -> Iterator[bytes]:
    """Right-to-left sheets of at most a million rows; the parts wait in openpyxl's temporary file, not in memory."""
    from openpyxl import Workbook

    workbook, buffer, remaining = Workbook(write_only=True), io.BytesIO(), iter(rows)
    for number in range(1, 1_000):
        page = list(islice(remaining, 1))
        if not page and number > 1:
            break
        sheet = workbook.create_sheet(f"voc {number}")
        sheet.sheet_view.rightToLeft = True
        for position, row in enumerate(chain(page, islice(remaining, 1_000_000))):
            if position == 0:
                sheet.append(list(row))
            sheet.append([_cell(value) for value in row.values()])
    workbook.save(buffer)
    yield buffer.getvalue()


def _parquet(rows: Iterable[Row]) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer, remaining = io.BytesIO(), iter(rows)
    writer: Any = None
    while page := [dict(row) for row in islice(remaining, ROWS_AT_ONCE)]:
        schema = writer.schema if writer else _parquet_schema(page[0])
        table = pa.Table.from_pylist([{name: _typed(value) for name, value in row.items()} for row in page], schema=schema)
        writer = writer or pq.ParquetWriter(buffer, schema)
        writer.write_table(table)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    if writer:
        writer.close()
        yield buffer.getvalue()


def _parquet_schema(row: Row) -> Any:
    """Types by column name: a column that is empty in the first rows must not become a column of nothing."""
    import pyarrow as pa

    whole = {"line", "transfers", "nps", "n"}
    flags = {"abandoned", "referred", "referral_sold", "partial"}
    numbers = {
        "handle_s", "wait_s", "cost", "revenue", "csat", "ces", "ves_1", "ves_2", "ees", "sentiment_score", "effort_score",
        "value", "ci_low", "ci_high", "share", "change",
    }  # fmt: skip
    kinds = [(whole, pa.int64()), (flags, pa.bool_()), (numbers, pa.float64())]
    return pa.schema([(name, next((kind for names, kind in kinds if name in names), pa.string())) for name in row])


def _found(found: Reason | Cue) -> dict[str, Any]:
    return {"code": found.code, "score": found.score, "evidence": [list(span) for span in found.evidence]}


def _with_polarity(tags: Tags, polarity: str) -> str:
    return "|".join(reason.code for reason in tags.reasons if reason.polarity == polarity)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def harmless(value: Any) -> Any:
    """`value`, with an apostrophe before it where a spreadsheet would run it as a formula."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _cell(value: Any) -> Any:
    """Excel takes no control characters and at most 32,767 of any."""
    if not isinstance(value, str):
        return value if value is None or isinstance(value, bool | int | float) else str(value)
    return harmless("".join(char for char in value if char >= " " or char in "\t\n")[:32_767])
