"""Writes the audit log: what only reads is written a second later, together; what changes something, before it is answered."""

import logging
import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from voc.access import AuditEntry
from voc.errors import VocError
from voc.store import Store

EVERY_S: Final = 1.0  # what a kill can lose of the reads; one small commit a second is not noticed beside them
USE_EVERY: Final = timedelta(minutes=1)  # how exact the last use of a key is: a commit for every call would be waste
MOST_WAITING: Final = 10_000  # a database that cannot be written must not fill the memory; what is dropped is counted
_TRIM_EVERY: Final = timedelta(days=1)
_log = logging.getLogger("voc.api")


class AuditWriter:
    """Takes entries from the routes and writes them from a thread of its own; `now` comes with each entry."""

    def __init__(self, store: Store, days: int) -> None:
        self._store = store
        self._days = days
        self._waiting: deque[AuditEntry] = deque(maxlen=MOST_WAITING)
        self._uses: dict[str, datetime] = {}
        self._written_uses: dict[str, datetime] = {}
        self._trimmed: datetime | None = None
        self._taking = threading.Lock()  # held for moments only, so that a call may wait for it
        self._writing = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="voc-audit", daemon=True)

    def start(self) -> None:
        """Begin to write, and to remove what is older than the log goes back."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is waiting and end; the store must still be open."""
        self._stopping.set()
        self._thread.join()
        self._try(datetime.now(UTC))

    def note(self, entry: AuditEntry) -> None:
        """Have an entry written within a second."""
        with self._taking:
            if len(self._waiting) == MOST_WAITING:
                _log.error("The audit log cannot be written; its oldest unwritten entry was dropped.")
            self._waiting.append(entry)
            self._note_key(entry)

    def note_use(self, entry: AuditEntry) -> None:
        """Have the use of its key written within a second, and not the entry."""
        with self._taking:
            self._note_key(entry)

    def write(self, entry: AuditEntry) -> None:
        """Have an entry written now, after those that wait; it is on disk when this returns. Call it in a thread."""
        self.note(entry)
        self.flush()

    def flush(self) -> None:
        """Write what is waiting. Raises StoreError; then it goes on waiting."""
        with self._writing:
            entries, uses = self._take()
            if not entries and not uses:
                return
            try:
                self._store.write_audit(entries, uses)
            except BaseException:
                self._put_back(entries, uses)
                raise

    def _note_key(self, entry: AuditEntry) -> None:
        key, at = entry.key_id, entry.happened_at
        if key and (key not in self._written_uses or at - self._written_uses[key] >= USE_EVERY):
            self._uses[key] = at

    def _take(self) -> tuple[tuple[AuditEntry, ...], Mapping[str, datetime]]:
        with self._taking:
            entries, uses = tuple(self._waiting), self._uses
            self._waiting.clear()
            self._uses = {}
            self._written_uses |= uses
            return entries, uses

    def _put_back(self, entries: tuple[AuditEntry, ...], uses: Mapping[str, datetime]) -> None:
        with self._taking:
            self._waiting = deque((*entries, *self._waiting), maxlen=MOST_WAITING)
            self._uses = {**uses, **self._uses}

    def _run(self) -> None:
        while not self._stopping.wait(EVERY_S):
            self._try(datetime.now(UTC))

    def _try(self, now: datetime) -> None:
        try:
            self.flush()
            if self._days and (self._trimmed is None or now - self._trimmed >= _TRIM_EVERY):
                self._store.trim_audit(now, self._days)
                self._trimmed = now
        except Exception as error:  # the thread must live on: the next second may go better
            why = error.message if isinstance(error, VocError) else type(error).__name__
            _log.error("The audit log was not written: %s", why)
