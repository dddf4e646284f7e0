"""The values that cross the borders between the parts: a row of feedback, its tags, a batch, a refused row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, get_args

Span = tuple[int, int]
"""Half-open range of characters of a feedback's `text`, as Python slices it."""

TurnSpan = tuple[int, int, int]
"""A turn of a conversation, counted from 0, and a half-open range of characters of its text."""

Speaker = Literal["customer", "agent"]
EffortLevel = Literal["high", "low", "none"]
Sentiment = Literal["negative", "positive", "mixed", "neutral"]
Polarity = Literal["negative", "positive", "neutral"]
Resolution = Literal["resolved", "unresolved"]
Script = Literal["persian", "finglish", "latin", "none"]
EesScale = Literal["1-5", "0-10"]
BatchStatus = Literal["tagging", "done", "failed"]
POLARITIES: Final[tuple[Polarity, ...]] = get_args(Polarity)
AttributeValue = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said before the other spoke, masked, on one line; times are seconds from the conversation's beginning."""

    speaker: Speaker
    text: str
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """One accepted row: what a customer said, masked, and what the source knew about it.

    A conversation is a row with `turns`; its `text` is the customer's turns, one a line, so that it counts like any other.
    `speakers_sure` (0 to 1) says how sure the sides are where the source did not name them; None where it did.
    `original` is `text` before it was masked; None where that changed nothing, where it is not to be kept, and in what is read.

    Times are aware; durations are seconds; `nps` runs from 0 to 10, `csat` from 1 to 5, `ces` from 1 to 7 (7 easiest),
    `ves_1` and `ves_2` from 1 to 7, `ees` from 1 to 5, or from 0 to 10 where the
    setting `ees_scale` says so. None means that the source did not say.
    """

    text: str
    line: int
    external_id: str | None = None
    customer_id: str | None = None
    agent_id: str | None = None
    channel: str | None = None
    occurred_at: datetime | None = None
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
    turns: tuple[Turn, ...] = ()
    speakers_sure: float | None = None
    original: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reject:
    """A refused row: `line` as a person counts it in the source, the header at fault if there is one, and why."""

    line: int
    column: str | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A contact reason found in a text, with what is said of it and the words that say so, the weightiest first."""

    code: str
    polarity: Polarity
    score: float
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Cue:
    """An effort or loyalty cue found in a text, with the words that say so, the weightiest first."""

    code: str
    score: float
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """What the agent did in a conversation (code of taxonomy kind `move`), with the words that show it, the clearest first."""

    code: str
    score: float
    evidence: tuple[TurnSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class Mood:
    """The sentiment of a stretch of a customer's words; `score` runs from -1 to 1."""

    sentiment: Sentiment
    score: float


@dataclass(frozen=True, slots=True)
class ConversationTags:
    """What a conversation has beside the tags of its text.

    `quarters` are the moods of the customer's first to last quarter of turns (fewer where there are fewer turns), so that
    the first and the last are start and end; `turns` has a mood for each turn, None for an agent's. `effort_level` is high
    with any effort cue but `easy`, low with `easy` alone, none without cues. `primary_reason` is what the customer came for.
    """

    primary_reason: str | None
    effort_level: EffortLevel
    quarters: tuple[Mood, ...]
    turns: tuple[Mood | None, ...]
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Tags:
    """What the tagger reads in one text, or in the customer's turns of a conversation.

    `sentiment_score` runs from -1 to 1; `effort_score` from -1 (easy) to 1 (hard), None where there is no cue.
    `sentiment_probability` is how likely the model holds this sentiment; None where a person says it, and in rows that were
    tagged before it was kept.
    """

    sentiment: Sentiment
    sentiment_score: float
    reasons: tuple[Reason, ...]
    effort: tuple[Cue, ...]
    effort_score: float | None
    loyalty: tuple[Cue, ...]
    resolution: Resolution | None
    script: Script
    model: str
    taxonomy: str
    conversation: ConversationTags | None = None
    sentiment_probability: float | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """That a person overrules the model: in which fields of a record, when, by which key (None for no key), and why.

    `model` is the model's own answer.
    """

    at: datetime
    by: str | None
    fields: tuple[str, ...]
    why: str
    model: Tags


@dataclass(frozen=True, slots=True)
class TaggedFeedback:
    """A stored row under its public id; `tags` is None while it waits for the tagger.

    They are what counts: where people overrule the model, their word, and `corrected` says so.
    """

    id: str
    batch_id: str
    feedback: Feedback
    tags: Tags | None
    corrected: Corrected | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """How one header of a source was understood: `field` is ours, or None where it is kept as an attribute."""

    header: str
    field: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the reader of a file should know and that refused no row."""

    column: str | None
    code: str
    message: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """An upload and how far it has come; received = accepted + rejected, accepted - erased rows are there."""

    id: str
    name: str
    status: BatchStatus
    received: int
    accepted: int
    rejected: int
    tagged: int
    created_at: datetime
    columns: tuple[Column, ...] = ()
    notices: tuple[Notice, ...] = ()
    sample: bool = False
    rows_per_s: float | None = None
    eta_s: float | None = None
    erased: int = 0
