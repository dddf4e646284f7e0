"""Between the records of the borders and the columns of the tables."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from voc.conversations.timings import Timings, measure, response_times
from voc.errors import InputError
from voc.records import Column, ConversationTags, Cue, Feedback, Mood, Move, Notice, Reason, Reject, Tags, Turn
from voc.store.database import Row

IN_OTHER_TABLES: Final = ("turns", "speakers_sure", "original")
FIELDS: Final = tuple(each.name for each in fields(Feedback) if each.name not in IN_OTHER_TABLES)
TAGGING_FIELDS: Final = (
    "model", "taxonomy", "script", "sentiment", "sentiment_score", "effort_score", "resolution", "sentiment_probability",
)  # fmt: skip
TAG_FIELDS: Final = ("kind", "code", "polarity", "score", "evidence")
TURN_FIELDS: Final = ("speaker", "text", "start_s", "end_s")
CONVERSATION_TAGGING_FIELDS: Final = ("primary_reason", "effort_level", "quarters")
MOVE: Final = "move"
STORED_DIGITS: Final = 6
"""Scores are stored in four bytes, which keep seven digits; read back with six they are what was written."""

_PLAIN: Final = tuple(name for name in FIELDS if name != "attributes")
_TIMES: Final = tuple(FIELDS.index(name) for name in ("occurred_at", "first_response_at", "resolved_at"))
_TIMINGS: Final = tuple(each.name for each in fields(Timings))
_get_plain: Final = attrgetter(*_PLAIN)
_get_timings: Final = attrgetter(*_TIMINGS)
_get_turn: Final = attrgetter(*TURN_FIELDS)
_to_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_from_json: Final = (
    json.JSONDecoder().raw_decode
)  # what we wrote ourselves has no space around it, which loads() would look for


def feedback_columns(rows: Sequence[Feedback], first_seq: int, batch_id: str, zone: ZoneInfo) -> dict[str, Sequence[Any]]:
    """The columns of table feedback for `rows`, numbered from `first_seq`; days and hours are those of `zone`."""
    columns: dict[str, Sequence[Any]] = dict(zip(_PLAIN, zip(*map(_get_plain, rows), strict=True), strict=True))
    local = [None if at is None else at.astimezone(zone) for at in columns["occurred_at"]]
    columns["seq"] = range(first_seq, first_seq + len(rows))
    columns["batch_id"] = [batch_id] * len(rows)
    columns["occurred_on"] = [None if at is None else at.date() for at in local]
    columns["occurred_hour"] = [None if at is None else at.hour for at in local]
    columns["attributes"] = [_write_attributes(row) for row in rows]
    return columns


def conversation_columns(rows: Sequence[Feedback], first_seq: int) -> dict[str, Sequence[Any]]:
    """The columns of table conversation: one row for each conversation among `rows`; none where there is none."""
    return _columns(
        ("seq", "turns", "speakers_sure", *_TIMINGS),
        (
            (seq, len(row.turns), row.speakers_sure, *_get_timings(measure(row.turns)))
            for seq, row in enumerate(rows, first_seq)
            if row.turns
        ),
    )


def turn_columns(rows: Sequence[Feedback], first_seq: int) -> dict[str, Sequence[Any]]:
    """The columns of table turn: one row for each turn of each conversation; none where there is none."""
    return _columns(
        ("seq", "position", *TURN_FIELDS, "response_s"),
        (
            (seq, position, *_get_turn(turn), response_s)
            for seq, row in enumerate(rows, first_seq)
            for position, (turn, response_s) in enumerate(zip(row.turns, response_times(row.turns), strict=True))
        ),
    )


def reject_columns(rejects: Sequence[Reject], batch_id: str) -> dict[str, Sequence[Any]]:
    """The columns of table reject."""
    return {
        "batch_id": [batch_id] * len(rejects),
        "line": [each.line for each in rejects],
        "column_name": [each.column for each in rejects],
        "code": [each.code for each in rejects],
        "message": [each.message for each in rejects],
    }


def tagging_columns(
    tagged: Sequence[tuple[int, Tags]], tagged_at: Sequence[datetime], corrected_at: Sequence[datetime | None], change: int
) -> dict[str, Sequence[Any]]:
    """The columns of table tagging: one row per tagged text, with when it was tagged and corrected, written by that change."""
    columns: dict[str, Sequence[Any]] = {name: [getattr(tags, name) for _, tags in tagged] for name in TAGGING_FIELDS}
    return columns | {
        "seq": [seq for seq, _ in tagged],
        "tagged_at": tagged_at,
        "corrected_at": corrected_at,
        "change": [change] * len(tagged),
    }


def tag_columns(tagged: Sequence[tuple[int, Tags]]) -> dict[str, Sequence[Any]]:
    """The columns of table tag: one row per reason, cue or move; none where no text has any."""
    return _columns(
        ("seq", "kind", "position", "code", "polarity", "score", "evidence"),
        (row for seq, tags in tagged for row in _tag_rows(seq, tags)),
    )


def conversation_tagging_columns(tagged: Sequence[tuple[int, Tags]]) -> dict[str, Sequence[Any]]:
    """The columns of table conversation_tagging: one row per tagged conversation; none where there is none."""
    return _columns(
        ("seq", *CONVERSATION_TAGGING_FIELDS, "sentiment_start", "sentiment_end"),
        ((seq, *_conversation_row(tags.conversation)) for seq, tags in tagged if tags.conversation),
    )


def turn_tagging_columns(tagged: Sequence[tuple[int, Tags]]) -> dict[str, Sequence[Any]]:
    """The columns of table turn_tagging: one row for each turn that has a mood; none where there is none."""
    return _columns(
        ("seq", "position", "sentiment", "sentiment_score"),
        (
            (seq, position, mood.sentiment, mood.score)
            for seq, tags in tagged
            if tags.conversation
            for position, mood in enumerate(tags.conversation.turns)
            if mood
        ),
    )


def read_feedback(values: Row, zone: ZoneInfo) -> Feedback:
    """The record of a row of `FIELDS`, its times in `zone`; a conversation still without its turns."""
    plain = list(values)
    for index in _TIMES:
        if plain[index] is not None:
            plain[index] = plain[index].astimezone(zone)
    plain[-1] = _from_json(plain[-1])[0]
    return Feedback(*plain)


def read_turns(rows: Sequence[Row]) -> tuple[Turn, ...]:
    """The turns from rows of `TURN_FIELDS`, in order."""
    return tuple(Turn(*row) for row in rows)


def read_conversation_tags(tagging: Row, moods: Sequence[Row], found: Sequence[Row]) -> ConversationTags:
    """What a conversation has beside its text's tags, from a row of `CONVERSATION_TAGGING_FIELDS`, the sentiment and score of
    each turn, NULL for the agent's, and its rows of `TAG_FIELDS`.
    """
    primary_reason, effort_level, quarters = tagging
    return ConversationTags(
        primary_reason=primary_reason,
        effort_level=effort_level,
        quarters=tuple(Mood(sentiment, score) for sentiment, score in _from_json(quarters)[0]),
        turns=tuple(None if sentiment is None else Mood(sentiment, _read_score(score)) for sentiment, score in moods),
        moves=tuple(
            Move(code, _read_score(score), tuple((turn, start, end) for turn, start, end in _from_json(evidence)[0]))
            for kind, code, _, score, evidence in found
            if kind == MOVE
        ),
    )


def read_tags(tagging: Row, found: Sequence[Row]) -> Tags:
    """The tags of a text from a row of `TAGGING_FIELDS` and its rows of `TAG_FIELDS`."""
    model, taxonomy, script, sentiment, sentiment_score, effort_score, resolution, sentiment_probability = tagging
    return Tags(
        sentiment=sentiment,
        sentiment_score=_read_score(sentiment_score),
        reasons=tuple(
            Reason(code, polarity, _read_score(score), _read_spans(evidence))
            for kind, code, polarity, score, evidence in found
            if kind == "reason"
        ),
        effort=_read_cues("effort", found),
        effort_score=_read_known(effort_score),
        loyalty=_read_cues("loyalty", found),
        resolution=resolution,
        script=script,
        model=model,
        taxonomy=taxonomy,
        sentiment_probability=_read_known(sentiment_probability),
    )


def write_json(values: Iterable[Column | Notice]) -> str:
    """Columns or notices as they are kept with a batch."""
    return json.dumps([asdict(value) for value in values], ensure_ascii=False)


def read_columns(stored: str) -> tuple[Column, ...]:
    """The columns kept with a batch."""
    return tuple(Column(**value) for value in json.loads(stored))


def read_notices(stored: str) -> tuple[Notice, ...]:
    """The notices kept with a batch."""
    return tuple(Notice(**value) for value in json.loads(stored))


def _write_attributes(row: Feedback) -> str:
    try:
        return _to_json(dict(row.attributes))
    except (TypeError, ValueError) as error:
        raise InputError(f"Line {row.line}: an attribute is neither text, a finite number nor a truth value.") from error


def _tag_rows(seq: int, tags: Tags) -> Iterable[Row]:
    for position, reason in enumerate(tags.reasons):
        yield (seq, "reason", position, reason.code, reason.polarity, reason.score, _to_json(reason.evidence))
    for kind, cues in (("effort", tags.effort), ("loyalty", tags.loyalty)):
        for position, cue in enumerate(cues):
            yield (seq, kind, position, cue.code, None, cue.score, _to_json(cue.evidence))
    for position, move in enumerate(tags.conversation.moves if tags.conversation else ()):
        yield (seq, MOVE, position, move.code, None, move.score, _to_json(move.evidence))


def _conversation_row(tags: ConversationTags) -> Row:
    quarters = _to_json([(mood.sentiment, mood.score) for mood in tags.quarters])
    return (tags.primary_reason, tags.effort_level, quarters, tags.quarters[0].sentiment, tags.quarters[-1].sentiment)


def _columns(names: Sequence[str], rows: Iterable[Row]) -> dict[str, Sequence[Any]]:
    """Rows as the columns of an insert; nothing where there is no row."""
    columns = list(zip(*rows, strict=True))
    return dict(zip(names, columns, strict=True)) if columns else {}


def _read_cues(kind: str, found: Sequence[Row]) -> tuple[Cue, ...]:
    return tuple(
        Cue(code, _read_score(score), _read_spans(evidence)) for each, code, _, score, evidence in found if each == kind
    )


def _read_score(stored: float) -> float:
    return round(stored, STORED_DIGITS)


def _read_known(stored: float | None) -> float | None:
    return None if stored is None else _read_score(stored)


def _read_spans(stored: str) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in _from_json(stored)[0])
