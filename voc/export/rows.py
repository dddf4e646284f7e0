"""A tagged record as the API writes it and as one flat row, a change as either, and a figure as a row."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from voc.conversations.record import conversation_columns, conversation_record, move_words
from voc.conversations.timings import Timings
from voc.conversations.turns import turn_spans
from voc.export.columns import Column, columns_of
from voc.records import Corrected, Cue, Feedback, Reason, TaggedFeedback, Tags, Turn

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from voc.store import Change

BAR: Final = "|"
TAG_FIELDS: Final = tuple(f.name for f in fields(Tags) if f.name != "conversation")
ANSWER_FIELDS: Final = tuple(name for name in TAG_FIELDS if name not in ("script", "model", "taxonomy"))
"""What people can overrule in a model's answer, and the scores that go with it."""
OPERATIONAL_FIELDS: Final = tuple(
    f.name for f in fields(Feedback) if f.name not in ("text", "line", "attributes", "turns", "speakers_sure", "original")
)

Row = Mapping[str, Any]

_NOTHING: Final = TaggedFeedback("", "", Feedback(text="", line=0), None)


def record_of(tagged: TaggedFeedback) -> dict[str, Any]:
    """The record of the API: ids, text, what the source knew, and the tags; null where nothing is known.

    That of a conversation has its turns and what only conversations have, and its evidence is `[turn, start, end]`.
    """
    feedback, tags = tagged.feedback, tagged.tags
    return (
        {"id": tagged.id}
        | ({"batch_id": tagged.batch_id} if tagged.batch_id else {})
        | {"kind": _kind(feedback), "line": feedback.line, "text": feedback.text}
        | {name: _plain(getattr(feedback, name)) for name in OPERATIONAL_FIELDS}
        | {"attributes": dict(feedback.attributes)}
        | (tags_record(tags, feedback.turns) if tags else dict.fromkeys(TAG_FIELDS))
        | (conversation_record(feedback, tags.conversation if tags else None) if feedback.turns else {})
        | ({"corrected": _corrected(tagged.corrected, feedback.turns)} if tagged.batch_id else {})
    )


def tags_record(tags: Tags, turns: Sequence[Turn] = ()) -> dict[str, Any]:
    """The tags of a text as the API writes them, or those of a conversation's customer text, with `turns` to point into."""
    return {
        "sentiment": tags.sentiment,
        "sentiment_score": tags.sentiment_score,
        "sentiment_probability": tags.sentiment_probability,
        "reasons": [_found(reason, turns) | {"polarity": reason.polarity} for reason in tags.reasons],
        "effort": [_found(cue, turns) for cue in tags.effort],
        "effort_score": tags.effort_score,
        "loyalty": [_found(cue, turns) for cue in tags.loyalty],
        "resolution": tags.resolution,
        "script": tags.script,
        "model": tags.model,
        "taxonomy": tags.taxonomy,
    }


def flat_row(tagged: TaggedFeedback) -> dict[str, Any]:
    """The record in one level: lists of codes joined by a bar, the attributes as JSON, every column always there."""
    feedback, tags = tagged.feedback, tagged.tags
    conversation = tags.conversation if tags else None
    return {
        "id": tagged.id,
        "batch_id": tagged.batch_id,
        "line": feedback.line,
        "text": feedback.text,
        **{name: getattr(feedback, name) for name in OPERATIONAL_FIELDS},
        "sentiment": tags and tags.sentiment,
        "sentiment_score": tags and tags.sentiment_score,
        "reasons": tags and codes(tags.reasons),
        "reasons_negative": tags and codes(tags.reasons, "negative"),
        "reasons_positive": tags and codes(tags.reasons, "positive"),
        "effort": tags and codes(tags.effort),
        "effort_score": tags and tags.effort_score,
        "loyalty": tags and codes(tags.loyalty),
        "resolution": tags and tags.resolution,
        "evidence": tags and " | ".join(_all_words(feedback, tags)),
        "script": tags and tags.script,
        "model": tags and tags.model,
        "taxonomy": tags and tags.taxonomy,
        "corrected_at": tagged.corrected and tagged.corrected.at,
        "corrected": tagged.corrected and joined(tagged.corrected.fields),
        "kind": _kind(feedback),
        **{name: joined(value) for name, value in conversation_columns(feedback, conversation).items()},
        "attributes": json.dumps(dict(feedback.attributes), ensure_ascii=False),
    }


