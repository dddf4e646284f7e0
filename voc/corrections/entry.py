"""A correction on its way between databases: it finds its record by the source's id for it, or by ours, and by its text.

The text itself does not travel: the first digits of its SHA-256 tell whether a record is the one that was spoken of.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voc.corrections.correction import QUEUES, Correction, Note, read_why
from voc.corrections.statement import Statement, read_statement, write_statement
from voc.errors import InputError
from voc.records import TaggedFeedback

HASH_DIGITS: Final = 12
"""As many as the label files have; beside an id that is enough."""
_KEY_ID: Final = re.compile(r"k[0-9a-f]{1,32}")
_HASH: Final = re.compile(f"[0-9a-f]{{{HASH_DIGITS}}}")


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A correction as files have it; `changed` is its statement as JSON."""

    id: str
    feedback_id: str
    external_id: str | None
    text_hash: str
    corrected_at: datetime
    corrected_by: str | None
    why: str
    queue: str | None
    confirmed: bool
    changed: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A correction that is to be placed on the record that it was made for."""

    feedback_id: str
    external_id: str | None
    text_hash: str
    said: Statement
    note: Note
    at: datetime


def text_hash(text: str) -> str:
    """What tells this masked text from another."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HASH_DIGITS]


def row_of(correction: Correction, record: TaggedFeedback) -> CorrectionRow:
    """The row of a correction and its record."""
    return CorrectionRow(
        id=correction.id,
        feedback_id=record.id,
        external_id=record.feedback.external_id,
        text_hash=text_hash(record.feedback.text),
        corrected_at=correction.at,
        corrected_by=correction.note.by,
        why=correction.note.why,
        queue=correction.note.queue,
        confirmed=correction.confirmed,
        changed=json.dumps(write_statement(correction.said), ensure_ascii=False),
    )


def read_entry(row: Mapping[str, Any], *, names: bool) -> Entry:
    """The entry of a row of a file; `names` masks those of people in `why`. Raises InputError, which names the column at fault.

    Who said it is a key of the database that it was said in; an id that is none is left out.
    """
    by, changed = row.get("corrected_by"), _changed(row.get("changed"))
    if not (said := read_statement(changed)).fields:
        raise InputError("changed: it says nothing.", field="changed")
    return Entry(
        feedback_id=_text(row, "feedback_id"),
        external_id=_text(row, "external_id") or None,
        text_hash=_hash(row),
        said=said,
        note=Note(
            by=by if isinstance(by, str) and _KEY_ID.fullmatch(by) else None,
            why=read_why(_text(row, "why"), names=names),
            queue=next((queue for queue in QUEUES if queue == row.get("queue")), None),
            source="import",
        ),
        at=_moment(row.get("corrected_at")),
    )


def _changed(given: Any) -> Mapping[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError) as error:
            raise InputError("changed: this is no JSON.", field="changed") from error
    if not isinstance(given, Mapping):
        raise InputError("changed: give an object of what is said.", field="changed")
    return given


def _text(row: Mapping[str, Any], name: str) -> str:
    from voc.ingest.letters import storable

    value = row.get(name)
    if not isinstance(value, str | None):
        raise InputError(f"{name}: give text.", field=name)
    return storable(value or "")


def _hash(row: Mapping[str, Any]) -> str:
    given = _text(row, "text_hash")
    if not _HASH.fullmatch(given):
        raise InputError(
            f"text_hash: give the first {HASH_DIGITS} digits of the SHA-256 of the text, in lower case.", field="text_hash"
        )
    return given


def _moment(given: Any) -> datetime:
    if isinstance(given, str):
        try:
            at = datetime.fromisoformat(given)
        except ValueError:
            pass
        else:
            if at.tzinfo is not None and 1900 < at.year < 3000:  # what every zone and database can hold
                return at
    raise InputError("corrected_at: give a moment with its zone, as 2026-05-04T10:00:00+03:30.", field="corrected_at")
