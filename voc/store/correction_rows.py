"""Corrections, and what the model says of corrected rows, between their values and the columns of their tables."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from voc.corrections.correction import Correction, Note, overruled
from voc.corrections.statement import restore_statement, write_statement
from voc.errors import NotFoundError
from voc.records import Corrected, Cue, Reason, Tags
from voc.store.by_seq import THESE, find_by_seq, these
from voc.store.database import Row, Session

# ruff: noqa: S608  the SQL is put together from our own words, values go in as parameters

FIELDS: Final = (
    "number", "seq", "corrected_at", "corrected_by", "why", "source", "queue", "selection", "changed", "confirmed", "undone_at",
    "undone_by", "seed",
)  # fmt: skip
COLUMNS: Final = ", ".join(FIELDS)
ONE: Final = "c"
SEVERAL: Final = "s"


def correction_id(number: int) -> str:
    """The public id of a correction."""
    return f"{ONE}{number}"


def read_correction_id(public_id: str) -> tuple[str, int]:
    """Whether it is `ONE` correction or a selection of `SEVERAL`, and its number. Raises NotFoundError where it is neither."""
    kind, digits = public_id[:1], public_id[1:]
    if kind not in (ONE, SEVERAL) or not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise NotFoundError(f"There is no correction {public_id[:30]!r}.", field="correction")
    return kind, int(digits)


def number_of(correction: Correction) -> int:
    """The number behind its id."""
    return int(correction.id[1:])


def seq_of(correction: Correction) -> int:
    """The number of the row that it speaks of."""
    return int(correction.feedback_id[1:])


def write_corrections(session: Session, corrections: Sequence[Correction]) -> None:
    """Keep new corrections."""
    columns = list(zip(*map(_write, corrections), strict=True))
    if columns:
        session.insert("correction", dict(zip(FIELDS, columns, strict=True)))


def read_corrections(rows: Iterable[Row], zone: ZoneInfo) -> list[Correction]:
    """The corrections in rows of `FIELDS`, their times in `zone`."""
    return [_read(row, zone) for row in rows]


def find_holding(session: Session, seqs: Sequence[int], zone: ZoneInfo) -> dict[int, list[Correction]]:
    """The corrections of these rows that are not undone, by row, in the order in which they hold."""
    sql = f"SELECT {COLUMNS} FROM correction WHERE {THESE} AND undone_at IS NULL ORDER BY number"
    found: dict[int, list[Correction]] = {}
    for each in read_corrections(session.query(sql, these(seqs)), zone):
        found.setdefault(seq_of(each), []).append(each)
    return found


def model_answer_columns(answers: Sequence[tuple[int, Tags]]) -> dict[str, Sequence[Any]]:
    """The columns of table model_answer."""
    return {
        "seq": [seq for seq, _ in answers],
        "model": [tags.model for _, tags in answers],
        "taxonomy": [tags.taxonomy for _, tags in answers],
        "answer": [write_answer(tags) for _, tags in answers],
    }


def write_answer(tags: Tags) -> str:
    """What corrections can change in an answer, or what follows from that, as JSON."""
    conversation = tags.conversation
    answer = {
        "sentiment": (tags.sentiment, tags.sentiment_score),
        "sentiment_probability": tags.sentiment_probability,
        "reasons": [(each.code, each.polarity, each.score, each.evidence) for each in tags.reasons],
        "effort": [(each.code, each.score, each.evidence) for each in tags.effort],
        "effort_score": tags.effort_score,
        "loyalty": [(each.code, each.score, each.evidence) for each in tags.loyalty],
        "resolution": tags.resolution,
        "conversation": conversation and (conversation.primary_reason, conversation.effort_level),
    }
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read_answer(stored: str, tags: Tags) -> Tags:
    """The model's answer, from what is kept of it and from the tags that count in its place."""
    answer = json.loads(stored)
    conversation = tags.conversation
    if conversation and answer["conversation"]:
        primary_reason, level = answer["conversation"]
        conversation = replace(conversation, primary_reason=primary_reason, effort_level=level)
    sentiment, sentiment_score = answer["sentiment"]
    return replace(
        tags,
        sentiment=sentiment,
        sentiment_score=sentiment_score,
        reasons=tuple(Reason(code, polarity, score, _spans(found)) for code, polarity, score, found in answer["reasons"]),
        effort=_cues(answer["effort"]),
        effort_score=answer["effort_score"],
        loyalty=_cues(answer["loyalty"]),
        resolution=answer["resolution"],
        conversation=conversation,
        sentiment_probability=answer.get("sentiment_probability"),  # answers from before it was kept have none
    )


def find_overruled(session: Session, tags: Mapping[int, Tags], zone: ZoneInfo) -> dict[int, Corrected]:
    """Who overrules the model in these rows, all of which are corrected, from the tags that count there."""
    if not tags:
        return {}
    holding = find_holding(session, [*tags], zone)
    answers = find_by_seq(session, "model_answer", ("answer",), [*tags])
    told = ((seq, overruled(read_answer(answer, tags[seq]), tags[seq], holding[seq])) for seq, ((answer,),) in answers.items())
    return {seq: corrected for seq, corrected in told if corrected}


def _write(correction: Correction) -> Row:
    note = correction.note
    return (
        number_of(correction),
        seq_of(correction),
        correction.at,
        note.by,
        note.why,
        note.source,
        note.queue,
        int(correction.selection[1:]) if correction.selection else None,
        json.dumps(write_statement(correction.said), ensure_ascii=False, separators=(",", ":")),
        correction.confirmed,
        correction.undone_at,
        correction.undone_by,
        note.seed,
    )


def _read(row: Row, zone: ZoneInfo) -> Correction:
    number, seq, at, by, why, source, queue, selection, changed, confirmed, undone_at, undone_by, seed = row
    return Correction(
        id=correction_id(number),
        feedback_id=f"f{seq}",
        at=at.astimezone(zone),
        note=Note(by, why, queue, source, seed),
        said=restore_statement(json.loads(changed)),
        confirmed=confirmed,
        selection=None if selection is None else f"{SEVERAL}{selection}",
        undone_at=undone_at and undone_at.astimezone(zone),
        undone_by=undone_by,
    )


def _cues(stored: Iterable[Any]) -> tuple[Cue, ...]:
    return tuple(Cue(code, score, _spans(found)) for code, score, found in stored)


def _spans(stored: Iterable[Any]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in stored)
