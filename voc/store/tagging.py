"""What is still to be tagged, and the writing of tags so that every row has those of one tagging, whatever dies when.

Rows without tags of the current model are the queue. A row with tags of an older model shows those until it is tagged
anew, and is in the queue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from voc.records import Tags, Turn
from voc.store.by_seq import THESE, find_turns, these
from voc.store.changes import NewChange
from voc.store.correction_rows import find_holding
from voc.store.database import Session
from voc.store.effective import clear, settled, write_settled
from voc.store.outbox import find_cues, queue
from voc.store.windows import next_window
from voc.tagging.identity import ModelIdentity

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

WINDOW_ROWS: Final = 10_000
LARGEST_WINDOW_ROWS: Final = 160_000

_PENDING: Final = """
SELECT f.seq, f.text, c.seq IS NOT NULL
FROM feedback f LEFT JOIN (SELECT seq FROM conversation WHERE seq >= $low AND seq < $high) c ON c.seq = f.seq
WHERE f.seq >= $low AND f.seq < $high
  AND NOT EXISTS (
    SELECT 1 FROM tagging t
    WHERE t.seq = f.seq AND t.seq >= $low AND t.seq < $high AND t.model = $model AND t.taxonomy = $taxonomy)
  AND NOT EXISTS (
    SELECT 1 FROM set_aside a
    WHERE a.seq = f.seq AND a.seq >= $low AND a.seq < $high AND a.model = $model AND a.taxonomy = $taxonomy)
ORDER BY f.seq LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class PendingText:
    """A row that waits for the tagger; a conversation has its turns, too."""

    seq: int
    text: str
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that could not be tagged, and why; it is not tried again with the same model."""

    seq: int
    reason: str


def find_pending(session: Session, identity: ModelIdentity, after: int, limit: int) -> list[PendingText]:
    """The next rows after number `after` without tags of `identity`, at most `limit`; none at the end of the walk."""
    start, rows = after + 1, WINDOW_ROWS
    parameters: dict[str, object] = {"model": identity.name, "taxonomy": identity.taxonomy, "most": limit}
    while window := next_window(session, start, rows):
        low, high = window
        found = session.query(_PENDING, parameters | {"low": low, "high": high})
        if found:
            turns = find_turns(session, [seq for seq, _, is_conversation in found if is_conversation])
            return [PendingText(seq, text, turns.get(seq, ())) for seq, text, _ in found]
        start, rows = high, min(rows * 4, LARGEST_WINDOW_ROWS)  # where all is tagged, walk faster
    return []


def write_tags(session: Session, tagged: Sequence[tuple[int, Tags]], new_change: NewChange, zone: ZoneInfo) -> None:
    """Give rows these tags of the model in place of any that they had; what people say of them stays. Rows that were deleted
    meanwhile are skipped.

    Whoever is told of cues of churn is told of those in rows that had no tags.
    """
    cues, now = find_cues(session, tagged), datetime.now(UTC)
    seqs = [seq for seq, _ in tagged]
    there, holding = _existing(session, seqs), find_holding(session, seqs, zone)
    clear(session, ("set_aside",), seqs)
    rows = [settled(seq, tags, now, holding.get(seq, ())) for seq, tags in tagged if seq in there]
    write_settled(session, rows, new_change)
    queue(session, [cue for cue in cues if cue.seq in there], now)


def write_set_aside(session: Session, aside: Sequence[SetAside], identity: ModelIdentity) -> None:
    """Note that rows cannot be tagged by this model; older tags of theirs stay. Deleted rows are skipped."""
    there = _existing(session, [each.seq for each in aside])
    kept = [each for each in aside if each.seq in there]
    if not kept:
        return
    clear(session, ("set_aside",), [each.seq for each in kept])
    columns: dict[str, Sequence[object]] = {
        "seq": [each.seq for each in kept],
        "model": [identity.name] * len(kept),
        "taxonomy": [identity.taxonomy] * len(kept),
        "reason": [each.reason for each in kept],
        "set_aside_at": [datetime.now(UTC)] * len(kept),
    }
    session.insert("set_aside", columns)


def _existing(session: Session, seqs: list[int]) -> frozenset[int]:
    return frozenset(seq for (seq,) in session.query(f"SELECT seq FROM feedback WHERE {THESE}", these(seqs)))
