"""Writes what counts of rows: the model's answer with what people say in its place folded in.

Tagging, correcting and undoing all write through here, so that the tables hold the same whichever came last.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voc.corrections.correction import Correction, settle
from voc.records import Corrected, Tags
from voc.store.by_seq import THESE, these
from voc.store.changes import NewChange
from voc.store.correction_rows import model_answer_columns
from voc.store.database import Session
from voc.store.rows import conversation_tagging_columns, tag_columns, tagging_columns, turn_tagging_columns

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

ANSWER_TABLES: Final = ("tag", "tagging", "conversation_tagging", "turn_tagging", "model_answer")
"""What counts of rows and what the model says of them, by `seq`."""

_BESIDE_TAGGING: Final = {
    "tag": tag_columns,
    "conversation_tagging": conversation_tagging_columns,
    "turn_tagging": turn_tagging_columns,
}


@dataclass(frozen=True, slots=True)
class Settled:
    """A row as it is to be: the model's answer and when it was given, what counts, and who overrules it."""

    seq: int
    answer: Tags
    tagged_at: datetime
    tags: Tags
    corrected: Corrected | None


def settled(seq: int, answer: Tags, tagged_at: datetime, holding: Sequence[Correction]) -> Settled:
    """The row with the corrections that hold folded into the model's answer."""
    return Settled(seq, answer, tagged_at, *settle(answer, holding))


def write_settled(session: Session, rows: Sequence[Settled], new_change: NewChange) -> None:
    """Put these rows in the place of what the tables have of them. All of them must exist."""
    if not rows:
        return
    clear(session, ANSWER_TABLES, [row.seq for row in rows])
    tagged = [(row.seq, row.tags) for row in rows]
    at = [row.corrected.at if row.corrected else None for row in rows]
    session.insert("tagging", tagging_columns(tagged, [row.tagged_at for row in rows], at, new_change()))
    for table, columns_of in _BESIDE_TAGGING.items():
        if columns := columns_of(tagged):
            session.insert(table, columns)
    if overruled := [(row.seq, row.answer) for row in rows if row.corrected]:
        session.insert("model_answer", model_answer_columns(overruled))


def clear(session: Session, tables: Collection[str], seqs: Sequence[int]) -> None:
    """Take what these tables have of these rows."""
    for table in tables:
        session.run(f"DELETE FROM {table} WHERE {THESE}", these(seqs))
