"""Finds the rows that corrections from a file were made for: by the source's id or ours, and by the text."""

import json
from collections.abc import Iterable, Sequence
from typing import Final, Literal
from zoneinfo import ZoneInfo

from voc.corrections.correction import Correction
from voc.corrections.entry import Entry, text_hash
from voc.corrections.statement import write_statement
from voc.errors import NotFoundError
from voc.store.by_seq import THESE, find_by_seq, these
from voc.store.correction_rows import COLUMNS, read_corrections, seq_of
from voc.store.database import Session
from voc.store.feedback import feedback_seq

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

Fault = Literal["no_such_record", "other_text", "ambiguous"]
Outcome = Literal["placed", "known", "not_tagged_yet"] | Fault
Word = tuple[int, object, str]
"""What makes a correction the same as another: its row, when it was said, and what."""

_OF_SOURCE: Final = "SELECT external_id, seq FROM feedback WHERE external_id = ANY($ids)"


def find_records(session: Session, entries: Sequence[Entry]) -> list[int | Fault]:
    """The number of each entry's row, or why there is none."""
    of_source = _find_of_source(session, [each.external_id for each in entries if each.external_id])
    candidates = [_candidates(each, of_source) for each in entries]
    texts = find_by_seq(session, "feedback", ("text",), sorted({seq for seqs in candidates for seq in seqs}))
    hashes = {seq: text_hash(text) for seq, ((text,),) in texts.items()}
    return [_choose(entry, seqs, hashes) for entry, seqs in zip(entries, candidates, strict=True)]


def find_known(session: Session, seqs: Sequence[int], zone: ZoneInfo) -> set[Word]:
    """All that was ever said of these rows, if it was undone, too."""
    found = session.query(f"SELECT {COLUMNS} FROM correction WHERE {THESE}", these(seqs))
    return {word_of(each) for each in read_corrections(found, zone)}


def word_of(correction: Correction | Entry, seq: int | None = None) -> Word:
    """What makes it the same as another; an entry is told its row."""
    row = seq_of(correction) if isinstance(correction, Correction) else seq or 0
    return row, correction.at, json.dumps(write_statement(correction.said), sort_keys=True)


def _find_of_source(session: Session, ids: Iterable[str]) -> dict[str, list[int]]:
    wanted, found = sorted(set(ids)), dict[str, list[int]]()
    for external_id, seq in session.query(_OF_SOURCE, {"ids": wanted}) if wanted else []:
        found.setdefault(external_id, []).append(seq)
    return found


def _candidates(entry: Entry, of_source: dict[str, list[int]]) -> list[int]:
    if entry.external_id:
        return of_source.get(entry.external_id, [])
    try:
        return [feedback_seq(entry.feedback_id)]
    except NotFoundError:
        return []


def _choose(entry: Entry, candidates: Sequence[int], hashes: dict[int, str]) -> int | Fault:
    there = [seq for seq in candidates if seq in hashes]
    same = [seq for seq in there if hashes[seq] == entry.text_hash]
    own = [seq for seq in same if f"f{seq}" == entry.feedback_id]
    if len(same) == 1 or own:
        return (own or same)[0]
    return "ambiguous" if same else "other_text" if there else "no_such_record"
