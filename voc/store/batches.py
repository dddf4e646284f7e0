"""Batches as they are read: how far each has come, what was refused and why, and how one is removed."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal
from zoneinfo import ZoneInfo

from voc.errors import NotFoundError
from voc.records import Batch, BatchStatus, Notice, Reject
from voc.store.agents import forget_agents
from voc.store.changes import NewChange
from voc.store.database import Database, Row, Session
from voc.store.erase import bury_rows, note_deletion
from voc.store.paging import Page, check_limit, cut_page, moment, number, read_cursor, write_cursor
from voc.store.rows import read_columns, read_notices
from voc.tagging.identity import ModelIdentity

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

SET_ASIDE: Final = "set_aside"
LINES_SHOWN: Final = 10
REJECTS_AT_ONCE: Final = 5_000

Name = Literal["id", "content_key", "idempotency_key"]

_NAMED: Final[Mapping[Name, str]] = {
    "id": "id = $value",
    "content_key": "content_key = $value",
    "idempotency_key": "id = (SELECT batch_id FROM idempotency WHERE key = $value)",
}
_COLUMNS: Final = "id, name, received, accepted, rejected, first_seq, columns, notices, created_at, sample, erased"
_REJECTS: Final = "SELECT line, column_name, code, message FROM reject WHERE batch_id = $batch"
_IN_ORDER: Final = "ORDER BY line, code, coalesce(column_name, ''), message"
_LINES_AFTER: Final = "SELECT line FROM reject WHERE batch_id = $batch AND line > $after ORDER BY line LIMIT $most"
_REJECTS_AFTER: Final = (  # whole lines, for a line may be refused for several reasons
    f"{_REJECTS} AND line > $after AND line <= (SELECT max(line) FROM ({_LINES_AFTER}) AS lines) {_IN_ORDER}"
)


def find_batch(session: Session, name: Name, value: str, identity: ModelIdentity | None, zone: ZoneInfo) -> Batch | None:
    """The batch that has this value as its id or content key, or as one of its idempotency keys."""
    found = session.query(f"SELECT {_COLUMNS} FROM batch WHERE {_NAMED[name]}", {"value": value})
    return _read_batch(session, found[0], identity, zone) if found else None


def keep_key(session: Session, idempotency_key: str, batch_id: str) -> None:
    """Remember that the content of a batch came with this key; a key that is known stays as it is."""
    session.run(
        "INSERT INTO idempotency (key, batch_id) VALUES ($key, $batch) ON CONFLICT DO NOTHING",
        {"key": idempotency_key, "batch": batch_id},
    )


def get_batch(session: Session, batch_id: str, identity: ModelIdentity | None, zone: ZoneInfo) -> Batch:
    """The batch with this id. Raises NotFoundError where there is none."""
    batch = find_batch(session, "id", batch_id, identity, zone)
    if batch is None:
        raise NotFoundError(f"There is no batch {batch_id!r}.", field="batch")
    return batch


def list_batches(
    session: Session, limit: int, cursor: str | None, identity: ModelIdentity | None, zone: ZoneInfo
) -> Page[Batch]:
    """The batches, newest first."""
    condition, parameters = "TRUE", dict[str, object](most=check_limit(limit) + 1)
    if cursor is not None:
        at, batch_id = read_cursor("batches", cursor, moment, str)
        condition = "created_at < $at OR (created_at = $at AND id < $id)"
        parameters |= {"at": at, "id": batch_id}
    found = session.query(
        f"SELECT {_COLUMNS} FROM batch WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT $most", parameters
    )
    rows, more = cut_page(found, limit)
    batches = tuple(_read_batch(session, row, identity, zone) for row in rows)
    return Page(batches, write_cursor("batches", batches[-1].created_at.isoformat(), batches[-1].id) if more else None)


def list_rejects(session: Session, batch_id: str, limit: int, cursor: str | None) -> Page[Reject]:
    """The refused rows of a batch in order of their lines; as they never change, a cursor counts those of its line."""
    line, given = (0, 0) if cursor is None else read_cursor(batch_id, cursor, number, number)
    found = session.query(
        f"{_REJECTS} AND line >= $line {_IN_ORDER} LIMIT $most OFFSET $given",
        {"batch": batch_id, "most": check_limit(limit) + 1, "line": line, "given": given},
    )
    rows, more = cut_page(found, limit)
    if not more:
        return Page(tuple(Reject(*row) for row in rows), None)
    last = rows[-1][0]
    of_last = sum(row[0] == last for row in rows) + (given if last == line else 0)
    return Page(tuple(Reject(*row) for row in rows), write_cursor(batch_id, last, of_last))


def stream_rejects(database: Database, batch_id: str) -> Iterator[Reject]:
    """All refused rows of a batch in order of their lines; memory does not grow with their number, nor the cost of a piece."""
    after = -1
    while True:
        with database.reading() as session:
            found = session.query(_REJECTS_AFTER, {"batch": batch_id, "after": after, "most": REJECTS_AT_ONCE})
        if not found:
            return
        yield from (Reject(*row) for row in found)
        after = found[-1][0]


def delete_batch(session: Session, batch_id: str, new_change: NewChange) -> None:
    """Remove the batch and all that came from it. Raises NotFoundError where there is none."""
    found = session.query("SELECT first_seq, first_seq + accepted FROM batch WHERE id = $id", {"id": batch_id})
    if not found:
        raise NotFoundError(f"There is no batch {batch_id!r}.", field="batch")
    ((low, high),) = found
    bury_rows(session, "seq >= $low AND seq < $high", {"low": low, "high": high}, new_change)
    for table in ("reject", "idempotency"):
        session.run(f"DELETE FROM {table} WHERE batch_id = $id", {"id": batch_id})
    session.run("DELETE FROM batch WHERE id = $id", {"id": batch_id})
    # sent again, the same content has the same id, and is news
    session.run("DELETE FROM webhook_told WHERE name = $name", {"name": f"batch {batch_id}"})
    forget_agents(session)
    note_deletion(session)


def count_waiting(session: Session, batch_id: str, identity: ModelIdentity) -> int:
    """How many rows are to be tagged until the batch is done: its own and those that came before it."""
    found = session.query("SELECT first_seq + accepted FROM batch WHERE id = $id", {"id": batch_id})
    if not found:
        raise NotFoundError(f"There is no batch {batch_id!r}.", field="batch")
    rows, tagged, aside = (_count(session, table, 0, found[0][0], identity) for table in _COUNTED)
    return max(0, rows - tagged - aside)


_COUNTED: Final = ("feedback", "tagging", "set_aside")


def _read_batch(session: Session, row: Row, identity: ModelIdentity | None, zone: ZoneInfo) -> Batch:
    batch_id, name, received, accepted, rejected, first_seq, columns, notices, created_at, sample, erased = row
    end = first_seq + accepted
    tagged = _count(session, "tagging", first_seq, end, identity)
    there = accepted - erased
    aside = 0 if tagged >= there else _count(session, "set_aside", first_seq, end, identity)
    return Batch(
        id=batch_id,
        name=name,
        status=status_of(there, tagged, aside),
        received=received,
        accepted=accepted,
        rejected=rejected,
        tagged=tagged,
        created_at=created_at.astimezone(zone),
        columns=read_columns(columns),
        notices=read_notices(notices) + (_set_aside_notices(session, first_seq, end, identity) if aside else ()),
        sample=sample,
        erased=erased,
    )


def status_of(rows: int, tagged: int, aside: int) -> BatchStatus:
    """How far a batch is that has so many rows, of which some are tagged and some were set aside."""
    if rows > tagged + aside:
        return "tagging"
    return "failed" if aside and not tagged else "done"


def _count(session: Session, table: str, low: int, high: int, identity: ModelIdentity | None) -> int:
    """How many rows `table` has in a range of numbers; with an identity, of that model (feedback is of none)."""
    condition, parameters = "seq >= $low AND seq < $high", dict[str, object](low=low, high=high)
    if identity is not None and table != "feedback":
        condition += " AND model = $model AND taxonomy = $taxonomy"
        parameters |= {"model": identity.name, "taxonomy": identity.taxonomy}
    return int(session.query(f"SELECT count(*) FROM {table} WHERE {condition}", parameters)[0][0])


def _set_aside_notices(session: Session, low: int, high: int, identity: ModelIdentity | None) -> tuple[Notice, ...]:
    condition, parameters = "a.seq >= $low AND a.seq < $high", dict[str, object](low=low, high=high)
    if identity is not None:
        condition += " AND a.model = $model AND a.taxonomy = $taxonomy"
        parameters |= {"model": identity.name, "taxonomy": identity.taxonomy}
    found = session.query(
        f"SELECT a.reason, f.line FROM set_aside a JOIN feedback f ON f.seq = a.seq WHERE {condition} ORDER BY f.line",
        parameters,
    )
    lines: dict[str, list[int]] = {}
    for reason, line in found:
        lines.setdefault(reason, []).append(line)
    return tuple(Notice(None, SET_ASIDE, _say(reason, at), count=len(at)) for reason, at in lines.items())


def _say(reason: str, lines: list[int]) -> str:
    shown = ", ".join(map(str, lines[:LINES_SHOWN])) + (", …" if len(lines) > LINES_SHOWN else "")
    return f"{len(lines)} rows could not be tagged and were set aside: {reason} (lines {shown})."
