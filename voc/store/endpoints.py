"""The endpoints of webhooks in the database: made, listed, changed and removed."""

import json
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import NotFoundError
from voc.store.database import Row, Session
from voc.store.paging import Page, check_limit, cut_page, moment, read_cursor, write_cursor
from voc.webhooks.endpoint import DisabledReason, Webhook

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

_CHANGEABLE: Final = ("url", "events", "description", "include_text", "secret", "old_secret", "old_secret_until")
_STATE: Final = ("failing_since", "disabled_at", "disabled_reason")
_NAMES: Final = ("id", "created_at", *_CHANGEABLE, *_STATE)
_COLUMNS: Final = ", ".join(_NAMES)


def add_webhook(session: Session, webhook: Webhook) -> None:
    """Keep a new endpoint."""
    values = ", ".join(f"${name}" for name in _NAMES)
    session.run(f"INSERT INTO webhook ({_COLUMNS}) VALUES ({values})", _values(webhook))


def get_webhook(session: Session, webhook_id: str, zone: ZoneInfo) -> Webhook:
    """The endpoint with this id. Raises NotFoundError."""
    found = session.query(f"SELECT {_COLUMNS} FROM webhook WHERE id = $id", {"id": webhook_id})
    if not found:
        raise NotFoundError(f"There is no webhook {webhook_id[:60]!r}.", field="webhook")
    return _read_webhook(found[0], zone)


def list_webhooks(session: Session, limit: int, cursor: str | None, zone: ZoneInfo) -> Page[Webhook]:
    """The endpoints, newest first."""
    condition, parameters = "TRUE", dict[str, object](most=check_limit(limit) + 1)
    if cursor is not None:
        at, webhook_id = read_cursor("webhooks", cursor, moment, str)
        condition = "created_at < $at OR (created_at = $at AND id < $id)"
        parameters |= {"at": at, "id": webhook_id}
    found = session.query(
        f"SELECT {_COLUMNS} FROM webhook WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT $most", parameters
    )
    rows, more = cut_page(found, limit)
    page = tuple(_read_webhook(row, zone) for row in rows)
    return Page(page, write_cursor("webhooks", page[-1].created_at.isoformat(), page[-1].id) if more else None)


def write_webhook(session: Session, webhook: Webhook) -> None:
    """Put an endpoint in the place of the one with its id."""
    changes = ", ".join(f"{name} = ${name}" for name in (*_CHANGEABLE, *_STATE))
    values = _values(webhook)
    del values["created_at"]
    session.run(f"UPDATE webhook SET {changes} WHERE id = $id", values)


def note_health(
    session: Session, webhook_id: str, failing_since: datetime | None, disabled: DisabledReason | None, now: datetime
) -> None:
    """Since when an endpoint fails, and whether it is disabled for it; one that was disabled before stays as it is."""
    session.run(
        "UPDATE webhook SET failing_since = $since WHERE id = $id AND failing_since IS DISTINCT FROM $since",
        {"id": webhook_id, "since": failing_since},
    )
    if disabled:
        session.run(
            "UPDATE webhook SET disabled_at = $now, disabled_reason = $why WHERE id = $id AND disabled_at IS NULL",
            {"id": webhook_id, "now": now, "why": disabled},
        )


def remove_webhook(session: Session, webhook_id: str) -> None:
    """Remove an endpoint and its deliveries."""
    session.run("DELETE FROM webhook WHERE id = $id", {"id": webhook_id})
    session.run("DELETE FROM webhook_delivery WHERE webhook_id = $id", {"id": webhook_id})


def subscribers(session: Session, event: str) -> list[str]:
    """The ids of the enabled endpoints that are told of an event."""
    found = session.query("SELECT id, events FROM webhook WHERE disabled_at IS NULL ORDER BY created_at, id")
    return [webhook_id for webhook_id, events in found if event in json.loads(events)]


def _values(webhook: Webhook) -> dict[str, object]:
    return {name: getattr(webhook, name) for name in _NAMES} | {"events": json.dumps(webhook.events)}


def _read_webhook(row: Row, zone: ZoneInfo) -> Webhook:
    values = dict(zip(_NAMES, row, strict=True))
    times = {name: at.astimezone(zone) for name, at in values.items() if isinstance(at, datetime)}
    return Webhook(**{**values, **times, "events": tuple(json.loads(values["events"]))})
