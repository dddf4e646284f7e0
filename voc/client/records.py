"""What the client gives back where the library has no such value of its own, and sequences that know what they hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from voc.records import AttributeValue, EffortLevel, Mood, Polarity, Resolution, Script, Sentiment, Speaker
from voc.taxonomy import Group

T = TypeVar("T")
Queue = Literal["uncertain", "disagrees", "random", "spike"]


class Rows(tuple[T, ...], Generic[T]):
    """A tuple of records of one kind that knows their kind even if it is empty, so that a DataFrame has its columns."""

    record: type[T]

    def __new__(cls, record: type[T], items: Iterable[T] = ()) -> "Rows[T]":
        """The items, all of this dataclass."""
        rows = super().__new__(cls, items)
        rows.record = record
        return rows


@dataclass(frozen=True, slots=True)
class Found:
    """A contact reason, an effort or loyalty cue or an agent's move, and where its words stand, the weightiest first.

    A place is `(start, end)` in the text, as Python slices it, or `(turn, start, end)` in a turn of a conversation. Only a
    reason has a `polarity`.
    """

    code: str
    score: float
    evidence: tuple[tuple[int, ...], ...]
    polarity: Polarity | None = None


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """What one side said, masked; an agent's turn has no sentiment."""

    speaker: Speaker
    text: str
    start_s: float | None
    end_s: float | None
    sentiment: Sentiment | None
    sentiment_score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """A text or a conversation, masked, and its tags: what the calls for tagging at once and for records have in common.

    A conversation has `turns`, and `text` only where it is stored; what only conversations have is None for a text. Tags are
    None while a stored row waits for the tagger. Scores run from -1 to 1, `effort_score` from easy to hard;
    `sentiment_probability` is None where a person says the sentiment, and in rows that were tagged before it was kept.
    """

    text: str | None = None
    turns: tuple[SpokenTurn, ...] = ()
    sentiment: Sentiment | None = None
    sentiment_score: float | None = None
    sentiment_probability: float | None = None
    reasons: tuple[Found, ...] | None = None
    effort: tuple[Found, ...] | None = None
    effort_score: float | None = None
    loyalty: tuple[Found, ...] | None = None
    resolution: Resolution | None = None
    script: Script | None = None
    model: str | None = None
    taxonomy: str | None = None
    speakers_sure: float | None = None
    primary_reason: str | None = None
    sentiment_start: Sentiment | None = None
    sentiment_end: Sentiment | None = None
    sentiment_quarters: tuple[Mood, ...] | None = None
    effort_level: EffortLevel | None = None
    moves: tuple[Found, ...] | None = None
    value_enhancement: tuple[str, ...] | None = None
    recovery: tuple[str, ...] | None = None
    duration_s: float | None = None
    customer_talk_s: float | None = None
    agent_talk_s: float | None = None
    silence_s: float | None = None
    longest_silence_s: float | None = None
    interruptions: int | None = None

    def words_of(self, found: Found) -> tuple[str, ...]:
        """The words that show it; none of a conversation from a list, which comes without its turns."""
        if found.evidence and len(found.evidence[0]) == 2:
            return tuple((self.text or "")[start:end] for start, end in found.evidence)
        return tuple(self.turns[turn].text[start:end] for turn, start, end in found.evidence if turn < len(self.turns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """That people overrule the model: in which fields, who said so last, when and why; `model` is what it says itself."""

    at: datetime
    by: str | None
    fields: tuple[str, ...]
    why: str
    model: Tagged


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Tagged):
    """A stored row under its public id: its tags, and what the source knew about it, as `voc.records.Feedback` says it."""

    id: str
    batch_id: str
    kind: Literal["feedback", "conversation"]
    line: int
    external_id: str | None = None
    occurred_at: datetime | None = None
    channel: str | None = None
    customer_id: str | None = None
    agent_id: str | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    handle_s: float | None = None
    wait_s: float | None = None
    abandoned: bool | None = None
    transfers: int | None = None
    cost: float | None = None
    revenue: float | None = None
    nps: int | None = None
    csat: float | None = None
    ces: float | None = None
    ves_1: float | None = None
    ves_2: float | None = None
    ees: float | None = None
    referred: bool | None = None
    referral_sold: bool | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    corrected: Corrected | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word on one record; `changed` is what was said, `confirmed` that the record was so already.

    `selection` is what those have in common that were said of several at once, `by` and `undone_by` are ids of keys, `seed` is
    that of the draw where the record was drawn by lot.
    """

    id: str
    feedback_id: str
    at: datetime
    by: str | None
    why: str
    source: Literal["person", "import"]
    queue: Queue | None
    seed: str | None
    changed: Mapping[str, Any]
    confirmed: bool
    selection: str | None
    undone_at: datetime | None
    undone_by: str | None


@dataclass(frozen=True, slots=True)
class CorrectedSelection:
    """What became of several records: how many are others now, and how many were so already.

    `selection` undoes all of it; it is None where no record was meant.
    """

    selection: str | None
    corrected: int
    confirmed: int
    items: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A record that is worth a look; `what` makes it so: a code, «sentiment», or the score that the customer gave.

    `reviewed` says whether someone has corrected or confirmed it.
    """

    record: Record
    what: str | None
    reviewed: bool


@dataclass(frozen=True, slots=True)
class KpiDefinition:
    """What a KPI is, how it is computed, and what it needs; `model_error` is how far the model is off in it."""

    name: str
    title_fa: str
    title_en: str
    unit: str
    better: str
    definition_fa: str
    definition_en: str
    formula: str
    needs: tuple[str, ...]
    method: str
    target: float | None = None
    model_error: float | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """One thing that can be said of a text, with titles and definitions."""

    code: str
    fa: str
    en: str
    definition_fa: str
    definition_en: str
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All codes of one version."""

    version: str
    sentiments: tuple[Code, ...]
    groups: tuple[Group, ...]
    reasons: tuple[Code, ...]
    effort: tuple[Code, ...]
    loyalty: tuple[Code, ...]
    resolutions: tuple[Code, ...]
    moves: tuple[Code, ...]
