"""The store: everything that must outlive the process, behind one class.

A row is in the database, and would be after a power cut, when `add_batch` returns. Two writers can work at once without
waiting for each other: one that takes batches in and one that writes tags; removing a batch waits for both. Readers see
what was committed last and wait for nobody. Of a PostgreSQL database all this holds across processes and hosts.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self
from zoneinfo import ZoneInfo

from voc.access import AuditEntry, Key
from voc.errors import ConflictError
from voc.records import Batch, Column, Feedback, Notice, Reject, TaggedFeedback, Tags
from voc.store import agents, audit, batches, changes, erase, feedback, keys, originals, tagging
from voc.store.activity import Changes, read_changes
from voc.store.arrival import Arrival, take_in
from voc.store.backup import Manifest, back_up
from voc.store.changes import Change, ChangePage, NewChange
from voc.store.corrections import Corrections
from voc.store.database import Database, Lock, Role, Session, open_database
from voc.store.filters import Filters
from voc.store.migrate import migrate
from voc.store.paging import Page
from voc.store.tagging import PendingText, SetAside
from voc.store.webhooks import Webhooks
from voc.store.work import Work, count_work
from voc.tagging.identity import ModelIdentity

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


VIEWS: Final = "kpi_v1"
"""The schema of the views for other tools."""
_NUMBERS: Final = "SELECT next_seq FROM store_state"


_DELETING: Final[tuple[Lock, ...]] = ("erasing", "arrivals", "taggings", "webhooks")


class Store:
    """An open database; close it, or use it in a `with` statement. Every method may be called from any thread.

    `current` is the model whose tags count: `tagged` and `status` of a batch are those of this model; without one, tags
    of any model count. Tags of an older model are shown until they are replaced. `webhooks` are whom to tell of what happens.
    """

    def __init__(self, database: Database, zone: ZoneInfo, seal: "Fernet | None" = None) -> None:
        self.current: ModelIdentity | None = None
        self.zone = zone
        self.webhooks = Webhooks(database, zone)
        self.corrections = Corrections(database, zone, partial(self._changing, "taggings"))
        self._database = database
        self._seal = seal  # of originals, whose key is nowhere in the database

    @classmethod
    def open(cls, database: str, *, zone: ZoneInfo, show_agents: bool = False, originals_key: str = "") -> Self:
        """The store at the path of a DuckDB file or the address of a PostgreSQL database, which is made or brought up to date;
        days and hours of rows are those of `zone`.

        Agents have pseudonyms in all that it answers, and in filters, unless `show_agents` asks for their ids.

        Texts from before masking are kept only with a Fernet key, sealed with it.

        Raises StoreError that says what to do where it cannot be used; then nothing in it is changed.
        """
        seal = originals.open_seal(originals_key)
        opened = open_database(database)
        try:
            migrate(opened, zone)
            agents.choose_names(opened, show=show_agents)
        except BaseException:
            opened.close()
            raise
        return cls(opened, zone, seal)

    def close(self) -> None:
        """Let the database go."""
        self._database.close()

    @property
    def name(self) -> str:
        """The path or address of the database, without a password."""
        return self._database.name

    @property
    def is_shared(self) -> bool:
        """Whether other processes may have the database, too."""
        return self._database.engine == "postgres"

    def leads(self, role: Role) -> bool:
        """Whether this process has a role that only one of all that share the database has at a time; it takes it if it can."""
        return self._database.leads(role)

    def size_bytes(self) -> int | None:
        """How much room the database takes; None in memory."""
        return self._database.size_bytes()

    def log_size_bytes(self) -> int | None:
        """How much of it is beside its file still; None on a server and in memory."""
        return self._database.log_size_bytes()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def add_batch(
        self,
        *,
        name: str,
        content_key: str,
        source: Iterable[Feedback | Reject],
        columns: Sequence[Column],
        notices: Callable[[], tuple[Notice, ...]],
        idempotency_key: str | None = None,
        sample: bool = False,
    ) -> Batch:
        """Take in all rows of `source`, or none if it raises. The batch that has this content already is returned as it is.

        `notices` is asked after the last row. Raises ConflictError if the key came with other content before.
        """
        arrival = Arrival(name, content_key, idempotency_key, sample, tuple(columns), source, notices)
        with self._changing("arrivals") as (session, new_change):
            if known := self._recall(session, content_key, idempotency_key):
                return known
            take_in(session, arrival, self.zone, self._seal, new_change)
        return self.get_batch(arrival.batch_id)

    def recall_batch(self, *, content_key: str, idempotency_key: str | None = None) -> Batch | None:
        """The batch that has this content already; the key becomes one of its keys. None, and nothing kept, if there is none.

        Raises ConflictError if the key came with other content before.
        """
        known = self.find_batch(content_key=content_key, idempotency_key=idempotency_key)
        if known is None or not idempotency_key or self.find_batch(idempotency_key=idempotency_key):
            return known
        with self._database.writing("arrivals") as session:
            return self._recall(session, content_key, idempotency_key)

    def find_batch(self, *, content_key: str | None = None, idempotency_key: str | None = None) -> Batch | None:
        """The batch of this content, or the one that came with this key; None if there is neither.

        Given both, raises ConflictError if the key came with other content before.
        """
        with self._database.reading() as session:
            return self._find_known(session, content_key, idempotency_key)

    def get_batch(self, batch_id: str) -> Batch:
        """The batch with this id. Raises NotFoundError."""
        with self._database.reading() as session:
            return batches.get_batch(session, batch_id, self.current, self.zone)

    def list_batches(self, *, limit: int = 50, cursor: str | None = None) -> Page[Batch]:
        """The batches, newest first."""
        with self._database.reading() as session:
            return batches.list_batches(session, limit, cursor, self.current, self.zone)

    def list_rejects(self, batch_id: str, *, limit: int = 50, cursor: str | None = None) -> Page[Reject]:
        """The refused rows of a batch in order of their lines. Raises NotFoundError where there is no such batch."""
        with self._database.reading() as session:
            batches.get_batch(session, batch_id, self.current, self.zone)
            return batches.list_rejects(session, batch_id, limit, cursor)

    def stream_rejects(self, batch_id: str) -> Iterator[Reject]:
        """All refused rows of a batch in order of their lines; none where there is no such batch."""
        return batches.stream_rejects(self._database, batch_id)

    def delete_batch(self, batch_id: str) -> None:
        """Remove a batch with its rows, tags and refusals; from the file once `rewrite` has run. Raises NotFoundError."""
        with self._changing(*_DELETING) as (session, new_change):
            batches.delete_batch(session, batch_id, new_change)

    def erase_customer(self, customer_id: str) -> int:
        """Remove all rows of a customer with their tags; how many there were. Raises NotFoundError where there is none.

        Their words are gone from every answer now, and from the file once `rewrite` has run.
        """
        with self._changing(*_DELETING) as (session, new_change):
            return erase.erase_customer(session, customer_id, new_change)

    def erase_older(self, before: datetime) -> int:
        """The same for all rows from before that moment, by their own time or else that of their batch's arrival."""
        with self._changing(*_DELETING) as (session, new_change):
            return erase.erase_older(session, before, new_change)

    def rewrite_due_since(self) -> datetime | None:
        """The first deletion since the file was last written anew; None where there was none."""
        with self._database.reading() as session:
            return erase.rewrite_due_since(session)

    def rewrite(self) -> None:
        """Write the file anew, without anything that was deleted. Writers wait until it is done, readers for a moment.

        Killed at any time it leaves the old file or the new one, each whole. No other Store of this process may have the
        file open. Raises StoreError, all being as it was, where it cannot be done now.
        """
        self._database.rewrite("UPDATE store_state SET rewrite_due_since = NULL")

    def back_up(self, target: Path) -> Manifest:
        """Write what is stored at this moment to a file, and its manifest beside it; others read and write on.

        Raises InputError where there is such a file already, and DiskFullError.
        """
        return back_up(self._database, target)

    def open_snapshot(self) -> BinaryIO:
        """A DuckDB file with the views of `kpi_v1` as tables, as they are at this moment; others read and write on.

        Close it: it has no name, and is gone with the last who has it open. Raises DiskFullError.
        """
        with self._database.copied_views(VIEWS, _NUMBERS) as path:
            return path.open("rb")

    def count_waiting(self, batch_id: str, identity: ModelIdentity) -> int:
        """How many rows are to be tagged until a batch is done: its own and those before it. Raises NotFoundError."""
        with self._database.reading() as session:
            return batches.count_waiting(session, batch_id, identity)

    def count_work(self, identity: ModelIdentity) -> Work:
        """How many rows there are and how many of them are to be tagged, and the batches by their state."""
        with self._database.reading() as session:
            return count_work(session, identity)

    def pending(self, identity: ModelIdentity, *, after: int, limit: int) -> list[PendingText]:
        """The next rows after number `after`, in order, that have no tags of `identity` and were not set aside under it.

        Its cost does not depend on how many rows there are, tagged or not; an empty list is the end of the walk.
        """
        with self._database.reading() as session:
            return tagging.find_pending(session, identity, after, limit)

    def write_tags(self, tagged: Sequence[tuple[int, Tags]]) -> None:
        """Give rows the model's tags, all of them or none, in place of any that it gave before; what people say stays.

        Rows deleted meanwhile are skipped.
        """
        with self._changing("taggings") as (session, new_change):
            tagging.write_tags(session, tagged, new_change, self.zone)

    def set_aside(self, aside: Sequence[SetAside], identity: ModelIdentity) -> None:
        """Note that rows cannot be tagged by this model, so that their batch can finish; a notice of it says so."""
        with self._database.writing("taggings") as session:
            tagging.write_set_aside(session, aside, identity)

    @property
    def changes(self) -> Changes:
        """What tells whether anything has changed that an answer rests on: where they are equal, so is the answer."""
        with self._database.reading() as session:
            return read_changes(session)

    def find_feedback(self, filters: Filters, *, limit: int = 50, cursor: str | None = None) -> Page[TaggedFeedback]:
        """The rows that pass the filters, newest first. Raises InputError for a bad filter, limit or cursor."""
        with self._database.reading() as session:
            return feedback.find_feedback(session, filters, limit, cursor, self.zone)

    def load_feedback(self, ids: Sequence[str]) -> list[TaggedFeedback]:
        """The rows with these ids, in this order; those that are gone are left out."""
        with self._database.reading() as session:
            return feedback.load_rows(session, list(map(feedback.feedback_seq, ids)), self.zone)

    def get_feedback(self, feedback_id: str) -> TaggedFeedback:
        """The row with this id. Raises NotFoundError."""
        with self._database.reading() as session:
            return feedback.get_feedback(session, feedback_id, self.zone)

    @property
    def keeps_originals(self) -> bool:
        """Whether texts from before masking are kept."""
        return self._seal is not None

    def get_original(self, feedback_id: str) -> str:
        """The text of a row, or the customer's of a conversation, from before masking.

        Raises NotFoundError where none is kept, and ConflictError where it was sealed with a key that is not at hand.
        """
        with self._database.reading() as session:
            return originals.read_original(session, feedback.feedback_seq(feedback_id), self._seal)

    def stream_feedback(self, filters: Filters, *, after: str | None = None) -> Iterator[TaggedFeedback]:
        """All rows that pass the filters, in order of arrival, or those after the row with that id; memory does not grow
        with their number. Raises InputError for a bad filter or id.
        """
        return feedback.stream_feedback(self._database, filters, self.zone, after)

    def find_changes(self, *, limit: int = 50, since: str | None = None) -> ChangePage:
        """What was stored, tagged or deleted since that cursor, in order, or from the beginning.

        Raises InputError for a bad limit or cursor, and GoneError for a cursor that is too old or of another database.
        """
        with self._database.reading() as session:
            page, _ = changes.find_changes(session, limit, since, self.zone)
        return page

    def stream_changes(self, since: str | None = None) -> Iterator[Change]:
        """All of them up to now; memory does not grow with their number. Raises as `find_changes` does."""
        return changes.stream_changes(self._database, since, self.zone)

    def trim_changes(self, before: datetime) -> None:
        """Forget which rows were deleted before that moment; cursors from before are too old then."""
        with self._database.writing("arrivals", "taggings") as session:
            changes.trim_changes(session, before)

    def add_key(self, key: Key) -> None:
        """Keep a new access key."""
        with self._database.writing("accesses") as session:
            keys.add_key(session, key)

    def all_keys(self) -> tuple[Key, ...]:
        """All access keys, the revoked ones too, newest first."""
        with self._database.reading() as session:
            return keys.all_keys(session, self.zone)

    def list_keys(self, *, limit: int = 50, cursor: str | None = None) -> Page[Key]:
        """The access keys, the revoked ones too, newest first."""
        with self._database.reading() as session:
            return keys.list_keys(session, limit, cursor, self.zone)

    def revoke_key(self, key_id: str, now: datetime) -> None:
        """Let a key open nothing any more. Raises NotFoundError."""
        with self._database.writing("accesses") as session:
            keys.revoke_key(session, key_id, now)

    def write_audit(self, entries: Sequence[AuditEntry], uses: Mapping[str, datetime] | None = None) -> None:
        """Keep who did what, in this order, and when keys, by their ids, were last used."""
        with self._database.writing("accesses") as session:
            if entries:
                audit.write_audit(session, entries)
            keys.note_uses(session, uses or {})

    def list_audit(self, *, limit: int = 50, cursor: str | None = None) -> Page[AuditEntry]:
        """Who did what, newest first."""
        with self._database.reading() as session:
            return audit.list_audit(session, limit, cursor, self.zone)

    def trim_audit(self, now: datetime, days: int) -> None:
        """Remove what the audit log has from more than so many days ago."""
        with self._database.writing("accesses") as session:
            audit.trim_audit(session, now, days)

    def audit_secret(self) -> str:
        """The secret of the pseudonyms in the audit log, made when it is first asked for."""
        with self._database.writing("accesses") as session:
            return audit.audit_secret(session)

    def select(self, sql: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """All rows of a query with parameters as `$name`; just those that stand in it must be given."""
        with self._database.reading() as session:
            return session.query(sql, parameters)

    @contextmanager
    def _changing(self, *locks: Lock) -> Iterator[tuple[Session, NewChange]]:
        """A writing session, and what numbers its change: once one has a number, nobody gets the next until it is committed."""
        with self._database.writing(*locks) as session:

            def new_change() -> int:
                session.lock("numbering")
                return changes.new_change(session)

            yield session, new_change

    def _recall(self, session: Session, content_key: str, idempotency_key: str | None) -> Batch | None:
        known = self._find_known(session, content_key, idempotency_key)
        if known and idempotency_key:
            batches.keep_key(session, idempotency_key, known.id)
        return known

    def _find_known(self, session: Session, content_key: str | None, idempotency_key: str | None) -> Batch | None:
        if idempotency_key and (batch := self._find(session, "idempotency_key", idempotency_key)):
            if content_key is None or self._find(session, "content_key", content_key) == batch:
                return batch
            raise ConflictError(
                f"The Idempotency-Key {idempotency_key!r} belongs to batch {batch.id}, which has other content."
                " Use a new key for new content.",
                code="idempotency_key_reused",
                field="Idempotency-Key",
            )
        return self._find(session, "content_key", content_key) if content_key else None

    def _find(self, session: Session, name: batches.Name, value: str) -> Batch | None:
        return batches.find_batch(session, name, value, self.current, self.zone)
