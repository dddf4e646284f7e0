"""Conversations with a row for each turn: who said what, when, in which mood, and what was found in it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from voc.conversations.turns import turn_spans
from voc.records import Cue, Feedback, Reason, Sentiment, Speaker, TaggedFeedback, Tags, TurnSpan


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn, counted from 0, of a conversation; the codes of what its words show, empty where nothing was found.

    Sentiment and codes are None while the conversation waits for the tagger; an agent's turn never has a sentiment.
    """

    conversation_id: str
    batch_id: str
    occurred_at: datetime | None
    channel: str | None
    customer_id: str | None
    agent_id: str | None
    turn: int
    speaker: Speaker
    text: str
    start_s: float | None
    end_s: float | None
    sentiment: Sentiment | None
    sentiment_score: float | None
    reasons: tuple[str, ...] | None
    effort: tuple[str, ...] | None
    loyalty: tuple[str, ...] | None
    moves: tuple[str, ...] | None


def turn_rows(tagged: TaggedFeedback) -> Iterator[TurnRow]:
    """The turns of a conversation in order; none of what is no conversation."""
    feedback, tags = tagged.feedback, tagged.tags
    spoken = tags.conversation if tags else None
    moods = spoken.turns if spoken else (None,) * len(feedback.turns)
    found = _found_in(feedback, tags) if tags else {}
    for place, (turn, mood) in enumerate(zip(feedback.turns, moods, strict=True)):
        yield TurnRow(
            conversation_id=tagged.id,
            batch_id=tagged.batch_id,
            occurred_at=feedback.occurred_at,
            channel=feedback.channel,
            customer_id=feedback.customer_id,
            agent_id=feedback.agent_id,
            turn=place,
            speaker=turn.speaker,
            text=turn.text,
            start_s=turn.start_s,
            end_s=turn.end_s,
            sentiment=mood.sentiment if mood else None,
            sentiment_score=mood.score if mood else None,
            reasons=_said(found, "reasons", place),
            effort=_said(found, "effort", place),
            loyalty=_said(found, "loyalty", place),
            moves=_said(found, "moves", place),
        )


def _said(found: Mapping[str, Mapping[int, tuple[str, ...]]], kind: str, turn: int) -> tuple[str, ...] | None:
    return found[kind].get(turn, ()) if found else None


def _found_in(feedback: Feedback, tags: Tags) -> Mapping[str, Mapping[int, tuple[str, ...]]]:
    """The codes by kind and turn."""
    moves = tags.conversation.moves if tags.conversation else ()
    told: dict[str, tuple[Reason | Cue, ...]] = {"reasons": tags.reasons, "effort": tags.effort, "loyalty": tags.loyalty}
    found = {kind: _by_turn((each.code, turn_spans(feedback.turns, each.evidence)) for each in told[kind]) for kind in told}
    return found | {"moves": _by_turn((move.code, move.evidence) for move in moves)}


def _by_turn(found: Iterable[tuple[str, Iterable[TurnSpan]]]) -> dict[int, tuple[str, ...]]:
    codes: dict[int, tuple[str, ...]] = {}
    for code, spans in found:
        for turn in {turn for turn, _, _ in spans}:
            codes[turn] = (*codes.get(turn, ()), code)
    return codes
