"""Rows by their numbers, in one query, which looks no further than from the smallest of the numbers to the largest."""

from collections.abc import Sequence
from typing import Final

from voc.records import Turn
from voc.store.database import Row, Session
from voc.store.rows import TURN_FIELDS, read_turns

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

THESE: Final = "seq >= $low AND seq <= $high AND seq = ANY($seqs)"


def these(seqs: Sequence[int]) -> dict[str, object]:
    """The parameters of `THESE`."""
    return {"low": min(seqs, default=0), "high": max(seqs, default=0), "seqs": list(seqs)}


def find_by_seq(
    session: Session, table: str, columns: Sequence[str], seqs: Sequence[int], order: str = ""
) -> dict[int, list[Row]]:
    """The rows of `table` with these numbers, by number; those of one number in `order`."""
    ordered = f" ORDER BY seq, {order}" if order else ""
    found: dict[int, list[Row]] = {}
    for seq, *values in session.query(f"SELECT seq, {', '.join(columns)} FROM {table} WHERE {THESE}{ordered}", these(seqs)):
        found.setdefault(seq, []).append(tuple(values))
    return found


def find_turns(session: Session, seqs: Sequence[int]) -> dict[int, tuple[Turn, ...]]:
    """The turns of these conversations, by number; no query where there is none."""
    found = find_by_seq(session, "turn", TURN_FIELDS, seqs, "position") if seqs else {}
    return {seq: read_turns(rows) for seq, rows in found.items()}
