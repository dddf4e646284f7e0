"""Measures a tagger on labelled conversations: reasons, what they came for, the arc, and what the agent did.

Every figure is a ratio of sums over conversations, accuracy as much as F1 (2 hits / (said + true)), so one bootstrap over
conversations serves them all.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.kpi_errors import measure_conversation_kpis
from models.metrics import BOOTSTRAP_DRAWS, AsGiven, Score
from voc.records import ConversationTags, Cue, Tags, Turn
from voc.tagging.effort import effort_level
from voc.tagging.shape import TaggerShape
from voc.tagging.tagger import Tagger
from voc.taxonomy import load_taxonomy

Parts = tuple[float, float]
"""What one conversation adds to a figure: to what is above the line, and below it."""

COURTESY: Final = "courtesy"


@dataclass(frozen=True, slots=True)
class ConversationReport:
    """Everything measured on one file of conversations; `by_move`: examples, F1; `kpis` as in `Report`."""

    file: str
    conversations: int
    scores: dict[str, Score]
    by_move: dict[str, tuple[int, float]]
    kpis: dict[str, tuple[float, float]]
    turns_per_s: float


def evaluate_conversations(
    tagger: Tagger, name: str, records: Sequence[dict[str, Any]], shape: TaggerShape | None = None
) -> ConversationReport:
    """All figures of a tagger on labelled conversations, by the codes that it gives, which its `shape` says (`AsGiven`)."""
    conversations = [[Turn(turn["speaker"], turn["text"]) for turn in record["turns"]] for record in records]
    began = time.perf_counter()
    tagged = tagger.tag_conversations(conversations)
    turns_per_s = sum(map(len, conversations)) / (time.perf_counter() - began)
    as_given = AsGiven(shape or TaggerShape(), records)
    pairs = [(as_given.label(record), as_given.answer(tags)) for record, tags in zip(records, tagged, strict=True)]
    return ConversationReport(
        file=name,
        conversations=len(records),
        scores={figure: ratio([part(*pair) for pair in pairs]) for figure, part in FIGURES.items()},
        by_move={
            move.code: (
                sum(move.code in moves_of(record) for record, _ in pairs),
                ratio([overlap(moves_of(r) & {move.code}, moves_said(t) & {move.code}) for r, t in pairs]).value,
            )
            for move in load_taxonomy().moves
        },
        kpis=measure_conversation_kpis([record for record, _ in pairs], [tags for _, tags in pairs]),
        turns_per_s=turns_per_s,
    )


def ratio(parts: Sequence[Parts]) -> Score:
    """Sum above over sum below, with its percentile interval over conversations drawn anew; not a number over nothing."""
    above, below = np.array(parts, dtype=float).reshape(-1, 2).T
    draws = np.random.default_rng(0).integers(0, len(above), (BOOTSTRAP_DRAWS, len(above)))
    with np.errstate(invalid="ignore"):
        values = above[draws].sum(1) / below[draws].sum(1)
        low, high = np.nanpercentile(values, [2.5, 97.5]) if below.any() else (float("nan"), float("nan"))
        return Score(float(above.sum() / below.sum()), float(low), float(high))


def overlap(true: Iterable[str], said: Iterable[str]) -> Parts:
    """One conversation's part in a micro F1."""
    true, said = set(true), set(said)
    return 2.0 * len(true & said), float(len(true) + len(said))


def moves_of(record: Mapping[str, Any]) -> set[str]:
    """The moves that a reader found, each once."""
    return {code for turn in record["turns"] for code in turn.get("moves", ())}


def moves_said(tags: Tags) -> set[str]:
    """The moves that the tagger found."""
    return {move.code for move in _conversation(tags).moves}


def _conversation(tags: Tags) -> ConversationTags:
    if tags.conversation is None:
        raise ValueError("these are the tags of a text, not of a conversation")
    return tags.conversation


def _same(true: object, said: object) -> Parts:
    return float(true == said), 1.0


def _same_primary(record: Mapping[str, Any], tags: Tags) -> Parts:
    """Nothing is told where the reason that they came for is one that the tagger does not give, and others are there."""
    if record["reasons"] and not record["primary_reason"]:
        return 0.0, 0.0
    return _same(record["primary_reason"], _conversation(tags).primary_reason)


def _without_courtesy(codes: set[str]) -> set[str]:
    return codes - {move.code for move in load_taxonomy().moves if move.direction == COURTESY}


def _level(record: Mapping[str, Any]) -> str:
    return effort_level(Cue(code, 1.0) for code in record["effort"])


FIGURES: Final[Mapping[str, Callable[[Mapping[str, Any], Tags], Parts]]] = {
    "reasons micro F1": lambda record, tags: overlap(record["reasons"], {reason.code for reason in tags.reasons}),
    "reasons with polarity micro F1": lambda record, tags: overlap(
        {f"{code}:{polarity}" for code, polarity in record["reasons"].items()},
        {f"{reason.code}:{reason.polarity}" for reason in tags.reasons},
    ),
    "primary reason right": _same_primary,
    "sentiment accuracy": lambda record, tags: _same(record["sentiment"], tags.sentiment),
    "sentiment at the start right": lambda record, tags: _same(
        record["sentiment_start"], _conversation(tags).quarters[0].sentiment
    ),
    "sentiment at the end right": lambda record, tags: _same(
        record["sentiment_end"], _conversation(tags).quarters[-1].sentiment
    ),
    "effort level right": lambda record, tags: _same(_level(record), _conversation(tags).effort_level),
    "effort micro F1": lambda record, tags: overlap(record["effort"], {cue.code for cue in tags.effort}),
    "loyalty micro F1": lambda record, tags: overlap(record["loyalty"], {cue.code for cue in tags.loyalty}),
    "resolution right": lambda record, tags: _same(record["resolution"], tags.resolution),
    "agent's moves micro F1": lambda record, tags: overlap(
        _without_courtesy(moves_of(record)), _without_courtesy(moves_said(tags))
    ),
    "greeting and closing micro F1": lambda record, tags: overlap(
        moves_of(record) - _without_courtesy(moves_of(record)), moves_said(tags) - _without_courtesy(moves_said(tags))
    ),
}
