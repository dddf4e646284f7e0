"""Takes a batch in: all of its rows and refusals, or nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from voc.conversations.timings import with_handle_time
from voc.conversations.turns import count_chars
from voc.records import Column, Feedback, Notice, Reject
from voc.store.agents import learn_agents
from voc.store.batches import keep_key
from voc.store.calendar import learn_days
from voc.store.changes import NewChange
from voc.store.database import Session
from voc.store.originals import original_columns
from voc.store.rows import conversation_columns, feedback_columns, reject_columns, turn_columns, write_json

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

ROWS_AT_ONCE: Final = 20_000
CHARS_AT_ONCE: Final = 20_000_000
ID_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Arrival:
    """An upload whose rows are still to be read; `notices` is asked after the last row."""

    name: str
    content_key: str
    idempotency_key: str | None
    sample: bool
    columns: tuple[Column, ...]
    source: Iterable[Feedback | Reject]
    notices: Callable[[], tuple[Notice, ...]]

    @property
    def batch_id(self) -> str:
        """The public id of the batch that it becomes; the same content has the same one."""
        return "b" + self.content_key[:ID_DIGITS]


def take_in(session: Session, arrival: Arrival, zone: ZoneInfo, seal: "Fernet | None", new_change: NewChange) -> None:
    """Write the batch, its rows and its refusals, piece by piece, so that memory does not grow with the source.

    Originals are kept where there is something to seal them. The change is numbered last, for a long source is read meanwhile.
    """
    ((first_seq,),) = session.query("SELECT next_seq FROM store_state")
    accepted = rejected = 0
    for rows, rejects in _pieces(arrival.source):
        if rows:
            _insert_rows(session, rows, first_seq + accepted, arrival.batch_id, zone)
            if seal and (originals := original_columns(rows, first_seq + accepted, seal)):
                session.insert("original", originals)
        if rejects:
            session.insert("reject", reject_columns(rejects, arrival.batch_id))
        accepted += len(rows)
        rejected += len(rejects)
    learn_days(session)
    learn_agents(session, first_seq)
    session.run("UPDATE store_state SET next_seq = $next", {"next": first_seq + accepted})
    _write_batch(session, arrival, first_seq, accepted, rejected, new_change() if accepted else 0)


def _insert_rows(session: Session, rows: list[Feedback], first_seq: int, batch_id: str, zone: ZoneInfo) -> None:
    session.insert("feedback", feedback_columns(rows, first_seq, batch_id, zone))
    if conversations := conversation_columns(rows, first_seq):
        session.insert("conversation", conversations)
        session.insert("turn", turn_columns(rows, first_seq))


def _write_batch(session: Session, arrival: Arrival, first_seq: int, accepted: int, rejected: int, change: int) -> None:
    values = {
        "id": arrival.batch_id,
        "name": arrival.name,
        "content_key": arrival.content_key,
        "sample": arrival.sample,
        "received": accepted + rejected,
        "accepted": accepted,
        "rejected": rejected,
        "first_seq": first_seq,
        "columns": write_json(arrival.columns),
        "notices": write_json(arrival.notices()),
        "created_at": datetime.now(UTC),
        "erased": 0,
        "change": change,
    }
    session.insert("batch", {name: [value] for name, value in values.items()})
    if arrival.idempotency_key:
        keep_key(session, arrival.idempotency_key, arrival.batch_id)


def _pieces(source: Iterable[Feedback | Reject]) -> Iterator[tuple[list[Feedback], list[Reject]]]:
    rows: list[Feedback] = []
    rejects: list[Reject] = []
    chars = 0
    for each in source:
        if isinstance(each, Feedback):
            rows.append(with_handle_time(each))
            chars += count_chars(each.turns) if each.turns else len(each.text)
        else:
            rejects.append(each)
        if len(rows) + len(rejects) >= ROWS_AT_ONCE or chars >= CHARS_AT_ONCE:
            yield rows, rejects
            rows, rejects, chars = [], [], 0
    if rows or rejects:
        yield rows, rejects
