"""Webhooks in the store: endpoints, the outbox, and what was told; every method may be called from any thread."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from voc.errors import ConflictError
from voc.store import endpoints, outbox
from voc.store.database import Database, Session
from voc.store.paging import Page
from voc.webhooks.endpoint import Delivery, DeliveryStatus, Webhook
from voc.webhooks.events import Event, trial
from voc.webhooks.schedule import Settled


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery whose time has come, its endpoint, and the words that go along where that asks for them."""

    webhook: Webhook
    delivery: Delivery
    text: str | None


class Webhooks:
    """The webhooks of a database. Whoever changes rows of their tables has the lock; new ones may be added without."""

    def __init__(self, database: Database, zone: ZoneInfo) -> None:
        self._database = database
        self._zone = zone

    def add(self, webhook: Webhook) -> None:
        """Keep a new endpoint; it is told of what happens from now on."""
        with self._database.writing("webhooks") as session:
            endpoints.add_webhook(session, webhook)

    def get(self, webhook_id: str) -> Webhook:
        """The endpoint with this id. Raises NotFoundError."""
        with self._database.reading() as session:
            return endpoints.get_webhook(session, webhook_id, self._zone)

    def page(self, *, limit: int = 50, cursor: str | None = None) -> Page[Webhook]:
        """The endpoints, newest first."""
        with self._database.reading() as session:
            return endpoints.list_webhooks(session, limit, cursor, self._zone)

    def change(self, webhook_id: str, change: Callable[[Webhook], Webhook]) -> Webhook:
        """The endpoint as `change` makes it. What waits for one that gets disabled is given up. Raises NotFoundError."""
        with self._database.writing("webhooks") as session:
            changed = change(endpoints.get_webhook(session, webhook_id, self._zone))
            endpoints.write_webhook(session, changed)
            outbox.give_up(session, webhook_id)
        return changed

    def rotate(self, webhook_id: str, secret: str, old_until: datetime) -> Webhook:
        """Give an endpoint a new secret; its present one signs beside it until then. Raises NotFoundError."""
        return self.change(
            webhook_id,
            lambda webhook: replace(webhook, secret=secret, old_secret=webhook.secret, old_secret_until=old_until),
        )

    def remove(self, webhook_id: str) -> None:
        """Remove an endpoint and its deliveries. Raises NotFoundError."""
        with self._database.writing("webhooks") as session:
            endpoints.get_webhook(session, webhook_id, self._zone)
            endpoints.remove_webhook(session, webhook_id)

    def deliveries(
        self, webhook_id: str, *, status: DeliveryStatus | None = None, limit: int = 50, cursor: str | None = None
    ) -> Page[Delivery]:
        """The deliveries of an endpoint, newest first. Raises NotFoundError."""
        with self._database.reading() as session:
            endpoints.get_webhook(session, webhook_id, self._zone)
            return outbox.list_deliveries(session, webhook_id, status, limit, cursor, self._zone)

    def try_out(self, webhook_id: str, now: datetime) -> Delivery:
        """Have a test event sent. Raises NotFoundError, and ConflictError where the endpoint is disabled."""
        with self._database.writing("webhooks") as session:
            self._get_enabled(session, webhook_id)
            (number,) = outbox.deliver(session, [(webhook_id, trial(webhook_id))], now)
            return outbox.get_delivery(session, webhook_id, f"d{number}", self._zone)

    def replay(self, webhook_id: str, delivery_id: str, now: datetime) -> Delivery:
        """Have a delivery sent again under its old id. Raises NotFoundError, and ConflictError where it is disabled."""
        with self._database.writing("webhooks") as session:
            self._get_enabled(session, webhook_id)
            outbox.replay(session, outbox.get_delivery(session, webhook_id, delivery_id, self._zone), now)
            return outbox.get_delivery(session, webhook_id, delivery_id, self._zone)

    def replay_failed(self, webhook_id: str, since: datetime, now: datetime) -> int:
        """The same for all that were given up since then; how many. Raises NotFoundError and ConflictError."""
        with self._database.writing("webhooks") as session:
            self._get_enabled(session, webhook_id)
            return outbox.replay_failed(session, webhook_id, since, now)

    def is_wanted(self, event: str) -> bool:
        """Whether an enabled endpoint is told of such events."""
        with self._database.reading() as session:
            return bool(endpoints.subscribers(session, event))

    def tell(self, event: Event, name: str, now: datetime) -> bool:
        """Have an event told once under this name; False where something was told under it before."""
        with self._database.writing("webhooks") as session:
            if not outbox.keep_told(session, name, now):
                return False
            outbox.queue(session, [event], now)
        return True

    def tell_kpi(self, name: str, meets: bool, event: Event | None, now: datetime) -> None:
        """Keep whether a KPI meets its target, and have the event of it told, if there is one."""
        with self._database.writing("webhooks") as session:
            outbox.keep_kpi_state(session, name, meets)
            outbox.queue(session, [event] if event else [], now)

    def kpi_states(self) -> dict[str, bool]:
        """Whether each KPI met its target when that was last kept."""
        with self._database.reading() as session:
            return outbox.kpi_states(session)

    def untold_batches(self) -> list[str]:
        """The batches of which it was not told that they are finished, the oldest first."""
        with self._database.reading() as session:
            return outbox.untold_batches(session)

    def find_due(self, now: datetime) -> list[str]:
        """The enabled endpoints with something that is due, the longest waiting first."""
        with self._database.reading() as session:
            return outbox.find_due(session, now)

    def next_due(self, webhook_id: str, now: datetime) -> Due | None:
        """The first delivery of an endpoint that is due; None where nothing is, or it is disabled. Raises NotFoundError."""
        with self._database.reading() as session:
            webhook = endpoints.get_webhook(session, webhook_id, self._zone)
            delivery = outbox.next_due(session, webhook_id, now, self._zone) if webhook.enabled else None
            if delivery is None:
                return None
            wanted = webhook.include_text and delivery.seq is not None
            return Due(webhook, delivery, outbox.find_text(session, delivery.seq or 0) if wanted else None)

    def settle(self, settled: Settled, now: datetime) -> None:
        """Keep what came of an attempt; nothing is tried again where the endpoint is disabled, maybe since the call began."""
        webhook_id = settled.delivery.webhook_id
        with self._database.writing("webhooks") as session:
            outbox.write_attempt(session, settled.delivery)
            endpoints.note_health(session, webhook_id, settled.failing_since, settled.disabled, now)
            outbox.give_up(session, webhook_id)

    def trim(self, now: datetime) -> None:
        """Remove deliveries that were over long ago."""
        with self._database.writing("webhooks") as session:
            outbox.trim(session, now)

    def _get_enabled(self, session: Session, webhook_id: str) -> None:
        if not endpoints.get_webhook(session, webhook_id, self._zone).enabled:
            message = f"The webhook {webhook_id} is disabled. Enable it first."
            raise ConflictError(message, code="webhook_disabled", field="webhook")
