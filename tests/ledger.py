"""A store filled with a few rows, for tests that check figures with pencil and paper."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.stores import fresh_store
from voc.calendars import from_jalali
from voc.conversations.turns import customer_text
from voc.records import ConversationTags, Cue, Feedback, Mood, Move, Reason, Resolution, Sentiment, Tags, Turn
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


def talk(start: Sentiment, end: Sentiment, *moves: str, **fields: Any) -> Row:
    """A tagged conversation that begins and ends in these moods, in which the agent makes these moves."""
    turns = (Turn("agent", "بفرمایید"), Turn("customer", "سفارشم نرسیده"), Turn("agent", "حتماً"), Turn("customer", "ممنون"))
    moods = (Mood(start, 0.0), Mood(end, 0.0))
    read = ConversationTags(None, "none", moods, (None, moods[0], None, moods[1]), tuple(Move(code, 0.9) for code in moves))
    return Row(_conversation(turns, **fields), replace(tags(end), conversation=read))


def waited(*answers_s: float, **fields: Any) -> Row:
    """A conversation not yet tagged: the customer speaks for 5 s and waits so long for an answer of 2 s, time after time."""
    turns: list[Turn] = []
    for wait in answers_s:
        end = (turns[-1].end_s or 0.0 if turns else 0.0) + 5
        turns += [Turn("customer", "چی شد؟", end - 5, end), Turn("agent", "نگاه می‌کنم", end + wait, end + wait + 2)]
    return Row(_conversation(tuple(turns), **fields), None)


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
    """An open store that holds these batches."""
    with fresh_store() as store:
        for rows in batches:
            add_rows(store, rows)
        yield store


def _conversation(turns: tuple[Turn, ...], **fields: Any) -> Feedback:
    return Feedback(text=customer_text(turns), line=1, turns=turns, **fields)


def _first_seq(store: Store, batch_id: str) -> int:
    return int(store.select("SELECT first_seq FROM batch WHERE id = $batch", {"batch": batch_id})[0][0])
