"""Files of corrections: written in every format of the exports, read again from JSONL and CSV.

What is read twice is kept once, so that a file can be kept beside others, changed and read again.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any, Final

from voc.corrections.correction import Correction
from voc.corrections.entry import CorrectionRow, Entry, read_entry, row_of
from voc.errors import InputError
from voc.export import FORMULA_STARTS, columns_of, stream_rows_as
from voc.records import Reject, TaggedFeedback
from voc.store import Store

READABLE: Final = ("jsonl", "csv")
AT_ONCE: Final = 1_000
"""As many are kept together; a reading that is killed goes on where it was when it is started again."""

UNPLACED: Final[Mapping[str, str]] = {
    "no_such_record": "There is no record with this id.",
    "other_text": "The record with this id has another text.",
    "ambiguous": "Several records have this id and this text, and none of them the id of the one that was spoken of.",
    "not_tagged_yet": "The record waits for the tagger still.",
}


@dataclass(slots=True)
class Taken:
    """How many corrections were placed, how many were known before, and why others were not placed, by their lines."""

    placed: int = 0
    known: int = 0
    refused: list[Reject] = field(default_factory=list)


def stream_corrections_as(
    corrections: Iterable[tuple[Correction, TaggedFeedback]], format: str, zone: tzinfo = UTC
) -> Iterator[bytes]:
    """Corrections with their records, one a row; `changed` is nested in JSON lines and JSON as text elsewhere."""
    rows = (asdict(row_of(*each)) for each in corrections)
    nested = (row | {"changed": json.loads(row["changed"])} for row in rows)
    return stream_rows_as(nested if format == "jsonl" else rows, format, columns_of(CorrectionRow), zone)


def take_corrections(store: Store, rows: Iterable[tuple[int, Mapping[str, Any]]], *, names: bool) -> Taken:
    """Place what stands in rows, each with its line, on the records of a store; those that it has already are passed over.

    They hold in this order, after those that are there. `names` masks the names of people in what was given as a reason.
    """
    taken = Taken()
    entries = _read_entries(rows, taken, names=names)
    while piece := list(islice(entries, AT_ONCE)):
        outcomes = store.corrections.take_in([entry for _, entry in piece])
        for (line, _), outcome in zip(piece, outcomes, strict=True):
            if outcome == "placed":
                taken.placed += 1
            elif outcome == "known":
                taken.known += 1
            else:
                taken.refused.append(Reject(line, None, outcome, UNPLACED[outcome]))
    taken.refused.sort(key=lambda reject: reject.line)
    return taken


def read_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a file of corrections with their lines. Raises InputError for a file that is none."""
    ending = path.suffix.lower().removeprefix(".")
    if ending not in READABLE:
        raise InputError(f"{path.name}: corrections are read from these files.", field="file", options=READABLE)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _json_rows(file) if ending == "jsonl" else _csv_rows(file)
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"{path.name} cannot be read ({type(error).__name__}).", field="file") from error


def _read_entries(rows: Iterable[tuple[int, Mapping[str, Any]]], taken: Taken, *, names: bool) -> Iterator[tuple[int, Entry]]:
    for line, row in rows:
        try:
            yield line, read_entry(row, names=names)
        except InputError as error:
            taken.refused.append(Reject(line, error.field, error.code, error.message))


def _json_rows(lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            yield number, row if isinstance(row, dict) else {}


def _csv_rows(lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(lines)
    begins = 2  # behind the header
    for row in reader:
        yield begins, {name: _as_written(value) for name, value in row.items() if name}
        begins = reader.line_num + 1


def _as_written(value: Any) -> Any:
    """A cell without the apostrophe that made it harmless to spreadsheets."""
    harmless = isinstance(value, str) and value.startswith("'") and value[1:].startswith(FORMULA_STARTS)
    return value[1:] if harmless else value
