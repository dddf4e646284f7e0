"""A store filled with a few rows, for tests that check figures with pencil and paper."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from voc.calendars import from_jalali
from voc.records import Cue, Feedback, Reason, Resolution, Sentiment, Tags
from voc.store import Store
from voc.tagging.identity import ModelIdentity

TEHRAN: Final = ZoneInfo("Asia/Tehran")
MODEL: Final = ModelIdentity(name="by-hand", taxonomy="v1")

_POLARITIES: Final = {"-": "negative", "+": "positive", "?": "neutral"}
_KEYS: Final = count(1)


@dataclass(frozen=True, slots=True)
class Row:
    """What the source said and what a tagger would have read; `tags` None for a row that still waits."""

    feedback: Feedback
    tags: Tags | None


def on(jalali: str, hour: int = 12) -> datetime:
    """An hour of a Jalali day in Tehran: `on("1402-12-21")`."""
    year, month, day = map(int, jalali.split("-"))
    return datetime.combine(from_jalali(year, month, day), datetime.min.time(), TEHRAN).replace(hour=hour)


def row(tags: Tags | None = None, **fields: Any) -> Row:
    """A row with these fields of a `Feedback`."""
    return Row(Feedback(text="سفارشم رسید، ممنون از پیگیری‌تون", line=1, **fields), tags)


def tags(
    sentiment: Sentiment = "neutral",
    score: float = 0.0,
    reasons: Sequence[str] = (),
    effort: Sequence[str] = (),
    loyalty: Sequence[str] = (),
    resolution: Resolution | None = None,
) -> Tags:
    """Tags by hand; a reason ends in its polarity: `delivery.time-`, `delivery.time+` or `delivery.time?`."""
    return Tags(
        sentiment=sentiment,
        sentiment_score=score,
        reasons=tuple(Reason(code[:-1], _POLARITIES[code[-1]], 0.9) for code in reasons),  # type: ignore[arg-type]
        effort=tuple(Cue(code, 0.9) for code in effort),
        effort_score=None,
        loyalty=tuple(Cue(code, 0.9) for code in loyalty),
        resolution=resolution,
        script="persian",
        model=MODEL.name,
        taxonomy=MODEL.taxonomy,
    )


def add_rows(store: Store, rows: Sequence[Row], name: str = "دستی") -> str:
    """Put rows into a store as one batch, tags and all; returns the batch's id."""
    numbered = [replace(each.feedback, line=line) for line, each in zip(count(2), rows, strict=False)]
    key = f"{next(_KEYS):012x}".ljust(64, "0")
    batch = store.add_batch(name=name, content_key=key, source=numbered, columns=(), notices=tuple)
    first = _first_seq(store, batch.id)
    store.write_tags([(first + place, each.tags) for place, each in enumerate(rows) if each.tags])
    return batch.id


@contextmanager
def store_with(*batches: Sequence[Row]) -> Iterator[Store]:
    """An open store in memory that holds these batches."""
    with Store.open(":memory:", zone=TEHRAN) as store:
        for rows in batches:
            add_rows(store, rows)
        yield store


def _first_seq(store: Store, batch_id: str) -> int:
    return int(store.select("SELECT first_seq FROM batch WHERE id = $batch", {"batch": batch_id})[0][0])
