"""The events that endpoints are told of, and what is said of each: ids, codes, figures and links, never a customer's words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_args

from voc.records import Batch, Tags

EventName = Literal["batch.finished", "spike.found", "kpi.crossed_target", "feedback.churn_cue"]

EVENTS: Final[tuple[EventName, ...]] = get_args(EventName)
TEST: Final = "webhook.test"
CHURN: Final = "churn_intent"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened; `seq` is the row that it tells of, if it is one row: it is erased with it, and its words may go along."""

    name: str
    data: Mapping[str, Any]
    seq: int | None = None


def batch_finished(batch: Batch) -> Event:
    """That every row of a batch is tagged or set aside. The name of its file is left out: it might name a customer."""
    counts = {name: getattr(batch, name) for name in ("received", "accepted", "rejected", "erased", "tagged")}
    links = {"self": f"/v1/batches/{batch.id}", "rejects": f"/v1/batches/{batch.id}/rejects"}
    return Event("batch.finished", {"id": batch.id, "status": batch.status, **counts, "links": links})


def churn_cue(public_id: str, seq: int, tags: Tags) -> Event | None:
    """That a customer means to leave; None where the tags do not say so."""
    if all(cue.code != CHURN for cue in tags.loyalty):
        return None
    data = {
        "id": public_id,
        "loyalty": [{"code": cue.code, "score": round(cue.score, 4)} for cue in tags.loyalty],
        "reasons": [{"code": reason.code, "polarity": reason.polarity} for reason in tags.reasons],
        "sentiment": tags.sentiment,
        "resolution": tags.resolution,
        "links": {"self": f"/v1/feedback/{public_id}"},
    }
    return Event("feedback.churn_cue", data, seq)


def trial(webhook_id: str) -> Event:
    """What is sent to try an endpoint."""
    return Event(TEST, {"id": webhook_id, "links": {"self": f"/v1/webhooks/{webhook_id}"}})


def body_of(name: str, happened_at: datetime, data: Mapping[str, Any]) -> str:
    """The body of a call, as the specification has it: what, when, and what of it.

    >>> from datetime import UTC
    >>> body_of("webhook.test", datetime(2026, 5, 4, 10, tzinfo=UTC), {"id": "w1"})
    '{"type":"webhook.test","timestamp":"2026-05-04T10:00:00+00:00","data":{"id":"w1"}}'
    """
    told = {"type": name, "timestamp": happened_at.isoformat(), "data": data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