def change_item(change: "Change") -> dict[str, Any]:
    """A change as JSON has it: with the record as it has become, and of a deletion without one."""
    told = {"id": change.id, "change": change.change}
    return told if change.record is None else told | {"record": record_of(change.record)}


def flat_change(change: "Change") -> dict[str, Any]:
    """A change as one flat row; of a deletion all is null but the id."""
    row = flat_row(change.record) if change.record else dict.fromkeys(flat_row(_NOTHING)) | {"id": change.id}
    return row | {"change": change.change, "cursor": change.cursor}


def evidence_words(text: str, tags: Tags) -> Iterator[str]:
    """`code: «words»` for every tag that shows its words."""
    everything: tuple[Reason | Cue, ...] = (*tags.reasons, *tags.effort, *tags.loyalty)
    for found in everything:
        if found.evidence:
            yield f"{found.code}: " + " … ".join(text[start:end] for start, end in sorted(found.evidence))


def figure_row(figure: "DataclassInstance", format: str) -> Row:
    """A figure as a row: as it is for JSON lines, in one level elsewhere, what it has several of joined by a bar."""
    row = asdict(figure)
    return row if format == "jsonl" else dict(_in_one_level(row))


def feedback_columns() -> tuple[Column, ...]:
    """The columns of flat rows."""
    known = {column.name: column for source in (Feedback, Tags, Timings) for column in columns_of(source)}
    known["corrected_at"] = Column("corrected_at", "moment")
    return tuple(known.get(name, Column(name)) for name in flat_row(_NOTHING))


def change_columns() -> tuple[Column, ...]:
    """The columns of changes."""
    return (*feedback_columns(), Column("change"), Column("cursor"))


def codes(found: Sequence[Reason | Cue], polarity: str | None = None) -> str:
    """Their codes, or those of reasons with this polarity, joined by a bar."""
    return BAR.join(each.code for each in found if polarity is None or (isinstance(each, Reason) and each.polarity == polarity))


def joined(value: Any) -> Any:
    """Several texts joined by a bar; anything else as it is."""
    return BAR.join(value) if isinstance(value, tuple | list) else value


def _in_one_level(row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}_{inner}", each) for inner, each in value.items())
        else:
            yield name, joined(value)


def _corrected(corrected: Corrected | None, turns: Sequence[Turn]) -> dict[str, Any] | None:
    """Who overrules the model, and what it says itself."""
    if corrected is None:
        return None
    answer, spoken = tags_record(corrected.model, turns), corrected.model.conversation
    return {
        "at": corrected.at.isoformat(),
        "by": corrected.by,
        "fields": list(corrected.fields),
        "why": corrected.why,
        "model": {name: answer[name] for name in ANSWER_FIELDS}
        | {"primary_reason": spoken and spoken.primary_reason, "effort_level": spoken and spoken.effort_level},
    }


def _found(found: Reason | Cue, turns: Sequence[Turn]) -> dict[str, Any]:
    evidence = turn_spans(turns, found.evidence) if turns else found.evidence
    return {"code": found.code, "score": found.score, "evidence": [list(span) for span in evidence]}


def _kind(feedback: Feedback) -> str:
    return "conversation" if feedback.turns else "feedback"


def _all_words(feedback: Feedback, tags: Tags) -> Iterator[str]:
    yield from evidence_words(feedback.text, tags)
    if tags.conversation:
        yield from move_words(feedback.turns, tags.conversation.moves)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
