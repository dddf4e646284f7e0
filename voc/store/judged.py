"""Whole judgements of records that were drawn by lot, beside what the model had said of them, as their table has them.

A correction speaks of what was wrong. Whoever looks at a record of the random queue has seen all of it, so that what they leave
as it is they find right. With the correction it is therefore kept what the record was when they were done, and what the model,
by its name, had answered until then. A later model changes neither.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from voc.corrections.correction import DRAWN, Correction
from voc.corrections.statement import Statement, as_known_now, restore_statement, statement_of, write_statement
from voc.records import Polarity, Resolution, Sentiment, Tags
from voc.store.correction_rows import number_of, seq_of
from voc.store.database import Session
from voc.taxonomy import load_taxonomy

FIELDS: Final = ("number", "seq", "model", "taxonomy", "answer", "judgement")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of a record: by a model, with its `scores` by code, or by a person, without.

    That of the sentiment is its probability; it is not there where that was not kept.
    """

    sentiment: Sentiment
    reasons: Mapping[str, Polarity]
    effort: frozenset[str]
    loyalty: frozenset[str]
    resolution: Resolution | None
    scores: Mapping[str, float] = field(default_factory=dict)


def write_judged(session: Session, made: Iterable[tuple[Correction, Tags, Tags]]) -> None:
    """Keep of corrections, each with the model's answer and what counts now, those whose records were drawn by lot."""
    rows = [
        (
            number_of(each),
            seq_of(each),
            answer.model,
            answer.taxonomy,
            _json({**write_statement(statement_of(answer)), "scores": _scores(answer)}),
            _json(write_statement(statement_of(after))),
        )
        for each, answer, after in made
        if each.note.queue == DRAWN and each.note.source == "person"
    ]
    if rows:
        session.insert("judged", dict(zip(FIELDS, zip(*rows, strict=True), strict=True)))


def read_said(stored: str) -> Answer:
    """An answer or a judgement as the table has it, with the codes that its reasons have in the taxonomy in use."""
    said, now = json.loads(stored), load_taxonomy().reason_codes
    scores = sorted(said.get("scores", {}).items(), key=lambda each: each[1])  # of codes that are one by now, the surest
    return answer_of(as_known_now(restore_statement(said)), {now.get(code, code): score for code, score in scores})


def answer_of(whole: Statement, scores: Mapping[str, float] | None = None) -> Answer:
    """What a statement that speaks of all fields says; codes that are to be there are, also where its taxonomy had others."""
    return Answer(
        sentiment=whole.sentiment or "neutral",
        reasons={**(whole.reasons or {}), **whole.add.reasons},
        effort=frozenset(whole.effort or ()),
        loyalty=frozenset(whole.loyalty or ()),
        resolution=None if whole.resolution == "none" else whole.resolution,
        scores=scores or {},
    )


def answer_of_tags(tags: Tags) -> Answer:
    """What a model says."""
    return answer_of(statement_of(tags), _scores(tags))


def _scores(tags: Tags) -> dict[str, float]:
    found: Sequence[Any] = (*tags.reasons, *tags.effort, *tags.loyalty)
    of_sentiment = {} if tags.sentiment_probability is None else {tags.sentiment: tags.sentiment_probability}
    return {each.code: each.score for each in found} | of_sentiment


def _json(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
