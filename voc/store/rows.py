"""Between the records of the borders and the columns of the tables."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Final
from zoneinfo import ZoneInfo

from voc.errors import InputError
from voc.records import Column, Cue, Feedback, Notice, Reason, Reject, Tags
from voc.store.duckdb_file import Row

FIELDS: Final = tuple(each.name for each in fields(Feedback))
TAGGING_FIELDS: Final = ("model", "taxonomy", "script", "sentiment", "sentiment_score", "effort_score", "resolution")
TAG_FIELDS: Final = ("kind", "code", "polarity", "score", "evidence")
STORED_DIGITS: Final = 6
"""Scores are stored in four bytes, which keep seven digits; read back with six they are what was written."""

_PLAIN: Final = tuple(name for name in FIELDS if name != "attributes")
_TIMES: Final = tuple(FIELDS.index(name) for name in ("occurred_at", "first_response_at", "resolved_at"))
_get_plain: Final = attrgetter(*_PLAIN)
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


def reject_columns(rejects: Sequence[Reject], batch_id: str) -> dict[str, Sequence[Any]]:
    """The columns of table reject."""
    return {
        "batch_id": [batch_id] * len(rejects),
        "line": [each.line for each in rejects],
        "column_name": [each.column for each in rejects],
        "code": [each.code for each in rejects],
        "message": [each.message for each in rejects],
    }


def tagging_columns(tagged: Sequence[tuple[int, Tags]], now: datetime) -> dict[str, Sequence[Any]]:
    """The columns of table tagging: one row per tagged text."""
    columns: dict[str, Sequence[Any]] = {name: [getattr(tags, name) for _, tags in tagged] for name in TAGGING_FIELDS}
    return columns | {"seq": [seq for seq, _ in tagged], "tagged_at": [now] * len(tagged)}


def tag_columns(tagged: Sequence[tuple[int, Tags]]) -> dict[str, Sequence[Any]]:
    """The columns of table tag: one row per reason or cue; none where no text has any."""
    rows = [row for seq, tags in tagged for row in _tag_rows(seq, tags)]
    names = ("seq", "kind", "position", "code", "polarity", "score", "evidence")
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}


def read_feedback(values: Row, zone: ZoneInfo) -> Feedback:
    """The record of a row of `FIELDS`, its times in `zone`."""
    plain = list(values)
    for index in _TIMES:
        if plain[index] is not None:
            plain[index] = plain[index].astimezone(zone)
    plain[-1] = _from_json(plain[-1])[0]
    return Feedback(*plain)


def read_tags(tagging: Row, found: Sequence[Row]) -> Tags:
    """The tags of a text from a row of `TAGGING_FIELDS` and its rows of `TAG_FIELDS`."""
    model, taxonomy, script, sentiment, sentiment_score, effort_score, resolution = tagging
    return Tags(
        sentiment=sentiment,
        sentiment_score=_read_score(sentiment_score),
        reasons=tuple(
            Reason(code, polarity, _read_score(score), _read_spans(evidence))
            for kind, code, polarity, score, evidence in found
            if kind == "reason"
        ),
        effort=_read_cues("effort", found),
        effort_score=None if effort_score is None else _read_score(effort_score),
        loyalty=_read_cues("loyalty", found),
        resolution=resolution,
        script=script,
        model=model,
        taxonomy=taxonomy,
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


def _read_cues(kind: str, found: Sequence[Row]) -> tuple[Cue, ...]:
    return tuple(
        Cue(code, _read_score(score), _read_spans(evidence)) for each, code, _, score, evidence in found if each == kind
    )


def _read_score(stored: float) -> float:
    return round(stored, STORED_DIGITS)


def _read_spans(stored: str) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in _from_json(stored)[0])
