"""Keeps the store as it was promised: rows beyond their age go, and what was deleted leaves the file as well.

One thread that looks once a minute. It needs no memory of its own: the store says since when its file is due to be written
anew, and old rows are found by their age, so a service that was killed goes on where it was.
"""

import logging
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Final

from voc.engine.engine import Engine
from voc.errors import VocError, whereabouts
from voc.store import Store

LOOK_EVERY_S: Final = 60.0  # deletions within a minute share one rewriting
LONGEST_WAIT: Final = timedelta(minutes=10)  # for a moment without tagging; then the words go even so
SWEEP_EVERY: Final = timedelta(days=1)  # ages are in days
CHANGES_KEPT: Final = timedelta(days=90)  # a nightly job that has failed for a quarter may as well start anew

_log = logging.getLogger(__name__)


class Keeper:
    """Erases what is older than `retention_days` (0: nothing) and writes the file anew after deletions, at a quiet moment.

    `swept_at` is when old rows were last looked for, None before the first time.
    """

    def __init__(self, store: Store, engine: Engine, *, retention_days: int) -> None:
        self._store = store
        self._engine = engine
        self._age = timedelta(days=retention_days)
        self.swept_at: datetime | None = None
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="voc-keeper", daemon=True)

    def start(self) -> None:
        """Begin to look, at once and then every minute."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Look no more; a rewriting that has begun gets `timeout_s`, and loses nothing if it takes longer."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def look(self, now: datetime) -> None:
        """Do what is due at this moment. Raises StoreError where it cannot be done."""
        if self.swept_at is None or now - self.swept_at >= SWEEP_EVERY:
            if self._age and (rows := self._store.erase_older(now - self._age)):
                _log.info("%d rows were older than %d days and are erased.", rows, self._age.days)
            self._store.trim_changes(now - CHANGES_KEPT)
            self.swept_at = now
        since = self._store.rewrite_due_since()
        if since is not None and (self._quiet() or now - since >= LONGEST_WAIT):
            self._store.rewrite()

    def _quiet(self) -> bool:
        try:
            return self._engine.wait_idle(0)
        except VocError:  # nothing is being tagged
            return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._store.leads("keeping"):
                    self.look(datetime.now(UTC))
            except VocError as error:
                _log.warning("%s Next try in %g s.", error.message, LOOK_EVERY_S)
            except Exception as error:  # a fault in the program must not end the keeping for good
                _log.exception("Old or deleted rows may still be in the file (%s).", whereabouts(error), exc_info=False)
            self._stopping.wait(LOOK_EVERY_S)
