"""Tagged records and rows of figures as files that other tools read, written in a stream.

One flat row a record in CSV, XLSX and Parquet; the nested record of the API in JSONL, which alone has a conversation's turns.
Text that a spreadsheet would run as a formula is made harmless by a leading apostrophe, in CSV and XLSX alone.
"""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voc.conversations.record import conversation_columns, conversation_record, move_words
from voc.conversations.turns import turn_spans
from voc.errors import InputError
from voc.records import Cue, Feedback, Reason, TaggedFeedback, Tags, Turn

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMATS: Final[Mapping[str, str]] = {
    "jsonl": "application/x-ndjson; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
ROWS_AT_ONCE: Final = 1_000
BAR: Final = "|"
XLSX_ROWS: Final = 1_000_000  # a sheet holds 1,048,576
PIECE_BYTES: Final = 1 << 16
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
TAG_FIELDS: Final = tuple(f.name for f in fields(Tags) if f.name != "conversation")
OPERATIONAL_FIELDS: Final = tuple(
    f.name for f in fields(Feedback) if f.name not in ("text", "line", "attributes", "turns", "speakers_sure", "original")
)

Row = Mapping[str, Any]


def record_of(tagged: TaggedFeedback) -> dict[str, Any]:
    """The record of the API: ids, text, what the source knew, and the tags; null where nothing is known.

    That of a conversation has its turns and what only conversations have, and its evidence is `[turn, start, end]`.
    """
    feedback, tags = tagged.feedback, tagged.tags
    return (
        {"id": tagged.id}
        | ({"batch_id": tagged.batch_id} if tagged.batch_id else {})
        | {"kind": _kind(feedback), "line": feedback.line, "text": feedback.text}
        | {name: _plain(getattr(feedback, name)) for name in OPERATIONAL_FIELDS}
        | {"attributes": dict(feedback.attributes)}
        | (tags_record(tags, feedback.turns) if tags else dict.fromkeys(TAG_FIELDS))
        | (conversation_record(feedback, tags.conversation if tags else None) if feedback.turns else {})
    )


def tags_record(tags: Tags, turns: Sequence[Turn] = ()) -> dict[str, Any]:
    """The tags of a text as the API writes them, or those of a conversation's customer text, with `turns` to point into."""
    return {
        "sentiment": tags.sentiment,
        "sentiment_score": tags.sentiment_score,
        "reasons": [_found(reason, turns) | {"polarity": reason.polarity} for reason in tags.reasons],
        "effort": [_found(cue, turns) for cue in tags.effort],
        "effort_score": tags.effort_score,
        "loyalty": [_found(cue, turns) for cue in tags.loyalty],
        "resolution": tags.resolution,
        "script": tags.script,
        "model": tags.model,
        "taxonomy": tags.taxonomy,
    }


def flat_row(tagged: TaggedFeedback) -> dict[str, Any]:
    """The record in one level: lists of codes joined by a bar, the attributes as `attr.NAME`, every column always there."""
    feedback, tags = tagged.feedback, tagged.tags
    conversation = tags.conversation if tags else None
    return {
        "id": tagged.id,
        "batch_id": tagged.batch_id,
        "line": feedback.line,
        "text": feedback.text,
        **{name: _plain(getattr(feedback, name)) for name in OPERATIONAL_FIELDS},
        "sentiment": tags and tags.sentiment,
        "sentiment_score": tags and tags.sentiment_score,
        "reasons": tags and BAR.join(reason.code for reason in tags.reasons),
        "reasons_negative": tags and _with_polarity(tags, "negative"),
        "reasons_positive": tags and _with_polarity(tags, "positive"),
        "effort": tags and BAR.join(cue.code for cue in tags.effort),
        "effort_score": tags and tags.effort_score,
        "loyalty": tags and BAR.join(cue.code for cue in tags.loyalty),
        "resolution": tags and tags.resolution,
        "evidence": tags and " | ".join(_all_words(feedback, tags)),
        "script": tags and tags.script,
        "model": tags and tags.model,
        "taxonomy": tags and tags.taxonomy,
        "kind": _kind(feedback),
        **{name: _joined(value) for name, value in conversation_columns(feedback, conversation).items()},
        "attributes": json.dumps(dict(feedback.attributes), ensure_ascii=False),
    }


def evidence_words(text: str, tags: Tags) -> Iterator[str]:
    """`code: «words»` for every tag that shows its words."""
    everything: tuple[Reason | Cue, ...] = (*tags.reasons, *tags.effort, *tags.loyalty)
    for found in everything:
        if found.evidence:
            yield f"{found.code}: " + " … ".join(text[start:end] for start, end in sorted(found.evidence))


def stream_feedback_as(records: Iterable[TaggedFeedback], format: str) -> Iterator[bytes]:
    """The records as a file of this format, piece by piece. Raises InputError for an unknown format."""
    one_row: Callable[[TaggedFeedback], dict[str, Any]] = record_of if format == "jsonl" else flat_row
    columns = flat_row(TaggedFeedback("", "", Feedback(text="", line=0), None))
    return stream_rows_as(map(one_row, records), format, tuple(columns))


def figure_row(figure: "DataclassInstance", format: str) -> Row:
    """A figure as a row: as it is for JSON lines, in one level elsewhere, what it has several of joined by a bar."""
    row = asdict(figure)
    return row if format == "jsonl" else dict(_in_one_level(row))


def _in_one_level(row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}_{inner}", each) for inner, each in value.items())
        else:
            yield name, _joined(value)


def stream_rows_as(rows: Iterable[Row], format: str, columns: Sequence[str]) -> Iterator[bytes]:
    """Rows with these columns as a file of this format, piece by piece; without rows, the header alone.

    Raises InputError for an unknown format.
    """
    writers = {"jsonl": _jsonl, "csv": _csv, "xlsx": _xlsx, "parquet": _parquet}
    if format not in writers:
        raise InputError(f"Cannot write {format!r}.", field="format", options=tuple(FORMATS))
    return writers[format](rows, columns)


def format_of(path: Path) -> str:
    """The format that a file's ending asks for. Raises InputError, which lists the endings, for another one."""
    format = path.suffix.lower().removeprefix(".")
    if format not in FORMATS:
        raise InputError(f"Cannot write {path.name!r}: the ending says the format.", field="output", options=tuple(FORMATS))
    return format


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file in one step: whole or not at all, whatever ends the work. Raises InputError where it cannot be written."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.writelines(pieces)
        partial.replace(path)
    except OSError as error:
        raise InputError(f"Cannot write {str(path)!r}: {error.strerror}.", field="output") from error
    finally:
        partial.unlink(missing_ok=True)


def _jsonl(rows: Iterable[Row], _columns: Sequence[str]) -> Iterator[bytes]:
    for row in rows:
        yield json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"


def _csv(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[bytes]:
    """With a byte-order mark, without which Excel reads Persian as Latin letters."""
    buffer = io.StringIO()
    write = csv.writer(buffer).writerow
    write(columns)
    yield b"\xef\xbb\xbf" + buffer.getvalue().encode()
    for row in rows:
        buffer.seek(0)
        buffer.truncate()
        write(map(harmless, row.values()))
        yield buffer.getvalue().encode()


def _xlsx(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[bytes]:
    """Right-to-left sheets of at most a million rows, gathered in temporary files and not in memory."""
    from openpyxl import Workbook

    workbook, remaining = Workbook(write_only=True), iter(rows)
    page = list(islice(remaining, 1))
    while page or not workbook.worksheets:
        sheet = workbook.create_sheet()
        sheet.sheet_view.rightToLeft = True
        sheet.append(list(columns))
        for row in chain(page, islice(remaining, XLSX_ROWS - 1)):
            sheet.append([_cell(value) for value in row.values()])
        page = list(islice(remaining, 1))
    with tempfile.TemporaryFile() as file:
        workbook.save(file)
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece


def _parquet(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pieces, remaining, schema = _Pieces(), iter(rows), _parquet_schema(columns)
    with pq.ParquetWriter(pieces, schema) as writer:
        while page := [{name: _typed(value) for name, value in row.items()} for row in islice(remaining, ROWS_AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(page, schema=schema))
            yield pieces.take()
    yield pieces.take()


class _Pieces(io.RawIOBase):
    """A file that is taken away while it is written: positions count on, memory does not."""

    def __init__(self) -> None:
        self._written, self._waiting = 0, bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken


def columns_of(record: "type[DataclassInstance]") -> tuple[str, ...]:
    """The columns of rows made from a dataclass."""
    return tuple(field.name for field in fields(record))


def _parquet_schema(columns: Sequence[str]) -> Any:
    """Types by column name: a column that is empty in the first rows must not become a column of nothing."""
    import pyarrow as pa

    whole = {"line", "transfers", "nps", "n", "interruptions"}
    flags = {"abandoned", "referred", "referral_sold", "partial"}
    numbers = {
        "handle_s", "wait_s", "cost", "revenue", "csat", "ces", "ves_1", "ves_2", "ees", "sentiment_score", "effort_score",
        "speakers_sure", "duration_s", "customer_talk_s", "agent_talk_s", "silence_s", "longest_silence_s",
        "value", "ci_low", "ci_high", "share", "change",
    }  # fmt: skip
    kinds = [(whole, pa.int64()), (flags, pa.bool_()), (numbers, pa.float64())]
    return pa.schema([(name, next((kind for names, kind in kinds if name in names), pa.string())) for name in columns])


def _found(found: Reason | Cue, turns: Sequence[Turn]) -> dict[str, Any]:
    evidence = turn_spans(turns, found.evidence) if turns else found.evidence
    return {"code": found.code, "score": found.score, "evidence": [list(span) for span in evidence]}


def _kind(feedback: Feedback) -> str:
    return "conversation" if feedback.turns else "feedback"


def _all_words(feedback: Feedback, tags: Tags) -> Iterator[str]:
    yield from evidence_words(feedback.text, tags)
    if tags.conversation:
        yield from move_words(feedback.turns, tags.conversation.moves)


def _joined(value: Any) -> Any:
    return BAR.join(value) if isinstance(value, tuple | list) else value


def _with_polarity(tags: Tags, polarity: str) -> str:
    return BAR.join(reason.code for reason in tags.reasons if reason.polarity == polarity)


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
