"""What has changed since a moment, for those who follow: in order, every state once, none missed.

Every transaction that changes records gets a number, and each row has that of its newest change: an arrival with its batch,
tags and corrections with their tagging, a deletion with its tombstone. Numbers are given and committed one after the other,
so that nothing ever appears behind a follower; a row that changes moves to the end.

A cursor says how far its holder has come and which change was the newest in what was read, with that change's stamp. Where
that change is not in the database, this is another one, or one put back from an earlier backup: then only starting anew helps.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from voc.errors import GoneError
from voc.records import TaggedFeedback
from voc.store.database import Database, Session
from voc.store.feedback import feedback_id, load_rows
from voc.store.paging import LAST, check_limit, cut_page, number, read_cursor, write_cursor

BEGINNING: Final = "beginning"
"""The cursor of who has nothing yet."""
ROWS_AT_ONCE: Final = 1_000

_CURSOR: Final = "changes"
_STAMP_BYTES: Final = 8
_DUE: Final = """
SELECT change, seq, deleted FROM (
  SELECT change, seq, FALSE AS deleted FROM tagging WHERE change >= $number
  UNION ALL
  SELECT b.change, f.seq, FALSE FROM batch b JOIN feedback f ON f.batch_id = b.id
  WHERE b.change >= $number AND NOT EXISTS (SELECT 1 FROM tagging t WHERE t.seq = f.seq)
  UNION ALL
  SELECT change, gone_seq, TRUE FROM tombstone WHERE change >= $number AND change > $floor
) AS due
WHERE (change > $number OR seq > $seq) AND change <= $until ORDER BY change, seq LIMIT $most
"""

ChangeKind = Literal["stored", "tagged", "corrected", "deleted"]
"""`corrected` is a row in which people overrule the model; once that is undone it is `tagged`."""

NewChange = Callable[[], int]
"""Gives the transaction the number of its change, once, and lets no other have one until it is committed."""


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it has become, or without one, a deletion; `cursor` is `since` for what follows it."""

    id: str
    change: ChangeKind
    record: TaggedFeedback | None
    cursor: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes in order; `next` is `since` for the page after, which has something already if there is `more`."""

    items: tuple[Change, ...]
    next: str
    more: bool


@dataclass(frozen=True, slots=True)
class _Position:
    """How far a follower has come: up to row `seq` of change `number`.

    Who began from nothing at change `floor` needs no tombstone from before. `head` was the newest change when it was read.
    """

    number: int
    seq: int
    floor: int
    head: int
    stamp: str


def new_change(session: Session) -> int:
    """The number of this transaction's change. Nobody else may get one until it is committed."""
    ((given,),) = session.query("SELECT nextval('change_number')")
    stamp = secrets.token_hex(_STAMP_BYTES)
    session.insert("change", {"number": [given], "stamp": [stamp], "made_at": [datetime.now(UTC)]})
    return int(given)


def start_anew(session: Session) -> None:
    """Let every cursor be too old: all records have become others at once."""
    session.run("DELETE FROM change; DELETE FROM tombstone")
    new_change(session)


def trim_changes(session: Session, before: datetime) -> None:
    """Forget tombstones from before that moment; a follower who has not come since starts anew."""
    ((kept,),) = session.query("SELECT max(number) FROM change WHERE made_at < $before", {"before": before})
    if kept is not None:
        session.run("DELETE FROM tombstone WHERE change < $kept", {"kept": kept})
        session.run("DELETE FROM change WHERE number < $kept", {"kept": kept})


def find_changes(
    session: Session, limit: int, since: str | None, zone: ZoneInfo, until: int | None = None
) -> tuple[ChangePage, int]:
    """The next changes after `since`, None for all, up to change `until`; and the newest change of all.

    Raises InputError for what is no cursor, and GoneError for one of another history or of too long ago.
    """
    head, stamp = session.query("SELECT number, stamp FROM change ORDER BY number DESC LIMIT 1")[0]
    start = _read_position(session, since) if since and since != BEGINNING else _Position(0, 0, head, head, stamp)
    last = head if until is None else until
    parameters = {"number": start.number, "seq": start.seq, "floor": start.floor, "until": last, "most": check_limit(limit) + 1}
    due, more = cut_page(session.query(_DUE, parameters), limit)
    cursors = [_write_position(_Position(change, seq, start.floor, head, stamp)) for change, seq, _ in due]
    if not more:
        end = _write_position(_Position(max(last, start.number), LAST, start.floor, head, stamp))
        cursors = [*cursors[:-1], end] if due else [end]
    return ChangePage(_read_changes(session, due, cursors, zone), cursors[-1], more), head


def stream_changes(database: Database, since: str | None, zone: ZoneInfo) -> Iterator[Change]:
    """All changes after `since` up to now; what happens meanwhile is after the last one's cursor."""
    more, until = True, None
    while more:
        with database.reading() as session:
            page, head = find_changes(session, ROWS_AT_ONCE, since, zone, until)
        until = head if until is None else until
        yield from page.items
        since, more = page.next, page.more


def _read_changes(
    session: Session, due: Sequence[tuple[int, int, bool]], cursors: Sequence[str], zone: ZoneInfo
) -> tuple[Change, ...]:
    there = {row.id: row for row in load_rows(session, [seq for _, seq, deleted in due if not deleted], zone)}
    return tuple(
        _read_change(feedback_id(seq), there.get(feedback_id(seq)), cursor)
        for (_, seq, _), cursor in zip(due, cursors, strict=False)
    )


def _read_change(public_id: str, record: TaggedFeedback | None, cursor: str) -> Change:
    return Change(public_id, _kind_of(record), record, cursor)


def _kind_of(record: TaggedFeedback | None) -> ChangeKind:
    if record is None:
        return "deleted"
    if record.corrected:
        return "corrected"
    return "tagged" if record.tags else "stored"


def _write_position(position: _Position) -> str:
    return write_cursor(_CURSOR, *astuple(position))


def _read_position(session: Session, since: str) -> _Position:
    position = _Position(*read_cursor(_CURSOR, since, number, number, number, number, str, field="since"))
    known = session.query(
        "SELECT min(number), bool_or(number = $head AND stamp = $stamp) FROM change",
        {"head": position.head, "stamp": position.stamp},
    )
    ((oldest, ours),) = known
    if not ours or max(position.number, position.floor) < oldest:
        raise GoneError(
            "since: this cursor is too old or is of another database. Drop what you have and start anew, without `since`"
            f" or with since={BEGINNING}.",
            code="cursor_gone",
            field="since",
            options=(BEGINNING,),
        )
    return position
