"""Sends what waits in the outbox, in threads of its own, so that neither tagging nor a call ever waits for another machine.

One thread looks once a second for what is new and what is due. Each endpoint with something due gets a thread that sends its
deliveries one after the other, `AT_ONCE` endpoints at a time. Between the reading of a delivery and the writing of what came of
it no session is open, so that the database file can be exchanged meanwhile; a kill in between sends the same message twice.
"""

import logging
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Final

from voc.errors import NotFoundError, VocError, whereabouts
from voc.store import Store
from voc.store.webhooks import Due
from voc.webhooks.events import body_of
from voc.webhooks.post import Answer, post
from voc.webhooks.schedule import settle
from voc.webhooks.signing import sign
from voc.webhooks.watch import Watch

LOOK_EVERY_S: Final = 1.0
AT_ONCE: Final = 4  # endpoints: more wait for other machines most of the time, but each may hold a time-out's length
IN_A_ROW: Final = 100  # deliveries, before another endpoint gets the place
_AFTER_FAULT: Final = timedelta(minutes=1)
_TRIM_EVERY: Final = timedelta(days=1)

_log = logging.getLogger(__name__)


class Sender:
    """Sends to the endpoints of a store what `watch` finds and the store queues; `private` lets it call private addresses.

    `now` is the clock, and `chance` gives numbers from 0 to 1 that spread the next attempts.
    """

    def __init__(
        self,
        store: Store,
        watch: Watch,
        *,
        private: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._watch = watch
        self._private = private
        self._now = now
        self._chance = chance
        self._busy: dict[str, Thread] = {}
        self._rests: dict[str, datetime] = {}
        self._lock = Lock()  # of the two above
        self._writing = Lock()
        self._closed = False  # nothing is written any more
        self._trimmed_at: datetime | None = None
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="voc-webhooks", daemon=True)

    def start(self) -> None:
        """Begin to look and to send."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Send no more; calls under way get `timeout_s`, and what is not answered by then is sent again at the next start."""
        until = time.monotonic() + timeout_s
        self._stopping.set()
        with self._lock:
            threads = [self._thread, *self._busy.values()]
        for thread in threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))
        with self._writing:
            self._closed = True

    def wake(self, webhook_id: str) -> None:
        """Let an endpoint that was left alone for not answering be called again at once."""
        with self._lock:
            self._rests.pop(webhook_id, None)

    def look(self) -> None:
        """Find what is new, and begin to send what is due."""
        now = self._now()
        self._try("Not everything was found that webhooks tell of", lambda: self._watch.look(now))
        self._try("Webhooks were not sent", lambda: self._hand_out(now))
        if self._trimmed_at is None or now - self._trimmed_at >= _TRIM_EVERY:
            self._trimmed_at = now
            self._try("Old deliveries were not removed", lambda: self._store.webhooks.trim(now))

    def drain(self, webhook_id: str) -> None:
        """Send what is due of an endpoint, in this thread, until nothing is or it does not answer."""
        for _ in range(IN_A_ROW):
            due = None if self._stopping.is_set() else self._store.webhooks.next_due(webhook_id, self._now())
            if due is None or not self._send(due):
                return

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._store.leads("telling"):
                self.look()
            self._stopping.wait(LOOK_EVERY_S)

    def _hand_out(self, now: datetime) -> None:
        for webhook_id in self._store.webhooks.find_due(now):
            with self._lock:
                if len(self._busy) >= AT_ONCE:
                    return
                if webhook_id in self._busy or self._rests.get(webhook_id, now) > now:
                    continue
                thread = Thread(target=self._serve, args=(webhook_id,), name=f"voc-webhook-{webhook_id}", daemon=True)
                self._busy[webhook_id] = thread
                thread.start()

    def _serve(self, webhook_id: str) -> None:
        try:
            if not self._try("A webhook was not sent", lambda: self.drain(webhook_id)):
                self._rest(webhook_id, _AFTER_FAULT)
        finally:
            with self._lock:
                del self._busy[webhook_id]

    def _send(self, due: Due) -> bool:
        """Make a call and keep what came of it; whether the next may follow at once."""
        answer = self._call(due)
        now = self._now()
        settled = settle(due.webhook, due.delivery, answer, now, self._chance())
        with self._writing:
            if self._closed:
                return False
            self._store.webhooks.settle(settled, now)
        if settled.disabled:
            _log.warning("The webhook %s is disabled (%s).", due.webhook.id, settled.disabled)
        self._rest(due.webhook.id, settled.rest)
        return not settled.rest and not settled.disabled

    def _call(self, due: Due) -> Answer:
        delivery, at = due.delivery, self._now()
        data = delivery.data if due.text is None else {**delivery.data, "text": due.text}
        body = body_of(delivery.event, delivery.happened_at, data)
        headers = sign(delivery.message_id, at, body, due.webhook.secrets_at(at))
        return post(due.webhook.url, headers, body, private=self._private)

    def _rest(self, webhook_id: str, rest: timedelta) -> None:
        with self._lock:
            self._rests.pop(webhook_id, None)
            if rest:
                self._rests[webhook_id] = self._now() + rest

    def _try(self, failure: str, work: Callable[[], None]) -> bool:
        """Whether work went well; a thread must outlive whatever happens in it."""
        try:
            work()
        except NotFoundError:  # deleted meanwhile
            return True
        except VocError as error:
            _log.warning("%s: %s", failure, error.message)
        except Exception as error:
            _log.exception("%s (%s).", failure, whereabouts(error), exc_info=False)
        else:
            return True
        return False
