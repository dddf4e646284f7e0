"""What endpoints are still to be told: written in the transaction of what it tells of, kept until it is told or given up."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from voc.errors import NotFoundError
from voc.records import Tags
from voc.store.by_seq import THESE, these
from voc.store.database import Row, Session
from voc.store.endpoints import subscribers
from voc.store.paging import Page, check_limit, cut_page, number, read_cursor, write_cursor
from voc.webhooks.endpoint import Delivery, make_message_id
from voc.webhooks.events import Event, churn_cue

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

KEPT: Final = timedelta(days=30)  # of deliveries that are over: a month to look into, and to replay from

_NAMES: Final = (
    "number", "webhook_id", "message_id", "event", "happened_at", "data", "seq", "status", "attempts", "next_attempt_at",
    "last_attempt_at", "response_code", "problem",
)  # fmt: skip
_COLUMNS: Final = ", ".join(_NAMES)
_AGAIN: Final = (
    "UPDATE webhook_delivery SET status = 'waiting', attempts = 0, next_attempt_at = $now, response_code = NULL, problem = NULL"
)
_DUE: Final = "status = 'waiting' AND next_attempt_at <= $now"


def queue(session: Session, events: Sequence[Event], now: datetime) -> None:
    """Have every enabled endpoint that is told of such an event told of it."""
    told_to = {name: subscribers(session, name) for name in {event.name for event in events}}
    deliver(session, [(webhook_id, event) for event in events for webhook_id in told_to[event.name]], now)


def deliver(session: Session, told: Sequence[tuple[str, Event]], now: datetime) -> list[int]:
    """Have endpoints told of events, in this order; the numbers of the deliveries."""
    if not told:
        return []
    drawn = session.query("SELECT nextval('webhook_delivery_number') FROM generate_series(1, $n)", {"n": len(told)})
    numbers = sorted(number for (number,) in drawn)
    columns: dict[str, Sequence[object]] = {
        "number": numbers,
        "webhook_id": [webhook_id for webhook_id, _ in told],
        "message_id": [make_message_id() for _ in told],
        "event": [event.name for _, event in told],
        "happened_at": [now] * len(told),
        "data": [json.dumps(event.data, ensure_ascii=False) for _, event in told],
        "seq": [event.seq for _, event in told],
        "status": ["waiting"] * len(told),
        "attempts": [0] * len(told),
        "next_attempt_at": [now] * len(told),
    }
    session.insert("webhook_delivery", columns)
    return numbers


def find_cues(session: Session, tagged: Iterable[tuple[int, Tags]]) -> list[Event]:
    """The cues of churn in rows that have no tags yet: what a later model thinks of a row is no news of it.

    Nothing is looked for where nobody is told of it.
    """
    found = [event for seq, tags in tagged if (event := churn_cue(f"f{seq}", seq, tags))]
    if not found or not subscribers(session, found[0].name):
        return []
    before = session.query(f"SELECT seq FROM tagging WHERE {THESE}", these([event.seq for event in found if event.seq]))
    return [event for event in found if (event.seq,) not in before]


def keep_told(session: Session, name: str, now: datetime) -> bool:
    """Note that something is told; False where it was before."""
    if session.query("SELECT 1 FROM webhook_told WHERE name = $name", {"name": name}):
        return False
    session.run("INSERT INTO webhook_told (name, told_at) VALUES ($name, $now)", {"name": name, "now": now})
    return True


def untold_batches(session: Session) -> list[str]:
    """The batches of which it was not told that they are finished, the oldest first."""
    sql = "SELECT id FROM batch WHERE 'batch ' || id NOT IN (SELECT name FROM webhook_told) ORDER BY created_at, id"
    return [batch_id for (batch_id,) in session.query(sql)]


def find_due(session: Session, now: datetime) -> list[str]:
    """The enabled endpoints with something that is due, the longest waiting first."""
    sql = (
        f"SELECT webhook_id FROM webhook_delivery WHERE {_DUE}"
        " AND webhook_id IN (SELECT id FROM webhook WHERE disabled_at IS NULL) GROUP BY 1 ORDER BY min(number)"
    )
    return [webhook_id for (webhook_id,) in session.query(sql, {"now": now})]


def next_due(session: Session, webhook_id: str, now: datetime, zone: ZoneInfo) -> Delivery | None:
    """The first delivery of an endpoint that is due."""
    first = f"SELECT min(number) FROM webhook_delivery WHERE webhook_id = $id AND {_DUE}"
    ((number,),) = session.query(first, {"id": webhook_id, "now": now})
    sql = f"SELECT {_COLUMNS} FROM webhook_delivery WHERE number = $number"
    return next(_read(session.query(sql, {"number": number}), zone), None)


def find_text(session: Session, seq: int) -> str | None:
    """The masked text of a row; None where it is gone."""
    found = session.query("SELECT text FROM feedback WHERE seq = $seq", {"seq": seq})
    return found[0][0] if found else None


def write_attempt(session: Session, delivery: Delivery) -> None:
    """Keep how far a delivery has come; one that is gone stays gone."""
    names = ("number", "status", "attempts", "next_attempt_at", "last_attempt_at", "response_code", "problem")
    changes = ", ".join(f"{name} = ${name}" for name in names[1:])
    session.run(
        f"UPDATE webhook_delivery SET {changes} WHERE number = $number", {name: getattr(delivery, name) for name in names}
    )


def give_up(session: Session, webhook_id: str) -> None:
    """Let nothing wait for an endpoint where that is disabled; it can be replayed."""
    session.run(
        "UPDATE webhook_delivery SET status = 'failed', next_attempt_at = NULL, problem = coalesce(problem, 'disabled')"
        " WHERE webhook_id IN (SELECT id FROM webhook WHERE id = $id AND disabled_at IS NOT NULL) AND status = 'waiting'",
        {"id": webhook_id},
    )


def list_deliveries(
    session: Session, webhook_id: str, status: str | None, limit: int, cursor: str | None, zone: ZoneInfo
) -> Page[Delivery]:
    """The deliveries of an endpoint, newest first; `status` narrows them."""
    condition, parameters = "webhook_id = $id", dict[str, object](id=webhook_id, most=check_limit(limit) + 1)
    if status is not None:
        condition, parameters["status"] = f"{condition} AND status = $status", status
    if cursor is not None:
        (parameters["before"],) = read_cursor("deliveries", cursor, number)
        condition = f"{condition} AND number < $before"
    sql = f"SELECT {_COLUMNS} FROM webhook_delivery WHERE {condition} ORDER BY number DESC LIMIT $most"
    found, more = cut_page(list(_read(session.query(sql, parameters), zone)), limit)
    return Page(found, write_cursor("deliveries", found[-1].number) if more else None)


def get_delivery(session: Session, webhook_id: str, delivery_id: str, zone: ZoneInfo) -> Delivery:
    """A delivery of an endpoint. Raises NotFoundError."""
    digits = delivery_id.removeprefix("d")
    known = delivery_id.startswith("d") and digits.isascii() and digits.isdigit() and len(digits) < 19
    sql = f"SELECT {_COLUMNS} FROM webhook_delivery WHERE webhook_id = $id AND number = $number"
    for delivery in _read(session.query(sql, {"id": webhook_id, "number": int(digits)}) if known else [], zone):
        return delivery
    raise NotFoundError(f"The webhook has no delivery {delivery_id[:60]!r}.", field="delivery")


def replay(session: Session, delivery: Delivery, now: datetime) -> None:
    """Have a delivery sent again, as if it never had been."""
    session.run(f"{_AGAIN} WHERE number = $number", {"number": delivery.number, "now": now})


def replay_failed(session: Session, webhook_id: str, since: datetime, now: datetime) -> int:
    """The same for all deliveries of an endpoint that were given up and whose event is not older than that; how many."""
    condition = "webhook_id = $id AND status = 'failed' AND happened_at >= $since"
    parameters = {"id": webhook_id, "since": since}
    ((count,),) = session.query(f"SELECT count(*) FROM webhook_delivery WHERE {condition}", parameters)
    session.run(f"{_AGAIN} WHERE {condition}", {**parameters, "now": now})
    return int(count)


def trim(session: Session, now: datetime) -> None:
    """Remove deliveries that were over long ago, and those of endpoints that are gone."""
    session.run(
        "DELETE FROM webhook_delivery WHERE (status <> 'waiting' AND happened_at < $before)"
        " OR webhook_id NOT IN (SELECT id FROM webhook)",
        {"before": now - KEPT},
    )


def kpi_states(session: Session) -> dict[str, bool]:
    """Whether each KPI met its target when it was last looked at."""
    return dict(session.query("SELECT name, meets FROM webhook_kpi"))


def keep_kpi_state(session: Session, name: str, meets: bool) -> None:
    """Note whether a KPI meets its target."""
    session.run("DELETE FROM webhook_kpi WHERE name = $name", {"name": name})
    session.run("INSERT INTO webhook_kpi (name, meets) VALUES ($name, $meets)", {"name": name, "meets": meets})


def _read(rows: Iterable[Row], zone: ZoneInfo) -> Iterator[Delivery]:
    for row in rows:
        values = dict(zip(_NAMES, row, strict=True))
        times = {name: at.astimezone(zone) for name, at in values.items() if isinstance(at, datetime)}
        yield Delivery(**{**values, **times, "data": json.loads(values["data"])})
